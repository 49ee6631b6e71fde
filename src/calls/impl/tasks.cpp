// Tasks: the threads of this process, which are all that there are. A task lives as long as its Kernel, so references
// to it need no counting. And the values that programs keep for tasks and sockets. Tested by
// tests/kernel/tasks_test.cpp and the conformance suite.
#include "calls/impl/objects.hpp"
#include "calls/impl/support.hpp"
#include "maps/map.hpp"

namespace skep::calls::impl {
namespace {

constexpr std::uint64_t create = 1;

CallResult storage_of(std::uint64_t map, std::uint64_t owner, std::uint64_t initial, std::uint64_t flags) {
  if (owner == 0 || flags > create) return CallResult::of(0);
  auto& storage = static_cast<maps::LocalStorage&>(map_at(map));
  return result_of(storage.get(pointer<const void>(owner), pointer<const void>(initial), flags == create));
}
CallResult delete_storage_of(std::uint64_t map, std::uint64_t owner) {
  if (owner == 0) return CallResult::error(-EINVAL);
  return CallResult::error(static_cast<maps::LocalStorage&>(map_at(map)).remove(pointer<const void>(owner)));
}

}  // namespace

SKEP_CALL(bpf_get_current_task) {
  return result_of(env.services().current_task());
}
SKEP_CALL(bpf_get_current_task_btf) {
  return result_of(env.services().current_task());
}
SKEP_CALL(bpf_task_acquire) {
  return CallResult::of(r1);
}
SKEP_CALL(bpf_task_release) {
  object_given_up(env, r1);  // one that was taken out of a map
  return CallResult::of(0);
}
SKEP_CALL(bpf_task_from_pid) {
  return result_of(env.services().find_task(s32(r1)));
}
SKEP_CALL(bpf_task_storage_get) {
  return storage_of(r1, r2, r3, r4);
}
SKEP_CALL(bpf_task_storage_delete) {
  return delete_storage_of(r1, r2);
}
SKEP_CALL(bpf_sk_storage_get) {
  return storage_of(r1, r2, r3, r4);
}
SKEP_CALL(bpf_sk_storage_delete) {
  return delete_storage_of(r1, r2);
}

SKEP_CALL(bpf_inode_storage_get) {
  return storage_of(r1, r2, r3, r4);
}
SKEP_CALL(bpf_inode_storage_delete) {
  return delete_storage_of(r1, r2);
}
SKEP_CALL(bpf_cgrp_storage_get) {
  return storage_of(r1, r2, r3, r4);
}
SKEP_CALL(bpf_cgrp_storage_delete) {
  return delete_storage_of(r1, r2);
}

}  // namespace skep::calls::impl
