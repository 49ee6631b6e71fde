// Lists and trees of the program's own objects: heads and roots in maps or objects, nodes in objects, one lock beside
// each head. Putting a node in gives up the object but leaves a non-owning pointer, good until the lock is dropped.
//
// Tested by tests/conformance/.
#include "calls/kptr_targets.hpp"
#include "verifier/call/call.hpp"
#include "verifier/call/call_facts.hpp"
#include "verifier/call/internal.hpp"

namespace skep::verifier {

using btf::FieldKind;
using calls::Special;

namespace {

std::string_view head_name(FieldKind head) {
  return head == FieldKind::list_head ? "bpf_list_head" : "bpf_rb_root";
}
std::string_view node_name(FieldKind head) {
  return head == FieldKind::list_head ? "bpf_list_node" : "bpf_rb_node";
}
FieldKind node_kind(FieldKind head) {
  return head == FieldKind::list_head ? FieldKind::list_node : FieldKind::rb_node;
}

// What an object that a program allocates may hold.
std::uint32_t kinds_of_objects() {
  std::uint32_t mask = 0;
  for (const FieldKind kind :
       {FieldKind::spin_lock, FieldKind::res_spin_lock, FieldKind::list_head, FieldKind::list_node, FieldKind::rb_root,
        FieldKind::rb_node, FieldKind::refcount, FieldKind::kptr_unref, FieldKind::kptr_ref, FieldKind::kptr_percpu})
    mask |= btf::field_mask(kind);
  return mask;
}

// Objects outlive their program by a grace period, and so must the types by which they are taken apart. Those of the
// kernel and of modules outlive everything.
std::shared_ptr<const btf::Btf> shared_btf(const Env& env, const btf::Btf* btf) {
  if (env.input.btf.get() == btf) return env.input.btf;
  for (const maps::MapInfo* map : env.used_maps)
    if (map->btf.get() == btf) return map->btf;
  return {std::shared_ptr<const btf::Btf>(), btf};
}

}  // namespace

const btf::Record* record_of_allocated(Env& env, const btf::Btf* btf, btf::TypeId id) {
  const auto key = std::make_pair(btf, id);
  if (const auto it = env.allocated_records.find(key); it != env.allocated_records.end()) return it->second.get();
  std::shared_ptr<const btf::Record> record;
  if (const auto size = btf->size_of(id)) {
    verifier::Resolver& resolver = *env.input.resolver;
    const calls::KptrTargets targets(env.kernel_btf, resolver.kernel_modules(), resolver.kfuncs());
    const std::uint32_t kinds = kinds_of_objects() & btf::known_fields(*env.input.rules);
    record = btf::find_special_fields(shared_btf(env, btf), id, kinds, *size, &targets).record;
  }
  return env.allocated_records.emplace(key, std::move(record)).first->second.get();
}

const btf::Record* record_of(Env& env, const RegState& reg) {
  if (reg.is(RegType::map_value)) return reg.map->record.get();
  if (is_alloc(reg)) return record_of_allocated(env, reg.btf, reg.btf_id);
  return nullptr;
}

bool in_rbtree_callback(const Env& env) {
  for (const auto& frame : env.state->frames) {
    if (frame->kind != FrameKind::callback || frame->call_site < 0) continue;
    const KfuncCall* kfunc = env.aux[static_cast<std::size_t>(frame->call_site)].names.kfunc;
    if (kfunc != nullptr && kfunc->entry != nullptr && kfunc->entry->special == Special::rbtree_add) return true;
  }
  return false;
}

namespace {

// The lock beside the head must be the one that is held.
bool lock_is_held(const Env& env, const RegState& reg) {
  const State& state = *env.state;
  if (state.active_locks == 0) return false;
  const void* object = reg.is(RegType::map_value) ? static_cast<const void*>(reg.map) : reg.btf;
  for (const ResourceKind kind : {ResourceKind::spin_lock, ResourceKind::res_lock, ResourceKind::res_lock_irq})
    if (has_active_lock(state, kind, reg.id, object)) return true;
  return false;
}

}  // namespace

int check_graph_root(Env& env, Call& call, unsigned regno, FieldKind head) {
  const RegState& reg = env.reg(regno);
  if (!reg.is(RegType::map_value) && !(is_alloc(reg) && (reg.flags & ~reg_flag::alloc) == 0))
    return env.refuse(-EINVAL, "R{} expected pointer to map value or allocated object", regno);
  if (is_alloc(reg) && reg.ref_id == 0) return env.refuse(-EINVAL, "allocated object must be referenced");
  if (!reg.r.is_const())
    return env.refuse(-EINVAL, "R{} doesn't have constant offset. {} has to be at the constant offset", regno,
                      head_name(head));
  const btf::Record* record = record_of(env, reg);
  const std::int64_t offset = reg.fixed_offset();
  const btf::Field* field = record == nullptr || offset < 0 ? nullptr : record->at(static_cast<std::uint32_t>(offset));
  if (field == nullptr || field->kind != head)
    return env.refuse(-EINVAL, "{} not found at offset={}", head_name(head), static_cast<std::uint32_t>(offset));
  if (!lock_is_held(env, reg)) {
    if (env.state->active_locks != 0) env.note("held lock and object are not in the same allocation");
    return env.refuse(-EINVAL, "bpf_spin_lock at off={} must be held for {}", record->spin_lock_offset,
                      head_name(head));
  }
  call.field = field;
  return 0;
}

int check_graph_node(Env& env, Call& call, unsigned regno, FieldKind head, unsigned arg, bool member) {
  const RegState& reg = env.reg(regno);
  const bool takes_member = call.special == Special::rbtree_remove || call.special == Special::rbtree_left ||
                            call.special == Special::rbtree_right || member;
  if (takes_member) {
    if (!is_alloc(reg) || (!reg.has(reg_flag::non_owning) && reg.ref_id == 0)) {
      return env.refuse(-EINVAL, "{} can only take non-owning or refcounted {} pointer", call.name(), node_name(head));
    }
    if (in_rbtree_callback(env)) return env.refuse(-EINVAL, "{} not allowed in rbtree cb", call.name());
  } else {
    if (!is_alloc(reg) || (reg.flags & ~reg_flag::alloc) != 0)
      return env.refuse(-EINVAL, "R{} expected pointer to allocated object", regno);
    if (reg.ref_id == 0) return env.refuse(-EINVAL, "allocated object must be referenced");
  }
  if (call.field == nullptr) return unsupported(env, "a node without its list or tree");
  if (!reg.r.is_const())
    return env.refuse(-EINVAL, "R{} doesn't have constant offset. {} has to be at the constant offset", regno,
                      node_name(head));
  const btf::Record* record = record_of(env, reg);
  const std::int64_t offset = reg.fixed_offset();
  const btf::Field* node = record == nullptr || offset < 0 ? nullptr : record->at(static_cast<std::uint32_t>(offset));
  if (node == nullptr || node->kind != node_kind(head))
    return env.refuse(-EINVAL, "{} not found at offset={}", node_name(head), static_cast<std::uint32_t>(offset));

  const btf::Field& field = *call.field;
  const std::string_view held = field.btf->type(field.type).name;
  const std::string_view given = reg.btf->type(reg.btf_id).name;
  if (!reg.btf->contains_at(reg.btf_id, 0, *field.btf, field.type, true))
    return env.refuse(
        -EINVAL, "operation on {} expects arg#{} {} at offset={} in struct {}, but arg is at offset={} in struct {}",
        head_name(head), arg, node_name(head), field.node_offset, held, offset, given);
  if (offset != field.node_offset)
    return env.refuse(-EINVAL, "arg#{} offset={}, but expected {} at offset={} in struct {}", arg, offset,
                      node_name(head), field.node_offset, held);
  call.arg_btf = reg.btf;
  call.arg_btf_id = reg.btf_id;
  if (!takes_member) call.node_ref = reg.ref_id;
  return 0;
}

void set_non_owning(Env& env, RegState& reg) {
  reg.flags |= reg_flag::non_owning;
  const btf::Record* record = record_of(env, reg);
  if (record != nullptr && record->refcount_offset >= 0) reg.flags |= reg_flag::rcu;
}

int convert_to_non_owning(Env& env, std::uint32_t ref_id) {
  if (ref_id == 0) return -EINVAL;
  bool any = false;
  env.state->for_each_reg([&](RegState& reg) {
    if (reg.ref_id != ref_id || !reg.is_pointer()) return;
    reg.ref_id = 0;
    reg.id = 0;
    set_non_owning(env, reg);
    any = true;
  });
  if (!any) return -EINVAL;
  return drop_reference(*env.state, ref_id) ? 0 : -EINVAL;
}

void set_graph_node_result(Env& env, RegState& result, const Call& call) {
  const btf::Field& field = *call.field;
  note_field(env, field);
  result.mark_pointer(RegType::btf, reg_flag::alloc);
  result.btf = field.btf.get();
  result.btf_id = field.type;
  result.r = Scalar::constant(field.node_offset);
}

}  // namespace skep::verifier
