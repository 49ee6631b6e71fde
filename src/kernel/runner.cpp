// Programs in a data path: see skep/runner.hpp. A turn is one job of the executor, in which the runs follow each other
// on one seat, so that all but the first go Run::repeat's way. Tested by tests/kernel/runner_test.cpp.
#include "skep/runner.hpp"

#include <fmt/format.h>

#include <atomic>
#include <cerrno>
#include <optional>
#include <thread>

#include "kernel/guarded.hpp"
#include "kernel/invoke.hpp"
#include "kernel/run_watch.hpp"
#include "kernel/signal_runs.hpp"

namespace skep {

struct Runner::State {
  State(Kernel& of, std::shared_ptr<ProgramObject> object)
      : kernel(of), program(std::move(object)), input(*program), invocation(*input->invocation) {}
  ~State() { forget_context(); }
  State(const State&) = delete;
  State& operator=(const State&) = delete;

  int make(const RunnerInput& given);
  int make_context();
  // What programs have stored for the socket that a packet came with goes with the packet.
  void forget_context();
  // While an extension of the program comes or goes, its code is another.
  bool make_run();

  // The first run of a turn finds out where it is; those that follow know.
  static std::uint32_t first(Turn& turn);
  static std::uint32_t again(Turn& turn);
  static std::uint32_t by_steps(Turn& turn);
  int make_signal_run();
  void make_ready(bool first) {
    if (first || each_made_ready) invocation.before_run();
    if (packet != nullptr && packet->redirect.to != runtime::Redirect::To::nowhere) packet->redirect = {};
    ++ended;
  }
  std::uint64_t run_anew(async::Seat* seat);
  // Where the runs of this thread are to be. To ask the machine takes longer than a run.
  std::optional<unsigned> cpu_of_this_thread();

  Kernel& kernel;
  const std::shared_ptr<ProgramObject> program;
  const BorrowedInvocation input;
  progtypes::Invocation& invocation;
  engine::RunPtr run;
  runtime::Packet* packet = nullptr;  // or null: it is run on none
  std::uint64_t argument = 0;
  std::uint32_t ended = 0;  // runs of this turn
  bool made = false;        // there is a context
  bool each_made_ready = true;
  progtypes::InvocationRequest request;
  std::shared_ptr<const runtime::Program> code;
  bool in_signal_handlers = false;
  std::atomic<bool> interrupting{false};  // a run of such a runner is under way
  std::thread::id thread;                 // that `cpu` was found for
  std::optional<unsigned> cpu;
};

std::uint64_t Runner::State::run_anew(async::Seat* seat) {
  make_ready(true);
  run->restart({argument});
  if (seat != nullptr)
    run->run_to_end(*seat);
  else
    kernel.impl().executor->run(*run);
  return run->result();
}
std::uint32_t Runner::State::first(Turn& turn) {
  turn.run_ = &again;
  return turn.result_ = static_cast<std::uint32_t>(turn.state_.run_anew(static_cast<async::Seat*>(turn.seat_)));
}
std::uint32_t Runner::State::again(Turn& turn) {
  State& state = turn.state_;
  state.make_ready(false);
  async::Seat& seat = *static_cast<async::Seat*>(turn.seat_);
  return turn.result_ = static_cast<std::uint32_t>(state.run->repeat(seat, state.argument));
}
std::uint32_t Runner::State::by_steps(Turn& turn) {
  return turn.result_ = static_cast<std::uint32_t>(turn.state_.run_anew(nullptr));
}

std::optional<unsigned> Runner::State::cpu_of_this_thread() {
  if (skep::cpu_of_this_thread() != nullptr) return cpu_of_run(kernel.impl(), invocation);
  if (const auto self = std::this_thread::get_id(); thread != self) {
    cpu = cpu_of_run(kernel.impl(), invocation);
    thread = self;
  }
  return cpu;
}

int Runner::State::make(const RunnerInput& given) {
  request.data_size = static_cast<std::uint32_t>(given.packet.size());
  request.context_size = static_cast<std::uint32_t>(given.context.size());
  request.has_context = !given.context.empty();
  request.has_data = !given.packet.empty();
  request.context_used = program->context_used;
  request.cpus = kernel.impl().cpu_count();
  std::string_view unsupported;
  if (const int error = invocation.check(request, unsupported); error != 0) return error;
  input->data.assign(given.packet.begin(), given.packet.end());
  input->context.assign(given.context.begin(), given.context.end());
  if (const auto known = invocation.known_context()) {
    if (input->context.size() > *known) return -E2BIG;
    input->context.resize(*known);
  }
  return make_context();
}

void Runner::State::forget_context() {
  if (!made) return;
  made = false;
  guarded(kernel, "a runner", [this] {
    InvocationKeeper host(kernel.impl(), *program);
    (void)invocation.take(host);
  });
}

int Runner::State::make_context() {
  forget_context();
  InvocationKeeper host(kernel.impl(), *program);
  if (const int error = invocation.make(request, input->data, input->context, host); error != 0) return error;
  argument = invocation.argument();
  packet = program->type->invoked_on_packet ? runtime::Context::header_of(invocation.context()).packet : nullptr;
  made = true;
  return 0;
}

bool Runner::State::make_run() {
  auto now = program->extended_code();
  if (now == nullptr) now = program->code;
  if (run != nullptr && now == code) return true;
  code = std::move(now);
  run = skep::make_run(kernel.impl(), *program, argument, invocation.context());
  each_made_ready = run == nullptr || each_run_is_made_ready(*program, *run, invocation);
  return run != nullptr;
}

// The interpreter's, for all that it needs is there beforehand.
int Runner::State::make_signal_run() {
  code = program->code;
  run = code->executable()->reference().make_run({.entry = code->entry(),
                                                  .arguments = {argument},
                                                  .context = invocation.context(),
                                                  .services = *kernel.impl().services,
                                                  .limits = limits_of_this_thread()});
  invocation.before_run();  // what it allocates the first time is there then
  return kernel.impl().executor->prepare_for_signals();
}

namespace {

// The body of a turn, where an executor has given it a CPU.
template <typename Body>
class TurnJob final : public async::Job {
 public:
  explicit TurnJob(Body body) : body_(std::move(body)) {}
  async::Progress advance(unsigned, std::uint64_t) override { return async::Progress::finished; }
  void sleep_off_cpu() override {}
  void run_to_end(async::Seat& seat) override { body_(&seat); }

 private:
  Body body_;
};

}  // namespace

Result<Runner> Runner::make(Kernel& kernel, int program_fd, const RunnerInput& input) {
  Kernel::Impl& impl = kernel.impl();
  impl.begin_command();
  std::unique_ptr<State> state;
  std::string why;
  const int error = errno_of([&] {
    int missing = 0;
    auto program = impl.find<ProgramObject>(static_cast<std::uint32_t>(program_fd), ObjectKind::program, missing);
    if (!program) return missing;
    why = cannot_run(*program);
    if (why.empty() && program->type->make_invocation == nullptr)
      why = fmt::format("{} programs are not run on a packet or on bytes", program->type->name);
    if (!why.empty()) return -EOPNOTSUPP;
    state = std::make_unique<State>(kernel, std::move(program));
    if (const int refused = state->make(input); refused != 0) {
      why = fmt::format("{} programs do not take such a packet or context", state->program->type->name);
      return refused;
    }
    if (!input.in_signal_handlers) return state->make_run() ? 0 : -ENOMEM;
    why = why_not_in_signal_handlers(impl, *state->program);
    if (!why.empty()) return -EOPNOTSUPP;
    state->in_signal_handlers = true;
    const int refused = state->make_signal_run();
    if (refused == -EOPNOTSUPP) why = "a Kernel that steps has no runs in signal handlers";
    return refused;
  });
  if (error != 0) return Status(-error, fmt::format("no runner{}{}", why.empty() ? "" : ": ", why));
  return Runner(std::move(state));
}

Runner::Runner(std::unique_ptr<State> state) : state_(std::move(state)) {}
Runner::Runner(Runner&&) noexcept = default;
Runner& Runner::operator=(Runner&&) noexcept = default;
Runner::~Runner() = default;

void Runner::take_turn(void (*body)(void* function, Turn& turn), void* function) {
  State& state = *state_;
  if (state.in_signal_handlers) return state.kernel.impl().log("a runner for signal handlers has no turns");
  Kernel::Impl& impl = state.kernel.impl();
  Turn turn(state);
  guarded(state.kernel, "a turn of a runner", [&] {
    if (!state.make_run()) return;
    state.ended = 0;
    RunMeter meter(impl, *state.program);
    const auto with = [&](async::Seat* seat) {
      turn.seat_ = seat;
      guarded(state.kernel, "a turn of a runner", [&] { body(function, turn); });
    };
    if (impl.options.stepping_seed) {
      turn.run_ = &State::by_steps;
      with(nullptr);
    } else {
      turn.run_ = &State::first;
      TurnJob job(with);
      if (const auto cpu = state.cpu_of_this_thread(); cpu)
        impl.executor->run_on(*cpu, job);
      else
        impl.executor->run(job);
    }
    meter.count(state.ended);
  });
}

std::uint32_t Runner::run() {
  std::uint32_t result = 0;
  turn([&result](Turn& turn) { result = turn.run(); });
  return result;
}
int Runner::run_in_signal_handler(std::uint32_t* result) noexcept {
  State& state = *state_;
  if (!state.in_signal_handlers) return -EINVAL;
  if (state.interrupting.exchange(true, std::memory_order_acquire)) return -EBUSY;
  const int errno_before = errno;
  bool ran = false;
  TurnJob job([&](async::Seat* seat) { ran = true, state.run_anew(seat); });
  {
    RunMeter meter(state.kernel.impl(), *state.program);
    static_cast<void>(state.kernel.impl().executor->run_in_signal_handler(job));
    meter.count(ran ? 1 : 0);
  }
  const int error = ran ? error_of(state.run->stop_reason()) : -EBUSY;
  if (ran && result != nullptr) *result = static_cast<std::uint32_t>(state.run->result());
  errno = errno_before;
  state.interrupting.store(false, std::memory_order_release);
  return error;
}

int Runner::error() const {
  return error_of(state_->run->stop_reason());
}

int Runner::Turn::error() const {
  return error_of(state_.run->stop_reason());
}
int Runner::Turn::packet(std::span<const std::uint8_t> bytes) {
  if (!state_.program->type->invoked_on_packet) return -EINVAL;
  return errno_of([&] {
    progtypes::InvocationRequest wanted = state_.request;
    wanted.data_size = static_cast<std::uint32_t>(bytes.size());
    std::string_view unsupported;
    if (const int error = state_.invocation.check(wanted, unsupported); error != 0) return error;
    state_.request = wanted;
    state_.input->data.assign(bytes.begin(), bytes.end());
    return state_.make_context();
  });
}
std::span<const std::uint8_t> Runner::Turn::packet() const {
  if (state_.packet == nullptr) return {};
  return state_.packet->data();
}
Redirection Runner::Turn::redirection() const {
  if (state_.packet == nullptr || !redirects(*state_.program, result_)) return {};
  return redirection_of(*state_.packet);
}

}  // namespace skep
