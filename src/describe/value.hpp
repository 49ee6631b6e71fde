// What somebody has described in JSON, as a tree: contexts of programs, and the objects that they lead to.
//
// Numbers are whole; those above 2^63 are kept, and so are negative ones. Tested by tests/describe/value_test.cpp.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace skep::describe {

struct Value {
  enum class Kind : std::uint8_t { null, number, text, list, fields };
  Kind kind = Kind::null;
  std::uint64_t number = 0;  // negative ones as two's complement; true is 1
  bool negative = false;
  std::string text;
  std::vector<Value> items;        // of a list, or of the fields
  std::vector<std::string> names;  // of the fields, one an item

  bool is(Kind k) const { return kind == k; }
  // The field of that name, or null.
  const Value* field(std::string_view name) const;
};

// Nothing and `error` (one line that says where) if the text is not JSON, has a fraction, the same name twice in one
// object, or is deeper than 100.
std::optional<Value> parse(std::string_view text, std::string& error);

}  // namespace skep::describe
