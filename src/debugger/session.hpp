// A debugger's session: where the run is held, where to go from there, forward and back, and where it is to be held.
//
//   Session session(play);                       // held before the first instruction
//   session.add_breakpoint("firewall.bpf.c:120", error);
//   session.go({Motion::Kind::resume});          // to the next breakpoint, or the end
//   session.go({Motion::Kind::line, true});      // to the line before
//
// It goes back by playing everything once more, up to the moment that was meant: playback.hpp says why that is the
// same. What is looked at (frames, lines, objects) is of the moment; inspect.hpp shows it. All front ends use this one
// interface: terminal.hpp, dap.hpp, gdb_stub.hpp. One thread, but for interrupt(). Tested by
// tests/debugger/session_test.cpp.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "debugger/breakpoints.hpp"
#include "debugger/line_walk.hpp"
#include "debugger/lines.hpp"
#include "debugger/playback.hpp"

namespace skep::debugger {

struct Motion {
  enum class Kind : std::uint8_t {
    instruction,
    line,
    over_instruction,  // … but not into functions
    over_line,
    out,     // of the function: to its caller; back: to the call
    resume,  // to the next breakpoint, or the end; back: to the one before, or the beginning
  };
  Kind kind = Kind::resume;
  bool back = false;
};

struct Stop {
  Playback::State state = Playback::State::failed;
  std::string reason;  // "breakpoint 2", "step", "the beginning", how it ended
  int breakpoint = 0;  // that holds it
  std::uint64_t tick = 0;
};

class Session {
 public:
  // `said`: told each line of bpf_printk, once, however often it is played.
  explicit Session(Play play, std::function<void(const std::string& line)> said = {});

  const Stop& stop() const { return stop_; }
  bool held() const { return stop_.state == Playback::State::held; }
  const Stop& go(Motion motion);
  const Stop& restart();
  // Back, or on, to a moment.
  const Stop& seek(std::uint64_t tick);
  // Ends what is held, does something that waits for programs (they hold a read section), and comes back to where it
  // was. What was looked at before is gone: frames have to be asked for again.
  void aside(const std::function<void()>& something);
  // Holds a run that goes on. Any thread.
  void interrupt();

  // Its number; 0 and `error`: see parse_breakpoint.
  // `program`: whose instructions are meant; empty: of the one that is looked at.
  int add_breakpoint(const std::string& words, std::string& error, std::string program = {});
  // Where functions are written that are nowhere called, for they were inlined: FILE:LINE, or nothing.
  void find_inlined_by(std::function<std::string(const std::string& function)> find) { inlined_ = std::move(find); }
  bool remove_breakpoint(int number);
  bool enable_breakpoint(int number, bool enabled);
  const std::vector<Breakpoint>& breakpoints() const { return breakpoints_; }

  // While it is held, or has ended. Frames: the innermost first; empty when it has ended.
  std::vector<Frame> frames() const;
  const Frames& all_frames() const { return playback_->frames(); }
  AllLines& lines() { return *lines_; }
  SourcePlace place(const Frame& frame) { return lines_->of(*frame.program).at(frame.pc); }
  const std::string& function(const Frame& frame) { return lines_->of(*frame.program).function_name(frame.function); }
  const Object& object() const { return playback_->object(); }
  Kernel& kernel() const { return *playback_->kernel(); }
  unsigned cpus() const { return playback_->kernel() != nullptr ? playback_->kernel()->cpus() : 0; }
  const Play& play() const { return play_; }

 private:
  // What a plan looks at beside the event.
  using Decide = std::function<std::string(const Event&, const LineWalk&)>;
  void end();
  void begin();
  const Stop& forward(const Decide& decide);
  const Stop& go_back(Motion motion);
  void take(Playback::State state);

  const Play play_;
  const std::function<void(const std::string&)> said_;
  std::uint64_t furthest_ = 0;  // what was said up to there was told
  std::mutex replacing_;        // of the playback, against interrupt()
  std::unique_ptr<Playback> playback_;
  std::unique_ptr<AllLines> lines_;
  LineWalk walk_;
  std::vector<Breakpoint> breakpoints_;
  int last_number_ = 0;
  std::function<std::string(const std::string&)> inlined_;
  Stop stop_;
};

}  // namespace skep::debugger
