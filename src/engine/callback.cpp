// See engine/callback.hpp.
#include "engine/callback.hpp"

#include "maps/map.hpp"

namespace skep::engine {
namespace {

std::uint64_t address(const void* p) {
  return reinterpret_cast<std::uint64_t>(p);
}

}  // namespace

async::JobPtr ProgramCallback::make_job(unsigned cpu) {
  const Executable* executable = program_->executable();
  if (!executable->obstacle().empty()) return nullptr;
  return executable->make_run({.entry = subprogram_,
                               .arguments = {address(&map_), address(map_.key_of(value_, key_)), address(value_)},
                               .services = services_,
                               .cpu = cpu});
}

const void* ProgramCallback::key(std::uint32_t& scratch) const {
  return map_.key_of(value_, scratch);
}

}  // namespace skep::engine
