// Whether what threads see of an item, all at once, is what one after another could have seen: linearizability.
//
// Threads make random calls on one slot and note when each began and ended, and what it returned. Some order of the
// calls, in which a call that ended before another began stands before it, must give these results in a small
// sequential model. Checked in rounds of a dozen calls, hundreds of rounds. SKEP_STRESS_SECONDS: for how long,
// instead.
#include <gtest/gtest.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <barrier>
#include <cerrno>
#include <chrono>
#include <cstdlib>
#include <random>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include "async/executor.hpp"
#include "async/fake_job.hpp"

namespace skep::async::test {
namespace {

// From `undone` on: parts of a call that others may see by themselves.
enum class Call : std::uint8_t {
  init,
  set,
  start,
  cancel,
  cancel_async,
  end,
  close,
  reopen,
  undone,
  swept,
  confirmed,
  dropping,
  found
};
constexpr const char* names[] = {"init",   "set",      "start",   "cancel",      "cancel_async", "end",    "close",
                                 "reopen", "(undone)", "(swept)", "(confirmed)", "(dropping)",   "(found)"};

struct Event {
  Call call;
  int result = 0;
  std::uint64_t began = 0, ended = 0;
  unsigned thread = 0;
};

// What the slot is, to who sees one call after another. A result that no order explains ends the search.
struct Model {
  bool open = true;   // the map has a user reference
  bool item = false;  // initialized, or (task work) made
  bool callback = false;
  bool due = false;      // armed, or (task work) scheduled
  bool undoing = false;  // an init that will give -EPERM has set the slot for the moment
  std::uint32_t bits() const { return open | item << 1 | callback << 2 | due << 3 | undoing << 4; }
};

enum class Kind : std::uint8_t { work, timer, task };

// The states that a call with that result may lead to.
std::vector<Model> after(Kind kind, Model now, const Event& event) {
  std::vector<Model> next;
  const auto give = [&](int result) {
    if (result == event.result) next.push_back(now);
  };
  switch (event.call) {
    case Call::init:
      if (event.result == -EPERM) {
        // It may have set the slot before the map lost its reference, and takes it back then.
        next.push_back(now);
        if (!now.item) {
          now.item = now.undoing = true;
          next.push_back(now);
        }
        return next;
      }
      if (now.item) return give(-EBUSY), next;
      now.item = true;
      give(0);
      return next;
    case Call::confirmed:
      if (now.open) next.push_back(now);
      return next;
    case Call::undone:
      if (now.open) return next;
      if (now.undoing) now = {false, false, false, false, false};
      next.push_back(now);
      return next;
    case Call::swept:
      // If it had seen the map open before, it cancels what it finds then, which the close may have missed.
      next.push_back(now);
      now.item = now.callback = now.due = now.undoing = false;
      next.push_back(now);
      return next;
    case Call::dropping:
      // Of an item that ends before the rest of the call, nobody sees it.
      if (event.result == -EINVAL) next.push_back(now);
      if (!now.item) return next;
      now.callback = false;
      next.push_back(now);
      return next;
    case Call::found:
      if (now.item && (now.open || event.result == -EPERM)) next.push_back(now);
      return next;
    case Call::set:
      // Of an item that it found before: the map may have closed since.
      if (event.result == -EPERM) {
        if (!now.open) next.push_back(now);
        return next;
      }
      if (!now.item) return give(-EINVAL), next;
      now.callback = true;
      give(0);
      return next;
    case Call::start:
      if (kind == Kind::task) {
        if (!now.open) {
          return give(-EPERM), next;
        }
        if (now.due) return give(-EBUSY), next;
        now.due = true;
        give(0);
        return next;
      }
      if (!now.item || !now.callback) return give(-EINVAL), next;
      now.due = true;
      give(0);
      return next;
    case Call::cancel:
    case Call::cancel_async:
      if (!now.item) return give(-EINVAL), next;
      {
        const int was_due = now.due ? 1 : 0;
        now.due = false;
        give(was_due);
      }
      return next;
    case Call::end:
      now.item = now.callback = now.due = now.undoing = false;
      give(0);
      return next;
    case Call::close:
      now.open = false;
      give(0);
      return next;
    case Call::reopen:
      now.open = true;
      give(0);
      return next;
  }
  return next;
}

class Search {
 public:
  Search(Kind kind, const std::vector<Event>& events) : kind_(kind), events_(events) {}
  // The models that the slot may be in afterwards; none: no order explains the results.
  std::vector<Model> from(const Model& start) {
    go(start, 0);
    return ends_;
  }

 private:
  void go(const Model& now, std::uint64_t done) {
    if (!seen_.insert({done, now.bits()}).second) return;
    if (done + 1 == std::uint64_t{1} << events_.size()) {
      ends_.push_back(now);
      return;
    }
    std::uint64_t first_end = ~std::uint64_t{0};
    for (std::size_t i = 0; i < events_.size(); ++i)
      if ((done >> i & 1) == 0) first_end = std::min(first_end, events_[i].ended);
    for (std::size_t i = 0; i < events_.size(); ++i) {
      if ((done >> i & 1) != 0 || events_[i].began > first_end) continue;
      // Parts of one call come in their order, which is that of the list.
      const bool second = events_[i].call == Call::undone || events_[i].call == Call::confirmed ||
                          events_[i].call == Call::swept || (i > 0 && events_[i - 1].call >= Call::dropping);
      if (second && (done >> (i - 1) & 1) == 0) continue;
      for (const Model& next : after(kind_, now, events_[i])) go(next, done | std::uint64_t{1} << i);
    }
  }

  Kind kind_;
  const std::vector<Event>& events_;
  std::set<std::pair<std::uint64_t, std::uint32_t>> seen_;
  std::vector<Model> ends_;
};

std::atomic<bool> map_open{true};
bool is_open(const void*) {
  return map_open.load(std::memory_order_seq_cst);
}

// One slot of a kind, on which nothing that is due runs while calls are made.
class Subject {
 public:
  Subject(Kind kind, Executor& executor) : kind_(kind), executor_(executor) {}
  ~Subject() {
    const rcu::ReadGuard section;
    end();
  }
  int make(Call call) {
    const rcu::ReadGuard section;
    const auto callback = [] { return calling([] {}); };
    switch (call) {
      case Call::init:
        return kind_ == Kind::work ? work().init(executor_, is_open, nullptr)
                                   : timer().init(executor_, 1, is_open, nullptr);
      case Call::set:
        return kind_ == Kind::work ? work().set_callback(callback(), is_open, nullptr)
                                   : timer().set_callback(callback(), is_open, nullptr);
      case Call::start:
        return kind_ == Kind::work    ? work().start(0)
               : kind_ == Kind::timer ? timer().start(0, 3'600'000'000'000, 0)
                                      : task().schedule(executor_, -1, callback(), is_open, nullptr);
      case Call::cancel:
        return timer().cancel();
      case Call::cancel_async:
        return timer().cancel_async();
      case Call::end:
        return end(), 0;
      case Call::close:
        return map_open.store(false, std::memory_order_seq_cst), 0;
      case Call::reopen:
        return map_open.store(true, std::memory_order_seq_cst), 0;
      case Call::undone:
      case Call::swept:
      case Call::confirmed:
      case Call::dropping:
      case Call::found:
        break;
    }
    return 0;
  }

 private:
  WorkSlot& work() { return WorkSlot::at(bytes_); }
  TimerSlot& timer() { return TimerSlot::at(bytes_); }
  TaskSlot& task() { return TaskSlot::at(bytes_); }
  void end() {
    if (kind_ == Kind::work) work().cancel();
    if (kind_ == Kind::timer) timer().release();
    if (kind_ == Kind::task) task().cancel();
  }

  Kind kind_;
  Executor& executor_;
  alignas(8) unsigned char bytes_[16] = {};
};

std::vector<Call> calls_of(Kind kind) {
  switch (kind) {
    case Kind::work:
      return {Call::init,  Call::init,  Call::set, Call::set,   Call::start,
              Call::start, Call::start, Call::end, Call::close, Call::reopen};
    case Kind::timer:
      return {Call::init, Call::init,   Call::set,          Call::set,   Call::start, Call::start,
              Call::end,  Call::cancel, Call::cancel_async, Call::close, Call::reopen};
    case Kind::task:
      return {Call::start, Call::start, Call::start, Call::end, Call::close, Call::reopen};
  }
  return {};
}

std::string told(const std::vector<Event>& events) {
  std::string text;
  for (const Event& event : events)
    text += "  thread " + std::to_string(event.thread) + ": " + names[static_cast<int>(event.call)] + " = " +
            std::to_string(event.result) + "  [" + std::to_string(event.began) + ", " + std::to_string(event.ended) +
            "]\n";
  return text;
}

void run_histories(Kind kind, unsigned threads) {
  const unsigned each = 12 / threads;
  const char* seconds = std::getenv("SKEP_STRESS_SECONDS");
  const auto until =
      std::chrono::steady_clock::now() + std::chrono::seconds(seconds != nullptr ? std::atoi(seconds) : 0);
  const unsigned rounds = seconds != nullptr ? ~0U : 150;
  map_open = true;
  // Pumped and never pumped: what is due stays so.
  const auto executor = make_pumped_executor(1);
  ASSERT_NE(executor, nullptr);
  Subject subject(kind, *executor);
  const std::vector<Call> calls = calls_of(kind);
  std::vector<std::vector<Event>> made(threads);
  std::atomic<std::uint64_t> clock{0};
  std::atomic<bool> over{false};
  std::atomic<std::uint64_t> arrived{0};
  std::vector<Model> models{Model{}};
  unsigned round = 0;
  std::uint64_t checked = 0;
  const auto judge = [&]() noexcept {
    std::vector<Event> events;
    for (auto& part : made) {
      for (const Event& event : part) {
        const auto add = [&](Call call) {
          Event one = event;
          one.call = call;
          events.push_back(one);
        };
        // A timer's cancel takes the callback away before it disarms, as the kernel's does.
        if (event.call == Call::cancel) add(Call::dropping);
        if (event.call == Call::set && event.result != -EINVAL) add(Call::found);
        add(event.call);
        // An init looks again whether the map is open after it has set the slot.
        if (event.call == Call::init && event.result == -EPERM) add(Call::undone);
        if (event.call == Call::init && event.result == 0) add(Call::confirmed);
        if (kind == Kind::task && event.call == Call::start && event.result == -EPERM) add(Call::swept);
      }
      part.clear();
    }
    checked += events.size();
    std::vector<Model> ends;
    std::set<std::uint32_t> known;
    for (const Model& model : models)
      for (const Model& end : Search(kind, events).from(model))
        if (known.insert(end.bits()).second) ends.push_back(end);
    if (ends.empty()) ADD_FAILURE() << "no order explains round " << round << ":\n" << told(events);
    models = ends;
    ++round;
    if (ends.empty() || round >= rounds || (seconds != nullptr && std::chrono::steady_clock::now() >= until))
      over = true;
  };
  std::barrier rendezvous(static_cast<std::ptrdiff_t>(threads), judge);
  std::vector<std::thread> all;
  for (unsigned thread = 0; thread < threads; ++thread) {
    all.emplace_back([&, thread] {
      std::mt19937_64 random(thread + 17);
      for (std::uint64_t meeting = threads; !over.load(); meeting += threads) {
        // All begin at once, as far as there are CPUs.
        arrived.fetch_add(1);
        for (int tries = 0; arrived.load() < meeting && tries < 1000; ++tries) {
        }
        for (unsigned i = 0; i < each; ++i) {
          Event event{calls[random() % calls.size()], 0, 0, 0, thread};
          event.began = clock.fetch_add(1);
          event.result = subject.make(event.call);
          event.ended = clock.fetch_add(1);
          made[thread].push_back(event);
        }
        rendezvous.arrive_and_wait();
      }
    });
  }
  for (auto& thread : all) thread.join();
  EXPECT_GT(checked, 0U);
  if (seconds != nullptr) testing::Test::RecordProperty("calls", std::to_string(checked));
}

class Histories : public testing::TestWithParam<unsigned> {};
TEST_P(Histories, OfWorkItemsAreLinearizable) {
  run_histories(Kind::work, GetParam());
}
TEST_P(Histories, OfTimersAreLinearizable) {
  run_histories(Kind::timer, GetParam());
}
TEST_P(Histories, OfTaskWorkAreLinearizable) {
  run_histories(Kind::task, GetParam());
}
INSTANTIATE_TEST_SUITE_P(Threads, Histories, testing::Values(2U, 3U, 4U, 6U, 8U));

// The check itself finds what cannot be: a second init that succeeds while the first one's item is there.
TEST(History, ThatCannotBeAreFound) {
  const std::vector<Event> impossible = {{Call::init, 0, 0, 1, 0}, {Call::init, 0, 2, 3, 1}};
  EXPECT_TRUE(Search(Kind::work, impossible).from(Model{}).empty());
  const std::vector<Event> possible = {{Call::init, 0, 0, 3, 0}, {Call::init, -EBUSY, 1, 2, 1}};
  EXPECT_FALSE(Search(Kind::work, possible).from(Model{}).empty());
  const std::vector<Event> late = {{Call::init, 0, 2, 3, 0}, {Call::init, -EBUSY, 0, 1, 1}};
  EXPECT_TRUE(Search(Kind::work, late).from(Model{}).empty());
}

// Every start is a run, merged or cancelled, whatever threads do to a few slots at once while they run on two CPUs.
TEST(History, AccountForEveryStart) {
  const auto executor = make_thread_executor(2);
  std::atomic<std::uint64_t> started{0};
  {
    std::array<Slot, 4> slots;
    std::vector<std::thread> all;
    for (unsigned thread = 0; thread < 4; ++thread) {
      all.emplace_back([&, thread] {
        std::mt19937_64 random(thread);
        for (int step = 0; step < 20000; ++step) {
          WorkSlot& work = slots[random() % slots.size()].work();
          const rcu::ReadGuard section;
          switch (random() % 8) {
            case 0:
              work.cancel();
              break;
            case 1:
              work.init(*executor, alive, nullptr);
              break;
            case 2:
              work.set_callback(calling([] {}), alive, nullptr);
              break;
            default:
              if (work.start(static_cast<unsigned>(random() % 2)) == 0) started.fetch_add(1);
          }
        }
      });
    }
    for (auto& thread : all) thread.join();
  }
  EXPECT_TRUE(executor->drain(a_minute));
  const WorkCounts counts = executor->counts();
  EXPECT_EQ(counts.started, started.load());
  EXPECT_EQ(counts.started, counts.ran + counts.merged + counts.cancelled);
}

}  // namespace
}  // namespace skep::async::test
