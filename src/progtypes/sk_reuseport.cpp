// Selects the socket of a group that shares a port.
//
// Tested by tests/progtypes/.
#include <cerrno>

#include "progtypes/common/fields.hpp"
#include "progtypes/common/helper_groups.hpp"
#include "progtypes/common/verdicts.hpp"
#include "progtypes/definitions.hpp"

namespace skep::progtypes {
namespace {

constexpr Field fields[] = {
    {.begin = 0, .end = 8, .width = 8, .read = Access::exact, .kind = CtxField::packet},
    {.begin = 8, .end = 16, .width = 8, .read = Access::exact, .kind = CtxField::packet_end},
    {.begin = 16, .end = 20, .read = Access::narrow},  // len
    {.begin = 24, .end = 32, .read = Access::narrow},  // ip_protocol, bind_inany
    {.begin = 32, .end = 36, .read = Access::exact},   // hash
    {.begin = 40, .end = 48, .width = 8, .read = Access::exact, .kind = CtxField::socket},
    {.begin = 48, .end = 56, .width = 8, .read = Access::exact, .kind = CtxField::sock_common_or_null},  // migrating_sk
};

CtxAccess access(std::int32_t offset, [[maybe_unused]] std::uint32_t size, [[maybe_unused]] bool write,
                 [[maybe_unused]] const ProgramTraits& traits) {
  // eth_protocol holds sixteen bits and may be read as such or whole, not bytewise.
  if (offset >= 20 && offset < 24) {
    const bool whole = size == 4 && offset == 20;
    if (write || (!whole && !(size == 2 && offset % 2 == 0))) return {};
    return {.allowed = true, .narrow_field_size = whole ? 0U : 4U};
  }
  return access_field(fields, {}, offset, size, write);
}

constexpr HelperSet helpers =
    groups::base | HelperSet{HelperId::skb_load_bytes, HelperId::get_socket_cookie, HelperId::skb_load_bytes_relative,
                             HelperId::sk_select_reuseport, HelperId::ktime_get_coarse_ns};

bool helper(std::uint32_t id, const ProgramTraits&) {
  return helpers.contains(id);
}

int attach(AttachType type) {
  return type == AttachType{} || type == AttachType::sk_reuseport_select ||
                 type == AttachType::sk_reuseport_select_or_migrate
             ? 0
             : -EINVAL;
}

}  // namespace

constinit const ProgTypeDef sk_reuseport_type = {
    .type = ProgType::sk_reuseport,
    .name = "sk_reuseport",
    .context_type = "sk_reuseport_md",
    .kernel_context_type = "sk_reuseport_kern",
    .context_size = 56,
    .packet_access = true,
    .since = {4, 19},
    .summary = "Selects the socket of a group that gets a packet or connection.",
    .verdicts = verdicts::socket,
    .context_access = access,
    .helper_allowed = helper,
    .may_change_sockets = [](bool, const ProgramTraits&) { return true; },
    .check_attach_type = attach,
};

}  // namespace skep::progtypes
