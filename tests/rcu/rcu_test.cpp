// Deferred calls wait for readers and Holds, and for nothing else.
#include "rcu/rcu.hpp"

#include <gtest/gtest.h>

#include <atomic>
#include <thread>
#include <vector>

namespace skep::rcu {
namespace {

std::atomic<int> reclaimed{0};

struct Counted {
  ~Counted() { reclaimed.fetch_add(1); }
};

TEST(Rcu, BarrierRunsWhatWasDeferred) {
  reclaimed = 0;
  for (int i = 0; i < 100; ++i) retire(std::make_unique<Counted>());
  barrier();
  EXPECT_EQ(reclaimed, 100);
}

TEST(Rcu, DeferredCallsMayDefer) {
  reclaimed = 0;
  defer([](void*) { retire(std::make_unique<Counted>()); }, nullptr);
  barrier();
  EXPECT_EQ(reclaimed, 1);
}

// As a list of objects that own lists of objects does, when it goes.
TEST(Rcu, BarrierFollowsAnyChainOfDeferredCalls) {
  reclaimed = 0;
  struct Link {
    int left;
    static void go(void* p) {
      const std::unique_ptr<Link> link(static_cast<Link*>(p));
      reclaimed.fetch_add(1);
      if (link->left > 0) defer(go, std::make_unique<Link>(link->left - 1).release());
    }
  };
  defer(Link::go, std::make_unique<Link>(9).release());
  barrier();
  EXPECT_EQ(reclaimed, 10);
}

TEST(Rcu, SectionsNestAndCanBeLeft) {
  reclaimed = 0;
  ReadGuard outer;
  {
    ReadGuard inner;
    inner.leave();
    inner.enter();
  }
  outer.leave();
  retire(std::make_unique<Counted>());
  barrier();
  EXPECT_EQ(reclaimed, 1);
  outer.enter();
}

TEST(Rcu, AHoldKeepsWhatItCouldSeeAndNotWhatCameLater) {
  reclaimed = 0;
  auto first = std::make_unique<Hold>();
  retire(std::make_unique<Counted>());
  barrier();
  EXPECT_EQ(reclaimed, 0);
  auto second = std::make_unique<Hold>();
  first.reset();
  barrier();
  // Parked while the second Hold did not live yet.
  EXPECT_EQ(reclaimed, 1);
  retire(std::make_unique<Counted>());
  barrier();
  EXPECT_EQ(reclaimed, 1);
  std::thread([&] { second.reset(); }).join();  // any thread may end it
  barrier();
  EXPECT_EQ(reclaimed, 2);
}

TEST(Rcu, ReadersSeeWholeObjects) {
  struct Pair {
    std::uint64_t a, b;
    ~Pair() { b = a + 1; }
  };
  std::atomic<Pair*> shared{std::make_unique<Pair>(Pair{0, 0}).release()};
  std::atomic<bool> stop{false};
  std::atomic<int> torn{0};
  std::vector<std::thread> readers;
  for (int i = 0; i < 2; ++i) {
    readers.emplace_back([&] {
      while (!stop) {
        const ReadGuard guard;
        const Pair* pair = shared.load(std::memory_order_acquire);
        if (pair->a != pair->b) torn.fetch_add(1);
      }
    });
  }
  for (std::uint64_t i = 1; i < 2000; ++i)
    retire(shared.exchange(std::make_unique<Pair>(Pair{i, i}).release(), std::memory_order_acq_rel));
  stop = true;
  for (std::thread& reader : readers) reader.join();
  retire(shared.load());
  synchronize();
  barrier();
  EXPECT_EQ(torn, 0);
}

}  // namespace
}  // namespace skep::rcu
