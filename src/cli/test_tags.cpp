// Programs against the expectations that stand on them, as the kernel's own suite writes them. See cli/test_tags.hpp.
#include "cli/test_tags.hpp"

#include <bpf/bpf.h>
#include <fmt/format.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <cstring>

#include "cli/object.hpp"
#include "cli/pattern.hpp"
#include "skep/abi.hpp"

namespace skep::cli {
namespace {

using Kind = testbench::CaseResult::Kind;

testbench::CaseResult failed(std::string why) {
  return {.kind = Kind::failed, .why = std::move(why)};
}

constexpr std::size_t log_size = std::size_t{64} << 20;

// Test runs as the suite's own loader makes them: 64 zero bytes as a packet, nothing for types that take a context.
int test_run(const bpf_program* program, std::uint32_t& retval) {
  std::uint8_t packet[64] = {};
  LIBBPF_OPTS(bpf_test_run_opts, options, .data_in = packet, .data_size_in = sizeof packet, .repeat = 1);
  switch (static_cast<ProgType>(bpf_program__type(program))) {
    case ProgType::syscall:
    case ProgType::tracing:
    case ProgType::raw_tracepoint:
    case ProgType::struct_ops:
      options.data_in = nullptr;
      options.data_size_in = 0;
      options.repeat = 0;
      break;
    default:
      break;
  }
  const int error = bpf_prog_test_run_opts(bpf_program__fd(program), &options);
  retval = options.retval;
  return error;
}

// As test_run(); a program that may jump to others of its object is run where those are loaded, too.
int run_with_neighbors(Kernel& kernel, const std::string& path, const bpf_object* object, const bpf_program* program,
                       bool complete_maps, std::uint32_t& retval, const std::function<void(const bpf_program*)>& ran) {
  if (!has_prog_array(object)) {
    const int error = test_run(program, retval);
    return ran(program), error;
  }
  const std::string name = bpf_program__name(program);
  const Loaded all = load_programs(kernel, path, name, complete_maps);
  const bpf_program* again = all.object ? bpf_object__find_program_by_name(all.object.get(), name.c_str()) : nullptr;
  const int error = test_run(again != nullptr ? again : program, retval);
  bpf_program* loaded = nullptr;
  if (all.object) bpf_object__for_each_program(loaded, all.object.get()) ran(loaded);
  return ran(program), error;
}

// The value that test_retval names: a number, or the suite's words.
bool same_retval(const std::string& wanted, std::uint32_t got) {
  if (wanted == "INT_MIN") return got == 0x80000000U;
  if (wanted == "POINTER_VALUE") return true;  // the suite only asks that it ran
  return static_cast<std::uint32_t>(std::strtol(wanted.c_str(), nullptr, 0)) == got ||
         static_cast<std::uint32_t>(std::strtoul(wanted.c_str(), nullptr, 0)) == got;
}

testbench::CaseResult check_log(const Expectations& wanted, const std::string& log) {
  std::size_t at = 0;
  for (const std::string& message : wanted.messages) {
    const auto end = find_pattern(log, at, message);
    if (!end) return failed(fmt::format("the log has no '{}'{}", message, at != 0 ? " after the one before it" : ""));
    at = *end;
  }
  for (const std::string& message : wanted.not_messages)
    if (find_pattern(log, 0, message)) return failed(fmt::format("the log has '{}'", message));
  return {};
}

TestResult check(Kernel& kernel, const std::string& path, const std::string& name, bool complete_maps,
                 std::vector<char>& log, const std::function<void(int)>& ran) {
  TestResult result;
  std::string error;
  const ObjectPtr object = open_object(path, error);
  bpf_program* program = object ? select_program(object.get(), name, complete_maps) : nullptr;
  if (program == nullptr) {
    result.outcome.fail(error);
    return result;
  }
  const Expectations wanted = expectations_of(object.get(), name.c_str());
  result.not_checked = wanted.skipped;
  if (wanted.verdict == Expectations::Verdict::none && wanted.retval.empty()) {
    result.outcome = {.kind = Kind::skipped, .why = "expects nothing"};
    return result;
  }
  log[0] = 0;
  bpf_program__set_log_buf(program, log.data(), log.size());
  const bool talks = !wanted.messages.empty() || !wanted.not_messages.empty();
  bpf_program__set_log_level(program, wanted.log_level != 0 ? wanted.log_level : talks ? 2 | 4 : 4);
  if (wanted.flags != 0) bpf_program__set_flags(program, bpf_program__flags(program) | wanted.flags);
  kernel.forget_last_load();
  take_first_warning();
  const LeaveGaps gaps;
  const int loaded = bpf_object__load(object.get());
  result.log = log.data();
  const bool should_load = wanted.verdict != Expectations::Verdict::failure;
  if ((loaded == 0) != should_load) {
    const auto report = kernel.last_load(name);
    result.outcome = failed(loaded == 0 ? "was accepted and should not have been"
                                        : fmt::format("was rejected ({}): {}", std::strerror(-loaded),
                                                      report.verified ? report.message : take_first_warning()));
  } else {
    result.outcome = check_log(wanted, result.log);
  }
  // A program that loads is run whatever its log says.
  const bool is_to_run = (result.outcome.kind == Kind::passed || should_load) && loaded == 0 && !wanted.retval.empty();
  const auto tell = [&](const bpf_program* loaded_program) {
    if (ran && bpf_program__fd(loaded_program) >= 0) ran(bpf_program__fd(loaded_program));
  };
  if (!is_to_run) return tell(program), result;
  std::uint32_t retval = 0;
  const int run_error = run_with_neighbors(kernel, path, object.get(), program, complete_maps, retval, tell);
  if (run_error == 0) {
    result.retval = static_cast<std::int32_t>(retval);
    if (result.outcome.kind == Kind::passed && !same_retval(wanted.retval, retval))
      result.outcome.add({"retval", wanted.retval, fmt::format("{}", static_cast<std::int32_t>(retval))});
    if (!result.outcome.mismatches.empty())
      result.outcome.why = fmt::format("returned {}, expected {}", static_cast<std::int32_t>(retval), wanted.retval);
    return result;
  }
  if (result.outcome.kind == Kind::failed) return result;
  if (run_error == -ETIME || run_error == -EINTR)
    result.outcome = failed(Kernel::refusal());
  else
    result.outcome = {.kind = Kind::skipped, .why = fmt::format("cannot be run here: {}", std::strerror(-run_error))};
  return result;
}

}  // namespace

TagTests::TagTests(std::shared_ptr<Kernel> kernel, bool complete_maps, std::function<void(int)> ran)
    : kernel_(std::move(kernel)), complete_maps_(complete_maps), log_(log_size), ran_(std::move(ran)) {
  kernel_->on_log([this](std::string_view line) { last_refusal_ = line; });
}
TagTests::~TagTests() {
  kernel_->on_log(nullptr);
}

TestResult TagTests::run(const std::string& path, const std::string& name) {
  const KernelBinding binding(*kernel_);
  const auto begin = std::chrono::steady_clock::now();
  // The Kernel offers its calls as the object declares them.
  if (path != adapted_to_) {
    std::string error;
    if (const ObjectPtr object = open_object(path, error); object) adapt(*kernel_, object.get());
    adapted_to_ = path;
  }
  last_refusal_.clear();
  TestResult result = check(*kernel_, path, name, complete_maps_, log_, ran_);
  if (result.outcome.kind == Kind::skipped && !last_refusal_.empty()) result.outcome.why = last_refusal_;
  result.file = base_name(path);
  result.name = name;
  result.outcome.seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
  return result;
}

}  // namespace skep::cli
