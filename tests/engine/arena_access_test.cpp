// Accesses to arenas in either engine: every kind of instruction, where there is a page and where there is none.
#include "engine/interpreter/arena_access.hpp"

#include <gtest/gtest.h>

#include "support/run.hpp"

namespace skep {
namespace {

constexpr std::uint64_t start = 0x100'0000'0000 + 8 * 4096;
constexpr std::uint64_t nowhere = start + 4096;

class ArenaAccess : public testing::TestWithParam<std::uint64_t> {
 protected:
  ArenaAccess() {
    maps::MapAttributes wanted;
    wanted.info.type = MapType::arena;
    wanted.info.max_entries = 4;
    wanted.info.flags = map_flag::mmapable;
    wanted.info.extra = start;
    arena = std::make_shared<maps::Arena>(wanted);
    arena->allocate(start, 1);
    set(0x1122334455667788);
  }
  void set(std::uint64_t value) { std::memcpy(arena->access(8 * 4096, 8), &value, 8); }
  std::uint64_t get() {
    std::uint64_t value;
    std::memcpy(&value, arena->access(8 * 4096, 8), 8);
    return value;
  }
  // r0 after the code, every access of which goes to the arena.
  std::uint64_t run(const std::string& text, std::uint64_t r1, std::uint64_t r2 = 0) {
    runtime::Code code;
    code.name = "test";
    code.insns = test::Assembler::assemble(text + "\nexit");
    for (const Insn& insn : code.insns)
      code.facts.push_back({.arena = insn.insn_class() == insn_class::ldx || insn.insn_class() == insn_class::st ||
                                     insn.insn_class() == insn_class::stx});
    code.maps = {arena};
    program = test::load(std::move(code), GetParam());
    EXPECT_EQ(program->executable()->obstacle(), "");
    return test::run_of(*program, {program->entry(), {r1, r2}, nullptr, services}, GetParam());
  }
  std::string errors() {
    std::string text(1000, 0);
    text.resize(static_cast<std::size_t>(program->streams().read(runtime::Streams::errors, text)));
    return text;
  }
  std::shared_ptr<maps::Arena> arena;
  std::shared_ptr<const runtime::Program> program;
  test::FixedServices services;
};

INSTANTIATE_TEST_SUITE_P(Ways, ArenaAccess, testing::ValuesIn(test::ways_to_run({async::unlimited})));

TEST_P(ArenaAccess, Loads) {
  EXPECT_EQ(run("r0 = *(u8 *)(r1 + 0)", start), 0x88U);
  EXPECT_EQ(run("r0 = *(u16 *)(r1 + 0)", start), 0x7788U);
  EXPECT_EQ(run("r0 = *(u32 *)(r1 + 0)", start), 0x55667788U);
  EXPECT_EQ(run("r0 = *(u64 *)(r1 + 0)", start), 0x1122334455667788U);
  EXPECT_EQ(run("r0 = *(s8 *)(r1 + 0)", start), 0xffffffffffffff88U);
  EXPECT_EQ(run("r0 = *(s16 *)(r1 + 0)", start), 0x7788U);
  set(0x99aabbcc);
  EXPECT_EQ(run("r0 = *(s32 *)(r1 + 0)", start), 0xffffffff99aabbccU);
  EXPECT_EQ(run("r0 = *(u8 *)(r1 + 1)", static_cast<std::uint32_t>(start)), 0xbbU) << "by the lower half";
  EXPECT_EQ(errors(), "");
}

TEST_P(ArenaAccess, Stores) {
  EXPECT_EQ(run("r0 = 0; *(u8 *)(r1 + 0) = r2", start, 0xabcd), 0U);
  EXPECT_EQ(get(), 0x11223344556677cdU);
  run("r0 = 0; *(u32 *)(r1 + 4) = 7", start);
  EXPECT_EQ(get(), 0x00000007556677cdU);
}

TEST_P(ArenaAccess, LoadsOfNoPageGiveZeroAndAreReported) {
  for (const char* code : {"r0 = *(u8 *)(r1 + 0)", "r0 = *(s32 *)(r1 + 0)", "r0 = *(u64 *)(r1 - 1)"}) {
    EXPECT_EQ(run(std::string("r0 = 1; ") + code, nowhere), 0U) << code;
    EXPECT_TRUE(errors().starts_with("ERROR: Arena READ access at unmapped address 0x10000009000\nCPU: ") ||
                errors().empty())
        << code;
  }
  run("r0 = *(u8 *)(r1 + 16)", nowhere);
  EXPECT_EQ(errors(),
            "ERROR: Arena READ access at unmapped address 0x10000009010\n"
            "CPU: 0 UID: 22 PID: 11 Comm: tester\nCall trace:\ntest+0x0/0x10\n");
}

TEST_P(ArenaAccess, StoresToNoPageAreDropped) {
  EXPECT_EQ(run("*(u64 *)(r1 - 4) = r2; r0 = 3", nowhere, ~std::uint64_t{0}), 3U);
  EXPECT_EQ(run("r0 = *(u64 *)(r1 - 8)", nowhere), 0U) << "nor partly written";
  run("*(u64 *)(r1 + 0) = r2; r0 = 3", nowhere);
  EXPECT_TRUE(errors().starts_with("ERROR: Arena WRITE access at unmapped address 0x10000009000\n"));
}

TEST_P(ArenaAccess, NothingOutsideOfTheArenaIsTouched) {
  static std::uint64_t victim = 17;
  const std::uint64_t address = reinterpret_cast<std::uint64_t>(&victim);
  EXPECT_EQ(run("r0 = *(u64 *)(r1 + 0); *(u64 *)(r1 + 0) = r2", address, 1), 0U);
  EXPECT_EQ(victim, 17U);
  for (const std::uint64_t edge : {std::uint64_t{0}, std::uint64_t{0xffffffff}, start - 1, start + 4 * 4096}) {
    EXPECT_EQ(run("r0 = *(u8 *)(r1 + 32767)", edge), 0U);
    EXPECT_EQ(run("r0 = *(u8 *)(r1 - 32768)", edge), 0U);
  }
}

TEST_P(ArenaAccess, CastsBetweenAddressSpaces) {
  std::vector<Insn> cast = test::Assembler::assemble("r0 = r1\nexit");
  cast[0].off = engine::address_space_cast;
  const auto cast_to = [&](std::int32_t spaces, std::uint64_t value) {
    runtime::Code code;
    cast[0].imm = spaces;
    code.insns = cast;
    code.maps = {arena};
    program = test::load(std::move(code), GetParam());
    return test::run_of(*program, {program->entry(), {value}, nullptr, services}, GetParam());
  };
  EXPECT_EQ(cast_to(1, start), static_cast<std::uint32_t>(start));
  EXPECT_EQ(cast_to(engine::cast_to_user, static_cast<std::uint32_t>(start)), start);
  EXPECT_EQ(cast_to(engine::cast_to_user, 0), 0U) << "null stays null";
}

TEST(ArenaAccessOf, ProgramsWithoutAnArenaIsRefused) {
  runtime::Code code;
  code.insns = test::Assembler::assemble("r0 = *(u8 *)(r1 + 0)\nexit");
  code.facts.resize(code.insns.size());
  code.facts[0].arena = true;
  EXPECT_EQ(test::load(std::move(code))->executable()->obstacle(), "an access to an unknown arena");
}

// What the verifier lets pass at any address: the registers after an atomic at one that is not its size's multiple.
TEST_P(ArenaAccess, AtomicsAnswerAsElsewhere) {
  struct Case {
    std::int32_t op;
    std::uint64_t r0, r2;  // before
    std::uint64_t memory;  // after, of four bytes
    std::uint64_t r0_after, r2_after;
  };
  const Case cases[] = {
      {atomic_op::add, 1, 2, 12, 1, 2},      {atomic_op::add | atomic_op::fetch, 1, 2, 12, 1, 10},
      {atomic_op::xchg, 1, 2, 2, 1, 10},     {atomic_op::cmpxchg, 10, 2, 2, 10, 2},
      {atomic_op::cmpxchg, 9, 2, 10, 10, 2}, {atomic_op::store_rel, 1, 2, 2, 1, 2},
  };
  for (const Case& c : cases) {
    for (const std::uint64_t offset : {0U, 1U}) {
      const Insn insn{insn_class::stx | engine::arena_mode::atomic | mem_size::w, 1, 2, 0, c.op};
      std::uint64_t registers[reg_count] = {c.r0, start + offset, c.r2};
      const std::uint32_t ten = 10;
      void* const at = arena->access(static_cast<std::int64_t>(8 * 4096 + offset), 4);
      std::memcpy(at, &ten, 4);
      EXPECT_TRUE(engine::access_arena(*arena, insn, registers));
      std::uint32_t memory;
      std::memcpy(&memory, at, 4);
      EXPECT_EQ(memory, c.memory) << c.op << " at " << offset;
      EXPECT_EQ(registers[0], c.r0_after) << c.op << " at " << offset;
      EXPECT_EQ(registers[2], c.r2_after) << c.op << " at " << offset;
    }
  }
}

TEST_P(ArenaAccess, AtomicsOnNoPageClearWhatTheyWouldHaveFetched) {
  struct Case {
    std::int32_t op;
    std::uint64_t r0, r2;  // after; 1 and 2 before
  };
  for (const Case& c :
       {Case{atomic_op::add, 1, 2}, Case{atomic_op::add | atomic_op::fetch, 1, 0}, Case{atomic_op::xchg, 1, 0},
        Case{atomic_op::cmpxchg, 0, 2}, Case{atomic_op::store_rel, 1, 2}}) {
    const Insn insn{insn_class::stx | engine::arena_mode::atomic | mem_size::w, 1, 2, 0, c.op};
    std::uint64_t registers[reg_count] = {1, nowhere, 2};
    EXPECT_FALSE(engine::access_arena(*arena, insn, registers));
    EXPECT_EQ(registers[0], c.r0) << c.op;
    EXPECT_EQ(registers[2], c.r2) << c.op;
  }
}

}  // namespace
}  // namespace skep
