// What a step of a scenario expects, held against what happened. Only what is described is compared: of a struct the
// fields that are named, of maps the elements that are named. Tested by tests/testbench/test_test.py.
#pragma once

#include <string>
#include <vector>

#include "describe/value.hpp"
#include "skep/skep.hpp"
#include "testbench/case_result.hpp"
#include "testbench/watch.hpp"

namespace skep::testbench {

// What one step did.
struct StepOutcome {
  bool ran = false;  // a program
  ProgType type{};
  Status status;
  RunResult result;
  std::vector<std::uint8_t> packet;  // as it was given
  Seen seen;
  std::vector<WorkRun> work;
  std::vector<ArmedTimer> armed;
  WorkStatistics counts;  // of this step
  std::string directory;  // where golden files are
  bool update = false;    // … and that they are to be written
};

// `where`: how messages begin. Mistakes in the description fail the test, too.
void expect(const describe::Value& expected, Kernel& kernel, const Object& object, const StepOutcome& outcome,
            const std::string& where, CaseResult& result);

}  // namespace skep::testbench
