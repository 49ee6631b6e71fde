// Tracepoints, with their bare arguments as context.
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
  return access_plain(96, offset, size, write, false);
}

constexpr HelperSet helpers =
    groups::base | groups::probing | HelperSet{HelperId::perf_event_output, HelperId::get_attach_cookie};

bool helper(std::uint32_t id, const ProgramTraits&) {
  return helpers.contains(id);
}

}  // namespace

constinit const ProgTypeDef raw_tracepoint_type = {
    .type = ProgType::raw_tracepoint,
    .name = "raw_tracepoint",
    .context_type = "bpf_raw_tracepoint_args",
    .context_size = 96,
    .interrupts_anything = true,
    .since = {4, 17},
    .summary = "Runs at a tracepoint, before its record is made.",
    .context_access = access,
    .helper_allowed = helper,
    .may_interrupt_itself = always,
    .may_run_in_nmi = always,
};

}  // namespace skep::progtypes
