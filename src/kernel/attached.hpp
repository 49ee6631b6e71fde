// Who is attached to a function or a tracepoint, and calling it as the kernel's trampolines do. Used by test runs of
// tracing programs and by the host's hooks; tested by tests/kernel/test_run_functions_test.cpp and
// tests/api/program_test.cpp.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <string_view>
#include <vector>

#include "kernel/impl.hpp"

namespace skep::runtime {
struct Occasion;
}

namespace skep {

inline constexpr std::size_t most_hook_arguments = 12;  // of a function that programs attach to

// What is attached at the time at which this is made; it is kept until this ends.
class AttachedPrograms {
 public:
  using Wanted = std::function<bool(const LinkObject&)>;
  AttachedPrograms(Kernel::Impl& kernel, const Wanted& wanted);

  // What the caller of the function gets. Without a body it is what a function that returns 0 gives.
  std::uint64_t call(std::string_view function, std::span<const std::uint64_t> args,
                     const std::function<std::uint64_t()>& body) const;

 private:
  void run(std::string_view function, AttachType how, std::span<const std::uint64_t> args, std::uint64_t result) const;

  Kernel::Impl& kernel_;
  std::vector<std::pair<std::shared_ptr<LinkObject>, std::shared_ptr<ProgramObject>>> links_;
};

// Runs a program on arguments of `function` (or of the struct_ops member that it implements), each of eight bytes, with
// `result` behind them; the program's r0. `error`: a negative errno, when it cannot be run; the Kernel's log is told
// why. `occasion`: what else calls may ask about the run.
std::uint64_t run_on_arguments(Kernel::Impl& kernel, const ProgramObject& program, std::string_view function,
                               std::span<const std::uint64_t> args, std::uint64_t result, int& error,
                               runtime::Occasion* occasion = nullptr);

}  // namespace skep
