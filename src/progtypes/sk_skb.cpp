// Stream parsers and verdicts on the sockets of a map.
//
// Tested by tests/progtypes/.
#include "progtypes/common/fields.hpp"
#include "progtypes/common/helper_groups.hpp"
#include "progtypes/common/skb_fields.hpp"
#include "progtypes/common/skb_invocation.hpp"
#include "progtypes/common/verdicts.hpp"
#include "progtypes/definitions.hpp"

namespace skep::progtypes {
namespace {

constexpr Field fields[] = {
    {.begin = skb::mark, .end = skb::queue_mapping},  // hidden
    skb::writable(skb::priority),
    skb::writable(skb::tc_index),
    {.begin = skb::cb, .end = 68, .read = Access::narrow, .pairs = true},
    skb::packet_start,
    skb::packet_end,
    {.begin = skb::family, .end = skb::remote_ip4, .read = Access::narrow},
    {.begin = skb::remote_ip4, .end = skb::remote_port, .read = Access::exact},  // addresses
    {.begin = skb::remote_port, .end = skb::data_meta, .read = Access::narrow},  // ports
};

CtxAccess access(std::int32_t offset, [[maybe_unused]] std::uint32_t size, [[maybe_unused]] bool write,
                 [[maybe_unused]] const ProgramTraits& traits) {
  return access_field(fields, skb::shared, offset, size, write);
}

constexpr HelperSet helpers =
    groups::base | groups::packet_writes | groups::stream_redirect | groups::socket_lookup | groups::socket_casts |
    HelperSet{HelperId::perf_event_output, HelperId::skb_load_bytes,     HelperId::skb_pull_data,
              HelperId::get_socket_cookie, HelperId::get_socket_uid,     HelperId::skb_adjust_room,
              HelperId::sk_release,        HelperId::ktime_get_coarse_ns};

bool helper(std::uint32_t id, const ProgramTraits&) {
  return helpers.contains(id);
}

bool packet_write(const ProgramTraits&) {
  return true;
}

constexpr LinkedAt links[] = {
    {AttachType::sk_skb_stream_parser, LinkType::sockmap},
    {AttachType::sk_skb_stream_verdict, LinkType::sockmap},
    {AttachType::sk_skb_verdict, LinkType::sockmap},
};

}  // namespace

constinit const ProgTypeDef sk_skb_type = {
    .type = ProgType::sk_skb,
    .name = "sk_skb",
    .context_type = "__sk_buff",
    .kernel_context_type = "sk_buff",
    .context_size = 192,
    .packet_access = true,
    .since = {4, 14},
    .summary = "Parses and redirects the packets of sockets in a map.",
    .verdicts = verdicts::socket,
    .context_access = access,
    .helper_allowed = helper,
    .packet_write_allowed = packet_write,
    .links = links,
    .make_invocation = make_skb_invocation_from_network_layer,
    .invoked_on_packet = true,
};

}  // namespace skep::progtypes
