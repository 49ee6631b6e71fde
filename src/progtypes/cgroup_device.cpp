// Accesses of a cgroup to devices.
//
// Tested by tests/progtypes/.
#include "progtypes/common/fields.hpp"
#include "progtypes/common/helper_groups.hpp"
#include "progtypes/common/verdicts.hpp"
#include "progtypes/definitions.hpp"

namespace skep::progtypes {
namespace {

constexpr Field fields[] = {
    {.begin = 0, .end = 4, .read = Access::narrow},  // access_type
    {.begin = 4, .end = 12, .read = Access::exact},  // major, minor
};

CtxAccess access(std::int32_t offset, [[maybe_unused]] std::uint32_t size, [[maybe_unused]] bool write,
                 [[maybe_unused]] const ProgramTraits& traits) {
  return access_field(fields, {}, offset, size, write);
}

constexpr HelperSet helpers =
    groups::base | groups::result_override | HelperSet{HelperId::perf_event_output, HelperId::get_local_storage};

bool helper(std::uint32_t id, const ProgramTraits&) {
  return helpers.contains(id);
}

ReturnRange range(const ProgramTraits&) {
  return {.checked = true, .min = 0, .max = 1};
}

constexpr LinkedAt links[] = {
    {AttachType::cgroup_device, LinkType::cgroup},
};

}  // namespace

constinit const ProgTypeDef cgroup_device_type = {
    .type = ProgType::cgroup_device,
    .name = "cgroup_device",
    .context_type = "bpf_cgroup_dev_ctx",
    .kernel_context_type = "bpf_cgroup_dev_ctx",
    .context_size = 12,
    .since = {4, 15},
    .summary = "Decides about accesses to devices.",
    .verdicts = verdicts::cgroup,
    .context_access = access,
    .helper_allowed = helper,
    .return_range = range,
    .links = links,
};

}  // namespace skep::progtypes
