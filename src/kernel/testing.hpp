// What the test bench sees of a Kernel beyond the public headers: its types, its runs from inside, and the code of
// programs with their lines. Tested by tests/testbench/coverage_test.cpp.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "btf/btf.hpp"
#include "runtime/program.hpp"
#include "skep/kernel.hpp"

namespace skep::runtime {
class RunObserver;
}
namespace skep::verifier {
class Observer;
}

namespace skep {

// A call whose place a global function of the program takes: see mock_call_by.
struct ReplacedCall {
  std::string call, function;
  std::uint32_t number = 0;  // of a helper; 0: it is a kfunc
};
// Where the loader has put a call of such a function: so many instructions behind the beginning of `caller`.
struct ReplacedPlace {
  std::string caller;
  std::uint32_t offset = 0;
  std::string call;
};
// Of the Kernel to which this thread's commands go, if there is one already; and what the object that was opened last
// has.
std::vector<ReplacedCall> replaced_calls();
void note_replaced_places(std::vector<ReplacedPlace> places);

const btf::Btf& types_of_kernel(Kernel& kernel);
// Of runs that begin from now on and have no observer of their own; null: none. It must outlive them. Programs that are
// observed are interpreted.
void observe_runs(Kernel& kernel, runtime::RunObserver* observer);

// Who is to see what the verifier believes of a program of that name (cut, as PROG_LOAD has it) and so many
// instructions, when one is loaded; null: nobody, and then it is verified as ever. See verifier::Observer.
using VerificationWatch = std::function<verifier::Observer*(std::string_view program, std::size_t instructions)>;
// Not while another thread loads.
void watch_verification(Kernel& kernel, VerificationWatch watch);

// A program's code, and the lines that its instructions, as they were loaded, were made from.
struct LoadedCode {
  struct Line {
    std::uint32_t insn = 0, file = 0, text = 0;  // names are offsets into the types' strings
    std::uint32_t line_column = 0;
  };
  std::shared_ptr<const runtime::Program> code;
  std::shared_ptr<const btf::Btf> types;  // null: it was loaded without
  std::vector<Line> lines;                // by instruction
};
// Nothing: the Kernel has no such descriptor.
std::optional<LoadedCode> code_of(Kernel& kernel, int program_fd);

}  // namespace skep
