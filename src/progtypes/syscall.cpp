// Syscall programs: run by hand, act as user space does, may sleep.
//
// Tested by tests/progtypes/.
#include <algorithm>
#include <cerrno>

#include "progtypes/common/context_bytes.hpp"
#include "progtypes/common/fields.hpp"
#include "progtypes/common/helper_groups.hpp"
#include "progtypes/common/when.hpp"
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

// The caller's memory is the context, and is given back as the program leaves it. One that is smaller than what the
// program reads and writes is refused: the verifier only knows how much that is.
class SyscallInvocation final : public Invocation {
 public:
  // What it jumps to may use more of the context than it does itself, of which nobody is asked: there is room for all
  // that the verifier lets a program use.
  SyscallInvocation() { context_.reset(largest_context & ~7U); }
  int check(const InvocationRequest& request, std::string_view&) const override {
    if (request.has_data || request.wants_data || request.wants_context || request.wants_duration || request.repeats ||
        request.flags != 0 || request.batch_size != 0)
      return -EINVAL;
    if (request.context_size > largest_context || request.context_size < request.context_used) return -EINVAL;
    return 0;
  }
  std::optional<std::uint32_t> known_context() const override { return std::nullopt; }
  int make(const InvocationRequest&, std::span<const std::uint8_t>, std::span<const std::uint8_t> given,
           InvocationHost&) override {
    size_ = given.size();
    context_.reset((static_cast<std::uint32_t>(size_) + 7) & ~7U);
    std::ranges::copy(given, static_cast<std::uint8_t*>(context_.address()));
    return 0;
  }
  void* context() override { return context_.address(); }
  bool measured() const override { return false; }
  InvocationResults take(InvocationHost&) override {
    return {.context = {static_cast<const std::uint8_t*>(context_.address()), size_},
            .gives_context = size_ != 0,
            .context_in_place = true};
  }

 private:
  static constexpr std::uint32_t largest_context = 0xffff;
  std::size_t size_ = 0;
  runtime::Context context_{8};
};

std::unique_ptr<Invocation> make_invocation() {
  return std::make_unique<SyscallInvocation>();
}

}  // namespace

constinit const ProgTypeDef syscall_type = {
    .type = ProgType::syscall,
    .name = "syscall",
    .context_type = "void",
    .tagged_context = {.anything = true},
    .context_is_memory = true,
    .must_sleep = true,
    .since = {5, 14},
    .summary = "Makes system calls; run by a test run.",
    .context_access = access,
    .helper_allowed = helper,
    .helper_refused = refused,
    .may_sleep = always,
    .check_attach_type = attach,
    .make_invocation = make_invocation,
    .test_run = true,
};

}  // namespace skep::progtypes
