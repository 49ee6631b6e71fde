#include <gtest/gtest.h>

#include "support/verify.hpp"

namespace skep::test {
namespace {

constexpr Row rows[] = {
    {"a lookup must be checked", R"(
       *(u64 *)(r10 -8) = 0
       r2 = r10
       r2 += -8
       r1 = map 3
       call 1
       r0 = *(u64 *)(r0 +0)
       exit)",
     "R0 invalid mem access 'map_value_or_null'"},
    {"a lookup that was checked", R"(
       *(u64 *)(r10 -8) = 0
       r2 = r10
       r2 += -8
       r1 = map 3
       call 1
       if r0 == 0 goto out
       r0 = *(u64 *)(r0 +0)
     out: r0 = 0; exit)"},
    {"a copy is checked with it", R"(
       *(u64 *)(r10 -8) = 0
       r2 = r10
       r2 += -8
       r1 = map 3
       call 1
       r7 = r0
       if r0 != 0 goto in
       r0 = 0; exit
     in: r0 = *(u64 *)(r7 +40)
       exit)"},
    {"arithmetic before the check", R"(
       *(u64 *)(r10 -8) = 0
       r2 = r10
       r2 += -8
       r1 = map 3
       call 1
       r0 += 8
       r0 = 0; exit)",
     "R0 pointer arithmetic on map_value_or_null prohibited, null-check it first"},
    {"a branch that is never taken", "r0 = 1; if r0 == 1 goto +1; r0 /= 0; r0 = 0; exit"},
    {"a branch always taken by ranges", "call 7; r0 &= 3; if r0 < 4 goto +1; r0 /= 0; r0 = 0; exit"},
    {"both ways of a 32-bit comparison", "call 7; if w0 s< -1 goto +1; r0 /= 0; r0 = 0; exit", "div by zero"},
    {"a number that is not 0, and itself",
     "call 7; if r0 s> 61 goto +2; r0 = 0; exit; if r0 & r0 goto +1; r0 /= 0; r0 = 0; exit"},
    {"its half may be 0", "call 7; if r0 s> 61 goto +2; r0 = 0; exit; if w0 & w0 goto +1; r0 /= 0; r0 = 0; exit",
     "div by zero"},
    {"a half that is not 0, and itself", "call 7; w0 &= 7; w0 += 1; if w0 & w0 goto +1; r0 /= 0; r0 = 0; exit"},
    {"jset", "call 7; r0 |= 2; if r0 & 2 goto +1; r0 /= 0; r0 = 0; exit"},
};

TEST(Branch, Verdicts) {
  for (const Row& row : rows) expect(row);
}

constexpr Row packet_rows[] = {
    {"a byte without a check", "r2 = *(u32 *)(r1 +76); r0 = *(u8 *)(r2 +0); exit",
     "R2 min value is outside of the allowed memory range", ProgType::sched_cls},
    {"eight bytes after a check for eight", R"(
       r2 = *(u32 *)(r1 +76)
       r3 = *(u32 *)(r1 +80)
       r0 = r2
       r0 += 8
       if r0 > r3 goto out
       r0 = *(u64 *)(r2 +0)
     out: r0 = 0; exit)",
     "", ProgType::sched_cls},
    {"nine bytes after a check for eight", R"(
       r2 = *(u32 *)(r1 +76)
       r3 = *(u32 *)(r1 +80)
       r0 = r2
       r0 += 8
       if r0 > r3 goto out
       r0 = *(u8 *)(r2 +8)
     out: r0 = 0; exit)",
     "R2 min value is outside of the allowed memory range", ProgType::sched_cls},
    {"the end on the left", R"(
       r2 = *(u32 *)(r1 +76)
       r3 = *(u32 *)(r1 +80)
       r0 = r2
       r0 += 8
       if r3 >= r0 goto in
       r0 = 0; exit
     in: r0 = *(u64 *)(r2 +0)
       r0 = 0; exit)",
     "", ProgType::sched_cls},
    {"beyond the end", R"(
       r2 = *(u32 *)(r1 +76)
       r3 = *(u32 *)(r1 +80)
       r2 += 8
       if r3 > r2 goto out
       r0 = *(u64 *)(r2 -8)
     out: r0 = 0; exit)",
     "R2 offset is outside of the packet", ProgType::sched_cls},
    {"arithmetic on the end", "r3 = *(u32 *)(r1 +80); r3 += 8; r0 = 0; exit",
     "R3 pointer arithmetic on pkt_end prohibited", ProgType::sched_cls},
    {"a socket filter cannot see it", "r2 = *(u32 *)(r1 +76); r0 = 0; exit",
     "invalid bpf_context access off=76 size=4"},
};

TEST(PacketRange, Verdicts) {
  for (const Row& row : packet_rows) expect(row);
}

}  // namespace
}  // namespace skep::test
