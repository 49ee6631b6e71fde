// What a step did, whole, as a text that is kept in a file: `expect.golden = "blocked.txt"`. What changes in it is seen
// in a diff, and `skep test --update` writes it anew. Tested by tests/testbench/test_test.py.
#pragma once

#include <string>

#include "testbench/case_result.hpp"
#include "testbench/expect.hpp"

namespace skep::testbench {

// The verdict, the packet, what was said, records, maps that changed, work and timers. Nothing of it depends on the
// machine: no addresses, no times of its clock.
std::string golden_text(const StepOutcome& outcome);

// Compares with the file, or writes it (StepOutcome::update).
void check_golden(const std::string& file, const StepOutcome& outcome, const std::string& where, CaseResult& result);

}  // namespace skep::testbench
