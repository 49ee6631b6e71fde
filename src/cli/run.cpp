// `skep run`: runs programs and shows what they returned and what ran asynchronously. Tested by scripts/run.
#include <bpf/bpf.h>

#include <cerrno>
#include <cstring>
#include <fstream>
#include <iterator>
#include <mutex>
#include <optional>
#include <utility>

#include "cli/json.hpp"
#include "cli/object.hpp"
#include "cli/options.hpp"
#include "progtypes/progtype.hpp"

namespace skep::cli {
namespace {

constexpr std::uint64_t drain_limit_ns = 10'000'000'000;
constexpr std::size_t default_packet = 64;

std::optional<std::vector<std::uint8_t>> read_input(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  if (!file) {
    complain(fmt::format("{}: {}", path, std::strerror(errno)));
    return std::nullopt;
  }
  return std::vector<std::uint8_t>{std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
}

bool takes_packet(ProgType type) {
  switch (type) {
    case ProgType::syscall:
    case ProgType::tracing:
    case ProgType::raw_tracepoint:
    case ProgType::raw_tracepoint_writable:
    case ProgType::struct_ops:
    case ProgType::lsm:
      return false;
    default:
      return true;
  }
}

std::string hex(const std::vector<std::uint8_t>& bytes) {
  std::string text;
  for (const std::uint8_t byte : bytes) text += fmt::format("{:02x}", byte);
  return text;
}

struct Inputs {
  std::vector<std::uint8_t> data, context;
};

struct Outcome {
  int error = 0;
  std::uint32_t retval = 0;
  std::uint64_t ns_per_run = 0;
  bool drained = true;
  WorkStatistics work;
  std::vector<WorkRun> runs;
};

WorkStatistics difference(const WorkStatistics& after, const WorkStatistics& before) {
  return {after.started - before.started, after.merged - before.merged, after.ran - before.ran,
          after.cancelled - before.cancelled};
}

class Runner {
 public:
  Runner(Kernel& kernel, const Options& options) : kernel_(kernel), options_(options) {
    kernel_.on_work_run([this](const WorkRun& run) {
      const std::lock_guard guard(lock_);
      runs_.push_back(run);
    });
    kernel_.on_log([this](std::string_view line) {
      const std::lock_guard guard(lock_);
      refusal_ = line;
    });
    kernel_.on_trace([this](std::string_view line) {
      if (!options_.json) fmt::print("  trace: {}\n", line);
    });
  }
  ~Runner() {
    kernel_.on_work_run(nullptr);
    kernel_.on_log(nullptr);
    kernel_.on_trace(nullptr);
  }
  Runner(const Runner&) = delete;
  Runner& operator=(const Runner&) = delete;

  Outcome run(const bpf_program* program, const Inputs& inputs) {
    Outcome outcome;
    const auto before = kernel_.work();
    const auto type = static_cast<ProgType>(bpf_program__type(program));
    std::vector<std::uint8_t> packet = inputs.data, context = inputs.context;
    LIBBPF_OPTS(bpf_test_run_opts, options);
    if (takes_packet(type)) {
      if (packet.empty()) packet.resize(default_packet);
      options.data_in = packet.data();
      options.data_size_in = static_cast<__u32>(packet.size());
      options.repeat = static_cast<int>(options_.repeat);
    }
    if (!context.empty()) {
      options.ctx_in = context.data();
      options.ctx_size_in = static_cast<__u32>(context.size());
    }
    // Types whose test runs do not repeat are run that often.
    const unsigned rounds = takes_packet(type) ? 1 : options_.repeat;
    for (unsigned i = 0; i < rounds && outcome.error == 0; ++i)
      outcome.error = bpf_prog_test_run_opts(bpf_program__fd(program), &options);
    outcome.retval = options.retval;
    outcome.ns_per_run = options.duration;
    outcome.drained = kernel_.drain(drain_limit_ns);
    outcome.work = difference(kernel_.work(), before);
    const std::lock_guard guard(lock_);
    outcome.runs = std::exchange(runs_, {});
    return outcome;
  }
  std::string take_refusal() {
    const std::lock_guard guard(lock_);
    return std::exchange(refusal_, {});
  }

 private:
  Kernel& kernel_;
  const Options& options_;
  std::mutex lock_;
  std::vector<WorkRun> runs_;
  std::string refusal_;
};

void print(const Options& options, const bpf_program* program, const Outcome& outcome, const std::string& refusal) {
  const auto* definition = progtypes::find(static_cast<ProgType>(bpf_program__type(program)));
  const std::string type = definition != nullptr ? std::string(definition->name) : "unknown";
  const auto retval = static_cast<std::int32_t>(outcome.retval);
  if (options.json) {
    JsonObject work;
    work.add("started", outcome.work.started).add("merged", outcome.work.merged).add("ran", outcome.work.ran);
    work.add("cancelled", outcome.work.cancelled);
    std::vector<JsonObject> runs;
    for (const WorkRun& run : outcome.runs) {
      JsonObject one;
      one.add("program", run.program).add("callback", run.callback).add("map", run.map).add("key", hex(run.key));
      one.add("cpu", run.cpu)
          .add("latency_ns", run.began_ns - run.started_ns)
          .add("duration_ns", run.ended_ns - run.began_ns);
      runs.push_back(std::move(one));
    }
    JsonObject line;
    line.add("program", bpf_program__name(program))
        .add("section", bpf_program__section_name(program))
        .add("type", type);
    line.add("engine", options.engine);
    if (outcome.error == 0)
      line.add("retval", retval);
    else
      line.add("errno", -outcome.error).add("message", refusal);
    line.add("repeat", options.repeat).add("ns_per_run", outcome.ns_per_run).add("work", work).add("runs", runs);
    fmt::print("{}\n", line.text());
    return;
  }
  if (outcome.error != 0) {
    fmt::print("{} ({}): not run: {}\n", bpf_program__name(program), type,
               refusal.empty() ? std::strerror(-outcome.error) : refusal);
    return;
  }
  fmt::print("{} ({}): returned {}, {} ns a run\n", bpf_program__name(program), type, retval, outcome.ns_per_run);
  for (const WorkRun& run : outcome.runs)
    fmt::print("  ran {} of {}, map {}, key {}, cpu {}, {:.1f} us after its start\n", run.callback, run.program,
               run.map, hex(run.key), run.cpu, static_cast<double>(run.began_ns - run.started_ns) / 1000);
  if (outcome.work.started != 0)
    fmt::print("  work: {} started, {} merged, {} ran, {} cancelled{}\n", outcome.work.started, outcome.work.merged,
               outcome.work.ran, outcome.work.cancelled,
               outcome.drained ? "" : "; it restarts itself and was left running");
}

}  // namespace

int run(const Options& options) {
  if (options.engine != "interpreter") {
    complain(fmt::format("there is no engine '{}'; there is: interpreter", options.engine));
    return exit_usage;
  }
  Inputs inputs;
  if (!options.data_in.empty()) {
    const auto data = read_input(options.data_in);
    if (!data) return exit_usage;
    inputs.data = *data;
  }
  if (!options.ctx_in.empty()) {
    const auto context = read_input(options.ctx_in);
    if (!context) return exit_usage;
    inputs.context = *context;
  }
  const KeepWarnings quiet;
  const std::unique_ptr<Kernel> kernel = make_kernel(options);
  if (!kernel) return exit_usage;
  const KernelBinding binding(*kernel);
  int status = exit_ok;
  for (const std::string& path : options.files) {
    std::string error;
    const ObjectPtr object = open_object(path, error);
    if (!object) {
      complain(error);
      return exit_usage;
    }
    adapt(*kernel, object.get());
    complete_maps(object.get());
    take_first_warning();
    kernel->forget_last_load();
    if (const int failed = bpf_object__load(object.get()); failed != 0) {
      const auto report = kernel->last_load();
      complain(fmt::format("{}: {}: {}", path, std::strerror(-failed),
                           report.verified && report.error != 0 ? report.message : take_first_warning()));
      return exit_failed;
    }
    Runner runner(*kernel, options);
    bpf_program* program = nullptr;
    bool found = false;
    bpf_object__for_each_program(program, object.get()) {
      if (!options.program.empty() && options.program != bpf_program__name(program)) continue;
      found = true;
      const Outcome outcome = runner.run(program, inputs);
      print(options, program, outcome, runner.take_refusal());
      std::fflush(stdout);
      if (outcome.error != 0) status = exit_failed;
    }
    if (!found) {
      complain(fmt::format("{}: has no program '{}'", path, options.program));
      return exit_usage;
    }
  }
  return status;
}

}  // namespace skep::cli
