// Run states that wait for their next run, some for each CPU.
//
// Taking and giving back are one atomic exchange each, from any thread: the CPU only says where to look first. What
// finds no place is freed, so the pool never holds more than its places. Tested by tests/engine/run_pool_test.cpp.
#pragma once

#include <atomic>
#include <cstddef>
#include <memory>
#include <vector>

namespace skep::engine {

template <typename State>
class RunPool {
 public:
  static constexpr std::size_t places_per_cpu = 4;

  explicit RunPool(unsigned cpus) : places_((cpus > 0 ? cpus : 1) * places_per_cpu) {}
  ~RunPool() {
    for (auto& place : places_) std::unique_ptr<State> dies(place.load(std::memory_order_acquire));
  }
  RunPool(const RunPool&) = delete;
  RunPool& operator=(const RunPool&) = delete;

  // Null: the pool is empty, as far as it was looked through.
  std::unique_ptr<State> take(unsigned cpu) {
    const std::size_t first = cpu * places_per_cpu % places_.size();
    for (std::size_t i = 0; i < places_.size(); ++i) {
      auto& place = places_[(first + i) % places_.size()];
      if (place.load(std::memory_order_relaxed) == nullptr) continue;
      if (State* state = place.exchange(nullptr, std::memory_order_acquire)) return std::unique_ptr<State>(state);
    }
    return nullptr;
  }
  void give(unsigned cpu, std::unique_ptr<State> state) {
    const std::size_t first = cpu * places_per_cpu % places_.size();
    for (std::size_t i = 0; i < places_.size(); ++i) {
      State* none = nullptr;
      auto& place = places_[(first + i) % places_.size()];
      if (place.load(std::memory_order_relaxed) == nullptr &&
          place.compare_exchange_strong(none, state.get(), std::memory_order_release, std::memory_order_relaxed)) {
        (void)state.release();
        return;
      }
    }
  }

 private:
  std::vector<std::atomic<State*>> places_;
};

}  // namespace skep::engine
