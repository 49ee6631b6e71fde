// MAP_CREATE: whether the attributes are what the type takes, and whether its values may hold their special fields.
//
// What a type takes and who makes it is in its definition (maps/map_types.hpp). The order of the checks is the
// kernel's, since each has its own error: first the sizes and flags (mostly -EINVAL), then the map is made, then its
// BTF (-EINVAL) and the fields that are found there
// (-EACCES with read- or write-only maps, -EOPNOTSUPP where the type cannot tear them down).
// Tested by tests/maps/create_test.cpp.
#include <algorithm>
#include <bit>
#include <cerrno>
#include <new>
#include <string>

#include "maps/attributes.hpp"

namespace skep::maps {
namespace {

bool is_u32(const btf::Btf& btf, btf::TypeId id) {
  const btf::Type& type = btf.resolved(id);
  return type.kind == btf::Kind::int_ && type.int_bits == 32 && type.int_offset == 0;
}

int check_key_btf(const MapTypeDef& def, const MapInfo& info) {
  const btf::Btf& btf = *info.btf;
  switch (def.key_btf) {
    case KeyBtf::any:
      return info.key_type == 0 ? -EINVAL : 0;
    case KeyBtf::refused:
      return -enotsupp;
    case KeyBtf::none:
      return info.key_type != 0 ? -EINVAL : 0;
    case KeyBtf::struct_:
      return info.key_type != 0 && btf.resolved(info.key_type).kind == btf::Kind::struct_ ? 0 : -EINVAL;
    case KeyBtf::integer:
      return info.key_type != 0 && is_u32(btf, info.key_type) ? 0 : -EINVAL;
    case KeyBtf::index:
      // Global data has no key: one element whose type is a section.
      if (info.key_type == 0)
        return !def.per_cpu && info.max_entries == 1 && btf.resolved(info.value_type).kind == btf::Kind::datasec
                   ? 0
                   : -EINVAL;
      return is_u32(btf, info.key_type) ? 0 : -EINVAL;
  }
  return -EINVAL;
}

unsigned needs(btf::FieldKind kind) {
  switch (kind) {
    case btf::FieldKind::spin_lock:
    case btf::FieldKind::res_spin_lock:
      return may_hold::lock;
    case btf::FieldKind::timer:
    case btf::FieldKind::wq:
    case btf::FieldKind::task_work:
      return may_hold::async;
    case btf::FieldKind::uptr:
      return may_hold::uptr;
    case btf::FieldKind::list_head:
    case btf::FieldKind::rb_root:
      return may_hold::graph;
    default:
      return may_hold::kptr;
  }
}

// Finds the special fields of the value and checks that the type may hold them.
int check_btf(const MapTypeDef& def, MapAttributes& attributes) {
  MapInfo& info = attributes.info;
  if (info.key_type == 0 && info.value_type == 0) return 0;
  if (!info.btf || !info.btf->valid(info.key_type) || !info.btf->valid(info.value_type) || info.value_type == 0)
    return -EINVAL;
  // Where any key will do there must be one, whatever the value holds.
  if (info.key_type == 0 && def.key_btf == KeyBtf::any) return -EINVAL;
  if (info.key_type != 0 && info.btf->size_of(info.key_type) != info.key_size) return -EINVAL;
  if (info.btf->size_of(info.value_type) != info.value_size) return -EINVAL;
  // Nodes are in what lists and trees hold, and mean nothing in a map's value.
  constexpr std::uint32_t nodes = btf::field_mask(btf::FieldKind::list_node) | btf::field_mask(btf::FieldKind::rb_node);
  btf::FoundFields found =
      btf::find_special_fields(info.btf, info.value_type, btf::known_fields(*attributes.rules) & ~nodes,
                               info.value_size, attributes.kptr_targets);
  if (found.error != 0) return found.error;
  if (found.record && !found.record->fields.empty()) {
    if ((info.flags & prog_access) != 0) return -EACCES;
    for (const btf::Field& field : found.record->fields) {
      if ((needs(field.kind) & def.fields) == 0) return -EOPNOTSUPP;
    }
  }
  info.record = std::move(found.record);
  return check_key_btf(def, info);
}

int check_inner(const MapTypeDef& def, const MapAttributes& attributes) {
  if (def.holds != Holds::maps) return 0;
  return attributes.inner ? map_type(attributes.inner->info().type).as_inner : -EINVAL;
}

}  // namespace

MapResult create(const MapAttributes& given) {
  MapAttributes attributes = given;
  MapInfo& info = attributes.info;
  info.record.reset();
  const MapTypeDef* def = find_map_type(info.type);
  if (def == nullptr || !is_map_type(*attributes.rules, info.type)) return {-EINVAL, nullptr, "no such map type"};
  const std::string name(def->name);
  const auto refused = [&](int error, const char* why) { return MapResult{error, nullptr, name + ": " + why}; };
  if ((info.flags & ~attributes.rules->map_flags) != 0) return refused(-EINVAL, "a flag that does not exist");
  if (info.extra != 0 && !def->takes_extra) return refused(-EINVAL, "map_extra must be 0");
  if (const int bad = def->check(info); bad != 0)
    return refused(bad, "key size, value size, max_entries or flags are not those of the type");
  if (const int bad = check_inner(*def, attributes); bad != 0) return refused(bad, "not a possible inner map");
  if (!def->special_btf) {
    if (const int bad = check_btf(*def, attributes); bad != 0)
      return refused(bad,
                     "the BTF of its key or value does not fit it, or it cannot hold a special field of the value");
  }
  if (attributes.inner) info.inner = attributes.inner->shared_info();
  // A slot or a name for each entry, where a type has more of its own than values.
  constexpr std::uint64_t map_bytes = 1024, slot_bytes = 16;
  memory::Charge charge;
  const bool slots = def->holds != Holds::values && info.type != MapType::hash_of_maps;
  const bool enough =
      charge.take(attributes.account, map_bytes + (slots ? std::uint64_t{info.max_entries} * slot_bytes : 0));
  std::shared_ptr<Map> map;
  try {
    if (enough) map = def->make(attributes);
  } catch (const std::bad_alloc&) {
    map.reset();
  }
  if (!map) return refused(-ENOMEM, "no memory, or more than the Kernel's limit (KernelOptions::memory_limit)");
  map->charge_ = std::move(charge);
  return {0, std::move(map), {}};
}

}  // namespace skep::maps
