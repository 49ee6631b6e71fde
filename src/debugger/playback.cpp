// See debugger/playback.hpp.
#include "debugger/playback.hpp"

#include <utility>

#include "kernel/testing.hpp"
#include "skep/testing.hpp"

namespace skep::debugger {

Playback::Playback(Play play, std::function<void(std::uint64_t, const std::string&)> said) : said_(std::move(said)) {
  plan_ = [](const Event&) { return std::string("the first instruction"); };
  thread_ = std::thread([this, play = std::move(play)] { run(play); });
  std::unique_lock guard(lock_);
  changed_.wait(guard, [this] { return state_ != State::running; });
}

Playback::~Playback() {
  abandoned_.store(true, std::memory_order_relaxed);
  {
    const std::lock_guard guard(lock_);
    state_ = State::running;
  }
  changed_.notify_all();
  thread_.join();
}

Playback::State Playback::go_on(Plan plan) {
  std::unique_lock guard(lock_);
  if (state_ != State::held) return state_;
  plan_ = std::move(plan);
  state_ = State::running;
  changed_.notify_all();
  changed_.wait(guard, [this] { return state_ != State::running; });
  return state_;
}

void Playback::hold(State state, std::string reason) {
  std::unique_lock guard(lock_);
  reason_ = std::move(reason);
  held_at_ = tick_;
  if (abandoned()) return;
  state_ = state;
  changed_.notify_all();
  changed_.wait(guard, [this] { return state_ == State::running; });
}

void Playback::run(const Play& play) {
  play(*this, [this](bool good, std::string how) {
    ++tick_;
    hold(good ? State::ended : State::failed, std::move(how));
    if (kernel_ != nullptr) {
      observe_runs(*kernel_, nullptr);
      on_trace_line(*kernel_, nullptr);
    }
    object_ = {};
    kernel_.reset();
  });
}

void Playback::loaded(std::shared_ptr<Kernel> kernel, const Object& object) {
  kernel_ = std::move(kernel);
  object_ = object;
  observe_runs(*kernel_, this);
  on_trace_line(*kernel_, [this](const TraceLine& line) {
    if (said_ && !abandoned()) said_(tick_, line.program + ": " + line.text);
  });
}

void Playback::instruction(const runtime::Program& program, std::uint32_t pc,
                           std::span<const std::uint64_t> registers) {
  if (abandoned()) return kernel_->stop_runs();
  ++tick_;
  frames_.at(program, pc, registers);
  ask(Event::Kind::instruction, nullptr);
}
void Playback::access(const runtime::Program&, std::uint32_t, const Access& access) {
  ask(Event::Kind::access, &access);
}
void Playback::call(const runtime::Program&, std::uint32_t, const std::array<std::uint64_t, 5>&) {
  ask(Event::Kind::call, nullptr);
}

void Playback::ask(Event::Kind kind, const Access* access) {
  if (abandoned() || held_at_ == tick_) return;
  std::string why = plan_({kind, tick_, frames_, access});
  if (why.empty() && interrupted_.load(std::memory_order_relaxed)) why = "interrupted";
  if (why.empty()) return;
  interrupted_.store(false, std::memory_order_relaxed);
  hold(State::held, std::move(why));
  if (abandoned()) kernel_->stop_runs();
}

}  // namespace skep::debugger
