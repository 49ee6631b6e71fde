// See cli/runner.hpp.
#include "cli/runner.hpp"

#include <bpf/bpf.h>
#include <fmt/format.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <cstdio>
#include <string_view>
#include <thread>
#include <utility>

#include "progtypes/progtype.hpp"
#include "skep/describe.hpp"

namespace skep::cli {
namespace {

using Clock = std::chrono::steady_clock;
using std::chrono::nanoseconds;

constexpr std::size_t default_packet = 64;
constexpr std::size_t packet_growth = 4096;      // how much larger a program may make it
constexpr std::size_t most_runs = 1000;          // that are shown; work may restart millions of times
constexpr std::uint64_t glance_ns = 20'000'000;  // how often signals are looked for
// A callback that has run for so long when the wait is over is waited for: it has a time limit of its own. Younger ones
// are work that goes on and on.
constexpr std::uint64_t endless_ns = 250'000'000;

// Functions that the kernel has for test runs: it calls them, and what is attached runs.
bool is_test_function(const bpf_program* program) {
  const std::string_view section = bpf_program__section_name(program);
  const std::string_view name = section.substr(std::min(section.find('/'), section.size() - 1) + 1);
  return name.starts_with("bpf_fentry_test") || name.starts_with("bpf_modify_return_test");
}

// Whether the kernel runs programs of the type, and this one, in test runs.
bool has_test_run(const bpf_program* program) {
  const auto type = static_cast<ProgType>(bpf_program__type(program));
  const auto* const definition = progtypes::find(type);
  if (type == ProgType::tracing) return is_test_function(program);
  if (definition == nullptr) return true;
  // The others' test runs need a context that is given whole.
  const bool needs_little =
      definition->invoked_on_packet || definition->context_is_memory || definition->opened_by_name;
  return definition->test_run && needs_little;
}

// What the section says that the program is attached to, if it does: "tracepoint/sched/sched_switch".
std::string target_of(const bpf_program* program) {
  const std::string_view section = bpf_program__section_name(program);
  const auto slash = section.rfind('/');
  std::string_view target = slash == std::string_view::npos ? std::string_view() : section.substr(slash + 1);
  return std::string(target.substr(0, target.find('+')));
}

WorkStatistics difference(const WorkStatistics& after, const WorkStatistics& before) {
  return {after.started - before.started,
          after.merged - before.merged,
          after.ran - before.ran,
          after.cancelled - before.cancelled,
          after.timers - before.timers,
          after.stopped - before.stopped,
          after.timers_merged - before.timers_merged,
          after.timers_cancelled - before.timers_cancelled,
          after.task_works - before.task_works,
          after.task_works_cancelled - before.task_works_cancelled};
}

DeniedAccesses difference(DeniedAccesses after, const DeniedAccesses& before) {
  after.reads -= before.reads;
  after.writes -= before.writes;
  for (std::size_t i = 0; i < before.places.size(); ++i) after.places[i].times -= before.places[i].times;
  std::erase_if(after.places, [](const DeniedAccess& place) { return place.times == 0; });
  return after;
}

// On the clock of a Kernel with threads.
std::uint64_t now_ns() {
  return static_cast<std::uint64_t>(nanoseconds(Clock::now().time_since_epoch()).count());
}

std::uint64_t left_until(Clock::time_point end) {
  const auto now = Clock::now();
  return now < end ? static_cast<std::uint64_t>(nanoseconds(end - now).count()) : 0;
}

}  // namespace

bool takes_packet(ProgType type) {
  const auto* const definition = progtypes::find(type);
  return definition != nullptr && definition->invoked_on_packet;
}

Runner::Runner(std::shared_ptr<Kernel> kernel, const Object& object, const Options& options, Interrupt& interrupt,
               std::shared_ptr<TraceFile> trace)
    : owner_(std::move(kernel)),
      kernel_(*owner_),
      options_(options),
      interrupt_(interrupt),
      trace_(std::move(trace)),
      watch_(owner_, object) {
  kernel_.on_work_run([told = told_, trace = trace_](const WorkRun& run) {
    if (trace != nullptr) trace->callback(run);
    const std::lock_guard guard(told->lock);
    told->outcome.last_run = run;
    if (told->outcome.runs.size() < most_runs)
      told->outcome.runs.push_back(run);
    else
      ++told->outcome.more_runs;
  });
  kernel_.on_run_stopped([told = told_](const StoppedRun& run) {
    const std::lock_guard guard(told->lock);
    if (told->outcome.stopped.size() < most_runs) told->outcome.stopped.push_back(run);
  });
  kernel_.on_log([told = told_](std::string_view line) {
    const std::lock_guard guard(told->lock);
    told->outcome.refusal = line;
  });
  // What is looked at by people appears when it is said.
  if (!options_.json)
    watch_.on_line = [](const TraceLine& line) {
      fmt::print("  {} on cpu {} says: {}\n", line.program, line.cpu, line.text);
      std::fflush(stdout);
    };
  interrupt_.watch(&kernel_);
}

Runner::~Runner() {
  interrupt_.watch(nullptr);
  kernel_.on_work_run(nullptr);
  kernel_.on_run_stopped(nullptr);
  kernel_.on_log(nullptr);
}

// Until nothing is left that is due within --drain. Then callbacks that have not ended are waited for, whose time limit
// ends them, and work that restarts is left alone.
Ending Runner::wait_for_work() {
  // A clock that stands goes on as far as --drain at once.
  if (!options_.now.empty())
    return kernel_.settle(options_.drain_ns) ? Ending::done
           : interrupt_.signal() != 0        ? Ending::interrupted
                                             : Ending::restarts;
  const auto end = Clock::now() + nanoseconds(options_.drain_ns);
  while (interrupt_.signal() == 0) {
    const std::uint64_t left = left_until(end);
    const bool idle = kernel_.settle(std::min(left, glance_ns));
    if (!idle) {
      if (left == 0) break;
      continue;
    }
    const auto armed = kernel_.armed_timers();
    if (armed.empty() || armed.front().due_in_ns > left) return Ending::done;
    std::this_thread::sleep_for(nanoseconds(std::min(armed.front().due_in_ns, glance_ns)));
  }
  const auto fresh = Clock::now() + nanoseconds(endless_ns);
  while (interrupt_.signal() == 0) {
    if (kernel_.drain(glance_ns)) return Ending::done;
    const auto running = kernel_.long_runs();
    const bool endless = std::ranges::any_of(
        running, [](const LongRun& run) { return run.callback && run.running_ns >= endless_ns - glance_ns; });
    if (!endless && left_until(fresh) == 0) return Ending::restarts;
  }
  return Ending::interrupted;
}

// Skep's own way: for types that the kernel does not test-run, and for contexts that are described.
int Runner::run_as_described(const bpf_program* program, const Inputs& inputs, Outcome& outcome) {
  DescribedRun run;
  const std::string target = options_.target.empty() ? target_of(program) : options_.target;
  run.context = options_.context;
  run.packet = inputs.data;
  run.bytes = inputs.context;
  run.target = target;
  run.repeat = options_.repeat;
  DescribedResult result;
  const int error = run_described(kernel_, bpf_program__fd(program), run, result);
  outcome.retval = result.verdict;
  outcome.ns_per_run = result.each_ns;
  outcome.output = std::move(result.output);
  outcome.not_given = std::move(result.not_given);
  outcome.packet.assign(inputs.data.begin(), inputs.data.end());
  outcome.packet_out = std::move(result.packet);
  return error;
}

int Runner::test_run(const bpf_program* program, const Inputs& inputs, Outcome& outcome) {
  const auto type = static_cast<ProgType>(bpf_program__type(program));
  std::vector<std::uint8_t> packet = inputs.data, context = inputs.context;
  LIBBPF_OPTS(bpf_test_run_opts, options);
  if (takes_packet(type)) {
    if (packet.empty()) packet.resize(default_packet);
    options.data_in = packet.data();
    options.data_size_in = static_cast<__u32>(packet.size());
    options.repeat = static_cast<int>(options_.repeat);
    outcome.packet_out.resize(packet.size() + packet_growth);
    options.data_out = outcome.packet_out.data();
    options.data_size_out = static_cast<__u32>(outcome.packet_out.size());
  }
  if (!context.empty()) {
    options.ctx_in = context.data();
    options.ctx_size_in = static_cast<__u32>(context.size());
  }
  const bool attaches = type == ProgType::tracing;
  bpf_link* const link = attaches ? bpf_program__attach(program) : nullptr;
  if (attaches && link == nullptr) return -errno;
  // Types whose test runs do not repeat are run that often.
  const unsigned rounds = takes_packet(type) ? 1 : options_.repeat;
  int error = 0;
  for (unsigned i = 0; i < rounds && error == 0; ++i)
    error = bpf_prog_test_run_opts(bpf_program__fd(program), &options);
  bpf_link__destroy(link);
  outcome.packet_out.resize(error == 0 && options.data_out != nullptr ? options.data_size_out : 0);
  outcome.packet = std::move(packet);
  outcome.retval = options.retval;
  outcome.ns_per_run = options.duration;
  return error;
}

Outcome Runner::run(const bpf_program* program, const Inputs& inputs) {
  begin();
  Outcome outcome;
  const bool own_way = !options_.context.empty() || !has_test_run(program);
  const std::uint64_t began = now_ns();
  outcome.error = own_way ? run_as_described(program, inputs, outcome) : test_run(program, inputs, outcome);
  if (trace_ != nullptr) {
    const auto* const definition = progtypes::find(static_cast<ProgType>(bpf_program__type(program)));
    trace_->program(bpf_program__name(program), definition != nullptr ? definition->name : "unknown", began, now_ns(),
                    static_cast<std::int32_t>(outcome.retval));
  }
  if (outcome.error == 0 && takes_packet(static_cast<ProgType>(bpf_program__type(program))))
    outcome.redirection = Kernel::last_redirection();
  finish(outcome);
  return outcome;
}

Outcome Runner::run_packet(const bpf_program* program, const std::vector<std::uint8_t>& packet) {
  Outcome outcome;
  outcome.error = test_run(program, {packet, {}}, outcome);
  if (outcome.error != 0) {
    const std::lock_guard guard(told_->lock);
    outcome.refusal = std::exchange(told_->outcome.refusal, {});
  }
  return outcome;
}

void Runner::begin() {
  watch_.begin();
  work_before_ = kernel_.work();
  denied_before_ = kernel_.denied();
}

void Runner::finish(Outcome& outcome) {
  outcome.ending = wait_for_work();
  outcome.seen = watch_.end();
  {
    const std::lock_guard guard(told_->lock);
    Outcome told = std::exchange(told_->outcome, {});
    outcome.runs = std::move(told.runs);
    outcome.more_runs = told.more_runs;
    outcome.last_run = std::move(told.last_run);
    outcome.stopped = std::move(told.stopped);
    outcome.refusal = std::move(told.refusal);
  }
  outcome.work = difference(kernel_.work(), work_before_);
  outcome.armed = kernel_.armed_timers();
  outcome.denied = difference(kernel_.denied(), denied_before_);
}

}  // namespace skep::cli
