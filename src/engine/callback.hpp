// A function of a program that runs later, on the element that it was set for: what a work item or a timer calls.
//
// It holds the program, so that the function outlives the descriptor that the program was loaded by. It does not hold
// the map: a map's end cancels what is set on its elements, and what still runs then holds its memory by RCU. Tested by
// tests/work/ and the work-queue programs of the conformance suite.
#pragma once

#include <cstdint>
#include <memory>

#include "async/item.hpp"
#include "engine/engine.hpp"

namespace skep::engine {

class ProgramCallback final : public async::Callback {
 public:
  ProgramCallback(const runtime::Subprogram& subprogram, maps::Map& map, void* value, runtime::Services& services)
      : program_(subprogram.program->shared_from_this()),
        subprogram_(subprogram),
        map_(map),
        value_(value),
        services_(services) {}

  // A run of the function with the map, the key of its element and the value. Null: there is no memory for it; its
  // start counts as cancelled.
  async::JobPtr make_job(unsigned cpu) override { return make_job(cpu, nullptr); }
  async::JobPtr make_job(unsigned cpu, async::JobPtr finished) override;
  // The callbacks of one item are on one element.
  const void* identity() const override { return &subprogram_; }

  // For who reports runs.
  const runtime::Program& program() const { return *program_; }
  const runtime::Subprogram& subprogram() const { return subprogram_; }
  const maps::Map& map() const { return map_; }
  void* value() const { return value_; }
  // May write to `scratch`, which must then live as long as the result is used.
  const void* key(std::uint32_t& scratch) const;

 private:
  std::shared_ptr<const runtime::Program> program_;
  const runtime::Subprogram& subprogram_;
  maps::Map& map_;
  void* value_;
  runtime::Services& services_;
  std::uint32_t key_ = 0;  // where the map does not store it: an array's index, which is the same for every run
};

}  // namespace skep::engine
