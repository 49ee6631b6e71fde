// Pointers into map values: which offsets are in bounds, and what is said of those that are not.
#include "support/verify.hpp"

namespace skep::test {
namespace {

// r0 = the 48 bytes of array map 4's element; r1 = some number.
#define VALUE_AND_NUMBER                                           \
  "r6 = r1; *(u32 *)(r10 -4) = 0; r2 = r10; r2 += -4; r1 = map 4;" \
  "call 1; if r0 != 0 goto +2; r0 = 0; exit;"                      \
  "r1 = *(u32 *)(r6 +8);"

TEST(MapValue, ConstantOffsets) {
  const Row rows[] = {
      {"the first bytes", VALUE_AND_NUMBER "r2 = *(u64 *)(r0 +0); r0 = 0; exit"},
      {"the last", VALUE_AND_NUMBER "r2 = *(u64 *)(r0 +40); r0 = 0; exit"},
      {"over the end", VALUE_AND_NUMBER "r2 = *(u64 *)(r0 +41); r0 = 0; exit",
       "R0 min value is outside of the allowed memory range"},
      {"before the beginning", VALUE_AND_NUMBER "r2 = *(u8 *)(r0 -1); r0 = 0; exit",
       "R0 min value is outside of the allowed memory range"},
      {"out and back in", VALUE_AND_NUMBER "r0 += 100; r0 += -60; r2 = *(u64 *)(r0 +0); r0 = 0; exit"},
      {"a store", VALUE_AND_NUMBER "*(u64 *)(r0 +40) = r1; r0 = 0; exit"},
  };
  for (const Row& row : rows) expect(row);
}

TEST(MapValue, VariableOffsets) {
  const Row rows[] = {
      {"an index that was masked", VALUE_AND_NUMBER "r1 &= 31; r0 += r1; r2 = *(u64 *)(r0 +0); r0 = 0; exit"},
      {"masked, and one byte too far", VALUE_AND_NUMBER "r1 &= 31; r0 += r1; r2 = *(u64 *)(r0 +10); r0 = 0; exit",
       "R0 max value is outside of the allowed memory range"},
      {"as far as it goes", VALUE_AND_NUMBER "r1 &= 31; r0 += r1; r2 = *(u64 *)(r0 +9); r0 = 0; exit"},
      {"a number that may be anything", VALUE_AND_NUMBER "r0 += r1; r2 = *(u8 *)(r0 +0); r0 = 0; exit",
       "R0 unbounded memory access, make sure to bounds check any such access"},
      {"compared, unsigned", VALUE_AND_NUMBER "if r1 > 40 goto out; r0 += r1; r2 = *(u64 *)(r0 +0); out: r0 = 0; exit"},
      {"compared with one too many",
       VALUE_AND_NUMBER "if r1 > 41 goto out; r0 += r1; r2 = *(u64 *)(r0 +0); out: r0 = 0; exit",
       "R0 max value is outside of the allowed memory range"},
      {"compared, signed, from above only",
       VALUE_AND_NUMBER "r1 = (s32)r1; if r1 s> 40 goto out; r0 += r1; r2 = *(u8 *)(r0 +0); out: r0 = 0; exit",
       "value -2147483648 makes map_value pointer be out of bounds"},
      {"compared, signed, from both sides",
       VALUE_AND_NUMBER "r1 = (s32)r1; if r1 s> 40 goto out; if r1 s< 0 goto out; r0 += r1; r2 = *(u64 *)(r0 +0);"
                        "out: r0 = 0; exit"},
      {"subtracted", VALUE_AND_NUMBER "r1 &= 7; r0 += 8; r0 -= r1; r2 = *(u64 *)(r0 +0); r0 = 0; exit"},
      {"subtracted too much", VALUE_AND_NUMBER "r1 &= 15; r0 += 8; r0 -= r1; r2 = *(u8 *)(r0 +0); r0 = 0; exit",
       "R0 min value is negative, either use unsigned index or do a if (index >=0) check."},
  };
  for (const Row& row : rows) expect(row);
}

TEST(MapValue, ReadOnlyAndWriteOnlyMaps) {
  const Row rows[] = {
      {"constants are known", "r1 = map_value 5; r0 = *(u8 *)(r1 +1); if r0 == 2 goto +1; r0 = r9; exit"},
      {"and cannot be written", "r1 = map_value 5; *(u8 *)(r1 +0) = 1; r0 = 0; exit",
       "write into map forbidden, value_size=8 off=0 size=1"},
      {"what cannot be read", "r1 = map_value 6; r0 = *(u8 *)(r1 +0); exit",
       "read from map forbidden, value_size=8 off=0 size=1"},
      {"but written", "r1 = map_value 6; *(u8 *)(r1 +7) = 1; r0 = 0; exit"},
  };
  for (const Row& row : rows) expect(row);
}

TEST(MapValue, NullMustBeRuledOut) {
  const Row rows[] = {
      {"not at all", "*(u64 *)(r10 -8) = 0; r2 = r10; r2 += -8; r1 = map 3; call 1; r1 = *(u8 *)(r0 +0); r0 = 0; exit",
       "R0 invalid mem access 'map_value_or_null'"},
      {"arithmetic before", "*(u64 *)(r10 -8) = 0; r2 = r10; r2 += -8; r1 = map 3; call 1; r0 += 8; r0 = 0; exit",
       "R0 pointer arithmetic on map_value_or_null prohibited, null-check it first"},
      {"of a copy",
       "*(u64 *)(r10 -8) = 0; r2 = r10; r2 += -8; r1 = map 3; call 1; r7 = r0;"
       "if r0 == 0 goto out; r1 = *(u8 *)(r7 +0); out: r0 = 0; exit"},
      {"of another lookup",
       "*(u64 *)(r10 -8) = 0; r2 = r10; r2 += -8; r1 = map 3; call 1; r7 = r0;"
       "r2 = r10; r2 += -8; r1 = map 3; call 1; if r0 == 0 goto out; r1 = *(u8 *)(r7 +0); out: r0 = 0; exit",
       "R7 invalid mem access 'map_value_or_null'"},
      {"where it is null there is nothing",
       "*(u64 *)(r10 -8) = 0; r2 = r10; r2 += -8; r1 = map 3; call 1; if r0 != 0 goto +1; r1 = *(u8 *)(r0 +0);"
       "r0 = 0; exit",
       "R0 invalid mem access 'scalar'"},
  };
  for (const Row& row : rows) expect(row);
}

}  // namespace
}  // namespace skep::test
