// Numbers that are a part of an address, and are needed beside it, in one instruction of the machine: of some of these
// LLVM's code generator dies where nobody helps it (engine/llvm/hidden_offsets.hpp).
#include <gtest/gtest.h>

#include <array>
#include <string>
#include <string_view>
#include <utility>

#include "support/run.hpp"

namespace skep {
namespace {

constexpr const char* offsets[] = {
    "r3 >>= 28; r3 &= 8",
    "r3 >>= 28; r3 &= -8; r3 &= 63",
    "r3 s>>= 28; r3 &= 8",
    "r3 >>= 59; r3 <<= 3",
    "w3 >>= 28; w3 &= 8",
    "w3 >>= 29; w3 <<= 3",
    "r3 &= 24",
    "r3 <<= 3; r3 &= 56",
    "r3 >>= 30; r3 &= 4",
    "r3 >>= 31; r3 &= 2",
    "r3 >>= 3; r3 &= 16",
    "r3 &= 31; r3 >>= 2; r3 <<= 2",
    "w3 &= 255; w3 >>= 3",
};
// With the offset in r3, and r1 at the memory of which it is one.
constexpr const char* uses[] = {
    "r1 += r3; *(u64 *)(r1 +0) = r3; r0 = r3",
    "r1 += r3; *(u32 *)(r1 +0) = r3; r0 = r3",
    "r1 += r3; r0 = *(u64 *)(r1 +0); r0 += r3",
    "r1 += r3; r0 = *(u64 *)(r1 +0); r0 += r3; *(u64 *)(r1 +0) = r0",
    "r1 += r3; r0 = *(u64 *)(r1 +0); r0 ^= r3; *(u64 *)(r1 +8) = r3",
    "r3 += r1; *(u64 *)(r3 +0) = r1; r0 = *(u8 *)(r3 +0)",
    "r4 = r1; r4 += r3; r4 += r3; *(u64 *)(r4 +0) = r3; r0 = r3",
    "r1 += r3; r0 = *(u64 *)(r1 +0); if r0 != r3 goto out; r0 = 77\nout: r0 += 1",
    "r1 += r3; lock *(u64 *)(r1 +0) += r3; r0 = r3",
    "r1 += r3; r4 = r2; r4 >>= 28; r4 &= 8; *(u64 *)(r1 +0) = r4; r0 = r4",  // once more, by itself
    "r1 += r3; r4 = r2; r4 >>= 59; r4 <<= 3; *(u64 *)(r1 +0) = r4; r0 = r4",
};

class HiddenOffsets : public testing::TestWithParam<bool> {};

// `as_pointer`: the memory is known to be a pointer; else it comes from a number.
TEST_P(HiddenOffsets, AreWhatTheyWere) {
  test::FixedServices services;
  for (const char* offset : offsets) {
    for (const char* use : uses) {
      std::string text = GetParam() ? "" : "r1 += 1; r1 += -1; r5 = r1; r5 ^= 1; r5 ^= 1; r1 = r5; ";
      text += std::string("r3 = r2; ") + offset + "; " + use + "; exit";
      for (const std::uint64_t number : {0x0ULL, 0xffff'ffff'ffff'ffffULL, 0x1234'5678'9abc'def8ULL, 0x8000'0001ULL}) {
        std::array<std::uint64_t, 128> right = {};
        std::uint64_t right_result = 0;
        bool is_first = true;
        for (const std::uint64_t way : test::ways_to_run()) {
          alignas(16) std::array<std::uint64_t, 128> memory;
          for (std::size_t i = 0; i < memory.size(); ++i) memory[i] = 0x0101'0101'0101'0101 * i;
          const auto begin = reinterpret_cast<std::uint64_t>(memory.data());
          const auto program = test::make_program(text, {}, way);
          std::uint64_t result = test::run_of(*program, {program->entry(), {begin, number}, nullptr, services}, way);
          for (auto& word : memory)
            if (word == begin) word = 0;
          if (std::string_view(use).starts_with("r3 += r1")) result = 0;  // it has stored the address
          if (std::exchange(is_first, false)) {
            right = memory;
            right_result = result;
          }
          EXPECT_EQ(result, right_result) << text << ", " << number << ", way " << way;
          EXPECT_EQ(memory, right) << text << ", " << number << ", way " << way;
        }
      }
    }
  }
}

INSTANTIATE_TEST_SUITE_P(, HiddenOffsets, testing::Bool(),
                         [](const auto& info) { return std::string(info.param ? "OfPointers" : "OfNumbers"); });

}  // namespace
}  // namespace skep
