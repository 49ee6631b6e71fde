// Arithmetic on pointers: which operations, on which kinds, and what is left of the offset.
#include "support/verify.hpp"

namespace skep::test {
namespace {

TEST(Arithmetic, OperationsOnPointers) {
  const Row rows[] = {
      {"the frame pointer is not written", "r10 += 1; r0 = 0; exit", "frame pointer is read only"},
      {"multiplied", "r1 = r10; r1 *= 2; r0 = 0; exit", "R1 pointer arithmetic with *= operator prohibited"},
      {"masked", "r1 = r10; r1 &= -8; r0 = 0; exit", "R1 bitwise operator &= on pointer prohibited"},
      {"in 32 bits", "r1 = r10; w1 += 1; r0 = 0; exit", "R1 32-bit pointer arithmetic prohibited"},
      {"two added", "r1 = r10; r1 += r10; r0 = 0; exit", "R1 pointer += pointer prohibited"},
      {"a pointer added to a number", "r1 = -8; r1 += r10; *(u64 *)(r1 +0) = 0; r0 = 0; exit"},
      {"a pointer taken from a number", "r1 = 8; r1 -= r10; r0 = 0; exit", "R1 tried to subtract pointer from scalar"},
      {"moves keep it", "r1 = r10; r2 = r1; *(u64 *)(r2 -8) = 0; r0 = 0; exit"},
  };
  for (const Row& row : rows) expect(row);
}

TEST(Arithmetic, OffsetsThatNoObjectHas) {
  const Row rows[] = {
      {"a constant beyond all bounds", "r1 = map_value 4; r2 = 0x40000000 ll; r1 += r2; r0 = 0; exit",
       "math between map_value pointer and 1073741824 is not allowed"},
      {"as large as it may be", "r1 = map_value 4; r1 += 0x1fffffff; r0 = 0; exit"},
  };
  for (const Row& row : rows) expect(row);
}

TEST(Arithmetic, KindsThatDoNotMove) {
  const Row rows[] = {
      {"a map", "r1 = map 3; r1 += 8; r0 = 0; exit", "R1 pointer arithmetic on map_ptr prohibited"},
      {"a packet's end", "r3 = *(u32 *)(r1 +80); r3 += 4; r0 = 0; exit", "R3 pointer arithmetic on pkt_end prohibited",
       ProgType::sched_cls},
  };
  for (const Row& row : rows) expect(row);
}

}  // namespace
}  // namespace skep::test
