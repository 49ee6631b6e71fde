// What happened along a path that an explanation may have to tell: values that registers got, branches taken,
// resources acquired, regions entered and left.
//
// The events of a path are a list that grows at its end; paths that part share what they have in common. They are
// recorded by comparing the state before an instruction with the state after it: so no rule of the verifier has to know
// of them. That takes longer than the walk itself, and most programs are accepted: nothing is recorded until a program
// has been refused, which is then walked once more (verifier.cpp). Events count as the loader's memory, as states do;
// where it may not have so much, recording ends, and the explanation does without. Tested by
// tests/verifier/report/explanations_test.cpp and tests/bounds/memory_limit_test.cpp.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "memory/account.hpp"
#include "verifier/state/state.hpp"

namespace skep::verifier {

class Env;

enum class Region : std::uint8_t { lock, rcu, preempt, irq };
inline constexpr unsigned region_count = 4;
// "lock region"
const char* region_name(Region region);
std::array<std::uint32_t, region_count> region_depths(const State& state);

struct PathEvent {
  enum class Kind : std::uint8_t { update, branch, acquired, region };
  Kind kind = Kind::update;
  std::uint32_t insn = 0;
  std::uint32_t frame = 0;
  std::uint32_t id = 0;           // the register, resource or region
  std::int32_t copied_from = -1;  // update: the register whose value it was; the same one: changed in place
  std::string text;
  mutable std::shared_ptr<const PathEvent> previous;
  memory::Charge charge;

  PathEvent() = default;
  PathEvent(const PathEvent&) = delete;
  PathEvent& operator=(const PathEvent&) = delete;
  ~PathEvent();
};

// Watches the current path.
class EventRecorder {
 public:
  void turn_on() { on_ = true; }
  void turn_off() { on_ = false; }
  bool on() const { return on_; }
  // The next instruction is about to be walked: what did the last one do?
  void before_insn(Env& env);
  // The path goes on elsewhere: nothing is known of the instruction before.
  void path_begins() { watching_ = false; }

 private:
  void compare_registers(Env& env, State& state);
  bool on_ = false, watching_ = false;
  std::uint32_t insn_ = 0, frame_ = 0;
  std::array<RegState, reg_count> regs_{};
  std::array<std::uint32_t, region_count> depths_{};
  std::vector<std::uint32_t> resources_;
};

// A conditional jump at env.insn_idx was followed in this state, or not.
void record_branch(Env& env, State& state, bool followed);

}  // namespace skep::verifier
