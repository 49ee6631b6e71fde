// See async/run_listener.hpp.
#include "async/run_listener.hpp"

#include <utility>

namespace skep::async {

void RunListener::set(Function listener) {
  const std::lock_guard lock(mutex_);
  listener_ = listener ? std::make_shared<const Function>(std::move(listener)) : nullptr;
  is_there_.store(listener_ != nullptr, std::memory_order_relaxed);
}

void RunListener::tell(const RunRecord& record) const {
  if (!is_there()) return;
  std::shared_ptr<const Function> listener;
  {
    const std::lock_guard lock(mutex_);
    listener = listener_;
  }
  if (listener) (*listener)(record);
}

}  // namespace skep::async
