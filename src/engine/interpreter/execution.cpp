// A run of a program, as executors and calls see it. See engine/interpreter/execution.hpp; the instructions are in
// run.cpp.
#include "engine/interpreter/execution.hpp"

#include <algorithm>
#include <cerrno>
#include <utility>

#include "engine/callback.hpp"
#include "engine/interpreter/lowering.hpp"
#include "engine/interpreter/machine.hpp"

namespace skep::engine {

async::Progress Execution::Machine::advance(std::uint64_t budget) {
  async::Progress progress = async::Progress::finished;
  if (state == State::finished) return progress;
  const std::uint64_t granted = env.leash.grant(executed, [this] { return services->limit_clock_ns(); });
  if (granted == 0) return stop();
  if (env.leash.has_become_long()) services->run_is_long(&env, place());
  const bool exactly = budget != async::unlimited || env.leash.limits().instructions != 0;
  budget = std::min(budget, granted);
  switch (state) {
    case State::finished:
      return progress;
    case State::sleeping:
      return async::Progress::sleeping;
    case State::slept:
    case State::resuming:
      state = State::running;
      if (!act(resume(answer), progress)) return progress;
      break;
    case State::running:
      break;
  }
  if (observer != nullptr) return run<true>(budget);
  return exactly ? run<false>(budget) : run_steps(budget);
}

runtime::RunPlace Execution::Machine::place() const {
  return {.reason = env.leash.reason(),
          .program = *program,
          .pc = pc,
          .entry = *entry,
          .instructions = executed,
          .time_ns = env.leash.running_ns(),
          .cpu = cpu,
          .limits = env.leash.limits()};
}

async::Progress Execution::Machine::stop() {
  services->run_stopped(place());
  frames.clear();
  wanted_next.resume = nullptr;
  env.holdings.give_all_back();
  regs[0] = 0;
  state = State::finished;
  return async::Progress::finished;
}

std::string Execution::Machine::call_trace() const {
  CallTrace trace(cpu, *services);
  trace.add(*program, pc);
  for (auto frame = frames.rbegin(); frame != frames.rend(); ++frame) trace.add(*frame->program, frame->pc);
  return trace.text();
}

Execution::Execution() : machine_(std::make_unique<Machine>(*this)) {}
Execution::Execution(const RunRequest& request) : Execution() {
  begin(request);
}
Execution::~Execution() = default;

void Execution::begin(const RunRequest& request) {
  Machine& m = *machine_;
  m.started = request.entry.program->shared_from_this();
  m.entry = &request.entry;
  m.context = request.context;
  m.services = &request.services;
  m.observer = request.observer != nullptr ? request.observer : request.services.observer;
  m.home = request.cpu;
  leash.begin(request.limits != nullptr ? *request.limits : request.services.run_limits, request.services.stop_signal);
  m.start(request.arguments);
}

void Execution::give_back() {
  std::unique_ptr<Execution> self(this);
  const std::shared_ptr<const Program> keeps_the_pool = machine_->started;
  const unsigned home = machine_->home;
  machine_->release();
  if (keeps_the_pool) Interpreted::of(*keeps_the_pool).pool().give(home, std::move(self));
}

RunPtr Interpreted::make_run(const RunRequest& request) const {
  std::unique_ptr<Execution> run = pool_->take(request.cpu);
  if (run == nullptr) run = std::make_unique<Execution>();
  run->begin(request);
  return RunPtr(run.release());
}

namespace {

class Interpreter final : public Engine {
 public:
  explicit Interpreter(unsigned cpus) : pool_(std::make_shared<RunPool<Execution>>(cpus)) {}
  const char* name() const override { return "interpreter"; }
  std::shared_ptr<const Executable> compile(const Program& program) override {
    return std::make_shared<const Interpreted>(lower(program), pool_);
  }

 private:
  std::shared_ptr<RunPool<Execution>> pool_;
};

}  // namespace

std::unique_ptr<Engine> make_interpreter(unsigned cpus) {
  return std::make_unique<Interpreter>(cpus);
}

async::Progress Execution::advance(unsigned cpu, std::uint64_t budget) {
  machine_->cpu = cpu;
  return machine_->advance(budget);
}

void Execution::sleep_off_cpu() {
  Machine& m = *machine_;
  if (m.state != Machine::State::sleeping) return;
  m.answer = m.sleep_operation(m.wanted_next.state);
  m.state = Machine::State::slept;
}

bool Execution::finished() const {
  return machine_->state == Machine::State::finished;
}
std::uint64_t Execution::result() const {
  return machine_->regs[0];
}
std::uint64_t Execution::instructions() const {
  return machine_->executed;
}
std::uint32_t Execution::pc() const {
  return machine_->pc;
}
std::span<const std::uint64_t> Execution::registers() const {
  return machine_->regs;
}
void Execution::restart(const std::array<std::uint64_t, 5>& arguments) {
  machine_->leave_the_long_ones();
  leash.begin(leash.limits(), machine_->services->stop_signal);
  machine_->start(arguments);
}

runtime::Services& Execution::services() {
  return *machine_->services;
}
unsigned Execution::cpu() const {
  return machine_->cpu;
}
const Program& Execution::program() const {
  return *machine_->program;
}
void* Execution::context() const {
  return machine_->context;
}
std::shared_ptr<const Program> Execution::shared_program() const {
  return machine_->program == machine_->started.get() ? machine_->started : machine_->program->shared_from_this();
}

bool Execution::on_stack(std::uint64_t from, std::uint64_t size) const {
  return machine_->on_stack(from, size);
}

runtime::CallResult Execution::invoke(const Subprogram& fn, std::array<std::uint64_t, 5> args,
                                      const runtime::Continuation& next) {
  machine_->wanted = &fn;
  machine_->wanted_args = args;
  machine_->wanted_next = next;
  return {runtime::CallResult::Kind::callback, 0};
}

runtime::CallResult Execution::sleep(runtime::SleepFn operation, const runtime::Continuation& next) {
  machine_->sleep_operation = operation;
  machine_->wanted_next = next;
  return {runtime::CallResult::Kind::sleep, 0};
}

// What a call without a target, or one too many, answers: the program goes on behind it.
runtime::CallResult Execution::tail_call(const Program& target) {
  if (machine_->tail_calls >= max_tail_calls) return runtime::CallResult::error(-EINVAL);
  auto held = target.weak_from_this().lock();
  if (held == nullptr || !held->executable()->obstacle().empty()) return runtime::CallResult::error(-EINVAL);
  ++machine_->tail_calls;
  machine_->tail_target = std::move(held);
  return {runtime::CallResult::Kind::tail_call, 0};
}

std::string Execution::call_trace() const {
  return machine_->call_trace();
}

const runtime::InsnFacts& Execution::call_site() const {
  return machine_->program->code().facts[machine_->pc];
}

std::shared_ptr<async::Callback> Execution::make_callback(const Subprogram& fn, maps::Map& map, void* value) {
  return memory::make_small_shared<ProgramCallback>(fn, map, value, *machine_->services);
}

}  // namespace skep::engine
