// See kernel/run_watch.hpp.
#include "kernel/run_watch.hpp"

#include <fmt/format.h>

#include <cerrno>
#include <utility>

#include "calls/call.hpp"
#include "kernel/guarded.hpp"
#include "kernel/impl.hpp"
#include "runtime/program.hpp"

namespace skep {
namespace {

const RunLimits*& scoped_limits() {
  thread_local const RunLimits* limits = nullptr;
  return limits;
}

const unsigned*& scoped_cpu() {
  thread_local const unsigned* cpu = nullptr;
  return cpu;
}

std::string seconds(std::uint64_t ns) {
  return fmt::format("{:.3g} s", static_cast<double>(ns) / 1e9);
}

// The call that it is at.
std::string_view call_at(const runtime::RunPlace& place) {
  const auto& facts = place.program.code().facts;
  if (place.pc >= facts.size()) return "?";
  if (const auto* helper = facts[place.pc].helper) return helper->name;
  const auto* kfunc = facts[place.pc].kfunc;
  return kfunc != nullptr ? kfunc->name : "?";
}

std::string reason_text(const runtime::RunPlace& place) {
  const RunLimits& limits = place.limits;
  switch (place.reason) {
    case StopReason::none:
      break;
    case StopReason::instructions:
      return fmt::format("it reached its limit of {} instructions", limits.instructions);
    case StopReason::time:
      return fmt::format("it reached its time limit of {}", seconds(limits.time_ns));
    case StopReason::asked:
      return "it was asked to stop";
    case StopReason::closing:
      return "its Kernel is closed";
    case StopReason::no_behavior:
      return fmt::format("it called {}, which has no behavior here", call_at(place));
  }
  return {};
}

const runtime::Subprogram* function_at(const runtime::Program& program, std::uint32_t pc) {
  for (const runtime::Subprogram& function : program.code().subprograms)
    if (pc >= function.start && pc < function.end) return &function;
  return nullptr;
}

std::string_view without_indentation(std::string_view text) {
  const auto begin = text.find_first_not_of(" \t");
  return begin == std::string_view::npos ? std::string_view{} : text.substr(begin);
}

// A callback is a function of the program that is not its first.
bool is_callback(const runtime::RunPlace& place) {
  return place.entry.index != 0;
}

}  // namespace

const RunLimits* limits_of_this_thread() {
  return scoped_limits();
}
RunLimitsScope::RunLimitsScope(const RunLimits& limits)
    : limits_(limits), before_(std::exchange(scoped_limits(), &limits_)) {}
RunLimitsScope::~RunLimitsScope() {
  scoped_limits() = before_;
}

const unsigned* cpu_of_this_thread() {
  return scoped_cpu();
}
RunCpuScope::RunCpuScope(unsigned cpu) : cpu_(cpu), before_(std::exchange(scoped_cpu(), &cpu_)) {}
RunCpuScope::~RunCpuScope() {
  scoped_cpu() = before_;
}

int error_of(StopReason reason) {
  switch (reason) {
    case StopReason::none:
      return 0;
    case StopReason::instructions:
    case StopReason::time:
      return -ETIME;
    case StopReason::asked:
    case StopReason::closing:
      return -EINTR;
    case StopReason::no_behavior:
      return -EOPNOTSUPP;
  }
  return -EINTR;
}

CodePlace place_in(const runtime::Program& program, std::uint32_t pc) {
  CodePlace place;
  const runtime::Code& code = program.code();
  if (const auto* function = function_at(program, pc)) place.function = function->name;
  if (pc < code.facts.size()) place.instruction = code.facts[pc].original;
  if (const runtime::SourceLine* source = code.source ? code.source->at(place.instruction) : nullptr) {
    place.file = source->file;
    place.line = source->line;
    place.text = without_indentation(source->text);
  }
  return place;
}

std::string CodePlace::where() const {
  std::string words = fmt::format("in {}()", function.empty() ? "?" : function);
  words +=
      file.empty() ? fmt::format(" at instruction {}", instruction) : fmt::format(" at {}:{}: {}", file, line, text);
  return words;
}

StoppedRun stopped_run(const runtime::RunPlace& place) {
  StoppedRun run;
  run.reason = place.reason;
  run.program = place.program.name();
  run.entry = place.entry.name;
  run.callback = is_callback(place);
  run.instructions = place.instructions;
  run.time_ns = place.time_ns;
  run.cpu = place.cpu;
  const CodePlace at = place_in(place.program, place.pc);
  run.function = at.function;
  run.instruction = at.instruction;
  run.file = at.file;
  run.line = at.line;
  run.text = at.text;
  run.message = run.callback ? fmt::format("callback '{}' of program '{}'", run.entry, run.program)
                             : fmt::format("program '{}'", run.program);
  run.message += fmt::format(" was stopped: {}; after {} instructions", reason_text(place), run.instructions);
  if (run.time_ns != 0) run.message += fmt::format(" and {}", seconds(run.time_ns));
  run.message += ", " + at.where();
  return run;
}

void RunWatch::on_stopped(Listener listener) {
  const std::lock_guard guard(lock_);
  listener_ = std::move(listener);
}

void RunWatch::stopped(Kernel& kernel, const StoppedRun& run) {
  count_stopped();
  const std::lock_guard guard(lock_);
  if (listener_) guarded(kernel, "the listener of on_run_stopped", [&] { listener_(run); });
}

void RunWatch::is_long(const void* run, const runtime::RunPlace& place, std::uint64_t now_ns) {
  Known known;
  known.run = {place.program.name(), place.entry.name, is_callback(place), place.cpu, 0};
  known.began_ns = now_ns - place.time_ns;
  const std::lock_guard guard(runs_lock_);
  runs_.insert_or_assign(run, std::move(known));
}

void RunWatch::ended(const void* run) {
  const std::lock_guard guard(runs_lock_);
  runs_.erase(run);
}

std::vector<LongRun> RunWatch::long_runs(std::uint64_t now_ns) const {
  std::vector<LongRun> all;
  const std::lock_guard guard(runs_lock_);
  for (const auto& [run, known] : runs_) {
    all.push_back(known.run);
    all.back().running_ns = now_ns > known.began_ns ? now_ns - known.began_ns : 0;
  }
  return all;
}

void Kernel::stop_runs() {
  impl_->services->stop_signal.stop_running();
}
void Kernel::on_run_stopped(std::function<void(const StoppedRun&)> listener) {
  impl_->services->watch().on_stopped(std::move(listener));
}
std::vector<LongRun> Kernel::long_runs() const {
  return impl_->services->watch().long_runs(impl_->services->monotonic_ns());
}

}  // namespace skep
