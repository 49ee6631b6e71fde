// Files and their paths, as they were described for the program or belong to the tasks of this process. They have
// names and what was described of them; neither contents, nor extended attributes, nor signatures.
//
// A path's name is put together of the names of its dentries, from the one that has no parent, or itself as parent, on.
// Tested by tests/kernel/world_test.cpp.
#include <algorithm>
#include <string>

#include "calls/impl/dynptr.hpp"
#include "calls/impl/kernel_fields.hpp"
#include "calls/impl/memory.hpp"
#include "calls/impl/objects.hpp"
#include "calls/impl/support.hpp"

namespace skep::calls::impl {
namespace {

constexpr std::uint32_t longest_name = 255;
constexpr unsigned deepest = 256;

std::string name_of(CallEnv& env, std::uint64_t dentry) {
  std::array<char, longest_name + 1> name = {};
  const std::uint64_t text = read_field(env, dentry, "dentry", {"d_name", "name"});
  if (text == 0) return {};
  const std::int64_t length = copy_string(env, address(name.data()), name.size(), text);
  return length > 0 ? std::string(name.data()) : std::string();
}

std::string path_of(CallEnv& env, std::uint64_t path) {
  std::string text;
  std::uint64_t dentry = read_field(env, path, "path", {"dentry"});
  for (unsigned depth = 0; dentry != 0 && depth < deepest; ++depth) {
    const std::uint64_t parent = read_field(env, dentry, "dentry", {"d_parent"});
    const std::string name = name_of(env, dentry);
    if (!name.empty() && name != "/") text.insert(0, "/" + name);
    if (parent == dentry) break;
    dentry = parent;
  }
  return text.empty() ? "/" : text;
}

CallResult give_path(CallEnv& env, std::uint64_t path, std::uint64_t buffer, std::uint64_t size) {
  if (size == 0) return CallResult::of(0);
  const std::string text = path_of(env, path);
  if (text.size() + 1 > size) return CallResult::error(-ENAMETOOLONG);
  std::memcpy(pointer<char>(buffer), text.c_str(), text.size() + 1);
  return CallResult::of(text.size() + 1);
}

bool begins_with(std::uint64_t name, std::string_view prefix) {
  return std::strncmp(pointer<const char>(name), prefix.data(), prefix.size()) == 0;
}
CallResult read_attribute(std::uint64_t name) {
  const bool allowed = begins_with(name, "user.") || begins_with(name, "security.bpf.");
  return CallResult::error(allowed ? -ENODATA : -EPERM);
}
CallResult change_attribute(std::uint64_t name) {
  return CallResult::error(begins_with(name, "security.bpf.") ? -EOPNOTSUPP : -EPERM);
}

}  // namespace

SKEP_CALL(bpf_d_path) {
  return give_path(env, r1, r2, u32(r3));
}
SKEP_CALL(bpf_path_d_path) {
  return r3 == 0 ? CallResult::error(-EINVAL) : give_path(env, r1, r2, r3);
}
SKEP_CALL(bpf_get_task_exe_file) {
  return env.services().task_id(pointer<void>(r1)) != 0 ? result_of(env.services().executable_of_tasks())
                                                        : CallResult::of(0);
}
SKEP_CALL(bpf_put_file) {
  object_given_up(env, r1);
  return CallResult::of(0);
}
SKEP_CALL(bpf_real_data_inode) {
  return CallResult::of(read_field(env, r1, "file", {"f_inode"}));
}

SKEP_CALL(bpf_get_file_xattr) {
  return read_attribute(r2);
}
SKEP_CALL(bpf_get_dentry_xattr) {
  return read_attribute(r2);
}
SKEP_CALL(bpf_set_dentry_xattr) {
  constexpr std::uint32_t create = 1, replace = 2;
  return (u32(r4) & ~(create | replace)) != 0 ? CallResult::error(-EINVAL) : change_attribute(r2);
}
SKEP_CALL(bpf_remove_dentry_xattr) {
  return change_attribute(r2);
}
SKEP_CALL(bpf_sock_read_xattr) {
  return CallResult::error(begins_with(r2, "user.") ? -ENODATA : -EPERM);
}
SKEP_CALL(bpf_get_fsverity_digest) {
  constexpr std::uint64_t header = 4;  // of struct fsverity_digest
  return CallResult::error(pointer<Dynptr>(r2)->size < header ? -EINVAL : -ENODATA);
}

// No contents can be read.
SKEP_CALL(bpf_dynptr_from_file) {
  *pointer<Dynptr>(r3) = {};
  return CallResult::error(r2 != 0 ? -EINVAL : -EOPNOTSUPP);
}
SKEP_CALL(bpf_dynptr_file_discard) {
  *pointer<Dynptr>(r1) = {};
  return CallResult::of(0);
}

}  // namespace skep::calls::impl
