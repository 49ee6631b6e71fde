// Tracing by the types of the kernel: functions, tracepoints, iterators. The context is described by BTF.
//
// Tested by tests/progtypes/.
#include "progtypes/attach_rules.hpp"
#include "progtypes/common/fields.hpp"
#include "progtypes/common/helper_groups.hpp"
#include "progtypes/common/when.hpp"
#include "progtypes/definitions.hpp"

namespace skep::progtypes {
namespace {

constexpr HelperSet common_helpers =
    groups::base | groups::probing | groups::kernel_objects | groups::socket_casts |
    HelperSet{HelperId::perf_event_output, HelperId::get_socket_cookie, HelperId::sk_storage_get,
              HelperId::sk_storage_delete, HelperId::xdp_get_buff_len};

constexpr HelperSet iterator_helpers = common_helpers | groups::sequence_files;
constexpr HelperSet tracepoint_helpers =
    common_helpers | groups::function_arguments | HelperSet{HelperId::get_attach_cookie};
constexpr HelperSet function_helpers = tracepoint_helpers | HelperSet{HelperId::get_func_ret};

bool helper(std::uint32_t id, const ProgramTraits& traits) {
  switch (traits.attach_type) {
    case AttachType::trace_iter:
      // These iterators hold the lock of the socket that they show.
      if (groups::socket_options.contains(id)) {
        return traits.attach_function == "bpf_iter_tcp" || traits.attach_function == "bpf_iter_unix";
      }
      return iterator_helpers.contains(id);
    case AttachType::trace_raw_tp:
      return tracepoint_helpers.contains(id);
    default:
      return function_helpers.contains(id);
  }
}

// These take locks that what the program is attached to may hold.
std::string_view refused(std::uint32_t id, const ProgramTraits& traits) {
  constexpr std::string_view in_probe = "helper call is not allowed in probe";
  constexpr HelperSet storage = {HelperId::sk_storage_get, HelperId::sk_storage_delete};
  if (id == static_cast<std::uint32_t>(HelperId::d_path))
    return traits.attach_type == AttachType::trace_iter || d_path_allowed(traits.attach_function) ? "" : in_probe;
  if (!storage.contains(id)) return "";
  switch (traits.attach_type) {
    case AttachType::trace_iter:
    case AttachType::trace_raw_tp:
      return "";
    case AttachType::modify_return:
      return in_probe;
    default:
      return traits.attach_function.starts_with("bpf_sk_storage") ? in_probe : "";
  }
}

bool change_sockets(bool, const ProgramTraits& traits) {
  return !unless_iterator(traits);
}

ReturnRange range(const ProgramTraits& traits) {
  switch (traits.attach_type) {
    case AttachType::trace_fentry:
    case AttachType::trace_fexit:
    case AttachType::trace_fentry_multi:
    case AttachType::trace_fexit_multi:
      return {.checked = true, .min = 0, .max = 0};
    case AttachType::trace_fsession:
    case AttachType::trace_fsession_multi:
      return {.checked = true, .min = 0, .max = 0};
    case AttachType::trace_iter:
      return {.checked = true, .min = 0, .max = 1};
    default:
      return {};
  }
}

AttachedTo target(const ProgramTraits& traits) {
  switch (traits.attach_type) {
    case AttachType::trace_raw_tp:
      return AttachedTo::tracepoint;
    case AttachType::trace_iter:
      return AttachedTo::iterator;
    default:
      return AttachedTo::function;
  }
}

bool may_sleep(const ProgramTraits& traits) {
  switch (traits.attach_type) {
    case AttachType::trace_fentry:
    case AttachType::trace_fexit:
    case AttachType::trace_fsession:
    case AttachType::trace_fentry_multi:
    case AttachType::trace_fexit_multi:
    case AttachType::trace_fsession_multi:
    case AttachType::modify_return:
    case AttachType::trace_iter:
    case AttachType::trace_raw_tp:
      return true;
    default:
      return false;
  }
}

bool arguments_trusted(const ProgramTraits& traits) {
  return traits.attach_type == AttachType::trace_raw_tp || traits.attach_type == AttachType::trace_iter;
}

bool walk_cgroup_tasks(const ProgramTraits& traits) {
  return !unless_iterator(traits);
}

}  // namespace

constinit const ProgTypeDef tracing_type = {
    .type = ProgType::tracing,
    .name = "tracing",
    .context_type = "",
    .tagged_context = {.words = true, .iterators = true},
    .function_address = FunctionAddress::of_function,
    .since = {5, 5},
    .summary = "Runs at a function, a tracepoint or for each object of an iterator.",
    .helper_allowed = helper,
    .helper_refused = refused,
    .attached_to = target,
    .may_sleep = may_sleep,
    .arguments_trusted = arguments_trusted,
    .may_walk_cgroup_tasks = walk_cgroup_tasks,
    .may_change_sockets = change_sockets,
    .may_interrupt_itself = unless_iterator,
    .may_run_in_nmi = unless_iterator,
    .return_range = range,
};

}  // namespace skep::progtypes
