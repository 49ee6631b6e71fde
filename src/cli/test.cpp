// `skep test`: checks each program against the expectations that stand on it, as the kernel's own suite writes them.
//
// A program may say whether it must load, which messages its log must hold, in order, which it must not hold, and what
// a test run must return. `{{…}}` in a message is a regular expression. What cannot be checked here (unprivileged
// loading, the instructions after translation) is skipped by name. Tested by tests/conformance/.
#include <bpf/bpf.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "cli/json.hpp"
#include "cli/object.hpp"
#include "cli/options.hpp"
#include "cli/pattern.hpp"
#include "skep/abi.hpp"

namespace skep::cli {
namespace {

struct Result {
  enum class Kind { passed, failed, skipped } kind = Kind::passed;
  std::string why;
  std::vector<std::string> not_checked;
  bool ran = false;
  std::uint32_t retval = 0;
  std::string log;
};

Result failed(std::string why) {
  return {.kind = Result::Kind::failed, .why = std::move(why)};
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
                       std::uint32_t& retval) {
  if (!has_prog_array(object)) return test_run(program, retval);
  const std::string name = bpf_program__name(program);
  const Loaded all = load_programs(kernel, path, name);
  const bpf_program* again = all.object ? bpf_object__find_program_by_name(all.object.get(), name.c_str()) : nullptr;
  return test_run(again != nullptr ? again : program, retval);
}

// The value that test_retval names: a number, or the suite's words.
bool same_retval(const std::string& wanted, std::uint32_t got) {
  if (wanted == "INT_MIN") return got == 0x80000000U;
  if (wanted == "POINTER_VALUE") return true;  // the suite only asks that it ran
  return static_cast<std::uint32_t>(std::strtol(wanted.c_str(), nullptr, 0)) == got ||
         static_cast<std::uint32_t>(std::strtoul(wanted.c_str(), nullptr, 0)) == got;
}

Result check_log(const Expectations& wanted, const std::string& log) {
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

Result check(Kernel& kernel, const std::string& path, const std::string& name, std::vector<char>& log) {
  std::string error;
  const ObjectPtr object = open_object(path, error);
  bpf_program* program = object ? select_program(object.get(), name) : nullptr;
  if (program == nullptr) return failed(error);
  const Expectations wanted = expectations_of(object.get(), name.c_str());
  if (wanted.verdict == Expectations::Verdict::none && wanted.retval.empty())
    return {.kind = Result::Kind::skipped, .why = "expects nothing", .not_checked = wanted.skipped};
  log[0] = 0;
  bpf_program__set_log_buf(program, log.data(), log.size());
  const bool talks = !wanted.messages.empty() || !wanted.not_messages.empty();
  bpf_program__set_log_level(program, wanted.log_level != 0 ? wanted.log_level : talks ? 2 | 4 : 4);
  if (wanted.flags != 0) bpf_program__set_flags(program, bpf_program__flags(program) | wanted.flags);
  kernel.forget_last_load();
  take_first_warning();
  const LeaveGaps gaps;
  const int outcome = bpf_object__load(object.get());
  const std::string text = log.data();
  const bool should_load = wanted.verdict != Expectations::Verdict::failure;
  Result result;
  if ((outcome == 0) != should_load) {
    const auto report = kernel.last_load(name);
    result = failed(outcome == 0 ? "was accepted and should not have been"
                                 : fmt::format("was rejected ({}): {}", std::strerror(-outcome),
                                               report.verified ? report.message : take_first_warning()));
  } else {
    result = check_log(wanted, text);
  }
  // A program that loads is run whatever its log says.
  if ((result.kind == Result::Kind::passed || should_load) && outcome == 0 && !wanted.retval.empty()) {
    const int run_error = run_with_neighbors(kernel, path, object.get(), program, result.retval);
    if (run_error != 0) {
      if (result.kind == Result::Kind::failed) return result;
      if (run_error == -ETIME) return failed(Kernel::refusal());
      result.kind = Result::Kind::skipped;
      result.why = fmt::format("cannot be run here: {}", std::strerror(-run_error));
    } else {
      result.ran = true;
      if (result.kind == Result::Kind::passed && !same_retval(wanted.retval, result.retval)) {
        result.kind = Result::Kind::failed;
        result.why = fmt::format("returned {}, expected {}", static_cast<std::int32_t>(result.retval), wanted.retval);
      }
    }
  }
  result.not_checked = wanted.skipped;
  result.log = text;
  return result;
}

}  // namespace

int test(const Options& options) {
  const KeepWarnings quiet;
  const std::unique_ptr<Kernel> kernel = make_kernel(options);
  if (!kernel) return exit_usage;
  const KernelBinding binding(*kernel);
  kernel->set_verification_limit(std::uint64_t{options.timeout_s} * 1'000'000'000);
  std::string last_refusal;
  kernel->on_log([&](std::string_view line) { last_refusal = line; });
  std::vector<char> log(log_size);
  unsigned passed = 0, failures = 0, skipped = 0;
  int status = exit_ok;
  for (const std::string& path : options.files) {
    std::string error;
    std::vector<std::string> names;
    {
      const ObjectPtr object = open_object(path, error);
      if (!object) {
        complain(error);
        status = exit_usage;
        continue;
      }
      adapt(*kernel, object.get());
      const std::vector<std::string> all = programs_of(object.get());
      if (!options.program.empty() && std::find(all.begin(), all.end(), options.program) == all.end()) {
        complain(no_program(path, options.program, all));
        status = exit_usage;
        continue;
      }
      bpf_program* program = nullptr;
      bpf_object__for_each_program(program, object.get()) {
        const std::string name = bpf_program__name(program);
        if (!options.program.empty() && options.program != name) continue;
        if (!expectations_of(object.get(), name.c_str()).auxiliary) names.push_back(name);
      }
    }
    for (const std::string& name : names) {
      last_refusal.clear();
      Result result = check(*kernel, path, name, log);
      if (result.kind == Result::Kind::skipped && !last_refusal.empty()) result.why = last_refusal;
      const char* word = result.kind == Result::Kind::passed   ? "passed"
                         : result.kind == Result::Kind::failed ? "FAILED"
                                                               : "skipped";
      passed += result.kind == Result::Kind::passed ? 1U : 0U;
      failures += result.kind == Result::Kind::failed ? 1U : 0U;
      skipped += result.kind == Result::Kind::skipped ? 1U : 0U;
      if (options.json) {
        JsonObject line;
        line.add("object", base_name(path))
            .add("program", name)
            .add("result", result.kind == Result::Kind::failed ? "failed" : word);
        line.add("why", result.why).add("not_checked", result.not_checked);
        if (result.ran) line.add("retval", static_cast<std::int32_t>(result.retval));
        fmt::print("{}\n", line.text());
      } else {
        fmt::print("{:8} {} {}", word, base_name(path), name);
        if (!result.why.empty()) fmt::print(": {}", result.why);
        if (!result.not_checked.empty()) fmt::print(" (not checked: {})", fmt::join(result.not_checked, ", "));
        fmt::print("\n");
        if (result.kind == Result::Kind::failed && options.log_level != 0) fmt::print("{}", result.log);
      }
      std::fflush(stdout);
    }
  }
  if (!options.json) fmt::print("{} passed, {} failed, {} skipped\n", passed, failures, skipped);
  if (status != exit_ok) return status;
  if (passed == 0 && failures == 0) complain("nothing was tested: no program expects anything that could be checked");
  return passed != 0 && failures == 0 ? exit_ok : exit_failed;
}

}  // namespace skep::cli
