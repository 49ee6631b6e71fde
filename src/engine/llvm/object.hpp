// An object file of the machine's own kind (ELF), as the code generator makes it: what functions it defines, and how
// one that was made before is made ready for another program.
//
// Addresses of a program's own things (itself, its functions, its maps and what they hold) are not in its code, but in
// a table beside it, which is filled in last; and names begin with a number that is the program's own. Two programs
// that are the same but for where their things are have the same code. Tested by tests/engine/object_test.cpp.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace skep::engine::native {

// What names in an object begin with: as it is made, and once it is the `number`th program's. All are equally long.
inline constexpr std::string_view unnumbered = "p00000000_";
std::string numbered(std::uint32_t number);
inline constexpr std::string_view table_name = "table";  // of the addresses, behind that

struct NamedCode {
  std::uint64_t address = 0, bytes = 0;
  std::string name;
};

// What functions an object defines: names, and where in their section, in that order; empty if it is not understood.
std::vector<NamedCode> functions_of(std::span<const char> object);

// A section's content; empty: it has none of that name.
std::string_view section_named(std::span<const char> object, std::string_view name);

// Gives the names of `object` the number, and fills its table in. False: it is not understood, or its table has not as
// many places.
bool make_ready(std::span<char> object, std::uint32_t number, std::span<const std::uint64_t> table);

}  // namespace skep::engine::native
