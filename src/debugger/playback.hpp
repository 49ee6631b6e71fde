// One run of everything, from loading to the end, on a thread of its own, that can be held before any instruction.
//
// What is played is the same each time: a Kernel is made and an object loaded anew, the clock stands, random numbers
// begin with a seed. So the number of an instruction, counted over all programs and callbacks in the order in which
// they run, is a moment that can be come back to: that is how a session goes backwards. While it is held, the thread
// waits within the run, and whoever holds it may look at registers, memory and maps. Tested by
// tests/debugger/session_test.cpp.
#pragma once

#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "debugger/frames.hpp"
#include "runtime/observer.hpp"
#include "skep/skep.hpp"

namespace skep::debugger {

// What a play tells whoever watches it.
class Stage {
 public:
  virtual ~Stage() = default;
  // The Kernel is there, and nothing is loaded.
  virtual void made(Kernel& kernel) { (void)kernel; }
  // The object is loaded and nothing has run.
  virtual void loaded(std::shared_ptr<Kernel> kernel, const Object& object) = 0;
  // Nobody looks any more: a play that has more to run does not run it.
  virtual bool abandoned() const = 0;
};

// Makes a Kernel, loads an object, tells the stage, and runs what is to be debugged. Everything that it made is to be
// there until `curtain` was called, with how it ended in words; false in `good`: it could not begin.
using Play = std::function<void(Stage& stage, const std::function<void(bool good, std::string how)>& curtain)>;

// What a plan is asked about.
struct Event {
  enum class Kind : std::uint8_t {
    instruction,  // before each; the others follow for the same one
    access,
    call,  // of a helper or kfunc
  };
  Kind kind = Kind::instruction;
  std::uint64_t tick = 0;  // which instruction it is, from 1
  const Frames& frames;
  const runtime::RunObserver::Access* access = nullptr;
};
// Why it is to be held there; empty: it goes on.
using Plan = std::function<std::string(const Event&)>;

class Playback final : public Stage, public runtime::RunObserver {
 public:
  enum class State : std::uint8_t { running, held, ended, failed };

  // It is held before the first instruction, or has ended.
  explicit Playback(Play play, std::function<void(std::uint64_t tick, const std::string& line)> said = {});
  ~Playback() override;
  Playback(const Playback&) = delete;
  Playback& operator=(const Playback&) = delete;

  // Goes on until the plan holds it, or to the end. A moment at which it was held does not hold it again.
  State go_on(Plan plan);
  // Holds it soon, whatever the plan says. Any thread.
  void interrupt() { interrupted_.store(true, std::memory_order_relaxed); }

  // All of what follows: while it does not run.
  State state() const { return state_; }
  std::uint64_t tick() const { return tick_; }           // ended: one more than the last
  const std::string& reason() const { return reason_; }  // of being held, or how it ended
  const Frames& frames() const { return frames_; }
  const std::shared_ptr<Kernel>& kernel() const { return kernel_; }
  const Object& object() const { return object_; }

  void loaded(std::shared_ptr<Kernel> kernel, const Object& object) override;
  bool abandoned() const override { return abandoned_.load(std::memory_order_relaxed); }
  void instruction(const runtime::Program& program, std::uint32_t pc,
                   std::span<const std::uint64_t> registers) override;
  void access(const runtime::Program& program, std::uint32_t pc, const Access& access) override;
  void call(const runtime::Program& program, std::uint32_t pc, const std::array<std::uint64_t, 5>& arguments) override;

 private:
  void run(const Play& play);
  void ask(Event::Kind kind, const Access* access);
  void hold(State state, std::string reason);

  const std::function<void(std::uint64_t, const std::string&)> said_;
  std::atomic<bool> interrupted_{false}, abandoned_{false};
  std::mutex lock_;
  std::condition_variable changed_;
  State state_ = State::running;  // under the lock; what follows belongs to the thread while it is `running`
  Plan plan_;
  std::string reason_;
  std::uint64_t tick_ = 0, held_at_ = 0;
  Frames frames_;
  std::shared_ptr<Kernel> kernel_;
  Object object_;
  std::thread thread_;
};

}  // namespace skep::debugger
