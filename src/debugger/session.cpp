// See debugger/session.hpp.
#include "debugger/session.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

namespace skep::debugger {
namespace {

// "breakpoint 3" as a plan's reason, and back.
std::string at_breakpoint(int number) {
  return number == 0 ? std::string() : fmt::format("breakpoint {}", number);
}
int breakpoint_in(const std::string& reason) {
  constexpr std::string_view head = "breakpoint ";
  return reason.starts_with(head) ? std::stoi(reason.substr(head.size())) : 0;
}

}  // namespace

Session::Session(Play play, std::function<void(const std::string&)> said)
    : play_(std::move(play)), said_(std::move(said)) {
  begin();
}

// Programs go before their Kernel does.
void Session::end() {
  lines_.reset();
  const std::lock_guard guard(replacing_);
  playback_.reset();
}

void Session::begin() {
  end();
  lines_ = std::make_unique<AllLines>();
  walk_ = {};
  auto fresh = std::make_unique<Playback>(play_, [this](std::uint64_t tick, const std::string& line) {
    if (tick <= furthest_) return;
    furthest_ = tick;
    if (said_) said_(line);
  });
  {
    const std::lock_guard guard(replacing_);
    playback_ = std::move(fresh);
  }
  if (playback_->kernel() != nullptr) lines_->add(*playback_->kernel(), playback_->object());
  if (playback_->state() == Playback::State::held)
    walk_.at(playback_->frames(), lines_->of(*playback_->frames().innermost().program));
  take(playback_->state());
}

void Session::take(Playback::State state) {
  stop_ = {state, playback_->reason(), breakpoint_in(playback_->reason()), playback_->tick()};
}

void Session::interrupt() {
  const std::lock_guard guard(replacing_);
  if (playback_ != nullptr) playback_->interrupt();
}

void Session::aside(const std::function<void()>& something) {
  const Stop before = stop_;
  end();
  something();
  begin();
  seek(before.tick);
  stop_ = before;
}

const Stop& Session::restart() {
  begin();
  return stop_;
}

const Stop& Session::forward(const Decide& decide) {
  take(playback_->go_on([&](const Event& event) {
    if (event.kind == Event::Kind::instruction) walk_.at(event.frames, lines_->of(*event.frames.innermost().program));
    return decide(event, walk_);
  }));
  return stop_;
}

const Stop& Session::seek(std::uint64_t tick) {
  if (tick < stop_.tick) begin();
  if (!held() || stop_.tick >= tick) return stop_;
  return forward([tick](const Event& event, const LineWalk&) { return std::string(event.tick >= tick ? "step" : ""); });
}

const Stop& Session::go(Motion motion) {
  using Kind = Motion::Kind;
  if (motion.back) return go_back(motion);
  if (!held()) return stop_;
  const std::size_t depth = playback_->frames().depth();
  const bool has_lines = lines_->of(*playback_->frames().innermost().program).has_lines();
  if (motion.kind == Kind::line && !has_lines) motion.kind = Kind::instruction;
  if (motion.kind == Kind::over_line && !has_lines) motion.kind = Kind::over_instruction;
  Tripwires wires(breakpoints_, *lines_, cpus());
  return forward([&](const Event& event, const LineWalk& walk) -> std::string {
    if (std::string hit = at_breakpoint(wires.at(event, walk)); !hit.empty()) return hit;
    if (event.kind != Event::Kind::instruction) return {};
    const std::size_t now = event.frames.depth();
    const bool arrived = motion.kind == Kind::instruction        ? true
                         : motion.kind == Kind::line             ? walk.begins()
                         : motion.kind == Kind::over_instruction ? now <= depth
                         : motion.kind == Kind::over_line        ? now <= depth && walk.begins()
                         : motion.kind == Kind::out              ? now < depth
                                                                 : false;
    return arrived ? "step" : "";
  });
}

const Stop& Session::go_back(Motion motion) {
  using Kind = Motion::Kind;
  const std::uint64_t now = stop_.tick;
  if (now <= 1) {
    stop_.reason = "the beginning";
    stop_.breakpoint = 0;
    return stop_;
  }
  const bool at_end = !held();
  const std::size_t depth = at_end ? 1 : playback_->frames().depth();
  const std::uint32_t pc = at_end ? 0 : playback_->frames().innermost().pc;
  const std::string program = at_end ? "" : playback_->frames().innermost().program->name();
  if (motion.kind == Kind::instruction) return seek(now - 1);
  begin();
  // Once more up to here, and what was passed on the way is noted.
  std::vector<std::uint64_t> latest;  // by depth: moments that a step over functions may go to
  std::uint64_t found = 1;
  int number = 0;
  bool same = true;
  Tripwires wires(breakpoints_, *lines_, cpus());
  const auto note = [&](const Event& event, const LineWalk& walk) -> std::string {
    const bool instruction = event.kind == Event::Kind::instruction;
    if (instruction && event.tick >= now) {
      const Frame& frame = event.frames.innermost();
      same = at_end || (frame.pc == pc && frame.program->name() == program);
      return "step";
    }
    const std::size_t here = event.frames.depth();
    if (motion.kind == Kind::resume) {
      if (const int hit = wires.at(event, walk); hit != 0) {
        found = event.tick;
        number = hit;
      }
    } else if (motion.kind == Kind::out) {
      if (instruction && (here < depth || (depth == 1 && event.frames.begun()))) found = event.tick;
    } else if (instruction) {
      const bool begins = motion.kind == Kind::over_instruction || walk.begins();
      latest.resize(here);
      if (begins) latest.back() = event.tick;
      if (begins && motion.kind == Kind::line) found = event.tick;
    }
    return {};
  };
  if (held()) {
    if (const auto first = note({Event::Kind::instruction, 1, playback_->frames(), nullptr}, walk_); first.empty())
      forward(note);
  }
  if (motion.kind == Kind::over_line || motion.kind == Kind::over_instruction)
    for (std::size_t i = 0; i < std::min(depth, latest.size()); ++i) found = std::max(found, latest[i]);
  if (!same) {
    stop_.reason = "the run was not the same the second time: it depends on something beside its input";
    return stop_;
  }
  seek(found);
  stop_.breakpoint = number;
  stop_.reason = number != 0 ? at_breakpoint(number) : motion.kind == Kind::resume ? "the beginning" : "step";
  return stop_;
}

int Session::add_breakpoint(const std::string& words, std::string& error, std::string program) {
  std::string file;
  if (const auto all = frames(); !all.empty()) {
    file = place(all.front()).file;
    if (program.empty()) program = all.front().program->name();
  }
  if (file.empty() && !lines_->all().empty() && !lines_->all().begin()->second.places().empty())
    file = lines_->all().begin()->second.places().front().file;
  if (program.empty() && !lines_->all().empty()) program = lines_->all().begin()->first->name();
  Breakpoint breakpoint;
  if (!parse_breakpoint(words, *lines_, file, program, breakpoint, error)) {
    const std::string place =
        breakpoint.kind == Breakpoint::Kind::function && inlined_ ? inlined_(words) : std::string();
    if (place.empty() || !parse_breakpoint(place, *lines_, file, program, breakpoint, error)) return 0;
  }
  breakpoint.number = ++last_number_;
  breakpoints_.push_back(breakpoint);
  return breakpoint.number;
}

bool Session::remove_breakpoint(int number) {
  return std::erase_if(breakpoints_, [&](const Breakpoint& one) { return one.number == number; }) != 0;
}

bool Session::enable_breakpoint(int number, bool enabled) {
  for (Breakpoint& one : breakpoints_)
    if (one.number == number) return one.enabled = enabled, true;
  return false;
}

std::vector<Frame> Session::frames() const {
  if (!held()) return {};
  std::vector<Frame> all = playback_->frames().all();
  std::ranges::reverse(all);
  return all;
}

}  // namespace skep::debugger
