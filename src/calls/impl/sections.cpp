// Locks and the sections in which a program may not be interrupted.
//
// A run holds its virtual CPU alone until it ends or sleeps, so that disabling preemption or interrupts has nothing to
// do. A lock is a word of the element: 0 when free, else the CPU that holds it plus one. A contended one is asked for
// again; what waits for a resilient one is told when that cannot end (runtime/lock_waits.hpp). Tested by
// tests/calls/runtime_test.cpp.
#include "calls/impl/support.hpp"

namespace skep::calls::impl {
namespace {

enum class Taken { yes, contended, mine };

void unlock(std::uint64_t lock, void*) {
  __atomic_store_n(pointer<std::uint32_t>(lock), 0, __ATOMIC_RELEASE);
}

Taken take(CallEnv& env, std::uint64_t lock, std::uint32_t& holder) {
  const unsigned cpu = env.cpu();
  holder = 0;
  if (__atomic_compare_exchange_n(pointer<std::uint32_t>(lock), &holder, cpu + 1, false, __ATOMIC_ACQUIRE,
                                  __ATOMIC_RELAXED)) {
    env.holdings.add(Held::lock, lock, unlock);
    return Taken::yes;
  }
  return holder == cpu + 1 ? Taken::mine : Taken::contended;
}
void give(CallEnv& env, std::uint64_t lock) {
  env.holdings.remove(Held::lock, lock);
  unlock(lock, nullptr);
}

CallResult take_resilient(CallEnv& env, std::uint64_t lock) {
  std::uint32_t holder = 0;
  runtime::LockWaits* const waits = env.services().lock_waits.get();
  switch (take(env, lock, holder)) {
    case Taken::yes:
      if (waits != nullptr) waits->taken(env.cpu());
      return CallResult::of(0);
    case Taken::mine:
      return CallResult::error(-EDEADLK);
    default:
      if (waits != nullptr) {
        const auto held = [&env](std::uint64_t address) { return env.holdings.holds(Held::lock, address); };
        if (const int error = waits->wait(env.cpu(), lock, holder - 1, env.services().monotonic_ns(), held); error != 0)
          return CallResult::error(error);
      }
      return {CallResult::Kind::retry, 0};
  }
}

}  // namespace

SKEP_CALL(bpf_spin_lock) {
  std::uint32_t holder = 0;
  if (take(env, r1, holder) != Taken::yes) return {CallResult::Kind::retry, 0};
  return CallResult::of(0);
}
SKEP_CALL(bpf_spin_unlock) {
  give(env, r1);
  return CallResult::of(0);
}
SKEP_CALL(bpf_res_spin_lock) {
  return take_resilient(env, r1);
}
SKEP_CALL(bpf_res_spin_unlock) {
  give(env, r1);
  return CallResult::of(0);
}
SKEP_CALL(bpf_res_spin_lock_irqsave) {
  const CallResult result = take_resilient(env, r1);
  if (result.kind == CallResult::Kind::value && result.value == 0) *pointer<std::uint64_t>(r2) = 0;
  return result;
}
SKEP_CALL(bpf_res_spin_unlock_irqrestore) {
  give(env, r1);
  return CallResult::of(0);
}

SKEP_CALL(bpf_rcu_read_lock) {
  return CallResult::of(0);  // whoever runs the program is in a section already
}
SKEP_CALL(bpf_rcu_read_unlock) {
  return CallResult::of(0);
}
SKEP_CALL(bpf_preempt_disable) {
  return CallResult::of(0);
}
SKEP_CALL(bpf_preempt_enable) {
  return CallResult::of(0);
}
SKEP_CALL(bpf_local_irq_save) {
  *pointer<std::uint64_t>(r1) = 0;
  return CallResult::of(0);
}
SKEP_CALL(bpf_local_irq_restore) {
  return CallResult::of(0);
}

SKEP_CALL(bpf_throw) {
  return {CallResult::Kind::exception, r1};
}

}  // namespace skep::calls::impl
