// Tests by several processes at once: each runs its part of the cases, in a Kernel of its own, and says one line of
// JSON for each; here they come together, in their order. Tested by tests/testbench/test_test.py.
#pragma once

#include <string>
#include <vector>

#include "cli/options.hpp"
#include "cli/test_report.hpp"

namespace skep::cli {

// Where a part writes its coverage.
std::string part_file(const std::string& coverage, unsigned part);
// `names`: file and name of each case, as every part finds them. A process that ends before its part is done has failed
// the case that it was at; the others of its part are told as failed, too. False: no process could be started.
bool run_parts(const Options& options, const std::vector<std::pair<std::string, std::string>>& names,
               TestReport& report);

}  // namespace skep::cli
