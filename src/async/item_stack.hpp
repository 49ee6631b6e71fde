// A queue that anybody pushes to with one compare-and-swap, and that one thread takes whole: a stack of items, linked
// through themselves, which is turned round when it is taken.
//
// What was cancelled stays in it until it is taken, or swept. Who sweeps leaves a mark at the bottom of the stack for
// what it has taken out and will put back, so that whoever takes the stack meanwhile knows that there is something
// older, and waits for it; without sweeps taking and pushing cost nothing more. There are two marks: one may be in the
// hands of who takes while another is in the stack. Tested by tests/async/item_stack_test.cpp.
#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <thread>
#include <utility>

#include "async/item.hpp"

namespace skep::async {

class ItemStack {
 public:
  // Whether it was empty.
  bool push(Runnable& item) {
    Runnable* top = top_.load(std::memory_order_relaxed);
    do {
      item.next_in_queue = top;
    } while (!top_.compare_exchange_weak(top, &item, std::memory_order_seq_cst));
    return top == nullptr;
  }
  bool empty() const { return top_.load(std::memory_order_seq_cst) == nullptr; }

  // All, the oldest first. By one thread at a time.
  Runnable* take() {
    if (top_.load(std::memory_order_relaxed) == nullptr) return nullptr;
    Runnable* first = nullptr;
    const Runnable* const bottom = turn_round(top_.exchange(nullptr, std::memory_order_acquire), first);
    if (bottom == nullptr) return first;
    Lock lock(sweeping_);
    turn_round(std::exchange(put_aside_[slot_of(bottom)].items, nullptr), first);
    put_aside_[slot_of(bottom)].used = false;
    return first;
  }

  // Calls drop() for what will not run, and keeps the rest in its order, unless somebody sweeps already. How much is
  // left; `found` is set when whoever takes has to be told that there is something.
  template <typename Drop>
  std::uint64_t sweep(Drop&& drop, bool& found) {
    std::uint64_t left = 0;
    if (sweeping_.exchange(true, std::memory_order_acquire)) return left;
    const unsigned slot = put_aside_[0].used ? 1 : 0;
    if (!put_aside_[slot].used) {
      PutAside kept{nullptr, true};
      Runnable** end = &kept.items;
      const auto sort_out = [&](Runnable* item) {
        while (item != nullptr && !is_mark(item)) {
          Runnable* const older = item->next_in_queue;
          if (item->withdrawn()) {
            drop(*item);
          } else {
            *end = item;
            end = &item->next_in_queue;
            ++left;
          }
          item = older;
        }
        return item;
      };
      if (const Runnable* const bottom = sort_out(top_.exchange(mark(slot), std::memory_order_acquire))) {
        sort_out(put_aside_[slot_of(bottom)].items);
        put_aside_[slot_of(bottom)] = {};
      }
      *end = nullptr;
      Runnable* top = mark(slot);
      if (left != 0 || !top_.compare_exchange_strong(top, nullptr, std::memory_order_seq_cst)) {
        put_aside_[slot] = kept;
        found = true;
      }
    }
    sweeping_.store(false, std::memory_order_release);
    return left;
  }

 private:
  // Newest first.
  struct PutAside {
    Runnable* items = nullptr;
    bool used = false;
  };
  class Lock {
   public:
    explicit Lock(std::atomic<bool>& locked) : locked_(locked) {
      while (locked_.exchange(true, std::memory_order_acquire)) std::this_thread::yield();
    }
    ~Lock() { locked_.store(false, std::memory_order_release); }
    Lock(const Lock&) = delete;
    Lock& operator=(const Lock&) = delete;

   private:
    std::atomic<bool>& locked_;
  };
  // Addresses that no item has.
  static Runnable* mark(unsigned slot) { return reinterpret_cast<Runnable*>(std::uintptr_t{slot} + 1); }
  static bool is_mark(const Runnable* item) { return reinterpret_cast<std::uintptr_t>(item) <= 2; }
  static unsigned slot_of(const Runnable* mark) {
    return static_cast<unsigned>(reinterpret_cast<std::uintptr_t>(mark)) - 1;
  }

  // Puts them before `first`, one after another; what the stack ends with: null, or a mark.
  static const Runnable* turn_round(Runnable* item, Runnable*& first) {
    while (item != nullptr && !is_mark(item)) first = std::exchange(item, std::exchange(item->next_in_queue, first));
    return item;
  }

  std::atomic<Runnable*> top_{nullptr};
  std::atomic<bool> sweeping_{false};
  std::array<PutAside, 2> put_aside_;  // of whoever sweeps, or holds a mark and the lock
};

}  // namespace skep::async
