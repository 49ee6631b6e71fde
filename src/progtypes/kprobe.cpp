// Kernel and user probes.
//
// Tested by tests/progtypes/.
#include "progtypes/common/fields.hpp"
#include "progtypes/common/helper_groups.hpp"
#include "progtypes/common/when.hpp"
#include "progtypes/definitions.hpp"

namespace skep::progtypes {
namespace {

CtxAccess access(std::int32_t offset, [[maybe_unused]] std::uint32_t size, [[maybe_unused]] bool write,
                 [[maybe_unused]] const ProgramTraits& traits) {
  return access_plain(168, offset, size, write, true);
}

constexpr HelperSet helpers =
    groups::base | groups::probing | HelperSet{HelperId::perf_event_output, HelperId::get_attach_cookie};

bool helper(std::uint32_t id, const ProgramTraits&) {
  return helpers.contains(id);
}

// A session runs at entry and at return; what it returns at entry says whether it runs at return.
ReturnRange range(const ProgramTraits& traits) {
  const bool session =
      traits.attach_type == AttachType::trace_kprobe_session || traits.attach_type == AttachType::trace_uprobe_session;
  if (!session) return {};
  return {.checked = true, .min = 0, .max = 1};
}

constexpr LinkedAt links[] = {
    {AttachType::perf_event, LinkType::perf_event},
    {AttachType::trace_kprobe_multi, LinkType::kprobe_multi},
    {AttachType::trace_kprobe_session, LinkType::kprobe_multi},
    {AttachType::trace_uprobe_multi, LinkType::uprobe_multi},
    {AttachType::trace_uprobe_session, LinkType::uprobe_multi},
};

constexpr std::string_view tagged[] = {"pt_regs", "user_pt_regs", "user_regs_struct"};

}  // namespace

constinit const ProgTypeDef kprobe_type = {
    .type = ProgType::kprobe,
    .name = "kprobe",
    .context_type = "bpf_user_pt_regs_t",
    .other_context_type = "pt_regs",
    .tagged_context = {.names = tagged},
    .kernel_context_type = "pt_regs",
    .context_size = 168,
    .interrupts_anything = true,
    .function_address = FunctionAddress::of_probe,
    .since = {4, 1},
    .summary = "Runs when a function of the kernel or of a program is entered or left.",
    .context_access = access,
    .helper_allowed = helper,
    .may_sleep = always,
    .may_interrupt_itself = always,
    .may_run_in_nmi = always,
    .return_range = range,
    .links = links,
};

}  // namespace skep::progtypes
