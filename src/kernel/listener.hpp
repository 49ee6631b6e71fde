// A host's listener for lines, or for other news, called on whichever thread has one to tell, by one thread at a time.
//
// No lock is held during a call, so a listener may call anything that may end in a line: what it causes on its own
// thread is not told it (it would never end), and what other threads have to say meanwhile is told when it returns, by
// the thread that is in it. Tested by tests/kernel/callbacks_test.cpp.
#pragma once

#include <condition_variable>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <thread>

namespace skep {

// `Seen`: what the listener gets; `Kept`: what is kept of it for a moment.
template <typename Kept, typename Seen = const Kept&>
class Listener {
 public:
  using Function = std::function<void(Seen)>;

  // When it returns the one before is in no call any more, unless it is that one that calls.
  void set(Function function) {
    std::shared_ptr<const Function> old =
        function ? std::make_shared<const Function>(std::move(function)) : nullptr;  // ends outside the lock
    std::unique_lock guard(lock_);
    function_.swap(old);
    waiting_.clear();
    left_.wait(guard, [this] { return caller_ == std::thread::id() || caller_ == std::this_thread::get_id(); });
  }
  bool listens() {
    const std::lock_guard guard(lock_);
    return function_ != nullptr;
  }

  // `call(function, news)` calls it, and lets no exception out.
  template <typename Call>
  void tell(Seen news, Call&& call) {
    std::unique_lock guard(lock_);
    if (!function_ || caller_ == std::this_thread::get_id()) return;
    if (caller_ != std::thread::id()) {
      if (waiting_.size() < most_waiting) waiting_.emplace_back(news);
      return;
    }
    caller_ = std::this_thread::get_id();
    const auto tell_one = [&](Seen one) {
      const std::shared_ptr<const Function> function = function_;
      if (function == nullptr) return;
      guard.unlock();
      call(*function, one);
      guard.lock();
    };
    tell_one(news);
    while (!waiting_.empty()) {
      const Kept later = std::move(waiting_.front());
      waiting_.pop_front();
      tell_one(later);
    }
    caller_ = {};
    left_.notify_all();
  }

 private:
  static constexpr std::size_t most_waiting = 1 << 14;  // what comes beyond is lost, as in the kernel's own trace
  std::mutex lock_;
  std::condition_variable left_;
  std::shared_ptr<const Function> function_;
  std::thread::id caller_;  // the thread that is in it
  std::deque<Kept> waiting_;
};

using LineListener = Listener<std::string, std::string_view>;

}  // namespace skep
