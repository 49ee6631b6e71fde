// Everything at once, from four threads, on elements that come and go; at the end each start is accounted for.
// SKEP_STRESS_SECONDS: for how long (1).
#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <cstdlib>
#include <random>
#include <thread>
#include <vector>

#include "async/fake_job.hpp"

namespace skep::async::test {
namespace {

struct Element {
  alignas(8) unsigned char slot[16] = {};
  std::atomic<int> running{0};  // of this element's present item; not checked across cancellations
};

TEST(Stress, EveryStartIsAccountedFor) {
  const char* seconds = std::getenv("SKEP_STRESS_SECONDS");
  const auto end = std::chrono::steady_clock::now() +
                   std::chrono::milliseconds(seconds != nullptr ? 1000 * std::atoi(seconds) : 1000);
  constexpr unsigned element_count = 64;
  auto executor = make_thread_executor(2);
  std::vector<std::atomic<Element*>> elements(element_count);
  for (auto& element : elements) element = std::make_unique<Element>().release();
  std::atomic<std::uint64_t> started{0}, ran{0}, overlapped{0};

  // An item of its own flag, so that two runs of one item are seen.
  struct Flag {
    std::atomic<int> running{0};
  };
  const auto make_callback = [&](unsigned index, unsigned kind) -> std::shared_ptr<Callback> {
    auto flag = std::make_shared<Flag>();
    return std::make_shared<FakeCallback>([&, flag, index, kind](unsigned n, unsigned) {
      if (n == 0) {
        if (flag->running.fetch_add(1) != 0) overlapped.fetch_add(1);
        if (kind % 4 == 1 && WorkSlot::at(elements[index].load()->slot).start(0) == 0) started.fetch_add(1);
        if (kind % 4 == 2) return Progress::sleeping;
      }
      flag->running.fetch_sub(1);
      ran.fetch_add(1);
      return Progress::finished;
    });
  };

  std::vector<std::thread> threads;
  for (unsigned t = 0; t < 4; ++t) {
    threads.emplace_back([&, t] {
      std::minstd_rand random(t + 1);
      while (std::chrono::steady_clock::now() < end) {
        for (int i = 0; i < 64; ++i) {
          const rcu::ReadGuard section;
          const auto index = static_cast<unsigned>(random() % element_count);
          WorkSlot& slot = WorkSlot::at(elements[index].load()->slot);
          const auto choice = random() % 16;
          if (choice < 3) {
            static_cast<void>(slot.init(*executor, alive, nullptr));
          } else if (choice < 5) {
            static_cast<void>(slot.set_callback(make_callback(index, static_cast<unsigned>(random())), alive, nullptr));
          } else if (choice < 14) {
            if (slot.start(static_cast<unsigned>(random() % 2)) == 0) started.fetch_add(1);
          } else if (choice == 14) {
            slot.cancel();  // an update
          } else {
            Element* old =
                elements[index].exchange(std::make_unique<Element>().release());  // a deletion and a new element
            WorkSlot::at(old->slot).cancel();
            rcu::defer(
                [](void* p) {
                  std::unique_ptr<Element> gone(static_cast<Element*>(p));
                  const rcu::ReadGuard inside;
                  WorkSlot::at(gone->slot).cancel();  // somebody may have initialized it since
                },
                old);
          }
        }
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  {
    const rcu::ReadGuard section;
    for (auto& element : elements) WorkSlot::at(element.load()->slot).cancel();
  }
  rcu::barrier();  // late items on elements that had gone
  ASSERT_TRUE(executor->drain(a_minute));
  const WorkCounts counts = executor->counts();
  EXPECT_EQ(counts.started, started);
  EXPECT_EQ(counts.ran, ran);
  EXPECT_EQ(counts.started, counts.merged + counts.ran + counts.cancelled);
  EXPECT_GT(counts.ran, 0U);
  EXPECT_GT(counts.cancelled, 0U);
  EXPECT_EQ(overlapped, 0U);
  executor.reset();
  for (auto& element : elements) std::unique_ptr<Element>(element.load()).reset();
  rcu::barrier();
}

}  // namespace
}  // namespace skep::async::test
