// What the interpreter makes of instructions by their facts: opcodes of its own, and what it cannot run.
#include "engine/interpreter/lowering.hpp"

#include <gtest/gtest.h>

#include "runtime/context.hpp"
#include "support/run.hpp"

namespace skep::engine {
namespace {

using runtime::InsnFacts;
using runtime::MapField;

struct Case {
  const char* code;
  InsnFacts facts;  // of its first instruction
  std::uint8_t opcode;
  std::int16_t off;
};

TEST(Lowering, GivesInstructionsThatNeedMoreTheirOwnOpcodes) {
  constexpr std::uint32_t context_size = 192;
  const Case cases[] = {
      {"r0 = *(u32 *)(r1 + 8)", {}, insn_class::ldx | mem_mode::mem | mem_size::w, 8},
      {"r0 = *(u32 *)(r1 + 8)", {.fault_protected = true}, insn_class::ldx | own_mode::careful | mem_size::w, 8},
      {"r0 = *(s16 *)(r1 + 8)", {.fault_protected = true}, insn_class::ldx | own_mode::careful_signed | mem_size::h, 8},
      {"r0 = load_acquire((u64 *)(r1 + 8))",
       {.fault_protected = true},
       insn_class::ldx | own_mode::careful | mem_size::dw,
       8},
      {"*(u8 *)(r1 + 8) = 1", {.fault_protected = true}, insn_class::st | mem_mode::mem | mem_size::b, 8},
      {"r0 = *(u32 *)(r1 + 76)",
       {.pointer_field = true},
       insn_class::ldx | mem_mode::mem | mem_size::dw,
       static_cast<std::int16_t>(runtime::Context::shadow_offset(context_size) + 2 * 76)},
      {"r0 = *(u32 *)(r1 + 20)",
       {.map_field = MapField::max_entries},
       insn_class::ldx | own_mode::map_field | mem_size::w,
       20},
  };
  for (const Case& c : cases) {
    runtime::Code code;
    code.context_size = context_size;
    code.insns = test::Assembler::assemble(std::string(c.code) + "; r0 = 0; exit");
    code.facts.resize(code.insns.size());
    code.facts[0] = c.facts;
    const auto before = code.insns;
    const auto program = runtime::Program::make(std::move(code));
    const Lowered lowered = lower(*program);
    EXPECT_EQ(lowered.obstacle, "") << c.code;
    EXPECT_EQ(+lowered.insns[0].code, +c.opcode) << c.code;
    EXPECT_EQ(lowered.insns[0].off, c.off) << c.code;
    EXPECT_EQ(lowered.insns.size(), before.size());
    EXPECT_EQ(program->code().insns, before) << "the program itself is left alone";
  }
}

TEST(Lowering, NamesWhatCannotBeRun) {
  const auto obstacle_of = [](const char* text, const InsnFacts& facts, std::uint8_t opcode = 0) {
    runtime::Code code;
    code.insns = test::Assembler::assemble(text);
    code.facts.resize(code.insns.size());
    code.facts[0] = facts;
    if (opcode != 0) code.insns[0].code = opcode;
    return lower(*runtime::Program::make(std::move(code))).obstacle;
  };
  constexpr calls::Helper without_code{.name = "bpf_nowhere"};
  EXPECT_EQ(obstacle_of("call 1; exit", {.helper = &without_code}), "") << "only a run that comes there ends";
  EXPECT_EQ(obstacle_of("call 1; exit", {}), "an unknown call");
  EXPECT_EQ(obstacle_of("r0 = *(u64 *)(r1 + 0); exit", {.arena = true}), "an access to an unknown arena");
  EXPECT_EQ(obstacle_of("r0 = 1 ll; exit", {.per_cpu_value = true}), "the address of an unknown map");
  for (const std::uint8_t own :
       {insn_class::ldx | own_mode::careful | mem_size::w, insn_class::ldx | own_mode::careful_signed | mem_size::w,
        insn_class::ldx | own_mode::map_field | mem_size::w, 0xff})
    EXPECT_NE(obstacle_of("r0 = *(u32 *)(r1 + 0); exit", {}, own), "") << "opcode " << +own << " is no program's";
}

}  // namespace
}  // namespace skep::engine
