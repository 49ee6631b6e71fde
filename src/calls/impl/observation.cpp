// Calls by which programs look at the machine: counters, stacks, cgroups, security. Here there are no counters, stacks
// of the kernel or samples, and everything is in the root cgroup; they check what the kernel checks and answer as it
// does where it finds nothing. Tested by tests/calls/network_test.cpp.
#include <sys/stat.h>
#include <sys/sysmacros.h>

#include <array>
#include <vector>

#include "calls/impl/kernel_fields.hpp"
#include "calls/impl/pieces.hpp"
#include "calls/impl/support.hpp"
#include "maps/map.hpp"
#include "maps/perf_events.hpp"

namespace skep::calls::impl {
namespace {

constexpr std::uint64_t root_cgroup = 1;  // its id

CallResult zeros(std::uint64_t at, std::uint64_t size, int error) {
  if (at != 0) std::memset(pointer<void>(at), 0, size);
  return CallResult::error(error);
}
// The one ancestor that everything has.
CallResult ancestor(std::uint64_t level) {
  return CallResult::of(s32(level) == 0 ? root_cgroup : 0);
}

constexpr std::uint64_t index_mask = 0xffffffff, this_cpu = index_mask, length_mask = 0xfffff'00000000;

// The index that flags name in a map of events, or -E2BIG.
std::int64_t event_index(const CallEnv& env, std::uint64_t map, std::uint64_t flags) {
  const std::uint64_t index = (flags & index_mask) == this_cpu ? env.cpu() : flags & index_mask;
  return index >= map_at(map).info().max_entries ? -E2BIG : static_cast<std::int64_t>(index);
}

// What an event counts. Those that there are take records, and count nothing.
int read_event(const CallEnv& env, std::uint64_t map, std::uint64_t flags, std::uint64_t& count) {
  const std::int64_t index = event_index(env, map, flags);
  if (index < 0) return static_cast<int>(index);
  maps::PerfEvent* const event = maps::perf_event_at(map_at(map), static_cast<std::uint32_t>(index));
  return event == nullptr ? -ENOENT : event->read(env.cpu(), count);
}

// A record for an event, or for whoever watches the map's records.
CallResult output(CallEnv& env, std::uint64_t map, std::uint64_t flags, const void* data, std::uint64_t size) {
  const std::int64_t index = event_index(env, map, flags);
  if (index < 0) return CallResult::error(static_cast<int>(index));
  return CallResult::error(env.services().perf_output(env, map_at(map), static_cast<std::uint32_t>(index), data, size));
}

// The same with the first bytes of the packet behind the program's own.
CallResult output_with_packet(CallEnv& env, runtime::Packet& packet, std::uint64_t map, std::uint64_t flags,
                              const void* data, std::uint64_t size) {
  const std::uint64_t length = (flags & length_mask) >> 32;
  if (length > packet.length()) return CallResult::error(-EFAULT);
  std::vector<std::uint8_t> bytes(size + length);
  std::memcpy(bytes.data(), data, size);
  copy_out(packet, 0, bytes.data() + size, length);
  return output(env, map, flags, bytes.data(), bytes.size());
}

// The same of a packet that the program got as the kernel's own object: `length` bytes that begin at `from`.
CallResult output_with_bytes(CallEnv& env, std::uint64_t from, std::uint64_t length, std::uint64_t map,
                             std::uint64_t flags, const void* data, std::uint64_t size) {
  const std::uint64_t wanted = (flags & length_mask) >> 32;
  if (from == 0 || wanted > length) return CallResult::error(-EFAULT);
  std::vector<std::uint8_t> bytes(size + wanted);
  std::memcpy(bytes.data(), data, size);
  if (wanted != 0 && env.read_memory(bytes.data() + size, from, wanted) != 0) return CallResult::error(-EFAULT);
  return output(env, map, flags, bytes.data(), bytes.size());
}

}  // namespace

// ---- events and counters
SKEP_CALL(bpf_perf_event_output) {
  runtime::Packet* const packet = packet_of(r1);
  if ((r3 & ~(packet != nullptr ? index_mask | length_mask : index_mask)) != 0) return CallResult::error(-EINVAL);
  return (r3 & length_mask) != 0 ? output_with_packet(env, *packet, r2, r3, pointer<void>(r4), r5)
                                 : output(env, r2, r3, pointer<void>(r4), r5);
}
SKEP_CALL(bpf_skb_output) {
  if ((r3 & ~(index_mask | length_mask)) != 0) return CallResult::error(-EINVAL);
  const std::uint64_t begin = read_field(env, r1, "sk_buff", {"data"});
  return output_with_bytes(env, begin, read_field(env, r1, "sk_buff", {"len"}), r2, r3, pointer<void>(r4), r5);
}
SKEP_CALL(bpf_xdp_output) {
  if ((r3 & ~(index_mask | length_mask)) != 0) return CallResult::error(-EINVAL);
  const std::uint64_t begin = read_field(env, r1, "xdp_buff", {"data"});
  const std::uint64_t end = read_field(env, r1, "xdp_buff", {"data_end"});
  return output_with_bytes(env, begin, end > begin ? end - begin : 0, r2, r3, pointer<void>(r4), r5);
}
SKEP_CALL(bpf_perf_event_read) {
  std::uint64_t count = 0;
  const int error = (r2 & ~index_mask) != 0 ? -EINVAL : read_event(env, r1, r2, count);
  return error != 0 ? CallResult::error(error) : CallResult::of(count);
}
SKEP_CALL(bpf_perf_event_read_value) {
  constexpr std::uint32_t value_size = 24;
  std::memset(pointer<void>(r3), 0, u32(r4));
  if (u32(r4) != value_size || (r2 & ~index_mask) != 0) return CallResult::error(-EINVAL);
  return CallResult::error(read_event(env, r1, r2, *pointer<std::uint64_t>(r3)));
}
SKEP_CALL(bpf_perf_prog_read_value) {
  constexpr std::uint32_t value_size = 24;
  return zeros(r2, u32(r3), u32(r3) == value_size ? 0 : -EINVAL);
}
SKEP_CALL(bpf_read_branch_records) {
  constexpr std::uint64_t get_size = 1;
  return CallResult::error((r4 & ~get_size) != 0 ? -EINVAL : -ENOENT);
}
SKEP_CALL(bpf_get_branch_snapshot) {
  return CallResult::error(r3 != 0 ? -EINVAL : -ENOENT);
}

// ---- stacks: no frames of a kernel
SKEP_CALL(bpf_get_stackid) {
  constexpr std::uint64_t known = 0x7ff;  // how many to skip, and the four flags
  return CallResult::error((r3 & ~known) != 0 ? -EINVAL : -EFAULT);
}
SKEP_CALL(bpf_get_stack) {
  constexpr std::uint64_t known = 0x9ff;
  return zeros(r2, u32(r3), (r4 & ~known) != 0 ? -EINVAL : -EFAULT);
}
SKEP_CALL(bpf_get_task_stack) {
  return bpf_get_stack(env, r1, r2, r3, r4, r5);
}

// ---- cgroups
SKEP_CALL(bpf_get_cgroup_classid) {
  return CallResult::of(0);
}
SKEP_CALL(bpf_skb_cgroup_classid) {
  return CallResult::of(0);
}
SKEP_CALL(bpf_skb_under_cgroup) {
  return CallResult::error(u32(r3) >= map_at(r2).info().max_entries ? -E2BIG : -EAGAIN);
}
SKEP_CALL(bpf_current_task_under_cgroup) {
  return CallResult::error(u32(r2) >= map_at(r1).info().max_entries ? -E2BIG : -EAGAIN);
}
SKEP_CALL(bpf_get_current_cgroup_id) {
  return CallResult::of(root_cgroup);
}
SKEP_CALL(bpf_get_current_ancestor_cgroup_id) {
  return ancestor(r1);
}
SKEP_CALL(bpf_skb_cgroup_id) {
  return CallResult::of(root_cgroup);
}
SKEP_CALL(bpf_skb_ancestor_cgroup_id) {
  return ancestor(r2);
}
SKEP_CALL(bpf_sk_cgroup_id) {
  return CallResult::of(r1 != 0 ? root_cgroup : 0);
}
SKEP_CALL(bpf_sk_ancestor_cgroup_id) {
  return r1 != 0 ? ancestor(r2) : CallResult::of(0);
}

// ---- tasks
SKEP_CALL(bpf_send_signal) {
  constexpr std::uint32_t last_signal = 64;
  // The task is this process, which no program ends.
  return CallResult::error(u32(r1) > last_signal ? -EINVAL : -EPERM);
}
SKEP_CALL(bpf_send_signal_thread) {
  return bpf_send_signal(env, r1, r2, r3, r4, r5);
}
SKEP_CALL(bpf_get_ns_current_pid_tgid) {
  constexpr std::uint32_t size = 8;
  if (u32(r4) != size) return zeros(r3, u32(r4), -EINVAL);
  struct stat space{};
  if (stat("/proc/self/ns/pid", &space) != 0) return zeros(r3, size, -ENOENT);
  if (r1 != space.st_dev || r2 != space.st_ino) return zeros(r3, size, -EINVAL);
  const std::uint64_t id = env.services().pid_tgid();
  const std::array<std::uint32_t, 2> ids = {static_cast<std::uint32_t>(id), static_cast<std::uint32_t>(id >> 32)};
  std::memcpy(pointer<void>(r3), ids.data(), size);
  return CallResult::of(0);
}
SKEP_CALL(bpf_find_vma) {
  return CallResult::error(r5 != 0 ? -EINVAL : -ENOENT);
}
SKEP_CALL(bpf_task_pt_regs) {
  // Programs rely on it that there are some; no task here was ever interrupted.
  alignas(8) static constexpr std::array<std::uint64_t, 32> none = {};
  return result_of(none.data());
}
SKEP_CALL(bpf_sock_from_file) {
  return CallResult::of(0);
}

// ---- security
SKEP_CALL(bpf_bprm_opts_set) {
  constexpr std::uint64_t secure = 1;
  return CallResult::error((r2 & ~secure) != 0 ? -EINVAL : 0);
}
SKEP_CALL(bpf_ima_inode_hash) {
  return CallResult::error(-EOPNOTSUPP);
}
SKEP_CALL(bpf_ima_file_hash) {
  return CallResult::error(-EOPNOTSUPP);
}

// ---- sockets of other kinds: there are none
SKEP_CALL(bpf_skc_to_tcp6_sock) {
  return CallResult::of(0);
}
SKEP_CALL(bpf_skc_to_tcp_timewait_sock) {
  return CallResult::of(0);
}
SKEP_CALL(bpf_skc_to_tcp_request_sock) {
  return CallResult::of(0);
}
SKEP_CALL(bpf_skc_to_udp6_sock) {
  return CallResult::of(0);
}
SKEP_CALL(bpf_skc_to_unix_sock) {
  return CallResult::of(0);
}
SKEP_CALL(bpf_skc_to_mptcp_sock) {
  return CallResult::of(0);
}

}  // namespace skep::calls::impl
