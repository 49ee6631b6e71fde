// See kernel/denials.hpp.
#include "kernel/denials.hpp"

#include <fmt/format.h>

#include "calls/call.hpp"
#include "kernel/guarded.hpp"
#include "kernel/impl.hpp"
#include "kernel/run_watch.hpp"
#include "runtime/facts.hpp"
#include "runtime/program.hpp"

namespace skep {
namespace {

std::string_view call_at(const runtime::InsnFacts& facts) {
  if (facts.helper != nullptr) return facts.helper->name;
  return facts.kfunc != nullptr ? facts.kfunc->name : std::string_view{};
}

}  // namespace

void Denials::add(const runtime::CallEnv& env, std::uint64_t address, bool write) {
  const runtime::Program& program = env.program();
  const runtime::InsnFacts& facts = env.call_site();
  const std::lock_guard guard(lock_);
  ++(write ? known_.writes : known_.reads);
  const auto [it, added] = by_place_.try_emplace({program.name(), facts.original}, known_.places.size());
  if (!added) {
    if (it->second < known_.places.size()) ++known_.places[it->second].times;
    return;
  }
  if (known_.places.size() == most_places) {
    by_place_.erase(it);
    return;
  }
  const auto pc = static_cast<std::uint32_t>(&facts - program.code().facts.data());
  const CodePlace place = place_in(program, pc);
  DeniedAccess& one = known_.places.emplace_back();
  one.program = program.name();
  one.function = place.function;
  one.call = call_at(facts);
  one.file = place.file;
  one.text = place.text;
  one.line = place.line;
  one.instruction = place.instruction;
  one.write = write;
  one.address = address;
  one.times = 1;
  one.message =
      fmt::format("program '{}' was denied {} {:#x}, which is the host's memory: {}, {}", one.program,
                  write ? "a write to" : "a read of", address, one.call.empty() ? "a load" : one.call, place.where());
}

DeniedAccesses Denials::all() const {
  const std::lock_guard guard(lock_);
  return known_;
}

bool Kernel::open_host_memory(const HostMemoryRange& range) {
  return errno_of([&] {
           return impl_->services->open_memory.open(reinterpret_cast<std::uint64_t>(range.begin), range.size,
                                                    range.writable)
                      ? 1
                      : 0;
         }) == 1;
}
bool Kernel::close_host_memory(const void* begin) {
  return impl_->services->open_memory.close(reinterpret_cast<std::uint64_t>(begin));
}
DeniedAccesses Kernel::denied() const {
  return impl_->services->denials().all();
}

}  // namespace skep
