// Who is told of each run of a callback: one listener of an executor. While there is none, nobody reads a clock. Tested
// by tests/async/executor_test.cpp and task_work_test.cpp.
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>

#include "async/item.hpp"

namespace skep::async {

// One finished run. Times are nanoseconds of the executor's clock; started: when its work was queued, when its timer
// was due, when its task work was scheduled (0: nobody listened then).
struct RunRecord {
  const Callback* callback = nullptr;
  unsigned cpu = 0;
  std::uint64_t started_ns = 0, began_ns = 0, ended_ns = 0;
  Runnable::Kind kind = Runnable::Kind::work;
  bool stopped = false;
};

class RunListener {
 public:
  using Function = std::function<void(const RunRecord&)>;
  void set(Function listener);
  bool is_there() const { return is_there_.load(std::memory_order_relaxed); }
  void tell(const RunRecord& record) const;

 private:
  std::atomic<bool> is_there_{false};
  mutable std::mutex mutex_;
  std::shared_ptr<const Function> listener_;
};

}  // namespace skep::async
