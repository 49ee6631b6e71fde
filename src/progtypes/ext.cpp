// Replacements of a function of another program. Everything is asked of the type of that program instead.
//
// Tested by tests/progtypes/.
#include <cerrno>

#include "progtypes/common/fields.hpp"
#include "progtypes/common/helper_groups.hpp"
#include "progtypes/definitions.hpp"

namespace skep::progtypes {
namespace {

int attach(AttachType type) {
  return type == AttachType{} ? 0 : -EINVAL;
}

AttachedTo program(const ProgramTraits&) {
  return AttachedTo::program;
}

}  // namespace

constinit const ProgTypeDef ext_type = {
    .type = ProgType::ext,
    .name = "ext",
    .context_type = "",
    .tagged_context = {.anything = true},
    .since = {5, 6},
    .summary = "Replaces a function of another program.",
    .attached_to = program,
    .check_attach_type = attach,
};

}  // namespace skep::progtypes
