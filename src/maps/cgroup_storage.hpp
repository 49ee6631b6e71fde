// Cgroup storage: what a program keeps for the place where it is attached. Nothing is attached to a real cgroup here,
// so there is one value, or one a CPU, for all runs; a test run begins with zeros, as in the kernel.
#pragma once

#include <vector>

#include "maps/map.hpp"

namespace skep::maps {

class CgroupStorage final : public Map {
 public:
  explicit CgroupStorage(const MapAttributes& attributes);
  void clear();

  // For programs, whatever the key: their own value.
  void* lookup(const void* key, unsigned cpu) override;
  int update(const void* key, const void* value, std::uint64_t flags, unsigned cpu) override;
  int erase(const void* key) override;
  // User space names values by cgroup and attach type, and none of these has one.
  int user_lookup(const void* key, void* value, std::uint64_t flags) override;
  int user_update(const void* key, const void* value, std::uint64_t flags) override;
  int user_delete(const void* key) override;
  int user_next_key(const void* key, void* next) override;

 private:
  std::size_t words_;  // a value's
  bool per_cpu_;
  std::vector<std::uint64_t> values_;
};

}  // namespace skep::maps
