// The kernel structs that kptrs may point to, and their destructors, derived from the kfuncs that let go of them
// (`Kfunc::destroys`). Tested by tests/calls/kptr_targets_test.cpp.
#pragma once

#include <memory>
#include <utility>
#include <vector>

#include "btf/kptr_targets.hpp"
#include "calls/call.hpp"

namespace skep::calls {

class KptrTargets final : public btf::KptrTargets {
 public:
  // `kernel` may be null; the types of `modules` are looked through after the kernel's, in order.
  KptrTargets(std::shared_ptr<const btf::Btf> kernel, std::vector<std::shared_ptr<const btf::Btf>> modules,
              const KfuncRegistry& kfuncs)
      : kernel_(std::move(kernel)), modules_(std::move(modules)), kfuncs_(kfuncs) {}
  btf::KptrTarget find(std::string_view name, btf::Kind kind) const override;

 private:
  std::shared_ptr<const btf::Btf> kernel_;
  std::vector<std::shared_ptr<const btf::Btf>> modules_;
  const KfuncRegistry& kfuncs_;
};

}  // namespace skep::calls
