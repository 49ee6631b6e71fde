// What becomes of 10,000 work items that were started and have not run: with their map, and with their Kernel.
#include <bpf/bpf.h>

#include "bounds/support.hpp"
#include "rcu/rcu.hpp"

namespace skep::test {
namespace {

constexpr std::uint64_t items = 10'000;

KernelOptions pumped(bool run_pending) {
  KernelOptions options;
  options.host_btf = false;
  options.pumped = true;
  options.close_limit_ns = a_minute;
  options.run_pending_at_close = run_pending;
  return options;
}

TEST(PendingWork, IsCancelledWithItsMap) {
  Bounded b(pumped(false));
  const std::uint64_t before = b.kernel->memory().used;
  ASSERT_EQ(b.run("start_each")->verdict, 0U);
  EXPECT_EQ(b.kernel->work().started, items);
  const std::uint64_t full = b.kernel->memory().used;
  b.object = {};
  rcu::barrier();
  while (b.kernel->pump(a_minute) != 0) {
  }
  const WorkStatistics work = b.kernel->work();
  EXPECT_EQ(work.ran, 0U);
  EXPECT_EQ(work.cancelled, items);
  rcu::barrier();
  EXPECT_LT(b.kernel->memory().used, before);
  EXPECT_GT(full, before);
}

// Whoever runs it. The map is pinned: it outlives the object, and no longer the Kernel.
TEST(PendingWork, RunsOrDoesNotWhenTheKernelCloses) {
  for (const bool run_pending : {false, true}) {
    for (const char* executor : {"pumped", "steps", "threads"}) {
      SCOPED_TRACE(executor);
      KernelOptions options = pumped(run_pending);
      options.pumped = std::string_view(executor) == "pumped";
      if (std::string_view(executor) == "steps") options.stepping_seed = 1;
      auto b = std::make_unique<Bounded>(options);
      std::atomic<std::uint64_t> ran{0};
      b->kernel->on_work_run([&](const WorkRun&) { ++ran; });
      {
        const KernelBinding binding(*b->kernel);
        ASSERT_EQ(bpf_obj_pin(b->object.map("elements")->fd(), "/sys/fs/bpf/elements"), 0);
      }
      ASSERT_EQ(b->run("start_each")->verdict, 0U);
      b.reset();
      if (run_pending)
        EXPECT_EQ(ran, items);
      else if (options.pumped)
        EXPECT_EQ(ran, 0U);
      else
        EXPECT_LE(ran, items);
    }
  }
}

}  // namespace
}  // namespace skep::test
