// Who is told of callbacks' runs: the host's listener (Kernel::on_work_run), and the figures of skep/observe.hpp while
// somebody measures. The executor tells nobody while there is neither, and reads no clock then. Tested by
// tests/work/observe_test.cpp.
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <tuple>
#include <vector>

#include "async/executor.hpp"
#include "engine/callback.hpp"
#include "skep/kernel.hpp"
#include "skep/observe.hpp"

namespace skep {

class WorkObserver {
 public:
  WorkObserver(Kernel& kernel, async::Executor& executor) : kernel_(kernel), executor_(executor) {}

  void listen(std::function<void(const WorkRun&)> listener);
  void measure(bool on);
  std::vector<CallbackTimes> times() const;

 private:
  void changed();  // with lock_ held
  void add(const engine::ProgramCallback& callback, const async::RunRecord& record);

  Kernel& kernel_;
  async::Executor& executor_;
  mutable std::mutex lock_;  // of what follows
  std::shared_ptr<const std::function<void(const WorkRun&)>> listener_;
  bool measuring_ = false;
  mutable std::mutex figures_lock_;
  // By program, function and the map's id: programs of one name are the same to who looks.
  std::map<std::tuple<std::string, std::string, std::uint32_t>, CallbackTimes> figures_;
};

}  // namespace skep
