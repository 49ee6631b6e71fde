// Which of the process's memory belongs to a Kernel's programs: where they may look with addresses that nobody vouches
// for, because what stands there is their own already.
//
// Small things (an element, an object) are marked by a bit for each eight bytes (memory/marks.hpp): two or three atomic
// operations to add or to ask, and no lock. Large ones (the storage of a map) are ranges in an ordered list. Only what
// was added is known: what stands beside it on the same page is not. Any thread. Tested by
// tests/memory/territory_test.cpp.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <shared_mutex>
#include <utility>

#include "memory/marks.hpp"

namespace skep::memory {

// Of a table's memory, what is the programs': `size` bytes from `offset` of every `stride`. 0: all of it.
struct Cells {
  std::size_t stride = 0, offset = 0, size = 0;
};

class Territory {
 public:
  // One thing, at a multiple of 8 and in memory that ends at a multiple of 8, too. It is not known where there is no
  // memory for the table.
  void add(const void* at, std::size_t size, const Cells& cells = {});
  void remove(const void* at, std::size_t size);
  // Objects that several may hold: known until as many have let go of it as have taken it.
  void hold(const void* at, std::size_t size);
  void let_go(const void* at);

  // Whether all of it belongs to one thing, or to several side by side.
  bool contains(std::uint64_t from, std::size_t size) const;
  // Whether any of it does.
  bool touches(std::uint64_t from, std::size_t size) const;

  // Something was removed and its memory freed, and programs have so many bytes left.
  void left(std::uint64_t bytes) const { marks_->left(bytes); }

 private:
  static constexpr std::size_t small = 16384;  // and less

  const std::shared_ptr<Marks> marks_ = std::make_shared<Marks>();
  struct Range {
    std::uint64_t end = 0;
    std::uint64_t holders = 1;
    Cells cells;
  };
  mutable std::shared_mutex lock_;
  std::map<std::uint64_t, Range> ranges_;
  std::map<std::uint64_t, Range> held_;
};
using TerritoryPtr = std::shared_ptr<Territory>;

// What belongs to programs while this lives.
class Claim {
 public:
  Claim() = default;
  Claim(TerritoryPtr territory, const void* at, std::size_t size, const Cells& cells = {})
      : territory_(std::move(territory)), at_(at), size_(size) {
    if (territory_) territory_->add(at, size, cells);
  }
  Claim(Claim&& other) noexcept : territory_(std::move(other.territory_)), at_(other.at_), size_(other.size_) {}
  Claim& operator=(Claim&& other) noexcept {
    std::swap(territory_, other.territory_);
    std::swap(at_, other.at_);
    std::swap(size_, other.size_);
    return *this;
  }
  ~Claim() {
    if (territory_) territory_->remove(at_, size_);
  }

 private:
  TerritoryPtr territory_;
  const void* at_ = nullptr;
  std::size_t size_ = 0;
};

}  // namespace skep::memory
