// SPDX-License-Identifier: Apache-2.0
//
// A small daemon that embeds Skep. Packets arrive on a socket; a BPF program judges each of them, asking the daemon's
// own function what it is (a kfunc) and putting work off (a work queue, which this loop runs when it has time); before
// a packet is delivered the programs on the daemon's own hook may object. At the end it reads the program's map.
//
//   c++ -std=c++20 embed.cpp $(pkg-config --cflags --libs skep) -o embed && ./embed embed.bpf.o
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cstdio>
#include <skep/skep.hpp>

struct Daemon {
  std::uint64_t classified = 0, delivered = 0, dropped = 0;
};

// u32 app_classify(const u8 *bytes, u32 bytes__sz): the last byte of the Ethernet header.
std::uint64_t classify(const skep::HostCall& call) {
  static_cast<Daemon*>(call.user)->classified++;
  return call.pointer<const std::uint8_t>(0)[call.sizes[0] - 1];
}

int fail(const std::string& message) {
  std::fprintf(stderr, "embed: %s\n", message.c_str());
  return 1;
}

void handle(Daemon& daemon, skep::Kernel& kernel, const skep::Program& filter, std::span<const std::uint8_t> packet) {
  const auto run = filter.run({.packet = packet});
  const std::array<std::uint64_t, 1> args = {packet.size()};
  const bool pass = run && run->verdict == 0 &&
                    static_cast<int>(kernel.call_hook("app_deliver", args, [] { return std::uint64_t{0}; })) == 0;
  ++(pass ? daemon.delivered : daemon.dropped);
}

int main(int argc, char** argv) {
  if (argc != 2) return fail("usage: embed embed.bpf.o");
  Daemon daemon;
  skep::HostModule module;
  module.name = "app";
  module.kfuncs = {{"u32 app_classify(const u8 *bytes, u32 bytes__sz)", 0, skep::all_program_types, classify, &daemon}};
  module.functions = {"int app_deliver(u32 length)"};
  module.modifiable = {"app_deliver"};

  skep::KernelOptions options;
  options.pumped = true;
  options.host_btf = false;
  options.modules = {module};
  const auto kernel = skep::make_kernel(options);
  if (!kernel) return fail(kernel.message());
  (*kernel)->on_work_run([](const skep::WorkRun& run) { std::printf("ran %s\n", run.callback.c_str()); });
  const auto object = skep::Object::load(*kernel, argv[1]);
  if (!object) return fail(object.message());
  const auto filter = object->program("filter");
  if (!filter) return fail(filter.message());
  const auto hook = object->program("deliver")->attach();
  if (!hook) return fail(hook.message());

  // What a network would send: a byte of the header says the kind.
  int packets[2];
  if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, packets) != 0) return fail("no socket pair");
  for (const auto& [kind, size] : {std::pair{1, 60}, {2, 80}, {13, 60}, {1, 200}}) {
    std::array<std::uint8_t, 256> packet{};
    packet[13] = static_cast<std::uint8_t>(kind);
    if (send(packets[1], packet.data(), static_cast<std::size_t>(size), 0) < 0) return fail("nothing was sent");
  }
  close(packets[1]);

  const int loop = epoll_create1(EPOLL_CLOEXEC);
  for (const int fd : {packets[0], (*kernel)->pump_fd()}) {
    epoll_event event{.events = EPOLLIN, .data = {.fd = fd}};
    if (epoll_ctl(loop, EPOLL_CTL_ADD, fd, &event) != 0) return fail("no event loop");
  }
  for (bool open = true; open;) {
    epoll_event event{};
    if (epoll_wait(loop, &event, 1, -1) != 1) continue;
    if (event.data.fd != packets[0]) {
      (*kernel)->pump(1'000'000);  // for at most a millisecond
      continue;
    }
    std::array<std::uint8_t, 2048> bytes;
    const auto size = recv(packets[0], bytes.data(), bytes.size(), 0);
    open = size > 0;
    if (open) handle(daemon, **kernel, *filter, std::span(bytes).first(static_cast<std::size_t>(size)));
  }
  (*kernel)->drain(1'000'000'000);
  close(loop);
  close(packets[0]);

  const auto counts = object->map("bytes_by_kind")->typed<std::uint32_t, std::uint64_t>();
  if (!counts) return fail(counts.message());
  for (const auto& [kind, bytes] : *counts) std::printf("kind %u: %llu bytes\n", kind, (unsigned long long)bytes);
  std::printf("%llu classified, %llu delivered, %llu dropped\n", (unsigned long long)daemon.classified,
              (unsigned long long)daemon.delivered, (unsigned long long)daemon.dropped);
  return counts->lookup(1) == 260 && daemon.delivered == 2 && daemon.dropped == 2 ? 0 : 1;
}
