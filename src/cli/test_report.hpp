// How `skep test` tells its results: a line each in words, JSON or TAP, and all of them as a JUnit file. Tested by
// tests/testbench/test_test.py.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "cli/options.hpp"
#include "testbench/case_result.hpp"

namespace skep::cli {

struct TestResult {
  std::size_t number = 0;  // of all cases, in their order
  std::string file;        // without its directory
  std::string name;
  testbench::CaseResult outcome;
  std::vector<std::string> not_checked;
  std::optional<std::int32_t> retval;
  std::string log;  // the verifier's, of what failed
};

class TestReport {
 public:
  explicit TestReport(const Options& options) : options_(options) {}
  void begin(std::size_t cases);
  void tell(const TestResult& result);
  // The summary, and the JUnit file. The exit status: of a report in which nothing failed and something passed 0.
  int finish();

 private:
  void tell_in_words(const TestResult& result) const;
  bool write_junit() const;

  const Options& options_;
  unsigned passed_ = 0, failed_ = 0, skipped_ = 0;
  std::vector<TestResult> all_;  // for JUnit only
};

// One line, and the same from it: what processes that share the work say to each other.
std::string json_line(const TestResult& result, bool with_log);
std::optional<TestResult> parse_json_line(const std::string& line);

}  // namespace skep::cli
