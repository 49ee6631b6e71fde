// Selects the socket that gets a new connection or packet, before the usual lookup.
//
// Tested by tests/progtypes/.
#include <cerrno>

#include "progtypes/common/fields.hpp"
#include "progtypes/common/helper_groups.hpp"
#include "progtypes/common/when.hpp"
#include "progtypes/definitions.hpp"

namespace skep::progtypes {
namespace {

constexpr Field fields[] = {
    {.begin = 0, .end = 8, .width = 8, .read = Access::exact, .kind = CtxField::socket_or_null},
    {.begin = 8, .end = 68, .read = Access::narrow},  // family, protocol, addresses, ports, ifindex
};

CtxAccess access(std::int32_t offset, [[maybe_unused]] std::uint32_t size, [[maybe_unused]] bool write,
                 [[maybe_unused]] const ProgramTraits& traits) {
  return access_field(fields, {}, offset, size, write);
}

constexpr HelperSet helpers =
    groups::base | groups::socket_casts |
    HelperSet{HelperId::perf_event_output, HelperId::sk_release, HelperId::sk_assign, HelperId::ktime_get_coarse_ns};

bool helper(std::uint32_t id, const ProgramTraits&) {
  return helpers.contains(id);
}

ReturnRange range(const ProgramTraits&) {
  return {.checked = true, .min = 0, .max = 1};
}

constexpr LinkedAt links[] = {
    {AttachType::sk_lookup, LinkType::netns},
};

int attach(AttachType type) {
  return links_at(links, type) ? 0 : -EINVAL;
}

}  // namespace

constinit const ProgTypeDef sk_lookup_type = {
    .type = ProgType::sk_lookup,
    .name = "sk_lookup",
    .context_type = "bpf_sk_lookup",
    .kernel_context_type = "bpf_sk_lookup_kern",
    .context_size = 72,
    .since = {5, 9},
    .summary = "Selects the socket that gets a new connection or packet.",
    .context_access = access,
    .helper_allowed = helper,
    .may_change_sockets = [](bool, const ProgramTraits&) { return true; },
    .return_range = range,
    .check_attach_type = attach,
    .links = links,
};

}  // namespace skep::progtypes
