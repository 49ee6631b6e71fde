// Programs and links: running and attaching. Tested by tests/api/program_test.cpp.
#include <bpf/bpf.h>
#include <fmt/format.h>

#include <algorithm>
#include <cerrno>
#include <optional>

#include "api/state.hpp"
#include "skep/describe.hpp"

namespace skep {
namespace {

using api::failure;

// How much larger a test run may make a packet.
constexpr std::size_t packet_growth = 4096;

bool takes_only_context(ProgType type) {
  return type == ProgType::syscall || type == ProgType::raw_tracepoint || type == ProgType::tracing;
}

DescribedRun described(const RunInput& input) {
  return {.context = input.described,
          .packet = input.packet,
          .bytes = input.context,
          .target = input.target,
          .repeat = input.repeat};
}
RunResult result_of(DescribedResult&& given) {
  RunResult result;
  result.verdict = given.verdict;
  result.packet = std::move(given.packet);
  result.context = std::move(given.context);
  result.duration = std::chrono::nanoseconds(given.each_ns);
  result.redirection = Kernel::last_redirection();
  result.output = std::move(given.output);
  result.not_given = std::move(given.not_given);
  return result;
}

const std::string& no_name() {
  static const std::string none;
  return none;
}

}  // namespace

Program::Program() = default;
Program::Program(std::shared_ptr<const api::ProgramState> state) : state_(std::move(state)) {}
const std::string& Program::name() const {
  return state_ ? state_->name : no_name();
}
ProgType Program::type() const {
  return state_ ? state_->type : ProgType::unspec;
}
std::uint32_t Program::id() const {
  return state_ ? state_->id : 0;
}
int Program::fd() const {
  return state_ ? state_->fd : -1;
}

namespace {

Status not_run(const std::string& name, int error) {
  const bool began = error == -ETIME || error == -EINTR || error == -EOPNOTSUPP;
  return failure(error, fmt::format("program '{}' was not run{}", name, began ? " to its end" : ""));
}

}  // namespace

Result<RunResult> Program::run(const RunInput& input) const {
  if (!state_) return api::empty_handle();
  std::optional<RunLimitsScope> limits;
  if (input.limits) limits.emplace(*input.limits);
  if (!input.described.empty() || !has_test_run(state_->type)) {
    DescribedResult ran;
    if (const int error = run_described(*state_->object->kernel, state_->fd, described(input), ran); error != 0)
      return not_run(state_->name, error);
    return result_of(std::move(ran));
  }
  RunResult result;
  LIBBPF_OPTS(bpf_test_run_opts, options);
  const bool only_context = takes_only_context(state_->type);
  // A syscall program's context is changed in place, others' are given back.
  if (!input.context.empty()) result.context.assign(input.context.begin(), input.context.end());
  std::vector<std::uint8_t> context_out;
  if (!result.context.empty()) {
    options.ctx_in = result.context.data();
    options.ctx_size_in = static_cast<__u32>(result.context.size());
  }
  if (!input.packet.empty()) {
    result.packet.resize(input.packet.size() + packet_growth);
    options.data_in = input.packet.data();
    options.data_size_in = static_cast<__u32>(input.packet.size());
    options.data_out = result.packet.data();
    options.data_size_out = static_cast<__u32>(result.packet.size());
  }
  if (!only_context) {
    options.repeat = static_cast<int>(std::min<std::uint32_t>(input.repeat, 0x7fffffff));
    if (!result.context.empty()) {
      context_out.resize(result.context.size());
      options.ctx_out = context_out.data();
      options.ctx_size_out = static_cast<__u32>(context_out.size());
    }
  }
  const std::uint32_t rounds = only_context ? std::max<std::uint32_t>(input.repeat, 1) : 1;
  for (std::uint32_t i = 0; i < rounds; ++i)
    if (const int error = bpf_prog_test_run_opts(state_->fd, &options); error != 0) return not_run(state_->name, error);
  result.verdict = options.retval;
  result.redirection = Kernel::last_redirection();
  result.duration = std::chrono::nanoseconds(options.duration);
  result.packet.resize(input.packet.empty() ? 0 : std::min<std::size_t>(options.data_size_out, result.packet.size()));
  if (!context_out.empty()) result.context = std::move(context_out);
  return result;
}

Result<Link> Program::attach(const AttachOptions& options) const {
  if (!state_) return api::empty_handle();
  const KernelBinding binding(*state_->object->kernel);
  const loader::KeepWarnings quiet;
  bpf_link* link = nullptr;
  if (!options.target.empty())
    link = bpf_program__attach_raw_tracepoint(state_->program, options.target.c_str());
  else if (options.target_fd && state_->type == ProgType::xdp)
    link = bpf_program__attach_xdp(state_->program, *options.target_fd);
  else if (options.target_fd && state_->type == ProgType::sched_cls)
    link = bpf_program__attach_tcx(state_->program, *options.target_fd, nullptr);
  else if (options.target_fd)
    link = bpf_program__attach_cgroup(state_->program, *options.target_fd);
  else
    link = bpf_program__attach(state_->program);
  if (link == nullptr) {
    const int code = errno;
    return failure(code, fmt::format("program '{}' (section {}) was not attached{}", state_->name,
                                     bpf_program__section_name(state_->program),
                                     code == EOPNOTSUPP ? "; say where: AttachOptions" : ""));
  }
  auto state = std::make_shared<api::LinkState>();
  state->object = state_->object;
  state->link = link;
  bpf_link_info info{};
  __u32 size = sizeof info;
  if (bpf_link_get_info_by_fd(bpf_link__fd(link), &info, &size) == 0) state->id = info.id;
  return Link(std::move(state));
}

Link::Link() = default;
Link::Link(std::shared_ptr<const api::LinkState> state) : state_(std::move(state)) {}
std::uint32_t Link::id() const {
  return state_ ? state_->id : 0;
}

api::LinkState::~LinkState() {
  bpf_link__destroy(link);
}

Result<std::uint32_t> Link::fire(void* context, std::size_t size) const {
  if (!state_) return api::empty_handle();
  int error = 0;
  const std::uint32_t verdict = state_->object->kernel->fire(state_->id, context, size, error);
  if (error != 0) return failure(error, "the link was not fired");
  return verdict;
}

Result<RunResult> Link::fire(const RunInput& input) const {
  if (!state_) return api::empty_handle();
  std::optional<RunLimitsScope> limits;
  if (input.limits) limits.emplace(*input.limits);
  DescribedResult ran;
  const int error = fire_described(*state_->object->kernel, state_->id, described(input), ran);
  if (error != 0) return failure(error, "the link was not fired");
  return result_of(std::move(ran));
}

Status Link::detach() const {
  if (!state_) return api::empty_handle();
  if (state_->id == 0)
    return {EOPNOTSUPP, "a struct_ops map without BPF_F_LINK is detached when the last copy of its Link goes"};
  if (const int error = bpf_link__detach(state_->link); error != 0) return failure(error, "the link was not detached");
  return {};
}

Result<std::uint64_t> StructOps::call(std::string_view member, std::initializer_list<std::uint64_t> args) const {
  if (!kernel_) return api::empty_handle();
  int error = 0;
  const std::uint64_t result = kernel_->call_struct_ops(map_, member, {args.begin(), args.size()}, error);
  if (error != 0) return failure(error, fmt::format("{}.{} was not called", map_, member));
  return result;
}

}  // namespace skep
