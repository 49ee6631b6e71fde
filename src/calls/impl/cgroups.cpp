// Cgroups, of which there is one: the root of the one hierarchy, in which all tasks are; and others that were described
// for the program, which are below it. Its memory controller has counted nothing. The root lives as long as its
// Kernel, so references need no counting. Tested by tests/loader/call_oracle_test.cpp.
#include "calls/impl/kernel_fields.hpp"
#include "calls/impl/objects.hpp"
#include "calls/impl/support.hpp"

namespace skep::calls::impl {
namespace {

constexpr std::uint64_t root_id = 1;

// struct bpf_iter_css: the state of an iteration over the tree below a cgroup, or up to the root.
struct CssIterator {
  std::uint64_t next, start;
  std::uint32_t order, unused;
};
static_assert(sizeof(CssIterator) == 24);
enum Order : std::uint32_t { descendants_first = 2, descendants_last = 3, ancestors = 4, children = 5 };

bool starts_with(std::uint64_t text, std::string_view prefix) {
  return std::strncmp(pointer<const char>(text), prefix.data(), prefix.size()) == 0;
}

}  // namespace

SKEP_CALL(bpf_cgroup_acquire) {
  return CallResult::of(r1);
}
SKEP_CALL(bpf_cgroup_release) {
  object_given_up(env, r1);  // one that was taken out of a map
  return CallResult::of(0);
}
SKEP_CALL(bpf_cgroup_from_id) {
  return r1 == root_id ? result_of(env.services().root_cgroup()) : CallResult::of(0);
}
SKEP_CALL(bpf_cgroup_ancestor) {
  if (s32(r2) < 0) return CallResult::of(0);
  const auto root = address(env.services().root_cgroup());
  const auto level = r1 == root ? 0 : s32(read_field(env, r1, "cgroup", {"level"}));
  if (s32(r2) == level) return CallResult::of(r1);
  return CallResult::of(s32(r2) == 0 ? root : 0);
}
SKEP_CALL(bpf_task_under_cgroup) {
  return CallResult::of(r2 != 0 && r2 == address(env.services().root_cgroup()) ? 1 : 0);
}
// There is no hierarchy of the first version.
SKEP_CALL(bpf_task_get_cgroup1) {
  return CallResult::of(0);
}
SKEP_CALL(bpf_cgroup_read_xattr) {
  return CallResult::error(starts_with(r2, "user.") ? -ENODATA : -EPERM);
}

// ---- memory
SKEP_CALL(bpf_get_root_mem_cgroup) {
  return result_of(env.services().root_mem_cgroup());
}
SKEP_CALL(bpf_get_mem_cgroup) {
  return r1 != 0 ? result_of(env.services().root_mem_cgroup()) : CallResult::of(0);
}
SKEP_CALL(bpf_put_mem_cgroup) {
  object_given_up(env, r1);
  return CallResult::of(0);
}
SKEP_CALL(bpf_mem_cgroup_flush_stats) {
  return CallResult::of(0);
}
SKEP_CALL(bpf_mem_cgroup_memory_events) {
  constexpr std::uint32_t kinds = 12;
  return u32(r2) < kinds ? CallResult::of(0) : CallResult::error(-1);
}
SKEP_CALL(bpf_mem_cgroup_page_state) {
  constexpr std::uint32_t kinds = 64;
  return u32(r2) < kinds ? CallResult::of(0) : CallResult::error(-1);
}
SKEP_CALL(bpf_mem_cgroup_usage) {
  return CallResult::of(0);
}
SKEP_CALL(bpf_mem_cgroup_vm_events) {
  constexpr std::uint32_t kinds = 128;
  return u32(r2) < kinds ? CallResult::of(0) : CallResult::error(-1);
}
SKEP_CALL(css_rstat_flush) {
  return CallResult::of(0);
}
SKEP_CALL(css_rstat_updated) {
  return CallResult::of(0);
}

// ---- iterations: of a cgroup that has none below it
SKEP_CALL(bpf_iter_css_new) {
  auto& it = *pointer<CssIterator>(r1);
  it = {};
  if (u32(r3) < descendants_first || u32(r3) > children) return CallResult::error(-EINVAL);
  it = {u32(r3) == children ? 0 : r2, r2, u32(r3), 0};
  return CallResult::of(0);
}
SKEP_CALL(bpf_iter_css_next) {
  auto& it = *pointer<CssIterator>(r1);
  const std::uint64_t now = it.next;
  it.next = it.order == ancestors && now != 0 ? read_field(env, now, "cgroup_subsys_state", {"parent"}) : 0;
  return CallResult::of(now);
}
SKEP_CALL(bpf_iter_css_destroy) {
  *pointer<CssIterator>(r1) = {};
  return CallResult::of(0);
}

}  // namespace skep::calls::impl
