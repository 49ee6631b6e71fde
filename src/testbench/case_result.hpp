// How one test ended, and what was not as it should be. Tested by tests/testbench/test_test.py.
#pragma once

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

namespace skep::testbench {

// Text of one line or more on both sides.
struct Mismatch {
  std::string what;  // "step 2 (run filter): verdict"
  std::string expected, actual;
};

struct CaseResult {
  enum class Kind : std::uint8_t { passed, failed, skipped };
  Kind kind = Kind::passed;
  std::string why;  // one line; of those that passed empty
  std::vector<Mismatch> mismatches;
  double seconds = 0;

  void fail(std::string reason) {
    kind = Kind::failed;
    if (why.empty()) why = std::move(reason);
  }
  void add(Mismatch mismatch) {
    fail(mismatch.what +
         (mismatch.expected.find('\n') == std::string::npos && mismatch.actual.find('\n') == std::string::npos
              ? ": expected " + mismatch.expected + ", is " + mismatch.actual
              : " is not as expected"));
    mismatches.push_back(std::move(mismatch));
  }
};

}  // namespace skep::testbench
