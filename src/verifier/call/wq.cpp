// Work items, timers and task work: fields of a map's value that calls take by pointer.
//
// The pointer must be to a map value, at the constant offset where the value's type has the item; and the map that is
// passed beside it must be the one that the value came from. For inner maps that is known by map_uid: two lookups of
// inner maps give two different maps. Callbacks: callbacks.cpp. Tested by tests/conformance/ and by the
// conformance suite's wq-verdicts.
#include "verifier/call/internal.hpp"

namespace skep::verifier {
namespace {

struct ItemKind {
  std::string_view name;  // "bpf_wq"
  int btf::Record::* offset;
};

ItemKind item_kind(btf::FieldKind kind) {
  switch (kind) {
    case btf::FieldKind::timer:
      return {"bpf_timer", &btf::Record::timer_offset};
    case btf::FieldKind::task_work:
      return {"bpf_task_work", &btf::Record::task_work_offset};
    default:
      return {"bpf_wq", &btf::Record::wq_offset};
  }
}

}  // namespace

int check_map_field(Env& env, Call& call, unsigned regno, btf::FieldKind kind) {
  const RegState& reg = env.reg(regno);
  const ItemKind item = item_kind(kind);
  if (!reg.is(RegType::map_value)) return env.refuse(-EINVAL, "R{} doesn't point to a map value", regno);
  if (!reg.r.is_const())
    return env.refuse(-EINVAL, "R{} doesn't have constant offset. {} has to be at the constant offset", regno,
                      item.name);
  const maps::MapInfo& map = *reg.map;
  if (map.btf == nullptr)
    return env.refuse(-EINVAL, "map '{}' has to have BTF in order to use {}", map.name, item.name);
  if (map.record == nullptr || !map.record->has(kind))
    return env.refuse(-EINVAL, "map '{}' has no valid {}", map.name, item.name);
  const int at = (*map.record).*(item.offset);
  if (reg.fixed_offset() != at)
    return env.refuse(-EINVAL, "off {} doesn't point to 'struct {}' that is at {}", reg.fixed_offset(), item.name, at);
  if (call.map != nullptr && call.map != &map) return env.refuse(-EINVAL, "more than one map is passed with an item");
  call.map = &map;
  call.map_uid = reg.map_uid;
  return 0;
}

namespace {

// The kernel names the item by what else is in the map's values.
std::string_view item_word(const maps::MapInfo& map) {
  if (map.record->has(btf::FieldKind::timer)) return "timer";
  return map.record->has(btf::FieldKind::task_work) ? "bpf_task_work" : "workqueue";
}

}  // namespace

int check_item_map(Env& env, Call& call, unsigned regno) {
  const RegState& reg = env.reg(regno);
  if (call.map == nullptr) return 0;  // the item comes after: its check compares
  if (call.map == reg.map && call.map_uid == reg.map_uid) return 0;
  return env.refuse(-EINVAL, "{} pointer in R{} map_uid={} doesn't match map pointer in R{} map_uid={}",
                    item_word(*call.map), regno - 1, call.map_uid, regno, reg.map_uid);
}

}  // namespace skep::verifier
