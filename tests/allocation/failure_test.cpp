// Every allocation that a run or a callback makes can fail: a call that finds no memory answers -ENOMEM (or a null
// pointer), nothing else changes, nothing leaks, and no start is lost.
//
// Each script runs on a fresh Kernel again and again, with the first, the second, … allocation of its run failing,
// until one run has none left to fail. The same for callbacks, on the executor's thread.
#include <atomic>

#include "allocation/operators.hpp"
#include "work/machine.hpp"

namespace {

// Of this thread: how many allocations go well before one fails; negative: all do.
thread_local int before_failure = -1;
std::atomic<std::uint64_t> failures{0};

}  // namespace

bool allocation_succeeds() {
  if (before_failure < 0 || before_failure-- > 0) return true;
  failures.fetch_add(1, std::memory_order_relaxed);
  return false;
}

namespace skep::test {
namespace {

class FailingAllocations {
 public:
  explicit FailingAllocations(int after) { before_failure = after; }
  ~FailingAllocations() { before_failure = -1; }
  FailingAllocations(const FailingAllocations&) = delete;
  FailingAllocations& operator=(const FailingAllocations&) = delete;
};

std::vector<std::string> words(const std::string& text) {
  std::istringstream stream(text);
  std::vector<std::string> all;
  for (std::string word; stream >> word;) all.push_back(word);
  return all;
}

constexpr int most_allocations = 1000;  // of one script

// `script`'s calls, each of which succeeds when there is memory; what follows one that failed may find what it needs
// missing (EINVAL, none), or the old element still there (EBUSY).
void fail_each(const char* map, const std::string& prepare, const std::string& script) {
  SCOPED_TRACE(std::string(map) + ": " + script);
  int failed = 0;
  for (int after = 0;; ++after) {
    ASSERT_LT(after, most_allocations);
    Machine m({.memory_limit = 1 << 30});
    ASSERT_TRUE(m.ready());
    // What a run needs itself is there after the first.
    ASSERT_EQ(m.run(map, prepare.empty() ? "exists 9" : prepare).find("not run"), std::string::npos);
    const std::uint64_t before = failures;
    const std::size_t calls = m.prepare(map, script);
    const int program = m.program_fd("script");
    int error = 0;
    {
      const FailingAllocations failing(after);
      error = m.run_prepared(program);
    }
    const bool any = failures != before;
    EXPECT_TRUE(error == 0 || (any && error == -ENOMEM)) << error << " after " << after;
    const std::string results = error == 0 ? m.results(calls) : "";
    bool refused = false;
    for (const std::string& word : words(results)) {
      const bool follows = refused && (word == "EINVAL" || word == "EBUSY" || word == "none");
      EXPECT_TRUE(word == "0" || (any && word == "ENOMEM") || follows) << results << " after " << after;
      refused |= word == "ENOMEM";
    }
    EXPECT_TRUE(m.drain());
    const WorkStatistics work = m.kernel().work();
    EXPECT_EQ(work.started, work.merged + work.ran + work.cancelled);
    // It is all there again.
    m.run("hash", "delete 1");
    ASSERT_EQ(m.run("hash", "update 1; init 1; set 1 quick; start 1"), "0 0 0 0");
    EXPECT_TRUE(m.drain());
    m.close_object();
    EXPECT_TRUE(m.drain());
    if (!any) break;
    ++failed;
  }
  testing::Test::RecordProperty("failed", std::to_string(failed));
}

TEST(AllocationFailure, OfWorkItems) {
  for (const char* map : {"array", "hash", "hash_no_prealloc", "lru", "rhash"}) {
    fail_each(map, "update 1", "init 1; set 1 quick; start 1");
    fail_each(map, "", "update 1; init 1; set 1 quick; start 1; update 1; init 1; set 1 quick; start 1");
  }
}

TEST(AllocationFailure, OfTimers) {
  fail_each("timers", "", "timer_init 1 1; timer_set 1; timer_start 1; timer_start 1");
  fail_each("timers", "timer_init 2 1; timer_set 2", "timer_start 2; timer_init 3 1; timer_set 3; timer_start 3");
}

// In callbacks that make calls themselves, on the thread that runs them.
TEST(AllocationFailure, OfCallbacks) {
  for (const char* callback : {"update_self", "init_self", "set_other", "rearm"}) {
    SCOPED_TRACE(callback);
    for (int after = 0;; ++after) {
      ASSERT_LT(after, most_allocations);
      Machine m;
      ASSERT_TRUE(m.ready());
      ASSERT_EQ(
          m.run("hash_no_prealloc", "update 1; init 1; set 1 " + std::string(callback) + "; start 1; update 2; init 2"),
          "0 0 0 0 0 0");
      const std::uint64_t before = failures;
      {
        // A stepping Kernel runs callbacks on this thread.
        const FailingAllocations failing(after);
        EXPECT_TRUE(m.drain());
      }
      const bool any = failures != before;
      EXPECT_TRUE(m.drain());
      const WorkStatistics work = m.kernel().work();
      EXPECT_EQ(work.started, work.merged + work.ran + work.cancelled) << after;
      if (!any) break;
    }
  }
}

}  // namespace
}  // namespace skep::test
