// See shared_types.cpp: what a name was found to be in types that are shared. Tested by
// tests/loader/shared_types_test.cpp.
#pragma once

#include <bpf/btf.h>

namespace skep::loader {

using FindTypeFn = __s32 (*)(const struct btf* types, const char* name, __u32 kind);
// What `really` answers, which for types that are shared is asked once a name.
__s32 find_type(const struct btf* types, const char* name, __u32 kind, FindTypeFn really);

}  // namespace skep::loader
