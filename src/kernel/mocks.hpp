// Calls that the host has replaced: which they are, and what programs get in their place: an answer of the host's, or
// that of one of the program's own functions. The loader lets a program call such a function
// (loader/replaced_calls.hpp); link() makes the real call of it again for the verifier, and says which function stands
// in for it. Tested by tests/kernel/testing_test.cpp and tests/testbench/.
#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "kernel/testing.hpp"
#include "runtime/call_env.hpp"
#include "skep/testing.hpp"
#include "verifier/verifier.hpp"

namespace skep::calls {
struct Helper;
struct Kfunc;
}  // namespace skep::calls

namespace skep {

class Mocks {
 public:
  // Null ends it.
  void set(std::string_view call, MockFunction function);
  // `number`: of a helper; 0: it is a kfunc. Without a function it ends.
  void set_function(std::string_view call, std::uint32_t number, std::string_view function);
  bool has(std::string_view call) const { return find(call) != nullptr; }
  // Which function takes the call's place; empty: none.
  std::string function_of(std::string_view call) const;
  // How often functions have taken it since the mock was set.
  std::uint64_t calls(std::string_view call) const;
  std::vector<ReplacedCall> replaced() const;
  // Where the loader has put calls of functions, the real calls are again.
  std::vector<verifier::StandIn> link(std::span<Insn> insns, std::span<const verifier::FuncInfo> functions,
                                      const btf::Btf& types, const btf::Btf& kernel_types) const;
  void set_places(std::vector<ReplacedPlace> places);
  // `told`: what is wrong with the mock's answer, if something is.
  runtime::CallResult call(runtime::CallEnv& env, const std::array<std::uint64_t, 5>& arguments,
                           std::string& told) const;
  // The same where a function of the program stands in for it.
  runtime::CallResult call_function(runtime::CallEnv& env, const std::array<std::uint64_t, 5>& arguments,
                                    Kernel& kernel) const;
  // Why nobody can stand in for a call; empty: one can.
  static std::string_view refused(const calls::Helper& helper);
  static std::string_view refused(const calls::Kfunc& kfunc);

 private:
  struct OwnFunction {
    std::string function;
    std::uint32_t number = 0;
    std::shared_ptr<std::atomic<std::uint64_t>> calls;
  };
  std::shared_ptr<const MockFunction> find(std::string_view call) const;
  mutable std::mutex lock_;
  std::map<std::string, std::shared_ptr<const MockFunction>, std::less<>> functions_;
  std::map<std::string, OwnFunction, std::less<>> own_functions_;
  std::vector<ReplacedPlace> places_;
};

}  // namespace skep
