// Tracepoints whose first argument is a buffer that the program may write.
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
  CtxAccess result = access_plain(96, offset, size, write, false);
  if (offset != 0) return result;
  result.allowed = result.allowed && size == 8;
  result.field = CtxField::tp_buffer;
  return result;
}

constexpr HelperSet helpers =
    groups::base | groups::probing | HelperSet{HelperId::perf_event_output, HelperId::get_attach_cookie};

bool helper(std::uint32_t id, const ProgramTraits&) {
  return helpers.contains(id);
}

}  // namespace

constinit const ProgTypeDef raw_tracepoint_writable_type = {
    .type = ProgType::raw_tracepoint_writable,
    .name = "raw_tracepoint_writable",
    .context_type = "bpf_raw_tracepoint_args",
    .tagged_context = {.words = true},
    .context_size = 96,
    .interrupts_anything = true,
    .since = {5, 2},
    .summary = "Runs at a tracepoint and may write its buffer.",
    .context_access = access,
    .helper_allowed = helper,
    .may_run_in_nmi = always,
    .opened_by_name = true,
};

}  // namespace skep::progtypes
