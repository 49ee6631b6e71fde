// MAP_CREATE: what the attributes of each type may be, which special fields its values may hold, and who makes it.
//
// A row of the table below is a type. The order of the checks is the kernel's, since each has its own error: first the
// sizes and flags (mostly -EINVAL), then the map is made, then its BTF (-EINVAL) and the fields that are found there
// (-EACCES with read- or write-only maps, -EOPNOTSUPP where the type cannot tear them down).
// Tested by tests/maps/create_test.cpp.
#include <algorithm>
#include <bit>
#include <cerrno>
#include <new>
#include <string>

#include "maps/factories.hpp"
#include "maps/map_types.hpp"
#include "maps/memory.hpp"
#include "maps/values.hpp"

namespace skep::maps {
namespace {

constexpr int enotsupp = 524;
constexpr std::uint32_t access_flags =
    map_flag::rdonly | map_flag::wronly | map_flag::rdonly_prog | map_flag::wronly_prog;
constexpr std::uint32_t prog_access = map_flag::rdonly_prog | map_flag::wronly_prog;
constexpr std::uint32_t user_access = map_flag::rdonly | map_flag::wronly;
constexpr std::uint64_t most_allocated = std::uint64_t{1} << 22;  // of one element
constexpr std::uint64_t most_per_cpu = 1U << 15;
constexpr std::uint32_t largest_key = 512;

bool access_ok(std::uint32_t flags) {
  return (flags & prog_access) != prog_access;
}
bool any_of(std::uint32_t size, std::initializer_list<std::uint32_t> sizes) {
  return std::find(sizes.begin(), sizes.end(), size) != sizes.end();
}

int check_array(const MapInfo& info) {
  const bool plain = info.type == MapType::array;
  const bool per_cpu = info.type == MapType::percpu_array;
  constexpr std::uint32_t flags =
      map_flag::numa_node | map_flag::mmapable | access_flags | map_flag::preserve_elems | map_flag::inner_map;
  if (info.max_entries == 0 || info.key_size != 4 || info.value_size == 0 || (info.flags & ~flags) != 0 ||
      !access_ok(info.flags) || (per_cpu && (info.flags & map_flag::numa_node) != 0))
    return -EINVAL;
  if (!plain && (info.flags & (map_flag::mmapable | map_flag::inner_map)) != 0) return -EINVAL;
  if (info.type != MapType::perf_event_array && (info.flags & map_flag::preserve_elems) != 0) return -EINVAL;
  if (info.value_size > 0x7fffffff - 8) return -E2BIG;
  if (per_cpu && round_up(info.value_size, 8) > most_per_cpu) return -E2BIG;
  return 0;
}

int check_fd_array(const MapInfo& info) {
  if (info.value_size != 4 || (info.flags & prog_access) != 0) return -EINVAL;
  return check_array(info);
}

int check_hash(const MapInfo& info) {
  const bool per_cpu = info.type == MapType::percpu_hash || info.type == MapType::lru_percpu_hash;
  const bool lru = info.type == MapType::lru_hash || info.type == MapType::lru_percpu_hash;
  constexpr std::uint32_t flags =
      map_flag::no_prealloc | map_flag::no_common_lru | map_flag::numa_node | access_flags | map_flag::zero_seed;
  if ((info.flags & ~flags) != 0 || !access_ok(info.flags)) return -EINVAL;
  if (!lru && (info.flags & map_flag::no_common_lru) != 0) return -EINVAL;
  if (lru && (info.flags & map_flag::no_prealloc) != 0) return -enotsupp;
  if ((info.flags & map_flag::numa_node) != 0 && (per_cpu || (info.flags & map_flag::no_common_lru) != 0))
    return -EINVAL;
  if (info.max_entries == 0 || info.key_size == 0 || info.value_size == 0) return -EINVAL;
  if (std::uint64_t{info.key_size} + info.value_size >= most_allocated - 64) return -E2BIG;
  if (per_cpu && round_up(info.value_size, 8) > most_per_cpu) return -E2BIG;
  if (info.max_entries > 1U << 31) return -E2BIG;
  return 0;
}

int check_rhash(const MapInfo& info) {
  constexpr std::uint32_t flags = map_flag::no_prealloc | access_flags;
  if ((info.flags & ~flags) != 0 || !access_ok(info.flags) || (info.flags & map_flag::no_prealloc) == 0) return -EINVAL;
  if (info.max_entries == 0 || info.key_size == 0 || info.value_size == 0) return -EINVAL;
  if (info.extra > 0xffff || info.extra > info.max_entries) return -EINVAL;
  if (info.key_size > largest_key || std::uint64_t{info.key_size} + info.value_size >= most_allocated - 64)
    return -E2BIG;
  return 0;
}

int check_hash_of_maps(const MapInfo& info) {
  return info.value_size != 4 ? -EINVAL : check_hash(info);
}

int check_queue(const MapInfo& info) {
  if (info.max_entries == 0 || info.key_size != 0 || info.value_size == 0 ||
      (info.flags & ~(map_flag::numa_node | access_flags)) != 0 || !access_ok(info.flags))
    return -EINVAL;
  return info.value_size > most_allocated ? -E2BIG : 0;
}

int check_bloom_filter(const MapInfo& info) {
  if (info.max_entries == 0 || info.key_size != 0 || info.value_size == 0 ||
      (info.flags & ~(map_flag::numa_node | map_flag::zero_seed | access_flags)) != 0 || !access_ok(info.flags) ||
      (info.extra & ~std::uint64_t{0xf}) != 0)
    return -EINVAL;
  return 0;
}

int check_lpm_trie(const MapInfo& info) {
  if (info.max_entries == 0 || (info.flags & map_flag::no_prealloc) == 0 ||
      (info.flags & ~(map_flag::no_prealloc | map_flag::numa_node | access_flags)) != 0 || !access_ok(info.flags) ||
      info.key_size < 5 || info.key_size > 4 + 256 || info.value_size == 0 ||
      info.value_size > most_allocated - 4 - 256)
    return -EINVAL;
  return 0;
}

int check_ring(const MapInfo& info) {
  const std::uint32_t flags =
      info.type == MapType::ringbuf ? map_flag::numa_node | map_flag::rb_overwrite : map_flag::numa_node;
  if ((info.flags & ~flags) != 0 || info.key_size != 0 || info.value_size != 0 ||
      !std::has_single_bit(info.max_entries) || info.max_entries % Pages::page_size() != 0)
    return -EINVAL;
  return 0;
}

int check_stack_trace(const MapInfo& info) {
  if ((info.flags & ~(map_flag::numa_node | map_flag::rdonly | map_flag::wronly | map_flag::stack_build_id)) != 0)
    return -EINVAL;
  const std::uint32_t entry = (info.flags & map_flag::stack_build_id) != 0 ? 32 : 8;
  if (info.max_entries == 0 || info.key_size != 4 || info.value_size < 8 || info.value_size % entry != 0)
    return -EINVAL;
  return info.value_size / entry > 127 ? -EINVAL : 0;
}

int check_devices(const MapInfo& info) {
  if (info.max_entries == 0 || info.key_size != 4 || !any_of(info.value_size, {4, 8}) ||
      (info.flags & ~(map_flag::numa_node | user_access)) != 0)
    return -EINVAL;
  return 0;
}

int check_cpumap(const MapInfo& info) {
  if (info.max_entries == 0 || info.key_size != 4 || !any_of(info.value_size, {4, 8}) ||
      (info.flags & ~map_flag::numa_node) != 0)
    return -EINVAL;
  return info.max_entries > 8192 ? -E2BIG : 0;
}

int check_xskmap(const MapInfo& info) {
  return info.value_size != 4 ? -EINVAL : check_devices(info);
}
int check_sockmap(const MapInfo& info) {
  return check_devices(info);
}

int check_sockhash(const MapInfo& info) {
  if (info.max_entries == 0 || info.key_size == 0 || !any_of(info.value_size, {4, 8}) ||
      (info.flags & ~(map_flag::numa_node | user_access)) != 0)
    return -EINVAL;
  return info.key_size > largest_key ? -E2BIG : 0;
}

int check_reuseport(const MapInfo& info) {
  return !any_of(info.value_size, {4, 8}) ? -EINVAL : check_array(info);
}

int check_cgroup_storage(const MapInfo& info) {
  if (!any_of(info.key_size, {8, 16}) || info.value_size == 0) return -EINVAL;
  if (info.value_size > most_allocated) return -E2BIG;
  if ((info.flags & ~(map_flag::numa_node | access_flags)) != 0 || !access_ok(info.flags) || info.max_entries != 0)
    return -EINVAL;
  return 0;
}

int check_local_storage(const MapInfo& info) {
  if ((info.flags & ~(map_flag::no_prealloc | map_flag::clone)) != 0 || (info.flags & map_flag::no_prealloc) == 0 ||
      info.max_entries != 0 || info.key_size != 4 || info.value_size == 0 || info.key_type == 0 || info.value_type == 0)
    return -EINVAL;
  return info.value_size > 0xffff - 128 ? -E2BIG : 0;
}

int check_struct_ops(const MapInfo& info) {
  if (info.key_size != 4 || info.max_entries != 1 || info.value_size == 0 ||
      (info.flags & ~(map_flag::link | map_flag::vtype_btf_obj_fd)) != 0)
    return -EINVAL;
  return 0;
}

int check_arena(const MapInfo& info) {
  constexpr std::uint32_t flags = map_flag::mmapable | map_flag::segv_on_fault | map_flag::no_user_conv;
  const std::uint64_t page = Pages::page_size();
  if (info.key_size != 0 || info.value_size != 0 || info.max_entries == 0 || (info.flags & map_flag::mmapable) == 0 ||
      (info.flags & ~flags) != 0 || info.extra % page != 0)
    return -EINVAL;
  const std::uint64_t size = info.max_entries * page;
  if (size > std::uint64_t{1} << 32) return -E2BIG;
  if (info.extra != 0 && (info.extra >> 32) != ((info.extra + size - 1) >> 32)) return -ERANGE;
  return 0;
}

int check_insn_array(const MapInfo& info) {
  if (info.max_entries == 0 || info.key_size != 4 || info.value_size != 16 || info.flags != 0) return -EINVAL;
  return 0;
}

// What a type's values may hold.
constexpr unsigned may_lock = 1, may_async = 2, may_kptr = 4, may_graph = 8, may_uptr = 16;
constexpr unsigned all_in_hash = may_lock | may_async | may_kptr | may_graph;
// What BTF for its key may be.
enum class KeyBtf : std::uint8_t { any, index, none, refused, struct_, integer };

struct Row {
  MapType type;
  int (*check)(const MapInfo& info);
  std::shared_ptr<Map> (*make)(const MapAttributes& attributes);
  unsigned fields = 0;
  KeyBtf key_btf = KeyBtf::any;
};

constexpr Row rows[] = {
    {MapType::hash, check_hash, make_hash, all_in_hash},
    {MapType::array, check_array, make_array, all_in_hash, KeyBtf::index},
    {MapType::prog_array, check_fd_array, make_object_array, 0, KeyBtf::refused},
    {MapType::perf_event_array, check_fd_array, make_named_only, 0, KeyBtf::refused},
    {MapType::percpu_hash, check_hash, make_hash, may_kptr},
    {MapType::percpu_array, check_array, make_array, may_kptr, KeyBtf::index},
    {MapType::stack_trace, check_stack_trace, make_named_only, 0, KeyBtf::refused},
    {MapType::cgroup_array, check_fd_array, make_named_only, 0, KeyBtf::refused},
    {MapType::lru_hash, check_hash, make_hash, may_async | may_kptr | may_graph},
    {MapType::lru_percpu_hash, check_hash, make_hash, may_kptr},
    {MapType::lpm_trie, check_lpm_trie, make_lpm_trie, 0, KeyBtf::struct_},
    {MapType::array_of_maps, check_fd_array, make_object_array, 0, KeyBtf::refused},
    {MapType::hash_of_maps, check_hash_of_maps, make_hash_of_maps, 0, KeyBtf::refused},
    {MapType::devmap, check_devices, make_named_only, 0, KeyBtf::refused},
    {MapType::sockmap, check_sockmap, make_named_only, 0, KeyBtf::refused},
    {MapType::cpumap, check_cpumap, make_named_only, 0, KeyBtf::refused},
    {MapType::xskmap, check_xskmap, make_named_only, 0, KeyBtf::refused},
    {MapType::sockhash, check_sockhash, make_named_only, 0, KeyBtf::refused},
    {MapType::cgroup_storage, check_cgroup_storage, make_cgroup_storage, may_lock},
    {MapType::reuseport_sockarray, check_reuseport, make_named_only, 0, KeyBtf::refused},
    {MapType::percpu_cgroup_storage, check_cgroup_storage, make_cgroup_storage},
    {MapType::queue, check_queue, make_queue, 0, KeyBtf::any},
    {MapType::stack, check_queue, make_queue, 0, KeyBtf::any},
    {MapType::sk_storage, check_local_storage, make_local_storage, may_lock | may_kptr, KeyBtf::integer},
    {MapType::devmap_hash, check_devices, make_named_only, 0, KeyBtf::refused},
    {MapType::struct_ops, check_struct_ops, make_named_only, 0, KeyBtf::refused},
    {MapType::ringbuf, check_ring, make_ring_buffer},
    {MapType::inode_storage, check_local_storage, make_local_storage, may_lock | may_kptr, KeyBtf::integer},
    {MapType::task_storage, check_local_storage, make_local_storage, may_lock | may_kptr | may_uptr, KeyBtf::integer},
    {MapType::bloom_filter, check_bloom_filter, make_bloom_filter, 0, KeyBtf::none},
    {MapType::user_ringbuf, check_ring, make_named_only},
    {MapType::cgrp_storage, check_local_storage, make_local_storage, may_lock | may_kptr, KeyBtf::integer},
    {MapType::arena, check_arena, make_arena, 0, KeyBtf::refused},
    {MapType::insn_array, check_insn_array, make_insn_array, 0, KeyBtf::integer},
    {MapType::rhash, check_rhash, make_hash, all_in_hash},
};

bool is_u32(const btf::Btf& btf, btf::TypeId id) {
  const btf::Type& type = btf.resolved(id);
  return type.kind == btf::Kind::int_ && type.int_bits == 32 && type.int_offset == 0;
}

int check_key_btf(const Row& row, const MapInfo& info) {
  const btf::Btf& btf = *info.btf;
  switch (row.key_btf) {
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
        return info.type == MapType::array && info.max_entries == 1 &&
                       btf.resolved(info.value_type).kind == btf::Kind::datasec
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
      return may_lock;
    case btf::FieldKind::timer:
    case btf::FieldKind::wq:
    case btf::FieldKind::task_work:
      return may_async;
    case btf::FieldKind::uptr:
      return may_uptr;
    case btf::FieldKind::list_head:
    case btf::FieldKind::rb_root:
      return may_graph;
    default:
      return may_kptr;
  }
}

// Finds the special fields of the value and checks that the type may hold them.
int check_btf(const Row& row, MapAttributes& attributes) {
  MapInfo& info = attributes.info;
  if (info.key_type == 0 && info.value_type == 0) return 0;
  if (!info.btf || !info.btf->valid(info.key_type) || !info.btf->valid(info.value_type) || info.value_type == 0)
    return -EINVAL;
  // Where any key will do there must be one, whatever the value holds.
  if (info.key_type == 0 && row.key_btf == KeyBtf::any) return -EINVAL;
  if (info.key_type != 0 && info.btf->size_of(info.key_type) != info.key_size) return -EINVAL;
  if (info.btf->size_of(info.value_type) != info.value_size) return -EINVAL;
  std::uint32_t mask = 0;
  for (const btf::FieldKind kind :
       {btf::FieldKind::spin_lock, btf::FieldKind::res_spin_lock, btf::FieldKind::timer, btf::FieldKind::wq,
        btf::FieldKind::task_work, btf::FieldKind::kptr_unref, btf::FieldKind::kptr_ref, btf::FieldKind::kptr_percpu,
        btf::FieldKind::uptr, btf::FieldKind::list_head, btf::FieldKind::rb_root, btf::FieldKind::refcount})
    mask |= btf::field_mask(kind);
  btf::FoundFields found =
      btf::find_special_fields(info.btf, info.value_type, mask, info.value_size, attributes.kernel_btf);
  if (found.error != 0) return found.error;
  if (found.record && !found.record->fields.empty()) {
    if ((info.flags & prog_access) != 0) return -EACCES;
    for (const btf::Field& field : found.record->fields) {
      if ((needs(field.kind) & row.fields) == 0) return -EOPNOTSUPP;
    }
  }
  info.record = std::move(found.record);
  return check_key_btf(row, info);
}

int check_inner(const MapAttributes& attributes) {
  const MapType type = attributes.info.type;
  if (type != MapType::array_of_maps && type != MapType::hash_of_maps) return 0;
  if (!attributes.inner) return -EINVAL;
  switch (attributes.inner->info().type) {
    case MapType::array_of_maps:
    case MapType::hash_of_maps:
      return -EINVAL;  // one level only
    case MapType::prog_array:
    case MapType::cgroup_storage:
    case MapType::percpu_cgroup_storage:
    case MapType::struct_ops:
      return -enotsupp;
    default:
      return 0;
  }
}

}  // namespace

MapResult create(const MapAttributes& given) {
  MapAttributes attributes = given;
  MapInfo& info = attributes.info;
  info.record.reset();
  const Row* row = std::find_if(std::begin(rows), std::end(rows), [&](const Row& r) { return r.type == info.type; });
  if (row == std::end(rows)) return {-EINVAL, nullptr, "no such map type"};
  const std::string name(find_map_type(info.type) != nullptr ? find_map_type(info.type)->name : "this map type");
  const auto refused = [&](int error, const char* why) { return MapResult{error, nullptr, name + ": " + why}; };
  const bool takes_extra =
      info.type == MapType::bloom_filter || info.type == MapType::arena || info.type == MapType::rhash;
  if (info.extra != 0 && !takes_extra) return refused(-EINVAL, "map_extra must be 0");
  if (const int bad = row->check(info); bad != 0)
    return refused(bad, "key size, value size, max_entries or flags are not those of the type");
  if (const int bad = check_inner(attributes); bad != 0) return refused(bad, "not a possible inner map");
  if (info.type != MapType::struct_ops) {
    if (const int bad = check_btf(*row, attributes); bad != 0)
      return refused(bad,
                     "the BTF of its key or value does not fit it, or it cannot hold a special field of the value");
  }
  if (attributes.inner) info.inner = attributes.inner->shared_info();
  std::shared_ptr<Map> map;
  try {
    map = row->make(attributes);
  } catch (const std::bad_alloc&) {
    map.reset();
  }
  if (!map) return refused(-ENOMEM, "no memory");
  return {0, std::move(map), {}};
}

}  // namespace skep::maps
