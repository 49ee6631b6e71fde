// Sockets of a cgroup: created, bound, released.
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

constexpr Field common_fields[] = {
    {.begin = 4, .end = 16, .read = Access::start},                // family, type, protocol
    {.begin = 48, .end = 50, .width = 2, .read = Access::narrow},  // dst_port
    {.begin = 52, .end = 72, .read = Access::narrow},              // destination addresses
    {.begin = 72, .end = 80, .read = Access::start},               // state, rx_queue_mapping
};
constexpr Field created_fields[] = {
    {.begin = 0, .end = 4, .read = Access::exact, .write = Access::exact},    // bound_dev_if
    {.begin = 16, .end = 24, .read = Access::exact, .write = Access::exact},  // mark, priority
};
constexpr Field bound4_fields[] = {
    {.begin = 24, .end = 28, .read = Access::narrow},  // src_ip4
    {.begin = 44, .end = 48, .read = Access::start},   // src_port
};
constexpr Field bound6_fields[] = {
    {.begin = 28, .end = 44, .read = Access::narrow},  // src_ip6
    {.begin = 44, .end = 48, .read = Access::start},   // src_port
};

// A socket has a source address only once it is bound.
CtxAccess access(std::int32_t offset, std::uint32_t size, bool write, const ProgramTraits& traits) {
  // The port was a field of four bytes once, and may still be read so.
  if (offset == 48 && size == 4 && !write) return {.allowed = true};
  switch (traits.attach_type) {
    case AttachType::cgroup_inet4_post_bind:
      return access_field(bound4_fields, common_fields, offset, size, write);
    case AttachType::cgroup_inet6_post_bind:
      return access_field(bound6_fields, common_fields, offset, size, write);
    default:
      return access_field(created_fields, common_fields, offset, size, write);
  }
}

constexpr HelperSet helpers =
    groups::base | groups::result_override | HelperSet{HelperId::perf_event_output, HelperId::get_socket_cookie,
                                                       HelperId::get_local_storage, HelperId::sk_storage_get,
                                                       HelperId::get_netns_cookie,  HelperId::ktime_get_coarse_ns};

bool created(AttachType type) {
  return type == AttachType{} || type == AttachType::cgroup_inet_sock_create;
}

// Options may be set on a socket that no one else has yet.
bool helper(std::uint32_t id, const ProgramTraits& traits) {
  return helpers.contains(id) || (created(traits.attach_type) && groups::socket_options.contains(id));
}

ReturnRange range(const ProgramTraits&) {
  return {.checked = true, .min = 0, .max = 1};
}

constexpr LinkedAt links[] = {
    {AttachType::cgroup_inet_sock_create, LinkType::cgroup},
    {AttachType::cgroup_inet_sock_release, LinkType::cgroup},
    {AttachType::cgroup_inet4_post_bind, LinkType::cgroup},
    {AttachType::cgroup_inet6_post_bind, LinkType::cgroup},
};

int attach(AttachType type) {
  return links_at(links, type) ? 0 : -EINVAL;
}

}  // namespace

constinit const ProgTypeDef cgroup_sock_type = {
    .type = ProgType::cgroup_sock,
    .name = "cgroup_sock",
    .context_type = "bpf_sock",
    .kernel_context_type = "sock",
    .context_size = 80,
    .since = {4, 10},
    .summary = "Follows the sockets of a cgroup.",
    .verdicts = verdicts::cgroup,
    .context_access = access,
    .helper_allowed = helper,
    .return_range = range,
    .check_attach_type = attach,
    .links = links,
};

}  // namespace skep::progtypes
