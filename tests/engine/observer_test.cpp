// What an observer sees of a run, in order; and that it changes nothing.
#include "runtime/observer.hpp"

#include <gtest/gtest.h>

#include <string>

#include "support/run.hpp"

namespace skep {
namespace {

class Scribe final : public runtime::RunObserver {
 public:
  void instruction(const runtime::Program&, std::uint32_t pc, std::span<const std::uint64_t> registers) override {
    EXPECT_EQ(registers.size(), reg_count);
    text += std::to_string(pc) + " ";
  }
  void branch(const runtime::Program&, std::uint32_t, bool taken) override { text += taken ? "taken " : "not-taken "; }
  void access(const runtime::Program&, std::uint32_t, const Access& access) override {
    text += access.reads && access.writes ? "both" : access.reads ? "reads" : "writes";
    text += std::to_string(access.size) + (access.atomic ? "a" : "") + "@" +
            std::to_string(static_cast<std::int64_t>(access.address - base)) + " ";
  }
  void call(const runtime::Program&, std::uint32_t, const std::array<std::uint64_t, 5>& arguments) override {
    text += "call(" + std::to_string(arguments[0]) + ") ";
  }
  std::uint64_t base = 0;
  std::string text;
};

runtime::CallResult twice(runtime::CallEnv&, std::uint64_t a, std::uint64_t, std::uint64_t, std::uint64_t,
                          std::uint64_t) {
  return runtime::CallResult::of(2 * a);
}
const std::vector<calls::Helper> helpers = {{.id = 1, .name = "twice", .fn = twice}};

struct Case {
  const char* code;
  const char* seen;
};

TEST(Observer, SeesInstructionsBranchesAccessesAndCalls) {
  const Case cases[] = {
      {"r0 = 1; exit", "0 1 "},
      {"r0 = *(u32 *)(r1 + 4); exit", "0 reads4@4 1 "},
      {"*(u16 *)(r1 + 2) = 5; r0 = 0; exit", "0 writes2@2 1 2 "},
      {"r2 = 1; lock *(u64 *)(r1 + 8) += r2; r0 = 0; exit", "0 1 both8a@8 2 3 "},
      {"r0 = load_acquire((u32 *)(r1 + 0)); exit", "0 reads4a@0 1 "},
      {"r0 = 7; if r0 == 7 goto +1; r0 = 8; exit", "0 1 taken 3 "},
      {"r0 = 7; if w0 s< -1 goto +1; r0 = 8; exit", "0 1 not-taken 2 3 "},
      {"r1 = 21; call 1; exit", "0 1 call(21) 2 "},
      {"call f; exit\nf: r0 = 3; exit", "0 2 3 1 "},
  };
  for (const Case& c : cases) {
    test::FixedServices services;
    const auto program = test::make_program(c.code, helpers);
    ASSERT_EQ(program->executable()->obstacle(), "") << c.code;
    std::array<std::uint64_t, 2> plain_memory = {3, 4}, memory = {3, 4};
    engine::Execution plain(
        {program->entry(), {reinterpret_cast<std::uint64_t>(plain_memory.data())}, nullptr, services});
    const std::uint64_t result = test::finish(plain);
    for (const std::uint64_t budget : {async::unlimited, std::uint64_t{1}}) {
      memory = {3, 4};
      Scribe scribe;
      scribe.base = reinterpret_cast<std::uint64_t>(memory.data());
      engine::Execution observed(
          {.entry = program->entry(), .arguments = {scribe.base}, .services = services, .observer = &scribe});
      EXPECT_EQ(test::finish(observed, budget), result) << c.code;
      EXPECT_EQ(scribe.text, c.seen) << c.code << " with budget " << budget;
      EXPECT_EQ(memory, plain_memory) << c.code;
      EXPECT_EQ(observed.instructions(), plain.instructions()) << c.code;
    }
  }
}

}  // namespace
}  // namespace skep
