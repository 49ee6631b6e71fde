// Packet pointers: what a comparison with the packet's end proves, and for which of them.
#include "support/verify.hpp"

namespace skep::test {
namespace {

constexpr ProgType tc = ProgType::sched_cls;

// r2 = the packet, r3 = its end.
#define PACKET "r6 = r1; r2 = *(u32 *)(r1 +76); r3 = *(u32 *)(r1 +80);"

TEST(Packet, ComparisonsProveLengths) {
  const Row rows[] = {
      {"no comparison", PACKET "r0 = *(u8 *)(r2 +0); exit", "R2 min value is outside of the allowed memory range", tc},
      {"if data + 8 > end goto out",
       PACKET "r4 = r2; r4 += 8; if r4 > r3 goto out; r0 = *(u64 *)(r2 +0); out: r0 = 0; exit", "", tc},
      {"one byte further", PACKET "r4 = r2; r4 += 8; if r4 > r3 goto out; r0 = *(u64 *)(r2 +1); out: r0 = 0; exit",
       "R2 min value is outside of the allowed memory range", tc},
      {"if data + 8 >= end goto out: one byte more is there",
       PACKET "r4 = r2; r4 += 8; if r4 >= r3 goto out; r0 = *(u8 *)(r2 +8); out: r0 = 0; exit", "", tc},
      {"on the wrong side", PACKET "r4 = r2; r4 += 8; if r4 > r3 goto in; r0 = 0; exit; in: r0 = *(u8 *)(r2 +0); exit",
       "R2 min value is outside of the allowed memory range", tc},
      {"the other way round", PACKET "r4 = r2; r4 += 8; if r3 < r4 goto out; r0 = *(u64 *)(r2 +0); out: r0 = 0; exit",
       "", tc},
      {"through the advanced pointer",
       PACKET "r4 = r2; r4 += 8; if r4 > r3 goto out; r0 = *(u64 *)(r4 -8); out: r0 = 0; exit", "", tc},
      {"before the packet", PACKET "r4 = r2; r4 += 8; if r4 > r3 goto out; r0 = *(u8 *)(r2 -1); out: r0 = 0; exit",
       "R2 min value is outside of the allowed memory range", tc},
      {"behind its end", PACKET "r0 = *(u8 *)(r3 +0); exit", "R3 invalid mem access 'pkt_end'", tc},
  };
  for (const Row& row : rows) expect(row);
}

TEST(Packet, VariableOffsets) {
  const Row rows[] = {
      {"compared after it was added",
       PACKET "r4 = *(u32 *)(r6 +8); r4 &= 255; r2 += r4; r5 = r2; r5 += 4; if r5 > r3 goto out; r0 = *(u32 *)(r2 +0);"
              "out: r0 = 0; exit",
       "", tc},
      {"compared before",
       PACKET "r5 = r2; r5 += 4; if r5 > r3 goto out; r4 = *(u32 *)(r6 +8); r4 &= 255; r2 += r4; r0 = *(u32 *)(r2 +0);"
              "out: r0 = 0; exit",
       "R2 min value is outside of the allowed memory range", tc},
      {"the end does not move", PACKET "r3 += 4; r0 = 0; exit", "R3 pointer arithmetic on pkt_end prohibited", tc},
  };
  for (const Row& row : rows) expect(row);
}

TEST(Packet, CallsThatMoveThePacketForgetIt) {
  const Row rows[] = {
      {"bpf_skb_pull_data",
       PACKET "r7 = r2; r4 = r2; r4 += 8; if r4 > r3 goto out; r1 = r6; r2 = 8; call 39; r0 = *(u8 *)(r7 +0);"
              "out: r0 = 0; exit",
       "R7 invalid mem access 'scalar'", tc},
      {"a call that does not",
       PACKET "r7 = r2; r4 = r2; r4 += 8; if r4 > r3 goto out; call 5; r0 = *(u8 *)(r7 +0); out: r0 = 0; exit", "", tc},
  };
  for (const Row& row : rows) expect(row);
}

TEST(Packet, WhoMayTouchIt) {
  const Row rows[] = {
      {"socket filters have none", "r2 = *(u32 *)(r1 +76); r0 = 0; exit", "invalid bpf_context access off=76 size=4"},
      {"classifiers write", PACKET "r4 = r2; r4 += 8; if r4 > r3 goto out; *(u8 *)(r2 +0) = 1; out: r0 = 0; exit", "",
       tc},
      {"cgroup programs do not", PACKET "r4 = r2; r4 += 8; if r4 > r3 goto out; *(u8 *)(r2 +0) = 1; out: r0 = 0; exit",
       "cannot write into packet", ProgType::cgroup_skb},
  };
  for (const Row& row : rows) expect(row);
}

}  // namespace
}  // namespace skep::test
