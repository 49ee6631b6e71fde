// Instructions that runs execute, by line.
#include "testbench/run_profile.hpp"

#include <gmock/gmock.h>

#include "kernel/testing.hpp"
#include "testbench/support.hpp"
#include "testbench/walk_profile.hpp"

namespace skep::testbench {
namespace {

using testing::HasSubstr;

class RunProfileTest : public testing::Test {
 protected:
  void SetUp() override { observe_runs(*bench.kernel, &profile); }
  void TearDown() override { observe_runs(*bench.kernel, nullptr); }
  RunProfile profile;
  test::Bench bench;
};

TEST_F(RunProfileTest, CountsInstructionsOfEachLine) {
  ASSERT_TRUE(bench.program("filter").run({.packet = test::udp_packet()}));
  const auto once = profile.stacks();
  ASSERT_FALSE(once.empty());
  for (const auto& [stack, count] : once) {
    EXPECT_THAT(stack, HasSubstr("filter;filter;bench.bpf.c:")) << "its inlined functions are its own";
    EXPECT_GT(count, 0U);
  }
  ASSERT_TRUE(bench.program("filter").run({.packet = test::udp_packet()}));
  EXPECT_GT(walked(profile.stacks()), walked(once));
  const auto lines = by_line(profile.stacks());
  for (std::size_t i = 1; i < lines.size(); ++i) EXPECT_GE(lines[i - 1].second, lines[i].second);
  profile.forget();
  EXPECT_TRUE(profile.stacks().empty());
}

// As programs are: "r0 = 1; call f; call f; exit", and f, of two instructions.
TEST(RunProfiles, PutFunctionsBehindTheirCallers) {
  runtime::Code code;
  code.name = "program";
  code.insns.resize(6);
  for (auto& insn : code.insns) insn.code = insn_class::alu64 | alu_op::mov;
  code.insns[3].code = code.insns[5].code = insn_class::jmp | jmp_op::exit;
  code.facts.resize(code.insns.size());
  for (std::uint32_t i = 0; i < code.facts.size(); ++i) code.facts[i].original = i;
  code.subprograms = {{nullptr, 0, "program", 0, 4, 0}, {nullptr, 1, "f", 4, 6, 0}};
  const auto program = runtime::Program::make(std::move(code));
  RunProfile profile;
  const auto run = [&](std::initializer_list<std::uint32_t> pcs) {
    for (const std::uint32_t pc : pcs) profile.instruction(*program, pc, {});
  };
  run({0, 1, 4, 5, 2, 4, 5, 3});
  run({0, 1, 4});  // it is stopped there
  run({0, 1, 4, 5, 2, 4, 5, 3});
  run({4, 5});  // a callback, from elsewhere
  const std::map<std::string, std::uint64_t> expected = {
      {"program;program;instruction 0", 3},
      {"program;program;instruction 1", 3},
      {"program;program;instruction 1;f;instruction 4", 3},
      {"program;program;instruction 1;f;instruction 5", 2},
      {"program;program;instruction 2", 2},
      {"program;program;instruction 2;f;instruction 4", 2},
      {"program;program;instruction 2;f;instruction 5", 2},
      {"program;program;instruction 3", 2},
      {"program;f;instruction 4", 1},
      {"program;f;instruction 5", 1},
  };
  EXPECT_EQ(profile.stacks(), expected);
}

}  // namespace
}  // namespace skep::testbench
