// Attachments: a link is something that the host application can see and fire, and touches nothing of the machine.
//
// LINK_CREATE, RAW_TRACEPOINT_OPEN and PROG_ATTACH check what the kernel checks of the program's type, and remember the
// rest. Tested by tests/kernel/link_commands_test.cpp.
#include <fmt/format.h>

#include <algorithm>
#include <cerrno>

#include "kernel/extensions.hpp"
#include "kernel/guarded.hpp"
#include "kernel/impl.hpp"

namespace skep {
namespace {

using progtypes::AttachedTo;

// Whether programs of the type are attached by links or PROG_ATTACH at this attach type.
bool attached_at(const progtypes::ProgTypeDef& type, AttachType attach) {
  return std::ranges::any_of(type.links, [&](const progtypes::LinkedAt& row) { return row.at == attach; });
}

// It was loaded with what it is attached to, and a link only puts that into effect.
bool attached_by_btf(const ProgramObject& program) {
  const AttachedTo to = progtypes::attached_to(*program.type, program.traits);
  return to != AttachedTo::nothing && to != AttachedTo::operation;
}

std::uint32_t link_type_of(const ProgramObject& program, AttachType attach) {
  return static_cast<std::uint32_t>(progtypes::link_type(*program.type, program.traits, attach));
}

bool is_of_struct_ops(const MapObject& map) {
  return maps::map_type(map.map->info().type).holds == maps::Holds::operations;
}

}  // namespace

int Kernel::Impl::link_create(Call<attr::LinkCreate>& call) {
  const attr::LinkCreate& a = call.attr;
  const auto attach = static_cast<AttachType>(a.attach_type);
  int error = 0;
  auto link = std::make_shared<LinkObject>();
  link->attach = attach;
  link->target_fd = a.target_fd;
  if (attach == AttachType::struct_ops) {
    link->map = find<MapObject>(a.prog_fd, ObjectKind::map, error);
    if (!link->map) return error;
    if (!is_of_struct_ops(*link->map)) return -EINVAL;
    link->type = static_cast<std::uint32_t>(LinkType::struct_ops);
  } else {
    link->program = find<ProgramObject>(a.prog_fd, ObjectKind::program, error);
    if (!link->program) return error;
    const ProgramObject& program = *link->program;
    if (attached_by_btf(program)) {
      const bool replaces = progtypes::attached_to(*program.type, program.traits) == AttachedTo::program;
      if (attach != program.attach_type && !replaces) return -EINVAL;
      link->target = program.attach_function;
      if (replaces)
        if (error = attach_extension(*this, *link); error != 0) return error;
    } else if (a.attach_type >= rules->attach_types || !attached_at(*program.type, attach)) {
      return -EINVAL;
    }
    link->type = link_type_of(program, attach);
    const auto made = static_cast<LinkType>(link->type);
    if (made == LinkType::tcx || made == LinkType::netkit) link->target = fmt::format("interface {}", a.target_fd);
  }
  add(link);
  return install(link);
}

namespace {

// How much of a tracepoint's record programs may write; the verifier leaves it to us to compare.
std::uint32_t writable_record(std::string_view tracepoint) {
  return tracepoint == "bpf_test_finish" ? sizeof(std::int32_t) : 0;
}

}  // namespace

int Kernel::Impl::raw_tracepoint_open(Call<attr::RawTracepoint>& call) {
  int error = 0;
  auto link = std::make_shared<LinkObject>();
  link->program = find<ProgramObject>(call.attr.prog_fd, ObjectKind::program, error);
  if (!link->program) return error;
  const ProgramObject& program = *link->program;
  link->attach = program.attach_type;
  link->type = link_type_of(program, program.attach_type);
  if (attached_by_btf(program)) {
    if (call.attr.name != 0) return -EINVAL;  // what it is attached to stands in its BTF
    link->target = program.attach_function;
    if (progtypes::attached_to(*program.type, program.traits) == AttachedTo::program)
      if (error = attach_extension(*this, *link); error != 0) return error;
  } else if (program.type->opened_by_name) {
    char c = 0;
    do {
      if (copy_from_user(&c, call.attr.name + link->target.size(), 1) != 0) return -EFAULT;
      if (c != 0) link->target += c;
    } while (c != 0 && link->target.size() < 127);
    if (vmlinux->btf->find("btf_trace_" + link->target, btf::Kind::typedef_) == 0) return -ENOENT;
    if (program.tracepoint_buffer_used > writable_record(link->target)) return -EINVAL;
  } else {
    return -EINVAL;
  }
  add(link);
  return install(link);
}

int Kernel::Impl::link_update(Call<attr::LinkUpdate>& call) {
  const attr::LinkUpdate& a = call.attr;
  constexpr std::uint32_t replace = 1U << 2;
  if ((a.flags & ~replace) != 0) return -EINVAL;
  int error = 0;
  const auto link = find<LinkObject>(a.link_fd, ObjectKind::link, error);
  if (!link) return error;
  std::shared_ptr<ProgramObject> now;
  std::shared_ptr<MapObject> map_now;
  {
    const std::shared_lock guard(lock);
    now = link->program;
    map_now = link->map;
  }
  if (map_now) {
    auto map = find<MapObject>(a.new_prog_fd, ObjectKind::map, error);
    if (!map) return error;
    if (!is_of_struct_ops(*map)) return -EINVAL;
    const std::unique_lock guard(lock);
    link->map.swap(map);
    return 0;
  }
  auto program = find<ProgramObject>(a.new_prog_fd, ObjectKind::program, error);
  if (!program) return error;
  std::shared_ptr<ProgramObject> old;
  if ((a.flags & replace) != 0) {
    old = find<ProgramObject>(a.old_prog_fd, ObjectKind::program, error);
    if (!old) return error;
  } else if (a.old_prog_fd != 0) {
    return -EINVAL;
  }
  if (!now) return -ENOLINK;  // it was detached
  if (old && old != now) return -EPERM;
  if (progtypes::attached_to(*now->type, now->traits) == AttachedTo::program) return -EINVAL;  // its target calls it
  if (program->type != now->type || program->attach_type != now->attach_type) return -EINVAL;
  const std::unique_lock guard(lock);
  link->program.swap(program);  // what it held ends outside the lock
  return 0;
}

int Kernel::Impl::link_detach(Call<attr::LinkDetach>& call) {
  int error = 0;
  const auto link = find<LinkObject>(call.attr.link_fd, ObjectKind::link, error);
  if (!link) return error;
  std::shared_ptr<ProgramObject> program;  // ends outside the lock
  std::shared_ptr<MapObject> map;
  std::shared_ptr<const void> extension;
  const std::unique_lock guard(lock);
  link->program.swap(program);
  link->map.swap(map);
  link->extension.swap(extension);
  return 0;
}

int Kernel::Impl::prog_attach(Call<attr::ProgAttach>& call) {
  const attr::ProgAttach& a = call.attr;
  const auto attach = static_cast<AttachType>(a.attach_type);
  // What a perf event runs is attached by the event's own commands.
  const auto all = progtypes::all();
  const bool known = attach != AttachType::perf_event && a.attach_type < rules->attach_types &&
                     std::ranges::any_of(all, [&](const auto* type) { return attached_at(*type, attach); });
  if (!known) return -EINVAL;
  int error = 0;
  auto program = find<ProgramObject>(a.attach_bpf_fd, ObjectKind::program, error);
  if (!program) return error;
  if (!attached_at(*program->type, attach)) return -EINVAL;
  auto link = std::make_shared<LinkObject>();
  link->program = std::move(program);
  link->attach = attach;
  link->target_fd = a.target_fd;
  link->type = link_type_of(*link->program, attach);
  add(link);
  const std::unique_lock guard(lock);
  attached.push_back(std::move(link));
  return 0;
}

int Kernel::Impl::prog_detach(Call<attr::ProgAttach>& call) {
  const attr::ProgAttach& a = call.attr;
  const auto attach = static_cast<AttachType>(a.attach_type);
  std::shared_ptr<ProgramObject> program;
  if (a.attach_bpf_fd != 0) {
    int error = 0;
    program = find<ProgramObject>(a.attach_bpf_fd, ObjectKind::program, error);
    if (!program) return error;
  }
  std::shared_ptr<LinkObject> gone;  // ends outside the lock
  const std::unique_lock guard(lock);
  const auto it = std::find_if(attached.begin(), attached.end(), [&](const auto& link) {
    return link->attach == attach && link->target_fd == a.target_fd && (!program || link->program == program);
  });
  if (it == attached.end()) return -ENOENT;
  gone = std::move(*it);
  attached.erase(it);
  return 0;
}

std::vector<Kernel::Link> Kernel::links() const {
  std::vector<Link> all;
  const std::shared_lock guard(impl_->lock);
  impl_->table(ObjectKind::link).for_each([&](const std::shared_ptr<KernelObject>& object) {
    const auto& link = static_cast<const LinkObject&>(*object);
    all.push_back({link.id, link.program ? link.program->id : 0,
                   link.program ? link.program->type->type : ProgType::unspec, link.attach, link.target});
  });
  return all;
}

std::uint32_t Kernel::fire(std::uint32_t link_id, void* context, std::size_t size, int& error) {
  const ReturnToUser back(*impl_);
  impl_->begin_command();
  std::shared_ptr<ProgramObject> program;
  {
    const std::shared_lock guard(impl_->lock);
    if (const auto object = impl_->table(ObjectKind::link).find(link_id); object != nullptr)
      program = static_cast<const LinkObject&>(*object).program;
  }
  if (!program) {
    error = -ENOENT;
    return 0;
  }
  std::uint32_t result = 0;
  const int failed = errno_of([&] {
    result = impl_->run_on_bytes(*program, context, size, error);
    return 0;
  });
  if (failed != 0) error = failed;
  return result;
}

}  // namespace skep
