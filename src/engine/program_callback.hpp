// A function of a program that runs later, on the element that it was set for: what a work item or a timer calls.
//
// It holds the program, so that the function outlives the descriptor that the program was loaded by. It does not hold
// the map: a map's end cancels what is set on its elements, and what still runs then holds its memory by RCU. Tested by
// the work-queue programs of the conformance suite.
#pragma once

#include <cstdint>
#include <memory>
#include <utility>

#include "async/work_item.hpp"
#include "engine/execution.hpp"
#include "engine/program.hpp"

namespace skep::engine {

class ProgramCallback final : public async::Callback {
 public:
  ProgramCallback(std::shared_ptr<const Program> program, const Subprogram& subprogram, maps::Map& map, void* value,
                  calls::Services& services)
      : program_(std::move(program)), subprogram_(subprogram), map_(map), value_(value), services_(services) {}

  // The function with the map, the key of its element and the value.
  std::unique_ptr<async::Job> make_job() override;

  // For who reports runs.
  const Program& program() const { return *program_; }
  const Subprogram& subprogram() const { return subprogram_; }
  const maps::Map& map() const { return map_; }
  void* value() const { return value_; }
  // May write to `scratch`, which must then live as long as the result is used.
  const void* key(std::uint32_t& scratch) const;

 private:
  std::shared_ptr<const Program> program_;
  const Subprogram& subprogram_;
  maps::Map& map_;
  void* value_;
  calls::Services& services_;
};

}  // namespace skep::engine
