// Attachments: a link is something that the host application can see and fire, and touches nothing of the machine.
//
// LINK_CREATE, RAW_TRACEPOINT_OPEN and PROG_ATTACH check what the kernel checks of the program's type, and remember the
// rest. Tested by tests/kernel/link_commands_test.cpp.
#include <fmt/format.h>

#include <algorithm>
#include <cerrno>

#include "kernel/guarded.hpp"
#include "kernel/impl.hpp"

namespace skep {
namespace {

// The program types whose links LINK_CREATE makes for an attach type; unspec: no such attach type.
ProgType type_attached_by(const Rules& rules, AttachType attach) {
  if (static_cast<std::uint32_t>(attach) >= rules.attach_types) return ProgType::unspec;
  switch (attach) {
    case AttachType::cgroup_inet_ingress:
    case AttachType::cgroup_inet_egress:
      return ProgType::cgroup_skb;
    case AttachType::cgroup_inet_sock_create:
    case AttachType::cgroup_inet_sock_release:
    case AttachType::cgroup_inet4_post_bind:
    case AttachType::cgroup_inet6_post_bind:
      return ProgType::cgroup_sock;
    case AttachType::cgroup_sock_ops:
      return ProgType::sock_ops;
    case AttachType::cgroup_device:
      return ProgType::cgroup_device;
    case AttachType::cgroup_sysctl:
      return ProgType::cgroup_sysctl;
    case AttachType::cgroup_getsockopt:
    case AttachType::cgroup_setsockopt:
      return ProgType::cgroup_sockopt;
    case AttachType::cgroup_inet4_bind:
    case AttachType::cgroup_inet6_bind:
    case AttachType::cgroup_inet4_connect:
    case AttachType::cgroup_inet6_connect:
    case AttachType::cgroup_unix_connect:
    case AttachType::cgroup_inet4_getpeername:
    case AttachType::cgroup_inet6_getpeername:
    case AttachType::cgroup_unix_getpeername:
    case AttachType::cgroup_inet4_getsockname:
    case AttachType::cgroup_inet6_getsockname:
    case AttachType::cgroup_unix_getsockname:
    case AttachType::cgroup_udp4_sendmsg:
    case AttachType::cgroup_udp6_sendmsg:
    case AttachType::cgroup_unix_sendmsg:
    case AttachType::cgroup_udp4_recvmsg:
    case AttachType::cgroup_udp6_recvmsg:
    case AttachType::cgroup_unix_recvmsg:
      return ProgType::cgroup_sock_addr;
    case AttachType::lsm_cgroup:
      return ProgType::lsm;
    case AttachType::flow_dissector:
      return ProgType::flow_dissector;
    case AttachType::sk_lookup:
      return ProgType::sk_lookup;
    case AttachType::xdp:
      return ProgType::xdp;
    case AttachType::tcx_ingress:
    case AttachType::tcx_egress:
    case AttachType::netkit_primary:
    case AttachType::netkit_peer:
      return ProgType::sched_cls;
    case AttachType::netfilter:
      return ProgType::netfilter;
    case AttachType::sk_msg_verdict:
      return ProgType::sk_msg;
    case AttachType::sk_skb_stream_parser:
    case AttachType::sk_skb_stream_verdict:
    case AttachType::sk_skb_verdict:
      return ProgType::sk_skb;
    case AttachType::trace_kprobe_multi:
    case AttachType::trace_kprobe_session:
    case AttachType::trace_uprobe_multi:
    case AttachType::trace_uprobe_session:
      return ProgType::kprobe;
    default:
      return ProgType::unspec;
  }
}

bool is_event_type(ProgType type) {
  return type == ProgType::perf_event || type == ProgType::tracepoint || type == ProgType::kprobe;
}

std::uint32_t link_type_of(const ProgramObject& program, AttachType attach) {
  switch (program.type->type) {
    case ProgType::tracing:
    case ProgType::lsm:
    case ProgType::ext:
      return static_cast<std::uint32_t>(attach == AttachType::trace_iter ? LinkType::iter : LinkType::tracing);
    case ProgType::raw_tracepoint:
    case ProgType::raw_tracepoint_writable:
      return static_cast<std::uint32_t>(LinkType::raw_tracepoint);
    case ProgType::xdp:
      return static_cast<std::uint32_t>(LinkType::xdp);
    case ProgType::flow_dissector:
    case ProgType::sk_lookup:
      return static_cast<std::uint32_t>(LinkType::netns);
    case ProgType::netfilter:
      return static_cast<std::uint32_t>(LinkType::netfilter);
    case ProgType::sched_cls:
      return static_cast<std::uint32_t>(LinkType::tcx);
    case ProgType::perf_event:
    case ProgType::tracepoint:
      return static_cast<std::uint32_t>(LinkType::perf_event);
    case ProgType::kprobe:
      return static_cast<std::uint32_t>(attach == AttachType::perf_event ? LinkType::perf_event
                                                                         : LinkType::kprobe_multi);
    case ProgType::sk_msg:
    case ProgType::sk_skb:
      return static_cast<std::uint32_t>(LinkType::sockmap);
    default:
      return static_cast<std::uint32_t>(LinkType::cgroup);
  }
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
    if (link->map->map->info().type != MapType::struct_ops) return -EINVAL;
    link->type = static_cast<std::uint32_t>(LinkType::struct_ops);
  } else {
    link->program = find<ProgramObject>(a.prog_fd, ObjectKind::program, error);
    if (!link->program) return error;
    const ProgType type = link->program->type->type;
    const bool by_btf = type == ProgType::tracing || type == ProgType::lsm || type == ProgType::ext;
    if (by_btf) {
      if (attach != link->program->attach_type && type != ProgType::ext) return -EINVAL;
      link->target = link->program->attach_function;
    } else if (is_event_type(type)) {
      if (attach != AttachType::perf_event && type_attached_by(*rules, attach) != type) return -EINVAL;
    } else if (type_attached_by(*rules, attach) != type) {
      return -EINVAL;
    }
    if (type == ProgType::sched_cls) link->target = fmt::format("interface {}", a.target_fd);
    link->type = link_type_of(*link->program, attach);
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
  switch (program.type->type) {
    case ProgType::tracing:
    case ProgType::lsm:
    case ProgType::ext:
      if (call.attr.name != 0) return -EINVAL;  // what it is attached to stands in its BTF
      link->target = program.attach_function;
      break;
    case ProgType::raw_tracepoint:
    case ProgType::raw_tracepoint_writable: {
      char c = 0;
      do {
        if (copy_from_user(&c, call.attr.name + link->target.size(), 1) != 0) return -EFAULT;
        if (c != 0) link->target += c;
      } while (c != 0 && link->target.size() < 127);
      if (vmlinux->btf->find("btf_trace_" + link->target, btf::Kind::typedef_) == 0) return -ENOENT;
      if (program.tracepoint_buffer_used > writable_record(link->target)) return -EINVAL;
      break;
    }
    default:
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
    if (map->map->info().type != MapType::struct_ops) return -EINVAL;
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
  const std::unique_lock guard(lock);
  link->program.swap(program);
  link->map.swap(map);
  return 0;
}

int Kernel::Impl::prog_attach(Call<attr::ProgAttach>& call) {
  const attr::ProgAttach& a = call.attr;
  const auto attach = static_cast<AttachType>(a.attach_type);
  const ProgType wanted = type_attached_by(*rules, attach);
  if (wanted == ProgType::unspec) return -EINVAL;
  int error = 0;
  auto program = find<ProgramObject>(a.attach_bpf_fd, ObjectKind::program, error);
  if (!program) return error;
  if (program->type->type != wanted) return -EINVAL;
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
  impl_->table(ObjectKind::link).for_each([&](const std::shared_ptr<Object>& object) {
    const auto& link = static_cast<const LinkObject&>(*object);
    all.push_back({link.id, link.program ? link.program->id : 0,
                   link.program ? link.program->type->type : ProgType::unspec, link.attach, link.target});
  });
  return all;
}

std::uint32_t Kernel::fire(std::uint32_t link_id, void* context, std::size_t size, int& error) {
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
