// See kernel/signal_runs.hpp.
#include "kernel/signal_runs.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <vector>

#include "maps/map.hpp"
#include "maps/map_types.hpp"
#include "runtime/program.hpp"

namespace skep {
namespace {

// Those whose elements are found without a lock.
constexpr std::array<MapType, 6> looked_up_freely = {MapType::array,       MapType::percpu_array, MapType::hash,
                                                     MapType::percpu_hash, MapType::lru_hash,     MapType::rhash};

// The name of the call that may not be made there; empty: it is none, or may be made.
std::string_view refused_call(const runtime::InsnFacts& facts) {
  constexpr auto allowed = calls::call_flag::in_signal_handlers;
  if (facts.helper != nullptr && (facts.mocked || !facts.helper->has(allowed))) return facts.helper->name;
  if (facts.kfunc != nullptr && (facts.mocked || facts.kfunc->fn == nullptr || !facts.kfunc->has(allowed)))
    return facts.kfunc->name;
  return {};
}

std::string obstacle_of(const runtime::InsnFacts& facts) {
  if (const std::string_view call = refused_call(facts); !call.empty())
    return fmt::format("it calls {}, which may wait, lock or allocate", call);
  if (facts.fault_protected) return "it loads from where nothing may be";
  return facts.arena ? "it uses an arena" : "";
}

bool is_function_address(const Insn& insn) {
  return insn.is_wide_load() && insn.src == pseudo::func;
}

// Which functions run in the handler: those that are called, and, where bpf_loop calls functions by their address, all
// whose address is taken. What work items and timers call runs elsewhere.
std::vector<bool> run_there(const runtime::Code& code, bool by_address) {
  std::vector<bool> runs(code.subprograms.size());
  std::vector<std::size_t> to_see = {0};
  bool loops = false;
  while (!to_see.empty()) {
    const std::size_t one = to_see.back();
    to_see.pop_back();
    if (runs[one]) continue;
    runs[one] = true;
    for (std::uint32_t pc = code.subprograms[one].start; pc < code.subprograms[one].end; ++pc) {
      const runtime::InsnFacts& facts = code.facts[pc];
      loops = loops || (facts.helper != nullptr && facts.helper->special == calls::Special::loop);
      if (facts.callee >= 0 && (by_address || !is_function_address(code.insns[pc])))
        to_see.push_back(static_cast<std::size_t>(facts.callee));
    }
  }
  return loops && !by_address ? run_there(code, true) : runs;
}

}  // namespace

std::string why_not_in_signal_handlers(const Kernel::Impl& kernel, const ProgramObject& program) {
  const runtime::Code& code = program.code->code();
  const auto refusal = [&](std::string_view why) {
    return fmt::format("program '{}' cannot run in signal handlers: {}", program.name, why);
  };
  if (kernel.services->observer != nullptr) return refusal("runs are observed");
  if (program.extended_code() != nullptr) return refusal("functions of it are replaced");
  if (code.might_sleep) return refusal("it may sleep");
  const std::vector<bool> runs = run_there(code, false);
  for (const runtime::Subprogram& function : code.subprograms) {
    if (!runs[function.index]) continue;
    const auto refused = std::find_if(code.facts.begin() + function.start, code.facts.begin() + function.end,
                                      [](const runtime::InsnFacts& facts) { return !obstacle_of(facts).empty(); });
    if (refused != code.facts.begin() + function.end) return refusal(obstacle_of(*refused));
  }
  for (const auto& map : program.maps) {
    const MapType type = map->map->info().type;
    if (std::find(looked_up_freely.begin(), looked_up_freely.end(), type) == looked_up_freely.end())
      return refusal(fmt::format("its map '{}' is of type {}, which is not looked up without a lock",
                                 map->map->info().name, maps::map_type(type).name));
  }
  return {};
}

}  // namespace skep
