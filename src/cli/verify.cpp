// `skep verify`: what the kernel would say of each program of each object. Tested by tests/conformance/.
#include <bpf/bpf.h>
#include <unistd.h>

#include <cerrno>
#include <map>

#include "cli/json.hpp"
#include "cli/object.hpp"
#include "cli/options.hpp"
#include "cli/refusal.hpp"
#include "testbench/walk_profile.hpp"

namespace skep::cli {
namespace {

constexpr unsigned statistics_only = 4, every_path = 2;

struct Verdict {
  std::string verdict;  // accept, reject, gave-up
  int error = 0;
  std::string loader;  // libbpf's first warning, when refused before verification
  std::string log;
  Kernel::LoadReport report;
};

std::vector<std::string> lines_of(const std::string& text) {
  std::vector<std::string> lines;
  std::size_t begin = 0;
  while (begin < text.size()) {
    const auto end = std::min(text.find('\n', begin), text.size());
    if (end > begin) lines.push_back(text.substr(begin, end - begin));
    begin = end + 1;
  }
  return lines;
}

// `object`: opened already, or null.
Verdict verify_program(Kernel& kernel, const std::string& path, ObjectPtr object, const std::string& name,
                       bool complete_maps, unsigned log_level, std::string& section, std::string& type) {
  Verdict result;
  std::string error;
  if (!object) object = open_object(path, error);
  bpf_program* program = object ? select_program(object.get(), name, complete_maps) : nullptr;
  if (program == nullptr) {
    result.verdict = "reject";
    result.error = EINVAL;
    result.loader = error;
    return result;
  }
  section = bpf_program__section_name(program);
  type = type_name(bpf_program__type(program));
  const Expectations wanted = expectations_of(object.get(), name.c_str());
  std::vector<char> log(log_level != statistics_only ? std::size_t{64} << 20 : std::size_t{1} << 16);
  bpf_program__set_log_buf(program, log.data(), log.size());
  bpf_program__set_log_level(program, log_level);
  if (wanted.flags != 0) bpf_program__set_flags(program, bpf_program__flags(program) | wanted.flags);
  kernel.forget_last_load();
  take_first_warning();
  const LeaveGaps gaps;
  const int failed = bpf_object__load(object.get());
  result.error = failed < 0 ? -failed : 0;
  result.report = kernel.last_load(name);
  result.log = log.data();
  result.verdict = failed == 0 ? "accept" : result.report.error == -ETIME ? "gave-up" : "reject";
  // Libbpf's own probes are loads too, and accepted: without a refusal of the verifier's it was the loader that
  // refused.
  if (failed != 0 && result.report.error == 0) result.loader = take_first_warning();
  if (failed != 0) explain_unresolved(kernel, loader::unresolved_in(result.log), result.report);
  return result;
}

void print(const Options& options, const std::string& path, const std::string& name, const std::string& section,
           const std::string& type, const Verdict& v) {
  const std::string object = base_name(path);
  const bool by_verifier = v.report.error != 0;
  const std::string message = by_verifier ? v.report.message : v.loader;
  if (options.json) {
    JsonObject line;
    line.add("object", object).add("program", name).add("section", section).add("type", type).add("verdict", v.verdict);
    line.add("errno", v.error);
    line.add("messages", lines_of(by_verifier ? v.report.messages : v.loader));
    line.add("message", v.error != 0 ? message : "");
    line.add("category", v.report.category)
        .add("title", v.report.title)
        .add("at", v.report.at)
        .add("reason", v.report.reason)
        .add("suggestion", v.report.suggestion);
    add_place(line, v.report);
    line.add("processed", v.report.insns_processed).add("usec", v.report.usec);
    fmt::print("{}\n", line.text());
    return;
  }
  if (options.log_level != 0) fmt::print("{}", v.log);
  const bool color = in_color(STDOUT_FILENO);
  const Refusal refusal{object, name, type, v.error, v.report, v.loader};
  if (v.error != 0 && options.format == "long" && options.log_level == 0) {  // the log has the rest
    fmt::print("{}", refusal_text(refusal, color));
    return;
  }
  const char* paint = !color ? "" : v.verdict == "accept" ? "\x1b[32m" : "\x1b[31m";
  fmt::print("{}{:8}{} {} {} ({}): {}\n", paint, v.verdict, color ? "\x1b[0m" : "", object, name, type,
             v.error != 0 ? refusal_line(refusal) : fmt::format("{} instructions walked", v.report.insns_processed));
}

}  // namespace

int verify(const Options& options) {
  const KeepWarnings quiet;
  const std::shared_ptr<Kernel> kernel = make_kernel(options);
  if (!kernel) return exit_usage;
  const KernelBinding binding(*kernel);
  kernel->set_verification_limit(std::uint64_t{options.timeout_s} * 1'000'000'000);
  int status = exit_ok;
  std::map<std::string, std::uint64_t> stacks;
  for (const std::string& path : options.files) {
    std::string error;
    ObjectPtr object = open_object(path, error);
    if (!object) {
      const int code = errno;
      if (options.json) {
        JsonObject line;
        line.add("object", base_name(path)).add("verdict", "reject").add("errno", code).add("message", error);
        fmt::print("{}\n", line.text());
      }
      complain(error);
      status = exit_usage;
      continue;
    }
    adapt(*kernel, object.get());
    const std::vector<std::string> names = programs_of(object.get());
    bool found = false;
    for (const std::string& name : names) {
      if (!options.program.empty() && options.program != name) continue;
      found = true;
      std::string section, type;
      const unsigned asked = options.log_level != 0 ? options.log_level : statistics_only;
      const unsigned log_level = options.coverage.empty() ? asked : asked | every_path;
      Verdict verdict =
          verify_program(*kernel, path, std::move(object), name, options.complete_maps, log_level, section, type);
      // Only in a log with instructions libbpf says which name it could not resolve.
      if (log_level == statistics_only && verdict.report.message.starts_with("invalid func unknown#"))
        verdict = verify_program(*kernel, path, {}, name, options.complete_maps, statistics_only | 1, section, type);
      if (!options.coverage.empty())
        for (const auto& [stack, count] : testbench::fold_walk(name, verdict.log)) stacks[stack] += count;
      print(options, path, name, section, type, verdict);
      std::fflush(stdout);
      if (verdict.error != 0 && status == exit_ok) status = exit_failed;
    }
    if (!found && !options.program.empty()) {
      complain(no_program(path, options.program, names));
      status = exit_usage;
    }
  }
  if (!options.coverage.empty() && !testbench::write_stacks(options.coverage, stacks)) {
    complain(fmt::format("{}: cannot be written", options.coverage));
    return exit_failed;
  }
  return status;
}

}  // namespace skep::cli
