// Verifies a program given as text, and tells what was said of it. For table tests.
#pragma once

#include <gtest/gtest.h>

#include <memory>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "btf/raw_btf.hpp"
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
  const Rules* rules = &reference_rules();
};

// Maps that every test program may name.
inline constexpr int hash_map = 3, array_map = 4, rodata_map = 5, wronly_map = 6, ring_map = 7;

inline void add_usual_maps(FakeResolver& resolver) {
  resolver.add(hash_map, MapType::hash, "hash_48b", 8, 48, 16);
  resolver.add(array_map, MapType::array, "array_48b", 4, 48, 1);
  static constexpr std::uint8_t constants[8] = {1, 2, 3, 4, 0xff, 0xff, 0xff, 0xff};
  auto& rodata = resolver.add(rodata_map, MapType::array, ".rodata", 4, 8, 1);
  rodata.flags = map_flag::rdonly_prog;
  rodata.frozen = true;
  rodata.constant_data = constants;
  resolver.add(wronly_map, MapType::array, "wronly", 4, 8, 1).flags = map_flag::wronly_prog;
  resolver.add(ring_map, MapType::ringbuf, "ring", 0, 0, 4096);
}

// Where functions begin: at the start, where calls go, and where `r1 = func label` points.
inline std::set<std::uint32_t> function_starts(const std::vector<Insn>& insns) {
  std::set<std::uint32_t> starts = {0};
  for (std::size_t i = 0; i < insns.size(); ++i) {
    const Insn& insn = insns[i];
    const bool call = insn.code == 0x85 && insn.src == call_kind::subprogram;
    const bool address = insn.is_wide_load() && insn.src == pseudo::func;
    if (call || address) starts.insert(static_cast<std::uint32_t>(static_cast<std::int64_t>(i) + 1 + insn.imm));
    if (insn.is_wide_load()) ++i;
  }
  return starts;
}

// BTF of so many functions, each `static int f(void)`; their ids begin at 3.
inline std::shared_ptr<const btf::Btf> static_functions(std::size_t count) {
  btf::test::RawBtf raw;
  raw.integer();
  raw.words({0, btf::test::info(13), 1});
  for (std::size_t i = 0; i < count; ++i) raw.words({raw.name("f"), btf::test::info(12), 2});
  btf::ParseError error;
  auto btf = btf::Btf::parse(raw.bytes(), nullptr, false, error);
  EXPECT_TRUE(btf) << error.message;
  return btf;
}

inline verifier::Output verify_text(const Program& program) {
  FakeResolver resolver;
  add_usual_maps(resolver);
  const auto insns = assemble(program.text);
  verifier::Input input;
  input.name = "test";
  input.type = progtypes::find(program.type);
  input.flags = program.flags;
  input.rules = program.rules;
  input.insns = insns;
  input.resolver = &resolver;
  input.log_level = program.log_level;
  if (program.text.find("= func ") != program.text.npos) {  // callbacks must have types
    const auto starts = function_starts(insns);
    input.btf = static_functions(starts.size());
    btf::TypeId type = 3;
    for (const std::uint32_t start : starts) input.func_info.push_back({start, type++});
  }
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
