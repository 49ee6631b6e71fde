// See cli/statistics.hpp.
#include "cli/statistics.hpp"

#include <bpf/bpf.h>

#include <vector>

#include "cli/json.hpp"
#include "skep/observe.hpp"
#include "testbench/duration.hpp"

namespace skep::cli {
namespace {

JsonObject json_of(const TimeHistogram& times) {
  JsonObject one;
  one.add("mean_ns", times.count != 0 ? times.sum_ns / times.count : 0).add("p50_ns", times.quantile(0.5));
  one.add("p99_ns", times.quantile(0.99)).add("p999_ns", times.quantile(0.999)).add("most_ns", times.most_ns);
  // Up to the last that is not empty.
  std::vector<std::uint64_t> buckets(times.buckets.begin(), times.buckets.end());
  while (!buckets.empty() && buckets.back() == 0) buckets.pop_back();
  one.add("log2_buckets", buckets);
  return one;
}

struct Ran {
  std::string name;
  std::uint64_t runs, time_ns;
};

std::vector<Ran> programs_of(const bpf_object* object) {
  std::vector<Ran> all;
  const bpf_program* program = nullptr;
  while ((program = bpf_object__next_program(object, const_cast<bpf_program*>(program))) != nullptr) {
    bpf_prog_info info{};
    __u32 size = sizeof info;
    const int fd = bpf_program__fd(program);
    if (fd < 0 || bpf_prog_get_info_by_fd(fd, &info, &size) != 0) continue;
    all.push_back({bpf_program__name(program), info.run_cnt, info.run_time_ns});
  }
  return all;
}

void print_json(const MemoryStatistics& memory, const std::vector<Ran>& programs,
                const std::vector<CallbackTimes>& callbacks) {
  JsonObject figures, line;
  figures.add("limit", memory.limit).add("used", memory.used).add("peak", memory.peak).add("refused", memory.refused);
  std::vector<JsonObject> ran, called;
  for (const Ran& program : programs) {
    JsonObject one;
    ran.push_back(one.add("name", program.name).add("run_cnt", program.runs).add("run_time_ns", program.time_ns));
  }
  for (const CallbackTimes& callback : callbacks) {
    JsonObject one;
    one.add("program", callback.program).add("callback", callback.callback).add("map", callback.map);
    one.add("timer", callback.timer)
        .add("task_work", callback.task_work)
        .add("runs", callback.took.count)
        .add("stopped", callback.stopped);
    called.push_back(one.add("waited", json_of(callback.waited)).add("took", json_of(callback.took)));
  }
  fmt::print("{}\n", line.add("memory", figures).add("programs", ran).add("callbacks", called).text());
}

void print_text(const MemoryStatistics& memory, const std::vector<Ran>& programs,
                const std::vector<CallbackTimes>& callbacks) {
  for (const Ran& program : programs)
    if (program.runs != 0)
      fmt::print("program {}: {} runs, {} ns each\n", program.name, program.runs, program.time_ns / program.runs);
  for (const CallbackTimes& one : callbacks)
    fmt::print("{} {} of {}, map {}: {} runs; waited p50 {} p99 {} most {}; took p50 {} p99 {} most {}\n",
               one.timer       ? "timer"
               : one.task_work ? "task work"
                               : "work",
               one.callback, one.program, one.map, one.took.count, testbench::duration_text(one.waited.quantile(0.5)),
               testbench::duration_text(one.waited.quantile(0.99)), testbench::duration_text(one.waited.most_ns),
               testbench::duration_text(one.took.quantile(0.5)), testbench::duration_text(one.took.quantile(0.99)),
               testbench::duration_text(one.took.most_ns));
  fmt::print("memory: {} bytes, at most {}, limit {}, {} refused\n", memory.used, memory.peak,
             memory.limit == 0 ? "none" : fmt::format("{}", memory.limit), memory.refused);
}

}  // namespace

Statistics::Statistics(Kernel& kernel) : kernel_(kernel), descriptor_(bpf_enable_stats(BPF_STATS_RUN_TIME)) {
  measure_work(kernel_, true);
}

Statistics::~Statistics() {
  measure_work(kernel_, false);
  if (descriptor_ >= 0) kernel_.close(descriptor_);
}

void Statistics::print(const Options& options, const bpf_object* object) const {
  const auto show = options.json ? print_json : print_text;
  show(kernel_.memory(), programs_of(object), callback_times(kernel_));
}

}  // namespace skep::cli
