// MAP_CREATE and the commands on one element, as bpf(2) has them: what is checked in which order, and with which error.
// Those on many elements at once are in map_batch.cpp.
// Tested by tests/kernel/map_commands_test.cpp.
#include <fmt/format.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <random>

#include "calls/impl/objects.hpp"
#include "kernel/impl.hpp"
#include "kernel/map_target.hpp"
#include "kernel/perf_event.hpp"
#include "maps/map_types.hpp"
#include "maps/values.hpp"
#include "rcu/rcu.hpp"

namespace skep {
namespace {

bool valid_name(const char (&name)[16]) {
  bool ended = false;
  for (const char c : name) {
    if (ended) {
      if (c != 0) return false;
    } else if (c == 0) {
      ended = true;
    } else if (!(c >= 'a' && c <= 'z') && !(c >= 'A' && c <= 'Z') && !(c >= '0' && c <= '9') && c != '_' && c != '.') {
      return false;
    }
  }
  return ended;
}

bool holds_objects(const maps::MapTypeDef& type) {
  return type.holds == maps::Holds::maps || type.holds == maps::Holds::programs;
}
const maps::MapTypeDef& type_of(const maps::Map& map) {
  return maps::map_type(map.info().type);
}

bool may_name_cpu(const Rules& rules, std::uint64_t flags) {
  return rules.elements_of_a_cpu_by_flag || (flags & (elem_flag::cpu | elem_flag::all_cpus)) == 0;
}

std::uint32_t random_seed() {
  return std::random_device{}();
}

// The value of a map whose BTF names it: sizes must agree, as the kernel checks them.
int check_btf(const MapObject& object, const maps::MapInfo& info) {
  const btf::Btf& types = *object.btf->btf;
  const auto size_of = [&](btf::TypeId id) { return types.valid(id) ? types.size_of(id) : std::nullopt; };
  if (info.key_type != 0 && size_of(info.key_type) != info.key_size) return -EINVAL;
  if (info.value_type == 0 || size_of(info.value_type) != info.value_size) return -EINVAL;
  return 0;
}

}  // namespace

bool valid_object_name(const char (&name)[16]) {
  return valid_name(name);
}

int Kernel::Impl::map_create(Call<attr::MapCreate>& call) {
  const attr::MapCreate& a = call.attr;
  if (a.btf_vmlinux_value_type_id != 0) {
    if (maps::map_type(static_cast<MapType>(a.map_type)).holds != maps::Holds::operations || a.btf_key_type_id != 0 ||
        a.btf_value_type_id != 0)
      return -EINVAL;
  } else if (a.btf_key_type_id != 0 && a.btf_value_type_id == 0) {
    return -EINVAL;
  }
  const auto type = static_cast<MapType>(a.map_type);
  if (!maps::map_type(type).takes_extra && a.map_extra != 0) return -EINVAL;
  if ((a.map_flags & map_flag::token_fd) != 0) {
    log("BPF tokens are not supported");
    return -EOPNOTSUPP;
  }
  if (!valid_name(a.map_name)) return -EINVAL;
  if (a.map_ifindex != 0) {
    log("maps of a network device are not supported");
    return -EOPNOTSUPP;
  }
  if (!maps::is_map_type(*rules, type)) return -EINVAL;

  auto object = std::make_shared<MapObject>();
  maps::MapAttributes attributes;
  attributes.rules = rules;
  maps::MapInfo& info = attributes.info;
  info.type = type;
  info.name = a.map_name;
  info.key_size = a.key_size;
  info.value_size = a.value_size;
  info.max_entries = a.max_entries;
  info.flags = a.map_flags;
  info.extra = a.map_extra;
  attributes.cpu_count = cpu_count();
  attributes.account = account;
  // Replayed schedules and seeded tests need the same order of keys every time; elsewhere nobody outside may choose who
  // collides.
  if (!options.stepping_seed && !options.random_seed)
    attributes.hash_seed = std::uint64_t{random_seed()} << 32 | services->random_u32();
  const calls::KptrTargets targets = kptr_targets();
  attributes.kptr_targets = &targets;
  attributes.struct_ops_type = a.btf_vmlinux_value_type_id;
  attributes.release_field = calls::impl::release_field;
  object->btf_vmlinux_value_type_id = a.btf_vmlinux_value_type_id;
  int error = 0;
  if (maps::map_type(type).holds == maps::Holds::maps) {
    const auto inner = find<MapObject>(a.inner_map_fd, ObjectKind::map, error);
    if (!inner) return error;
    attributes.inner = inner->map;
    info.inner = inner->map->shared_info();
  }
  if (a.btf_key_type_id != 0 || a.btf_value_type_id != 0 || a.btf_vmlinux_value_type_id != 0) {
    if (a.btf_vmlinux_value_type_id == 0) {
      object->btf = find<BtfObject>(a.btf_fd, ObjectKind::btf, error);
      if (!object->btf) return error;
      if (object->btf->kernel) return -EACCES;
      info.btf = object->btf->btf;
      info.key_type = a.btf_key_type_id;
      info.value_type = a.btf_value_type_id;
      if (const int bad = check_btf(*object, info); bad != 0) return bad;
    } else {
      object->btf = vmlinux;
      if ((a.map_flags & map_flag::vtype_btf_obj_fd) != 0) {
        object->btf = find<BtfObject>(static_cast<std::uint32_t>(a.value_type_btf_obj_fd), ObjectKind::btf, error);
        if (!object->btf) return error;
        if (!object->btf->kernel) return -EINVAL;
      }
    }
  }
  maps::MapResult made = maps::create(attributes);
  if (made.error != 0) {
    if (!made.message.empty()) log(fmt::format("map '{}': {}", info.name, made.message));
    return made.error;
  }
  object->map = std::move(made.map);
  if (maps::map_type(type).holds == maps::Holds::operations)
    if (const int bad = check_struct_ops_map(*object); bad != 0) return bad;
  if (auto* ring = dynamic_cast<maps::RingBuffer*>(object->map.get()); ring != nullptr) {
    object->wake_fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
    if (object->wake_fd < 0) return -errno;
    ring->on_wakeup = [fd = object->wake_fd] { eventfd_write(fd, 1); };
  }
  add(object);
  object->map->set_id(object->id);
  return install(object, a.map_flags & (map_flag::rdonly | map_flag::wronly));
}

int open_target(const Kernel::Impl& impl, std::uint32_t fd, std::uint32_t forbidden, MapTarget& target) {
  const auto found = impl.find_descriptor(static_cast<int>(fd));
  if (!found) return Kernel::Impl::not_ours(fd);
  if (found->object->kind != ObjectKind::map) return -EINVAL;
  if ((found->access & forbidden) != 0) return -EPERM;
  target.object = std::static_pointer_cast<MapObject>(found->object);
  target.file = found->file;
  return 0;
}

std::size_t value_bytes(const maps::Map& map, std::uint64_t flags) {
  return (flags & (elem_flag::cpu | elem_flag::all_cpus)) != 0 ? map.info().value_size : map.user_value_size();
}

int check_elem_flags(const maps::Map& map, std::uint64_t flags, std::uint64_t allowed, unsigned cpus) {
  const maps::MapInfo& info = map.info();
  const bool has_lock = info.record && info.record->has(btf::FieldKind::spin_lock);
  return maps::check_flags(has_lock, flags, allowed, maps::map_type(info.type).per_cpu, cpus);
}

void forget_owner(Kernel::Impl& kernel, const void* owner) {
  using namespace maps::map_use;
  const rcu::ReadGuard guard;
  const std::shared_lock tables(kernel.lock);
  kernel.table(ObjectKind::map).for_each([&](const std::shared_ptr<KernelObject>& object) {
    maps::Map& map = *std::static_pointer_cast<MapObject>(object)->map;
    if ((maps::map_type(map.info().type).uses & (of_socket | of_inode | of_task | of_cgroup)) != 0)
      static_cast<maps::LocalStorage&>(map).remove(owner);
  });
}

static bool is_event_of_the_machine(int fd) {
  char target[64] = {};
  const std::string link = fmt::format("/proc/self/fd/{}", fd);
  return readlink(link.c_str(), target, sizeof target - 1) > 0 && std::string_view(target) == "anon_inode:[perf_event]";
}

static int read_key(const MapObject& object, std::uint64_t user_key, std::vector<std::uint8_t>& key) {
  const auto& info = object.map->info();
  if (info.key_size == 0) return user_key == 0 ? 0 : -EINVAL;
  key.resize(info.key_size);
  return copy_from_user(key.data(), user_key, key.size());
}

// Of the program whose code this is; 0: there is none, or nobody but programs that may jump to it has it any more.
static std::uint32_t program_id(Kernel::Impl& kernel, const std::shared_ptr<void>& code) {
  if (code == nullptr) return 0;
  std::vector<std::shared_ptr<KernelObject>> programs;  // none comes to its end under the lock
  {
    const std::shared_lock guard(kernel.lock);
    kernel.table(ObjectKind::program).for_each([&](const std::shared_ptr<KernelObject>& object) {
      programs.push_back(object);
    });
  }
  for (const auto& program : programs)
    if (static_cast<const ProgramObject&>(*program).code.get() == code.get()) return program->id;
  return 0;
}

int Kernel::Impl::lookup_one(MapObject& map, const void* key, void* value, std::uint64_t flags, bool and_delete) {
  const maps::MapTypeDef& type = type_of(*map.map);
  if (holds_objects(type)) {
    if (and_delete) return -enotsupp;
    const std::uint32_t id =
        type.holds == maps::Holds::programs ? program_id(*this, map.map->object_at(key)) : map.map->object_id(key);
    if (id == 0) return -ENOENT;
    std::memcpy(value, &id, sizeof id);
    return 0;
  }
  if (type.is_keyless()) return and_delete && !type.is_set ? map.map->pop(value) : map.map->peek(value);
  return and_delete ? map.map->user_lookup_and_delete(key, value, flags) : map.map->user_lookup(key, value, flags);
}

int Kernel::Impl::update_one(MapObject& map, const void* key, const void* value, std::uint64_t flags,
                             const void* file) {
  const maps::MapTypeDef& type = type_of(*map.map);
  if (type.is_keyless()) return map.map->push(value, flags);
  if (type.holds == maps::Holds::operations)
    return update_struct_ops(map, {static_cast<const std::uint8_t*>(value), map.map->user_value_size()}, flags);
  if (type.holds == maps::Holds::sockets) {
    if (const int refused = map.map->user_update(key, value, flags); refused != 0) return refused;
    // Where it is in memory another may have been.
    forget_owner(*this, map.map->lookup(key, 0));
    return 0;
  }
  const bool holds_events = type.offers(maps::map_use::perf_events);
  if (!holds_objects(type) && !holds_events) return map.map->user_update(key, value, flags);
  // Arrays look at the index before the descriptor.
  if (map.map->info().type != MapType::hash_of_maps) {
    std::uint32_t index = 0;
    std::memcpy(&index, key, sizeof index);
    if (map.map->frozen()) return -EPERM;
    if (flags != elem_flag::any) return -EINVAL;
    if (index >= map.map->info().max_entries) return -E2BIG;
  }
  std::uint32_t fd = 0;
  std::memcpy(&fd, value, sizeof fd);
  int error = 0;
  if (holds_events) {
    const auto event = find<PerfEventObject>(fd, ObjectKind::perf_event, error);
    if (event) return map.map->update_object(key, maps::event_put_by(event, file), flags);
    if (is_event_of_the_machine(static_cast<int>(fd))) {
      log("events of the machine in perf event arrays are not supported: open them by skep::open_perf_event()");
      return -EOPNOTSUPP;
    }
    return -EBADF;
  }
  if (type.holds == maps::Holds::programs) {
    const auto program = find<ProgramObject>(fd, ObjectKind::program, error);
    if (!program) return error;
    if (!map.takes(program->family)) return -EINVAL;
    // Who jumps there would not come to the extension, or go round between the two for ever.
    if (program->is_extended.load(std::memory_order_acquire)) return -EBUSY;
    return map.map->update_object(key, std::const_pointer_cast<runtime::Program>(program->code), flags);
  }
  const auto inner = find<MapObject>(fd, ObjectKind::map, error);
  return inner ? map.map->update_object(key, inner->map, flags) : error;
}

int Kernel::Impl::map_lookup(Call<attr::MapElem>& call) {
  if (!may_name_cpu(*rules, call.attr.flags)) return -EINVAL;
  MapTarget target;
  if (const int error = open_target(*this, call.attr.map_fd, map_flag::wronly, target); error != 0) return error;
  maps::Map& map = *target.object->map;
  constexpr std::uint64_t allowed = elem_flag::lock | elem_flag::cpu;
  if (const int bad = check_elem_flags(map, call.attr.flags, allowed, cpu_count()); bad != 0) return bad;
  std::vector<std::uint8_t> value(value_bytes(map, call.attr.flags));
  int error = 0;
  if (type_of(map).is_set) {
    error = copy_from_user(value.data(), call.attr.value, value.size());
  } else {
    error = read_key(*target.object, call.attr.key, target.key);
  }
  if (error != 0) return error;
  const rcu::ReadGuard section;
  error = lookup_one(*target.object, target.key.data(), value.data(), call.attr.flags, false);
  return error != 0 ? error : copy_to_user(call.attr.value, value.data(), value.size());
}

int Kernel::Impl::map_update(Call<attr::MapElem>& call) {
  if (!may_name_cpu(*rules, call.attr.flags)) return -EINVAL;
  MapTarget target;
  if (const int error = open_target(*this, call.attr.map_fd, map_flag::rdonly, target); error != 0) return error;
  maps::Map& map = *target.object->map;
  if (map.frozen()) return -EPERM;
  if (const int bad = check_elem_flags(map, call.attr.flags, ~0ULL, cpu_count()); bad != 0) return bad;
  if (const int error = read_key(*target.object, call.attr.key, target.key); error != 0) return error;
  std::vector<std::uint8_t> value(value_bytes(map, call.attr.flags));
  if (const int error = copy_from_user(value.data(), call.attr.value, value.size()); error != 0) return error;
  const rcu::ReadGuard section;
  return update_one(*target.object, target.key.data(), value.data(), call.attr.flags, target.file.get());
}

int Kernel::Impl::map_delete(Call<attr::MapElem>& call) {
  if (call.attr.value != 0 || call.attr.flags != 0) return -EINVAL;
  MapTarget target;
  if (const int error = open_target(*this, call.attr.map_fd, map_flag::rdonly, target); error != 0) return error;
  if (target.object->map->frozen()) return -EPERM;
  if (const int error = read_key(*target.object, call.attr.key, target.key); error != 0) return error;
  const rcu::ReadGuard section;
  const maps::MapTypeDef& type = type_of(*target.object->map);
  if (type.holds == maps::Holds::operations) return unregister_struct_ops(*target.object);
  if (holds_objects(type)) return target.object->map->erase(target.key.data());
  if (type.holds == maps::Holds::sockets && !target.object->map->frozen())
    forget_owner(*this, target.object->map->lookup(target.key.data(), 0));
  return target.object->map->user_delete(target.key.data());
}

int Kernel::Impl::map_next_key(Call<attr::MapElem>& call) {
  if (call.attr.flags != 0) return -EINVAL;
  MapTarget target;
  if (const int error = open_target(*this, call.attr.map_fd, map_flag::wronly, target); error != 0) return error;
  if (call.attr.key != 0)
    if (const int error = read_key(*target.object, call.attr.key, target.key); error != 0) return error;
  std::vector<std::uint8_t> next(target.object->map->info().key_size);
  int error = 0;
  {
    const rcu::ReadGuard section;
    error = target.object->map->user_next_key(call.attr.key != 0 ? target.key.data() : nullptr, next.data());
  }
  return error != 0 ? error : copy_to_user(call.attr.next_key, next.data(), next.size());
}

int Kernel::Impl::map_lookup_and_delete(Call<attr::MapElem>& call) {
  if ((call.attr.flags & ~elem_flag::lock) != 0) return -EINVAL;
  MapTarget target;
  if (const int error = open_target(*this, call.attr.map_fd, map_flag::rdonly | map_flag::wronly, target); error != 0)
    return error;
  maps::Map& map = *target.object->map;
  if (map.frozen()) return -EPERM;
  if (type_of(map).offers(maps::map_use::pop) && call.attr.flags != 0) return -EINVAL;
  if ((call.attr.flags & elem_flag::lock) != 0 &&
      (!map.info().record || !map.info().record->has(btf::FieldKind::spin_lock)))
    return -EINVAL;
  if (const int error = read_key(*target.object, call.attr.key, target.key); error != 0) return error;
  std::vector<std::uint8_t> value(value_bytes(map, call.attr.flags));
  int error = 0;
  {
    const rcu::ReadGuard section;
    error = lookup_one(*target.object, target.key.data(), value.data(), call.attr.flags, true);
  }
  return error != 0 ? error : copy_to_user(call.attr.value, value.data(), value.size());
}

int Kernel::Impl::map_freeze(Call<attr::MapFreeze>& call) {
  MapTarget target;
  if (const int error = open_target(*this, call.attr.map_fd, map_flag::rdonly, target); error != 0) return error;
  if (target.object->map->frozen()) return -EBUSY;
  return target.object->map->freeze();
}

}  // namespace skep
