#include <gtest/gtest.h>

#include "support/verify.hpp"

namespace skep::test {
namespace {

constexpr Row rows[] = {
    {"a store to the context is refused where it is", "*(u64 *)(r1 +0) = 0; r0 = 0; exit",
     "invalid bpf_context access off=0 size=8"},
    {"an atomic on the context", "r0 = 0; lock *(u32 *)(r1 +8) += r0; exit",
     "BPF_ATOMIC stores into R1 ctx is not allowed"},
    {"an atomic on the stack", "r0 = 0; *(u64 *)(r10 -8) = r0; lock *(u64 *)(r10 -8) += r0; exit"},
    {"what an atomic fetches is a number", R"(
       *(u64 *)(r10 -8) = 1
       r0 = 2
       r0 = atomic64_fetch_add((u64 *)(r10 -8), r0)
       r0 = *(u8 *)(r0 +0)
       exit)",
     "R0 invalid mem access 'scalar'"},
    {"an instruction for two kinds of pointers", R"(
       r6 = r1
       call 7
       r2 = r6
       if r0 == 0 goto use
       r2 = r10
       *(u64 *)(r10 -8) = 0
       r2 += -8
     use: r0 = *(u32 *)(r2 +0)
       exit)",
     "same insn cannot be used with different pointers"},
    {"a load-acquire of the stack", "*(u64 *)(r10 -8) = 1; r0 = load_acquire((u64 *)(r10 -8)); exit"},
    {"a register that there is not", "r0 = *(u64 *)(r15 +0); exit", "R15 is invalid"},
    {"and one that is written", "*(u64 *)(r14 -8) = r15; r0 = 0; exit", "R14 is invalid"},
    {"a store-release to the context", "r0 = 0; store_release((u64 *)(r1 +0), r0); exit",
     "BPF_ATOMIC stores into R1 ctx is not allowed"},
    {"classic packet loads need the context in r6", "r6 = 0; r0 = *(u32 *)skb[0]; exit",
     "at the time of BPF_LD_ABS|IND R6 != pointer to skb"},
    {"a classic packet load", "r6 = r1; r0 = *(u32 *)skb[0]; exit"},
    {"it forgets the argument registers", "r6 = r1; r0 = *(u32 *)skb[0]; r0 = r1; exit", "R1 !read_ok"},
};

TEST(Memory, Verdicts) {
  for (const Row& row : rows) expect(row);
}

constexpr Row exit_rows[] = {
    {"a value out of range", "r0 = 2; exit",
     "At program exit the register R0 has smin=2 smax=2 should have been in [0, 1]", ProgType::cgroup_sock},
    {"a value in range", "r0 = 1; exit", "", ProgType::cgroup_sock},
    {"an unknown value", "call 7; exit",
     "At program exit the register R0 has unknown scalar value should have been in [0, 1]", ProgType::cgroup_sock},
    {"a pointer", "r0 = r1; exit", "At program exit the register R0 is not a known value (ctx)", ProgType::cgroup_sock},
};

TEST(Exit, Verdicts) {
  for (const Row& row : exit_rows) expect(row);
}

}  // namespace
}  // namespace skep::test
