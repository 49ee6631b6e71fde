// Addresses that the sockets of a cgroup bind to, connect to, send to or report.
//
// Tested by tests/progtypes/.
#include <cerrno>

#include "progtypes/common/fields.hpp"
#include "progtypes/common/helper_groups.hpp"
#include "progtypes/common/verdicts.hpp"
#include "progtypes/common/when.hpp"
#include "progtypes/definitions.hpp"

namespace skep::progtypes {
namespace {

using enum AttachType;

enum class Family { inet4, inet6, unix_domain, other };

Family family_of(AttachType type) {
  switch (type) {
    case cgroup_inet4_bind:
    case cgroup_inet4_connect:
    case cgroup_udp4_sendmsg:
    case cgroup_udp4_recvmsg:
    case cgroup_inet4_getpeername:
    case cgroup_inet4_getsockname:
      return Family::inet4;
    case cgroup_inet6_bind:
    case cgroup_inet6_connect:
    case cgroup_udp6_sendmsg:
    case cgroup_udp6_recvmsg:
    case cgroup_inet6_getpeername:
    case cgroup_inet6_getsockname:
      return Family::inet6;
    case cgroup_unix_connect:
    case cgroup_unix_sendmsg:
    case cgroup_unix_recvmsg:
    case cgroup_unix_getpeername:
    case cgroup_unix_getsockname:
      return Family::unix_domain;
    default:
      return Family::other;
  }
}

// Hooks that report what has happened already and cannot refuse it.
bool reports(AttachType type) {
  switch (type) {
    case cgroup_udp4_recvmsg:
    case cgroup_udp6_recvmsg:
    case cgroup_unix_recvmsg:
    case cgroup_inet4_getpeername:
    case cgroup_inet6_getpeername:
    case cgroup_unix_getpeername:
    case cgroup_inet4_getsockname:
    case cgroup_inet6_getsockname:
    case cgroup_unix_getsockname:
      return true;
    default:
      return false;
  }
}

constexpr Field ip4_address = {.begin = 4, .end = 8, .read = Access::narrow, .write = Access::exact};
constexpr Field ip6_address = {.begin = 8, .end = 24, .read = Access::narrow, .write = Access::exact, .pairs = true};

constexpr Field common_fields[] = {
    {.begin = 0, .end = 4, .read = Access::exact},                             // user_family
    {.begin = 24, .end = 28, .read = Access::narrow, .write = Access::exact},  // user_port
    {.begin = 28, .end = 40, .read = Access::exact},                           // family, type, protocol
    {.begin = 64, .end = 72, .width = 8, .read = Access::exact, .kind = CtxField::socket},
};
constexpr Field inet4_fields[] = {ip4_address};
constexpr Field inet6_fields[] = {ip6_address};
constexpr Field send4_fields[] = {
    ip4_address, {.begin = 40, .end = 44, .read = Access::narrow, .write = Access::exact},  // msg_src_ip4
};
// msg_src_ip6 begins in the middle of eight bytes: only its aligned middle may be accessed as a pair.
constexpr Field send6_fields[] = {
    ip6_address,
    {.begin = 44, .end = 60, .read = Access::narrow, .write = Access::exact, .pairs = true},
};

CtxAccess access(std::int32_t offset, std::uint32_t size, bool write, const ProgramTraits& traits) {
  std::span<const Field> own;
  if (traits.attach_type == cgroup_udp4_sendmsg) {
    own = send4_fields;
  } else if (traits.attach_type == cgroup_udp6_sendmsg) {
    own = send6_fields;
  } else if (family_of(traits.attach_type) == Family::inet4) {
    own = inet4_fields;
  } else if (family_of(traits.attach_type) == Family::inet6) {
    own = inet6_fields;
  }
  return access_field(own, common_fields, offset, size, write);
}

constexpr HelperSet helpers =
    groups::base | groups::socket_lookup | groups::socket_casts |
    HelperSet{HelperId::perf_event_output, HelperId::get_socket_cookie,  HelperId::get_local_storage,
              HelperId::sk_release,        HelperId::sk_storage_get,     HelperId::sk_storage_delete,
              HelperId::get_netns_cookie,  HelperId::ktime_get_coarse_ns};

bool helper(std::uint32_t id, const ProgramTraits& traits) {
  if (helpers.contains(id)) return true;
  const AttachType type = traits.attach_type;
  if (groups::result_override.contains(id)) return !reports(type);
  if (groups::socket_options.contains(id)) {
    return type != cgroup_unix_getpeername && type != cgroup_unix_getsockname;
  }
  if (id == static_cast<std::uint32_t>(HelperId::bind)) {
    return type == cgroup_inet4_connect || type == cgroup_inet6_connect;
  }
  return false;
}

ReturnRange range(const ProgramTraits& traits) {
  if (reports(traits.attach_type)) return {.checked = true, .min = 1, .max = 1};
  // Binding has a second bit, which says that no privilege is asked for.
  const bool binds = traits.attach_type == cgroup_inet4_bind || traits.attach_type == cgroup_inet6_bind;
  return {.checked = true, .min = 0, .max = binds ? 3 : 1};
}

constexpr LinkedAt links[] = {
    {AttachType::cgroup_inet4_bind, LinkType::cgroup},        {AttachType::cgroup_inet6_bind, LinkType::cgroup},
    {AttachType::cgroup_inet4_connect, LinkType::cgroup},     {AttachType::cgroup_inet6_connect, LinkType::cgroup},
    {AttachType::cgroup_unix_connect, LinkType::cgroup},      {AttachType::cgroup_inet4_getpeername, LinkType::cgroup},
    {AttachType::cgroup_inet6_getpeername, LinkType::cgroup}, {AttachType::cgroup_unix_getpeername, LinkType::cgroup},
    {AttachType::cgroup_inet4_getsockname, LinkType::cgroup}, {AttachType::cgroup_inet6_getsockname, LinkType::cgroup},
    {AttachType::cgroup_unix_getsockname, LinkType::cgroup},  {AttachType::cgroup_udp4_sendmsg, LinkType::cgroup},
    {AttachType::cgroup_udp6_sendmsg, LinkType::cgroup},      {AttachType::cgroup_unix_sendmsg, LinkType::cgroup},
    {AttachType::cgroup_udp4_recvmsg, LinkType::cgroup},      {AttachType::cgroup_udp6_recvmsg, LinkType::cgroup},
    {AttachType::cgroup_unix_recvmsg, LinkType::cgroup},
};

int attach(AttachType type) {
  return links_at(links, type) ? 0 : -EINVAL;
}

}  // namespace

constinit const ProgTypeDef cgroup_sock_addr_type = {
    .type = ProgType::cgroup_sock_addr,
    .name = "cgroup_sock_addr",
    .context_type = "bpf_sock_addr",
    .kernel_context_type = "bpf_sock_addr_kern",
    .context_size = 72,
    .since = {4, 17},
    .summary = "Checks and changes the addresses that sockets use.",
    .verdicts = verdicts::cgroup,
    .context_access = access,
    .helper_allowed = helper,
    .return_range = range,
    .check_attach_type = attach,
    .links = links,
};

}  // namespace skep::progtypes
