// A mark for each eight bytes of the process's memory, in tables that are made where a mark is first set.
//
// Setting, clearing and asking take a few atomic operations and no lock. Allocators hand out other addresses as time
// goes by, so tables whose marks have all been cleared are given back: when the tables take much beside what is marked
// (the owner says how much memory that is), RCU's own thread looks for empty ones. It announces them first, waits until
// nobody can be setting a mark without knowing of that, and takes away those that are still empty and announced: who
// wants to set a mark in one withdraws the announcement. No mark is ever unknown meanwhile. Any thread, also in signal
// handlers. Tested by tests/memory/marks_test.cpp.
#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>

#include "rcu/rcu.hpp"

namespace skep::memory {

class Marks : public std::enable_shared_from_this<Marks> {
 public:
  Marks();
  ~Marks();
  Marks(const Marks&) = delete;
  Marks& operator=(const Marks&) = delete;

  // What lies in [from, from + size), rounded to eight bytes. Nothing is set where there is no memory for the table.
  void set(std::uint64_t from, std::size_t size);
  void clear(std::uint64_t from, std::size_t size);
  bool all(std::uint64_t from, std::size_t size) const;
  bool any(std::uint64_t from, std::size_t size) const;

  // Memory was freed, and so many bytes are left that marks may be about.
  void left(std::uint64_t bytes) {
    if (bytes < sweep_below_.load(std::memory_order_relaxed)) start_sweep(bytes);
  }
  std::size_t tables() const { return tables_.load(std::memory_order_relaxed); }

 private:
  static constexpr unsigned top_bits = 12;  // of an address
  struct Table;
  struct Branch;
  struct Middle;
  // Of a table: its address, and whether it is announced as empty.
  using Slot = std::atomic<std::uintptr_t>;
  static constexpr std::uintptr_t announced = 1;

  static Table* table_in(std::uintptr_t slot) { return reinterpret_cast<Table*>(slot & ~announced); }
  Slot* slot_of(std::uint64_t unit, bool make) const;
  std::atomic<std::uint64_t>* word_to_set(std::uint64_t unit);
  std::atomic<std::uint64_t>* word(std::uint64_t unit) const;
  template <typename Do>
  void for_slots(Do&& what);

  void start_sweep(std::uint64_t bytes);
  void look();
  void announce_empty();
  void take_away();
  void free_and_look_again();
  template <void (Marks::*step)()>
  void after_grace_period();

  mutable std::array<std::atomic<Middle*>, 1U << top_bits> top_;
  std::atomic<std::size_t> tables_{0};
  std::atomic<std::uint64_t> sweep_below_{0};  // bytes
  std::atomic<bool> sweeping_{false}, again_{false};
  // Of the sweep.
  std::shared_ptr<Marks> alive_;
  rcu::Deferred wait_;
  Table* taken_ = nullptr;
  std::atomic<std::size_t> swept_to_{0};  // how many the last one left
};

}  // namespace skep::memory
