// Perf events: runs at each sample.
//
// Tested by tests/progtypes/.
#include "progtypes/common/fields.hpp"
#include "progtypes/common/helper_groups.hpp"
#include "progtypes/common/when.hpp"
#include "progtypes/definitions.hpp"

namespace skep::progtypes {
namespace {

constexpr Field fields[] = {
    {.begin = 0, .end = 168, .width = 8, .read = Access::exact},     // regs
    {.begin = 168, .end = 184, .width = 8, .read = Access::narrow},  // sample_period, addr
};

CtxAccess access(std::int32_t offset, [[maybe_unused]] std::uint32_t size, [[maybe_unused]] bool write,
                 [[maybe_unused]] const ProgramTraits& traits) {
  return access_field(fields, {}, offset, size, write);
}

constexpr HelperSet helpers = groups::base | groups::probing | groups::perf_samples |
                              HelperSet{HelperId::perf_event_output, HelperId::get_attach_cookie};

bool helper(std::uint32_t id, const ProgramTraits&) {
  return helpers.contains(id);
}

constexpr LinkedAt links[] = {
    {AttachType::perf_event, LinkType::perf_event},
};

constexpr std::string_view tagged[] = {"bpf_user_pt_regs_t", "pt_regs", "user_pt_regs", "user_regs_struct",
                                       "bpf_perf_event_data"};

}  // namespace

constinit const ProgTypeDef perf_event_type = {
    .type = ProgType::perf_event,
    .name = "perf_event",
    .context_type = "bpf_perf_event_data",
    .tagged_context = {.names = tagged},
    .kernel_context_type = "bpf_perf_event_data_kern",
    .context_size = 184,
    .interrupts_anything = true,
    .since = {4, 9},
    .summary = "Runs at each sample of a perf event.",
    .context_access = access,
    .helper_allowed = helper,
    .may_interrupt_itself = always,
    .may_run_in_nmi = always,
    .links = links,
};

}  // namespace skep::progtypes
