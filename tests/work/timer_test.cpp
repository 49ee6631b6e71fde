// The timer calls, by programs: what they return, and that what they arm runs when its time has come.
#include "work/machine.hpp"

namespace skep::test {
namespace {

constexpr std::uint64_t second = 1'000'000'000;

TEST(Timer, results) {
  Machine m;
  ASSERT_TRUE(m.ready());
  EXPECT_EQ(m.run("timers", "timer_set 1; timer_start 1; timer_cancel 1"), "EINVAL EINVAL EINVAL");
  EXPECT_EQ(m.run("timers", "timer_init 1 2; timer_init 1 1; timer_init 1 1"), "EINVAL 0 EBUSY");
  EXPECT_EQ(m.run("timers", "timer_start 1; timer_set 1; timer_start 1 0 8"), "EINVAL 0 EINVAL");
  EXPECT_EQ(m.run("timers", "timer_cancel 1; timer_start 1"), "0 EINVAL");
}

TEST(Timer, runs_when_its_time_has_come) {
  Machine m;
  ASSERT_TRUE(m.ready());
  EXPECT_EQ(m.run("timers", "timer_init 1 1; timer_set 1; timer_start 1 1000000"), "0 0 0");
  EXPECT_TRUE(m.drain(500'000));
  EXPECT_EQ(m.trace().timers, 0U);
  EXPECT_TRUE(m.drain(second));
  EXPECT_EQ(m.trace().timers, 1U);
  EXPECT_EQ(m.trace().got[0], -EINVAL);  // the work item beside it is uninitialized
}

TEST(Timer, cancelled_and_armed_again) {
  Machine m;
  ASSERT_TRUE(m.ready());
  EXPECT_EQ(m.run("timers", "timer_init 1 1; timer_set 1; timer_start 1 1000; timer_cancel 1; timer_cancel 1"),
            "0 0 0 1 0");
  EXPECT_TRUE(m.drain(second));
  EXPECT_EQ(m.trace().timers, 0U);
  EXPECT_EQ(m.run("timers", "timer_set 1; timer_start 1 1000; timer_start 1 2000"), "0 0 0");
  EXPECT_TRUE(m.drain(second));
  EXPECT_EQ(m.trace().timers, 1U);
}

TEST(Timer, cannot_be_cancelled_by_its_own_callback) {
  Machine m;
  ASSERT_TRUE(m.ready());
  EXPECT_EQ(m.run("timers", "timer_init 1 1; timer_set 1 1; timer_start 1 1000"), "0 0 0");
  EXPECT_TRUE(m.drain(second));
  EXPECT_EQ(m.trace().timers, 1U);
  EXPECT_EQ(m.trace().got[0], -EDEADLK);
}

TEST(Timer, ends_with_its_element) {
  Machine m;
  ASSERT_TRUE(m.ready());
  EXPECT_EQ(m.run("timers", "timer_init 1 1; timer_set 1; timer_start 1 1000"), "0 0 0");
  const std::uint32_t key = 1;
  const std::uint64_t value[6] = {};
  EXPECT_EQ(bpf_map_update_elem(m.map_fd("timers"), &key, value, 0), 0);
  EXPECT_TRUE(m.drain(second));
  EXPECT_EQ(m.trace().timers, 0U);
  EXPECT_EQ(m.run("timers", "timer_start 1; timer_init 1 1"), "EINVAL 0");
}

}  // namespace
}  // namespace skep::test
