// Infrared receivers: decodes pulses and gaps. Known from documentation only: the reference kernel is built without it.
//
// Tested by tests/progtypes/.
#include "progtypes/common/fields.hpp"
#include "progtypes/common/helper_groups.hpp"
#include "progtypes/definitions.hpp"

namespace skep::progtypes {
namespace {

constexpr HelperSet helpers = HelperSet{
    HelperId::rc_repeat,       HelperId::rc_keydown,      HelperId::rc_pointer_rel,    HelperId::map_lookup_elem,
    HelperId::map_update_elem, HelperId::map_delete_elem, HelperId::map_push_elem,     HelperId::map_pop_elem,
    HelperId::map_peek_elem,   HelperId::ktime_get_ns,    HelperId::ktime_get_boot_ns, HelperId::tail_call,
    HelperId::get_prandom_u32, HelperId::trace_printk};

CtxAccess access(std::int32_t offset, std::uint32_t size, bool write, const ProgramTraits&) {
  return {.allowed = offset == 0 && size == 4 && !write};
}

// The reference kernel is built without these programs and takes none, whatever the attach type.
int attach(AttachType) {
  return -EINVAL;
}

bool helper(std::uint32_t id, const ProgramTraits&) {
  return helpers.contains(id);
}

}  // namespace

constinit const ProgTypeDef lirc_mode2_type = {
    .type = ProgType::lirc_mode2,
    .name = "lirc_mode2",
    .context_type = "unsigned int",
    .context_size = 4,
    .since = {4, 18},
    .summary = "Decodes what an infrared receiver sees.",
    .context_access = access,
    .helper_allowed = helper,
    .check_attach_type = attach,
};

}  // namespace skep::progtypes
