// The verifier's log: text that grows, and that is cut back when a path turned out well.
//
// At level 1 only the path that was refused stays in the log (the walker cuts it back to where the path began); at
// level 2 everything stays. What the lines look like is decided by those who write them. Tested by
// tests/verifier/report/.
#pragma once

#include <fmt/format.h>

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>

#include "verifier/report/events.hpp"

namespace skep::verifier {

class Env;
struct LineInfo;
struct State;

class Log {
 public:
  explicit Log(std::uint32_t level) : level_(level) {}

  bool steps() const { return (level_ & 3) != 0; }       // instructions, and the states between them
  bool everything() const { return (level_ & 2) != 0; }  // every state, every path
  bool statistics() const { return (level_ & 4) != 0; }
  bool any() const { return level_ != 0; }

  void text(std::string_view what) {
    if (any()) text_.append(what);
  }
  void line(std::string_view what) {
    if (!any()) return;
    text_.append(what);
    text_.push_back('\n');
  }
  template <typename... Args>
  void print(fmt::format_string<Args...> format, Args&&... args) {
    if (any()) fmt::format_to(std::back_inserter(text_), format, std::forward<Args>(args)...);
  }
  std::size_t position() const { return text_.size(); }
  void cut_back(std::size_t position) {
    if (position < text_.size()) text_.resize(position);
  }
  std::string take() { return std::move(text_); }
  const std::string& content() const { return text_; }

  // What the current instruction read or wrote: only that is printed after it.
  void touch_reg(unsigned reg) { touched_regs_ |= 1U << reg; }
  void touch_slot(std::size_t slot) { touched_slots_ |= std::uint64_t{1} << (slot & 63); }
  void touch_all() {
    touched_regs_ = ~0U;
    touched_slots_ = ~std::uint64_t{0};
  }
  void touch_nothing() {
    touched_regs_ = 0;
    touched_slots_ = 0;
  }
  bool anything_touched() const { return touched_regs_ != 0 || touched_slots_ != 0; }
  std::uint32_t touched_regs() const { return touched_regs_; }
  std::uint64_t touched_slots() const { return touched_slots_; }
  // The next instruction's whole state is to be shown at level 2, as after a function returned.
  void want_whole_state() { whole_state_ = true; }
  bool take_whole_state() { return std::exchange(whole_state_, false); }
  // Where the line of the last instruction ended, and how long it was.
  void end_of_insn(std::size_t width) {
    insn_end_ = position();
    insn_width_ = width;
  }
  std::size_t insn_end() const { return insn_end_; }
  std::size_t insn_width() const { return insn_width_; }
  EventRecorder& recorder() { return recorder_; }
  const LineInfo* previous_source() const { return previous_source_; }
  void set_previous_source(const LineInfo* info) { previous_source_ = info; }

 private:
  std::uint32_t level_;
  std::uint32_t touched_regs_ = 0;
  std::uint64_t touched_slots_ = 0;
  bool whole_state_ = false;
  std::size_t insn_end_ = 0, insn_width_ = 0;
  const LineInfo* previous_source_ = nullptr;
  EventRecorder recorder_;
  std::string text_;
};

// ---- what the walker has to say (log.cpp) ---------------------------------------------------------------------------
// A new walk (of the program, or of one
// global function) begins.
void begin_walk_log(Env& env);
// About to check the instruction at env.insn_idx: what the last one changed, the source line, the instruction.
// `path_begins`: a branch left behind is being taken up (its whole state is printed at level 2).
void log_step(Env& env, bool path_begins);
// The registers and slots that the instruction touched, behind it. The walker need not call it: log_step does.
void log_insn_state(Env& env);
// What lies ahead of env.insn_idx was found safe before: this path ends here.
void log_pruned(Env& env, bool path_begins);
// Where the log is to be cut back to when a branch that is pushed now is taken up.
std::size_t path_log_position(const Env& env);
// "; source text @ file.c:12", unless it was the last to be printed.
void log_source_line(Env& env, std::uint32_t insn);
// What is said of an instruction stands in a column of its own: the spaces before it, behind text of this width.
std::size_t padding_behind(std::size_t width);
// "(b7) r0 = 1": the instruction as text.
std::string insn_text(const Env& env, std::uint32_t insn);
// `head` and then all registers and slots of the state's innermost frame (or of `frame`), with references and callback
// marks, on one line without a newline.
std::string state_line(Env& env, std::string_view head, const State& state);
std::string state_line(Env& env, std::string_view head, const State& state, std::uint32_t frame);
// The frame's registers and slots that are in these masks, with all the rest.
std::string state_parts(Env& env, const State& state, std::uint32_t frame, std::uint32_t regs, std::uint64_t slots);

}  // namespace skep::verifier
