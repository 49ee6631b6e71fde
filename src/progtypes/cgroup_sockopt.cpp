// Socket options that a cgroup reads or sets; the option value is accessed as a packet is.
//
// Tested by tests/progtypes/.
#include <cerrno>

#include "progtypes/common/fields.hpp"
#include "progtypes/common/helper_groups.hpp"
#include "progtypes/common/verdicts.hpp"
#include "progtypes/common/when.hpp"
#include "progtypes/definitions.hpp"

namespace skep::progtypes {
namespace {

constexpr Field common_fields[] = {
    {.begin = 0, .end = 8, .width = 8, .read = Access::exact, .kind = CtxField::socket},
    {.begin = 8, .end = 16, .width = 8, .read = Access::exact, .kind = CtxField::packet},       // optval
    {.begin = 16, .end = 24, .width = 8, .read = Access::exact, .kind = CtxField::packet_end},  // optval_end
};
constexpr Field get_fields[] = {
    {.begin = 24, .end = 32, .read = Access::exact},                          // level, optname
    {.begin = 32, .end = 40, .read = Access::exact, .write = Access::exact},  // optlen, retval
};
constexpr Field set_fields[] = {
    {.begin = 24, .end = 36, .read = Access::exact, .write = Access::exact},  // level, optname, optlen
};

CtxAccess access(std::int32_t offset, std::uint32_t size, bool write, const ProgramTraits& traits) {
  if (traits.attach_type == AttachType::cgroup_setsockopt) {
    return access_field(set_fields, common_fields, offset, size, write);
  }
  return access_field(get_fields, common_fields, offset, size, write);
}

constexpr HelperSet helpers =
    groups::base | groups::result_override | HelperSet{HelperId::perf_event_output, HelperId::get_local_storage,
                                                       HelperId::tcp_sock,          HelperId::sk_storage_get,
                                                       HelperId::sk_storage_delete, HelperId::get_netns_cookie};

bool helper(std::uint32_t id, const ProgramTraits& traits) {
  return helpers.contains(id) ||
         (traits.attach_type == AttachType::cgroup_setsockopt && groups::socket_options.contains(id));
}

bool packet_write(const ProgramTraits&) {
  return true;
}

ReturnRange range(const ProgramTraits&) {
  return {.checked = true, .min = 0, .max = 1};
}

constexpr LinkedAt links[] = {
    {AttachType::cgroup_getsockopt, LinkType::cgroup},
    {AttachType::cgroup_setsockopt, LinkType::cgroup},
};

int attach(AttachType type) {
  return links_at(links, type) ? 0 : -EINVAL;
}

// What getsockopt returned may be any number; elsewhere it is 0 or an error.
bool any_result(const ProgramTraits& traits) {
  return traits.attach_type == AttachType::cgroup_getsockopt;
}

}  // namespace

constinit const ProgTypeDef cgroup_sockopt_type = {
    .type = ProgType::cgroup_sockopt,
    .name = "cgroup_sockopt",
    .context_type = "bpf_sockopt",
    .kernel_context_type = "bpf_sockopt_kern",
    .context_size = 40,
    .packet_access = true,
    .since = {5, 3},
    .summary = "Checks and changes socket options.",
    .verdicts = verdicts::cgroup,
    .context_access = access,
    .helper_allowed = helper,
    .sets_any_result = any_result,
    .packet_write_allowed = packet_write,
    .return_range = range,
    .check_attach_type = attach,
    .links = links,
};

}  // namespace skep::progtypes
