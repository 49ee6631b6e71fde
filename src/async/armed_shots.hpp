// What executors answer when they are asked for their armed timers.
//
// All keep them alike, by time and under a lock. Who knows what a callback stands for is asked without that lock, for
// it may need others. Tested by tests/async/executor_test.cpp and tests/bounds/.
#pragma once

#include <cstddef>
#include <memory>
#include <mutex>
#include <vector>

#include "async/executor.hpp"

namespace skep::async {

// `timers`: a map from the time to what has a `cpu` and a `callback`; `mutex` guards it.
template <typename Timers>
std::vector<ArmedShot> armed_shots(std::mutex& mutex, const Timers& timers) {
  std::vector<ArmedShot> all;
  std::vector<std::shared_ptr<Callback>> shots;
  {
    const std::lock_guard lock(mutex);
    for (const auto& [at, armed] : timers) {
      all.push_back({nullptr, armed.cpu, at});
      shots.push_back(armed.callback);
    }
  }
  for (std::size_t i = 0; i < all.size(); ++i) all[i].callback = shots[i]->subject();
  return all;
}

}  // namespace skep::async
