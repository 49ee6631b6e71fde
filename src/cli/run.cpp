// `skep run`: runs programs and shows what they returned, what ran asynchronously, what was stopped and what is still
// armed. Tested by scripts/run and tests/bounds/command_test.py.
#include <bpf/bpf.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <mutex>
#include <optional>
#include <utility>

#include "cli/duration.hpp"
#include "cli/input.hpp"
#include "cli/json.hpp"
#include "cli/object.hpp"
#include "cli/options.hpp"
#include "cli/runner.hpp"
#include "cli/statistics.hpp"
#include "cli/trace_file.hpp"
#include "progtypes/progtype.hpp"

namespace skep::cli {
namespace {

std::string_view name_of(StopReason reason) {
  switch (reason) {
    case StopReason::instructions:
      return "instructions";
    case StopReason::time:
      return "time";
    case StopReason::asked:
      return "interrupted";
    case StopReason::closing:
      return "closing";
    case StopReason::no_behavior:
      return "no_behavior";
    case StopReason::none:
      break;
  }
  return "none";
}

JsonObject json_of(const StoppedRun& run) {
  JsonObject one;
  one.add("reason", name_of(run.reason)).add("program", run.program).add("function", run.function);
  one.add("entry", run.entry).add("callback", run.callback);
  if (!run.file.empty()) one.add("file", run.file).add("line", run.line).add("source", run.text);
  one.add("instruction", run.instruction).add("instructions", run.instructions).add("time_ns", run.time_ns);
  one.add("message", run.message);
  return one;
}

JsonObject json_of(const DeniedAccesses& denied) {
  std::vector<JsonObject> places;
  for (const DeniedAccess& place : denied.places) {
    JsonObject one;
    one.add("program", place.program).add("function", place.function).add("call", place.call);
    if (!place.file.empty()) one.add("file", place.file).add("line", place.line).add("source", place.text);
    one.add("instruction", place.instruction).add("write", place.write).add("times", place.times);
    one.add("message", place.message);
    places.push_back(std::move(one));
  }
  JsonObject all;
  all.add("reads", denied.reads).add("writes", denied.writes).add("places", places);
  return all;
}

void print_json(const Options& options, const bpf_program* program, const std::string& type, const Outcome& outcome) {
  JsonObject work;
  work.add("started", outcome.work.started).add("merged", outcome.work.merged).add("ran", outcome.work.ran);
  work.add("cancelled", outcome.work.cancelled).add("timers", outcome.work.timers);
  work.add("restarts", outcome.ending == Ending::restarts);
  std::vector<JsonObject> runs, armed, stopped;
  for (const WorkRun& run : outcome.runs) {
    JsonObject one;
    one.add("program", run.program).add("callback", run.callback).add("map", run.map).add("key", hex(run.key));
    one.add("cpu", run.cpu)
        .add("latency_ns", run.began_ns - run.started_ns)
        .add("duration_ns", run.ended_ns - run.began_ns)
        .add("timer", run.timer)
        .add("stopped", run.stopped);
    runs.push_back(std::move(one));
  }
  for (const ArmedTimer& timer : outcome.armed) {
    JsonObject one;
    one.add("program", timer.program).add("callback", timer.callback).add("map", timer.map).add("key", hex(timer.key));
    one.add("cpu", timer.cpu).add("due_in_ns", timer.due_in_ns);
    armed.push_back(std::move(one));
  }
  for (const StoppedRun& run : outcome.stopped) stopped.push_back(json_of(run));
  JsonObject line;
  line.add("program", bpf_program__name(program)).add("section", bpf_program__section_name(program)).add("type", type);
  line.add("engine", options.engine);
  if (outcome.error == 0)
    line.add("retval", static_cast<std::int32_t>(outcome.retval));
  else
    line.add("errno", -outcome.error).add("message", outcome.refusal);
  line.add("repeat", options.repeat).add("ns_per_run", outcome.ns_per_run).add("work", work).add("runs", runs);
  line.add("more_runs", outcome.more_runs).add("armed", armed).add("stopped", stopped);
  line.add("denied", json_of(outcome.denied));
  if (const std::string to = outcome.redirection.text(); !to.empty()) line.add("redirected_to", to);
  if (!outcome.output.empty()) line.add("output", outcome.output);
  if (!outcome.not_given.empty()) line.add("read_without_being_given", outcome.not_given);
  line.add("trace", outcome.trace).add("more_trace", outcome.more_trace);
  fmt::print("{}\n", line.text());
}

std::string element(const std::string& callback, const std::string& program, const std::string& map,
                    const std::vector<std::uint8_t>& key) {
  return fmt::format("{} of {}, map {}, key {}", callback, program, map, hex(key));
}

void print_text(const bpf_program* program, const std::string& type, const Outcome& outcome) {
  const bool was_stopped =
      outcome.error == -ETIME || outcome.error == -EINTR || (outcome.error == -EOPNOTSUPP && !outcome.stopped.empty());
  if (outcome.error != 0 && !was_stopped)
    fmt::print("{} ({}): not run: {}\n", bpf_program__name(program), type,
               outcome.refusal.empty() ? std::strerror(-outcome.error) : outcome.refusal);
  else if (was_stopped)
    fmt::print("{} ({}): stopped\n", bpf_program__name(program), type);
  else
    fmt::print("{} ({}): returned {}, {} ns a run\n", bpf_program__name(program), type,
               static_cast<std::int32_t>(outcome.retval), outcome.ns_per_run);
  if (const std::string to = outcome.redirection.text(); !to.empty()) fmt::print("  redirected to {}\n", to);
  if (!outcome.output.empty()) fmt::print("{}{}", outcome.output, outcome.output.ends_with('\n') ? "" : "\n");
  if (!outcome.not_given.empty()) fmt::print("  read without being given: {}\n", fmt::join(outcome.not_given, ", "));
  for (const WorkRun& run : outcome.runs)
    fmt::print("  ran {}, cpu {}, {:.1f} us after its {}{}\n", element(run.callback, run.program, run.map, run.key),
               run.cpu, static_cast<double>(run.began_ns - run.started_ns) / 1000, run.timer ? "time" : "start",
               run.stopped ? ", and was stopped" : "");
  if (outcome.more_runs != 0) fmt::print("  ... and {} more runs\n", outcome.more_runs);
  for (const StoppedRun& run : outcome.stopped) fmt::print("  {}\n", run.message);
  for (const DeniedAccess& place : outcome.denied.places)
    fmt::print("  {}{}\n", place.message, place.times > 1 ? fmt::format(" ({} times)", place.times) : "");
  if (outcome.denied.reads + outcome.denied.writes != 0)
    fmt::print("  (--host-memory open lets programs reach the memory of this process)\n");
  if (outcome.work.started != 0)
    fmt::print("  work: {} started, {} merged, {} ran, {} cancelled\n", outcome.work.started, outcome.work.merged,
               outcome.work.ran, outcome.work.cancelled);
  if (outcome.work.timers != 0) fmt::print("  timers: {} ran\n", outcome.work.timers);
  if (outcome.ending == Ending::restarts && outcome.last_run.callback.empty())
    fmt::print("  work is still queued\n");
  else if (outcome.ending == Ending::restarts)
    fmt::print(
        "  {} restarts itself and was left running\n",
        element(outcome.last_run.callback, outcome.last_run.program, outcome.last_run.map, outcome.last_run.key));
  for (const ArmedTimer& timer : outcome.armed)
    fmt::print("  still armed: {}, cpu {}, due in {}\n", element(timer.callback, timer.program, timer.map, timer.key),
               timer.cpu, duration_text(timer.due_in_ns));
}

void print(const Options& options, const bpf_program* program, const Outcome& outcome) {
  const auto* definition = progtypes::find(static_cast<ProgType>(bpf_program__type(program)));
  const std::string type = definition != nullptr ? std::string(definition->name) : "unknown";
  if (options.json)
    print_json(options, program, type, outcome);
  else
    print_text(program, type, outcome);
}

void print_refused(const Options& options, const Refusal& refusal) {
  if (options.json) {
    JsonObject line;
    line.add("program", refusal.program).add("type", refusal.type).add("errno", refusal.error);
    line.add("message", refusal_line(refusal));
    add_place(line, refusal.report);
    fmt::print("{}\n", line.text());
  } else if (options.format == "long") {
    fmt::print("{}", refusal_text(refusal, in_color(STDOUT_FILENO)));
  } else {
    fmt::print("{} ({}): not loaded: {}\n", refusal.program, refusal.type, refusal_line(refusal));
  }
}

}  // namespace

int run(const Options& options) {
  Inputs inputs;
  for (const auto& [path, bytes] : {std::pair{&options.data_in, &inputs.data}, {&options.ctx_in, &inputs.context}}) {
    if (path->empty()) continue;
    std::string error;
    auto content = read_input(*path, error);
    if (!content) {
      complain(error);
      return exit_usage;
    }
    *bytes = std::move(*content);
  }
  const KeepWarnings quiet;
  Interrupt interrupt;
  const std::unique_ptr<Kernel> kernel = make_kernel(options);
  if (!kernel) return exit_usage;
  const KernelBinding binding(*kernel);
  std::unique_ptr<TraceFile> trace;
  if (!options.trace.empty()) {
    std::string error;
    trace = TraceFile::create(options.trace, error);
    if (!trace) {
      complain(error);
      return exit_usage;
    }
  }
  int status = exit_ok;
  for (const std::string& path : options.files) {
    const Loaded loaded = load_programs(*kernel, path, options.program);
    if (!loaded.object) {
      if (loaded.why && options.format == "long" && !options.json)
        fmt::print(stderr, "{}", refusal_text(*loaded.why, in_color(STDERR_FILENO)));
      else
        complain(loaded.error);
      return loaded.status;
    }
    std::optional<Statistics> statistics;
    if (options.stats) statistics.emplace(*kernel);
    Runner runner(*kernel, options, interrupt, trace.get());
    bpf_program* program = nullptr;
    bpf_object__for_each_program(program, loaded.object.get()) {
      const bool wanted =
          options.program.empty() ? bpf_program__fd(program) >= 0 : options.program == bpf_program__name(program);
      if (!wanted) continue;
      const Outcome outcome = runner.run(program, inputs);
      print(options, program, outcome);
      std::fflush(stdout);
      if (interrupt.signal() != 0) {
        if (trace) trace->finish();
        return interrupt.status();
      }
      if (outcome.error != 0 || !outcome.stopped.empty()) status = exit_failed;
    }
    for (const Refusal& refused : loaded.refused) {
      print_refused(options, refused);
      status = exit_failed;
    }
    if (statistics) statistics->print(options, loaded.object.get());
  }
  if (trace && !trace->finish()) {
    complain(fmt::format("{}: not all could be written", options.trace));
    return exit_failed;
  }
  return status;
}

}  // namespace skep::cli
