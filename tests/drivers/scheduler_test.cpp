// A sched_ext scheduler in a driver that plays the kernel's part: CPUs, tasks that run and sleep, and the calls by
// which the scheduler moves tasks between queues, which are the host's.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <deque>
#include <map>
#include <random>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include "drivers/kernel_struct.hpp"
#include "skep/skep.hpp"

namespace skep::test {
namespace {

constexpr std::uint64_t local = 0x8000000000000002;

struct Task {
  explicit Task(KernelStruct object) : object(std::move(object)) {}
  KernelStruct object;
  int cpu = 0;
  bool queued = false;
  std::uint64_t ran_ns = 0, runs = 0;
};

class Machine {
 public:
  explicit Machine(int cpus) : running_(static_cast<std::size_t>(cpus)), local_(static_cast<std::size_t>(cpus)) {}

  HostModule module() {
    HostModule m;
    m.name = "scheduler";
    const auto kfunc = [this, &m](std::string_view prototype, HostFunction function) {
      m.kfuncs.push_back({prototype, 0, all_program_types, function, this});
    };
    kfunc("s32 scx_bpf_create_dsq(u64 dsq_id, s32 node)", [](const HostCall& c) -> std::uint64_t {
      return of(c).queues_.try_emplace(c[0]).second ? 0 : static_cast<std::uint64_t>(-17);
    });
    kfunc("void scx_bpf_dsq_insert(struct task_struct *p, u64 dsq_id, u64 slice, u64 enq_flags)",
          [](const HostCall& c) -> std::uint64_t { return of(c).insert(c[0], c[1], c[2], 0), 0; });
    kfunc("void scx_bpf_dsq_insert_vtime(struct task_struct *p, u64 dsq_id, u64 slice, u64 vtime, u64 enq_flags)",
          [](const HostCall& c) -> std::uint64_t { return of(c).insert(c[0], c[1], c[2], c[3]), 0; });
    kfunc("bool scx_bpf_dsq_move_to_local(u64 dsq_id)",
          [](const HostCall& c) -> std::uint64_t { return of(c).move_to_local(c[0]) ? 1 : 0; });
    kfunc("bool scx_bpf_task_set_dsq_vtime(struct task_struct *p, u64 vtime)", [](const HostCall& c) -> std::uint64_t {
      of(c).task_at(c[0]).object.set({"scx", "dsq_vtime"}, c[1]);
      return 1;
    });
    kfunc("s32 scx_bpf_select_cpu_dfl(struct task_struct *p, s32 prev_cpu, u64 wake_flags, bool *is_idle)",
          [](const HostCall& c) -> std::uint64_t {
            bool idle = false;
            const int cpu = of(c).choose(static_cast<int>(c[1]), idle);
            *c.pointer<std::uint8_t>(3) = idle ? 1 : 0;
            return static_cast<std::uint64_t>(cpu);
          });
    return m;
  }

  void begin(std::shared_ptr<Kernel> kernel, const std::string& map) {
    kernel_ = kernel;
    ops_.emplace(kernel, map);
    ASSERT_EQ(call("init"), 0U);
  }
  void add(std::uint32_t weight) {
    const std::string description =
        R"({"pid": )" + std::to_string(100 + tasks_.size()) + R"(, "scx": {"weight": )" + std::to_string(weight) + "}}";
    tasks_.push_back(std::make_unique<Task>(KernelStruct(*kernel_, "task_struct", description)));
    call("enable", {tasks_.back()->object.address()});
  }
  void wake(Task& task) {
    chosen_for_ = -1;
    const auto cpu =
        static_cast<int>(call("select_cpu", {task.object.address(), static_cast<std::uint64_t>(task.cpu), 0}));
    ASSERT_LT(static_cast<std::size_t>(cpu), running_.size());
    if (task.queued) return;  // select_cpu has put it where it is
    task.cpu = cpu;
    call("enqueue", {task.object.address(), 1});
  }
  // One CPU takes its next task, if it has none. Whether it runs one now.
  bool schedule(int cpu) {
    const auto at = static_cast<std::size_t>(cpu);
    if (running_[at] != nullptr) return true;
    if (local_[at].empty()) {
      dispatching_ = cpu;
      call("dispatch", {static_cast<std::uint64_t>(cpu), 0});
    }
    if (local_[at].empty()) return false;
    Task& task = *local_[at].front();
    local_[at].pop_front();
    task.queued = false;
    task.cpu = cpu;
    running_[at] = &task;
    call("running", {task.object.address()});
    return true;
  }
  // The task of a CPU has run for so long; it goes on, or sleeps.
  void stop(int cpu, std::uint64_t ns, bool runnable) {
    Task*& slot = running_[static_cast<std::size_t>(cpu)];
    if (slot == nullptr) return;
    Task& task = *std::exchange(slot, nullptr);
    const std::uint64_t slice = task.object.get({"scx", "slice"});
    ns = std::min(ns, slice);
    task.object.set({"scx", "slice"}, slice - ns);
    task.ran_ns += ns;
    ++task.runs;
    call("stopping", {task.object.address(), runnable ? 1U : 0U});
    if (runnable) call("enqueue", {task.object.address(), 0});
  }
  const std::vector<std::unique_ptr<Task>>& tasks() const { return tasks_; }
  int cpus() const { return static_cast<int>(running_.size()); }
  bool runs(const Task& task) const { return std::ranges::find(running_, &task) != running_.end(); }

 private:
  static Machine& of(const HostCall& call) { return *static_cast<Machine*>(call.user); }
  std::uint64_t call(std::string_view member, std::initializer_list<std::uint64_t> args = {}) {
    const auto result = ops_->call(member, args);
    EXPECT_TRUE(result) << member << ": " << result.message();
    return result ? *result : 0;
  }
  Task& task_at(std::uint64_t address) {
    for (const auto& task : tasks_)
      if (task->object.address() == address) return *task;
    throw std::runtime_error("no task of this machine");
  }
  void insert(std::uint64_t address, std::uint64_t queue, std::uint64_t slice, std::uint64_t vtime) {
    Task& task = task_at(address);
    EXPECT_FALSE(task.queued);
    task.queued = true;
    task.object.set({"scx", "slice"}, slice);
    if (queue == local) {
      const int cpu = chosen_for_ >= 0 ? chosen_for_ : task.cpu;
      local_[static_cast<std::size_t>(cpu)].push_back(&task);
      return;
    }
    task.object.set({"scx", "dsq_vtime"}, vtime);
    queues_.at(queue).emplace(vtime, &task);
  }
  bool move_to_local(std::uint64_t id) {
    auto& queue = queues_.at(id);
    if (queue.empty()) return false;
    local_[static_cast<std::size_t>(dispatching_)].push_back(queue.begin()->second);
    queue.erase(queue.begin());
    return true;
  }
  int choose(int previous, bool& idle) {
    for (int i = 0; i < cpus(); ++i) {
      const int cpu = (previous + i) % cpus();
      if (running_[static_cast<std::size_t>(cpu)] != nullptr || !local_[static_cast<std::size_t>(cpu)].empty())
        continue;
      idle = true;
      return chosen_for_ = cpu;
    }
    return previous;
  }

  std::shared_ptr<Kernel> kernel_;
  std::optional<StructOps> ops_;
  std::vector<std::unique_ptr<Task>> tasks_;
  std::vector<Task*> running_;
  std::vector<std::deque<Task*>> local_;
  std::map<std::uint64_t, std::multimap<std::uint64_t, Task*>> queues_;
  int dispatching_ = 0, chosen_for_ = -1;
};

TEST(Scheduler, SharesCpusByWeightOverAThousandEvents) {
  Machine machine(2);
  KernelOptions options;
  options.modules.push_back(machine.module());
  auto kernel = make_kernel(options);
  ASSERT_TRUE(kernel) << kernel.message();
  auto object = Object::load(*kernel, DRIVER_OBJECTS "/scheduler.bpf.o");
  ASSERT_TRUE(object) << object.message();
  auto attached = object->map("by_weight")->attach();
  ASSERT_TRUE(attached) << attached.message();
  std::vector<std::string> stopped;
  (*kernel)->on_run_stopped([&](const StoppedRun& run) { stopped.push_back(run.message); });
  machine.begin(*kernel, "by_weight");
  for (const std::uint32_t weight : {100, 100, 200, 400}) machine.add(weight);
  for (const auto& task : machine.tasks()) machine.wake(*task);
  constexpr std::uint64_t slice = 20'000'000;
  for (int event = 0; event < 2000; ++event) {
    const int cpu = event % machine.cpus();
    ASSERT_TRUE(machine.schedule(cpu)) << "there are more tasks than CPUs";
    machine.stop(cpu, slice, true);
  }
  // One task cannot run on two CPUs: the heaviest, of half of the weight, gets one of them whole, or nearly.
  std::uint64_t all = 0;
  for (const auto& task : machine.tasks()) all += task->ran_ns;
  EXPECT_EQ(all, 2000 * slice);
  const auto share = [&](std::size_t i) {
    return static_cast<double>(machine.tasks()[i]->ran_ns) / static_cast<double>(all);
  };
  EXPECT_NEAR(share(0), 1.0 / 8, 0.02);
  EXPECT_NEAR(share(1), 1.0 / 8, 0.02);
  EXPECT_NEAR(share(2), 2.0 / 8, 0.02);
  EXPECT_NEAR(share(3), 4.0 / 8, 0.02);
  EXPECT_THAT(stopped, testing::IsEmpty());
}

TEST(Scheduler, LosesNoTaskThatSleepsAndWakes) {
  Machine machine(3);
  KernelOptions options;
  options.modules.push_back(machine.module());
  auto kernel = make_kernel(options);
  ASSERT_TRUE(kernel) << kernel.message();
  auto object = Object::load(*kernel, DRIVER_OBJECTS "/scheduler.bpf.o");
  ASSERT_TRUE(object) << object.message();
  auto attached = object->map("by_weight")->attach();
  ASSERT_TRUE(attached) << attached.message();
  machine.begin(*kernel, "by_weight");
  for (int i = 0; i < 8; ++i) machine.add(100);
  std::mt19937 random(7);
  for (int event = 0; event < 1000; ++event) {
    Task& task = *machine.tasks()[random() % machine.tasks().size()];
    if (!task.queued && !machine.runs(task)) machine.wake(task);
    const int cpu = static_cast<int>(random() % 3);
    if (machine.schedule(cpu)) machine.stop(cpu, random() % 20'000'000, random() % 3 == 0);
  }
  for (const auto& task : machine.tasks()) EXPECT_GT(task->runs, 20U);
}

}  // namespace
}  // namespace skep::test
