// Packets that enter or leave the sockets of a cgroup.
//
// Tested by tests/progtypes/.
#include <cerrno>

#include "progtypes/common/fields.hpp"
#include "progtypes/common/helper_groups.hpp"
#include "progtypes/common/skb_fields.hpp"
#include "progtypes/common/skb_invocation.hpp"
#include "progtypes/common/verdicts.hpp"
#include "progtypes/common/when.hpp"
#include "progtypes/definitions.hpp"

namespace skep::progtypes {
namespace {

constexpr Field fields[] = {
    skb::writable(skb::mark),
    skb::writable(skb::priority),
    skb::packet_start,
    skb::packet_end,
    {.begin = skb::family, .end = skb::remote_ip4, .read = Access::narrow},
    {.begin = skb::remote_ip4, .end = skb::remote_port, .read = Access::exact},  // addresses
    {.begin = skb::remote_port, .end = skb::data_meta, .read = Access::narrow},  // ports
    {.begin = skb::tstamp, .end = skb::wire_len, .width = 8, .read = Access::exact, .write = Access::exact},
    {.begin = skb::hwtstamp, .end = skb::size, .width = 8, .read = Access::exact},
};

CtxAccess access(std::int32_t offset, [[maybe_unused]] std::uint32_t size, [[maybe_unused]] bool write,
                 [[maybe_unused]] const ProgramTraits& traits) {
  return access_field(fields, skb::shared, offset, size, write);
}

constexpr HelperSet helpers = groups::base | groups::packet_cgroup | groups::socket_lookup | groups::socket_cgroup |
                              groups::socket_casts |
                              HelperSet{HelperId::perf_event_output,
                                        HelperId::skb_load_bytes,
                                        HelperId::get_socket_cookie,
                                        HelperId::get_socket_uid,
                                        HelperId::skb_load_bytes_relative,
                                        HelperId::get_local_storage,
                                        HelperId::sk_release,
                                        HelperId::tcp_sock,
                                        HelperId::sk_storage_get,
                                        HelperId::sk_storage_delete,
                                        HelperId::get_netns_cookie,
                                        HelperId::ktime_get_coarse_ns};

bool helper(std::uint32_t id, const ProgramTraits&) {
  return helpers.contains(id);
}

// On the way out a second bit asks that congestion be reported.
ReturnRange range(const ProgramTraits& traits) {
  return {.checked = true, .min = 0, .max = traits.attach_type == AttachType::cgroup_inet_egress ? 3 : 1};
}

constexpr LinkedAt links[] = {
    {AttachType::cgroup_inet_ingress, LinkType::cgroup},
    {AttachType::cgroup_inet_egress, LinkType::cgroup},
};

int attach(AttachType type) {
  return links_at(links, type) ? 0 : -EINVAL;
}

}  // namespace

constinit const ProgTypeDef cgroup_skb_type = {
    .type = ProgType::cgroup_skb,
    .name = "cgroup_skb",
    .context_type = "__sk_buff",
    .kernel_context_type = "sk_buff",
    .context_size = 192,
    .packet_access = true,
    .since = {4, 10},
    .summary = "Decides about the packets of a cgroup.",
    .verdicts = verdicts::cgroup,
    .context_access = access,
    .helper_allowed = helper,
    .return_range = range,
    .check_attach_type = attach,
    .links = links,
    .make_invocation = make_skb_invocation_from_network_layer,
    .test_run = true,
    .invoked_on_packet = true,
};

}  // namespace skep::progtypes
