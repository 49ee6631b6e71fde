// Tracepoints, with the record that the trace would print as context.
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
  // The first eight bytes are the header, which programs do not see.
  if (offset < 8) return {};
  return access_plain(8192, offset, size, write, false);
}

constexpr HelperSet helpers =
    groups::base | groups::probing | HelperSet{HelperId::perf_event_output, HelperId::get_attach_cookie};

bool helper(std::uint32_t id, const ProgramTraits&) {
  return helpers.contains(id);
}

constexpr LinkedAt links[] = {
    {AttachType::perf_event, LinkType::perf_event},
};

}  // namespace

constinit const ProgTypeDef tracepoint_type = {
    .type = ProgType::tracepoint,
    .name = "tracepoint",
    .context_type = "",
    .tagged_context = {.anything = true},
    .context_size = 8192,
    .interrupts_anything = true,
    .since = {4, 7},
    .summary = "Runs at a tracepoint.",
    .context_access = access,
    .helper_allowed = helper,
    .may_sleep = always,
    .may_interrupt_itself = always,
    .may_run_in_nmi = always,
    .links = links,
};

}  // namespace skep::progtypes
