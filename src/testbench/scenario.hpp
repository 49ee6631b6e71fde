// Tests of a BPF object as a file: the object, its variables and maps, and steps with what is expected after each.
//
//   object = "fw.bpf.o"
//
//   [[test]]
//   name = "a blocked source is dropped"
//   maps.blocked = {"10.0.0.0/8" = 1}
//   run = "filter"
//   packet = {src = "10.0.0.1", dst = "10.0.0.2", udp = {dport = 53}}
//   expect = {verdict = "XDP_DROP", globals = {seen_packets = 1}}
//
// docs/testing.md tells all that may stand there. What stands there and is not understood fails the test, by name.
// Every test begins with the object loaded anew, the clock and the random numbers as [kernel] says. Tested by
// tests/testbench/test_test.py.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "describe/value.hpp"
#include "skep/skep.hpp"
#include "testbench/case_result.hpp"

namespace skep::testbench {

class ScenarioFile {
 public:
  // Nothing and `error` for what cannot be read, is not TOML, or names no object.
  static std::optional<ScenarioFile> load(const std::string& path, std::string& error);

  const std::string& path() const { return path_; }
  const std::string& object_path() const { return object_path_; }
  std::vector<std::string> names() const;
  // What [kernel] says: CPUs, the clock (which always stands), the seed.
  void apply(KernelOptions& options) const;
  // `kernel`: made with these options.
  // `update`: golden files are written, not compared.
  // `done`, if it is not empty, is called with the test's object before it is gone.
  CaseResult run(const std::shared_ptr<Kernel>& kernel, std::size_t test,
                 const std::function<void(const Object&)>& done = {}, bool update = false) const;

 private:
  ScenarioFile() = default;
  std::string path_, object_path_;
  describe::Value root_;
  std::vector<describe::Value> tests_;
  std::uint64_t clock_ns_ = 1'000'000'000, realtime_ns_ = 0, seed_ = 1;
  std::optional<unsigned> cpus_;
};

}  // namespace skep::testbench
