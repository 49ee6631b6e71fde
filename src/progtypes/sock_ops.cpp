// Events in the life of TCP connections.
//
// Tested by tests/progtypes/.
#include "progtypes/common/fields.hpp"
#include "progtypes/common/helper_groups.hpp"
#include "progtypes/definitions.hpp"

namespace skep::progtypes {
namespace {

constexpr Field fields[] = {
    {.begin = 4, .end = 8, .read = Access::exact, .write = Access::exact},      // reply
    {.begin = 164, .end = 168, .read = Access::exact, .write = Access::exact},  // sk_txhash
    {.begin = 0, .end = 164, .read = Access::exact},
    {.begin = 168, .end = 184, .width = 8, .read = Access::exact},  // bytes_received, bytes_acked
    {.begin = 184, .end = 192, .width = 8, .read = Access::exact, .kind = CtxField::socket_or_null},
    {.begin = 192, .end = 200, .width = 8, .read = Access::exact, .kind = CtxField::packet},
    {.begin = 200, .end = 208, .width = 8, .read = Access::exact, .kind = CtxField::packet_end},
    {.begin = 208, .end = 212, .read = Access::exact},              // skb_len
    {.begin = 212, .end = 216, .read = Access::start},              // skb_tcp_flags
    {.begin = 216, .end = 224, .width = 8, .read = Access::exact},  // skb_hwtstamp
};

CtxAccess access(std::int32_t offset, [[maybe_unused]] std::uint32_t size, [[maybe_unused]] bool write,
                 [[maybe_unused]] const ProgramTraits& traits) {
  return access_field(fields, {}, offset, size, write);
}

constexpr HelperSet helpers =
    groups::base | groups::socket_options | groups::tcp_events | groups::socket_casts |
    HelperSet{HelperId::perf_event_output, HelperId::get_socket_cookie,  HelperId::get_local_storage,
              HelperId::tcp_sock,          HelperId::sk_storage_get,     HelperId::sk_storage_delete,
              HelperId::get_netns_cookie,  HelperId::ktime_get_coarse_ns};

bool helper(std::uint32_t id, const ProgramTraits&) {
  return helpers.contains(id);
}

ReturnRange range(const ProgramTraits&) {
  return {.checked = true, .min = 0, .max = 1};
}

constexpr LinkedAt links[] = {
    {AttachType::cgroup_sock_ops, LinkType::cgroup},
};

}  // namespace

constinit const ProgTypeDef sock_ops_type = {
    .type = ProgType::sock_ops,
    .name = "sock_ops",
    .context_type = "bpf_sock_ops",
    .kernel_context_type = "bpf_sock_ops_kern",
    .context_size = 224,
    .packet_access = true,
    .since = {4, 13},
    .summary = "Follows and tunes TCP connections.",
    .context_access = access,
    .helper_allowed = helper,
    .may_change_sockets = [](bool erase, const ProgramTraits&) { return erase; },
    .return_range = range,
    .links = links,
};

}  // namespace skep::progtypes
