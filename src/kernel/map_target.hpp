// The map that an element command is about, and how much memory of the caller's one of its values is.
#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "kernel/impl.hpp"

namespace skep {

struct MapTarget {
  std::shared_ptr<MapObject> object;
  std::shared_ptr<const void> file;  // of the descriptor
  std::vector<std::uint8_t> key;
};

// The map of a descriptor through which none of `forbidden` (map_flag::rdonly, wronly) holds: 0, -EBADF, -EINVAL or
// -EPERM.
int open_target(const Kernel::Impl& impl, std::uint32_t fd, std::uint32_t forbidden, MapTarget& target);

// How much of the caller's memory a value is: every CPU's, unless the flags name one or give all the same.
std::size_t value_bytes(const maps::Map& map, std::uint64_t flags);

// What 7.3 checks of an element command's flags before it reads anything else of the caller's; see maps::check_flags.
int check_elem_flags(const maps::Map& map, std::uint64_t flags, std::uint64_t allowed, unsigned cpus);

// Values that programs have stored for an object go with it.
void forget_owner(Kernel::Impl& kernel, const void* owner);

}  // namespace skep
