// See calls/kptr_targets.hpp. A destructor is a copy of what the entry says. What a host application
// has registered lives as long as its Kernel, whose maps are gone before it.
#include "calls/kptr_targets.hpp"

namespace skep::calls {
namespace {

class CallDestructor final : public btf::Destructor {
 public:
  explicit CallDestructor(const Kfunc& kfunc) : destroy_(kfunc.destroys.destroy), host_(kfunc.host_fn) {}
  void destroy(void* object) const override {
    if (destroy_ != nullptr)
      destroy_(object);
    else if (host_ != nullptr)
      host_->call({reinterpret_cast<std::uint64_t>(object)});
  }

 private:
  void (*destroy_)(void* object);
  const HostCallee* host_;
};

}  // namespace

btf::KptrTarget KptrTargets::find(std::string_view name, btf::Kind kind) const {
  btf::KptrTarget target;
  if (kernel_) target.type = kernel_->find(name, kind);
  if (target.type != 0) {
    target.btf = kernel_;
  } else {
    for (const auto& module : modules_) {
      target.type = module->find_own(name, kind);
      if (target.type == 0) continue;
      target.btf = module;
      break;
    }
  }
  if (!target.btf) return {};
  if (const Kfunc* release = kfuncs_.destructor(name)) target.destructor = std::make_shared<CallDestructor>(*release);
  return target;
}

}  // namespace skep::calls
