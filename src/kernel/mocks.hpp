// Calls that the host has replaced: which they are, and what programs get in their place. Tested by
// tests/kernel/testing_test.cpp.
#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>

#include "runtime/call_env.hpp"
#include "skep/testing.hpp"

namespace skep::calls {
struct Helper;
struct Kfunc;
}  // namespace skep::calls

namespace skep {

class Mocks {
 public:
  // Null ends it.
  void set(std::string_view call, MockFunction function);
  bool has(std::string_view call) const { return find(call) != nullptr; }
  // `told`: what is wrong with the mock's answer, if something is.
  runtime::CallResult call(runtime::CallEnv& env, const std::array<std::uint64_t, 5>& arguments,
                           std::string& told) const;
  // Why nobody can stand in for a call; empty: one can.
  static std::string_view refused(const calls::Helper& helper);
  static std::string_view refused(const calls::Kfunc& kfunc);

 private:
  std::shared_ptr<const MockFunction> find(std::string_view call) const;
  mutable std::mutex lock_;
  std::map<std::string, std::shared_ptr<const MockFunction>, std::less<>> functions_;
};

}  // namespace skep
