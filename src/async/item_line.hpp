// Items in the order in which they came, linked through themselves: who queues one needs no memory, which a start that
// has succeeded could not be refused for any more. Not for several threads at once. Tested by
// tests/async/executor_test.cpp and tests/allocation/failure_test.cpp.
#pragma once

#include "async/item.hpp"

namespace skep::async {

class ItemLine {
 public:
  bool empty() const { return first_ == nullptr; }
  void push(Runnable& item) {
    item.next_in_queue = nullptr;
    (first_ == nullptr ? first_ : last_->next_in_queue) = &item;
    last_ = &item;
  }
  // Not of an empty one.
  Runnable& pop() {
    Runnable& item = *first_;
    first_ = item.next_in_queue;
    return item;
  }

 private:
  Runnable* first_ = nullptr;
  Runnable* last_ = nullptr;
};

}  // namespace skep::async
