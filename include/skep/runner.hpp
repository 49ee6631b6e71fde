// A program held ready for a data path: what does not change from run to run is done once, and a run costs little more
// than a call.
//
//   auto runner = skep::Runner::make(*kernel, program.fd(), {.packet = frame});     // Result<Runner>
//   const skep::Status ran = runner->turn([&](skep::Runner::Turn& turn) {
//     for (const auto& frame : burst)                                               // some 64 at a time
//       if (turn.packet(frame) == 0 && turn.run() == XDP_DROP) ++dropped;
//   });
//
// A turn is what a driver's poll is in the kernel: the thread holds a virtual CPU and is in a read section until the
// function returns. Others want the CPU, and what programs and maps have given up is reclaimed only between turns, so
// keep them short (some 50 microseconds). What a run does and gives is what Program::run and BPF_PROG_TEST_RUN do and
// give: the same contexts, limits and statistics, and work that it starts.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <type_traits>
#include <utility>

#include "skep/kernel.hpp"
#include "skep/status.hpp"

namespace skep {

struct RunnerInput {
  std::span<const std::uint8_t> packet = {};  // from the Ethernet header on, for types that are run on one
  std::span<const std::uint8_t> context =
      {};  // in its layout; for others, and where a test run takes it beside a packet
  // It is for Runner::run_in_signal_handler alone. EOPNOTSUPP, with the reason in the message, when the program makes a
  // call that could wait for what a handler interrupts, or this Kernel has no such runs (one that steps).
  bool in_signal_handlers = false;
};

// Movable. One thread at a time. Keeps the program loaded; the Kernel must outlive it.
class SKEP_API Runner {
 public:
  class Turn;

  // `program_fd`: the program's descriptor. Its runs have the limits that the thread has now (RunLimitsScope), else the
  // Kernel's. EINVAL: an input that the type does not take; EOPNOTSUPP: a type that the kernel has no test run of, or a
  // program that cannot be run; the message says why.
  static Result<Runner> make(Kernel& kernel, int program_fd, const RunnerInput& input = {});
  Runner(Runner&&) noexcept;
  Runner& operator=(Runner&&) noexcept;
  ~Runner();

  // Calls `body(Turn&)`, on this thread, and waits for a CPU first. What it throws ends here: on_log is told.
  template <typename Body>
  void turn(Body&& body) {
    using Function = std::remove_reference_t<Body>;
    take_turn([](void* function, Turn& turn) { (*static_cast<Function*>(function))(turn); },
              const_cast<void*>(static_cast<const void*>(&body)));
  }
  // A turn of one run, on what the run before left; its result. See Turn::error.
  std::uint32_t run();
  // Of the last run: 0, or why it did not come to its end.
  int error() const;
  // As run(), in a signal handler, whatever the thread was interrupted in, a call of this Kernel's included. Waits for
  // nothing, locks nothing, allocates nothing, leaves errno as it is; interpreted. 0 and the result; -EBUSY, and
  // nothing ran: the virtual CPUs are taken, the runner runs already, or the thread has never run a program nor made a
  // command of Skep's; -EINVAL: the runner is not made for it; else as error(). Programs that are attached, and all
  // other functions of Skep but Kernel::stop_runs, are not for signal handlers.
  int run_in_signal_handler(std::uint32_t* result = nullptr) noexcept;

 private:
  struct State;
  explicit Runner(std::unique_ptr<State> state);
  void take_turn(void (*body)(void* function, Turn& turn), void* function);
  std::unique_ptr<State> state_;
};

// Valid inside of Runner::turn.
class SKEP_API Runner::Turn {
 public:
  Turn(const Turn&) = delete;
  Turn& operator=(const Turn&) = delete;

  // Runs the program, on the packet or context as it is; what it returned. 0 when the run was stopped.
  std::uint32_t run() { return run_(*this); }
  // Of the last run: 0; -ETIME and -EINTR when it was stopped; -EOPNOTSUPP at a call that has no behavior here.
  int error() const;

  // The packet that the next run begins with; its context is made anew, as at first. 0, or -EINVAL for one that the
  // type does not take.
  int packet(std::span<const std::uint8_t> bytes);
  // As the last run left it. Empty for types that are run on none.
  std::span<const std::uint8_t> packet() const;
  // Where it was to go, if the last run's result says that it goes somewhere.
  Redirection redirection() const;

 private:
  friend class Runner;
  friend struct Runner::State;
  explicit Turn(State& state) : state_(state) {}
  std::uint32_t (*run_)(Turn& turn) = nullptr;  // what a run takes where this turn is
  State& state_;
  void* seat_ = nullptr;  // of the executor that drives it; null: it steps
  std::uint32_t result_ = 0;
};

}  // namespace skep
