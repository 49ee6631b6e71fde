// What the checks of attributes share: flags that go together, limits, and the maker of maps that keep nothing.
#pragma once

#include <algorithm>
#include <cerrno>
#include <cstdint>
#include <initializer_list>
#include <memory>

#include "maps/map.hpp"
#include "maps/map_types.hpp"

namespace skep::maps {

inline constexpr std::uint32_t prog_access = map_flag::rdonly_prog | map_flag::wronly_prog;
inline constexpr std::uint32_t user_access = map_flag::rdonly | map_flag::wronly;
inline constexpr std::uint32_t access_flags = prog_access | user_access;
inline constexpr std::uint64_t most_allocated = std::uint64_t{1} << 22;  // of one element
inline constexpr std::uint64_t most_per_cpu = 1U << 15;
inline constexpr std::uint32_t largest_key = 512;

inline bool access_ok(std::uint32_t flags) {
  return (flags & prog_access) != prog_access;
}
inline bool any_of(std::uint32_t size, std::initializer_list<std::uint32_t> sizes) {
  return std::find(sizes.begin(), sizes.end(), size) != sizes.end();
}

int check_array(const MapInfo& info);     // array.cpp: what all arrays have in common
int check_fd_array(const MapInfo& info);  // array.cpp: of objects that user space names by descriptors
int check_devices(const MapInfo& info);   // devmap.cpp: and of others that are named by a number or two

std::shared_ptr<Map> make_named_only(const MapAttributes& attributes);  // objects.cpp: holds no elements

}  // namespace skep::maps
