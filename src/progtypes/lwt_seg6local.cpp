// Lightweight tunnels: handles packets whose segment routing ends here.
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
    skb::writable(skb::mark),
    skb::writable(skb::priority),
    skb::packet_start,
    skb::packet_end,
};

CtxAccess access(std::int32_t offset, [[maybe_unused]] std::uint32_t size, [[maybe_unused]] bool write,
                 [[maybe_unused]] const ProgramTraits& traits) {
  return access_field(fields, skb::shared, offset, size, write);
}

constexpr HelperSet helpers = groups::base | groups::packet_facts | groups::segment_routing | groups::socket_casts |
                              HelperSet{HelperId::perf_event_output, HelperId::skb_load_bytes, HelperId::csum_diff,
                                        HelperId::ktime_get_coarse_ns};

bool helper(std::uint32_t id, const ProgramTraits&) {
  return helpers.contains(id);
}

}  // namespace

constinit const ProgTypeDef lwt_seg6local_type = {
    .type = ProgType::lwt_seg6local,
    .name = "lwt_seg6local",
    .context_type = "__sk_buff",
    .kernel_context_type = "sk_buff",
    .context_size = 192,
    .packet_access = true,
    .since = {4, 18},
    .summary = "Handles packets whose segment routing ends here.",
    .verdicts = verdicts::lightweight_tunnel,
    .context_access = access,
    .helper_allowed = helper,
    .make_invocation = make_skb_invocation_from_network_layer,
    .invoked_on_packet = true,
};

}  // namespace skep::progtypes
