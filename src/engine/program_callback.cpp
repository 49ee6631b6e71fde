// The job of one run of a callback: an Execution, and room for the key where a map does not store it.
// See engine/program_callback.hpp.
#include "engine/program_callback.hpp"

#include "maps/map.hpp"

namespace skep::engine {
namespace {

std::uint64_t address(const void* p) {
  return reinterpret_cast<std::uint64_t>(p);
}

class CallbackJob final : public async::Job {
 public:
  CallbackJob(std::shared_ptr<const Program> program, const Subprogram& subprogram, maps::Map& map, void* value,
              calls::Services& services)
      : execution_(std::move(program), subprogram, {address(&map), address(map.key_of(value, key_)), address(value)},
                   nullptr, services) {}

  async::Progress advance(unsigned cpu, std::uint64_t budget) override { return execution_.advance(cpu, budget); }
  void sleep_off_cpu() override { execution_.sleep_off_cpu(); }

 private:
  std::uint32_t key_ = 0;
  Execution execution_;
};

}  // namespace

std::unique_ptr<async::Job> ProgramCallback::make_job() {
  if (!program_->missing_call().empty()) return nullptr;
  return std::make_unique<CallbackJob>(program_, subprogram_, map_, value_, services_);
}

const void* ProgramCallback::key(std::uint32_t& scratch) const {
  return map_.key_of(value_, scratch);
}

}  // namespace skep::engine
