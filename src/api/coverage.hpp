// Which lines of C the tests have run: counted in the interpreter, instruction by instruction, and told by the lines
// that the objects bring along, as lcov's tracefile (genhtml and the usual services read it).
//
// Three kinds of lines are told apart: those that ran, those that did not, and those that cannot run: all instructions
// of theirs were removed by the verifier, for no path leads there (or none with the constants that the object was
// loaded with). The last are not counted as missing. Tested by tests/testbench/coverage_test.cpp.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "kernel/testing.hpp"
#include "runtime/observer.hpp"
#include "skep/skep.hpp"

namespace skep::api {

// What is known of one source file.
struct FileCoverage {
  std::map<std::uint32_t, std::uint64_t> lines;  // how often each ran
  std::set<std::uint32_t> impossible;            // lines that no path leads to
  struct Function {
    std::uint32_t line = 0;
    std::uint64_t calls = 0;
  };
  std::map<std::string, Function> functions;
  struct Branch {
    std::uint64_t taken = 0, not_taken = 0;
  };
  std::map<std::pair<std::uint32_t, std::string>, Branch> branches;  // by line, program and instruction
};

class Coverage final : public runtime::RunObserver {
 public:
  // The Kernel's runs are counted until this ends or another is attached. An object's programs are to be noted while it
  // is loaded, run or not.
  void attach(Kernel& kernel) { observe_runs(kernel, this); }
  void note(Kernel& kernel, const Object& object);
  void note(Kernel& kernel, int program_fd);
  // What was counted is turned into lines, and the programs are let go; between tests.
  void collect();

  // Paths as the compiler wrote them; those that are not there are looked for below `source_root`, if it is given.
  std::string lcov(const std::string& source_root) const;
  // Adds a tracefile that lcov() has written. False: it is none.
  bool add_lcov(const std::string& text);
  // A table of files, and of each the lines that did not run.
  std::vector<std::string> summary() const;
  const std::map<std::string, FileCoverage>& files() const { return files_; }

  void instruction(const runtime::Program& program, std::uint32_t pc,
                   std::span<const std::uint64_t> registers) override;
  void branch(const runtime::Program& program, std::uint32_t pc, bool taken) override;

 private:
  struct Counts {
    std::shared_ptr<const runtime::Program> keep;
    std::vector<std::uint64_t> ran, taken;
  };
  Counts& counts_of(const runtime::Program& program);
  void add_program(const LoadedCode& loaded, const Counts* counts);

  std::mutex lock_;  // of the counts
  std::map<const runtime::Program*, Counts> counts_;
  std::vector<LoadedCode> noted_;
  std::map<std::string, FileCoverage> files_;
};

}  // namespace skep::api
