// Members of a table of kernel operations. The context, and what is returned, is described by BTF.
//
// Tested by tests/progtypes/.
#include "progtypes/common/fields.hpp"
#include "progtypes/common/helper_groups.hpp"
#include "progtypes/common/when.hpp"
#include "progtypes/definitions.hpp"

namespace skep::progtypes {
namespace {

constexpr HelperSet congestion_helpers =
    groups::base | HelperSet{HelperId::sk_storage_get, HelperId::sk_storage_delete, HelperId::tcp_send_ack,
                             HelperId::ktime_get_coarse_ns};

// Each table of operations says itself what its members may call; most say what every program may.
bool helper(std::uint32_t id, const ProgramTraits& traits) {
  if (traits.struct_ops_type == "bpf_dummy_ops") return false;
  if (traits.struct_ops_type != "tcp_congestion_ops") return groups::base.contains(id);
  // The socket is being taken apart when `release` is called.
  if (groups::socket_options.contains(id)) return traits.struct_ops_member != "release";
  return congestion_helpers.contains(id);
}

AttachedTo operation(const ProgramTraits&) {
  return AttachedTo::operation;
}

}  // namespace

constinit const ProgTypeDef struct_ops_type = {
    .type = ProgType::struct_ops,
    .name = "struct_ops",
    .context_type = "",
    .tagged_context = {.words = true},
    .since = {5, 6},
    .summary = "Implements a member of a table of kernel operations.",
    .helper_allowed = helper,
    .attached_to = operation,
    .may_sleep = always,
    .arguments_trusted = always,
};

}  // namespace skep::progtypes
