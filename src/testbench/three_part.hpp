// Tests in three parts, as large projects write them in C: programs in the sections TYPE/test/NAME/pktgen, …/setup and
// …/check. The first makes a packet, the second does something to it (calls the program under test), the third looks at
// the outcome; packet and context pass from one to the next, and before the check the setup's result stands in four
// bytes in front of the packet. The check returns how it went, and says more in the map suite_result_map, whose value
// is a message of protocol buffers:
//
//   SuiteResult { repeated Result results = 1; repeated Log log = 2; }
//   Result { string name = 1; int status = 2; repeated Log log = 3; }      Log { string format = 1; repeated fixed64
//   args = 2; }
//
// Statuses are 0 error, 1 passed, 2 failed, 3 skipped, each perhaps with 100 more; 104 of a check asks for all parts to
// be run once more, for the next row of a table. include/skep/test.h writes this; cilium's bpf/tests do. Functions that
// carry the tag `skep:mock=CALL` stand in for that call; programs with `tail:MAP/INDEX` are put into that program
// array. Tested by tests/testbench/test_test.py.
#pragma once

#include <bpf/libbpf.h>

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "skep/skep.hpp"
#include "testbench/case_result.hpp"

namespace skep::testbench {

// What a section says: nothing for other sections.
struct ThreePartSection {
  std::string name, part;
};
std::optional<ThreePartSection> three_part_section(const std::string& section);

class ThreePartTests {
 public:
  // The names of the tests of an object that is open, in their order.
  static std::vector<std::string> names(const bpf_object* object);
  // Loads the object: its tests share its maps, and are run in their order. Null and `error`.
  static std::unique_ptr<ThreePartTests> load(std::shared_ptr<Kernel> kernel, const std::string& path,
                                              std::string& error);

  CaseResult run(const std::string& name);
  const Object& object() const { return object_; }

 private:
  struct Parts {
    std::string pktgen, setup, check;
  };
  explicit ThreePartTests(Object object) : object_(std::move(object)) {}
  // True: there is another row of the test's table.
  bool run_row(const Parts& parts, CaseResult& result);
  void read_report(const char* part, std::uint32_t status, CaseResult& result) const;

  Object object_;
  std::map<std::string, Parts> tests_;
};

}  // namespace skep::testbench
