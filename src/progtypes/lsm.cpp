// Security hooks. The context is described by BTF.
//
// Tested by tests/progtypes/.
#include "progtypes/common/fields.hpp"
#include "progtypes/common/helper_groups.hpp"
#include "progtypes/common/when.hpp"
#include "progtypes/definitions.hpp"
#include "progtypes/lsm_hooks.hpp"

namespace skep::progtypes {
namespace {

constexpr HelperSet common_helpers =
    groups::base | groups::probing | groups::kernel_objects | groups::socket_casts | groups::security |
    HelperSet{HelperId::perf_event_output, HelperId::get_socket_cookie, HelperId::sk_storage_get,
              HelperId::sk_storage_delete, HelperId::xdp_get_buff_len};

constexpr HelperSet hook_helpers =
    common_helpers | groups::function_arguments | HelperSet{HelperId::get_func_ret, HelperId::get_attach_cookie};
constexpr HelperSet cgroup_helpers = common_helpers | groups::result_override | HelperSet{HelperId::get_local_storage};

bool helper(std::uint32_t id, const ProgramTraits& traits) {
  if (traits.attach_type != AttachType::lsm_cgroup) return hook_helpers.contains(id);
  if (groups::socket_options.contains(id)) {
    return lsm_hook_owns_socket(traits.attach_function);
  }
  return cgroup_helpers.contains(id);
}

std::string_view refused(std::uint32_t id, const ProgramTraits& traits) {
  const bool may_block = id == static_cast<std::uint32_t>(HelperId::d_path) ||
                         id == static_cast<std::uint32_t>(HelperId::ima_inode_hash) ||
                         id == static_cast<std::uint32_t>(HelperId::ima_file_hash);
  if (!may_block || lsm_hook_sleepable(traits.attach_function)) return {};
  return "helper call is not allowed in probe";
}

// The result of a hook that returns nothing is not looked at, which the verifier knows from the hook's type.
bool interrupts_itself(const ProgramTraits& traits) {
  return traits.attach_type == AttachType::lsm_mac;
}

ReturnRange range(const ProgramTraits& traits) {
  if (traits.attach_type == AttachType::lsm_cgroup) return {.checked = true, .min = 0, .max = 1};
  if (lsm_hook_boolean(traits.attach_function)) return {.checked = true, .min = 0, .max = 1};
  return {.checked = true, .min = -4095, .max = 0};
}

constexpr LinkedAt links[] = {
    {AttachType::lsm_cgroup, LinkType::cgroup},
};

AttachedTo target(const ProgramTraits& traits) {
  return traits.attach_type == AttachType::lsm_cgroup ? AttachedTo::cgroup_hook : AttachedTo::hook;
}

bool unless_for_cgroup(const ProgramTraits& traits) {
  return traits.attach_type != AttachType::lsm_cgroup;
}

bool arguments_trusted(const ProgramTraits& traits) {
  return !lsm_hook_untrusted(traits.attach_function);
}

}  // namespace

constinit const ProgTypeDef lsm_type = {
    .type = ProgType::lsm,
    .name = "lsm",
    .context_type = "",
    .tagged_context = {.words = true},
    .writes_arguments = true,
    .since = {5, 7},
    .summary = "Decides at a security hook.",
    .helper_allowed = helper,
    .helper_refused = refused,
    .attached_to = target,
    .may_sleep = unless_for_cgroup,
    .arguments_trusted = arguments_trusted,
    .may_walk_cgroup_tasks = always,
    .may_interrupt_itself = interrupts_itself,
    .return_range = range,
    .links = links,
};

}  // namespace skep::progtypes
