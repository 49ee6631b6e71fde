// Memory that has left a program's sight and is used again before its grace period is over.
//
// A run holds off grace periods to its end. One that allocates and frees objects without end would keep them all; the
// kernel's allocator uses such memory again at once, for objects of the same kind. So does this, once more than a
// megabyte waits: who still looks at a freed object may find another of its kind there, and never anything else. Any
// thread. Tested by tests/memory/spares_test.cpp and
// tests/bounds/recreate_test.cpp.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <memory>
#include <mutex>
#include <new>
#include <utility>
#include <vector>

namespace skep::memory {

class Spares {
 public:
  static constexpr std::uint64_t enough_waiting = 1 << 20;  // bytes

  Spares() = default;
  ~Spares() {
    for (const Spare& spare : spares_) std::free(spare.memory);
  }
  Spares(const Spares&) = delete;
  Spares& operator=(const Spares&) = delete;

  // What waits for a grace period, in bytes.
  void begin_to_wait(std::uint64_t bytes) { waiting_.fetch_add(bytes, std::memory_order_relaxed); }
  void end_to_wait(std::uint64_t bytes) { waiting_.fetch_sub(bytes, std::memory_order_relaxed); }
  bool enough_wait() const { return waiting_.load(std::memory_order_relaxed) >= enough_waiting; }

  // Memory of std::malloc(), kept to be used again. False: it is the caller's still. Objects are of one kind if they
  // are of one size and have the same `kind`.
  bool keep(void* memory, std::size_t bytes, std::shared_ptr<const void> kind) {
    const std::lock_guard lock(mutex_);
    if (spares_.size() >= most) return false;
    try {
      spares_.push_back({memory, bytes, std::move(kind)});
    } catch (const std::bad_alloc&) {
      return false;
    }
    count_.store(spares_.size(), std::memory_order_relaxed);
    return true;
  }
  // Null: there is none.
  void* take(std::size_t bytes, const void* kind) {
    if (count_.load(std::memory_order_relaxed) == 0) return nullptr;
    const std::lock_guard lock(mutex_);
    // The latest first: a run that frees and allocates in turn finds its own at once. Of many kinds few are looked at.
    const std::size_t end = spares_.size() > most_looked_at ? spares_.size() - most_looked_at : 0;
    for (std::size_t i = spares_.size(); i-- > end;) {
      if (spares_[i].bytes != bytes || spares_[i].kind.get() != kind) continue;
      void* const memory = spares_[i].memory;
      spares_[i] = std::move(spares_.back());
      spares_.pop_back();
      count_.store(spares_.size(), std::memory_order_relaxed);
      return memory;
    }
    return nullptr;
  }

 private:
  static constexpr std::size_t most = 1 << 16;
  static constexpr std::size_t most_looked_at = 64;
  struct Spare {
    void* memory;
    std::size_t bytes;
    std::shared_ptr<const void> kind;
  };
  std::atomic<std::uint64_t> waiting_{0};
  std::atomic<std::size_t> count_{0};
  std::mutex mutex_;
  std::vector<Spare> spares_;
};

}  // namespace skep::memory
