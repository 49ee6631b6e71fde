// An object's debugging information: which variables there are at an instruction, where they are, and of what types.
//
// By libdw (elfutils), if it was there when this was built. Functions and instructions are as the object has them.
// Types are numbers that this hands out. Tested by tests/debugger/debug_test.py.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "isa/insn.hpp"

namespace skep::debugger {

using DwarfType = std::uint64_t;  // 0: void, or not known

struct DwarfVariable {
  std::string name;
  std::string function;  // that it belongs to: one that was inlined, or the instruction's own
  DwarfType type = 0;
  bool parameter = false;
  // Where it is, or what it is; neither, and no pieces: `why` says why not ("optimized out").
  std::optional<std::uint64_t> address, value;
  struct Piece {  // one behind the other; neither: it is not known
    std::optional<std::uint64_t> address, value;
    std::uint64_t size = 0;
  };
  std::vector<Piece> pieces;  // instead
  std::string why;
};

struct DwarfMember {
  std::string name;
  DwarfType type = 0;
  std::uint64_t offset = 0;
  std::uint32_t bit_offset = 0, bit_size = 0;  // bit_size 0: no bit field; bit_offset: from the first byte on
};

class Dwarf {
 public:
  enum class Kind : std::uint8_t { none, integer, boolean, character, enumeration, pointer, record, array, other };

  // Null and `why`: the object has none, or this was built without libdw.
  static std::unique_ptr<Dwarf> open(const std::string& path, std::string& why);
  virtual ~Dwarf() = default;

  // Before instruction `offset` of a function, with these registers. The innermost scope comes first. `stack_size`:
  // bytes of the function's own frame.
  virtual std::vector<DwarfVariable> variables(const std::string& function, std::uint32_t offset,
                                               std::span<const std::uint64_t, reg_count> registers,
                                               std::uint32_t stack_size) = 0;
  // Functions that were inlined there, the innermost first.
  virtual std::vector<std::string> inlined_at(const std::string& function, std::uint32_t offset) = 0;
  // Where the body of a function that was inlined begins: FILE:LINE. Empty: there is none of that name.
  virtual std::string body_of(const std::string& function) = 0;
  // The type of a global variable; 0: there is none.
  virtual DwarfType global(const std::string& name) = 0;

  virtual std::string name(DwarfType type) = 0;  // "struct flow *"
  virtual Kind kind(DwarfType type) = 0;
  virtual std::uint64_t size(DwarfType type) = 0;
  virtual bool is_signed(DwarfType type) = 0;
  virtual DwarfType target(DwarfType type) = 0;     // of a pointer or an array
  virtual std::uint64_t count(DwarfType type) = 0;  // of an array
  virtual std::vector<DwarfMember> members(DwarfType type) = 0;
  virtual std::string enumerator(DwarfType type, std::int64_t value) = 0;  // empty: none has that value
};

}  // namespace skep::debugger
