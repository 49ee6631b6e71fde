// The rows of docs/timers.md and docs/task-work.md, by the names that they have there: what a program and user space
// see is what Linux 7.3 answered (tests/conformance/later-7.3.txt).
#include "work/later_rows.hpp"

#include <condition_variable>
#include <fstream>
#include <mutex>
#include <thread>

#include "skep/observe.hpp"
#include "work/machine.hpp"

namespace skep::test {
namespace {

// What the kernel said of a row; it must be there.
std::string kernels_answer(const std::string& part, const std::string& name) {
  std::ifstream answers(SKEP_SOURCE_DIR "/tests/conformance/later-7.3.txt");
  const std::string begin = part + " " + name + ":";
  for (std::string line; std::getline(answers, line);)
    if (line.compare(0, begin.size(), begin) == 0) return line.substr(std::min(line.size(), begin.size() + 1));
  return "(nothing)";
}

class SkepHost final : public LaterHost {
 public:
  explicit SkepHost(Kernel& kernel) : kernel_(kernel) {}
  ~SkepHost() override { join_other(); }
  void settle() override { EXPECT_TRUE(kernel_.settle(100'000'000)); }
  void pause() override { kernel_.drain(1000); }
  int other_thread() override {
    std::unique_lock lock(mutex_);
    id_ = 0;
    go_ = false;
    other_ = std::thread([this] {
      std::unique_lock inside(mutex_);
      id_ = gettid();
      changed_.notify_all();
      changed_.wait(inside, [this] { return go_; });
      inside.unlock();
      kernel_.drain(no_limit);  // any call: the thread comes back from it to user space
    });
    changed_.wait(lock, [this] { return id_ != 0; });
    return id_;
  }
  void join_other() override {
    if (!other_.joinable()) return;
    {
      const std::lock_guard lock(mutex_);
      go_ = true;
      changed_.notify_all();
    }
    other_.join();
  }

 private:
  Kernel& kernel_;
  std::thread other_;
  std::mutex mutex_;
  std::condition_variable changed_;
  int id_ = 0;
  bool go_ = false;
};

struct NamedRow {
  const char* part;
  LaterRow row;
};
std::vector<NamedRow> named(const char* part, const std::vector<LaterRow>& rows) {
  std::vector<NamedRow> all;
  for (const LaterRow& row : rows) all.push_back({part, row});
  return all;
}

class Later : public testing::TestWithParam<NamedRow> {};

TEST_P(Later, AnswersAsTheKernel) {
  const auto kernel = make_work_kernel({.cpus = 2, .seed = 7});
  const KernelBinding binding(*kernel);
  const ObjectPtr object = load_object(*kernel, std::string(WORK_OBJECTS) + "/later.bpf.o");
  ASSERT_NE(object, nullptr);
  SkepHost host(*kernel);
  LaterAsker asker(object.get(), host, variable<later_op>(object.get(), "ops"),
                   variable<std::int64_t>(object.get(), "results"), variable<later_trace>(object.get(), "trace"));
  ASSERT_TRUE(kernel->open_host_memory({&asker.user_word(), sizeof asker.user_word()}));
  EXPECT_EQ(asker.ask(GetParam().row.script), kernels_answer(GetParam().part, GetParam().row.name))
      << GetParam().row.script;
}

// Task work and timers are told of and counted as work is.
TEST(LaterRuns, AreToldOf) {
  const auto kernel = make_work_kernel({.cpus = 2, .seed = -1});
  const KernelBinding binding(*kernel);
  const ObjectPtr object = load_object(*kernel, std::string(WORK_OBJECTS) + "/later.bpf.o");
  ASSERT_NE(object, nullptr);
  SkepHost host(*kernel);
  LaterAsker asker(object.get(), host, variable<later_op>(object.get(), "ops"),
                   variable<std::int64_t>(object.get(), "results"), variable<later_trace>(object.get(), "trace"));
  std::mutex lock;
  std::vector<WorkRun> told;
  kernel->on_work_run([&](const WorkRun& run) {
    const std::lock_guard guard(lock);
    told.push_back(run);
  });
  measure_work(*kernel, true);
  asker.ask("signal 1 | timer_init 1 1; timer_set 1 quick; timer_start 1 0 | settle");
  kernel->on_work_run(nullptr);
  ASSERT_EQ(told.size(), 2U);
  const bool task_first = told[0].task_work;
  const WorkRun &task = told[task_first ? 0 : 1], &timer = told[task_first ? 1 : 0];
  EXPECT_TRUE(task.task_work && !task.timer);
  EXPECT_TRUE(timer.timer && !timer.task_work);
  EXPECT_EQ(task.map, "later_array");
  EXPECT_EQ(task.key, (std::vector<std::uint8_t>{1, 0, 0, 0}));
  EXPECT_GE(task.began_ns, task.started_ns);
  EXPECT_GE(task.ended_ns, task.began_ns);
  unsigned tasks = 0;
  for (const CallbackTimes& times : callback_times(*kernel)) tasks += times.task_work ? times.took.count : 0;
  EXPECT_EQ(tasks, 1U);
  EXPECT_EQ(kernel->work().task_works, 1U);
  EXPECT_EQ(kernel->work().timers, 1U);
}

std::string test_name(const testing::TestParamInfo<NamedRow>& info) {
  std::string name = info.param.row.name;
  for (char& c : name)
    if (c == '-') c = '_';
  return name;
}

INSTANTIATE_TEST_SUITE_P(Timer, Later, testing::ValuesIn(named("timer", timer_rows())), test_name);
INSTANTIATE_TEST_SUITE_P(TaskWork, Later, testing::ValuesIn(named("task-work", task_work_rows())), test_name);

}  // namespace
}  // namespace skep::test
