// What running programs get from the Kernel that they belong to, and safe copies of the caller's memory.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "describe/objects.hpp"
#include "kernel/denials.hpp"
#include "kernel/listener.hpp"
#include "kernel/mocks.hpp"
#include "kernel/run_watch.hpp"
#include "kernel/tasks.hpp"
#include "kernel/world.hpp"
#include "memory/in_signal.hpp"
#include "runtime/call_env.hpp"
#include "skep/testing.hpp"

namespace skep {

class Kernel;

// Copies that answer a bad address with -EFAULT instead of a signal, as the kernel's do.
int copy_from_user(void* to, std::uint64_t from, std::size_t size);
int copy_to_user(std::uint64_t to, const void* from, std::size_t size);

class KernelServices final : public runtime::Services {
 public:
  KernelServices(Kernel& kernel, async::Executor& executor);
  std::uint64_t monotonic_ns() override;
  std::uint64_t boot_ns() override;
  std::uint64_t realtime_ns() override;
  std::uint32_t random_u32() override;
  std::uint64_t pid_tgid() override;
  std::uint64_t uid_gid() override;
  std::string_view comm() override;
  unsigned cpu_count() override;
  void* current_task() override { return tasks_ ? tasks_->current(comm()) : nullptr; }
  void* find_task(std::int32_t id) override { return tasks_ ? tasks_->find(id, comm()) : nullptr; }
  std::int32_t task_id(const void* task) override { return tasks_ ? tasks_->id_of(task) : 0; }
  void* next_task(std::int32_t id) override { return tasks_ ? tasks_->next(id, comm()) : nullptr; }
  void* root_cgroup() override { return world_ ? world_->root_cgroup() : nullptr; }
  void* root_mem_cgroup() override { return world_ ? world_->root_mem_cgroup() : nullptr; }
  void* executable_of_tasks() override { return world_ ? world_->executable() : nullptr; }
  void* kernel_context(runtime::CallEnv& env) override;
  const btf::Btf* kernel_types() override { return types_.get(); }
  std::int64_t find_type(std::string_view name, std::uint32_t kind) override;
  std::int64_t bpf(std::uint32_t command, void* attributes, std::uint32_t size) override;
  int close(std::uint32_t fd) override;
  async::Executor& executor() override { return executor_; }
  std::uint64_t limit_clock_ns() override;
  void trace_printk(std::string_view line) override;
  void printed(runtime::CallEnv& env, std::string_view line) override;
  int perf_output(runtime::CallEnv& env, const maps::Map& map, std::uint32_t index, const void* data,
                  std::size_t size) override;
  runtime::CallResult mocked_call(runtime::CallEnv& env, const std::array<std::uint64_t, 5>& arguments) override;
  void answered_without_behavior(runtime::CallEnv& env, std::string_view call, int answer) override;
  int read_memory(void* to, std::uint64_t from, std::size_t size) override;
  int write_memory(std::uint64_t to, const void* from, std::size_t size) override;
  void memory_denied(runtime::CallEnv& env, std::uint64_t address, bool write) override {
    denials_.add(env, address, write);
  }
  void run_stopped(const runtime::RunPlace& place) override;
  void run_is_long(const void* run, const runtime::RunPlace& place) override {
    if (!memory::in_signal_handler) watch_.is_long(run, place, monotonic_ns());
  }
  void long_run_ended(const void* run) override {
    if (!memory::in_signal_handler) watch_.ended(run);
  }

  // The kernel's types, once they are known.
  void use_types(std::shared_ptr<const btf::Btf> kernel);
  World& world() { return *world_; }  // once the types are known
  void on_trace(std::function<void(std::string_view)> listener);
  void seed(std::uint64_t seed);
  Listener<TraceLine> trace_lines;
  Listener<PerfRecord> perf_records;
  Mocks& mocks() { return mocks_; }
  RunWatch& watch() { return watch_; }
  const Denials& denials() const { return denials_; }

 private:
  Kernel& kernel_;
  async::Executor& executor_;
  RunWatch watch_;
  Denials denials_;
  struct alignas(64) RandomState {
    std::atomic<std::uint64_t> state{0};
  };
  std::vector<RandomState> random_;  // one a CPU, and the last for who holds none
  std::shared_ptr<const btf::Btf> types_;
  std::unique_ptr<World> world_;
  std::unique_ptr<Tasks> tasks_;
  LineListener trace_;
  Mocks mocks_;
  std::mutex unanswered_lock_;
  std::set<std::string, std::less<>> unanswered_;  // calls without behavior that somebody was told of
  std::mutex contexts_lock_;
  std::map<const void*, std::unique_ptr<describe::Objects>> kernel_contexts_;  // by the context
};

}  // namespace skep
