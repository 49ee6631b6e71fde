// See cli/interrupt.hpp.
#include "cli/interrupt.hpp"

#include <unistd.h>

namespace skep::cli {
namespace {

void die_of(int number) {
  ::signal(number, SIG_DFL);
  sigset_t one;
  sigemptyset(&one);
  sigaddset(&one, number);
  kill(getpid(), number);
  pthread_sigmask(SIG_UNBLOCK, &one, nullptr);
}

}  // namespace

Interrupt::Interrupt() {
  sigemptyset(&signals_);
  sigaddset(&signals_, SIGINT);
  sigaddset(&signals_, SIGTERM);
  pthread_sigmask(SIG_BLOCK, &signals_, &before_);
  waiter_ = std::thread([this] { wait_for_signals(); });
}

Interrupt::~Interrupt() {
  over_.store(true, std::memory_order_release);
  pthread_kill(waiter_.native_handle(), SIGTERM);  // wakes it, and reaches nobody else
  waiter_.join();
  pthread_sigmask(SIG_SETMASK, &before_, nullptr);
}

void Interrupt::watch(Kernel* kernel) {
  const std::lock_guard guard(lock_);
  kernel_ = kernel;
}

void Interrupt::wait_for_signals() {
  for (;;) {
    // What begins after it was asked to stop is asked, too.
    constexpr timespec again{.tv_sec = 0, .tv_nsec = 20'000'000};
    const int number = signal() != 0 ? sigtimedwait(&signals_, nullptr, &again) : sigwaitinfo(&signals_, nullptr);
    if (over_.load(std::memory_order_acquire)) return;
    const std::lock_guard guard(lock_);
    if (number < 0) {
      if (signal() != 0 && kernel_ != nullptr) kernel_->stop_runs();
      continue;
    }
    const auto now = std::chrono::steady_clock::now();
    // timeout(1) and some shells send one signal twice, to the process and to its group.
    if (signal() != 0 && now - first_ < std::chrono::milliseconds(500)) continue;
    if (kernel_ == nullptr || signal() != 0) return die_of(number);
    first_ = now;
    signal_.store(number, std::memory_order_release);
    kernel_->stop_runs();
  }
}

}  // namespace skep::cli
