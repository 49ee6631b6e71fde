// What a `struct bpf_wq`, a `struct bpf_timer` or a `struct bpf_task_work` in a map's value refers to, and its life.
//
// The field in the value holds a pointer to an Item (null: not initialized), set by compare-and-swap. An item becomes
// due any number of times; while it is due that is one run, while it runs exactly one more; two runs of one item never
// overlap; cancelling never waits in a program's context and what is due then does not run. The item's whole state is
// one word, so every step of its life is one atomic operation, and whoever takes the last step has it reclaimed: a
// callback that outlives its element still touches valid memory. Programs never know an item, only calls do, in brief
// sections (rcu/brief.hpp), and who runs it, which the word tells; so a run that makes and deletes items without end
// does not keep them. Everything here is lock-free. The
// kinds differ in how they become due: work at once (work_item.hpp), timers at a time (timer.hpp), task work when its
// thread comes by (task_work.hpp). docs/work-queues.md, docs/timers.md and docs/task-work.md tell the lives as users
// see them; tested by tests/async/.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <utility>

#include "async/job.hpp"
#include "memory/account.hpp"
#include "memory/in_signal.hpp"
#include "rcu/rcu.hpp"

namespace skep::async {

// Makes the job of one run of an item: a callback of a program with its arguments. Kept by the item until another
// callback is set or the item is cancelled; keeps the program alive. Released on a thread of RCU's, after a grace
// period if a run may know it.
class Callback {
 public:
  virtual ~Callback() = default;
  // The job of one run on `cpu`. Null: there is nothing to run after all.
  virtual JobPtr make_job(unsigned cpu) = 0;
  // The same of a job that has finished, of this callback or of any other: a run after the other on one thread then
  // need not give back what it has and take it again.
  virtual JobPtr make_job(unsigned cpu, JobPtr finished) {
    finished.reset();
    return make_job(cpu);
  }
  // Two callbacks of one item that have the same one do the same; null: it is like no other.
  virtual const void* identity() const { return nullptr; }
};

class Executor;

// What stands in an executor's queue. In at most one queue at a time.
class Runnable {
 public:
  enum class Begin : std::uint8_t {
    run,      // call callback()->make_job(cpu), run it, call finish()
    dropped,  // it is not due any more; the object may be gone
    merged,   // somebody else has it at this moment and will see to it: nothing to do
  };
  // All are called by executors inside a read section. begin: it was taken from the queue of `cpu`.
  virtual Begin begin(unsigned cpu) = 0;
  virtual Callback* callback() = 0;
  // The run is over. True: run it again at once. `again` false: it may not (the executor is being destroyed).
  virtual bool finish(bool again) = 0;
  // It stands in the queue and will not run any more: begin() will say `dropped`.
  virtual bool withdrawn() const = 0;
  // It was taken from the queue and will not run: the executor is being destroyed.
  virtual void drop() = 0;

  enum class Kind : std::uint8_t { work, timer, task };

  Runnable* next_in_queue = nullptr;  // the executor's
  std::uint64_t queued_ns = 0;        // the executor's; only when somebody listens
  const Kind kind;
  const bool is_timer = kind == Kind::timer;  // runs before what is queued, and is counted apart

 protected:
  explicit Runnable(Kind what = Kind::work) : kind(what) {}
  ~Runnable() = default;
};

class Item : public Runnable, public memory::Small {
 public:
  // What its maker charges for an item of this size, with what the allocator and the grace period add.
  static constexpr std::uint64_t bytes(std::size_t size) { return size + 64; }

  virtual ~Item();
  Item(const Item&) = delete;
  Item& operator=(const Item&) = delete;

  int set_callback(std::shared_ptr<Callback> callback);  // 0; -EINVAL when cancelled; -ENOMEM
  // Whether that is what set_callback() was called with last.
  bool has_callback(const void* identity) const;
  bool has_callback() const { return box_.load(std::memory_order_acquire) != nullptr; }
  // What is set, kept alive; null: nothing. Inside a brief section, as all that follows to cancel().
  std::shared_ptr<const Callback> shared_callback() const;
  struct Figures {
    bool due, running, armed;
    std::uint64_t runs, starts;  // since it was made: runs that began; starts of work
  };
  Figures figures() const;
  bool is_due() const { return (state_.load(std::memory_order_acquire) & (pending | queued | running)) != 0; }
  // Due at once, on `cpu`: 0; -EINVAL when cancelled or without a callback.
  int start(unsigned cpu);
  // By the owner, once; the item may be gone afterwards, when the caller leaves its brief section.
  void cancel();

  Begin begin(unsigned cpu) override;
  Callback* callback() override;
  bool finish(bool again) override;
  bool withdrawn() const override { return (state_.load(std::memory_order_acquire) & cancelled) != 0; }
  void drop() override;

  rcu::Deferred while_it_waits;  // for its end

 protected:
  Item(Executor& executor, memory::Charge charge, Kind what)
      : Runnable(what), executor_(executor), charge_(std::move(charge)) {}

  // The word. pending: a run is due. queued: stands in a queue. running. cancelled: for good. armed: due at a time;
  // kept: a heap of timers has it; listed: that heap will look at it (timer_heap.hpp). Above them: how many starts were
  // merged into the pending run, or, of a timer, how often it changed.
  static constexpr std::uint64_t pending = 1, queued = 2, running = 4, cancelled = 8;
  static constexpr std::uint64_t armed = 16, kept = 32, listed = 64;
  static constexpr std::uint64_t one_more = 128;
  static constexpr std::uint64_t flags = one_more - 1;
  // Somebody will come by and take the last step.
  static constexpr std::uint64_t known_elsewhere = queued | running | kept | listed;

  void retire_if_last(std::uint64_t now);
  virtual void look_in_heap() {}  // `listed` was set just now
  void replace_callback(std::nullptr_t) { replace_box(nullptr); }
  // What of the word outlives a run.
  std::uint64_t lasting(std::uint64_t state) const {
    return state & (is_timer ? armed | kept | listed | ~flags : std::uint64_t{0});
  }

  // From now on a run may know it longer than a brief section: it waits for grace periods instead.
  void make_known_to_runs() { known_to_runs_.store(true, std::memory_order_seq_cst); }

  std::atomic<std::uint64_t> state_{0};
  std::atomic<unsigned> running_cpu_{0};
  Executor& executor_;

 private:
  struct Box : memory::Small {
    std::shared_ptr<Callback> callback;
    memory::Charge charge;
    rcu::Deferred while_it_waits;
  };
  void replace_box(Box* box);
  void count(std::uint64_t state, bool cancel);

  std::atomic<Box*> box_{nullptr};
  std::atomic<bool> known_to_runs_{false};
  // Written by whoever takes the pending run, one at a time.
  std::atomic<std::uint64_t> runs_{0}, starts_{0};
  const memory::Charge charge_;
};

}  // namespace skep::async
