// The life of an item as transitions of one word; see item.hpp. Tested by tests/async/work_item_test.cpp and
// timer_test.cpp, and by stress_test.cpp and histories_test.cpp for what only happens between threads.
#include "async/item.hpp"

#include <cerrno>
#include <optional>

#include "async/executor.hpp"
#include "async/probes.hpp"
#include "rcu/brief.hpp"
#include "rcu/rcu.hpp"

namespace skep::async {
namespace {

constexpr std::uint64_t box_bytes = 256;  // with what the allocator and the grace period add

}  // namespace

Item::~Item() {
  std::default_delete<Box>()(box_.load(std::memory_order_relaxed));
}

// A run looks at its callback to its end. Who begins one says so first and looks then; so who sees none here has taken
// the old box out of the sight of all but brief sections.
void Item::replace_box(Box* box) {
  Box* const old = box_.exchange(box, std::memory_order_seq_cst);
  if ((state_.load(std::memory_order_seq_cst) & running) != 0)
    rcu::retire(old);
  else
    rcu::retire_brief(old);
}

void Item::retire_if_last(std::uint64_t now) {
  if ((now & cancelled) == 0 || (now & known_elsewhere) != 0) return;
  if (known_to_runs_.load(std::memory_order_seq_cst))
    rcu::retire(this);
  else
    rcu::retire_brief(this);
}

// The starts of the pending run that `state` tells of: merged but for one, which becomes a run or is cancelled.
void Item::count(std::uint64_t state, bool cancel) {
  const auto add = [](std::atomic<std::uint64_t>& figure, std::uint64_t more) {
    figure.store(figure.load(std::memory_order_relaxed) + more, std::memory_order_relaxed);
  };
  if (!cancel) add(runs_, 1);
  if (cancel) executor_.count_cancelled(*this);
  if (kind != Kind::work) return;
  add(starts_, 1 + state / one_more);
  if (state >= one_more) executor_.count_merged(state / one_more);
}

Item::Figures Item::figures() const {
  const std::uint64_t state = state_.load(std::memory_order_acquire);
  const bool due = (state & pending) != 0;
  const std::uint64_t waiting = kind == Kind::work && due ? 1 + state / one_more : 0;
  return {due, (state & running) != 0, (state & armed) != 0, runs_.load(std::memory_order_relaxed),
          starts_.load(std::memory_order_relaxed) + waiting};
}

bool Item::has_callback(const void* identity) const {
  const Box* now = box_.load(std::memory_order_acquire);
  return now != nullptr && identity != nullptr && now->callback->identity() == identity;
}

std::shared_ptr<const Callback> Item::shared_callback() const {
  const Box* now = box_.load(std::memory_order_acquire);
  return now != nullptr ? now->callback : nullptr;
}

int Item::set_callback(std::shared_ptr<Callback> callback) {
  const Box* now = box_.load(std::memory_order_acquire);
  if (now == nullptr || now->callback != callback) {
    auto box = std::make_unique<Box>();
    if (box == nullptr || !box->charge.take(executor_.account, box_bytes)) return -ENOMEM;
    box->callback = std::move(callback);
    replace_box(box.release());
  }
  // A cancel that saw no box yet has left this one to us.
  if ((state_.load(std::memory_order_seq_cst) & cancelled) == 0) return 0;
  replace_box(nullptr);
  return -EINVAL;
}

int Item::start(unsigned cpu) {
  if (!has_callback()) return -EINVAL;
  std::uint64_t state = state_.load(std::memory_order_relaxed);
  for (;;) {
    if ((state & cancelled) != 0) return -EINVAL;
    // Also a merged start writes the word: the run that is due must see what its caller did before.
    const std::uint64_t wanted = (state & pending) != 0 ? state + one_more : state | pending | queued;
    if (state_.compare_exchange_weak(state, wanted, std::memory_order_acq_rel)) break;
  }
  SKEP_PROBE(start, this, cpu);
  if ((state & (pending | queued)) != 0) return 0;
  // While it runs it is queued where it runs, so that the order of first starts on that CPU holds for it too.
  if ((state & running) != 0) cpu = running_cpu_.load(std::memory_order_relaxed);
  executor_.enqueue(cpu, *this);
  return 0;
}

void Item::cancel() {
  std::uint64_t state = state_.load(std::memory_order_relaxed);
  std::uint64_t wanted = 0;
  do {
    wanted = (state & known_elsewhere) | cancelled | ((state & kept) != 0 ? listed : 0);
  } while (!state_.compare_exchange_weak(state, wanted, std::memory_order_seq_cst));
  SKEP_PROBE(cancel, this, running_cpu_.load(std::memory_order_relaxed));
  if ((state & (pending | armed)) != 0) count(state, true);
  if ((state & running) == 0) replace_box(nullptr);
  if ((wanted & ~state & listed) != 0) look_in_heap();
  retire_if_last(wanted);
}

// Who runs it needs no brief section: until the word says otherwise it is known to be queued or running, and whoever
// has said so touches it afterwards only if it was the last step.
Runnable::Begin Item::begin(unsigned cpu) {
  std::uint64_t state = state_.load(std::memory_order_relaxed);
  for (;;) {
    if ((state & pending) == 0 || (state & (cancelled | running)) != 0) {
      const std::uint64_t wanted = state & ~queued;
      if (!state_.compare_exchange_weak(state, wanted, std::memory_order_acq_rel)) continue;
      if ((state & cancelled) == 0 && (state & pending) != 0) return Begin::merged;
      retire_if_last(wanted);
      return Begin::dropped;
    }
    // Set before the word says "running": starts that see that read it.
    running_cpu_.store(cpu, std::memory_order_relaxed);
    if (state_.compare_exchange_weak(state, lasting(state) | running, std::memory_order_seq_cst)) break;
  }
  count(state, false);
  SKEP_PROBE(run_begin, this, cpu);
  return Begin::run;
}

Callback* Item::callback() {
  const Box* box = box_.load(std::memory_order_seq_cst);
  return box != nullptr ? box->callback.get() : nullptr;
}

bool Item::finish(bool again) {
  std::optional<rcu::BriefSection> section;
  if (!again) section.emplace();  // what is counted below is counted when it does not run any more
  SKEP_PROBE(run_end, this, running_cpu_.load(std::memory_order_relaxed));
  std::uint64_t state = state_.load(std::memory_order_relaxed);
  for (;;) {
    const bool handed = (state & (pending | queued | cancelled)) == pending;
    const std::uint64_t wanted = handed ? lasting(state) | (again ? running : 0) : state & ~running;
    if (!state_.compare_exchange_weak(state, wanted, std::memory_order_acq_rel)) continue;
    if (handed) {
      count(state, !again);
      return again;
    }
    retire_if_last(wanted);
    return false;
  }
}

void Item::drop() {
  const rcu::BriefSection section;
  std::uint64_t state = state_.load(std::memory_order_relaxed);
  std::uint64_t wanted = 0;
  do {
    wanted = (state & (cancelled | running)) | lasting(state);
  } while (!state_.compare_exchange_weak(state, wanted, std::memory_order_acq_rel));
  if ((state & pending) != 0) count(state, true);
  retire_if_last(wanted);
}

}  // namespace skep::async
