// See engine/callback.hpp.
#include "engine/callback.hpp"

#include <new>
#include <utility>

#include "maps/map.hpp"

namespace skep::engine {
namespace {

std::uint64_t address(const void* p) {
  return reinterpret_cast<std::uint64_t>(p);
}

}  // namespace

async::JobPtr ProgramCallback::make_job(unsigned cpu, async::JobPtr finished) {
  const Executable* executable = program_->executable();
  if (!executable->obstacle().empty()) return nullptr;
  try {
    return executable->make_run({.entry = subprogram_,
                                 .arguments = {address(&map_), address(map_.key_of(value_, key_)), address(value_)},
                                 .services = services_,
                                 .cpu = cpu},
                                std::move(finished));
  } catch (const std::bad_alloc&) {
    return nullptr;
  }
}

const void* ProgramCallback::key(std::uint32_t& scratch) const {
  return map_.key_of(value_, scratch);
}

}  // namespace skep::engine
