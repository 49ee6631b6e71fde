// What each security hook is to programs: may they be attached, may they sleep, what do they return, what are they
// given.
//
// BTF says which functions bpf_lsm_* there are, but none of this; it was asked of the reference release for every hook
// (tests/conformance/attach-lsm-7.3.txt). Names are those of BTF ("bpf_lsm_file_open"). Tested by
// tests/kernel/attach_tables_test.cpp and tests/progtypes/progtypes_test.cpp.
#pragma once

#include <string_view>

namespace skep::progtypes {

// A hook, and not one of the functions that only share the prefix.
bool is_lsm_hook(std::string_view function);
// The hook is closed to programs ("attach_btf_id N points to disabled hook ...").
bool lsm_hook_disabled(std::string_view function);
// A program at this hook may sleep.
bool lsm_hook_sleepable(std::string_view function);
// The hook answers yes or no instead of with an error.
bool lsm_hook_boolean(std::string_view function);
// What the hook is given is not yet, or no longer, complete: its pointers are no trusted ones.
bool lsm_hook_untrusted(std::string_view function);
// By cgroup: nobody else uses the socket yet, or its lock is held, so that its options may be read and set.
bool lsm_hook_owns_socket(std::string_view function);

}  // namespace skep::progtypes
