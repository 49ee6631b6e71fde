// Socket filters: see the packets that a socket receives, and say how much of each it gets.
//
// Tested by tests/progtypes/.
#include "progtypes/common/fields.hpp"
#include "progtypes/common/helper_groups.hpp"
#include "progtypes/common/skb_fields.hpp"
#include "progtypes/common/skb_invocation.hpp"
#include "progtypes/definitions.hpp"

namespace skep::progtypes {
namespace {

CtxAccess access(std::int32_t offset, [[maybe_unused]] std::uint32_t size, [[maybe_unused]] bool write,
                 [[maybe_unused]] const ProgramTraits& traits) {
  return access_field(skb::shared, {}, offset, size, write);
}

constexpr HelperSet helpers =
    groups::base | groups::socket_casts | HelperSet{HelperId::perf_event_output,       HelperId::skb_load_bytes,
                                                    HelperId::get_socket_cookie,       HelperId::get_socket_uid,
                                                    HelperId::skb_load_bytes_relative, HelperId::get_netns_cookie,
                                                    HelperId::ktime_get_coarse_ns};

bool helper(std::uint32_t id, const ProgramTraits&) {
  return helpers.contains(id);
}

}  // namespace

constinit const ProgTypeDef socket_filter_type = {
    .type = ProgType::socket_filter,
    .name = "socket_filter",
    .context_type = "__sk_buff",
    .kernel_context_type = "sk_buff",
    .context_size = 192,
    .classic_packet_loads = true,
    .may_lock = false,
    .since = {3, 19},
    .summary = "Filters the packets that a socket receives.",
    .context_access = access,
    .helper_allowed = helper,
    .make_invocation = make_skb_invocation_from_network_layer,
    .test_run = true,
    .invoked_on_packet = true,
};

}  // namespace skep::progtypes
