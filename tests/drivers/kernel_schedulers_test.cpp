// Two sched_ext schedulers of Linux's own in a driver that plays the kernel's part: scx_central, whose one CPU decides
// for all and preempts by a timer that is pinned to it, and scx_flatcg, which shares CPUs by a tree of cgroups. The
// objects are made of the kernel's sources by tests/conformance/build-corpus.
#include <bpf/bpf.h>
#include <bpf/btf.h>
#include <bpf/libbpf.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <bit>
#include <cstring>
#include <deque>
#include <filesystem>
#include <list>
#include <map>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include "drivers/kernel_struct.hpp"
#include "skep/limits.hpp"
#include "skep/skep.hpp"
#include "skep/testing.hpp"
#include "support/corpus.hpp"

namespace skep::test {
namespace {

constexpr std::uint64_t local = 0x8000000000000002, local_on = 0xc000000000000000, cpu_mask = 0xffffffff;
constexpr std::uint64_t usual_slice = 20'000'000, endless = ~std::uint64_t{0}, to_preempt = 2, wakes = 1;

struct Task {
  KernelStruct object;
  std::uint32_t pid;
  std::uint64_t allowed;  // CPUs
  int cpu = 0;
  std::uint64_t cgroup = 1;
  bool queued = false;
  std::uint64_t ran_ns = 0, runs = 0, vtime = 0;
};

// The kernel's part: CPUs, queues of tasks, cgroups below the root. Time goes on when the driver says so.
class Machine {
 public:
  explicit Machine(int cpus) : cpus_(static_cast<std::size_t>(cpus)) {}

  HostModule module() {
    HostModule m;
    m.name = "scheduler";
    const auto kfunc = [this, &m](std::string_view prototype, HostFunction function, std::uint32_t flags = 0) {
      m.kfuncs.push_back({prototype, flags, all_program_types, function, this, {}});
    };
    kfunc("s32 scx_bpf_create_dsq(u64 dsq_id, s32 node)", [](const HostCall& c) -> std::uint64_t {
      return of(c).queues_.try_emplace(c[0]).second ? 0 : static_cast<std::uint64_t>(-17);
    });
    kfunc("void scx_bpf_destroy_dsq(u64 dsq_id)",
          [](const HostCall& c) -> std::uint64_t { return of(c).queues_.erase(c[0]), 0; });
    kfunc("bool scx_bpf_dsq_insert___v2(struct task_struct *p, u64 dsq_id, u64 slice, u64 enq_flags)",
          [](const HostCall& c) -> std::uint64_t { return of(c).insert(c[0], c[1], c[2], 0), 1; });
    kfunc("bool __scx_bpf_dsq_insert_vtime(struct task_struct *p, struct scx_bpf_dsq_insert_vtime_args *args)",
          [](const HostCall& c) -> std::uint64_t {
            const auto* const args = c.pointer<const std::uint64_t>(1);
            return of(c).insert(c[0], args[0], args[1], args[2]), 1;
          });
    kfunc("bool scx_bpf_dsq_move_to_local___v2(u64 dsq_id, u64 enq_flags)",
          [](const HostCall& c) -> std::uint64_t { return of(c).move_to_local(c[0]) ? 1 : 0; });
    kfunc("s32 scx_bpf_dsq_nr_queued(u64 dsq_id)", [](const HostCall& c) -> std::uint64_t {
      Machine& machine = of(c);
      return (c[0] & local_on) == local_on ? machine.at(c[0] & cpu_mask).local.size() : machine.queues_.at(c[0]).size();
    });
    kfunc("u32 scx_bpf_dispatch_nr_slots(void)", [](const HostCall&) -> std::uint64_t { return 32; });
    kfunc("void scx_bpf_kick_cpu(s32 cpu, u64 flags)", [](const HostCall& c) -> std::uint64_t {
      of(c).kick(static_cast<std::size_t>(c[0]), (c[1] & to_preempt) != 0);
      return 0;
    });
    kfunc("bool scx_bpf_task_running(const struct task_struct *p)", [](const HostCall& c) -> std::uint64_t {
      Machine& machine = of(c);
      const Task& task = machine.task_at(c[0]);
      return std::ranges::any_of(machine.cpus_, [&](const Cpu& cpu) { return cpu.running == &task; }) ? 1 : 0;
    });
    kfunc("s32 scx_bpf_task_cpu(const struct task_struct *p)",
          [](const HostCall& c) -> std::uint64_t { return static_cast<std::uint64_t>(of(c).task_at(c[0]).cpu); });
    kfunc("s32 scx_bpf_select_cpu_dfl(struct task_struct *p, s32 prev_cpu, u64 wake_flags, bool *is_idle)",
          [](const HostCall& c) -> std::uint64_t {
            bool idle = false;
            const std::size_t cpu = of(c).choose(c[1], idle);
            *c.pointer<std::uint8_t>(3) = idle ? 1 : 0;
            return cpu;
          });
    kfunc("bool scx_bpf_task_set_dsq_vtime(struct task_struct *p, u64 vtime)", [](const HostCall& c) -> std::uint64_t {
      of(c).task_at(c[0]).object.set({"scx", "dsq_vtime"}, c[1]);
      return 1;
    });
    kfunc("void scx_bpf_error_bstr(char *fmt, long unsigned long *data, u32 data__sz)",
          [](const HostCall& c) -> std::uint64_t {
            of(c).errors.emplace_back(c.pointer<const char>(0));
            return 0;
          });
    kfunc(
        "struct task_struct *bpf_task_from_pid(s32 pid)",
        [](const HostCall& c) -> std::uint64_t {
          for (const auto& task : of(c).tasks_)
            if (task->pid == c[0]) return task->object.address();
          return 0;
        },
        host_acquire | host_ret_null);
    kfunc(
        "struct cgroup *scx_bpf_task_cgroup(struct task_struct *p)",
        [](const HostCall& c) -> std::uint64_t { return of(c).cgroups_.at(of(c).task_at(c[0]).cgroup).address(); },
        host_acquire | host_rcu);
    kfunc(
        "struct cgroup *bpf_cgroup_from_id(u64 cgid)",
        [](const HostCall& c) -> std::uint64_t {
          const auto found = of(c).cgroups_.find(c[0]);
          return found != of(c).cgroups_.end() ? found->second.address() : 0;
        },
        host_acquire | host_ret_null);
    kfunc(
        "struct cgroup *bpf_cgroup_ancestor(struct cgroup *cgrp, int level)",
        [](const HostCall& c) -> std::uint64_t {
          Machine& machine = of(c);
          for (const auto& [id, cgroup] : machine.cgroups_)
            if (cgroup.address() == c[0] && c[1] <= cgroup.get({"level"}))
              return c[1] == 0 ? machine.cgroups_.at(1).address() : c[0];
          return 0;
        },
        host_acquire | host_ret_null | host_rcu);
    return m;
  }

  void begin(std::shared_ptr<Kernel> kernel, const std::string& map) {
    kernel_ = kernel;
    ops_.emplace(kernel, map);
    ASSERT_EQ(call(0, "init"), 0U);
  }
  // Below the root, which is number 1.
  void add_cgroup(std::uint64_t id, std::uint32_t weight) {
    const std::string level = id == 1 ? "0" : "1";
    const auto& added = cgroups_.emplace(
        id,
        KernelStruct(*kernel_, "cgroup", R"({"level": )" + level + R"(, "kn": {"id": )" + std::to_string(id) + "}}"));
    const KernelStruct args(*kernel_, "scx_cgroup_init_args", R"({"weight": )" + std::to_string(weight) + "}");
    ASSERT_EQ(call(0, "cgroup_init", {added.first->second.address(), args.address()}), 0U);
  }
  // On all CPUs but those that are left out.
  Task& add(std::uint64_t allowed_mask, std::uint64_t cgroup = 1, bool of_the_kernel = false) {
    constexpr std::uint32_t kernel_thread = 0x00200000;
    const auto pid = static_cast<std::uint32_t>(100 + tasks_.size());
    const std::string description = R"({"pid": )" + std::to_string(pid) + R"(, "nr_cpus_allowed": )" +
                                    std::to_string(__builtin_popcountll(allowed_mask)) + R"(, "flags": )" +
                                    std::to_string(of_the_kernel ? kernel_thread : 0) + R"(, "cpus_ptr": {"bits": [)" +
                                    std::to_string(allowed_mask) + R"(]}, "scx": {"weight": 100}})";
    tasks_.push_back(std::make_unique<Task>(Task{.object = KernelStruct(*kernel_, "task_struct", description),
                                                 .pid = pid,
                                                 .allowed = allowed_mask,
                                                 .cgroup = cgroup}));
    return *tasks_.back();
  }
  void enter_cgroup(Task& task) {
    const KernelStruct args(*kernel_, "scx_init_task_args", "{}");
    args.set({"cgroup"}, cgroups_.at(task.cgroup).address());
    ASSERT_EQ(call(0, "init_task", {task.object.address(), args.address()}), 0U);
  }
  void wake(Task& task) {
    chosen_ = nullptr;
    call_if_there(0, "runnable", {task.object.address(), wakes});
    chosen_ = &task;
    auto cpu = call(0, "select_cpu", {task.object.address(), static_cast<std::uint64_t>(task.cpu), wakes});
    chosen_ = nullptr;
    ASSERT_LT(cpu, cpus_.size());
    // It is a hint: what may not be there is put where it may.
    if ((task.allowed >> cpu & 1) == 0) cpu = static_cast<std::uint64_t>(std::countr_zero(task.allowed));
    task.cpu = static_cast<int>(cpu);
    if (!task.queued) call(cpu, "enqueue", {task.object.address(), wakes});
    if (cpus_[cpu].running == nullptr) schedule(cpu);
  }
  // The CPU takes its next task, if it runs none.
  void schedule(std::size_t cpu) {
    Cpu& place = cpus_.at(cpu);
    if (place.running != nullptr) return;
    if (place.local.empty()) {
      dispatching_ = cpu;
      call(cpu, "dispatch", {cpu, 0});
    }
    if (place.local.empty()) return;
    Task& task = *place.local.front();
    place.local.pop_front();
    task.queued = false;
    task.cpu = static_cast<int>(cpu);
    place.running = &task;
    call(cpu, "running", {task.object.address()});
  }
  // What programs have asked for: other CPUs look for work, and give up what they run.
  void heed_kicks() {
    for (int i = 0; i < 1000 && !kicked_.empty(); ++i) {
      const auto [cpu, preempts] = kicked_.front();
      kicked_.pop_front();
      if (preempts) stop(cpu, true);
      schedule(cpu);
    }
    EXPECT_THAT(kicked_, testing::IsEmpty()) << "CPUs kick one another without end";
  }
  void stop(std::size_t cpu, bool runnable) {
    Task* const task = cpus_.at(cpu).running;
    if (task == nullptr) return;
    ++task->runs;
    call(cpu, "stopping", {task->object.address(), runnable ? 1U : 0U});
    if (runnable)
      call(cpu, "enqueue", {task->object.address(), 0});
    else
      call_if_there(cpu, "quiescent", {task->object.address(), 0});
    cpus_[cpu].running = nullptr;  // only now: while it is queued again it counts as running
  }
  // So much time goes by on every CPU; what has used its slice up stops.
  void spend(std::uint64_t ns) {
    ASSERT_TRUE(advance_clock(*kernel_, ns));
    for (std::size_t cpu = 0; cpu < cpus_.size(); ++cpu) {
      Task* const task = cpus_[cpu].running;
      if (task == nullptr) continue;
      task->ran_ns += ns;
      task->object.set({"se", "sum_exec_runtime"}, task->ran_ns);
      const std::uint64_t slice = task->object.get({"scx", "slice"});
      if (slice == endless) continue;
      task->object.set({"scx", "slice"}, slice - std::min(slice, ns));
      if (slice <= ns) stop(cpu, true);
    }
    for (std::size_t cpu = 0; cpu < cpus_.size(); ++cpu) schedule(cpu);
    heed_kicks();
  }
  const std::vector<std::unique_ptr<Task>>& tasks() const { return tasks_; }
  const Task* running(std::size_t cpu) const { return cpus_.at(cpu).running; }
  std::vector<std::string> errors;

 private:
  struct Cpu {
    Task* running = nullptr;
    std::deque<Task*> local;
  };
  static Machine& of(const HostCall& call) { return *static_cast<Machine*>(call.user); }
  std::uint64_t call(std::size_t cpu, std::string_view member, std::initializer_list<std::uint64_t> args = {}) {
    const RunCpuScope there(static_cast<unsigned>(cpu));
    const auto result = ops_->call(member, args);
    EXPECT_TRUE(result) << member << ": " << result.message();
    return result ? *result : 0;
  }
  void call_if_there(std::size_t cpu, std::string_view member, std::initializer_list<std::uint64_t> args) {
    const RunCpuScope there(static_cast<unsigned>(cpu));
    (void)ops_->call(member, args);
  }
  Cpu& at(std::uint64_t cpu) { return cpus_.at(cpu); }
  // Several before the CPU heeds them are one.
  void kick(std::size_t cpu, bool preempts) {
    const auto before = std::ranges::find(kicked_, cpu, &std::pair<std::size_t, bool>::first);
    if (before == kicked_.end())
      kicked_.emplace_back(cpu, preempts);
    else
      before->second = before->second || preempts;
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
    if ((queue & local_on) == local_on) {
      at(queue & cpu_mask).local.push_back(&task);
    } else if (queue == local) {
      at(chosen_ == &task ? idle_ : static_cast<std::size_t>(task.cpu)).local.push_back(&task);
    } else {
      task.vtime = vtime;
      auto& tasks = queues_.at(queue);
      const auto place = std::ranges::find_if(
          tasks, [&](const Task* other) { return static_cast<std::int64_t>(other->vtime - vtime) > 0; });
      tasks.insert(place, &task);
    }
  }
  bool move_to_local(std::uint64_t queue) {
    auto& tasks = queues_.at(queue);
    const auto first = std::ranges::find_if(tasks, [&](const Task* task) { return task->allowed >> dispatching_ & 1; });
    if (first == tasks.end()) return false;
    cpus_[dispatching_].local.push_back(*first);
    tasks.erase(first);
    return true;
  }
  std::size_t choose(std::size_t previous, bool& idle) {
    for (std::size_t i = 0; i < cpus_.size(); ++i) {
      const std::size_t cpu = (previous + i) % cpus_.size();
      if (cpus_[cpu].running != nullptr || !cpus_[cpu].local.empty()) continue;
      idle = true;
      return idle_ = cpu;
    }
    return previous;
  }

  std::shared_ptr<Kernel> kernel_;
  std::optional<StructOps> ops_;
  std::vector<Cpu> cpus_;
  std::vector<std::unique_ptr<Task>> tasks_;
  std::map<std::uint64_t, std::list<Task*>> queues_;
  std::map<std::uint64_t, KernelStruct> cgroups_;
  std::deque<std::pair<std::size_t, bool>> kicked_;
  std::size_t dispatching_ = 0, idle_ = 0;
  const Task* chosen_ = nullptr;  // that a CPU is being selected for
};

using Variables = std::vector<std::pair<std::string, std::uint64_t>>;

// The map that a global variable of an object is in, and where; null: it has none of the name.
bpf_map* section_of(bpf_object* object, const std::string& name, std::uint32_t& offset, std::uint32_t& size) {
  const btf* const types = bpf_object__btf(object);
  bpf_map* map = nullptr;
  bpf_object__for_each_map(map, object) {
    const btf_type* const type = btf__type_by_id(types, bpf_map__btf_value_type_id(map));
    if (type == nullptr || !btf_is_datasec(type)) continue;
    const btf_var_secinfo* const places = btf_var_secinfos(type);
    for (int i = 0; i < btf_vlen(type); ++i) {
      const btf_type* const variable = btf__type_by_id(types, places[i].type);
      if (name != btf__name_by_offset(types, variable->name_off)) continue;
      size = places[i].size;
      offset = places[i].offset;
      return map;
    }
  }
  return nullptr;
}

// The schedulers' own loaders size arrays by CPUs, and set what the kernel's constants are.
class KernelSchedulers : public testing::Test {
 protected:
  static constexpr int cpus = 3;
  void load(const std::string& name, Variables variables, const std::vector<std::string>& arrays_by_cpu) {
    KernelOptions options;
    options.cpus = cpus;
    options.clock_ns = 1'000'000'000;
    options.modules.push_back(machine.module());
    auto made = make_kernel(options);
    ASSERT_TRUE(made) << made.message();
    kernel = *made;
    kernel->on_run_stopped([this](const StoppedRun& run) { stopped.push_back(run.message); });
    const KernelBinding binding(*kernel);
    opened = bpf_object__open(corpus_file("drivers/" + name + ".bpf.o").c_str());
    ASSERT_NE(opened, nullptr);
    for (const auto& [variable, value] :
         std::initializer_list<Variables::value_type>{{"__SCX_DSQ_LOCAL", local},
                                                      {"__SCX_DSQ_LOCAL_ON", local_on},
                                                      {"__SCX_ENQ_PREEMPT", 1ULL << 32},
                                                      {"__SCX_KICK_IDLE", 1},
                                                      {"__SCX_KICK_PREEMPT", to_preempt},
                                                      {"__SCX_SLICE_DFL", usual_slice},
                                                      {"__SCX_SLICE_INF", endless}})
      variables.emplace_back(variable, value);
    for (const auto& [variable, value] : variables) {
      std::uint32_t size = 0, offset = 0;
      bpf_map* const map = section_of(opened, variable, offset, size);
      ASSERT_NE(map, nullptr) << variable;
      std::size_t length = 0;
      std::memcpy(static_cast<std::uint8_t*>(bpf_map__initial_value(map, &length)) + offset, &value, size);
    }
    for (const std::string& array : arrays_by_cpu) {
      bpf_map* const map = bpf_object__find_map_by_name(opened, array.c_str());
      ASSERT_NE(map, nullptr) << array;
      ASSERT_EQ(bpf_map__set_value_size(map, bpf_map__value_size(map) * cpus), 0);
    }
    ASSERT_EQ(bpf_object__load(opened), 0) << Kernel::refusal();
    auto whole = api::object_of(kernel, opened, {});
    ASSERT_TRUE(whole) << whole.message();
    object = *whole;
  }
  void attach(const std::string& map) {
    auto attached = object.map(map)->attach();
    ASSERT_TRUE(attached) << attached.message();
    link = std::move(*attached);
    machine.begin(kernel, map);
  }
  void SetUp() override {
    if (!std::filesystem::exists(corpus_file("drivers/scx_central.bpf.o")) ||
        !std::filesystem::exists(corpus_file("drivers/scx_flatcg.bpf.o")))
      GTEST_SKIP() << "the kernel's sources were not built";
  }
  void TearDown() override {
    EXPECT_THAT(stopped, testing::IsEmpty());
    EXPECT_THAT(machine.errors, testing::IsEmpty());
  }
  // What the scheduler has counted.
  std::uint64_t count(const std::string& variable) {
    std::uint32_t size = 0, offset = 0;
    bpf_map* const map = section_of(opened, variable, offset, size);
    std::uint64_t value = 0;
    if (map == nullptr) return ADD_FAILURE() << "no " << variable, 0;
    const KernelBinding binding(*kernel);
    std::vector<std::uint8_t> bytes(bpf_map__value_size(map));
    const int zero = 0;
    EXPECT_EQ(bpf_map_lookup_elem(bpf_map__fd(map), &zero, bytes.data()), 0);
    std::memcpy(&value, bytes.data() + offset, size);
    return value;
  }
  Machine machine{cpus};
  std::shared_ptr<Kernel> kernel;
  bpf_object* opened = nullptr;  // `object` holds it
  Object object;
  Link link;
  std::vector<std::string> stopped;
};

class Central : public KernelSchedulers {
 protected:
  static constexpr std::uint64_t millisecond = 1'000'000;
  void SetUp() override {
    KernelSchedulers::SetUp();
    if (IsSkipped() || HasFatalFailure()) return;
    load("scx_central", {{"central_cpu", central}, {"nr_cpu_ids", cpus}, {"slice_ns", usual_slice}},
         {".data.cpu_gimme_task", ".data.cpu_started_at"});
    if (!HasFatalFailure()) attach("central_ops");
  }
  static constexpr std::size_t central = 1;
};

TEST_F(Central, SharesTheCpusOverAThousandTicksOfItsPinnedTimer) {
  constexpr std::uint64_t all_cpus = 7, ticks = 1200;
  for (int i = 0; i < 7; ++i) machine.add(all_cpus);
  for (std::size_t cpu = 0; cpu < cpus; ++cpu) machine.schedule(cpu);
  machine.heed_kicks();
  for (const auto& task : machine.tasks()) machine.wake(*task);
  machine.heed_kicks();
  for (std::uint64_t tick = 0; tick < ticks; ++tick) machine.spend(millisecond);
  EXPECT_EQ(count("nr_timers"), ticks) << "each ran, on its CPU: the scheduler complains of another";
  EXPECT_EQ(count("timer_pinned"), 1U);
  EXPECT_EQ(count("nr_lost_pids") + count("nr_mismatches") + count("nr_overflows"), 0U);
  std::uint64_t all = 0;
  for (const auto& task : machine.tasks()) {
    all += task->ran_ns;
    EXPECT_GT(task->runs, 10U) << task->pid;
  }
  EXPECT_GT(all, (cpus - 1) * ticks * millisecond) << "no CPU is left idle for long";
  EXPECT_LE(all, cpus * ticks * millisecond);
}

TEST_F(Central, ATaskOfOneCpuGoesThere) {
  constexpr std::uint64_t all_cpus = 7, only_the_last = 4;
  Task& bound = machine.add(only_the_last);
  Task& of_the_kernel = machine.add(only_the_last, 1, true);
  of_the_kernel.cpu = 2;
  machine.add(all_cpus);
  for (std::size_t cpu = 0; cpu < cpus; ++cpu) machine.schedule(cpu);
  machine.heed_kicks();
  for (const auto& task : machine.tasks()) machine.wake(*task);
  machine.heed_kicks();
  EXPECT_GE(count("nr_locals"), 1U) << "a thread of the kernel's that is bound is not queued";
  for (int tick = 0; tick < 50; ++tick) machine.spend(millisecond);
  ASSERT_EQ(machine.running(2), &of_the_kernel) << "as long as it does not sleep";
  machine.stop(2, false);
  for (int tick = 0; tick < 100; ++tick) machine.spend(millisecond);
  EXPECT_GT(count("nr_mismatches"), 0U) << "other CPUs that were offered it leave it in the common queue";
  EXPECT_GT(bound.ran_ns, 0U);
  EXPECT_GT(of_the_kernel.ran_ns, 0U);
  EXPECT_EQ(bound.cpu + of_the_kernel.cpu, 4);
}

class Flat : public KernelSchedulers {
 protected:
  void SetUp() override {
    KernelSchedulers::SetUp();
    if (IsSkipped() || HasFatalFailure()) return;
    load("scx_flatcg", {{"nr_cpus", cpus}, {"cgrp_slice_ns", usual_slice}, {"fifo_sched", 0}}, {});
    if (HasFatalFailure()) return;
    attach("flatcg_ops");
    machine.add_cgroup(1, 100);
  }
  // How much of the CPUs' time the tasks of a cgroup got.
  double share(std::uint64_t cgroup) const {
    std::uint64_t all = 0, its = 0;
    for (const auto& task : machine.tasks()) {
      all += task->ran_ns;
      if (task->cgroup == cgroup) its += task->ran_ns;
    }
    return static_cast<double>(its) / static_cast<double>(all);
  }
};

TEST_F(Flat, SharesTheCpusByTheWeightsOfCgroups) {
  constexpr std::uint64_t all_cpus = 7;
  machine.add_cgroup(20, 100);
  machine.add_cgroup(30, 300);
  for (int i = 0; i < 4; ++i) machine.enter_cgroup(machine.add(all_cpus, 20));
  for (int i = 0; i < 4; ++i) machine.enter_cgroup(machine.add(all_cpus, 30));
  for (const auto& task : machine.tasks()) machine.wake(*task);
  for (int event = 0; event < 3000; ++event) machine.spend(usual_slice / 2);
  EXPECT_NEAR(share(20), 0.25, 0.03);
  EXPECT_NEAR(share(30), 0.75, 0.03);
  for (const auto& task : machine.tasks()) EXPECT_GT(task->runs, 100U) << "within a cgroup all are alike";
}

TEST_F(Flat, WhoSleepsLeavesItsShareToOthers) {
  constexpr std::uint64_t all_cpus = 7;
  machine.add_cgroup(20, 100);
  machine.add_cgroup(30, 900);
  for (int i = 0; i < 3; ++i) machine.enter_cgroup(machine.add(all_cpus, 20));
  for (const auto& task : machine.tasks()) machine.wake(*task);
  Task& heavy = machine.add(all_cpus, 30);
  machine.enter_cgroup(heavy);
  for (int event = 0; event < 1000; ++event) {
    machine.wake(heavy);
    while (heavy.queued) machine.spend(usual_slice / 4);
    for (std::size_t cpu = 0; cpu < cpus; ++cpu)
      if (machine.running(cpu) == &heavy) machine.stop(cpu, false);
    machine.spend(usual_slice);
  }
  EXPECT_LT(share(30), 0.05);
  for (const auto& task : machine.tasks()) EXPECT_GT(task->runs, 300U);
}

}  // namespace
}  // namespace skep::test
