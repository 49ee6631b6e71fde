// Tables of functions and of source lines: what is wrong with them, in the kernel's words.
#include "btf/prog_info.hpp"

#include <cerrno>
#include <cstring>

#include "btf/text_btf.hpp"

namespace skep::btf {
namespace {

using Words = std::vector<std::uint32_t>;

std::span<const std::uint8_t> bytes_of(const Words& words) {
  return {reinterpret_cast<const std::uint8_t*>(words.data()), words.size() * 4};
}

class ProgInfo : public testing::Test {
 protected:
  std::shared_ptr<const Btf> btf = test::btf_of({"struct s { int a; }"}, {"int f(int a)", "void g(void)"});
  std::uint32_t f = btf->find("f", Kind::func), g = btf->find("g", Kind::func), s = btf->find("s", Kind::struct_);
};

TEST_F(ProgInfo, FunctionsThatAreWrong) {
  struct Row {
    Words words;
    std::uint32_t record, count;
    int error;
    std::string message;
  };
  const Row rows[] = {
      {{0, f, 4, g}, 8, 2, 0, ""},
      {{0, f, 0, 4, g, 0}, 12, 2, 0, ""},
      {{0, f, 1, 4, g, 0}, 12, 2, -E2BIG, "nonzero tailing record in func info"},
      {{0, f}, 4, 1, -EINVAL, "invalid func info rec size 4"},
      {{0, f}, 10, 1, -EINVAL, "invalid func info rec size 10"},
      {{0, f}, 256, 1, -EINVAL, "invalid func info rec size 256"},
      {{0, f}, 8, 2, -EFAULT, ""},
      {{1, f, 4, g}, 8, 2, -EINVAL, "nonzero insn_off 1 for the first func info record"},
      {{0, f, 0, g}, 8, 2, -EINVAL, "same or smaller insn offset (0) than previous func info record (0)"},
      {{0, s, 4, g}, 8, 2, -EINVAL, "invalid type id " + std::to_string(s) + " in func info"},
      {{0, 999, 4, g}, 8, 2, -EINVAL, "invalid type id 999 in func info"},
      {{0, f}, 8, 1, -EINVAL, "number of funcs in func_info doesn't match number of subprogs"},
      {{0, f, 5, g}, 8, 2, -EINVAL, "func_info BTF section doesn't match subprog layout in BPF program"},
  };
  const std::vector<std::uint32_t> subprograms = {0, 4};
  for (const Row& row : rows) {
    SCOPED_TRACE(row.message);
    const auto got = check_func_info(bytes_of(row.words), row.record, row.count, *btf, subprograms);
    EXPECT_EQ(got.error, row.error);
    EXPECT_EQ(got.message, row.message);
    if (row.error == 0) {
      ASSERT_EQ(got.records.size(), row.count);
      EXPECT_EQ(got.records[1].insn_off, 4U);
      EXPECT_EQ(got.records[1].type, g);
    }
  }
}

TEST_F(ProgInfo, MoreFunctionsThanInstructions) {
  const Words words = {0, f, 1, g};
  EXPECT_EQ(check_func_info(bytes_of(words), 8, 2, *btf, 1U).error, -EINVAL);
  EXPECT_EQ(check_func_info(bytes_of(words), 8, 2, *btf, 2U).error, 0);
}

TEST_F(ProgInfo, LinesThatAreWrong) {
  const std::vector<std::uint8_t> opcodes = {0xb7, 0x18, 0, 0x95, 0xb7, 0x95};
  const std::vector<std::uint32_t> subprograms = {0, 4};
  struct Row {
    Words words;
    std::uint32_t record, count;
    int error;
    const char* message;
  };
  const Row rows[] = {
      {{0, 0, 0, 1 << 10, 4, 0, 0, 2 << 10 | 7}, 16, 2, 0, ""},
      {{0, 0, 0, 0}, 8, 1, -EINVAL, ""},
      {{0, 0, 0, 0}, 16, 2, -EFAULT, ""},
      {{0, 0, 0, 0, 9, 4, 0, 0, 0, 0}, 20, 2, -E2BIG, "nonzero tailing record in line_info"},
      {{0, 0, 0, 0, 0, 0, 0, 0}, 16, 2, -EINVAL, "Invalid line_info[1].insn_off:0 (prev_offset:0 prog->len:6)"},
      {{0, 0, 0, 0, 6, 0, 0, 0}, 16, 2, -EINVAL, "Invalid line_info[1].insn_off:6 (prev_offset:0 prog->len:6)"},
      {{0, 0, 0, 0, 2, 0, 0, 0}, 16, 2, -EINVAL, "Invalid insn code at line_info[1].insn_off"},
      {{0, 0, 9999, 0, 4, 0, 0, 0}, 16, 2, -EINVAL, "Invalid line_info[0].line_off or .file_name_off"},
      {{0, 9999, 0, 0, 4, 0, 0, 0}, 16, 2, -EINVAL, "Invalid line_info[0].line_off or .file_name_off"},
      {{0, 0, 0, 0}, 16, 1, -EINVAL, "missing bpf_line_info for func#1"},
      {{1, 0, 0, 0, 4, 0, 0, 0}, 16, 2, -EINVAL, "missing bpf_line_info for func#0"},
  };
  for (const Row& row : rows) {
    SCOPED_TRACE(row.message);
    const auto got = check_line_info(bytes_of(row.words), row.record, row.count, *btf, opcodes, subprograms);
    EXPECT_EQ(got.error, row.error);
    EXPECT_EQ(got.message, row.message);
    if (row.error == 0) {
      ASSERT_EQ(got.records.size(), 2U);
      EXPECT_EQ(got.records[1].line(), 2U);
      EXPECT_EQ(got.records[1].column(), 7U);
    }
  }
}

}  // namespace
}  // namespace skep::btf
