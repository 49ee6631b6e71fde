// `skep test`: checks programs against what they, or scenario files, expect. Which cases there are, and who runs them:
// tags are test_tags.cpp's, scenario files testbench/scenario.hpp's; test_report.cpp tells the results. Tested by
// tests/testbench/test_test.py and tests/conformance/.
#include <fmt/format.h>
#include <fnmatch.h>

#include <algorithm>
#include <cstdio>
#include <fstream>
#include <iterator>
#include <map>
#include <optional>

#include "api/coverage.hpp"
#include "cli/interrupt.hpp"
#include "cli/object.hpp"
#include "cli/options.hpp"
#include "cli/test_jobs.hpp"
#include "cli/test_report.hpp"
#include "cli/test_tags.hpp"
#include "testbench/scenario.hpp"
#include "testbench/three_part.hpp"

namespace skep::cli {
namespace {

struct Case {
  std::string path, name;
  std::shared_ptr<const testbench::ScenarioFile> scenario;  // null: tags, or three parts
  std::size_t index = 0;                                    // in the scenario
  bool in_parts = false;
};

bool is_scenario(const std::string& path) {
  return path.ends_with(".toml");
}

// What --filter lets through: a part of "FILE NAME", or a pattern of it if it has a star.
bool matches(const std::string& filter, const Case& one) {
  const std::string whole = base_name(one.path) + " " + one.name;
  if (filter.find_first_of("*?[") == std::string::npos) return whole.find(filter) != std::string::npos;
  return fnmatch(fmt::format("*{}*", filter).c_str(), whole.c_str(), 0) == 0;
}

class Tests {
 public:
  explicit Tests(const Options& options) : options_(options) {}
  ~Tests() {
    if (interrupt_ != nullptr) interrupt_->watch(nullptr);
  }
  Tests(const Tests&) = delete;
  Tests& operator=(const Tests&) = delete;
  // What stops cases; it must outlive this.
  void stop_by(Interrupt& interrupt) { interrupt_ = &interrupt; }

  // Exit status: of files that could not be read exit_usage, which were complained of.
  int collect() {
    int status = exit_ok;
    for (const std::string& path : options_.files)
      if (!(is_scenario(path) ? collect_scenario(path) : collect_tags(path))) status = exit_usage;
    std::erase_if(cases_, [this](const Case& one) { return !matches(options_.filter, one); });
    return status;
  }
  const std::vector<Case>& cases() const { return cases_; }

  // Nothing: no Kernel could be made, which was complained of.
  std::optional<TestResult> run(std::size_t number) {
    const Case& one = cases_[number];
    TestResult result{.file = base_name(one.path), .name = one.name};
    if (one.in_parts) {
      const auto kernel = plain_kernel();
      if (kernel == nullptr) return std::nullopt;
      watch(*kernel);
      result.outcome = run_in_parts(kernel, one);
    } else if (one.scenario != nullptr) {
      const auto kernel = kernel_for(*one.scenario);
      if (kernel == nullptr) return std::nullopt;
      watch(*kernel);
      result.outcome = one.scenario->run(
          kernel, one.index,
          [&](const Object& object) {
            if (counts()) coverage_.note(*kernel, object);
          },
          options_.update);
    } else {
      const auto kernel = plain_kernel();
      if (kernel == nullptr) return std::nullopt;
      watch(*kernel);
      if (!tags_) {
        tags_.emplace(kernel, options_.complete_maps, [this, kernel](int program) {
          if (counts()) coverage_.note(*kernel, program);
        });
      }
      result = tags_->run(one.path, one.name);
    }
    result.number = number;
    coverage_.collect();
    return result;
  }

  // Writes the tracefile: what was counted here, and in the parts, whose files go. Exit status.
  int finish_coverage() {
    if (!counts()) return exit_ok;
    for (unsigned part = 0; options_.jobs > 1 && part < options_.jobs; ++part) {
      const std::string path = part_file(options_.coverage, part);
      std::ifstream in(path, std::ios::binary);
      const std::string text((std::istreambuf_iterator<char>(in)), std::istreambuf_iterator<char>());
      if (!in || !coverage_.add_lcov(text)) complain(fmt::format("{}: a part of the coverage is missing", path));
      std::remove(path.c_str());
    }
    std::ofstream out(options_.coverage, std::ios::binary | std::ios::trunc);
    out << coverage_.lcov(options_.source_root);
    out.close();
    if (!out) {
      complain(fmt::format("{}: cannot be written", options_.coverage));
      return exit_failed;
    }
    if (!options_.json && !options_.tap)
      for (const std::string& line : coverage_.summary()) fmt::print("{}\n", line);
    return exit_ok;
  }

 private:
  // Also between two cases a signal ends the tests in order.
  void watch(Kernel& kernel) {
    if (interrupt_ != nullptr) interrupt_->watch(&kernel);
  }

  // What tests have that say nothing of their Kernel.
  std::shared_ptr<Kernel> plain_kernel() {
    if (plain_kernel_ != nullptr) return plain_kernel_;
    plain_kernel_ = make_kernel(options_);
    if (plain_kernel_ == nullptr) return nullptr;
    plain_kernel_->set_verification_limit(std::uint64_t{options_.timeout_s} * 1'000'000'000);
    if (counts()) coverage_.attach(*plain_kernel_);
    return plain_kernel_;
  }

  // The tests of an object share its maps: it is loaded once for those that follow one another.
  testbench::CaseResult run_in_parts(const std::shared_ptr<Kernel>& kernel, const Case& one) {
    if (parts_ == nullptr || parts_path_ != one.path) {
      parts_.reset();
      parts_path_ = one.path;
      std::string error;
      parts_ = testbench::ThreePartTests::load(kernel, one.path, error);
      if (parts_ == nullptr) parts_error_ = error;
    }
    testbench::CaseResult result;
    if (parts_ == nullptr) {
      result.fail(parts_error_);
      return result;
    }
    result = parts_->run(one.name);
    if (counts()) coverage_.note(*kernel, parts_->object());
    return result;
  }

  bool counts() const { return !options_.coverage.empty(); }
  bool collect_tags(const std::string& path) {
    std::string error;
    const ObjectPtr object = open_object(path, error);
    if (!object) return complain(error), false;
    const std::vector<std::string> all = programs_of(object.get());
    if (!options_.program.empty() && std::find(all.begin(), all.end(), options_.program) == all.end())
      return complain(no_program(path, options_.program, all)), false;
    const std::vector<std::string> parts = testbench::ThreePartTests::names(object.get());
    for (const std::string& name : parts)
      if (options_.program.empty()) cases_.push_back({path, name, nullptr, 0, true});
    if (!parts.empty()) return true;
    for (const std::string& name : all)
      if ((options_.program.empty() || options_.program == name) &&
          !expectations_of(object.get(), name.c_str()).auxiliary)
        cases_.push_back({path, name, nullptr, 0});
    return true;
  }

  bool collect_scenario(const std::string& path) {
    std::string error;
    auto loaded = testbench::ScenarioFile::load(path, error);
    if (!loaded) return complain(error), false;
    const auto scenario = std::make_shared<testbench::ScenarioFile>(std::move(*loaded));
    const std::vector<std::string> names = scenario->names();
    for (std::size_t i = 0; i < names.size(); ++i) cases_.push_back({path, names[i], scenario, i});
    return true;
  }

  // Files with the same number of CPUs share one: each test sets the clock and the seed anew.
  std::shared_ptr<Kernel> kernel_for(const testbench::ScenarioFile& scenario) {
    KernelOptions wanted;
    scenario.apply(wanted);
    auto& kernel = kernels_[wanted.cpus.value_or(0)];
    if (kernel == nullptr) {
      kernel = make_kernel(options_, [&](KernelOptions& options) { scenario.apply(options); });
      if (kernel != nullptr && counts()) coverage_.attach(*kernel);
    }
    return kernel;
  }

  const Options& options_;
  Interrupt* interrupt_ = nullptr;
  const KeepWarnings quiet_;
  std::vector<Case> cases_;
  api::Coverage coverage_;  // outlives the Kernels, which tell it
  std::shared_ptr<Kernel> plain_kernel_;
  std::optional<TagTests> tags_;
  std::unique_ptr<testbench::ThreePartTests> parts_;
  std::string parts_path_, parts_error_;
  std::map<unsigned, std::shared_ptr<Kernel>> kernels_;
};

}  // namespace

int test(const Options& asked) {
  Options options = asked;
  if (options.timeout_s != 0) options.run_limit_ns = std::uint64_t{options.timeout_s} * 1'000'000'000;
  std::optional<Interrupt> interrupt;
  Tests tests(options);
  const int status = tests.collect();
  const std::vector<Case>& cases = tests.cases();
  if (options.list) {
    for (const Case& one : cases) fmt::print("{} {}\n", base_name(one.path), one.name);
    return status;
  }
  if (cases.empty() && status != exit_ok) return status;  // why was said
  TestReport report(options);
  report.begin(cases.size());
  if (options.jobs > 1) {
    std::vector<std::pair<std::string, std::string>> names;
    for (const Case& one : cases) names.emplace_back(base_name(one.path), one.name);
    if (!run_parts(options, names, report)) complain("a process could not be started");
  } else {
    // Not where processes share the tests: each has its own.
    interrupt.emplace();
    tests.stop_by(*interrupt);
    for (std::size_t i = options.part; i < cases.size() && interrupt->signal() == 0; i += options.parts) {
      const auto result = tests.run(i);
      if (!result) return exit_usage;
      report.tell(*result);
    }
  }
  const int outcome = report.finish();
  const int counted = tests.finish_coverage();
  if (interrupt && interrupt->signal() != 0) return interrupt->status();
  return status != exit_ok ? status : outcome != exit_ok ? outcome : counted;
}

}  // namespace skep::cli
