// Verdicts on the messages that sockets in a map send.
//
// Tested by tests/progtypes/.
#include "progtypes/common/fields.hpp"
#include "progtypes/common/helper_groups.hpp"
#include "progtypes/common/verdicts.hpp"
#include "progtypes/definitions.hpp"

namespace skep::progtypes {
namespace {

constexpr Field fields[] = {
    {.begin = 0, .end = 8, .width = 8, .read = Access::exact, .kind = CtxField::packet},
    {.begin = 8, .end = 16, .width = 8, .read = Access::exact, .kind = CtxField::packet_end},
    {.begin = 16, .end = 72, .read = Access::exact},  // family, addresses, ports, size
    {.begin = 72, .end = 80, .width = 8, .read = Access::exact, .kind = CtxField::socket},
};

CtxAccess access(std::int32_t offset, [[maybe_unused]] std::uint32_t size, [[maybe_unused]] bool write,
                 [[maybe_unused]] const ProgramTraits& traits) {
  return access_field(fields, {}, offset, size, write);
}

constexpr HelperSet helpers =
    groups::base | groups::messages | groups::socket_casts |
    HelperSet{HelperId::perf_event_output, HelperId::sk_storage_get, HelperId::sk_storage_delete,
              HelperId::get_netns_cookie, HelperId::ktime_get_coarse_ns};

bool helper(std::uint32_t id, const ProgramTraits&) {
  return helpers.contains(id);
}

bool packet_write(const ProgramTraits&) {
  return true;
}

constexpr LinkedAt links[] = {
    {AttachType::sk_msg_verdict, LinkType::sockmap},
};

}  // namespace

constinit const ProgTypeDef sk_msg_type = {
    .type = ProgType::sk_msg,
    .name = "sk_msg",
    .context_type = "sk_msg_md",
    .kernel_context_type = "sk_msg",
    .context_size = 80,
    .packet_access = true,
    .since = {4, 17},
    .summary = "Decides about the messages that sockets in a map send.",
    .verdicts = verdicts::socket,
    .context_access = access,
    .helper_allowed = helper,
    .packet_write_allowed = packet_write,
    .links = links,
};

}  // namespace skep::progtypes
