// Fields of kernel objects, by the kernel's types: what calls read of objects that were described, or that the Kernel
// has made, in the kernel's layout. Tested by tests/calls/kernel_fields_test.cpp.
#pragma once

#include <cstdint>
#include <initializer_list>
#include <optional>
#include <string_view>

#include "btf/btf.hpp"
#include "runtime/call_env.hpp"

namespace skep::calls::impl {

struct FieldPlace {
  std::uint32_t offset = 0, size = 0;  // in bytes
  std::uint32_t shift = 0, bits = 0;   // of bit fields: where in those bytes, and how many
};
// Where the last of the named fields is, each in the struct of the one before: {"f_path", "dentry"} of a file. Fields
// of unnamed structs and unions count as those of the struct around them. Nothing: the types do not say.
std::optional<FieldPlace> find_field(const btf::Btf* types, std::string_view type,
                                     std::initializer_list<std::string_view> names);

// A number or pointer of at most eight bytes in the object at `at`; 0: the types do not say, or nobody can read it.
std::uint64_t read_field(runtime::CallEnv& env, std::uint64_t at, std::string_view type,
                         std::initializer_list<std::string_view> names);
// False: nothing was written. Only of objects that calls may write.
bool write_field(runtime::CallEnv& env, std::uint64_t at, std::string_view type,
                 std::initializer_list<std::string_view> names, std::uint64_t value);

}  // namespace skep::calls::impl
