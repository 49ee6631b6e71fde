// See engine/llvm/line_table.hpp.
#include "engine/llvm/line_table.hpp"

#include <algorithm>
#include <cstring>

namespace skep::engine::native {
namespace {

// Reads what is there; behind the end it reads zeros, and says so.
class Reader {
 public:
  explicit Reader(std::string_view bytes) : bytes_(bytes) {}
  bool at_end() const { return at_ >= bytes_.size(); }
  bool failed() const { return failed_; }
  template <typename T>
  T fixed() {
    T value = 0;
    if (sizeof value > bytes_.size() - at_) return fail(), value;
    std::memcpy(&value, bytes_.data() + at_, sizeof value);
    at_ += sizeof value;
    return value;
  }
  std::uint64_t variable(bool is_signed = false) {
    std::uint64_t value = 0;
    for (unsigned shift = 0;; shift += 7) {
      const auto byte = fixed<std::uint8_t>();
      if (failed_ || shift > 63) return fail(), 0;
      value |= std::uint64_t{byte & 0x7fU} << shift;
      if ((byte & 0x80) != 0) continue;
      if (is_signed && (byte & 0x40) != 0 && shift + 7 < 64) value |= ~std::uint64_t{0} << (shift + 7);
      return value;
    }
  }
  void skip(std::uint64_t bytes) {
    if (bytes > bytes_.size() - at_) return fail();
    at_ += bytes;
  }

 private:
  void fail() {
    failed_ = true;
    at_ = bytes_.size();
  }
  std::string_view bytes_;
  std::size_t at_ = 0;
  bool failed_ = false;
};

// The opcodes of a line program that move its state; all others are skipped by their operands.
enum Standard : std::uint8_t {
  copy = 1,
  advance_pc,
  advance_line,
  set_file,
  set_column,
  const_add_pc = 8,
  fixed_advance_pc
};
enum Extended : std::uint8_t { end_sequence = 1, set_address };

}  // namespace

std::vector<Line> line_table(std::string_view section) {
  Reader in(section);
  static_cast<void>(in.fixed<std::uint32_t>());  // of one unit
  if (in.fixed<std::uint16_t>() != 4) return {};
  const auto header_length = in.fixed<std::uint32_t>();
  const auto smallest = in.fixed<std::uint8_t>();
  in.skip(2);  // operations in an instruction: one; whether lines begin statements
  const auto line_base = in.fixed<std::int8_t>();
  const auto line_range = in.fixed<std::uint8_t>();
  const auto opcode_base = in.fixed<std::uint8_t>();
  if (line_range == 0 || opcode_base == 0) return {};
  std::vector<std::uint8_t> operands(opcode_base);
  for (std::size_t i = 1; i < opcode_base; ++i) operands[i] = in.fixed<std::uint8_t>();
  constexpr std::uint32_t fixed_header = 6;
  if (header_length < fixed_header + opcode_base - 1U) return {};
  in.skip(header_length - fixed_header - (opcode_base - 1U));  // names of files

  std::vector<Line> lines;
  std::uint64_t address = 0;
  std::uint64_t line = 1;
  const auto add = [&](std::uint64_t its_line) { lines.push_back({address, static_cast<std::uint32_t>(its_line)}); };
  while (!in.at_end()) {
    const auto opcode = in.fixed<std::uint8_t>();
    if (opcode >= opcode_base) {
      const unsigned special = opcode - unsigned{opcode_base};
      address += std::uint64_t{special / line_range} * smallest;
      line += static_cast<std::uint64_t>(line_base + static_cast<int>(special % line_range));
      add(line);
    } else if (opcode == 0) {
      const std::uint64_t length = in.variable();
      if (length == 0) continue;
      const auto extended = in.fixed<std::uint8_t>();
      in.skip(length - 1);
      if (extended == set_address) address = 0;  // where the section begins
      if (extended != end_sequence) continue;
      add(0);
      address = 0;
      line = 1;
    } else if (opcode == copy) {
      add(line);
    } else if (opcode == advance_pc) {
      address += in.variable() * smallest;
    } else if (opcode == advance_line) {
      line += in.variable(true);
    } else if (opcode == const_add_pc) {
      address += std::uint64_t{(255U - opcode_base) / line_range} * smallest;
    } else if (opcode == fixed_advance_pc) {
      address += in.fixed<std::uint16_t>();
    } else {
      for (unsigned i = 0; i < operands[opcode]; ++i) static_cast<void>(in.variable());
    }
  }
  if (in.failed()) return {};
  std::ranges::stable_sort(lines, {}, &Line::address);
  return lines;
}

}  // namespace skep::engine::native
