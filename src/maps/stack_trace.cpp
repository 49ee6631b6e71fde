// Maps of call stacks by their id. Their elements are not kept here.
// Tested by tests/maps/create_test.cpp.
#include <cerrno>

#include "maps/unfilled.hpp"

namespace skep::maps {
namespace {

int check_stack_trace(const MapInfo& info) {
  if ((info.flags & ~(map_flag::numa_node | map_flag::rdonly | map_flag::wronly | map_flag::stack_build_id)) != 0)
    return -EINVAL;
  const std::uint32_t entry = (info.flags & map_flag::stack_build_id) != 0 ? 32 : 8;
  if (info.max_entries == 0 || info.key_size != 4 || info.value_size < 8 || info.value_size % entry != 0)
    return -EINVAL;
  return info.value_size / entry > 127 ? -EINVAL : 0;
}

}  // namespace

extern constinit const MapTypeDef stack_trace_type = {
    .type = MapType::stack_trace,
    .name = "stack_trace",
    .since = {4, 6},
    .summary = "call stacks by their id, for bpf_get_stackid",
    .holds_elements = false,
    .uses = map_use::stack_ids,
    .holds = Holds::other,
    .kernel_struct = "bpf_stack_map",
    .check = check_stack_trace,
    .make = make_unfilled,
    .key_btf = KeyBtf::refused,
};

}  // namespace skep::maps
