// Functions that kernels have for their own tests, and lists of the kernel's that are empty here. Tested by
// tests/kernel/world_test.cpp.
#include "calls/impl/objects.hpp"
#include "calls/impl/support.hpp"
#include "maps/map.hpp"
#include "maps/map_types.hpp"
#include "runtime/program.hpp"

namespace skep::calls::impl {

SKEP_CALL(bpf_kfunc_call_test_release) {
  object_given_up(env, r1);
  return CallResult::of(0);
}
SKEP_CALL(bpf_kfunc_call_memb_release) {
  object_given_up(env, r1);
  return CallResult::of(0);
}

// Only hash maps count their elements. What is no map of the program's is an object that was described: nobody counts
// for it.
SKEP_CALL(bpf_map_sum_elem_count) {
  for (const auto& map : env.program().code().maps) {
    if (address(map.get()) != r1 || maps::map_type(map->info().type).kernel_struct != "bpf_htab") continue;
    std::uint64_t cursor = 0, count = 0;
    for (maps::Element element; map->next_element(cursor, element);) ++count;
    return CallResult::of(count);
  }
  return CallResult::of(0);
}

// ---- functions that tracing programs are attached to in tests
SKEP_CALL(bpf_fentry_test1) {
  return CallResult::of(u32(r1) + 1);
}
SKEP_CALL(bpf_modify_return_test) {
  return CallResult::of(u32(r1) + ++*pointer<std::uint32_t>(r2));
}
// Of seven numbers; those behind the fifth are not passed in registers, and are zero here.
SKEP_CALL(bpf_modify_return_test2) {
  return CallResult::of(u32(r1) + ++*pointer<std::uint32_t>(r2) + u32(r3) + u32(r4) + u32(r5));
}
SKEP_CALL(bpf_modify_return_test_tp) {
  return CallResult::of(u32(r1));
}

// ---- io_uring: there is none
SKEP_CALL(bpf_io_uring_get_region) {
  return CallResult::of(0);
}
SKEP_CALL(bpf_io_uring_submit_sqes) {
  return CallResult::error(-EOPNOTSUPP);
}

// The verifier lets no program come here.
SKEP_CALL(bpf_trap) {
  return CallResult::of(0);
}

// ---- wakeup sources: a list that leads to itself
SKEP_CALL(bpf_wakeup_sources_get_head) {
  alignas(16) static const std::array<const void*, 2> head = {&head, &head};
  env.given.add(address(&head), sizeof head);
  return result_of(&head);
}
SKEP_CALL(bpf_wakeup_sources_read_lock) {
  static const std::uint64_t lock = 0;
  return result_of(&lock);
}
SKEP_CALL(bpf_wakeup_sources_read_unlock) {
  return CallResult::of(0);
}

}  // namespace skep::calls::impl
