// The interpreter's quick loop: steps of one, two and three instructions give what the instructions give one at a time,
// and count as many.
#include "engine/interpreter/steps.hpp"

#include <gtest/gtest.h>

#include <random>
#include <set>

#include "support/run.hpp"

namespace skep::engine {
namespace {

Insn insn(std::uint8_t code, unsigned dst, unsigned src, std::int32_t imm = 0, std::int16_t off = 0) {
  Insn made;
  made.code = code;
  made.dst = static_cast<std::uint8_t>(dst & 0xf);
  made.src = static_cast<std::uint8_t>(src & 0xf);
  made.imm = imm;
  made.off = off;
  return made;
}

constexpr std::uint64_t start_values[] = {0, 0x8000'0000'ffff'fff1, 0x1234'5678'9abc'def0, 37, 0xffff'ffff'0000'0001};

// Sets r1 to r4, does `body`, and mixes r1 to r4 into r0.
std::shared_ptr<const runtime::Program> program_of(const std::vector<Insn>& body) {
  runtime::Code code;
  code.name = "steps";
  for (unsigned r = 1; r <= 4; ++r) {
    code.insns.push_back(insn(0x18, r, 0, static_cast<std::int32_t>(start_values[r])));
    code.insns.push_back(insn(0, 0, 0, static_cast<std::int32_t>(start_values[r] >> 32)));
  }
  code.insns.push_back(insn(insn_class::alu64 | alu_op::mov, 0, 0, 1));
  code.insns.insert(code.insns.end(), body.begin(), body.end());
  for (unsigned r = 1; r <= 4; ++r) {
    code.insns.push_back(insn(insn_class::alu64 | alu_op::mul, 0, 0, 0x01000193));
    code.insns.push_back(insn(insn_class::alu64 | alu_op::xor_ | 0x08, 0, r));
  }
  code.insns.push_back(insn(insn_class::jmp | jmp_op::exit, 0, 0));
  code.facts.resize(code.insns.size());
  return test::load(std::move(code));
}

struct Ran {
  std::uint64_t result = 0, instructions = 0;
  bool operator==(const Ran&) const = default;
};
Ran ran(const runtime::Program& program, std::uint64_t budget) {
  test::FixedServices services;
  const RunPtr run = program.executable()->make_run({program.entry(), {}, nullptr, services});
  const std::uint64_t result = test::finish(*run, budget);
  return {result, run->instructions()};
}
::testing::AssertionResult same_both_ways(const runtime::Program& program) {
  const Ran one_by_one = ran(program, 1), quickly = ran(program, async::unlimited);
  if (one_by_one == quickly) return ::testing::AssertionSuccess();
  return ::testing::AssertionFailure() << std::hex << quickly.result << " after " << std::dec << quickly.instructions
                                       << ", but one by one " << std::hex << one_by_one.result << " after " << std::dec
                                       << one_by_one.instructions;
}

std::vector<Insn> operations() {
  std::vector<Insn> all;
  for (const std::uint8_t width : {insn_class::alu64, insn_class::alu}) {
    for (const std::uint8_t op : {alu_op::add, alu_op::sub, alu_op::mul, alu_op::div, alu_op::or_, alu_op::and_,
                                  alu_op::lsh, alu_op::rsh, alu_op::mod, alu_op::xor_, alu_op::mov, alu_op::arsh}) {
      const bool shift = op == alu_op::lsh || op == alu_op::rsh || op == alu_op::arsh;
      all.push_back(insn(width | op, 0, 0, shift ? 13 : -77));
      for (unsigned src = 1; src <= 3; ++src) all.push_back(insn(width | op | 0x08, 0, src));
    }
    all.push_back(insn(width | alu_op::neg, 0, 0));
  }
  return all;
}

TEST(Steps, PairsGiveWhatTheirInstructionsGive) {
  const std::vector<Insn> all = operations();
  std::set<StepKind> kinds;
  for (const Insn& first : all) {
    for (const Insn& second : all) {
      for (unsigned other = 1; other <= 2; ++other) {
        Insn a = first, b = second;
        a.dst = 1;
        b.dst = static_cast<std::uint8_t>(other & 0xf);
        const auto program = program_of({a, b});
        ASSERT_TRUE(same_both_ways(*program))
            << std::hex << +a.code << ", r" << +a.src << "; " << +b.code << ", r" << +b.dst << ", r" << +b.src;
        kinds.insert(Interpreted::of(*program).lowered().steps[9].kind);
      }
    }
  }
  EXPECT_GT(kinds.size(), 250U) << "most of these are pairs with a step of their own";
}

TEST(Steps, LoopsCountAsWhatTheyAre) {
  const std::uint8_t k = 0, r = 0x08;
  for (const std::uint8_t narrow : {0, 1}) {
    const std::uint8_t add = (narrow != 0 ? insn_class::alu : insn_class::alu64) | alu_op::add;
    const std::uint8_t jump = narrow != 0 ? insn_class::jmp32 : insn_class::jmp;
    for (const std::uint8_t operand : {k, r}) {
      // r1 from 0 in steps of 3, as long as it is below 300 or not yet 300; r2 counts the rounds.
      for (const std::uint8_t op : {jmp_op::jne, jmp_op::jlt}) {
        const auto program = program_of({
            insn(insn_class::alu64 | alu_op::mov, 1, 0, 0),
            insn(insn_class::alu64 | alu_op::mov, 3, 0, 300),
            insn(insn_class::alu64 | alu_op::add, 2, 0, 1),
            insn(add, 1, 0, 3),
            insn(jump | op | operand, 1, operand == r ? 3 : 0, operand == r ? 0 : 300, -3),
        });
        ASSERT_TRUE(same_both_ways(*program)) << +operand << " " << +op;
        EXPECT_EQ(ran(*program, async::unlimited).instructions, 16U + 3 * 100)
            << "what stands around it, and 100 rounds";
      }
    }
  }
}

TEST(Steps, SomebodyMayJumpBehindTheFirstOfAPair) {
  // r1 = r2 and r1 += 5 are one step; the jump leads to the second.
  const auto program = program_of({
      insn(insn_class::jmp | jmp_op::ja, 0, 0, 0, 1),
      insn(insn_class::alu64 | alu_op::mov | 0x08, 1, 2),
      insn(insn_class::alu64 | alu_op::add, 1, 0, 5),
      insn(insn_class::jmp | jmp_op::jeq, 4, 0, 7, 2),
      insn(insn_class::alu64 | alu_op::mov, 4, 0, 7),
      insn(insn_class::jmp | jmp_op::ja, 0, 0, 0, -4),
  });
  EXPECT_TRUE(same_both_ways(*program));
}

TEST(Steps, LoadsByIndexLookWhereTheSumLeads) {
  const auto program = test::make_program(R"(
    *(u64 *)(r10 - 16) = 0x11223344; *(u32 *)(r10 - 12) = 0x55667788; *(u64 *)(r10 - 8) = -3
    r6 = 0; r0 = 0
    again: r1 = r10; r1 += r6; r1 = *(u8 *)(r1 - 16); r0 *= 31; r0 += r1
    r6 += 1; if r6 != 16 goto again
    r6 = 4
    r1 = r10; r1 += r6; r1 = *(u16 *)(r1 - 16); r0 *= 31; r0 += r1
    r1 = r10; r1 += r6; r1 = *(u32 *)(r1 - 16); r0 *= 31; r0 += r1
    r1 = r10; r1 += r6; r1 = *(u64 *)(r1 - 16); r0 *= 31; r0 += r1
    exit
  )");
  EXPECT_TRUE(same_both_ways(*program));
}

// Straight code of all kinds with jumps forward, in loops.
TEST(Steps, AnyProgramGivesTheSame) {
  std::mt19937 random(7);
  const std::vector<Insn> all = operations();
  const std::uint8_t jumps[] = {jmp_op::jeq,  jmp_op::jne,  jmp_op::jgt,  jmp_op::jge,  jmp_op::jlt, jmp_op::jle,
                                jmp_op::jset, jmp_op::jsgt, jmp_op::jsge, jmp_op::jslt, jmp_op::jsle};
  for (int round = 0; round < 2000; ++round) {
    std::vector<Insn> body = {insn(insn_class::alu64 | alu_op::mov, 5, 0, 0)};
    const int length = 8 + static_cast<int>(random() % 24);
    for (int i = 0; i < length; ++i) {
      if (random() % 5 == 0 && i + 4 < length) {
        const std::uint8_t width = random() % 2 != 0 ? insn_class::jmp : insn_class::jmp32;
        const std::uint8_t operand = random() % 2 != 0 ? 0x08 : 0;
        body.push_back(insn(width | jumps[random() % std::size(jumps)] | operand, 1 + random() % 4,
                            operand != 0 ? 1 + random() % 4 : 0, operand != 0 ? 0 : static_cast<std::int32_t>(random()),
                            static_cast<std::int16_t>(random() % 3)));
        continue;
      }
      Insn next = all[random() % all.size()];
      next.dst = static_cast<std::uint8_t>((1 + random() % 4) & 0xf);
      body.push_back(next);
    }
    body.push_back(insn(insn_class::alu64 | alu_op::add, 5, 0, 1));
    body.push_back(insn(insn_class::jmp | jmp_op::jne, 5, 0, 5, static_cast<std::int16_t>(-(length + 2))));
    ASSERT_TRUE(same_both_ways(*program_of(body))) << "round " << round;
  }
}

TEST(Steps, ALongRunComesBackForMore) {
  const auto program =
      test::make_program("r0 = 0; r1 = 0\n again: r0 += r1; r1 += 1; if r1 != 100000 goto again; exit");
  const Ran quickly = ran(*program, async::unlimited);
  EXPECT_EQ(quickly.result, 99'999ULL * 100'000 / 2);
  EXPECT_EQ(quickly.instructions, 3U + 3 * 100'000);
}

}  // namespace
}  // namespace skep::engine
