// Arena: memory of up to 4 GiB that programs and user space share, pointers included.
//
// An address in an arena is what user space has it mapped at; only its lower half counts, and the upper halves of all
// addresses are the same, so that a program may hold either form. Every access of a program is checked here, against
// the arena's bounds and against a bit a page: where there is no page a load gives 0 and a store is dropped. The memory
// behind all pages stays mapped as long as the map lives, so a page that is given back while it is written to by
// another CPU is no danger.
//
// User space gets a page by touching it, without a word to this library: a page that holds data in the shared file and
// was not allocated is such a one. Tested by tests/maps/arena_test.cpp.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <mutex>
#include <vector>

#include "maps/free_ranges.hpp"
#include "maps/map.hpp"
#include "maps/memory.hpp"

namespace skep::maps {

class Arena final : public Map {
 public:
  static constexpr std::uint64_t window = std::uint64_t{1} << 32;
  static constexpr std::uint32_t page_size = 4096;

  explicit Arena(const MapAttributes& attributes);
  ~Arena() override;
  bool valid() const { return pages_.data() != nullptr; }

  // ---- for the engine
  // Where an access of `size` bytes goes, `offset` being the address's lower half plus the instruction's offset. Null:
  // it faults.
  void* access(std::int64_t offset, unsigned size) {
    const auto at = static_cast<std::uint64_t>(offset) - first_low_;
    if (at >= bytes_ || bytes_ - at < size) return nullptr;
    const auto first = static_cast<std::uint32_t>(at / page_size);
    const auto last = static_cast<std::uint32_t>((at + size - 1) / page_size);
    if ((!present(first) && !touched_by_user(first)) || (last != first && !present(last) && !touched_by_user(last)))
      return nullptr;
    return pages_.data() + at;
  }
  // As user space has it: null stays null. Arenas whose addresses are not converted give the lower half.
  std::uint64_t to_user(std::uint64_t address) const {
    const std::uint64_t low = static_cast<std::uint32_t>(address);
    return low == 0 || !converts_ ? low : upper_half() | low;
  }
  // Addresses as user space has them, from where calls copy. False: some of it is not there.
  bool is_address(std::uint64_t address) const {
    return info_->user_vm_start != 0 && address - info_->user_vm_start < bytes_;
  }
  bool copy_out(void* to, std::uint64_t from, std::uint64_t size);
  bool copy_in(std::uint64_t to, const void* from, std::uint64_t size);
  // For calls of the host application, which use the address as it is: always memory. What they write where there is no
  // page is forgotten when they are done.
  std::uint64_t to_host(std::uint64_t address);
  void forget_host_access(std::uint64_t address);
  std::uint64_t user_address(std::uint64_t offset) const { return upper_half() | static_cast<std::uint32_t>(offset); }

  // ---- calls
  // The user's address of `count` pages in a row, at `address` if it is not 0; 0: there are none.
  std::uint64_t allocate(std::uint64_t address, std::uint32_t count);
  void release(std::uint64_t address, std::uint32_t count);
  // Pages that nobody is to get. 0, -EBUSY, -EINVAL.
  int reserve(std::uint64_t address, std::uint32_t count);

  // ---- Map
  void* lookup(const void* key, unsigned cpu) override;
  int update(const void* key, const void* value, std::uint64_t flags, unsigned cpu) override;
  int erase(const void* key) override;
  int user_next_key(const void* key, void* next) override;
  int mmap_source(std::uint64_t offset, std::uint64_t length, int protection, int& memory_fd,
                  std::uint64_t& memory_offset) override;
  void mapped_at(std::uint64_t address) override;

 private:
  template <typename Copy>
  bool for_pages(std::uint64_t address, std::uint64_t size, Copy&& copy);
  bool present(std::uint32_t page) const {
    return (present_[page / 64].load(std::memory_order_acquire) >> (page % 64) & 1) != 0;
  }
  void set_present(std::uint32_t first, std::uint32_t count, bool value);
  bool touched_by_user(std::uint32_t page);
  // Takes the pages of a free range that user space has touched; false: there are none.
  bool note_touched(std::uint32_t first, std::uint32_t count);
  bool clip(std::uint64_t address, std::uint32_t& first, std::uint32_t& count) const;
  void set_user_start(std::uint64_t address);
  std::uint64_t upper_half() const { return info_->user_vm_start & ~(window - 1); }

  Pages pages_;
  const memory::AccountPtr account_;
  memory::Charge charge_;  // of the pages that programs have allocated
  std::uint64_t bytes_ = 0;
  std::uint64_t first_low_ = 0;  // the lower half of the first page's address
  bool converts_ = true;
  std::vector<std::atomic<std::uint64_t>> present_;  // a bit a page

  std::mutex lock_;
  FreeRanges free_;
  void* host_window_ = nullptr;  // the arena at its place in 4 GiB of scratch memory
};

}  // namespace skep::maps
