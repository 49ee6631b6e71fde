// Spin locks: bpf_spin_lock (one at a time) and bpf_res_spin_lock (nested, released in the reverse order).
//
// A lock is known by the object that holds it (a map for global values, BTF for allocations) and the id of the pointer
// it was taken through. Tested by tests/conformance/.
#include <algorithm>

#include "verifier/call/internal.hpp"
#include "verifier/report/explain.hpp"

namespace skep::verifier {
namespace {

ResourceKind resource_of(LockKind kind) {
  switch (kind) {
    case LockKind::res:
      return ResourceKind::res_lock;
    case LockKind::res_irq:
      return ResourceKind::res_lock_irq;
    case LockKind::spin:
      break;
  }
  return ResourceKind::spin_lock;
}

struct LockPlace {
  const void* object = nullptr;
  std::uint32_t id = 0;
};

// The register must point to the lock of a map value or of an allocated object.
int find_lock(Env& env, unsigned regno, LockKind kind, LockPlace& place) {
  const RegState& reg = env.reg(regno);
  const bool res = kind != LockKind::spin;
  const std::string_view name = res ? "bpf_res_spin_lock" : "bpf_spin_lock";
  if (!reg.is(RegType::map_value) && !is_alloc(reg))
    return env.refuse(-EINVAL, "R{} doesn't point to map value or allocated object", regno);
  if (!reg.r.is_const())
    return env.refuse(-EINVAL, "R{} doesn't have constant offset. {} has to be at the constant offset", regno, name);
  std::string holder;
  if (reg.is(RegType::map_value)) {
    if (reg.map->btf == nullptr)
      return env.refuse(-EINVAL, "map '{}' has to have BTF in order to use {}", reg.map->name, name);
    place.object = reg.map;
  } else {
    place.object = reg.btf;
  }
  place.id = reg.id;
  const btf::Record* record = record_of(env, reg);
  const auto field = res ? btf::FieldKind::res_spin_lock : btf::FieldKind::spin_lock;
  const int at = record == nullptr || !record->has(field) ? -1
                 : res                                    ? record->res_spin_lock_offset
                                                          : record->spin_lock_offset;
  if (at < 0) {
    return env.refuse(-EINVAL, "{} '{}' has no valid {}", reg.is(RegType::map_value) ? "map" : "local",
                      reg.is(RegType::map_value) ? std::string_view(reg.map->name) : std::string_view("kptr"), name);
  }
  if (reg.fixed_offset() != at)
    return env.refuse(-EINVAL, "off {} doesn't point to 'struct {}' that is at {}", reg.fixed_offset(), name, at);
  return 0;
}

// The newest lock held.
const Resource* newest_lock(const State& state) {
  for (auto it = state.resources.rbegin(); it != state.resources.rend(); ++it)
    if (it->kind == ResourceKind::spin_lock || it->kind == ResourceKind::res_lock ||
        it->kind == ResourceKind::res_lock_irq)
      return &*it;
  return nullptr;
}

void refresh_active_lock(State& state) {
  const Resource* newest = newest_lock(state);
  state.active_lock_id = newest == nullptr ? 0 : newest->id;
  state.active_lock_object = newest == nullptr ? nullptr : newest->object;
}

}  // namespace

bool has_active_lock(const State& state, ResourceKind kind, std::uint32_t id, const void* object) {
  return std::any_of(state.resources.begin(), state.resources.end(),
                     [&](const Resource& r) { return r.kind == kind && r.id == id && r.object == object; });
}

int take_lock(Env& env, unsigned regno, LockKind kind) {
  LockPlace place;
  if (const int err = find_lock(env, regno, kind, place)) return err;
  State& state = *env.state;
  if (kind == LockKind::spin) {
    if (state.active_locks != 0) return env.refuse(-EINVAL, "Locking two bpf_spin_locks are not allowed");
  } else {
    for (const Resource& r : state.resources) {
      if ((r.kind == ResourceKind::res_lock || r.kind == ResourceKind::res_lock_irq) && r.id == place.id &&
          r.object == place.object)
        return env.refuse(-EINVAL, explain::lock_recursive(), "Acquiring the same lock again, AA deadlock detected");
    }
  }
  Resource lock;
  lock.kind = resource_of(kind);
  lock.id = place.id;
  lock.insn = static_cast<std::int32_t>(env.insn_idx);
  lock.object = place.object;
  state.resources.push_back(lock);
  ++state.active_locks;
  refresh_active_lock(state);
  return 0;
}

int release_lock(Env& env, unsigned regno, LockKind kind) {
  LockPlace place;
  if (const int err = find_lock(env, regno, kind, place)) return err;
  State& state = *env.state;
  const bool res = kind != LockKind::spin;
  const std::string_view name = res ? "bpf_res_spin_unlock" : "bpf_spin_unlock";
  if (state.active_locks == 0)
    return env.refuse(-EINVAL, explain::unlock_without_lock(), "{} without taking a lock", name);
  if (!has_active_lock(state, resource_of(kind), place.id, place.object))
    return env.refuse(-EINVAL, explain::unlock_other(), "{} of different lock", name);
  if (place.id != state.active_lock_id || place.object != state.active_lock_object)
    return env.refuse(-EINVAL, explain::unlock_out_of_order(), "{} cannot be out of order", name);
  auto& all = state.resources;
  for (std::size_t i = all.size(); i-- > 0;) {
    if (all[i].kind == resource_of(kind) && all[i].id == place.id && all[i].object == place.object) {
      all.erase(all.begin() + static_cast<std::ptrdiff_t>(i));
      break;
    }
  }
  --state.active_locks;
  refresh_active_lock(state);
  // What was read under the lock may go now.
  if (!res || state.active_locks == 0) invalidate_non_owning(env);
  leave_rcu(env);
  return 0;
}

// Under a lock a program may only touch lists and trees, and locks themselves.
bool allowed_under_lock(const Call& call) {
  return call.has(calls::call_flag::spin_lock_ok | calls::call_flag::lock_required);
}

}  // namespace skep::verifier
