// A program may say whether it must load, which messages its log must hold, in order, which it must not hold, and what
// a test run must return. `{{…}}` in a message is a regular expression. What cannot be checked here (unprivileged
// loading, the instructions after translation) is skipped by name. Tested by tests/conformance/.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "cli/test_report.hpp"
#include "skep/kernel.hpp"

namespace skep::cli {

class TagTests {
 public:
  // The Kernel's log is listened to while one lives. `complete_maps`: see prepare_maps.
  // `ran`, if it is not empty, is called with the descriptor of each program that was tested, while it is loaded.
  TagTests(std::shared_ptr<Kernel> kernel, bool complete_maps, std::function<void(int program)> ran = {});
  ~TagTests();
  TagTests(const TagTests&) = delete;
  TagTests& operator=(const TagTests&) = delete;

  TestResult run(const std::string& path, const std::string& program);

 private:
  std::shared_ptr<Kernel> kernel_;
  const bool complete_maps_;
  std::vector<char> log_;
  std::string last_refusal_, adapted_to_;
  std::function<void(int)> ran_;
};

}  // namespace skep::cli
