// See engine/llvm/compiled.hpp. What machine code calls is in glue.cpp, when programs are compiled in compiler.cpp.
#include "engine/llvm/compiled.hpp"

#include <cerrno>
#include <thread>

#include "engine/call_trace.hpp"
#include "engine/callback.hpp"
#include "engine/guarded_call.hpp"
#include "engine/llvm/compiler.hpp"
#include "maps/map.hpp"

namespace skep::engine::native {

constexpr std::int64_t callback_cost = 20;  // instructions that one takes, as the leash counts

using runtime::Continuation;
using runtime::Subprogram;

// ---- the life of a run ----------------------------------------------------------------------------------------------

void CompiledRun::begin(const Compiled& executable, const RunRequest& request) {
  started_ = request.entry.program->shared_from_this();
  executable_ = &executable;
  take_up(request);
}

void CompiledRun::begin_again(const RunRequest& request) {
  end();
  take_up(request);
}

void CompiledRun::take_up(const RunRequest& request) {
  entry_ = &request.entry;
  context_ = request.context;
  services_ = &request.services;
  home_ = request.cpu;
  arguments_ = request.arguments;
  state.most_quick_jumps = started_->code().might_sleep ? 0 : max_tail_calls;
  leash.begin(request.limits != nullptr ? *request.limits : services_->run_limits, services_->stop_signal);
  start();
}

void CompiledRun::start() {
  finished_ = false;
  again_ = nullptr;
  result_ = 0;
  state.tail_calls = 0;
  state.outermost = started_.get();
  state.program = started_.get();
  state.waiting = nullptr;
  state.frames = nullptr;
  state.pc = 0;
  state.depth = 0;
  state.executed = 0;
  holdings.forget();
  given.clear();
  reached_.clear();
}

void CompiledRun::restart(const std::array<std::uint64_t, 5>& arguments) {
  arguments_ = arguments;
  leave_the_long_ones();
  leash.begin(leash.limits(), services_->stop_signal);
  start();
  if (stepped_ == nullptr) return;
  if (may_be_native())
    stepped_.reset();
  else
    stepped_->restart(arguments);
}

void CompiledRun::end() {
  stepped_.reset();
  leave_the_long_ones();
  holdings.forget();
  given.clear();
  reached_.clear();
}

void CompiledRun::give_back() {
  std::unique_ptr<CompiledRun> self(this);
  const std::shared_ptr<const Program> keeps_the_pool = std::move(started_);
  end();
  if (keeps_the_pool != nullptr) executable_->pool().give(home_, std::move(self));
}

// ---- running --------------------------------------------------------------------------------------------------------

// From here on the interpreter has it. Not once machine code has begun.
bool CompiledRun::step_by_step() {
  if (stepped_ == nullptr)
    stepped_ = executable_->reference().make_run({.entry = *entry_,
                                                  .arguments = arguments_,
                                                  .context = context_,
                                                  .services = *services_,
                                                  .cpu = home_,
                                                  .limits = &leash.limits()});
  return stepped_ != nullptr;
}

void CompiledRun::run_to_end(async::Seat& seat) {
  if (stepped_ == nullptr && finished_) return;
  if (stepped_ == nullptr && may_be_native()) return execute(seat);
  step_by_step();
  stepped_->run_to_end(seat);
  end_stepped();
}

void CompiledRun::end_stepped() {
  leash = stepped_->leash;  // what stopped it, if it was stopped
  executable_->interpreted(stepped_->instructions());
}

namespace {

// A thread that runs something to its end and gives no CPU up: what does not sleep needs no more.
class InPlace final : public async::Seat {
 public:
  explicit InPlace(unsigned cpu) : cpu_(cpu) {}
  unsigned cpu() const override { return cpu_; }
  void sleep(async::Job& job) override { job.sleep_off_cpu(); }
  void wait_for_others() override { std::this_thread::yield(); }

 private:
  unsigned cpu_;
};

}  // namespace

async::Progress CompiledRun::advance(unsigned cpu, std::uint64_t budget) {
  if (stepped_ == nullptr) {
    if (finished_) return async::Progress::finished;
    if (budget == async::unlimited && may_be_native() && !started_->code().might_sleep) {
      InPlace seat(cpu);
      execute(seat);
      return async::Progress::finished;
    }
    step_by_step();
  }
  const async::Progress progress = stepped_->advance(cpu, budget);
  if (progress == async::Progress::finished) end_stepped();
  return progress;
}

void CompiledRun::sleep_off_cpu() {
  if (stepped_ != nullptr) return stepped_->sleep_off_cpu();
  answer_ = sleep_operation_(wanted_next_.state);
}

void CompiledRun::execute(async::Seat& seat) {
  seat_ = &seat;
  state.cpu = seat.cpu();
  finished_ = true;
  if (!may_go_on(entry_->start)) return;
  const auto& a = arguments_;
  const Code& made = *executable_->code();
  const Fn code = made.functions[entry_->index];
  const Result result = code(this, a[0], a[1], a[2], a[3], a[4]);
  if (result.status == unwinding) return finish(result);
  result_ = result.value;
  if (made.is_final && !started_->code().might_sleep) again_ = code;
}

// Of a run that is unwound: by an exception, or because it was stopped.
void CompiledRun::finish(Result result) {
  again_ = nullptr;
  if (!stopped()) {
    result.value = cookie_;
    const std::int32_t handler = state.outermost->code().exception_callback;
    if (handler >= 0) {
      state.program = state.outermost;
      state.waiting = nullptr;
      state.frames = nullptr;
      state.depth = 0;
      const Code* code = Compiled::of(*state.outermost).code();
      result = code->functions[static_cast<std::size_t>(handler)](this, cookie_, 0, 0, 0, 0);
      if (result.status == unwinding) result.value = cookie_;
    }
  }
  result_ = stopped() ? 0 : result.value;
}

// A run that has ended by itself leaves no frames. What is left is the way in of the next.
std::uint64_t CompiledRun::repeat(async::Seat& seat, std::uint64_t r1) {
  if (again_ == nullptr || !leash.begin_again()) return Run::repeat(seat, r1);
  state.tail_calls = 0;
  state.outermost = state.program = started_.get();
  state.executed = 0;
  holdings.forget();
  given.clear();
  const Result result = again_(this, r1, 0, 0, 0, 0);
  result_ = result.value;
  if (result.status == unwinding) [[unlikely]]
    finish(result);
  return result_;
}

bool CompiledRun::may_go_on(std::uint64_t pc) {
  state.pc = pc;
  const bool granted = leash.renew([this] { return now(); });
  const auto place = [this] {
    return runtime::RunPlace{.reason = leash.reason(),
                             .program = *state.program,
                             .pc = static_cast<std::uint32_t>(state.pc),
                             .entry = *entry_,
                             .instructions = state.executed,
                             .time_ns = leash.running_ns(),
                             .cpu = state.cpu,
                             .limits = leash.limits()};
  };
  if (granted) {
    if (leash.has_become_long()) services_->run_is_long(static_cast<const CallEnv*>(this), place());
    return true;
  }
  services_->run_stopped(place());
  holdings.give_all_back();
  return false;
}

Result CompiledRun::act(CallResult answer, CallFn fn, const std::array<std::uint64_t, 5>& arguments) {
  Continuation next;   // of the call, once it has asked for something
  bool again = false;  // `next` asked to be called once more, with `value`
  std::uint64_t value = 0;
  const auto resume = [&] {
    if (next.resume == nullptr) return CallResult::of(value);
    Continuation self = next;
    const CallResult result = guarded_resume(*this, self, value);
    again = result.kind == CallResult::Kind::retry;
    if (again) next = self;
    return result;
  };
  for (;;) {
    switch (answer.kind) {
      case CallResult::Kind::value:
        return {answer.value, goes_on};
      case CallResult::Kind::callback: {
        next = wanted_next_;
        leash.fuel -= callback_cost;
        if (leash.fuel < 0 && !may_go_on(state.pc)) return {0, unwinding};
        const Result result = call_back();
        if (result.status == unwinding) return result;
        value = result.value;
        answer = resume();
        break;
      }
      case CallResult::Kind::sleep:
        seat_->sleep(*this);
        state.cpu = seat_->cpu();
        if (!may_go_on(state.pc)) return {0, unwinding};
        next = wanted_next_;
        value = answer_;
        answer = resume();
        break;
      case CallResult::Kind::retry:
        seat_->wait_for_others();
        state.cpu = seat_->cpu();
        if (!may_go_on(state.pc)) return {0, unwinding};
        answer = again ? resume()
                       : guarded_call(*this, arguments[0], arguments[1], arguments[2], arguments[3], arguments[4], fn);
        break;
      case CallResult::Kind::tail_call: {
        const Program* const before = state.program;
        const Result result = switch_program(arguments[0])(this, arguments[0], 0, 0, 0, 0);
        state.program = before;
        return result.status == unwinding ? result : Result{result.value, leaves};
      }
      case CallResult::Kind::exception:
        cookie_ = answer.value;
        return {0, unwinding};
    }
  }
}

Result CompiledRun::call_back() {
  const Subprogram& fn = *wanted_;
  Waiting waiting{state.waiting, state.program, state.pc};
  state.waiting = &waiting;
  state.program = fn.program;
  ++state.depth;
  const auto& a = wanted_args_;
  const Result result = Compiled::of(*fn.program).code()->functions[fn.index](this, a[0], a[1], a[2], a[3], a[4]);
  if (result.status == unwinding) return result;
  --state.depth;
  state.waiting = waiting.below;
  state.program = waiting.program;
  state.pc = waiting.pc;
  return result;
}

Result CompiledRun::for_each(maps::Map& map, Fn function, std::uint64_t context) {
  const std::uint64_t pc = state.pc;
  Waiting waiting{state.waiting, state.program, pc};
  state.waiting = &waiting;
  ++state.depth;
  std::uint64_t cursor = 0, answer = 0;
  const auto next = [&](maps::Element& element) {
    try {
      return map.next_element(cursor, element);
    } catch (...) {
      answer = answer_without_memory(call_site()).value;
      return false;
    }
  };
  for (maps::Element element; next(element);) {
    ++answer;
    leash.fuel -= callback_cost;
    if (leash.fuel < 0 && !may_go_on(pc)) return {0, unwinding};
    const Result result =
        function(this, reinterpret_cast<std::uint64_t>(&map), reinterpret_cast<std::uint64_t>(element.key),
                 reinterpret_cast<std::uint64_t>(element.value), context, 0);
    if (result.status == unwinding) return result;
    state.program = waiting.program;
    state.pc = pc;
    if (result.value != 0) break;
  }
  --state.depth;
  state.waiting = waiting.below;
  return {answer, returned};
}

Fn CompiledRun::switch_program(std::uint64_t r1) {
  const Program& target = *tail_target_;
  const Compiled& executable = Compiled::of(target);
  const Code* code = executable.code();
  if (code == nullptr) code = executable.need_code(true);
  if (code != nullptr) {
    state.program = &target;
    if (state.depth == 0) state.outermost = &target;
    return code->functions[0];
  }
  // It has no code: the interpreter runs it here, and its result is what the jump comes back with.
  const RunPtr run = executable.reference().make_run(
      {.entry = target.entry(), .arguments = {r1}, .context = context_, .services = *services_, .cpu = home_});
  run->run_to_end(*seat_);
  state.cpu = seat_->cpu();
  left_with_ = run->result();
  if (run->stopped()) leash.end(run->stop_reason());
  return [](CallEnv* env, std::uint64_t, std::uint64_t, std::uint64_t, std::uint64_t, std::uint64_t) {
    return Result{of(env).left_with_, of(env).stopped() ? unwinding : returned};
  };
}

std::ptrdiff_t CompiledRun::state_offset() {
  const CompiledRun run;
  return reinterpret_cast<const char*>(&run.state) - reinterpret_cast<const char*>(static_cast<const CallEnv*>(&run));
}

std::ptrdiff_t Compiled::entry_place() {
  static const std::ptrdiff_t place = [] {
    const auto program = Program::make({});
    const Compiled compiled(*program, nullptr, nullptr);
    return reinterpret_cast<const char*>(&compiled.entry_) -
           reinterpret_cast<const char*>(static_cast<const Executable*>(&compiled));
  }();
  return place;
}

// ---- the environment of calls ---------------------------------------------------------------------------------------

std::shared_ptr<const Program> CompiledRun::shared_program() const {
  return state.program == started_.get() ? started_ : state.program->shared_from_this();
}

CallResult CompiledRun::invoke(const Subprogram& fn, std::array<std::uint64_t, 5> args, const Continuation& next) {
  wanted_ = &fn;
  wanted_args_ = args;
  wanted_next_ = next;
  return {CallResult::Kind::callback, 0};
}

CallResult CompiledRun::sleep(runtime::SleepFn operation, const Continuation& next) {
  sleep_operation_ = operation;
  wanted_next_ = next;
  return {CallResult::Kind::sleep, 0};
}

CallResult CompiledRun::tail_call(const Program& target) {
  if (state.tail_calls >= max_tail_calls) return CallResult::error(-EINVAL);
  if (Compiled::of(target).code() == nullptr && !target.executable()->obstacle().empty())
    return CallResult::error(-EINVAL);
  // Whoever reads it from a map is in a read section, which keeps it; only a run that sleeps leaves that.
  if (started_->code().might_sleep) {
    auto held = target.weak_from_this().lock();
    if (held == nullptr) return CallResult::error(-EINVAL);
    reached_.push_back(std::move(held));
  }
  ++state.tail_calls;
  tail_target_ = &target;
  return {CallResult::Kind::tail_call, 0};
}

const runtime::InsnFacts& CompiledRun::call_site() const {
  return state.program->code().facts[state.pc];
}

std::string CompiledRun::call_trace() const {
  CallTrace trace(state.cpu, *services_);
  trace.add(*state.program, static_cast<std::uint32_t>(state.pc));
  for (const Waiting* frame = state.waiting; frame != nullptr; frame = frame->below)
    trace.add(*frame->program, static_cast<std::uint32_t>(frame->pc));
  return trace.text();
}

bool CompiledRun::on_stack(std::uint64_t from, std::uint64_t size) const {
  for (const Frame* frame = state.frames; frame != nullptr; frame = frame->below) {
    const std::uint64_t offset = from - reinterpret_cast<std::uint64_t>(frame->begin);
    if (offset <= frame->bytes && size <= frame->bytes - offset) return true;
  }
  return false;
}

std::shared_ptr<async::Callback> CompiledRun::make_callback(const Subprogram& fn, maps::Map& map, void* value) {
  return memory::make_small_shared<ProgramCallback>(fn, map, value, *services_);
}

}  // namespace skep::engine::native
