// What skep/observe.hpp tells of work items, timers and their callbacks.
#include "skep/observe.hpp"

#include "work/machine.hpp"

namespace skep::test {
namespace {

constexpr std::uint64_t second = 1'000'000'000;

TEST(Observe, items_of_a_map) {
  Machine m;
  ASSERT_TRUE(m.ready());
  for (const char* map : {"array", "hash"}) {
    SCOPED_TRACE(map);
    const int fd = m.map_fd(map);
    EXPECT_TRUE(work_items(m.kernel(), fd).empty());
    ASSERT_EQ(m.run(map, "update 1; init 1; update 2; init 2; set 2 quick; start 2; start 2; start 2"),
              "0 0 0 0 0 0 0 0");
    auto items = work_items(m.kernel(), fd);
    ASSERT_EQ(items.size(), 2U);
    if (items[0].key[0] == 2) std::swap(items[0], items[1]);
    const std::vector<std::uint8_t> one = {1, 0, 0, 0}, two = {2, 0, 0, 0};
    EXPECT_EQ(items[0].key, one);
    EXPECT_EQ(items[0].kind, WorkItemState::Kind::work);
    EXPECT_EQ(items[0].callback, "");
    EXPECT_FALSE(items[0].due);
    EXPECT_EQ(items[0].starts, 0U);
    EXPECT_EQ(items[1].key, two);
    EXPECT_EQ(items[1].program, "script");
    EXPECT_EQ(items[1].callback, "quick");
    EXPECT_TRUE(items[1].due);
    EXPECT_FALSE(items[1].running);
    EXPECT_EQ(items[1].starts, 3U);
    EXPECT_EQ(items[1].runs, 0U);
    EXPECT_TRUE(m.drain());
    items = work_items(m.kernel(), fd);
    ASSERT_EQ(items.size(), 2U);
    if (items[0].key[0] == 2) std::swap(items[0], items[1]);
    EXPECT_FALSE(items[1].due);
    EXPECT_EQ(items[1].starts, 3U);
    EXPECT_EQ(items[1].runs, 1U);
    EXPECT_EQ(work_items(m.kernel(), fd, 1).size(), 1U);
    ASSERT_EQ(m.run(map, "update 2"), "0");  // ends the element's item
    EXPECT_EQ(work_items(m.kernel(), fd).size(), 1U);
  }
  EXPECT_TRUE(work_items(m.kernel(), m.program_fd("script")).empty());
  EXPECT_TRUE(work_items(m.kernel(), -1).empty());
}

TEST(Observe, timers_of_a_map) {
  Machine m;
  ASSERT_TRUE(m.ready());
  ASSERT_EQ(m.run("timers", "timer_init 1 1; timer_set 1; timer_start 1 1000000"), "0 0 0");
  const auto of_kind = [&] {
    WorkItemState found;
    for (const WorkItemState& item : work_items(m.kernel(), m.map_fd("timers")))
      if (item.kind == WorkItemState::Kind::timer) found = item;
    return found;
  };
  EXPECT_TRUE(of_kind().armed);
  EXPECT_GT(of_kind().due_in_ns, 0U);
  EXPECT_LE(of_kind().due_in_ns, 1'000'000U);
  EXPECT_TRUE(m.drain(second));
  EXPECT_FALSE(of_kind().armed);
  EXPECT_EQ(of_kind().runs, 1U);
}

TEST(Observe, times_of_callbacks) {
  Machine m;
  ASSERT_TRUE(m.ready());
  ASSERT_EQ(m.run("array", "init 1; set 1 quick; start 1"), "0 0 0");
  EXPECT_TRUE(m.drain());
  EXPECT_TRUE(callback_times(m.kernel()).empty());
  measure_work(m.kernel(), true);
  for (int i = 0; i < 5; ++i) {
    ASSERT_EQ(m.run("array", "start 1; start 1"), "0 0");
    EXPECT_TRUE(m.drain());
  }
  const auto times = callback_times(m.kernel());
  ASSERT_EQ(times.size(), 1U);
  EXPECT_EQ(times[0].program, "script");
  EXPECT_EQ(times[0].callback, "quick");
  EXPECT_EQ(times[0].map, "array");
  EXPECT_FALSE(times[0].timer);
  EXPECT_EQ(times[0].stopped, 0U);
  EXPECT_EQ(times[0].took.count, 5U);
  EXPECT_EQ(times[0].waited.count, 5U);
  EXPECT_GT(times[0].took.most_ns, 0U);
  EXPECT_LE(times[0].took.quantile(0.5), times[0].took.quantile(1));
  measure_work(m.kernel(), false);
  ASSERT_EQ(m.run("array", "start 1"), "0");
  EXPECT_TRUE(m.drain());
  EXPECT_EQ(callback_times(m.kernel())[0].took.count, 5U);
  measure_work(m.kernel(), true);
  EXPECT_TRUE(callback_times(m.kernel()).empty());
}

TEST(Observe, a_listener_and_the_figures_do_not_disturb_each_other) {
  Machine m;
  ASSERT_TRUE(m.ready());
  unsigned told = 0;
  m.kernel().on_work_run([&](const WorkRun&) { ++told; });
  measure_work(m.kernel(), true);
  ASSERT_EQ(m.run("array", "init 1; set 1 quick; start 1"), "0 0 0");
  EXPECT_TRUE(m.drain());
  m.kernel().on_work_run(nullptr);
  ASSERT_EQ(m.run("array", "start 1"), "0");
  EXPECT_TRUE(m.drain());
  EXPECT_EQ(told, 1U);
  EXPECT_EQ(callback_times(m.kernel())[0].took.count, 2U);
}

TEST(Observe, histogram) {
  TimeHistogram times;
  EXPECT_EQ(times.quantile(0.5), 0U);
  for (const std::uint64_t ns : {0U, 1U, 3U, 1000U}) times.add(ns);
  times.add(~std::uint64_t{0});
  EXPECT_EQ(times.count, 5U);
  EXPECT_EQ(times.buckets[0], 1U);
  EXPECT_EQ(times.buckets[1], 1U);
  EXPECT_EQ(times.buckets[2], 1U);
  EXPECT_EQ(times.buckets[10], 1U);
  EXPECT_EQ(times.buckets[64], 1U);
  EXPECT_EQ(times.most_ns, ~std::uint64_t{0});
  EXPECT_EQ(times.quantile(0), 1U);
  EXPECT_EQ(times.quantile(0.6), 4U);
  EXPECT_EQ(times.quantile(1), ~std::uint64_t{0});
}

}  // namespace
}  // namespace skep::test
