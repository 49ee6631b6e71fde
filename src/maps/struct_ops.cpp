// Tables of programs that implement an interface of the kernel. They are commands' alone: no program may name one.
// Tested by tests/maps/create_test.cpp.
#include <cerrno>

#include "maps/attributes.hpp"

namespace skep::maps {
namespace {

int check_struct_ops(const MapInfo& info) {
  if (info.key_size != 4 || info.max_entries != 1 || info.value_size == 0 ||
      (info.flags & ~(map_flag::link | map_flag::vtype_btf_obj_fd)) != 0)
    return -EINVAL;
  return 0;
}

}  // namespace

extern constinit const MapTypeDef struct_ops_type = {
    .type = MapType::struct_ops,
    .name = "struct_ops",
    .since = {5, 6},
    .summary = "a table of programs that implements a kernel interface",
    .holds_elements = false,
    .holds = Holds::operations,
    .in_programs = false,
    .kernel_struct = "bpf_struct_ops_map",
    .check = check_struct_ops,
    .make = make_named_only,
    .key_btf = KeyBtf::refused,
    .special_btf = true,
    .as_inner = -enotsupp,
};

}  // namespace skep::maps
