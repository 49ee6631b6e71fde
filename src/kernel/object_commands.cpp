// Types, ids, information and pins: the commands that treat all objects alike. Tested by
// tests/kernel/front_door_test.cpp.
#include <unistd.h>

#include <algorithm>
#include <cerrno>

#include "btf/special_fields.hpp"
#include "kernel/impl.hpp"

namespace skep {
namespace {

constexpr std::uint32_t max_btf_size = 16U << 20;

std::string read_string(std::uint64_t user, std::size_t limit, int& error) {
  std::string text;
  char c = 0;
  while (text.size() < limit) {
    error = copy_from_user(&c, user + text.size(), 1);
    if (error != 0 || c == 0) return text;
    text += c;
  }
  error = -E2BIG;
  return text;
}

// Writes as much of an information structure as the release knows and the caller has room for, and says how much.
template <typename Structure>
int give_info(Call<attr::Info>& call, const Structure& information, std::uint32_t known) {
  const auto length = std::min(call.attr.info_len, known);
  if (const int error = copy_to_user(call.attr.info, &information, length); error != 0) return error;
  return call.give(&attr::Info::info_len, length);
}

// What the caller put into the structure (buffers to fill), zero-extended; what the release does not know
// must be zero.
template <typename Structure>
int take_info(const Call<attr::Info>& call, Structure& wanted, std::uint32_t known) {
  std::uint32_t length = call.attr.info_len;
  if (length > 4096) return -E2BIG;
  std::vector<std::uint8_t> bytes(std::max<std::size_t>(length, sizeof wanted));
  if (const int error = copy_from_user(bytes.data(), call.attr.info, length); error != 0) return error;
  if (std::any_of(bytes.begin() + known, bytes.end(), [](std::uint8_t b) { return b != 0; })) return -E2BIG;
  std::memcpy(static_cast<void*>(&wanted), bytes.data(), sizeof wanted);
  return 0;
}

template <typename Info>
void put_name(Info& info, std::string_view name) {
  std::memcpy(info.name, name.data(), std::min(name.size(), sizeof(info.name) - 1));
}

int map_info(Call<attr::Info>& call, std::uint32_t known, const MapObject& object) {
  attr::MapInfo wanted{}, info{};
  if (const int error = take_info(call, wanted, known); error != 0) return error;
  const maps::MapInfo& map = object.map->info();
  info.type = static_cast<std::uint32_t>(map.type);
  info.id = object.id;
  info.key_size = map.key_size;
  info.value_size = map.value_size;
  info.max_entries = map.max_entries;
  info.map_flags = map.flags;
  info.map_extra = map.extra;
  put_name(info, map.name);
  if (object.btf && !object.btf->kernel) {
    info.btf_id = object.btf->id;
    info.btf_key_type_id = map.key_type;
    info.btf_value_type_id = map.value_type;
  }
  info.btf_vmlinux_value_type_id = object.btf_vmlinux_value_type_id;
  if (object.btf && object.btf->kernel) info.btf_vmlinux_id = object.btf->id;
  return give_info(call, info, known);
}

// Fills a list for which the caller may have given a buffer of `room` records, and says how many there are.
template <typename Record>
int give_list(std::uint64_t user, std::uint32_t& room, const std::vector<Record>& records) {
  const auto shown = std::min<std::size_t>(room, records.size());
  room = static_cast<std::uint32_t>(records.size());
  return user == 0 || shown == 0 ? 0 : copy_to_user(user, records.data(), shown * sizeof(Record));
}

int program_info(Call<attr::Info>& call, std::uint32_t known, const ProgramObject& program) {
  attr::ProgInfo info{};
  if (const int error = take_info(call, info, known); error != 0) return error;
  const attr::ProgInfo wanted = info;
  info = {};
  info.type = static_cast<std::uint32_t>(program.type->type);
  info.id = program.id;
  std::memcpy(info.tag, program.tag, sizeof info.tag);
  info.load_time = program.load_time_ns;
  info.created_by_uid = getuid();
  put_name(info, program.name);
  info.gpl_compatible = program.gpl ? 1 : 0;
  info.run_cnt = program.statistics.runs.load(std::memory_order_relaxed);
  info.run_time_ns = program.statistics.time_ns.load(std::memory_order_relaxed);
  info.verified_insns = program.verified_insns;
  info.btf_id = program.btf ? program.btf->id : 0;
  info.attach_btf_id = program.attach_btf_id;
  info.attach_btf_obj_id = program.attach_btf_obj_id;
  std::vector<std::uint32_t> ids;
  ids.reserve(program.maps.size());
  for (const auto& map : program.maps) ids.push_back(map->id);
  info.map_ids = wanted.map_ids;
  info.nr_map_ids = wanted.nr_map_ids;
  int error = give_list(wanted.map_ids, info.nr_map_ids, ids);
  const auto& insns = program.code->code().insns;
  info.xlated_prog_insns = wanted.xlated_prog_insns;
  info.xlated_prog_len = static_cast<std::uint32_t>(insns.size() * sizeof(Insn));
  if (error == 0 && wanted.xlated_prog_insns != 0)
    error =
        copy_to_user(wanted.xlated_prog_insns, insns.data(), std::min(wanted.xlated_prog_len, info.xlated_prog_len));
  info.func_info = wanted.func_info;
  info.func_info_rec_size = sizeof(verifier::FuncInfo);
  info.nr_func_info = wanted.nr_func_info;
  if (error == 0) error = give_list(wanted.func_info, info.nr_func_info, program.func_info);
  info.line_info = wanted.line_info;
  info.line_info_rec_size = sizeof(verifier::LineInfo);
  info.nr_line_info = wanted.nr_line_info;
  if (error == 0) error = give_list(wanted.line_info, info.nr_line_info, program.line_info);
  return error != 0 ? error : give_info(call, info, known);
}

int btf_info(Call<attr::Info>& call, std::uint32_t known, const BtfObject& object) {
  attr::BtfInfo info{};
  if (const int error = take_info(call, info, known); error != 0) return error;
  const std::uint32_t room = info.btf_size, name_room = info.name_len;
  info.id = object.id;
  const std::span<const std::uint8_t> raw = object.raw();
  info.btf_size = static_cast<std::uint32_t>(raw.size());
  info.kernel_btf = object.kernel ? 1 : 0;
  int error = copy_to_user(info.btf, raw.data(), std::min<std::size_t>(room, raw.size()));
  if ((info.name != 0) != (name_room != 0)) return -EINVAL;
  info.name_len = static_cast<std::uint32_t>(object.name.size());
  int short_name = 0;
  if (error == 0 && info.name != 0) {
    const std::size_t shown = std::min<std::size_t>(object.name.size(), name_room - 1);
    if (shown < object.name.size()) short_name = -ENOSPC;
    const std::string text = object.name.substr(0, shown);
    error = copy_to_user(info.name, text.c_str(), text.size() + 1);
  }
  if (error == 0) error = give_info(call, info, known);
  return error != 0 ? error : short_name;
}

int link_info(Call<attr::Info>& call, const LinkObject& link) {
  attr::LinkInfo info{};
  if (const int error = take_info(call, info, sizeof info); error != 0) return error;
  info = {};
  info.type = link.type;
  info.id = link.id;
  info.prog_id = link.program ? link.program->id : 0;
  if (link.map) info.kind[0] = link.map->id;
  return give_info(call, info, sizeof info);
}

}  // namespace

int Kernel::Impl::btf_load(Call<attr::BtfLoad>& call) {
  const attr::BtfLoad& a = call.attr;
  if (a.btf_flags != 0 || a.btf_token_fd != 0) return -EINVAL;
  if (a.btf_size > max_btf_size) return -E2BIG;
  if ((a.btf_log_level & ~rules->log_levels) != 0 || (a.btf_log_level != 0) != (a.btf_log_buf != 0)) return -EINVAL;
  auto object = std::make_shared<BtfObject>();
  constexpr std::uint64_t parsed = 4;  // times the raw types, and those beside them
  if (!object->charge.take(account, a.btf_size * parsed)) return -ENOMEM;
  const auto raw = std::make_shared<std::vector<std::uint8_t>>(a.btf_size);
  if (const int error = copy_from_user(raw->data(), a.btf, a.btf_size); error != 0) return error;
  btf::ParseError problem;
  object->btf = btf::Btf::parse(*raw, raw, nullptr, false, problem);
  std::string text;
  if (!object->btf) text = a.btf_log_level != 0 ? btf::load_log(*raw, nullptr, problem.error) : problem.message;
  int log_error = 0;
  if (a.btf_log_level != 0 && a.btf_log_size != 0) {
    const std::string shown = text.substr(0, a.btf_log_size - 1);
    if (copy_to_user(a.btf_log_buf, shown.c_str(), shown.size() + 1) != 0) return -EFAULT;
    if (shown.size() < text.size()) log_error = -ENOSPC;
  }
  if (const int error = call.give(&attr::BtfLoad::btf_log_true_size,
                                  a.btf_log_level != 0 ? static_cast<std::uint32_t>(text.size() + 1) : 0U);
      error != 0)
    return error;
  if (!object->btf) return log_error != 0 ? log_error : problem.error;
  // Types that programs may allocate: what is wrong with their lists and trees is an error of loading.
  const calls::KptrTargets targets = kptr_targets();
  const auto records = btf::find_object_records(object->btf, &targets);
  if (records.error != 0) return records.error;
  add(object);
  return install(object);
}

int Kernel::Impl::next_id(ObjectKind kind, Call<attr::GetId>& call) {
  if (call.attr.open_flags != 0 || call.attr.fd_by_id_token_fd != 0) return -EINVAL;
  std::uint32_t next = 0;
  {
    const std::unique_lock guard(lock);
    next = table(kind).next(call.attr.start_id);
  }
  return next == 0 ? -ENOENT : call.give(&attr::GetId::next_id, next);
}

int Kernel::Impl::fd_by_id(ObjectKind kind, Call<attr::GetId>& call) {
  const attr::GetId& a = call.attr;
  const std::uint32_t access_bits = map_flag::rdonly | map_flag::wronly;
  if (kind == ObjectKind::map) {
    if ((a.open_flags & ~access_bits) != 0 || (a.open_flags & access_bits) == access_bits) return -EINVAL;
  } else if (a.open_flags != 0) {
    return -EINVAL;
  }
  std::shared_ptr<KernelObject> object;
  {
    const std::shared_lock guard(lock);
    object = table(kind).find(a.start_id);
  }
  return object ? install(object, a.open_flags) : -ENOENT;
}

int Kernel::Impl::object_info(Call<attr::Info>& call) {
  const auto found = find_descriptor(static_cast<int>(call.attr.bpf_fd));
  if (!found) return -EBADF;
  switch (found->object->kind) {
    case ObjectKind::map:
      return map_info(call, rules->sizes.map_info, static_cast<const MapObject&>(*found->object));
    case ObjectKind::program:
      return program_info(call, rules->sizes.prog_info, static_cast<const ProgramObject&>(*found->object));
    case ObjectKind::btf:
      return btf_info(call, rules->sizes.btf_info, static_cast<const BtfObject&>(*found->object));
    case ObjectKind::link:
      return link_info(call, static_cast<const LinkObject&>(*found->object));
    case ObjectKind::statistics:
    case ObjectKind::perf_event:
      break;
  }
  return -EINVAL;
}

int Kernel::Impl::object_pin(Call<attr::Obj>& call) {
  const attr::Obj& a = call.attr;
  if (a.file_flags != 0) return -EINVAL;  // path_fd with its flag: paths here are names in a table
  int error = 0;
  std::string path = read_string(a.pathname, 4096, error);
  if (error != 0) return error;
  const auto found = find_descriptor(static_cast<int>(a.bpf_fd));
  if (!found) return -EBADF;
  const ObjectKind kind = found->object->kind;
  if (kind != ObjectKind::map && kind != ObjectKind::program && kind != ObjectKind::link) return -EINVAL;
  const std::unique_lock guard(lock);
  const auto [it, added] = pins.emplace(std::move(path), Descriptor{found->object, found->access, nullptr});
  if (!added) return -EEXIST;
  found->object->get_user_ref();
  return 0;
}

int Kernel::Impl::object_get(Call<attr::Obj>& call) {
  const attr::Obj& a = call.attr;
  const std::uint32_t access_bits = map_flag::rdonly | map_flag::wronly;
  if (a.bpf_fd != 0 || (a.file_flags & ~access_bits) != 0) return -EINVAL;
  int error = 0;
  const std::string path = read_string(a.pathname, 4096, error);
  if (error != 0) return error;
  std::optional<Descriptor> found;
  {
    const std::shared_lock guard(lock);
    if (const auto it = pins.find(path); it != pins.end()) found = it->second;
  }
  if (!found) return -ENOENT;
  if (found->object->kind != ObjectKind::map && a.file_flags != 0) return -EINVAL;
  return install(found->object, a.file_flags);
}

bool Kernel::unpin(std::string_view path) {
  std::optional<Impl::Descriptor> gone;
  {
    const std::unique_lock guard(impl_->lock);
    const auto it = impl_->pins.find(path);
    if (it == impl_->pins.end()) return false;
    gone = it->second;
    impl_->pins.erase(it);
  }
  gone->object->put_user_ref();
  return true;
}

bool Kernel::pinned(std::string_view path) const {
  const std::shared_lock guard(impl_->lock);
  return impl_->pins.find(path) != impl_->pins.end();
}

}  // namespace skep
