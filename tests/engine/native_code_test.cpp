// The machine code of programs as people read it, and which instruction each piece is of.
#include "engine/native_code.hpp"

#include <gtest/gtest.h>

#include <set>

#include "engine/llvm/line_table.hpp"
#include "support/run.hpp"

namespace skep {
namespace {

TEST(NativeCode, IsOfInstructions) {
  if (!test::has_compiler()) GTEST_SKIP() << "built without LLVM";
  const auto program =
      test::make_program("r0 = r1; r0 *= 77; r0 ^= 5; if r1 == 3 goto out; r2 = *(u64 *)(r1 +8); r0 += r2\nout: exit");
  std::string why;
  const auto functions = engine::native_code(*program, why);
  ASSERT_EQ(functions.size(), 1U) << why;
  EXPECT_EQ(functions[0].name, "f0");
  std::set<std::uint32_t> seen;
  std::uint64_t next = 0;
  for (const engine::NativeInsn& insn : functions[0].insns) {
    EXPECT_GE(insn.offset, next);
    next = insn.offset + 1;
    EXPECT_FALSE(insn.text.empty());
    EXPECT_EQ(insn.text.find('\t'), std::string::npos);
    if (!insn.pc) continue;
    ASSERT_LT(*insn.pc, program->code().insns.size());
    seen.insert(*insn.pc);
  }
  EXPECT_TRUE(seen.contains(1)) << "the multiplication";
  EXPECT_GE(seen.size(), 3U);
}

TEST(NativeCode, SaysWhyThereIsNone) {
  if (test::has_compiler()) GTEST_SKIP() << "there is some";
  std::string why;
  EXPECT_TRUE(engine::native_code(*test::make_program("r0 = 0; exit"), why).empty());
  EXPECT_FALSE(why.empty());
}

// A unit of two lines: "header, set_address, line 5 at 0, line 8 at 4, end at 6".
std::string line_program() {
  const std::string program("\x00\x09\x02\0\0\0\0\0\0\0\0\x03\x04\x01\x02\x04\x03\x03\x01\x02\x02\x00\x01\x01", 24);
  const std::string rest =
      std::string("\x01\x01\x01\xfb\x0e\x0d\x00\x01\x01\x01\x01\x00\x00\x00\x01\x00\x00\x01\x00\x00", 20);
  std::string header("\0\0\0\0\x04\0", 6);
  header += static_cast<char>(rest.size());
  header += std::string(3, '\0');
  return header + rest + program;
}

TEST(LineTables, AreRead) {
  const auto lines = engine::native::line_table(line_program());
  ASSERT_EQ(lines.size(), 3U);
  EXPECT_EQ(lines[0].address, 0U);
  EXPECT_EQ(lines[0].line, 5U);
  EXPECT_EQ(lines[1].address, 4U);
  EXPECT_EQ(lines[1].line, 8U);
  EXPECT_EQ(lines[2].address, 6U);
  EXPECT_EQ(lines[2].line, 0U);
}

TEST(LineTables, ThatEndTooEarlyAreNotUnderstood) {
  const std::string whole = line_program();
  for (std::size_t size = 0; size < whole.size(); ++size)
    static_cast<void>(engine::native::line_table(whole.substr(0, size)));
  EXPECT_TRUE(engine::native::line_table(whole.substr(0, 20)).empty());
  EXPECT_TRUE(engine::native::line_table("").empty());
  EXPECT_TRUE(engine::native::line_table(std::string(64, '\xff')).empty());
}

}  // namespace
}  // namespace skep
