// Netfilter hooks.
//
// Tested by tests/progtypes/.
#include <cerrno>

#include "progtypes/common/fields.hpp"
#include "progtypes/common/helper_groups.hpp"
#include "progtypes/definitions.hpp"

namespace skep::progtypes {
namespace {

CtxAccess access(std::int32_t offset, [[maybe_unused]] std::uint32_t size, [[maybe_unused]] bool write,
                 [[maybe_unused]] const ProgramTraits& traits) {
  if (write || size != 8 || (offset != 0 && offset != 8)) return {};
  return {.allowed = true,
          .field = CtxField::btf_pointer,
          .trusted = true,
          .btf_type = offset == 0 ? "nf_hook_state" : "sk_buff"};
}

constexpr HelperSet helpers = groups::base;

bool helper(std::uint32_t id, const ProgramTraits&) {
  return helpers.contains(id);
}

ReturnRange range(const ProgramTraits&) {
  return {.checked = true, .min = 0, .max = 1};
}

int attach(AttachType type) {
  return type == AttachType::netfilter ? 0 : -EINVAL;
}

}  // namespace

constinit const ProgTypeDef netfilter_type = {
    .type = ProgType::netfilter,
    .name = "netfilter",
    .context_type = "bpf_nf_ctx",
    .kernel_context_type = "bpf_nf_ctx",
    .context_size = 16,
    .since = {6, 4},
    .summary = "Decides about packets at a netfilter hook.",
    .context_access = access,
    .helper_allowed = helper,
    .return_range = range,
    .check_attach_type = attach,
};

}  // namespace skep::progtypes
