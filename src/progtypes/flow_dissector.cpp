// Flow dissectors: find out which flow a packet belongs to.
//
// Tested by tests/progtypes/.
#include "progtypes/common/fields.hpp"
#include "progtypes/common/helper_groups.hpp"
#include "progtypes/common/skb_fields.hpp"
#include "progtypes/definitions.hpp"

namespace skep::progtypes {
namespace {

constexpr Field fields[] = {
    skb::packet_start,
    skb::packet_end,
    {.begin = skb::flow_keys, .end = skb::tstamp, .width = 8, .read = Access::exact, .kind = CtxField::flow_keys},
};

CtxAccess access(std::int32_t offset, [[maybe_unused]] std::uint32_t size, [[maybe_unused]] bool write,
                 [[maybe_unused]] const ProgramTraits& traits) {
  return access_field(fields, {}, offset, size, write);
}

constexpr HelperSet helpers =
    groups::base | groups::socket_casts | HelperSet{HelperId::skb_load_bytes, HelperId::ktime_get_coarse_ns};

bool helper(std::uint32_t id, const ProgramTraits&) {
  return helpers.contains(id);
}

constexpr LinkedAt links[] = {
    {AttachType::flow_dissector, LinkType::netns},
};

}  // namespace

constinit const ProgTypeDef flow_dissector_type = {
    .type = ProgType::flow_dissector,
    .name = "flow_dissector",
    .context_type = "__sk_buff",
    .kernel_context_type = "bpf_flow_dissector",
    .context_size = 192,
    .packet_access = true,
    .since = {4, 20},
    .summary = "Finds out which flow a packet belongs to.",
    .context_access = access,
    .helper_allowed = helper,
    .links = links,
};

}  // namespace skep::progtypes
