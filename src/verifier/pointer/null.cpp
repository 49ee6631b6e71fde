// Pointers that may be NULL, once a branch has told which they are.
//
// Copies share an id: what is learnt of one is known of all. Tested by tests/verifier/pointer/map_value_test.cpp.
#include <algorithm>

#include "verifier/pointer/internal.hpp"
#include "verifier/pointer/pointer.hpp"

namespace skep::verifier {
namespace {

// An item in a value and the map that it is initialized for must belong together: inner maps are told apart by the
// lookup that found them.
void name_inner_map(RegState& reg) {
  using btf::FieldKind;
  const btf::Record* record = reg.map->record.get();
  if (record != nullptr &&
      (record->has(FieldKind::timer) || record->has(FieldKind::wq) || record->has(FieldKind::task_work)))
    reg.map_uid = reg.id;
}

// What a non-null pointer out of a map of maps, of sockets, of XDP sockets really is.
void resolve_map_value(RegState& reg) {
  if (reg.map == nullptr) return;
  if (reg.is(RegType::map_ptr)) return name_inner_map(reg);
  if (!reg.is(RegType::map_value)) return;
  const maps::MapInfo& map = *reg.map;
  if (map.inner != nullptr) {
    reg.type = RegType::map_ptr;
    reg.map = map.inner.get();
    name_inner_map(reg);
    return;
  }
  switch (maps::map_type(map.type).holds) {
    case maps::Holds::xdp_sockets:
      reg.type = RegType::xdp_sock;
      return;
    case maps::Holds::sockets:
      reg.type = RegType::socket;
      return;
    default:
      return;
  }
}

void learn(RegState& reg, std::uint32_t id, bool is_null) {
  if (!reg.maybe_null() || reg.id != id) return;
  // Only a pointer at its object's beginning is NULL with it (arithmetic before the check is refused).
  if (is_null) {
    reg.mark_const(0);
    return;
  }
  reg.flags &= ~reg_flag::maybe_null;
  resolve_map_value(reg);
}

}  // namespace

void mark_null_or_not(State& state, unsigned regno, bool is_null) {
  const RegState reg = state.reg(regno);
  const std::uint32_t id = reg.id;
  // A reference that turned out to be NULL needs no release.
  if (is_null && reg.ref_id != 0 && reg.ref_id == id) {
    std::erase_if(state.resources, [&](const Resource& resource) {
      return resource.kind == ResourceKind::reference && resource.id == id;
    });
  }
  state.for_each_reg([&](RegState& each) { learn(each, id, is_null); });
}

}  // namespace skep::verifier
