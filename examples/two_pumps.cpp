// SPDX-License-Identifier: Apache-2.0
//
// Two threads that each judge packets and run the asynchronous work of a virtual CPU of their own: what a server does
// that has a thread and an event loop for each processor.
//
//   c++ -std=c++20 two_pumps.cpp $(pkg-config --cflags --libs skep) -o two_pumps && ./two_pumps embed.bpf.o
#include <poll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <cstdio>
#include <skep/skep.hpp>
#include <thread>

// u32 app_classify(const u8 *bytes, u32 bytes__sz)
std::uint64_t classify(const skep::HostCall& call) {
  return call.pointer<const std::uint8_t>(0)[call.sizes[0] - 1];
}

int fail(const std::string& message) {
  std::fprintf(stderr, "two_pumps: %s\n", message.c_str());
  return 1;
}

constexpr unsigned packets_each = 5'000;

// What the threads share.
struct Server {
  skep::Kernel& kernel;
  const skep::Program& filter;
  const int end;                    // becomes readable when the last packet has been judged
  std::atomic<unsigned> receiving;  // threads that have packets left
};

// The event loop of one CPU. A packet's program may start work on the other one, so this goes on until all are done.
void serve(Server& server, unsigned cpu) {
  const std::array<std::uint8_t, 60> packet{};
  std::size_t judged = 0, callbacks = 0;
  pollfd watched[] = {{server.kernel.pump_fd(cpu), POLLIN, 0}, {server.end, POLLIN, 0}};
  for (unsigned left = packets_each;;) {
    if (left != 0) {
      judged += server.filter.run({.packet = packet}) ? 1 : 0;
      if (--left == 0 && --server.receiving == 0) eventfd_write(server.end, 1);
    }
    if (poll(watched, 2, left != 0 ? 0 : -1) <= 0) continue;
    if (watched[0].revents != 0)
      callbacks += server.kernel.pump(1'000'000, cpu);  // for at most a millisecond
    else
      break;
  }
  std::printf("CPU %u: %zu packets, %zu callbacks\n", cpu, judged, callbacks);
}

int main(int argc, char** argv) {
  if (argc != 2) return fail("usage: two_pumps embed.bpf.o");
  skep::HostModule module;
  module.name = "app";
  module.kfuncs = {{"u32 app_classify(const u8 *bytes, u32 bytes__sz)", 0, skep::all_program_types, classify}};
  module.functions = {"int app_deliver(u32 length)"};
  module.modifiable = {"app_deliver"};
  skep::KernelOptions options;
  options.cpus = 2;
  options.pumped = true;
  options.host_btf = false;
  options.modules = {module};
  const auto kernel = skep::make_kernel(options);
  if (!kernel) return fail(kernel.message());
  const auto object = skep::Object::load(*kernel, argv[1]);
  if (!object) return fail(object.message());
  const auto filter = object->program("filter");
  if (!filter) return fail(filter.message());

  Server server{**kernel, *filter, eventfd(0, EFD_CLOEXEC), {2}};
  if (server.end < 0) return fail("no descriptor");
  std::thread other(serve, std::ref(server), 1);
  serve(server, 0);
  other.join();
  close(server.end);

  const skep::WorkStatistics work = (*kernel)->work();
  std::printf("%llu started: %llu while they were waiting, %llu ran\n", (unsigned long long)work.started,
              (unsigned long long)work.merged, (unsigned long long)work.ran);
  return work.started == 2 * packets_each && work.started == work.merged + work.ran ? 0 : 1;
}
