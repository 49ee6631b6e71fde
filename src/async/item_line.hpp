// Items in the order in which they came, linked through themselves: who queues one needs no memory, which a start that
// has succeeded could not be refused for any more. Not for several threads at once.
//
// What was cancelled stays in a queue until whoever serves that comes by, and a run that holds the CPU may bring and
// cancel millions meanwhile. So queues are swept when they have grown; SweepRule says when, so that an item costs the
// same however long its queue is. Tested by tests/async/executor_test.cpp and tests/allocation/failure_test.cpp.
#pragma once

#include <algorithm>
#include <cstdint>
#include <utility>

#include "async/item.hpp"

namespace skep::async {

// When a queue is swept: looked at whenever so many items have come to it, if so many wait in it, which is at least
// twice what the last sweep has left.
struct SweepRule {
  static constexpr std::uint64_t at_least = 4096;
  static bool time_to_look(std::uint64_t entered) { return entered % at_least == 0; }
  static std::uint64_t next(std::uint64_t left) { return std::max(2 * left, at_least); }
};

class ItemLine {
 public:
  bool empty() const { return first_ == nullptr; }
  void push(Runnable& item) {
    item.next_in_queue = nullptr;
    (first_ == nullptr ? first_ : last_->next_in_queue) = &item;
    last_ = &item;
    ++entered_;
    ++size_;
  }
  // Not of an empty one.
  Runnable& pop() {
    Runnable& item = *first_;
    first_ = item.next_in_queue;
    --size_;
    return item;
  }
  // To be called before each push. Takes out what will not run, in its order, when there may be much of it: whoever
  // gets it calls begin().
  ItemLine sweep() {
    ItemLine gone;
    if (!SweepRule::time_to_look(entered_) || size_ < sweep_at_) return gone;
    ItemLine all;
    std::swap(all, *this);
    while (!all.empty()) {
      Runnable& item = all.pop();
      (item.withdrawn() ? gone : *this).push(item);
    }
    sweep_at_ = SweepRule::next(size_);
    return gone;
  }

 private:
  Runnable* first_ = nullptr;
  Runnable* last_ = nullptr;
  std::uint64_t entered_ = 0, size_ = 0, sweep_at_ = SweepRule::at_least;
};

}  // namespace skep::async
