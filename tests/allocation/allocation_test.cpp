// In the long run neither a test run nor a callback allocates: every call of operator new in the process is counted.
#include <gtest/gtest.h>

#include <atomic>

#include "allocation/operators.hpp"
#include "async/executor.hpp"
#include "async/work_item.hpp"
#include "engine/callback.hpp"
#include "rcu/rcu.hpp"
#include "support/asm.hpp"
#include "support/commands.hpp"
#include "support/run.hpp"

namespace {
std::atomic<std::uint64_t> allocations{0};
}

bool allocation_succeeds() {
  allocations.fetch_add(1, std::memory_order_relaxed);
  return true;
}

namespace skep {
namespace {

TEST(Allocation, IsSeenByTheCounter) {
  const std::uint64_t before = allocations;
  const auto something = std::make_unique<std::array<int, 10>>();
  ASSERT_NE(something, nullptr);
  EXPECT_GT(allocations, before);
}

// Test runs, of each way to make a context: a packet, a frame, the caller's memory.
TEST(Allocation, IsNotOfTestRuns) {
  const auto kernel = test::make_kernel();
  test::Bpf bpf{*kernel, {}};
  struct Case {
    ProgType type;
    bool packet;
  };
  for (const Case& c : {Case{ProgType::xdp, true}, Case{ProgType::sched_cls, true}, Case{ProgType::syscall, false},
                        Case{ProgType::raw_tracepoint, false}}) {
    const int fd = bpf.load(
        c.type, test::Assembler::assemble("call f; call 5; r0 = 0; exit\nf: *(u64 *)(r10 -8) = 1; r0 = 0; exit"), "GPL",
        c.type == ProgType::syscall ? prog_flag::sleepable : 0);
    ASSERT_GE(fd, 0) << bpf.log;
    std::array<std::uint8_t, 64> data{};
    const auto run = [&] {
      attr::TestRun attr{};
      attr.prog_fd = static_cast<std::uint32_t>(fd);
      if (c.packet) {
        attr.data_in = attr.data_out = test::address_of(data.data());
        attr.data_size_in = attr.data_size_out = data.size();
        attr.repeat = 3;
      } else {
        attr.ctx_in = test::address_of(data.data());
        attr.ctx_size_in = 16;
      }
      return bpf.command(Command::prog_test_run, attr);
    };
    for (int i = 0; i < 3; ++i) ASSERT_EQ(run(), 0);
    const std::uint64_t before = allocations;
    for (int i = 0; i < 100; ++i) run();
    EXPECT_EQ(allocations, before) << "type " << static_cast<int>(c.type);
  }
}

// A work item that is started and runs, again and again.
TEST(Allocation, IsNotOfCallbacks) {
  const auto executor = async::make_thread_executor(2);
  class Services final : public test::FixedServices {
   public:
    explicit Services(async::Executor& executor) : executor_(executor) {}
    async::Executor& executor() override { return executor_; }

   private:
    async::Executor& executor_;
  } services(*executor);
  const auto program = test::make_program("r0 = 0; call f; exit\nf: r0 = 1; exit");
  class OneValue final : public maps::Map {
   public:
    explicit OneValue(const maps::MapAttributes& attributes) : Map(attributes) {}
    void* lookup(const void*, unsigned) override { return &value; }
    int update(const void*, const void*, std::uint64_t, unsigned) override { return -EINVAL; }
    int erase(const void*) override { return -EINVAL; }
    const void* key_of(const void*, std::uint32_t& scratch) const override { return scratch = 0, &scratch; }
    std::uint64_t value = 0;
  } map({});
  alignas(16) std::array<std::uint64_t, 2> memory = {};
  async::WorkSlot& slot = async::WorkSlot::at(memory.data());
  const auto alive = [](const void*) { return true; };
  {
    const rcu::ReadGuard section;
    ASSERT_EQ(slot.init(*executor, alive, nullptr), 0);
    ASSERT_EQ(slot.set_callback(std::make_shared<engine::ProgramCallback>(program->entry(), map, &map.value, services),
                                alive, nullptr),
              0);
  }
  const auto run = [&] {
    {
      const rcu::ReadGuard section;
      EXPECT_EQ(slot.start(0), 0);
    }
    EXPECT_TRUE(executor->drain(10'000'000'000));
  };
  // On a busy machine threads may start meanwhile (one for a callback that takes long), so there is more than one try;
  // an allocation for each run would spoil all of them.
  std::uint64_t most = ~std::uint64_t{0};
  for (int round = 0; round < 20 && most != 0; ++round) {
    const std::uint64_t ran = executor->counts().ran, before = allocations;
    for (int i = 0; i < 100; ++i) run();
    EXPECT_EQ(executor->counts().ran, ran + 100);
    most = std::min<std::uint64_t>(most, allocations - before);
  }
  EXPECT_EQ(most, 0U);
  const rcu::ReadGuard section;
  slot.cancel();
}

}  // namespace
}  // namespace skep
