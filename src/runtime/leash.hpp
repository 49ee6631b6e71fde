// What keeps a run from going on for ever: its limits, and requests to stop that come from outside.
//
// Nothing is asked in an engine's hot loop. An engine executes as many instructions as it was granted, and comes back
// for more; then, and only then, is the clock read and are requests looked at. The interpreter counts instructions
// anyway. Compiled code subtracts from `fuel` where a path can repeat (backward jumps, calls of functions and
// callbacks) and asks for more when it falls below zero: Leash is CallEnv's first member, and `fuel` is its, so that it
// stands at leash_fuel_offset from the address of a CallEnv. Tested by tests/engine/leash_test.cpp.
#pragma once

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>

#include "skep/limits.hpp"

namespace skep::runtime {

// A Kernel's: asks its runs to stop. Any thread; stop_running() also in a signal handler.
class StopSignal {
 public:
  // What runs now stops; what begins afterwards is not meant.
  void stop_running() { epoch_.fetch_add(1, std::memory_order_relaxed); }
  std::uint64_t epoch() const { return epoch_.load(std::memory_order_relaxed); }

  // From `ns` of real time on, everything stops at once.
  void close_after(std::uint64_t ns) {
    const std::uint64_t now = real_ns();
    closing_at_.store(std::min(ns, ~std::uint64_t{0} - now - 1) + now, std::memory_order_relaxed);
  }
  bool closed() const {
    const std::uint64_t at = closing_at_.load(std::memory_order_relaxed);
    return at != 0 && real_ns() >= at;
  }

 private:
  static std::uint64_t real_ns() {
    return static_cast<std::uint64_t>(std::chrono::steady_clock::now().time_since_epoch().count());
  }
  std::atomic<std::uint64_t> epoch_{0};
  std::atomic<std::uint64_t> closing_at_{0};  // 0: never
};

class Leash {
 public:
  // Instructions from one look to the next: some 100 microseconds.
  static constexpr std::uint64_t slice = 65'536;
  // A run that has taken so long is one that others are told of (Services::run_is_long).
  static constexpr std::uint64_t long_ns = 100'000'000;

  // For compiled code: instructions that may still run until renew() is due.
  std::int64_t fuel = 0;

  void begin(const RunLimits& limits, const StopSignal& signal) {
    limits_ = limits;
    signal_ = &signal;
    epoch_ = signal.epoch();
    fuel = 0;
    burnt_ = began_ns_ = now_ns_ = 0;
    looked_ = is_long_ = false;
    reason_ = StopReason::none;
  }

  // For compiled code, a run that follows on one that ended within what it was granted first: all is as after begin()
  // and the first renew(). False: begin() it is, for the run before was longer, was stopped, or everything stops.
  bool begin_again() {
    if (burnt_ != static_cast<std::int64_t>(slice) || reason_ != StopReason::none || signal_->closed()) return false;
    epoch_ = signal_->epoch();
    fuel = static_cast<std::int64_t>(slice);
    return true;
  }

  // How many instructions may run before it is to be asked again; 0: the run has to stop, for reason(). `executed`: by
  // the run so far. `clock()`: the time of the run's Kernel. The first look does not read it, for most runs have ended
  // before the second.
  template <typename Clock>
  std::uint64_t grant(std::uint64_t executed, Clock&& clock) {
    if (reason_ != StopReason::none) return 0;
    if (signal_->epoch() != epoch_) return stop(StopReason::asked);
    if (signal_->closed()) return stop(StopReason::closing);
    if (limits_.instructions != 0 && executed >= limits_.instructions) return stop(StopReason::instructions);
    if (looked_) {
      now_ns_ = clock();
      if (began_ns_ == 0) began_ns_ = now_ns_;
      if (limits_.time_ns != 0 && now_ns_ - began_ns_ >= limits_.time_ns) return stop(StopReason::time);
    }
    looked_ = true;
    return limits_.instructions == 0 ? slice : std::min(slice, limits_.instructions - executed);
  }
  // The same for compiled code, which has used its fuel up.
  template <typename Clock>
  bool renew(Clock&& clock) {
    burnt_ -= fuel;
    fuel = static_cast<std::int64_t>(grant(static_cast<std::uint64_t>(burnt_), clock));
    burnt_ += fuel;
    return fuel != 0;
  }

  // For calls: the run ends where it is. They ask to be called again, which is when the leash is asked.
  void end(StopReason reason) { stop(reason); }

  StopReason reason() const { return reason_; }
  const RunLimits& limits() const { return limits_; }
  // Since the second look; 0 before.
  std::uint64_t running_ns() const { return now_ns_ - began_ns_; }
  // Whether it is long by now, the first time that this is asked then.
  bool has_become_long() {
    if (is_long_ || running_ns() < long_ns) return false;
    return is_long_ = true;
  }
  bool is_long() const { return is_long_; }

 private:
  std::uint64_t stop(StopReason reason) {
    reason_ = reason;
    return 0;
  }

  std::int64_t burnt_ = 0;  // compiled code: fuel granted so far, less what is left of it
  RunLimits limits_;
  const StopSignal* signal_ = nullptr;
  std::uint64_t epoch_ = 0, began_ns_ = 0, now_ns_ = 0;
  bool looked_ = false, is_long_ = false;
  StopReason reason_ = StopReason::none;
};

// From the address of a CallEnv: behind the pointer to its virtual functions.
inline constexpr std::size_t leash_fuel_offset = sizeof(void*);

}  // namespace skep::runtime
