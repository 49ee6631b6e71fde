// What schedulers in BPF call (sched_ext), and tracing and syscall programs may: of a machine on which none is loaded.
// There are no queues of tasks then and no CPU is known to be idle; calls that ask the machine itself are answered.
// A host that plays the scheduler offers calls of these names, which take the place of these. Tested by
// tests/loader/call_oracle_test.cpp, against Linux 7.3.
#include <algorithm>

#include "calls/impl/format.hpp"
#include "calls/impl/kernel_fields.hpp"
#include "calls/impl/objects.hpp"
#include "calls/impl/support.hpp"

namespace skep::calls::impl {
namespace {

constexpr std::uint64_t built_in_queue = std::uint64_t{1} << 63;
constexpr std::int32_t any_node = -1, only_node = 0;
constexpr std::uint32_t whole_performance = 1024, largest_mask_bytes = 1024;

// A set of CPUs that the caller holds: of all that there are, or empty.
CallResult mask(CallEnv& env, bool full) {
  void* const set = new_object(env.services().account, largest_mask_bytes, 1);
  if (set == nullptr) return CallResult::of(0);
  const std::uint32_t count = full ? std::min(env.services().cpu_count(), largest_mask_bytes * 8) : 0;
  for (std::uint32_t cpu = 0; cpu < count; ++cpu)
    static_cast<std::uint8_t*>(set)[cpu / 8] |= static_cast<std::uint8_t>(1U << cpu % 8);
  return CallResult::of(held_object(env, address(set)));
}
CallResult give_back_mask(CallEnv& env, std::uint64_t set) {
  object_given_up(env, set);
  if (set != 0) drop_object(pointer<void>(set));
  return CallResult::of(0);
}

// What a scheduler says of itself, which nobody but the reader of traces hears.
CallResult say(CallEnv& env, std::string_view what, std::uint64_t text, std::uint64_t numbers, std::uint64_t size) {
  constexpr std::uint32_t most_bytes = 12 * 8;
  if (u32(size) % 8 != 0 || u32(size) > most_bytes || (u32(size) != 0 && numbers == 0)) return CallResult::of(0);
  char pattern[256];
  std::uint64_t length = sizeof pattern - 1;
  if (env.read_start(pattern, text, length) != 0) return CallResult::of(0);
  pattern[length] = 0;
  const Formatted formatted =
      format(env, pattern, std::strlen(pattern) + 1, {pointer<const std::uint64_t>(numbers), u32(size) / 8});
  if (formatted.error == 0) env.services().printed(env, std::string(what) + formatted.text);
  return CallResult::of(0);
}

constexpr CallResult nothing() {
  return CallResult::of(0);
}
constexpr CallResult no_scheduler() {
  return CallResult::error(-ENODEV);
}

}  // namespace

// ---- queues of tasks
SKEP_CALL(scx_bpf_create_dsq) {
  if ((s32(r2) != any_node && s32(r2) != only_node) || (r1 & built_in_queue) != 0) return CallResult::error(-EINVAL);
  return no_scheduler();
}
SKEP_CALL(scx_bpf_dsq_nr_queued) {
  return no_scheduler();
}
SKEP_CALL(bpf_iter_scx_dsq_new) {
  constexpr std::size_t iterator_size = 48;
  std::memset(pointer<void>(r1), 0, iterator_size);
  return no_scheduler();
}
// Queues, moves and looks that find none, and orders to a scheduler that is not there.
SKEP_CALL(scx_without_effect) {
  return nothing();
}

// ---- CPUs
SKEP_CALL(scx_without_scheduler) {
  return no_scheduler();
}
SKEP_CALL(scx_bpf_cpuperf_cap) {
  return CallResult::of(whole_performance);
}
SKEP_CALL(scx_bpf_nr_cpu_ids) {
  return CallResult::of(env.services().cpu_count());
}
SKEP_CALL(scx_bpf_nr_node_ids) {
  return CallResult::of(1);
}
SKEP_CALL(scx_bpf_cpu_node) {
  return CallResult::error(any_node);
}
SKEP_CALL(scx_bpf_now) {
  return CallResult::of(env.services().monotonic_ns());
}
SKEP_CALL(scx_bpf_get_possible_cpumask) {
  return mask(env, true);
}
SKEP_CALL(scx_bpf_get_idle_cpumask) {
  return mask(env, false);
}
SKEP_CALL(scx_bpf_put_cpumask) {
  return give_back_mask(env, r1);
}
SKEP_CALL(scx_bpf_events) {
  std::memset(pointer<void>(r1), 0, r2);
  return nothing();
}

// ---- dense numbers of CPUs, which a scheduler gives out
SKEP_CALL(scx_without_number) {
  return CallResult::error(-EINVAL);
}
SKEP_CALL(scx_bpf_cid_topo) {
  std::memset(pointer<void>(r2), 0xff, r3);
  return nothing();
}

// ---- tasks
SKEP_CALL(scx_bpf_task_running) {
  if (r1 == address(env.services().current_task())) return CallResult::of(1);
  return CallResult::of(read_field(env, r1, "task_struct", {"on_cpu"}) != 0 ? 1 : 0);
}
SKEP_CALL(scx_bpf_task_cpu) {
  if (r1 == address(env.services().current_task())) return CallResult::of(env.cpu());
  return CallResult::of(u32(read_field(env, r1, "task_struct", {"thread_info", "cpu"})));
}
// All tasks are in the root of the hierarchy.
SKEP_CALL(scx_bpf_task_cgroup) {
  return result_of(env.services().root_cgroup());
}

// ---- words
SKEP_CALL(scx_bpf_error_bstr) {
  return say(env, "scheduler: error: ", r1, r2, r3);
}
SKEP_CALL(scx_bpf_dump_bstr) {
  return say(env, "scheduler: ", r1, r2, r3);
}
SKEP_CALL(scx_bpf_exit_bstr) {
  return say(env, "scheduler: exit: ", r2, r3, r4);
}

}  // namespace skep::calls::impl
