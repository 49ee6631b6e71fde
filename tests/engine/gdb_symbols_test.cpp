// What debuggers are told of compiled functions.
#include "engine/llvm/gdb_symbols.hpp"

#include <gtest/gtest.h>

#include <cstdlib>
#include <cstring>
#include <vector>

#include "engine/llvm/compiled.hpp"
#include "engine/llvm/line_table.hpp"
#include "engine/llvm/object.hpp"
#include "support/run.hpp"

// As debuggers know it.
extern "C" {
struct jit_code_entry {
  jit_code_entry* next;
  jit_code_entry* before;
  const char* symbol_file;
  std::uint64_t bytes;
};
struct jit_descriptor {
  std::uint32_t version;
  std::uint32_t action;
  jit_code_entry* relevant;
  jit_code_entry* first;
};
extern jit_descriptor __jit_debug_descriptor;  // NOLINT(bugprone-reserved-identifier)
}

namespace skep {
namespace {

using engine::native::PlacedCode;

std::vector<std::string> known_functions() {
  std::vector<std::string> names;
  const jit_code_entry* before = nullptr;
  for (const jit_code_entry* entry = __jit_debug_descriptor.first; entry != nullptr; entry = entry->next) {
    EXPECT_EQ(entry->before, before);
    before = entry;
    for (const auto& function : engine::native::functions_of({entry->symbol_file, entry->bytes}))
      names.push_back(function.name);
  }
  return names;
}

TEST(GdbSymbols, SayWhatIsWhere) {
  const std::vector<PlacedCode> functions = {{0x7000, 0x40, "p:entry", {{0x7000, "a.c", 12}, {0x7010, "b.h", 3}}},
                                             {0x7040, 0x20, "p:other", {{0x7048, "a.c", 300}}},
                                             {0x7060, 0x10, "p:unknown", {}}};
  const std::string file = engine::native::symbol_file(functions);
  const auto symbols = engine::native::functions_of(file);
  ASSERT_EQ(symbols.size(), functions.size());
  for (std::size_t i = 0; i < symbols.size(); ++i) {
    EXPECT_EQ(symbols[i].name, functions[i].name);
    EXPECT_EQ(symbols[i].address, functions[i].address - 0x7000) << "from the start of the section, which is there";
    EXPECT_EQ(symbols[i].bytes, functions[i].bytes);
  }
  // The table that is read here begins each part at 0, so that where a part begins is looked for in its bytes.
  const std::string_view table = engine::native::section_named(file, ".debug_line");
  std::vector<std::uint32_t> lines;
  for (const auto& line : engine::native::line_table(table)) lines.push_back(line.line);
  EXPECT_EQ(lines, (std::vector<std::uint32_t>{12, 3, 0, 300, 0}));
  constexpr std::string_view set_address("\0\x09\x02", 3);
  std::vector<std::uint64_t> addresses;
  for (std::size_t at = table.find(set_address); at != std::string_view::npos; at = table.find(set_address, at + 1)) {
    std::uint64_t address = 0;
    ASSERT_LE(at + set_address.size() + sizeof address, table.size());
    std::memcpy(&address, table.data() + at + set_address.size(), sizeof address);
    addresses.push_back(address);
  }
  EXPECT_EQ(addresses, (std::vector<std::uint64_t>{0x7000, 0x7010, 0x7040, 0x7048, 0x7060}));
  EXPECT_EQ(engine::native::symbol_file({}), "");
}

TEST(GdbSymbols, AreThereAsLongAsTheCode) {
  if (!test::has_compiler()) GTEST_SKIP() << "built without LLVM";
  const char* const text = "call f; r0 += 1; exit\nf: r0 = r1; r0 *= 79; exit";
  static_cast<void>(test::make_program(text, {}, test::unoptimized));
  EXPECT_TRUE(known_functions().empty()) << "nobody wants them";
  setenv("SKEP_GDB", "1", 1);
  auto first = test::make_program(text, {}, test::unoptimized),
       second = test::make_program("r0 = 1; exit", {}, test::native);
  unsetenv("SKEP_GDB");
  EXPECT_EQ(known_functions(), (std::vector<std::string>{"test:f0", "test:f0", "test:f1"}));
  test::FixedServices services;
  EXPECT_EQ(test::run_of(*first, {first->entry(), {2}, nullptr, services}, test::native), 159U);
  first.reset();
  EXPECT_EQ(known_functions(), std::vector<std::string>{"test:f0"});
  second.reset();
  EXPECT_TRUE(known_functions().empty());
  EXPECT_EQ(__jit_debug_descriptor.version, 1U);
}

}  // namespace
}  // namespace skep
