// Tables of functions that programs implement: what a struct_ops map's update registers, and the host's calls of it.
//
// The value that a loader writes is the kernel's `struct bpf_struct_ops_NAME`: a head whose first word is the state,
// and the table itself, in which each member that a program implements holds the program's descriptor. Tested by
// tests/api/program_test.cpp.
#include <fmt/format.h>

#include <algorithm>
#include <cerrno>

#include "kernel/attached.hpp"
#include "kernel/guarded.hpp"
#include "kernel/impl.hpp"

namespace skep {
namespace {

bool is_function(const btf::Btf& types, btf::TypeId member) {
  const auto pointee = types.pointee(member);
  return pointee && types.type(*pointee).kind == btf::Kind::func_proto;
}

// The value of a table's map: a head that is the kernel's, and the table. Null: this is no such type.
const btf::Member* table_in(const btf::Btf& types, btf::TypeId value) {
  if (!types.valid(value) || !types.type(value).name.starts_with("bpf_struct_ops_")) return nullptr;
  const auto parts = types.members(types.type(value));
  const auto data = std::ranges::find(parts, std::string_view("data"), &btf::Member::name);
  return data != parts.end() ? &*data : nullptr;
}

}  // namespace

// As 7.3 answers: which type it is says more than its size.
int Kernel::Impl::check_struct_ops_map(const MapObject& map) {
  if (map.btf_vmlinux_value_type_id == 0) return -EINVAL;
  const btf::Btf& types = *map.btf->btf;
  if (table_in(types, map.btf_vmlinux_value_type_id) == nullptr) return -enotsupp;
  return types.size_of(map.btf_vmlinux_value_type_id) == map.map->info().value_size ? 0 : -EINVAL;
}

int Kernel::Impl::update_struct_ops(MapObject& map, std::span<const std::uint8_t> value, std::uint64_t flags) {
  if (flags != 0) return -EINVAL;
  const btf::Btf& types = *map.btf->btf;
  const btf::Member* data = table_in(types, map.btf_vmlinux_value_type_id);
  const std::size_t begin = data->bit_offset / 8;
  // What stands before the table is the kernel's to fill in.
  if (std::any_of(value.begin(), value.begin() + static_cast<std::ptrdiff_t>(std::min(begin, value.size())),
                  [](std::uint8_t byte) { return byte != 0; }))
    return -EINVAL;
  StructOpsMembers members;
  std::uint32_t index = 0;
  for (const btf::Member& member : types.members(types.resolved(data->type))) {
    const std::uint32_t place = index++;
    if (!is_function(types, member.type)) continue;
    const std::size_t at = begin + member.bit_offset / 8;
    if (at + 8 > value.size()) return -EINVAL;
    std::uint64_t fd = 0;
    std::memcpy(&fd, value.data() + at, sizeof fd);
    if (fd == 0) continue;
    int error = 0;
    auto program = find<ProgramObject>(static_cast<std::uint32_t>(fd), ObjectKind::program, error);
    if (!program) return error;
    if (progtypes::attached_to(*program->type, program->traits) != progtypes::AttachedTo::operation ||
        program->struct_ops_member != member.name || static_cast<std::uint32_t>(program->attach_type) != place)
      return -EINVAL;
    members.emplace(std::string(member.name), std::move(program));
  }
  const std::unique_lock guard(lock);
  if (map.struct_ops) return -EBUSY;
  map.struct_ops = std::move(members);
  return 0;
}

int Kernel::Impl::unregister_struct_ops(MapObject& map) {
  if ((map.map->info().flags & map_flag::link) != 0) return -EOPNOTSUPP;  // its links say when it ends
  std::optional<StructOpsMembers> gone;                                   // ends outside the lock
  const std::unique_lock guard(lock);
  gone.swap(map.struct_ops);
  return gone ? 0 : -ENOENT;
}

std::uint64_t Kernel::call_struct_ops(std::string_view map_name, std::string_view member,
                                      std::span<const std::uint64_t> args, int& error) {
  const ReturnToUser back(*impl_);
  Impl& impl = *impl_;
  impl.begin_command();
  error = 0;
  if (args.size() > most_hook_arguments) {
    error = -E2BIG;
    return 0;
  }
  std::shared_ptr<ProgramObject> program;
  bool registered = false;
  {
    const std::shared_lock guard(impl.lock);
    const auto linked = [&](const MapObject& map) {
      bool found = false;
      impl.table(ObjectKind::link).for_each([&](const std::shared_ptr<KernelObject>& object) {
        found = found || static_cast<const LinkObject&>(*object).map.get() == &map;
      });
      return found;
    };
    impl.table(ObjectKind::map).for_each([&](const std::shared_ptr<KernelObject>& object) {
      const auto& map = static_cast<const MapObject&>(*object);
      const auto& info = map.map->info();
      if (registered || !map.struct_ops || info.name != map_name.substr(0, object_name_len - 1)) return;
      if ((info.flags & map_flag::link) != 0 && !linked(map)) return;
      registered = true;
      if (const auto found = map.struct_ops->find(member); found != map.struct_ops->end()) program = found->second;
    });
  }
  if (!program) {
    impl.log(registered ? fmt::format("struct_ops map '{}': no program implements '{}'", map_name, member)
                        : fmt::format("no struct_ops map '{}' is registered: attach it first", map_name));
    error = registered ? -ENOSYS : -ENOENT;
    return 0;
  }
  std::uint64_t result = 0;
  const int failed = errno_of([&] {
    result = run_on_arguments(impl, *program, member, args, 0, error);
    return 0;
  });
  if (failed != 0) error = failed;
  return result;
}

}  // namespace skep
