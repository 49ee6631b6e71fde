// The lock that a bpf_spin_lock in a value is: a word, 0 when it is free. Programs take it by trying again until they
// get it (their engine lets others run meanwhile); user space's threads may wait. Tested by
// tests/maps/elements_test.cpp.
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <thread>

namespace skep::maps {

inline bool try_lock_value(void* lock) {
  std::uint32_t free = 0;
  return std::atomic_ref(*static_cast<std::uint32_t*>(lock))
      .compare_exchange_strong(free, 1, std::memory_order_acquire);
}
inline void unlock_value(void* lock) {
  std::atomic_ref(*static_cast<std::uint32_t*>(lock)).store(0, std::memory_order_release);
}
// False after about a second: its holder is a program that is not being advanced.
inline bool lock_value(void* lock) {
  for (int i = 0; i < 20'000; ++i) {
    if (try_lock_value(lock)) return true;
    if (i < 1'000) {
      std::this_thread::yield();
    } else {
      std::this_thread::sleep_for(std::chrono::microseconds(50));
    }
  }
  return false;
}

// Held for a few instructions at a time by whoever changes a bucket, a ring or a list; a thread that finds it taken
// sleeps.
class ShortLock {
 public:
  void lock() {
    std::uint32_t state = 0;
    if (word_.compare_exchange_strong(state, 1, std::memory_order_acquire)) return;
    while (word_.exchange(2, std::memory_order_acquire) != 0) word_.wait(2);
  }
  void unlock() {
    if (word_.exchange(0, std::memory_order_release) == 2) word_.notify_one();
  }

 private:
  std::atomic<std::uint32_t> word_{0};
};

}  // namespace skep::maps
