// See kernel/run_statistics.hpp.
#include "kernel/run_statistics.hpp"

#include <cerrno>

#include "kernel/impl.hpp"

namespace skep {
namespace {

constexpr std::uint32_t run_time = 0;  // BPF_STATS_RUN_TIME, the only kind

// Programs are measured as long as it lives.
class StatisticsObject final : public KernelObject {
 public:
  explicit StatisticsObject(std::shared_ptr<std::atomic<unsigned>> wanted)
      : KernelObject(ObjectKind::statistics), wanted_(std::move(wanted)) {
    wanted_->fetch_add(1, std::memory_order_relaxed);
  }
  ~StatisticsObject() override { wanted_->fetch_sub(1, std::memory_order_relaxed); }

 private:
  std::shared_ptr<std::atomic<unsigned>> wanted_;
};

}  // namespace

RunMeter::RunMeter(const Kernel::Impl& kernel, const ProgramObject& program)
    : kernel_(kernel),
      program_(kernel.statistics_wanted->load(std::memory_order_relaxed) != 0 ? &program : nullptr),
      begin_(program_ != nullptr ? kernel.services->monotonic_ns() : 0) {}

RunMeter::~RunMeter() {
  if (program_ == nullptr || runs_ == 0) return;
  program_->statistics.runs.fetch_add(runs_, std::memory_order_relaxed);
  program_->statistics.time_ns.fetch_add(kernel_.services->monotonic_ns() - begin_, std::memory_order_relaxed);
}

int Kernel::Impl::enable_stats(Call<attr::EnableStats>& call) {
  if (call.attr.type != run_time) return -EINVAL;
  return install(std::make_shared<StatisticsObject>(statistics_wanted));
}

}  // namespace skep
