// `skep run`: runs programs and shows what they returned and did: to the packet, to maps, in words and records, what
// ran asynchronously, what was stopped and what is still armed. What is printed is in run_report.cpp; captures of
// packets are run_pcap.cpp's. Tested by tests/testbench/run_test.py, scripts/run and tests/bounds/command_test.py.
#include <bpf/bpf.h>
#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <optional>
#include <span>
#include <utility>

#include "cli/input.hpp"
#include "cli/json.hpp"
#include "cli/kept_maps.hpp"
#include "cli/object.hpp"
#include "cli/options.hpp"
#include "cli/run_pcap.hpp"
#include "cli/run_report.hpp"
#include "cli/runner.hpp"
#include "cli/statistics.hpp"
#include "cli/trace_file.hpp"
#include "kernel/testing.hpp"
#include "testbench/run_profile.hpp"
#include "testbench/walk_profile.hpp"

namespace skep::cli {

namespace {

// The lines that took most; and the file. False: it cannot be written.
bool finish_profile(const Options& options, testbench::RunProfile& profile) {
  constexpr std::size_t most_lines = 20;
  const auto stacks = profile.stacks();
  const std::uint64_t all = testbench::walked(stacks);
  const auto lines = testbench::by_line(stacks);
  profile.forget();
  if (!options.json && all != 0) {
    fmt::print("{} instructions were executed:\n", all);
    for (const auto& [line, count] : std::span(lines).first(std::min(lines.size(), most_lines)))
      fmt::print("{:12} {:5.1f} %  {}\n", count, 100.0 * static_cast<double>(count) / static_cast<double>(all), line);
    if (lines.size() > most_lines) fmt::print("{} lines more are in {}\n", lines.size() - most_lines, options.profile);
  }
  return testbench::write_stacks(options.profile, stacks);
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
  testbench::RunProfile profile;  // outlives the Kernel, which tells it
  const std::shared_ptr<Kernel> kernel = make_kernel(options);
  if (!kernel) return exit_usage;
  const KernelBinding binding(*kernel);
  std::shared_ptr<TraceFile> trace;
  if (!options.trace.empty()) {
    std::string error;
    trace = TraceFile::create(options.trace, error);
    if (!trace) {
      complain(error);
      return exit_usage;
    }
  }
  if (!options.profile.empty()) observe_runs(*kernel, &profile);
  int status = exit_ok;
  for (const std::string& path : options.files) {
    Loaded loaded = load_programs(*kernel, path, options.program, options.complete_maps, options.globals);
    if (!loaded.object) {
      if (loaded.why && options.format == "long" && !options.json)
        fmt::print(stderr, "{}", refusal_text(*loaded.why, in_color(STDERR_FILENO)));
      else
        complain(loaded.error);
      status = std::max(status, loaded.status);
      continue;
    }
    std::optional<Statistics> statistics;
    if (options.stats) statistics.emplace(*kernel);
    bpf_object* const opened = loaded.object.get();
    LoadOptions named{.name = path};
    for (const std::string& record : options.records) named.records.push_back(split_assignment(record));
    const auto wrapped = api::object_of(kernel, loaded.object.release(), named);
    if (!wrapped) {
      complain(wrapped.message());
      return exit_usage;
    }
    const Object& object = *wrapped;
    KeptMaps maps(object, options);
    if (const Status status = maps.fill(); !status) {
      complain(fmt::format("{}: {}", path, status.message()));
      return exit_usage;
    }
    Runner runner(kernel, object, options, interrupt, trace);
    bpf_program* program = nullptr;
    bool ran_capture = false;
    bpf_object__for_each_program(program, opened) {
      const bool wanted =
          options.program.empty() ? bpf_program__fd(program) >= 0 : options.program == bpf_program__name(program);
      if (!wanted) continue;
      if (!options.pcap.empty()) {
        if (!takes_packet(static_cast<ProgType>(bpf_program__type(program))) && options.program.empty()) continue;
        const int result = run_pcap(options, runner, program, interrupt);
        if (interrupt.signal() != 0) return interrupt.status();
        if (result == exit_usage) return exit_usage;
        status = std::max(status, result);
        ran_capture = true;
        continue;
      }
      const Outcome outcome = runner.run(program, inputs);
      print_outcome(options, program, outcome);
      std::fflush(stdout);
      if (interrupt.signal() != 0) {
        if (trace) trace->finish();
        return interrupt.status();
      }
      if (outcome.error != 0 || !outcome.stopped.empty()) status = std::max(status, exit_failed);
    }
    for (const Refusal& refused : loaded.refused) {
      print_refused(options, refused);
      status = std::max(status, exit_failed);
    }
    if (!options.pcap.empty() && !ran_capture) {
      complain(fmt::format("{}: none of its programs is run on packets", path));
      return exit_usage;
    }
    if (const Status kept = maps.finish(); !kept) {
      complain(fmt::format("{}: {}", path, kept.message()));
      status = std::max(status, exit_failed);
    }
    if (statistics) statistics->print(options, opened);
  }
  if (!options.profile.empty() && !finish_profile(options, profile)) {
    complain(fmt::format("{}: cannot be written", options.profile));
    return exit_failed;
  }
  if (trace && !trace->finish()) {
    complain(fmt::format("{}: not all could be written", options.trace));
    return exit_failed;
  }
  return status;
}

}  // namespace skep::cli
