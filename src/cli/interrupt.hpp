// Ctrl-C (SIGINT) and SIGTERM as a request: what runs in the Kernel stops, and the command reports it and ends.
//
// While one lives the signals are blocked in this thread and in those that it starts, and a thread of its own waits for
// them. A second one, half a second later or more, ends the process as it would without this. Made before the Kernel
// is, so that the Kernel's threads block them too. Tested by tests/bounds/command_test.py.
#pragma once

#include <pthread.h>
#include <signal.h>

#include <atomic>
#include <chrono>
#include <mutex>
#include <thread>

#include "skep/kernel.hpp"

namespace skep::cli {

class Interrupt {
 public:
  Interrupt();
  ~Interrupt();
  Interrupt(const Interrupt&) = delete;
  Interrupt& operator=(const Interrupt&) = delete;

  // Whose runs are to be stopped; null: those of none, and a signal ends the process. Until the next call of it.
  void watch(Kernel* kernel);
  // The signal that came, or 0.
  int signal() const { return signal_.load(std::memory_order_acquire); }
  // The exit status of a command that a signal ended: as the shell has it, 128 and the signal's number.
  int status() const { return 128 + signal(); }

 private:
  void wait_for_signals();

  sigset_t signals_{}, before_{};
  std::atomic<int> signal_{0};
  std::atomic<bool> over_{false};
  std::mutex lock_;  // of the Kernel
  Kernel* kernel_ = nullptr;
  std::chrono::steady_clock::time_point first_;
  std::thread waiter_;
};

}  // namespace skep::cli
