#include <gtest/gtest.h>

#include "support/verify.hpp"

namespace skep::test {
namespace {

constexpr Row rows[] = {
    {"beyond the top", "*(u64 *)(r10 +8) = 0; r0 = 0; exit", "invalid write to stack R10 off=8 size=8"},
    {"below the bottom", "*(u64 *)(r10 -520) = 0; r0 = 0; exit", "invalid write to stack R10 off=-520 size=8"},
    {"across the top", "*(u64 *)(r10 -4) = 0; r0 = 0; exit", "misaligned stack access off 0+-4 size 8"},
    {"read what was never written", "r0 = *(u64 *)(r10 -8); exit"},
    {"a spilled pointer comes back", "*(u64 *)(r10 -8) = r1; r2 = *(u64 *)(r10 -8); r0 = *(u32 *)(r2 +0); exit"},
    {"half of a spilled pointer", "*(u64 *)(r10 -8) = r1; r0 = *(u32 *)(r10 -8); exit",
     "invalid size of register fill"},
    {"a pointer spilled by halves", "*(u32 *)(r10 -8) = r1; r0 = 0; exit", "invalid size of register spill"},
    {"a spilled pointer overwritten in part is bytes", R"(
       *(u64 *)(r10 -8) = r1
       *(u8 *)(r10 -7) = 1
       r1 = *(u64 *)(r10 -8)
       r0 = *(u32 *)(r1 +0)
       exit)",
     "R1 invalid mem access 'scalar'"},
    {"a spilled number comes back, also its half", R"(
       *(u64 *)(r10 -8) = 7
       w0 = 0
       r1 = *(u32 *)(r10 -8)
       if r1 == 7 goto out
       r0 /= 0
     out: exit)"},
    {"zeros by bytes are a zero", R"(
       r0 = 0
       *(u8 *)(r10 -5) = r0
       *(u8 *)(r10 -6) = r0
       r1 = *(u16 *)(r10 -6)
       if r1 == 0 goto out
       r0 /= 0
     out: exit)"},
    {"a variable write forgets what it may touch", R"(
       *(u64 *)(r10 -8) = r1
       call 7
       r0 &= 7
       r2 = r10
       r2 += -8
       r2 += r0
       *(u8 *)(r2 +0) = 1
       r1 = *(u64 *)(r10 -8)
       r0 = *(u32 *)(r1 +0)
       exit)",
     "R1 invalid mem access 'scalar'"},
    {"a variable read may not leave the stack", R"(
       call 7
       r0 &= 15
       r2 = r10
       r2 += -8
       r2 += r0
       r0 = *(u8 *)(r2 +0)
       exit)",
     "invalid variable-offset read from stack R2 var_off=(0x0; 0xffffffffffffffff) off=0 size=1"},
    {"a key that is not all on the stack", R"(
       r2 = r10
       r2 += -4
       r1 = map 3
       call 1
       r0 = 0; exit)",
     "invalid read from stack R2 off=-4 size=8"},
};

TEST(Stack, Verdicts) {
  for (const Row& row : rows) expect(row);
}

constexpr Row value_rows[] = {
    {"the last bytes", "r1 = map_value 4; r0 = *(u64 *)(r1 +40); exit"},
    {"one byte too far", "r1 = map_value 4; r0 = *(u64 *)(r1 +41); exit",
     "R1 min value is outside of the allowed memory range"},
    {"before the value", "r1 = map_value 4; r0 = *(u64 *)(r1 -8); exit",
     "R1 min value is outside of the allowed memory range"},
    {"a negative offset in the pointer", "r1 = map_value 4; r1 += -8; r0 = *(u64 *)(r1 +0); exit",
     "R1 min value is negative, either use unsigned index or do a if (index >=0) check."},
    {"an index that is too large", R"(
       call 7
       r0 &= 63
       r1 = map_value 4
       r1 += r0
       r0 = *(u8 *)(r1 +0)
       exit)",
     "R1 max value is outside of the allowed memory range"},
    {"an index that fits", R"(
       call 7
       r0 &= 31
       r1 = map_value 4
       r1 += r0
       r0 = *(u8 *)(r1 +16)
       exit)"},
    {"an index without a bound", R"(
       call 7
       w0 = w0
       r1 = map_value 4
       r1 += r0
       r0 = *(u8 *)(r1 +0)
       exit)",
     "R1 unbounded memory access, make sure to bounds check any such access"},
    {"constants are known", R"(
       r1 = map_value 5
       r0 = *(u32 *)(r1 +0)
       if r0 == 0x04030201 goto out
       r0 /= 0
     out: exit)"},
    {"constants are sign-extended", R"(
       r1 = map_value 5
       r0 = *(s8 *)(r1 +4)
       if r0 == -1 goto out
       r0 /= 0
     out: exit)"},
    {"constants cannot be written", "r1 = map_value 5; *(u32 *)(r1 +0) = 1; r0 = 0; exit",
     "write into map forbidden, value_size=8 off=0 size=4"},
    {"what is only written cannot be read", "r1 = map_value 6; r0 = *(u32 *)(r1 +0); exit",
     "read from map forbidden, value_size=8 off=0 size=4"},
};

TEST(MapValue, Verdicts) {
  for (const Row& row : value_rows) expect(row);
}

constexpr Row context_rows[] = {
    {"a moved context", "r1 += 8; r0 = *(u32 *)(r1 +0); exit", "dereference of modified ctx ptr R1 off=8 disallowed"},
    {"a context moved back", "r1 += -8; r0 = *(u32 *)(r1 +8); exit", "negative offset ctx ptr R1 off=-8 disallowed"},
    {"a variable offset", R"(
       r6 = r1
       call 7
       r0 &= 4
       r6 += r0
       r0 = *(u32 *)(r6 +0)
       exit)",
     "variable ctx access var_off=(0x0; 0x4) disallowed"},
    {"the length", "r0 = *(u32 *)(r1 +0); exit"},
};

TEST(Context, Verdicts) {
  for (const Row& row : context_rows) expect(row);
}

constexpr Row call_rows[] = {
    {"a size that may be negative", R"(
       *(u64 *)(r10 -8) = 0
       call 7
       r2 = r0
       r1 = r10
       r1 += -8
       r3 = 0
       call 6
       exit)",
     "R2 min value is negative, either use unsigned or 'var &= const'", ProgType::kprobe},
    {"a size that may be zero", R"(
       *(u64 *)(r10 -8) = 0
       call 7
       r2 = r0
       r2 &= 4
       r1 = r10
       r1 += -8
       call 6
       exit)",
     "R2 invalid zero-sized read: u64=[0,4]", ProgType::kprobe},
    {"a size without a bound", R"(
       *(u64 *)(r10 -8) = 0
       call 7
       w2 = w0
       r2 += 1
       r1 = r10
       r1 += -8
       call 6
       exit)",
     "R2 unbounded memory access, use 'var &= const' or 'if (var < const)'", ProgType::kprobe},
};

TEST(CallMemory, Verdicts) {
  for (const Row& row : call_rows) expect(row);
}

}  // namespace
}  // namespace skep::test
