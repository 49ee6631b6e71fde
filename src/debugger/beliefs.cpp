// See debugger/beliefs.hpp.
#include "debugger/beliefs.hpp"

#include <algorithm>

#include "kernel/testing.hpp"
#include "verifier/report/describe.hpp"
#include "verifier/state/state.hpp"
#include "verifier/verifier.hpp"

namespace skep::debugger {

class Beliefs::Recorder final : public verifier::Observer {
 public:
  explicit Recorder(std::size_t instructions) : believed_(instructions) {}
  void at(std::uint32_t insn, const verifier::State& state) override {
    if (insn >= believed_.size()) return;
    for (unsigned reg = 0; reg < reg_count; ++reg) {
      const verifier::RegState& its = state.reg(reg);
      auto& known = believed_[insn][reg];
      if (its.is(verifier::RegType::not_init) || known.size() >= most) continue;
      std::string text = verifier::value_phrase(its);
      if (std::ranges::find(known, text) == known.end()) known.push_back(std::move(text));
    }
  }
  const std::vector<std::string>& of(std::uint32_t insn, unsigned reg) const { return believed_[insn][reg]; }
  std::size_t size() const { return believed_.size(); }

 private:
  std::vector<std::array<std::vector<std::string>, reg_count>> believed_;
};

namespace {

// Loads, and runs nothing.
class OnlyLoad final : public Stage {
 public:
  explicit OnlyLoad(VerificationWatch watch) : watch_(std::move(watch)) {}
  void made(Kernel& kernel) override { watch_verification(kernel, watch_); }
  void loaded(std::shared_ptr<Kernel>, const Object&) override {}
  bool abandoned() const override { return true; }

 private:
  VerificationWatch watch_;
};

}  // namespace

Beliefs::Beliefs(const Play& play) {
  OnlyLoad stage([this](std::string_view name, std::size_t instructions) -> verifier::Observer* {
    auto& recorder = recorders_[{std::string(name), instructions}];
    recorder = std::make_unique<Recorder>(instructions);
    return recorder.get();
  });
  // On a thread of its own: it may be that this one is bound to the Kernel that is debugged.
  std::thread([&] {
    play(stage, [this](bool good, const std::string& how) {
      if (!good) why_ = how;
    });
  }).join();
}
Beliefs::~Beliefs() = default;

std::vector<std::string> Beliefs::of(const runtime::Program& program, std::uint32_t pc, unsigned reg) const {
  const std::uint32_t original = program.code().facts[pc].original;
  for (const auto& [key, recorder] : recorders_)
    if (key.first == program.name() && original < recorder->size()) {
      if (const auto& known = recorder->of(original, reg); !known.empty()) return known;
    }
  return {};
}

}  // namespace skep::debugger
