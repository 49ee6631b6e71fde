// XDP: runs on a frame in the driver, before the kernel makes a packet of it.
//
// Tested by tests/progtypes/.
#include "progtypes/common/fields.hpp"
#include "progtypes/common/helper_groups.hpp"
#include "progtypes/definitions.hpp"

namespace skep::progtypes {
namespace {

constexpr Field fields[] = {
    {.begin = 0, .end = 4, .read = Access::exact, .kind = CtxField::packet},        // data
    {.begin = 4, .end = 8, .read = Access::exact, .kind = CtxField::packet_end},    // data_end
    {.begin = 8, .end = 12, .read = Access::exact, .kind = CtxField::packet_meta},  // data_meta
    {.begin = 12, .end = 20, .read = Access::exact},                                // ingress_ifindex, rx_queue_index
};

CtxAccess access(std::int32_t offset, [[maybe_unused]] std::uint32_t size, [[maybe_unused]] bool write,
                 [[maybe_unused]] const ProgramTraits& traits) {
  if (offset == 20 && size == 4 && !write && traits.attach_type == AttachType::xdp_devmap)
    return {.allowed = true};  // egress_ifindex
  return access_field(fields, {}, offset, size, write);
}

constexpr HelperSet helpers =
    groups::base | groups::xdp_frames | groups::routing | groups::socket_lookup | groups::socket_casts |
    HelperSet{HelperId::redirect,   HelperId::perf_event_output,   HelperId::csum_diff,
              HelperId::sk_release, HelperId::ktime_get_coarse_ns, HelperId::xdp_get_buff_len};

bool helper(std::uint32_t id, const ProgramTraits&) {
  return helpers.contains(id);
}

bool packet_write(const ProgramTraits&) {
  return true;
}

}  // namespace

constinit const ProgTypeDef xdp_type = {
    .type = ProgType::xdp,
    .name = "xdp",
    .context_type = "xdp_md",
    .kernel_context_type = "xdp_buff",
    .context_size = 24,
    .packet_access = true,
    .writes_packet_objects = true,
    .since = {4, 8},
    .summary = "Decides about a frame as soon as the driver has it.",
    .context_access = access,
    .helper_allowed = helper,
    .packet_write_allowed = packet_write,
};

}  // namespace skep::progtypes
