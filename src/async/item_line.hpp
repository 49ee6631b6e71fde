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

class SweepRule {
 public:
  // Asked with how many items have ever come: whether to look at all.
  static bool time_to_look(std::uint64_t entered) { return entered % at_least == 0; }
  bool worth_while(std::uint64_t waiting) const { return waiting >= next_; }
  void swept(std::uint64_t kept) { next_ = std::max(2 * kept, at_least); }

 private:
  static constexpr std::uint64_t at_least = 4096;
  std::uint64_t next_ = at_least;
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
    if (!rule_.time_to_look(entered_) || !rule_.worth_while(size_)) return gone;
    ItemLine all;
    std::swap(all, *this);
    while (!all.empty()) {
      Runnable& item = all.pop();
      (item.withdrawn() ? gone : *this).push(item);
    }
    rule_.swept(size_);
    return gone;
  }

 private:
  Runnable* first_ = nullptr;
  Runnable* last_ = nullptr;
  std::uint64_t entered_ = 0, size_ = 0;
  SweepRule rule_;
};

}  // namespace skep::async
