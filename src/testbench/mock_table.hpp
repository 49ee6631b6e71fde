// Calls that a test replaces by what it writes down: a constant, a sequence, or a table from arguments to results, with
// memory that is written; and how often they were made.
//
//   bpf_get_prandom_u32 = 4                       # always
//   bpf_ktime_get_ns = [100, 200]                 # one after the other; a third call is a mistake
//   bpf_skb_load_bytes = {calls = 1, when = [{args = ["*", 14], returns = 0, write = {arg = 2, hex = "45"}}], returns =
//   -14}
//   bpf_fib_lookup = {function = "no_route"}      # a global function of the object answers
//
//   current_task = {pid = 7, tgid = 7, uid = 1000, gid = 1000, comm = "nginx"}  # the helpers that say who runs it
//
// Tested by tests/testbench/test_test.py.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "describe/value.hpp"
#include "skep/kernel.hpp"
#include "skep/status.hpp"
#include "testbench/case_result.hpp"

namespace skep::testbench {

class MockTable {
 public:
  explicit MockTable(Kernel& kernel) : kernel_(kernel) {}
  ~MockTable();  // the calls are real again, for programs that are loaded afterwards
  MockTable(const MockTable&) = delete;
  MockTable& operator=(const MockTable&) = delete;

  // Before programs are loaded. `described`: calls by name. What is described twice counts as it was last.
  Status add(const describe::Value& described);
  // What went wrong in calls, and counts that were asked for and are others.
  void check(CaseResult& result) const;

 private:
  struct Mock;
  Status add_current_task(const describe::Value& given);
  Kernel& kernel_;
  std::vector<std::pair<std::string, std::shared_ptr<Mock>>> mocks_;
};

}  // namespace skep::testbench
