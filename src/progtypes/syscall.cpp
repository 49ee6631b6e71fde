// Syscall programs: run by hand, act as user space does, may sleep.
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
  // The caller passes memory of any size and its size is checked when the program is run.
  return {.allowed = offset >= 0 && offset < 0xffff};
}

constexpr HelperSet helpers =
    groups::base | groups::probing | groups::kernel_objects | groups::socket_casts | groups::system_calls |
    HelperSet{HelperId::perf_event_output, HelperId::get_socket_cookie, HelperId::sk_storage_get,
              HelperId::sk_storage_delete, HelperId::xdp_get_buff_len};

bool helper(std::uint32_t id, const ProgramTraits&) {
  return helpers.contains(id);
}

// They are for programs at hooks of the kernel.
std::string_view refused(std::uint32_t id, const ProgramTraits&) {
  constexpr HelperSet at_hooks = {HelperId::d_path, HelperId::sk_storage_get, HelperId::sk_storage_delete};
  return at_hooks.contains(id) ? "helper call is not allowed in probe" : "";
}

int attach(AttachType type) {
  return type == AttachType{} ? 0 : -EINVAL;
}

}  // namespace

constinit const ProgTypeDef syscall_type = {
    .type = ProgType::syscall,
    .name = "syscall",
    .context_type = "void",
    .since = {5, 14},
    .summary = "Makes system calls; run by a test run.",
    .context_access = access,
    .helper_allowed = helper,
    .helper_refused = refused,
    .check_attach_type = attach,
};

}  // namespace skep::progtypes
