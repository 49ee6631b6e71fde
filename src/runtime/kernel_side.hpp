// What calls ask of a Kernel that is whole, beyond what every environment of a program offers (Services): tests of
// single layers have no such things. Implemented by kernel/services.hpp.
#pragma once

#include <string_view>

#include "runtime/call_env.hpp"

namespace skep::runtime {

class KernelSide {
 public:
  // What the kernel has behind the context of the run: an sk_buff, an xdp_buff. Null: no type of it is known.
  virtual void* kernel_context(CallEnv& env) = 0;
  // A call that has no behavior has answered so much instead.
  virtual void answered_without_behavior(CallEnv& env, std::string_view call, int answer) = 0;

  static KernelSide* of(CallEnv& env) { return dynamic_cast<KernelSide*>(&env.services()); }

 protected:
  ~KernelSide() = default;
};

}  // namespace skep::runtime
