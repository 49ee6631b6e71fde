// Marks invocations whose before_run() does nothing but lead the context to where the packet is now: as long as no run
// moves the packet, once is enough. Tested by tests/kernel/runner_test.cpp.
#pragma once

namespace skep::progtypes {

class FollowsPacket {
 protected:
  virtual ~FollowsPacket() = default;
};

}  // namespace skep::progtypes
