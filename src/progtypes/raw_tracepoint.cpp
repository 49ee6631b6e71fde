// Tracepoints, with their bare arguments as context.
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
  return access_plain(96, offset, size, write, false);
}

constexpr HelperSet helpers =
    groups::base | groups::probing | HelperSet{HelperId::perf_event_output, HelperId::get_attach_cookie};

bool helper(std::uint32_t id, const ProgramTraits&) {
  return helpers.contains(id);
}

// The context is the tracepoint's arguments.
class RawTracepointInvocation final : public Invocation {
 public:
  int check(const InvocationRequest& request, std::string_view&) const override {
    if (request.has_data || request.wants_data || request.wants_context || request.wants_duration || request.repeats ||
        request.batch_size != 0)
      return -EINVAL;
    const bool on_cpu = (request.flags & on_that_cpu) != 0;
    if (request.context_size > arguments || (request.flags & ~on_that_cpu) != 0 || (!on_cpu && request.cpu != 0))
      return -EINVAL;
    return on_cpu && request.cpu >= request.cpus ? -ENXIO : 0;
  }
  std::optional<std::uint32_t> known_context() const override { return std::nullopt; }
  int make(const InvocationRequest& request, std::span<const std::uint8_t>, std::span<const std::uint8_t> given,
           InvocationHost&) override {
    cpu_ = (request.flags & on_that_cpu) != 0 ? std::optional(request.cpu) : std::nullopt;
    size_ = given.size();
    context_.reset(arguments);
    std::ranges::copy(given, static_cast<std::uint8_t*>(context_.address()));
    return 0;
  }
  void* context() override { return context_.address(); }
  std::optional<unsigned> cpu() const override { return cpu_; }
  bool measured() const override { return false; }
  InvocationResults take(InvocationHost&) override { return {}; }

 private:
  static constexpr std::uint32_t on_that_cpu = 1, arguments = 12 * 8;
  std::optional<unsigned> cpu_;
  std::size_t size_ = 0;
  runtime::Context context_{arguments};
};

std::unique_ptr<Invocation> make_invocation() {
  return std::make_unique<RawTracepointInvocation>();
}

}  // namespace

constinit const ProgTypeDef raw_tracepoint_type = {
    .type = ProgType::raw_tracepoint,
    .name = "raw_tracepoint",
    .context_type = "bpf_raw_tracepoint_args",
    .tagged_context = {.words = true},
    .context_size = 96,
    .interrupts_anything = true,
    .since = {4, 17},
    .summary = "Runs at a tracepoint, before its record is made.",
    .context_access = access,
    .helper_allowed = helper,
    .may_sleep = always,
    .may_interrupt_itself = always,
    .may_run_in_nmi = always,
    .opened_by_name = true,
    .make_invocation = make_invocation,
    .test_run = true,
};

}  // namespace skep::progtypes
