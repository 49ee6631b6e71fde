// Accesses of a cgroup to kernel settings.
//
// Tested by tests/progtypes/.
#include "progtypes/common/fields.hpp"
#include "progtypes/common/helper_groups.hpp"
#include "progtypes/common/verdicts.hpp"
#include "progtypes/definitions.hpp"

namespace skep::progtypes {
namespace {

constexpr Field fields[] = {
    {.begin = 0, .end = 4, .read = Access::narrow},                          // write
    {.begin = 4, .end = 8, .read = Access::narrow, .write = Access::exact},  // file_pos
};

CtxAccess access(std::int32_t offset, [[maybe_unused]] std::uint32_t size, [[maybe_unused]] bool write,
                 [[maybe_unused]] const ProgramTraits& traits) {
  return access_field(fields, {}, offset, size, write);
}

constexpr HelperSet helpers =
    groups::base | groups::settings | groups::result_override |
    HelperSet{HelperId::perf_event_output, HelperId::get_local_storage, HelperId::ktime_get_coarse_ns};

bool helper(std::uint32_t id, const ProgramTraits&) {
  return helpers.contains(id);
}

ReturnRange range(const ProgramTraits&) {
  return {.checked = true, .min = 0, .max = 1};
}

constexpr LinkedAt links[] = {
    {AttachType::cgroup_sysctl, LinkType::cgroup},
};

}  // namespace

constinit const ProgTypeDef cgroup_sysctl_type = {
    .type = ProgType::cgroup_sysctl,
    .name = "cgroup_sysctl",
    .context_type = "bpf_sysctl",
    .kernel_context_type = "bpf_sysctl_kern",
    .context_size = 8,
    .since = {5, 2},
    .summary = "Decides about reads and writes of kernel settings.",
    .verdicts = verdicts::cgroup,
    .context_access = access,
    .helper_allowed = helper,
    .return_range = range,
    .links = links,
};

}  // namespace skep::progtypes
