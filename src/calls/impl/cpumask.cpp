// Sets of CPUs: of the virtual ones, and as large as the kernel's struct, so that programs may read them by its layout.
//
// They are objects like those of bpf_obj_new: counted, and freed a grace period after the last reference. A null set,
// which a field of a kernel object may be here, is empty. Tested by tests/calls/runtime_test.cpp.
#include <algorithm>
#include <bit>
#include <span>

#include "calls/impl/objects.hpp"
#include "calls/impl/support.hpp"

namespace skep::calls::impl {
namespace {

constexpr std::uint32_t most_cpus = 8192;
constexpr std::uint32_t words = most_cpus / 64;
constexpr std::uint32_t object_size = most_cpus / 8 + 16;  // struct bpf_cpumask: the set, and a count

std::uint32_t cpus(CallEnv& env) {
  return std::min(env.services().cpu_count(), most_cpus);
}

// The CPUs of one word that there are.
std::uint64_t there(std::uint32_t count, std::uint32_t word) {
  if (count >= (word + 1) * 64) return ~std::uint64_t{0};
  return count <= word * 64 ? 0 : (std::uint64_t{1} << (count - word * 64)) - 1;
}
std::uint64_t word_of(std::uint64_t set, std::uint32_t word) {
  return set == 0 ? 0 : __atomic_load_n(pointer<std::uint64_t>(set) + word, __ATOMIC_RELAXED);
}

// The first CPU for which `bits(word)` has one; the number of CPUs: none.
template <typename Bits>
CallResult first_of(CallEnv& env, Bits&& bits) {
  const std::uint32_t count = cpus(env);
  for (std::uint32_t word = 0; word * 64 < count; ++word)
    if (const std::uint64_t found = bits(word) & there(count, word); found != 0)
      return CallResult::of(word * 64 + static_cast<std::uint32_t>(std::countr_zero(found)));
  return CallResult::of(count);
}
template <typename Bits>
CallResult none_of(CallEnv& env, Bits&& bits) {
  return CallResult::of(first_of(env, bits).value == cpus(env));
}
// Any of them: the next from a random one on.
template <typename Bits>
CallResult any_of(CallEnv& env, Bits&& bits) {
  const std::uint32_t count = cpus(env);
  const std::uint32_t start = env.services().random_u32() % std::max(count, 1U);
  const CallResult next = first_of(env, [&](std::uint32_t word) { return bits(word) & ~there(start, word); });
  return next.value < count ? next : first_of(env, bits);
}
// Every word of `set` anew.
template <typename Bits>
void assign(CallEnv& env, std::uint64_t set, Bits&& bits) {
  const std::uint32_t count = cpus(env);
  for (std::uint32_t word = 0; word * 64 < count; ++word)
    __atomic_store_n(pointer<std::uint64_t>(set) + word, bits(word) & there(count, word), __ATOMIC_RELAXED);
}
// Sets or clears one CPU; what it was.
bool change(CallEnv& env, std::uint32_t cpu, std::uint64_t set, bool value) {
  if (cpu >= cpus(env)) return false;
  std::uint64_t* const word = pointer<std::uint64_t>(set) + cpu / 64;
  const std::uint64_t bit = std::uint64_t{1} << (cpu % 64);
  const std::uint64_t before =
      value ? __atomic_fetch_or(word, bit, __ATOMIC_SEQ_CST) : __atomic_fetch_and(word, ~bit, __ATOMIC_SEQ_CST);
  return (before & bit) != 0;
}

}  // namespace

SKEP_CALL(bpf_cpumask_create) {
  return CallResult::of(held_object(env, address(new_object(env.services().account, object_size, 1))));
}
SKEP_CALL(bpf_cpumask_acquire) {
  header_of_object(pointer<void>(r1)).references.fetch_add(1, std::memory_order_relaxed);
  return CallResult::of(held_object(env, r1));
}
SKEP_CALL(bpf_cpumask_release) {
  object_given_up(env, r1);
  drop_object(pointer<void>(r1));
  return CallResult::of(0);
}
SKEP_CALL(bpf_cpumask_first) {
  return first_of(env, [&](std::uint32_t word) { return word_of(r1, word); });
}
SKEP_CALL(bpf_cpumask_first_zero) {
  return first_of(env, [&](std::uint32_t word) { return ~word_of(r1, word); });
}
SKEP_CALL(bpf_cpumask_first_and) {
  return first_of(env, [&](std::uint32_t word) { return word_of(r1, word) & word_of(r2, word); });
}
SKEP_CALL(bpf_cpumask_set_cpu) {
  change(env, u32(r1), r2, true);
  return CallResult::of(0);
}
SKEP_CALL(bpf_cpumask_clear_cpu) {
  change(env, u32(r1), r2, false);
  return CallResult::of(0);
}
SKEP_CALL(bpf_cpumask_test_cpu) {
  const std::uint32_t cpu = u32(r1);
  return CallResult::of(cpu < cpus(env) && (word_of(r2, cpu / 64) >> (cpu % 64) & 1) != 0);
}
SKEP_CALL(bpf_cpumask_test_and_set_cpu) {
  return CallResult::of(change(env, u32(r1), r2, true));
}
SKEP_CALL(bpf_cpumask_test_and_clear_cpu) {
  return CallResult::of(change(env, u32(r1), r2, false));
}
SKEP_CALL(bpf_cpumask_setall) {
  assign(env, r1, [](std::uint32_t) { return ~std::uint64_t{0}; });
  return CallResult::of(0);
}
SKEP_CALL(bpf_cpumask_clear) {
  assign(env, r1, [](std::uint32_t) { return std::uint64_t{0}; });
  return CallResult::of(0);
}
SKEP_CALL(bpf_cpumask_copy) {
  assign(env, r1, [&](std::uint32_t word) { return word_of(r2, word); });
  return CallResult::of(0);
}
SKEP_CALL(bpf_cpumask_and) {
  assign(env, r1, [&](std::uint32_t word) { return word_of(r2, word) & word_of(r3, word); });
  return CallResult::of(none_of(env, [&](std::uint32_t word) { return word_of(r1, word); }).value == 0);
}
SKEP_CALL(bpf_cpumask_or) {
  assign(env, r1, [&](std::uint32_t word) { return word_of(r2, word) | word_of(r3, word); });
  return CallResult::of(0);
}
SKEP_CALL(bpf_cpumask_xor) {
  assign(env, r1, [&](std::uint32_t word) { return word_of(r2, word) ^ word_of(r3, word); });
  return CallResult::of(0);
}
SKEP_CALL(bpf_cpumask_equal) {
  return none_of(env, [&](std::uint32_t word) { return word_of(r1, word) ^ word_of(r2, word); });
}
SKEP_CALL(bpf_cpumask_intersects) {
  return CallResult::of(bpf_cpumask_first_and(env, r1, r2, 0, 0, 0).value < cpus(env));
}
SKEP_CALL(bpf_cpumask_subset) {
  return none_of(env, [&](std::uint32_t word) { return word_of(r1, word) & ~word_of(r2, word); });
}
SKEP_CALL(bpf_cpumask_empty) {
  return none_of(env, [&](std::uint32_t word) { return word_of(r1, word); });
}
SKEP_CALL(bpf_cpumask_full) {
  return none_of(env, [&](std::uint32_t word) { return ~word_of(r1, word); });
}
SKEP_CALL(bpf_cpumask_weight) {
  int weight = 0;
  const std::uint32_t count = cpus(env);
  for (std::uint32_t word = 0; word * 64 < count; ++word)
    weight += std::popcount(word_of(r1, word) & there(count, word));
  return CallResult::of(static_cast<std::uint64_t>(weight));
}
SKEP_CALL(bpf_cpumask_any_distribute) {
  return any_of(env, [&](std::uint32_t word) { return word_of(r1, word); });
}
SKEP_CALL(bpf_cpumask_any_and_distribute) {
  return any_of(env, [&](std::uint32_t word) { return word_of(r1, word) & word_of(r2, word); });
}
// r2: memory of r3 bytes, which must hold a bit for each CPU there is.
SKEP_CALL(bpf_cpumask_populate) {
  const std::uint32_t count = cpus(env);
  const std::uint64_t needed = (std::uint64_t{count} + 63) / 64 * 8;
  if (r3 < needed) return CallResult::error(-EACCES);
  std::uint64_t given[words] = {};
  std::memcpy(given, pointer<const void>(r2), needed);
  assign(env, r1, [&](std::uint32_t word) { return given[word]; });
  return CallResult::of(0);
}

}  // namespace skep::calls::impl
