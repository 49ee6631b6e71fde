// See cli/trace_file.hpp.
#include "cli/trace_file.hpp"

#include <cerrno>
#include <cstring>

namespace skep::cli {
namespace {

// The format's processes are groups of lines, its threads are lines.
constexpr unsigned cpus_group = 1, programs_group = 2;

std::string microseconds(std::uint64_t ns) {
  return fmt::format("{}.{:03}", ns / 1000, ns % 1000);
}

}  // namespace

std::unique_ptr<TraceFile> TraceFile::create(const std::string& path, std::string& error) {
  std::FILE* const file = std::fopen(path.c_str(), "we");
  if (file == nullptr) {
    error = fmt::format("{}: cannot be written: {}", path, std::strerror(errno));
    return nullptr;
  }
  std::unique_ptr<TraceFile> trace(new TraceFile(file));
  for (const auto& [group, name] : {std::pair{cpus_group, "virtual CPUs"}, {programs_group, "programs"}}) {
    JsonObject rest, arguments;
    rest.add("args", arguments.add("name", name));
    trace->event("process_name", "__metadata", 'M', 0, group, 0, rest);
  }
  return trace;
}

void TraceFile::put(const std::string& text) {
  std::fputs(first_ ? "[\n" : ",\n", file_.get());
  first_ = false;
  std::fputs(text.c_str(), file_.get());
}

void TraceFile::event(std::string_view name, std::string_view category, char phase, std::uint64_t at_ns,
                      unsigned process, unsigned thread, JsonObject& rest) {
  rest.add("name", name).add("cat", category).add("ph", std::string_view(&phase, 1));
  rest.raw("ts", microseconds(at_ns)).add("pid", process).add("tid", thread);
  put(rest.text());
}

void TraceFile::callback(const WorkRun& run) {
  const std::lock_guard guard(lock_);
  JsonObject arguments;
  arguments.add("program", run.program).add("map", run.map).add("key", hex(run.key)).add("stopped", run.stopped);
  const std::uint64_t waited = run.began_ns - std::min(run.began_ns, run.started_ns);
  arguments.raw("waited_us", microseconds(waited));
  const char* const category = run.timer ? "timer" : run.task_work ? "task work" : "work";
  JsonObject ran;
  ran.raw("dur", microseconds(run.ended_ns - run.began_ns)).add("args", arguments);
  event(run.callback, category, 'X', run.began_ns, cpus_group, run.cpu, ran);
  if (waited == 0 || run.started_ns == 0) return;
  const std::uint64_t id = ++waits_;
  const std::string waiting = run.callback + (run.timer ? " is due" : run.task_work ? " is scheduled" : " is queued");
  for (const auto& [phase, at_ns] : {std::pair{'b', run.started_ns}, {'e', run.began_ns}}) {
    JsonObject rest;
    event(waiting, category, phase, at_ns, cpus_group, run.cpu, rest.add("id", id));
  }
}

void TraceFile::program(std::string_view name, std::string_view type, std::uint64_t began_ns, std::uint64_t ended_ns,
                        std::int32_t result) {
  const std::lock_guard guard(lock_);
  JsonObject arguments, rest;
  arguments.add("type", type).add("result", result);
  rest.raw("dur", microseconds(ended_ns - began_ns)).add("args", arguments);
  event(name, "program", 'X', began_ns, programs_group, 0, rest);
}

bool TraceFile::finish() {
  const std::lock_guard guard(lock_);
  std::fputs(first_ ? "[\n]\n" : "\n]\n", file_.get());
  return std::fflush(file_.get()) == 0 && std::ferror(file_.get()) == 0;
}

}  // namespace skep::cli
