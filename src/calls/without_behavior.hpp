// What a call answers whose entry has no behavior (Kfunc::fn): that it is not supported, where its result can say so.
// Else the run ends there. Tested by tests/bounds/run_limits_test.cpp.
#pragma once

#include <optional>

#include "calls/call.hpp"

namespace skep::calls {

// A negative errno, or 0 for null; nothing: its result has no room for that.
std::optional<int> answer_without_behavior(const Kfunc& kfunc);

}  // namespace skep::calls
