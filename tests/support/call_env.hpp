// Calls as a test makes them itself: an environment without an engine.
#pragma once

#include <cstdlib>
#include <memory>
#include <string_view>
#include <utility>

#include "calls/call.hpp"
#include "runtime/call_env.hpp"
#include "runtime/facts.hpp"
#include "runtime/program.hpp"

namespace skep::test {

class BareEnv final : public runtime::CallEnv {
 public:
  explicit BareEnv(runtime::Services& services, ProgType type = ProgType::syscall) : services_(services) {
    runtime::Code code;
    code.type = type;
    code.insns = {{0xb7, 0, 0, 0, 0}, {0x95, 0, 0, 0, 0}};
    code.facts.resize(2);
    program_ = runtime::Program::make(std::move(code));
  }
  // A helper or kfunc by name.
  template <typename... Args>
  std::int64_t call(std::string_view name, Args... args) {
    const calls::Helper* const helper = calls::find_helper(name);
    const runtime::CallFn fn = helper != nullptr ? helper->fn : calls::find_kfunc(name)->fn;
    std::array<std::uint64_t, 5> r = {number(args)...};
    return static_cast<std::int64_t>(fn(*this, r[0], r[1], r[2], r[3], r[4]).value);
  }

  runtime::Services& services() override { return services_; }
  unsigned cpu() const override { return 1; }
  const runtime::Program& program() const override { return *program_; }
  void* context() const override { return given_context; }
  std::shared_ptr<const runtime::Program> shared_program() const override { return program_; }
  runtime::CallResult invoke(const runtime::Subprogram&, std::array<std::uint64_t, 5>,
                             const runtime::Continuation&) override {
    std::abort();
  }
  runtime::CallResult sleep(runtime::SleepFn, const runtime::Continuation&) override { std::abort(); }
  runtime::CallResult tail_call(const runtime::Program&) override { std::abort(); }
  const runtime::InsnFacts& call_site() const override { return site_; }
  bool on_stack(std::uint64_t, std::uint64_t) const override { return false; }
  void* given_context = nullptr;

 private:
  template <typename T>
  static std::uint64_t number(T value) {
    if constexpr (std::is_pointer_v<T>)
      return reinterpret_cast<std::uint64_t>(value);
    else
      return static_cast<std::uint64_t>(static_cast<std::int64_t>(value));
  }
  runtime::Services& services_;
  std::shared_ptr<runtime::Program> program_;
  runtime::InsnFacts site_;
};

}  // namespace skep::test
