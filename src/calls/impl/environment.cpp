// Time, randomness, and who and where the program is. Tested by tests/calls/runtime_test.cpp.
#include <algorithm>

#include "calls/impl/support.hpp"

namespace skep::calls::impl {

namespace {
constexpr std::uint64_t ns_a_jiffy = 1'000'000;      // 1,000 a second
constexpr std::uint64_t first_jiffies = 0xfffb6c20;  // the kernel's count begins five minutes before its 32 bits wrap
}  // namespace

SKEP_CALL(bpf_ktime_get_ns) {
  return CallResult::of(env.services().monotonic_ns());
}
SKEP_CALL(bpf_ktime_get_boot_ns) {
  return CallResult::of(env.services().boot_ns());
}
SKEP_CALL(bpf_ktime_get_coarse_ns) {
  return CallResult::of(env.services().monotonic_ns());
}
SKEP_CALL(bpf_ktime_get_tai_ns) {
  return CallResult::of(env.services().realtime_ns());
}
SKEP_CALL(bpf_jiffies64) {
  return CallResult::of(first_jiffies + env.services().monotonic_ns() / ns_a_jiffy);
}
SKEP_CALL(bpf_get_prandom_u32) {
  return CallResult::of(env.services().random_u32());
}
SKEP_CALL(bpf_get_smp_processor_id) {
  return CallResult::of(env.cpu());
}
SKEP_CALL(bpf_get_numa_node_id) {
  return CallResult::of(0);
}
SKEP_CALL(bpf_get_current_pid_tgid) {
  return CallResult::of(env.services().pid_tgid());
}
SKEP_CALL(bpf_get_current_uid_gid) {
  return CallResult::of(env.services().uid_gid());
}
// The one network namespace there is: the first.
SKEP_CALL(bpf_get_netns_cookie) {
  return CallResult::of(1);
}
SKEP_CALL(bpf_get_current_comm) {
  const auto comm = env.services().comm();
  const std::size_t room = u32(r2);
  if (room == 0) return CallResult::error(-EINVAL);
  auto* to = pointer<char>(r1);
  const std::size_t shown = std::min(comm.size(), room - 1);
  std::memcpy(to, comm.data(), shown);
  std::memset(to + shown, 0, room - shown);
  return CallResult::of(0);
}

}  // namespace skep::calls::impl
