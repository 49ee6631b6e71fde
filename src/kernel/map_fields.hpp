// Which field of a map a program's load reads, by the offsets of the kernel's structs.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "btf/btf.hpp"
#include "skep/abi.hpp"

namespace skep {

// InsnMeta::value of a load of `size` bytes at `offset` of a map of type `type`. None: it reads what maps here do not
// tell; `name` says what.
std::optional<std::uint64_t> find_map_field(const btf::Btf& kernel, MapType type, std::uint32_t offset,
                                            std::uint32_t size, std::string& name);

}  // namespace skep
