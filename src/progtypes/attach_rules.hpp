// Which functions of the kernel tracing and security programs may be attached to, and in what way.
//
// BTF does not say this; it was asked of the reference release for every function. Names are those of BTF
// ("bpf_lsm_file_open"). Tested by tests/progtypes/progtypes_test.cpp.
#pragma once

#include <string_view>

namespace skep::progtypes {

// A program at this security hook may sleep.
bool lsm_hook_sleepable(std::string_view function);
// The hook is closed to programs ("attach_btf_id N points to disabled hook ...").
bool lsm_hook_disabled(std::string_view function);
// The hook answers yes or no instead of with an error.
bool lsm_hook_boolean(std::string_view function);

// An fentry, fexit or fmod_ret program at this function may sleep: system calls, and one function made for tests.
bool tracing_may_sleep(std::string_view function);
// bpf_d_path may be called from programs at this function.
bool d_path_allowed(std::string_view function);
// fmod_ret may be attached: system calls, security hooks, functions made for tests.
bool fmod_ret_allowed(std::string_view function);

}  // namespace skep::progtypes
