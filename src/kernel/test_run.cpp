// PROG_TEST_RUN: runs a program once or many times on a packet or a context that the caller gives, with the kernel's
// semantics for each type: what may be passed, what the program sees, what comes back. Tested by
// tests/kernel/front_door_test.cpp.
#include "kernel/test_run.hpp"

#include <fmt/format.h>
#include <time.h>

#include <algorithm>
#include <cerrno>

#include "engine/engine.hpp"
#include "maps/cgroup_storage.hpp"
#include "maps/map.hpp"
#include "rcu/rcu.hpp"
#include "runtime/context.hpp"

namespace skep {
namespace {

using runtime::Context;
using runtime::Packet;

constexpr std::uint32_t ethernet_header = 14;
constexpr std::size_t headroom = 256;  // XDP_PACKET_HEADROOM
constexpr std::size_t tailroom = 320;
constexpr std::uint32_t page = 4096;
constexpr std::uint32_t max_syscall_context = 0xffff;

// `struct __sk_buff` and `struct xdp_md`, as far as test runs fill them in (offsets of the user-visible ABI).
namespace skb {
constexpr std::uint32_t size = 192, len = 0, pkt_type = 4, mark = 8, protocol = 16, priority = 32, ingress_ifindex = 36,
                        ifindex = 40, cb = 48, cb_end = 68, data = 76, data_end = 80, family = 88, data_meta = 140,
                        flow_keys = 144, tstamp = 152, wire_len = 160, gso_segs = 164, sk = 168, gso_size = 176,
                        hwtstamp = 184;
}
namespace xdp {
constexpr std::uint32_t size = 24, data = 0, data_end = 4, data_meta = 8, ingress_ifindex = 12, rx_queue_index = 16,
                        egress_ifindex = 20;
}

template <typename T>
void put(void* context, std::uint32_t offset, T value) {
  std::memcpy(static_cast<std::uint8_t*>(context) + offset, &value, sizeof value);
}
template <typename T>
T take(const void* context, std::uint32_t offset) {
  T value;
  std::memcpy(&value, static_cast<const std::uint8_t*>(context) + offset, sizeof value);
  return value;
}
std::uint64_t address(const std::uint8_t* p) {
  return reinterpret_cast<std::uint64_t>(p);
}

bool zero_between(const std::vector<std::uint8_t>& bytes, std::size_t begin, std::size_t end) {
  return std::all_of(bytes.begin() + static_cast<std::ptrdiff_t>(std::min(begin, bytes.size())),
                     bytes.begin() + static_cast<std::ptrdiff_t>(std::min(end, bytes.size())),
                     [](std::uint8_t b) { return b == 0; });
}

std::uint64_t now_ns() {
  timespec t{};
  clock_gettime(CLOCK_MONOTONIC, &t);
  return static_cast<std::uint64_t>(t.tv_sec) * 1'000'000'000 + static_cast<std::uint64_t>(t.tv_nsec);
}

// What all kinds of test run share: the caller's structure, the program, and running it.
struct Run {
  Kernel::Impl& kernel;
  Call<attr::TestRun>& call;
  std::shared_ptr<ProgramObject> program;

  int read_context(std::vector<std::uint8_t>& bytes, std::uint32_t known) const {
    const attr::TestRun& a = call.attr;
    bytes.assign(known, 0);
    if ((a.ctx_in == 0) != (a.ctx_size_in == 0)) return -EINVAL;
    if (a.ctx_in == 0) return 0;
    std::vector<std::uint8_t> given(a.ctx_size_in);
    if (a.ctx_size_in > page) return -E2BIG;
    if (const int error = copy_from_user(given.data(), a.ctx_in, given.size()); error != 0) return error;
    if (!zero_between(given, known, given.size())) return -E2BIG;
    std::copy_n(given.begin(), std::min<std::size_t>(known, given.size()), bytes.begin());
    return 0;
  }

  // Runs it `repeat` times. `between` puts the context right before every run.
  template <typename Before>
  int execute(void* context, std::uint32_t repeat, Before&& before, std::uint32_t& retval) {
    const engine::RunPtr run = make_run(kernel, *program, reinterpret_cast<std::uint64_t>(context), context);
    const std::uint64_t begin = now_ns();
    for (std::uint32_t i = 0; i < repeat; ++i) {
      before();
      if (i != 0) run->restart({reinterpret_cast<std::uint64_t>(context)});
      kernel.executor->run(*run);
    }
    retval = static_cast<std::uint32_t>(run->result());
    const std::uint64_t each = (now_ns() - begin) / std::max(repeat, 1U);
    if (const int error =
            call.give(&attr::TestRun::duration, static_cast<std::uint32_t>(std::min<std::uint64_t>(each, ~0U)));
        error != 0)
      return error;
    return call.give(&attr::TestRun::retval, retval);
  }

  int give_data(std::span<const std::uint8_t> data) {
    const attr::TestRun& a = call.attr;
    const std::size_t room = a.data_size_out != 0 ? a.data_size_out : data.size();
    const std::size_t shown = std::min(room, data.size());
    int error = 0;
    if (a.data_out != 0) error = copy_to_user(a.data_out, data.data(), shown);
    if (error == 0) error = call.give(&attr::TestRun::data_size_out, static_cast<std::uint32_t>(data.size()));
    return error != 0 ? error : (shown < data.size() && a.data_out != 0 ? -ENOSPC : 0);
  }
  int give_context(const std::vector<std::uint8_t>& bytes) {
    const attr::TestRun& a = call.attr;
    if (a.ctx_out == 0) return 0;
    const std::size_t shown = std::min<std::size_t>(a.ctx_size_out, bytes.size());
    int error = copy_to_user(a.ctx_out, bytes.data(), shown);
    if (error == 0) error = call.give(&attr::TestRun::ctx_size_out, static_cast<std::uint32_t>(bytes.size()));
    return error != 0 ? error : (shown < bytes.size() ? -ENOSPC : 0);
  }
};

// The fields of __sk_buff that a caller may set; all else must be zero.
bool valid_skb_context(const std::vector<std::uint8_t>& c) {
  struct Field {
    std::uint32_t begin, end;
  };
  constexpr Field allowed[] = {{skb::mark, skb::mark + 4},
                               {skb::priority, skb::cb_end},
                               {skb::tstamp, skb::gso_segs + 4},
                               {skb::gso_size, skb::gso_size + 4},
                               {skb::hwtstamp, skb::hwtstamp + 8}};
  std::size_t at = 0;
  for (const Field& field : allowed) {
    if (!zero_between(c, at, field.begin)) return false;
    at = field.end;
  }
  return zero_between(c, at, c.size()) && zero_between(c, skb::ifindex + 4, skb::cb);
}

// The socket that a packet of a test run belongs to, as `struct bpf_sock`: of no protocol, closed, and with the
// addresses of the packet.
class PacketSocket {
 public:
  PacketSocket(Kernel::Impl& kernel, Packet& packet, std::uint16_t ether_type) : kernel_(kernel) {
    constexpr std::uint32_t family = 4, source4 = 24, source6 = 28, target4 = 52, target6 = 56, state = 72, queue = 76;
    constexpr std::uint32_t closed = 7, inet = 2, inet6 = 10;
    constexpr std::uint16_t ip = 0x0008, ipv6 = 0xdd86;  // in the packet's byte order
    const std::span<const std::uint8_t> bytes = packet.data();
    const bool four = ether_type == ip && bytes.size() >= 20, six = ether_type == ipv6 && bytes.size() >= 40;
    if (ether_type == ip) put(words_, family, inet);
    if (ether_type == ipv6) put(words_, family, inet6);
    if (four) copy(bytes.subspan(12, 4), source4), copy(bytes.subspan(16, 4), target4);
    if (six) copy(bytes.subspan(8, 16), source6), copy(bytes.subspan(24, 16), target6);
    put(words_, state, closed);
    put(words_, queue, -1);
  }
  ~PacketSocket() {
    const rcu::ReadGuard guard;
    const std::shared_lock tables(kernel_.lock);
    kernel_.table(ObjectKind::map).for_each([&](const std::shared_ptr<Object>& object) {
      maps::Map& map = *std::static_pointer_cast<MapObject>(object)->map;
      if (map.info().type == MapType::sk_storage) static_cast<maps::LocalStorage&>(map).remove(words_);
    });
  }
  PacketSocket(const PacketSocket&) = delete;
  PacketSocket& operator=(const PacketSocket&) = delete;
  std::uint64_t at() const { return reinterpret_cast<std::uint64_t>(words_); }

 private:
  void copy(std::span<const std::uint8_t> from, std::uint32_t to) {
    std::copy(from.begin(), from.end(), reinterpret_cast<std::uint8_t*>(words_) + to);
  }
  Kernel::Impl& kernel_;
  std::uint64_t words_[10] = {};
};

void expose_packet(void* context, Packet& packet, std::uint32_t data, std::uint32_t end, std::uint32_t meta) {
  const std::uint8_t* begin = packet.storage.data() + packet.begin;
  Context::set_pointer(context, data, address(begin));
  Context::set_pointer(context, end, address(packet.storage.data() + packet.end));
  Context::set_pointer(context, meta, address(begin - packet.meta));
}

// Programs of classifiers see the packet from its Ethernet header on; others from the network header.
bool sees_link_layer(ProgType type) {
  return type == ProgType::sched_cls || type == ProgType::sched_act || type == ProgType::lwt_xmit;
}

int run_skb(Run& run) {
  const attr::TestRun& a = run.call.attr;
  if ((a.flags & ~1U) != 0 || a.cpu != 0 || a.batch_size != 0) return -EINVAL;
  if (a.data_size_in < ethernet_header || a.data_size_in > 0xffff) return -EINVAL;
  std::vector<std::uint8_t> given;
  if (const int error = run.read_context(given, skb::size); error != 0) return error;
  if (!valid_skb_context(given)) return -EINVAL;

  Packet packet;
  packet.storage.resize(headroom + a.data_size_in + tailroom);
  packet.begin = headroom;
  packet.end = headroom + a.data_size_in;
  if (copy_from_user(packet.storage.data() + packet.begin, a.data_in, a.data_size_in) != 0) return -EFAULT;
  const bool link_layer = sees_link_layer(run.program->type->type);
  const auto ether_type = take<std::uint16_t>(packet.storage.data() + headroom, 12);
  if (!link_layer) packet.begin += ethernet_header;
  if (packet.begin > packet.end) return -EINVAL;
  Packet above = packet;
  above.begin = headroom + ethernet_header;
  const PacketSocket socket(run.kernel, above, ether_type);
  for (const auto& map : run.program->maps) {
    const MapType type = map->map->info().type;
    if (type == MapType::cgroup_storage || type == MapType::percpu_cgroup_storage)
      static_cast<maps::CgroupStorage&>(*map->map).clear();
  }

  Context context(skb::size);
  void* c = context.address();
  std::memcpy(c, given.data(), given.size());
  context.header().packet = &packet;
  context.header().protocol = ether_type;
  put<std::uint32_t>(c, skb::protocol, ether_type);
  if (take<std::uint32_t>(c, skb::wire_len) == 0)
    put(c, skb::wire_len, static_cast<std::uint32_t>(packet.end - packet.begin));
  if (take<std::uint32_t>(c, skb::ifindex) == 0 && take<std::uint32_t>(c, skb::ingress_ifindex) == 0) {
    put<std::uint32_t>(c, skb::ifindex, 1);  // the loopback device
    put<std::uint32_t>(c, skb::ingress_ifindex, 1);
  }
  std::uint32_t retval = 0;
  const auto expose = [&] {
    put(c, skb::len, static_cast<std::uint32_t>(packet.end - packet.begin));
    expose_packet(c, packet, skb::data, skb::data_end, skb::data_meta);
    put(c, skb::sk, socket.at());
  };
  if (const int error = run.execute(c, std::max(a.repeat, 1U), expose, retval); error != 0) return error;
  if (!link_layer) packet.begin -= ethernet_header;
  std::vector<std::uint8_t> result(given.size());
  const std::uint32_t kept[][2] = {
      {skb::mark, 4},   {skb::priority, 4}, {skb::ingress_ifindex, 4}, {skb::ifindex, 4},  {skb::cb, 20},
      {skb::tstamp, 8}, {skb::wire_len, 4}, {skb::gso_segs, 4},        {skb::gso_size, 4}, {skb::hwtstamp, 8}};
  for (const auto& [offset, size] : kept)
    std::memcpy(result.data() + offset, static_cast<const std::uint8_t*>(c) + offset, size);
  const int data_error = run.give_data(packet.data());
  const int context_error = run.give_context(result);
  return data_error != 0 ? data_error : context_error;
}

int run_xdp(Run& run) {
  const attr::TestRun& a = run.call.attr;
  if ((a.flags & ~2U) != 0 || a.cpu != 0) return -EINVAL;
  if ((a.flags & 2U) != 0 || a.batch_size != 0) {
    run.kernel.log("test runs of XDP on live frames are not supported");
    return -EOPNOTSUPP;
  }
  std::vector<std::uint8_t> given;
  if (const int error = run.read_context(given, xdp::size); error != 0) return error;
  const bool with_context = a.ctx_in != 0;
  std::uint32_t meta = 0;
  if (with_context) {
    // data is where the packet begins behind its metadata, data_end the whole length.
    const auto data = take<std::uint32_t>(given.data(), xdp::data);
    if (take<std::uint32_t>(given.data(), xdp::data_meta) != 0 ||
        take<std::uint32_t>(given.data(), xdp::data_end) != a.data_size_in)
      return -EINVAL;
    if (take<std::uint32_t>(given.data(), xdp::egress_ifindex) != 0) return -EINVAL;
    if (data > a.data_size_in || data % 4 != 0 || data > 252) return -EINVAL;
    if (take<std::uint32_t>(given.data(), xdp::ingress_ifindex) > 1) return -ENODEV;
    meta = data;
  }
  if (a.data_size_in - meta < ethernet_header) return -EINVAL;
  if (a.data_size_in > page - headroom - tailroom) {
    run.kernel.log("test runs of XDP on fragmented frames are not supported");
    return -EOPNOTSUPP;
  }
  Packet packet;
  packet.storage.resize(page);
  packet.begin = headroom + meta;
  packet.end = headroom + a.data_size_in;
  packet.meta = meta;
  std::vector<std::uint8_t> frame(a.data_size_in);
  if (copy_from_user(frame.data(), a.data_in, frame.size()) != 0) return -EFAULT;

  Context context(xdp::size);
  void* c = context.address();
  context.header().packet = &packet;
  put(c, xdp::ingress_ifindex, with_context ? take<std::uint32_t>(given.data(), xdp::ingress_ifindex) : 1U);
  put(c, xdp::rx_queue_index, take<std::uint32_t>(given.data(), xdp::rx_queue_index));
  std::uint32_t retval = 0;
  std::copy(frame.begin(), frame.end(), packet.storage.begin() + headroom);
  const auto expose = [&] {
    packet.begin = headroom + meta;  // a program may have moved its ends
    packet.end = headroom + frame.size();
    packet.meta = meta;
    expose_packet(c, packet, xdp::data, xdp::data_end, xdp::data_meta);
  };
  if (const int error = run.execute(c, std::max(a.repeat, 1U), expose, retval); error != 0) return error;
  const std::span<const std::uint8_t> out(packet.storage.data() + packet.begin - packet.meta,
                                          packet.end - packet.begin + packet.meta);
  if (with_context) {
    put(given.data(), xdp::data, static_cast<std::uint32_t>(packet.meta));
    put(given.data(), xdp::data_end, static_cast<std::uint32_t>(out.size()));
    put<std::uint32_t>(given.data(), xdp::data_meta, 0);
  }
  const int data_error = run.give_data(out);
  const int context_error = with_context ? run.give_context(given) : 0;
  return data_error != 0 ? data_error : context_error;
}

int run_syscall(Run& run) {
  const attr::TestRun& a = run.call.attr;
  if (a.data_in != 0 || a.data_out != 0 || a.ctx_out != 0 || a.duration != 0 || a.repeat != 0 || a.flags != 0 ||
      a.batch_size != 0)
    return -EINVAL;
  if (a.ctx_size_in > max_syscall_context) return -EINVAL;
  Context context((a.ctx_size_in + 7) & ~7U);
  if (a.ctx_size_in != 0 && copy_from_user(context.address(), a.ctx_in, a.ctx_size_in) != 0) return -EFAULT;
  std::uint32_t retval = 0;
  const engine::RunPtr execution =
      make_run(run.kernel, *run.program, a.ctx_size_in != 0 ? reinterpret_cast<std::uint64_t>(context.address()) : 0,
               context.address());
  run.kernel.executor->run(*execution);
  retval = static_cast<std::uint32_t>(execution->result());
  if (a.ctx_size_in != 0 && copy_to_user(a.ctx_in, context.address(), a.ctx_size_in) != 0) return -EFAULT;
  return run.call.give(&attr::TestRun::retval, retval);
}

// raw_tp: the context is the tracepoint's arguments.
int run_raw_tracepoint(Run& run) {
  const attr::TestRun& a = run.call.attr;
  constexpr std::uint32_t on_cpu = 1;
  if (a.data_in != 0 || a.data_out != 0 || a.ctx_out != 0 || a.duration != 0 || a.repeat != 0 || a.batch_size != 0)
    return -EINVAL;
  if (a.ctx_size_in > 12 * 8 || (a.flags & ~on_cpu) != 0 || ((a.flags & on_cpu) == 0 && a.cpu != 0)) return -EINVAL;
  const unsigned cpus = run.kernel.executor->cpus().count();
  if ((a.flags & on_cpu) != 0 && a.cpu >= cpus) return -ENXIO;
  Context context(12 * 8);
  if (a.ctx_size_in != 0 && copy_from_user(context.address(), a.ctx_in, a.ctx_size_in) != 0) return -EFAULT;
  const engine::RunPtr execution =
      make_run(run.kernel, *run.program, reinterpret_cast<std::uint64_t>(context.address()), context.address());
  if ((a.flags & on_cpu) != 0)
    run.kernel.executor->run_on(a.cpu, *execution);
  else
    run.kernel.executor->run(*execution);
  return run.call.give(&attr::TestRun::retval, static_cast<std::uint32_t>(execution->result()));
}

// Netfilter: the packet from its network header on, as a kernel's sk_buff as far as the types tell its layout, and the
// state of the hook. Without a state of the caller's it is that of packets which this machine sends.
int run_netfilter(Run& run) {
  const attr::TestRun& a = run.call.attr;
  constexpr std::uint32_t state_size = 48, hook = 0, pf = 1, pointers = 8;
  constexpr std::uint8_t local_out = 3, last_hook = 4, ipv4 = 2, ipv6 = 10;
  if (a.flags != 0 || a.cpu != 0 || a.batch_size != 0) return -EINVAL;
  if (a.data_size_in < ethernet_header || a.data_size_in > page - headroom - tailroom) return -EINVAL;
  std::vector<std::uint8_t> state;
  if (const int error = run.read_context(state, state_size); error != 0) return error;
  if (a.ctx_in == 0) {
    state[hook] = local_out;
    state[pf] = ipv4;
  }
  if (!zero_between(state, pointers, state.size()) || (state[pf] != ipv4 && state[pf] != ipv6) ||
      state[hook] > last_hook)
    return -EINVAL;
  Packet packet;
  packet.storage.resize(headroom + a.data_size_in + tailroom);
  packet.begin = headroom;
  packet.end = headroom + a.data_size_in;
  if (copy_from_user(packet.storage.data() + packet.begin, a.data_in, a.data_size_in) != 0) return -EFAULT;

  const btf::Btf& types = *run.kernel.vmlinux->btf;
  const btf::TypeId type = types.find("sk_buff", btf::Kind::struct_);
  Context skb(type != 0 ? types.type(type).size : 8);
  skb.header().packet = &packet;
  if (type != 0) {
    for (const btf::Member& member : types.members(types.type(type))) {
      const std::uint32_t at = member.byte_offset();
      if (member.name == "len") put(skb.address(), at, a.data_size_in);
      if (member.name == "data") put(skb.address(), at, address(packet.storage.data() + packet.begin));
      if (member.name == "head") put(skb.address(), at, address(packet.storage.data()));
    }
  }
  std::vector<std::uint64_t> hook_state(state_size / 8);
  std::memcpy(hook_state.data(), state.data(), state_size);
  Context context(16);
  put(context.address(), 0, reinterpret_cast<std::uint64_t>(hook_state.data()));
  put(context.address(), 8, reinterpret_cast<std::uint64_t>(skb.address()));
  std::uint32_t retval = 0;
  return run.execute(context.address(), std::max(a.repeat, 1U), [] {}, retval);
}

// Tracing programs are not run themselves: see test_run_functions.cpp.
int run_tracing(Run& run) {
  const attr::TestRun& a = run.call.attr;
  if (a.flags != 0 || a.cpu != 0 || a.batch_size != 0) return -EINVAL;
  std::uint32_t retval = 0;
  const int error = run_test_functions(run.kernel, *run.program, retval);
  return error != 0 ? error : run.call.give(&attr::TestRun::retval, retval);
}

}  // namespace

std::string cannot_run(const ProgramObject& program) {
  if (const std::string& obstacle = program.code->executable()->obstacle(); !obstacle.empty())
    return fmt::format("program '{}' cannot be run: {} is not implemented", program.name, obstacle);
  return {};
}

engine::RunPtr make_run(Kernel::Impl& kernel, const ProgramObject& program, std::uint64_t r1, void* context) {
  return program.code->executable()->make_run(
      {.entry = program.code->entry(), .arguments = {r1}, .context = context, .services = *kernel.services});
}

int Kernel::Impl::prog_test_run(Call<attr::TestRun>& call) {
  const attr::TestRun& a = call.attr;
  if ((a.ctx_size_in != 0) != (a.ctx_in != 0) || (a.ctx_size_out != 0) != (a.ctx_out != 0)) return -EINVAL;
  int error = 0;
  Run run{*this, call, find<ProgramObject>(a.prog_fd, ObjectKind::program, error)};
  if (!run.program) return error;
  int (*how)(Run&) = nullptr;
  switch (run.program->type->type) {
    case ProgType::sched_cls:
    case ProgType::sched_act:
    case ProgType::socket_filter:
    case ProgType::cgroup_skb:
    case ProgType::lwt_in:
    case ProgType::lwt_out:
    case ProgType::lwt_xmit:
    case ProgType::lwt_seg6local:
    case ProgType::sk_skb:
      how = run_skb;
      break;
    case ProgType::xdp:
      how = run_xdp;
      break;
    case ProgType::syscall:
      how = run_syscall;
      break;
    case ProgType::raw_tracepoint:
      how = run_raw_tracepoint;
      break;
    case ProgType::netfilter:
      how = run_netfilter;
      break;
    case ProgType::tracing:
      how = run_tracing;
      break;
    default:
      log(fmt::format("test runs of {} programs are not supported", run.program->type->name));
      return -EOPNOTSUPP;
  }
  // What is attached to the functions is asked one by one.
  const std::string reason = how == run_tracing ? std::string() : cannot_run(*run.program);
  if (!reason.empty()) {
    log(reason);
    return -EOPNOTSUPP;
  }
  return how(run);
}

std::uint32_t Kernel::Impl::run_on_bytes(const ProgramObject& program, void* context, std::size_t size, int& error) {
  error = 0;
  if (const std::string reason = cannot_run(program); !reason.empty()) {
    log(reason);
    error = -EOPNOTSUPP;
    return 0;
  }
  // Eight bytes more: a function without arguments has a result behind them.
  const auto context_size = static_cast<std::uint32_t>(std::max<std::size_t>(size, program.type->context_size));
  Context memory(context_size + 8);
  memory.header().size = context_size;
  std::memcpy(memory.address(), context, size);
  const engine::RunPtr run =
      make_run(*this, program, reinterpret_cast<std::uint64_t>(memory.address()), memory.address());
  executor->run(*run);
  std::memcpy(context, memory.address(), size);
  return static_cast<std::uint32_t>(run->result());
}

}  // namespace skep
