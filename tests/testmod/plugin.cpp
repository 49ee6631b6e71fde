// The plugin: bpf_testmod and the small modules beside it, then the packaged ones. See testmod.hpp.
#include "testmod.hpp"

namespace {

using skep::HostModule;

HostModule testmod_module() {
  HostModule module;
  module.name = "bpf_testmod";
  testmod::add_types(module);
  testmod::add_struct_ops(module);
  testmod::add_hooks(module);
  testmod::add_calls(module);
  testmod::add_socket_calls(module);
  module.per_cpu = {"int bpf_testmod_ksym_percpu"};
  return module;
}

// A table without any stub to learn more of its arguments from.
HostModule no_cfi_module() {
  HostModule module;
  module.name = "bpf_test_no_cfi";
  module.types = {"struct bpf_test_no_cfi_ops { void (*fn_1)(void); void (*fn_2)(void); }"};
  module.struct_ops = {"bpf_test_no_cfi_ops"};
  return module;
}

using Args = skep::HostCall;

// Two modules whose calls have the same number in each: a call must reach its own module's.
HostModule order_module(std::string_view name, std::string_view prototype, skep::HostFunction function) {
  HostModule module;
  module.name = name;
  module.kfuncs = {{prototype, 0, testmod::bit(skep::ProgType::sched_cls), function}};
  return module;
}

}  // namespace

extern "C" __attribute__((visibility("default"))) void skep_host_modules(std::vector<HostModule>& modules) {
  modules.push_back(testmod_module());
  modules.push_back(no_cfi_module());
  modules.push_back(order_module("bpf_test_modorder_x", "int bpf_test_modorder_retx(void)",
                                 [](const Args&) -> std::uint64_t { return 'x'; }));
  modules.push_back(order_module("bpf_test_modorder_y", "int bpf_test_modorder_rety(void)",
                                 [](const Args&) -> std::uint64_t { return 'y'; }));
  testmod::add_packaged_modules(modules);
}
