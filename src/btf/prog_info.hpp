// The func_info and line_info tables that a program is loaded with: where each function begins and what its type is,
// and which source line an instruction came from. They are checked before a program is verified, with the messages of
// Linux 7.3. Tested by tests/btf/prog_info_test.cpp.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "btf/btf.hpp"

namespace skep::btf {

struct FuncInfo {
  std::uint32_t insn_off = 0;
  TypeId type = 0;
};
struct LineInfo {
  std::uint32_t insn_off = 0;
  std::uint32_t file_name_off = 0;
  std::uint32_t line_off = 0;
  std::uint32_t line_col = 0;
  std::uint32_t line() const { return line_col >> 10; }
  std::uint32_t column() const { return line_col & 0x3ff; }
};

template <typename Record>
struct CheckedInfo {
  int error = 0;        // negative errno
  std::string message;  // as the verifier's log has it, without the final newline; may be empty
  std::vector<Record> records;
};

// `subprograms`: the first instruction of each function, ascending, as the verifier found them.
CheckedInfo<FuncInfo> check_func_info(std::span<const std::uint8_t> raw, std::uint32_t record_size, std::uint32_t count,
                                      const Btf& btf, std::span<const std::uint32_t> subprograms);
// The first half of that, when the functions are not known yet: sizes, order and types.
CheckedInfo<FuncInfo> check_func_info(std::span<const std::uint8_t> raw, std::uint32_t record_size, std::uint32_t count,
                                      const Btf& btf, std::uint32_t insn_count);
// `opcodes`: the opcode byte of every instruction (0 for the second half of a wide one).
CheckedInfo<LineInfo> check_line_info(std::span<const std::uint8_t> raw, std::uint32_t record_size, std::uint32_t count,
                                      const Btf& btf, std::span<const std::uint8_t> opcodes,
                                      std::span<const std::uint32_t> subprograms);

}  // namespace skep::btf
