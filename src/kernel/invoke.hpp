// Running a program on an input: what test runs and fired links share. How an input becomes a context is the program
// type's (progtypes/invocation.hpp).
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "engine/engine.hpp"
#include "kernel/impl.hpp"
#include "kernel/run_statistics.hpp"
#include "progtypes/invocation.hpp"
#include "runtime/context.hpp"

namespace skep {

// An invocation with room for what it is made from. Programs keep those that are idle (ProgramObject::idle), so that a
// program that is run again and again allocates nothing.
struct InvocationState {
  std::unique_ptr<progtypes::Invocation> invocation;
  std::vector<std::uint8_t> data, context;
};

// Takes an idle state of the program, or makes one, and gives it back when it dies.
class BorrowedInvocation {
 public:
  explicit BorrowedInvocation(const ProgramObject& program);
  ~BorrowedInvocation() { program_.idle->give(0, std::move(state_)); }
  BorrowedInvocation(const BorrowedInvocation&) = delete;
  BorrowedInvocation& operator=(const BorrowedInvocation&) = delete;
  InvocationState& operator*() const { return *state_; }
  InvocationState* operator->() const { return state_.get(); }

 private:
  const ProgramObject& program_;
  std::unique_ptr<InvocationState> state_;
};

// What an invocation of the program needs of its Kernel.
class InvocationKeeper final : public progtypes::InvocationHost {
 public:
  InvocationKeeper(Kernel::Impl& kernel, const ProgramObject& program) : kernel_(kernel), program_(program) {}
  ~InvocationKeeper() = default;
  const btf::Btf& types() override;
  void forget_socket(void* socket) override;
  void renew_cgroup_storage() override;

 private:
  Kernel::Impl& kernel_;
  const ProgramObject& program_;
};

// Why a program that was accepted cannot be run here; empty: it can.
std::string cannot_run(const ProgramObject& program);
// A run of the program from its entry, with r1 and what calls see as its context.
engine::RunPtr make_run(Kernel::Impl& kernel, const ProgramObject& program, std::uint64_t r1, void* context);

// Runs it to its end, on the CPU that this thread's runs are to be on (RunCpuScope), or any.
void run_in_scope(Kernel::Impl& kernel, engine::Run& run);
// The CPU that it must run on, or this thread's are to be on; nothing: any.
std::optional<unsigned> cpu_of_run(const Kernel::Impl& kernel, const progtypes::Invocation& invocation);
// Whether each of several runs, of which `run` is the first, needs Invocation::before_run(), or that one alone. Not
// once it has begun.
bool each_run_is_made_ready(const ProgramObject& program, const engine::Run& run,
                            const progtypes::Invocation& invocation);
// Whether a packet goes where the program has redirected it, and where that is.
bool redirects(const ProgramObject& program, std::uint32_t result);
// What Kernel::last_redirection() says of this thread's run from now on. Null: it had no packet.
void note_redirection(const ProgramObject& program, const runtime::Packet* packet, std::uint32_t result);
Redirection redirection_of(const runtime::Packet& packet);

struct Outcome {
  std::uint32_t retval = 0;              // of the last run
  std::uint64_t each_ns = 0;             // the mean time of one
  progtypes::InvocationResults results;  // in the state, until it is used again
};
// Makes the context of state.data and state.context and runs the program on it, `repeat` times (at least once), or
// until a run is stopped. 0, or a negative errno: -ETIME and -EINTR when one was stopped.
int invoke(Kernel::Impl& kernel, const ProgramObject& program, InvocationState& state,
           const progtypes::InvocationRequest& request, std::uint32_t repeat, Outcome& outcome);

}  // namespace skep
