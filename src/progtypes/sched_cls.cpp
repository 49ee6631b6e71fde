// Traffic control: classifiers and, under the same rules, actions.
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
    skb::writable(skb::queue_mapping),
    skb::writable(skb::priority),
    skb::writable(skb::tc_index),
    skb::writable(skb::tc_classid),
    skb::packet_start,
    skb::packet_end,
    {.begin = skb::data_meta, .end = skb::flow_keys, .read = Access::exact, .kind = CtxField::packet_meta},
    {.begin = skb::tstamp, .end = skb::wire_len, .width = 8, .read = Access::exact, .write = Access::exact},
    {.begin = skb::wire_len, .end = 164, .read = Access::narrow},
    {.begin = skb::tstamp_type, .end = 181, .width = 1, .read = Access::exact},
    {.begin = skb::hwtstamp, .end = skb::size, .width = 8, .read = Access::exact},
};

CtxAccess access(std::int32_t offset, [[maybe_unused]] std::uint32_t size, [[maybe_unused]] bool write,
                 [[maybe_unused]] const ProgramTraits& traits) {
  return access_field(fields, skb::shared, offset, size, write);
}

constexpr HelperSet helpers =
    groups::base | groups::packet_writes | groups::packet_tunnels | groups::traffic_control | groups::packet_facts |
    groups::routing | groups::packet_cgroup | groups::socket_lookup | groups::socket_casts |
    HelperSet{HelperId::redirect,           HelperId::perf_event_output, HelperId::skb_load_bytes,
              HelperId::csum_diff,          HelperId::skb_pull_data,     HelperId::get_socket_cookie,
              HelperId::get_socket_uid,     HelperId::skb_adjust_room,   HelperId::skb_load_bytes_relative,
              HelperId::sk_release,         HelperId::tcp_sock,          HelperId::sk_storage_get,
              HelperId::sk_storage_delete,  HelperId::get_netns_cookie,  HelperId::sk_assign,
              HelperId::ktime_get_coarse_ns};

bool helper(std::uint32_t id, const ProgramTraits&) {
  return helpers.contains(id);
}

bool packet_write(const ProgramTraits&) {
  return true;
}

constexpr LinkedAt links[] = {
    {AttachType::tcx_ingress, LinkType::tcx},
    {AttachType::tcx_egress, LinkType::tcx},
    {AttachType::netkit_primary, LinkType::netkit},
    {AttachType::netkit_peer, LinkType::netkit},
};

}  // namespace

constinit const ProgTypeDef sched_cls_type = {
    .type = ProgType::sched_cls,
    .name = "sched_cls",
    .context_type = "__sk_buff",
    .kernel_context_type = "sk_buff",
    .context_size = 192,
    .packet_access = true,
    .classic_packet_loads = true,
    .writes_packet_objects = true,
    .since = {4, 1},
    .summary = "Classifies, changes or redirects packets at a device.",
    .verdicts = verdicts::traffic_control,
    .context_access = access,
    .helper_allowed = helper,
    .packet_write_allowed = packet_write,
    .links = links,
    .make_invocation = make_skb_invocation_from_link_layer,
    .test_run = true,
    .invoked_on_packet = true,
};

constinit const ProgTypeDef sched_act_type = {
    .type = ProgType::sched_act,
    .name = "sched_act",
    .context_type = "__sk_buff",
    .kernel_context_type = "sk_buff",
    .context_size = 192,
    .packet_access = true,
    .classic_packet_loads = true,
    .writes_packet_objects = true,
    .since = {4, 1},
    .summary = "Changes or redirects packets as a traffic control action.",
    .verdicts = verdicts::traffic_control,
    .context_access = access,
    .helper_allowed = helper,
    .packet_write_allowed = packet_write,
    .make_invocation = make_skb_invocation_from_link_layer,
    .test_run = true,
    .invoked_on_packet = true,
};

}  // namespace skep::progtypes
