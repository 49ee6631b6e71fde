// The values of one map: how they are copied around their special fields, hidden from user space, and torn down.
//
// Programs and other threads touch values while they are copied, as in the kernel: copies go word by word, so that an
// aligned word is never torn, and nothing more is promised. Tested by tests/maps/work_in_values_test.cpp.
#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "maps/map.hpp"

namespace skep::maps {

void copy_shared(void* to, const void* from, std::size_t size);
void zero_shared(void* to, std::size_t size);

constexpr std::size_t round_up(std::size_t n, std::size_t to) {
  return (n + to - 1) / to * to;
}

class Values {
 public:
  explicit Values(const MapAttributes& attributes);

  std::uint32_t size() const { return size_; }
  bool has_fields() const { return !fields_.empty(); }
  bool has_async() const { return has_async_; }
  bool has_lock() const { return lock_offset_ >= 0; }
  void* lock_of(void* value) const { return static_cast<char*>(value) + lock_offset_; }

  // Everything but the special fields, which stay as they are in `to`.
  void copy_in(void* to, const void* from) const {
    const auto alignment = reinterpret_cast<std::uintptr_t>(to) | reinterpret_cast<std::uintptr_t>(from);
    if (is_word_ && alignment % sizeof(std::uint64_t) == 0)
      __atomic_store_n(static_cast<std::uint64_t*>(to),
                       __atomic_load_n(static_cast<const std::uint64_t*>(from), __ATOMIC_RELAXED), __ATOMIC_RELAXED);
    else
      copy_parts_in(to, from);
  }
  // For user space: special fields read as zeros.
  void copy_out(void* to, const void* from) const;
  // The same under the value's lock. -EINVAL: there is none; `wait`: -EBUSY when it is not to be had, else -EAGAIN.
  int copy_in_locked(void* to, const void* from, bool wait) const;
  int copy_out_locked(void* to, void* from) const;

  void cancel_async(void* value) const;  // work items, timers and task work
  void release(void* value) const;       // those and all that other fields hold

 private:
  struct Part {
    std::uint32_t offset, size;
  };
  void copy_parts_in(void* to, const void* from) const;

  std::uint32_t size_;
  bool is_word_ = false;  // eight bytes, and no field
  std::int64_t lock_offset_ = -1;
  bool has_async_ = false;
  std::vector<Part> plain_;
  std::vector<btf::Field> fields_;
  void (*release_field_)(const btf::Field&, void*) = nullptr;
};

// What a batch of commands checks of the flags: -EINVAL for a lock where there is none, and for per-CPU flags
// (BPF_F_CPU with the CPU in the upper half, BPF_F_ALL_CPUS) where there are no CPUs, -ERANGE for one that does not
// exist.
int check_flags(bool has_lock, std::uint64_t flags, std::uint64_t allowed, bool per_cpu, unsigned cpu_count);
// What user space's flags say of whether there is to be an element, and of its lock. Per-CPU maps look at nothing but
// one flag alone: with a CPU, or both, they say nothing.
std::uint64_t update_flags(std::uint64_t flags, bool per_cpu);
int check_flags(const Values& values, std::uint64_t flags, std::uint64_t allowed, bool per_cpu, unsigned cpu_count);

}  // namespace skep::maps
