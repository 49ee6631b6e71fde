// Verifies a program given as text, and tells what was said of it. For table tests.
#pragma once

#include <gtest/gtest.h>

#include <string>
#include <string_view>

#include "progtypes/progtype.hpp"
#include "support/asm.hpp"
#include "support/resolver.hpp"
#include "verifier/verifier.hpp"

namespace skep::test {

struct Program {
  std::string_view text;
  ProgType type = ProgType::socket_filter;
  std::uint32_t flags = 0;
  std::uint32_t log_level = 0;
};

// Maps that every test program may name.
inline constexpr int hash_map = 3, array_map = 4, rodata_map = 5, wronly_map = 6;

inline void add_usual_maps(FakeResolver& resolver) {
  resolver.add(hash_map, MapType::hash, "hash_48b", 8, 48, 16);
  resolver.add(array_map, MapType::array, "array_48b", 4, 48, 1);
  static constexpr std::uint8_t constants[8] = {1, 2, 3, 4, 0xff, 0xff, 0xff, 0xff};
  auto& rodata = resolver.add(rodata_map, MapType::array, ".rodata", 4, 8, 1);
  rodata.flags = map_flag::rdonly_prog;
  rodata.frozen = true;
  rodata.constant_data = constants;
  resolver.add(wronly_map, MapType::array, "wronly", 4, 8, 1).flags = map_flag::wronly_prog;
}

inline verifier::Output verify_text(const Program& program) {
  FakeResolver resolver;
  add_usual_maps(resolver);
  const auto insns = assemble(program.text);
  verifier::Input input;
  input.name = "test";
  input.type = progtypes::find(program.type);
  input.flags = program.flags;
  input.insns = insns;
  input.resolver = &resolver;
  input.log_level = program.log_level;
  return verifier::verify(input);
}

// A row: what the program is about, the program, and the refusal's last line (empty: it is accepted).
struct Row {
  const char* about;
  const char* text;
  const char* message = "";
  ProgType type = ProgType::socket_filter;
  std::uint32_t flags = 0;
};

inline std::string last_line(std::string_view text) {
  const auto at = text.rfind('\n');
  return std::string(at == text.npos ? text : text.substr(at + 1));
}

inline void expect(const Row& row) {
  SCOPED_TRACE(row.about);
  const auto output = verify_text({row.text, row.type, row.flags});
  const std::string_view wanted = row.message;
  if (wanted.empty()) {
    EXPECT_EQ(output.error, 0) << (output.refusal ? output.refusal->message : "");
    return;
  }
  EXPECT_NE(output.error, 0) << "accepted, but should say: " << wanted;
  if (output.refusal) {
    EXPECT_EQ(last_line(output.refusal->message), wanted) << output.refusal->message;
  }
}

}  // namespace skep::test
