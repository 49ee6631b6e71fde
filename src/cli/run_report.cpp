// What `skep run` prints of a run: in words, and as one line of JSON. See cli/run_report.hpp.
#include "cli/run_report.hpp"

#include <bpf/libbpf.h>
#include <unistd.h>

#include <algorithm>
#include <cstring>

#include "cli/json.hpp"
#include "cli/object.hpp"
#include "testbench/duration.hpp"
#include "testbench/packet_text.hpp"
#include "testbench/verdict.hpp"

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

void add_seen(JsonObject& line, const Outcome& outcome) {
  std::vector<std::string> trace;
  std::vector<JsonObject> lines, records, maps;
  for (const TraceLine& said : outcome.seen.lines) {
    trace.push_back(said.text);
    lines.emplace_back().add("text", said.text).add("program", said.program).add("cpu", said.cpu);
  }
  for (const testbench::Record& record : outcome.seen.records) {
    JsonObject& one = records.emplace_back();
    one.add("map", record.map).add("bytes", hex(record.bytes)).raw("value", record.text);
    if (record.perf) one.add("program", record.program).add("index", record.index);
  }
  for (const testbench::MapChanges& changed : outcome.seen.maps)
    maps.emplace_back()
        .add("map", testbench::shown_name(changed.map))
        .raw("changes", testbench::changes_json(changed.map, changed.changes));
  line.add("trace", trace).add("more_trace", outcome.seen.more_lines).add("trace_lines", lines);
  line.add("records", records).add("more_records", outcome.seen.more_records).add("maps", maps);
}

void add_packet(JsonObject& line, const Outcome& outcome) {
  if (outcome.packet_out.empty() || outcome.error != 0) return;
  JsonObject packet;
  packet.add("bytes", hex(outcome.packet_out)).add("changed", outcome.packet != outcome.packet_out);
  packet.add("summary", testbench::packet_summary(outcome.packet_out));
  line.add("packet", packet);
}

void add_rest(JsonObject& line, const Outcome& outcome) {
  JsonObject work;
  work.add("started", outcome.work.started).add("merged", outcome.work.merged).add("ran", outcome.work.ran);
  work.add("cancelled", outcome.work.cancelled).add("timers", outcome.work.timers);
  work.add("timers_cancelled", outcome.work.timers_cancelled).add("task_works", outcome.work.task_works);
  work.add("restarts", outcome.ending == Ending::restarts);
  std::vector<JsonObject> runs, armed, stopped;
  for (const WorkRun& run : outcome.runs) {
    JsonObject one;
    one.add("program", run.program).add("callback", run.callback).add("map", run.map).add("key", hex(run.key));
    one.add("cpu", run.cpu)
        .add("latency_ns", run.began_ns - run.started_ns)
        .add("duration_ns", run.ended_ns - run.began_ns)
        .add("timer", run.timer)
        .add("task_work", run.task_work)
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
  line.add("work", work).add("runs", runs);
  line.add("more_runs", outcome.more_runs).add("armed", armed).add("stopped", stopped);
  line.add("denied", json_of(outcome.denied));
  add_seen(line, outcome);
}

void print_json(const Options& options, const bpf_program* program, const std::string& type, const Outcome& outcome) {
  JsonObject line;
  line.add("program", bpf_program__name(program)).add("section", bpf_program__section_name(program)).add("type", type);
  line.add("engine", options.engine);
  if (outcome.error == 0)
    line.add("retval", static_cast<std::int32_t>(outcome.retval))
        .add("verdict", testbench::verdict_text(static_cast<ProgType>(bpf_program__type(program)), outcome.retval));
  else
    line.add("errno", -outcome.error).add("message", outcome.refusal);
  line.add("repeat", options.repeat).add("ns_per_run", outcome.ns_per_run);
  if (const std::string to = outcome.redirection.text(); !to.empty()) line.add("redirected_to", to);
  add_rest(line, outcome);
  if (!outcome.output.empty()) line.add("output", outcome.output);
  if (!outcome.not_given.empty()) line.add("read_without_being_given", outcome.not_given);
  add_packet(line, outcome);
  fmt::print("{}\n", line.text());
}

std::string element(const std::string& callback, const std::string& program, const std::string& map,
                    const std::vector<std::uint8_t>& key) {
  return fmt::format("{} of {}, map {}, key {}", callback, program, map, hex(key));
}

// The packet as the program left it, if it changed it; what the packet was, if it was given.
void print_packet(const Options& options, const Outcome& outcome) {
  if (outcome.packet_out.empty() || outcome.error != 0) return;
  const bool changed = outcome.packet != outcome.packet_out;
  if (!changed && options.data_in.empty()) return;
  fmt::print("  packet: {}\n", testbench::packet_summary(outcome.packet));
  if (!changed) return;
  fmt::print("  became: {}\n", testbench::packet_summary(outcome.packet_out));
  for (const std::string& line :
       testbench::packet_difference(outcome.packet, outcome.packet_out, in_color(STDOUT_FILENO)))
    fmt::print("    {}\n", line);
}

void print_seen(const testbench::Seen& seen) {
  constexpr std::size_t most_shown = 50;
  if (seen.more_lines != 0) fmt::print("  ... and {} more lines\n", seen.more_lines);
  for (std::size_t i = 0; i < std::min(seen.records.size(), most_shown); ++i) {
    const testbench::Record& record = seen.records[i];
    if (record.perf)
      fmt::print("  record of {}, index {}, by {}: {}\n", record.map, record.index, record.program, record.text);
    else
      fmt::print("  record of {}: {}\n", record.map, record.text);
  }
  const std::uint64_t more = seen.records.size() - std::min(seen.records.size(), most_shown) + seen.more_records;
  if (more != 0) fmt::print("  ... and {} more records\n", more);
  for (const testbench::MapChanges& changed : seen.maps) {
    const std::vector<std::string> lines = testbench::change_lines(changed.map, changed.changes);
    for (std::size_t i = 0; i < std::min(lines.size(), most_shown); ++i)
      fmt::print("  map {}: {}\n", testbench::shown_name(changed.map), lines[i]);
    if (lines.size() > most_shown)
      fmt::print("  map {}: ... and {} more\n", testbench::shown_name(changed.map), lines.size() - most_shown);
  }
}

void print_rest_in_words(const Outcome& outcome) {
  print_seen(outcome.seen);
  for (const WorkRun& run : outcome.runs)
    fmt::print("  ran {}, cpu {}, {:.1f} us after its {}{}\n", element(run.callback, run.program, run.map, run.key),
               run.cpu, static_cast<double>(run.began_ns - run.started_ns) / 1000,
               run.timer       ? "time"
               : run.task_work ? "scheduling"
                               : "start",
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
  if (outcome.work.task_works != 0) fmt::print("  task work: {} ran\n", outcome.work.task_works);
  if (outcome.ending == Ending::restarts && outcome.last_run.callback.empty())
    fmt::print("  work is still queued\n");
  else if (outcome.ending == Ending::restarts)
    fmt::print(
        "  {} restarts itself and was left running\n",
        element(outcome.last_run.callback, outcome.last_run.program, outcome.last_run.map, outcome.last_run.key));
  for (const ArmedTimer& timer : outcome.armed)
    fmt::print("  still armed: {}, cpu {}, due in {}\n", element(timer.callback, timer.program, timer.map, timer.key),
               timer.cpu, testbench::duration_text(timer.due_in_ns));
}

void print_text(const Options& options, const bpf_program* program, const std::string& type, const Outcome& outcome) {
  const bool was_stopped =
      outcome.error == -ETIME || outcome.error == -EINTR || (outcome.error == -EOPNOTSUPP && !outcome.stopped.empty());
  if (outcome.error != 0 && !was_stopped)
    fmt::print("{} ({}): not run: {}\n", bpf_program__name(program), type,
               outcome.refusal.empty() ? std::strerror(-outcome.error) : outcome.refusal);
  else if (was_stopped)
    fmt::print("{} ({}): stopped\n", bpf_program__name(program), type);
  else
    fmt::print("{} ({}): returned {}, {} ns a run\n", bpf_program__name(program), type,
               testbench::verdict_with_number(static_cast<ProgType>(bpf_program__type(program)), outcome.retval),
               outcome.ns_per_run);
  if (const std::string to = outcome.redirection.text(); !to.empty()) fmt::print("  redirected to {}\n", to);
  print_packet(options, outcome);
  if (!outcome.output.empty()) fmt::print("{}{}", outcome.output, outcome.output.ends_with('\n') ? "" : "\n");
  if (!outcome.not_given.empty()) fmt::print("  read without being given: {}\n", fmt::join(outcome.not_given, ", "));
  print_rest_in_words(outcome);
}

}  // namespace

void print_outcome(const Options& options, const bpf_program* program, const Outcome& outcome) {
  const std::string type = type_name(bpf_program__type(program));
  if (options.json)
    print_json(options, program, type, outcome);
  else
    print_text(options, program, type, outcome);
}

void print_rest(const Options& options, const Outcome& outcome) {
  if (!options.json) return print_rest_in_words(outcome);
  JsonObject line;
  add_rest(line, outcome);
  fmt::print("{}\n", line.text());
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

}  // namespace skep::cli
