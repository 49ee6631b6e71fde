// Which field of a map a program's load reads, by the offsets of the kernel's structs.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "btf/btf.hpp"
#include "runtime/facts.hpp"
#include "skep/abi.hpp"

namespace skep {

struct MapFieldPart {
  runtime::MapField field;
  std::uint32_t skip;  // bytes of the field before those that are read
};
// What a load of `size` bytes at `offset` of a map reads, of a type that is `kernel_struct` in the kernel. None: what
// maps here do not tell; `name` says what.
std::optional<MapFieldPart> find_map_field(const btf::Btf& kernel, std::string_view kernel_struct, std::uint32_t offset,
                                           std::uint32_t size, std::string& name);

}  // namespace skep
