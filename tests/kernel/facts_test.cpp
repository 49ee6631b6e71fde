// What the verifier proved reaches the engines: a row names a program, one of its instructions as it was loaded, and
// what is known there.
#include "runtime/facts.hpp"

#include "kernel/impl.hpp"
#include "support/asm.hpp"
#include "support/commands.hpp"

namespace skep {
namespace {

class Facts : public testing::Test {
 protected:
  // The facts of the instruction that stood at `original` when the program was loaded; null: it is dead.
  const runtime::InsnFacts* at(const std::string& text, std::uint32_t original) {
    const int fd = bpf.load(ProgType::xdp, test::Assembler::assemble(text));
    EXPECT_GE(fd, 0) << bpf.log;
    int error = 0;
    const auto object = kernel->impl().find<ProgramObject>(static_cast<std::uint32_t>(fd), ObjectKind::program, error);
    if (object == nullptr) return nullptr;
    code = object->code;
    for (const runtime::InsnFacts& facts : code->code().facts)
      if (facts.original == original) return &facts;
    return nullptr;
  }
  const runtime::ArgumentFacts& argument(const runtime::InsnFacts& facts, unsigned number) const {
    return code->code().arguments.at(static_cast<std::size_t>(facts.arguments))[number - 1];
  }
  std::unique_ptr<Kernel> kernel = test::make_kernel();
  test::Bpf bpf{*kernel, {}};
  const int array = bpf.map(MapType::array, 4, 64, 4);
  const int hash = bpf.map(MapType::hash, 4, 64, 4);
  std::shared_ptr<const runtime::Program> code;
};

TEST_F(Facts, OfALookupTheMapAndWhetherItMayFail) {
  const auto lookup = [](int fd, int key) {
    return "*(u32 *)(r10 -8) = " + std::to_string(key) + "; r2 = r10; r2 += -8; r1 = map " + std::to_string(fd) +
           "; call 1; if r0 == 0 goto out; r0 = 1; out: r0 = 2; exit";
  };
  constexpr std::uint32_t call = 5;
  const auto* in_array = at(lookup(array, 3), call);
  ASSERT_NE(in_array, nullptr);
  ASSERT_NE(in_array->map, nullptr);
  EXPECT_EQ(in_array->map->info().type, MapType::array);
  EXPECT_TRUE(in_array->result_not_null) << "a constant index below max_entries";
  EXPECT_TRUE(argument(*in_array, 1).not_null);
  EXPECT_TRUE(argument(*in_array, 2).not_null);
  EXPECT_FALSE(argument(*in_array, 3).not_null) << "no argument of this call";
  const auto* beyond = at(lookup(array, 4), call);
  ASSERT_NE(beyond, nullptr);
  EXPECT_FALSE(beyond->result_not_null);
  const auto* in_hash = at(lookup(hash, 3), call);
  ASSERT_NE(in_hash, nullptr);
  EXPECT_EQ(in_hash->map->info().type, MapType::hash);
  EXPECT_FALSE(in_hash->result_not_null);
}

TEST_F(Facts, OfAnArgumentItsBoundsOnAllPaths) {
  // bpf_get_current_comm is given 8 bytes on one path and 16 on the other.
  const auto* call =
      at("r6 = r1; call 7; r2 = 8; if r0 > 5 goto +1; r2 = 16; r1 = r10; r1 += -16; call 16; r0 = 2; exit", 7);
  ASSERT_NE(call, nullptr);
  ASSERT_GE(call->arguments, 0);
  EXPECT_TRUE(argument(*call, 2).bounded);
  EXPECT_EQ(argument(*call, 2).min, 8U);
  EXPECT_EQ(argument(*call, 2).max, 16U);
  EXPECT_FALSE(argument(*call, 2).constant());
  const auto* constant = at("r1 = r10; r1 += -16; r2 = 16; call 16; r0 = 2; exit", 3);
  ASSERT_NE(constant, nullptr);
  EXPECT_TRUE(argument(*constant, 2).constant());
}

TEST_F(Facts, OfATailCallWhichProgramItNames) {
  const int programs = bpf.map(MapType::prog_array, 4, 4, 4);
  const auto tail_call = [&](const std::string& index) {
    return "r6 = r1; call 7; r3 = r0; r1 = r6; r2 = map " + std::to_string(programs) + "; r3 " + index +
           "; call 12; r0 = 2; exit";
  };
  constexpr std::uint32_t call = 7;
  const auto* constant = at(tail_call("= 2"), call);
  ASSERT_NE(constant, nullptr);
  EXPECT_TRUE(argument(*constant, 3).constant());
  EXPECT_EQ(argument(*constant, 3).min, 2U);
  const auto* any = at(tail_call("&= 3"), call);
  ASSERT_NE(any, nullptr);
  EXPECT_FALSE(argument(*any, 3).constant());
  const auto* beyond = at(tail_call("= 4"), call);
  ASSERT_NE(beyond, nullptr);
  EXPECT_FALSE(argument(*beyond, 3).constant()) << "names no program";
}

TEST_F(Facts, OfDeadBranchesThatTheyAreGone) {
  const auto* alive = at("r1 = 1; if r1 == 1 goto +2; r0 = 5; exit; r0 = 2; exit", 4);
  ASSERT_NE(alive, nullptr);
  EXPECT_EQ(alive->original, 4U);
  for (const runtime::InsnFacts& facts : code->code().facts) {
    EXPECT_NE(facts.original, 2U) << "never reached";
    EXPECT_NE(facts.original, 3U);
  }
}

TEST_F(Facts, OfASubprogramItsStack) {
  ASSERT_NE(at("call f; exit\nf: *(u64 *)(r10 -24) = 1; r0 = 2; exit", 2), nullptr);
  ASSERT_EQ(code->code().subprograms.size(), 2U);
  EXPECT_EQ(code->code().subprograms[1].stack_depth, 24U);
}

}  // namespace
}  // namespace skep
