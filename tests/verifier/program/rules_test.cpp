// The verifier answers as the rules that it is given say: each row is a program that the reference's rules allow, and
// one fact changed.
#include "support/verify.hpp"

namespace skep::test {
namespace {

struct Changed {
  const char* about;
  const char* text;
  void (*change)(Rules& rules);
  const char* message;  // with the change
  ProgType type = ProgType::socket_filter;
};

constexpr const char* nine_frames =
    "call a; exit; a: call b; exit; b: call c; exit; c: call d; exit; d: call e; exit; e: call f; exit;"
    "f: call g; exit; g: call h; exit; h: r0 = 0; exit";
constexpr const char* two_large_frames =
    "*(u64 *)(r10 -400) = 0; call a; exit; a: *(u64 *)(r10 -400) = 0; r0 = 0; exit";

const Changed rows[] = {
    {"instructions that are walked", "r0 = 0; r0 += 1; r0 += 1; exit", [](Rules& r) { r.limits.insns_walked = 3; },
     "BPF program is too large. Processed 4 insn"},
    {"branches that wait", "r0 = *(u32 *)(r1 +0); if r0 > 1 goto +1; r0 = 1; r0 = 0; exit",
     [](Rules& r) { r.limits.branches_waiting = 0; }, "The sequence of 1 jumps is too complex."},
    {"functions in each other", nine_frames, [](Rules& r) { r.limits.call_frames = 8; },
     "the call stack of 9 frames is too deep"},
    {"stacks of their own", two_large_frames, [](Rules& r) { r.private_stacks = false; },
     "combined stack size of 2 calls is 800. Too large", ProgType::kprobe},
    {"byte swap", "r0 = 1; r0 = bswap16 r0; exit", [](Rules& r) { r.instructions.sign_extension = false; },
     "unknown opcode d7"},
    {"long goto", "r0 = 1; gotol +0; exit", [](Rules& r) { r.instructions.sign_extension = false; },
     "unknown opcode 06"},
    {"signed load", "*(u64 *)(r10 -8) = 1; r0 = *(s8 *)(r10 -8); exit",
     [](Rules& r) { r.instructions.sign_extension = false; }, "unknown opcode 91"},
    {"signed move", "r0 = 1; r0 = (s8)r0; exit", [](Rules& r) { r.instructions.sign_extension = false; },
     "BPF_MOV uses reserved fields"},
    {"signed division", "r0 = 1; r0 s/= 2; exit", [](Rules& r) { r.instructions.sign_extension = false; },
     "BPF_ALU uses reserved fields"},
    {"may_goto", "r0 = 0; may_goto +0; exit", [](Rules& r) { r.instructions.may_goto = false; }, "unknown opcode e5"},
    {"load-acquire", "*(u64 *)(r10 -8) = 1; r0 = load_acquire((u64 *)(r10 -8)); exit",
     [](Rules& r) { r.instructions.ordered_access = false; }, "BPF_ATOMIC uses invalid atomic opcode 100"},
    {"a helper", "call 125; r0 = 0; exit", [](Rules& r) { r.release = {5, 7}; }, "invalid func unknown#125"},
};

TEST(Rules, OneFactChangedIsAnotherAnswer) {
  for (const Changed& row : rows) {
    expect({row.about, row.text, "", row.type});
    Rules rules = reference_rules();
    row.change(rules);
    const auto output = verify_text({.text = row.text, .type = row.type, .rules = &rules});
    SCOPED_TRACE(row.about);
    EXPECT_NE(output.error, 0);
    ASSERT_TRUE(output.refusal);
    EXPECT_EQ(last_line(output.refusal->message), row.message);
  }
}

// Where 7.3 refuses too, in other words.
TEST(Rules, InstructionsOfArenasAndJumpTables) {
  struct Row {
    const char* text;
    bool Rules::Instructions::* fact;
    const char* with;
    const char* without;
  };
  const Row words[] = {
      {"r0 = 1; r0 = addr_space_cast(r0, 0, 1); exit", &Rules::Instructions::address_space_cast,
       "addr_space_cast insn can only be used in a program that has an associated arena",
       "BPF_MOV uses reserved fields"},
      {"r0 = 0; gotox r0; exit", &Rules::Instructions::indirect_jump, "no jump tables found for subprog starting at 0",
       "unknown opcode 0d"},
  };
  for (const Row& row : words) {
    expect({row.text, row.text, row.with});
    Rules rules = reference_rules();
    rules.instructions.*row.fact = false;
    const auto output = verify_text({.text = row.text, .rules = &rules});
    ASSERT_TRUE(output.refusal) << row.text;
    EXPECT_EQ(last_line(output.refusal->message), row.without);
  }
}

TEST(Rules, RefusalsAreExplainedOrNot) {
  const Program program{.text = "r0 = r2; exit", .log_level = 1};
  const auto explained = verify_text(program);
  ASSERT_TRUE(explained.refusal);
  EXPECT_NE(explained.refusal->reason, "");
  EXPECT_NE(explained.log.find("Verification failed:"), std::string::npos);
  Rules rules = reference_rules();
  rules.explains_refusals = false;
  Program other = program;
  other.rules = &rules;
  const auto plain = verify_text(other);
  ASSERT_TRUE(plain.refusal);
  EXPECT_EQ(plain.refusal->message, explained.refusal->message);
  EXPECT_EQ(plain.refusal->reason, "");
  EXPECT_EQ(plain.log.find("Verification failed:"), std::string::npos);
}

TEST(Rules, StatesAreKeptAsOftenAsTheySay) {
  constexpr const char* text = "r0 = 0; r2 = 30; l: r0 += 1; r2 += -1; if r2 != 0 goto l; r0 = 0; exit";
  Rules rules = reference_rules();
  rules.pruning.min_jumps = rules.pruning.min_insns = rules.pruning.min_jumps_in_loop = 0;
  rules.pruning.min_insns_in_loop = 0;
  EXPECT_GT(verify_text({.text = text, .rules = &rules}).statistics.total_states,
            verify_text({.text = text}).statistics.total_states);
}

TEST(Rules, MayGotoTakesOfTheStackWhatTheySay) {
  constexpr const char* text = "r0 = 0; may_goto +0; exit";
  Rules rules = reference_rules();
  const auto stack_line = [&](std::uint32_t bytes) {
    rules.may_goto_stack = bytes;
    const auto output = verify_text({.text = text, .log_level = 4, .rules = &rules});
    const auto at = output.log.find(" stack ", output.log.find("subprog 0"));
    return output.log.substr(at, output.log.find('\n', at) - at);
  };
  EXPECT_EQ(stack_line(16), " stack 16");
  EXPECT_EQ(stack_line(8), " stack 8");
}

TEST(Rules, ProgramsAtKprobesMayUseMapsWithWorkOrNot) {
  const auto verify = [](const Rules& rules) {
    FakeResolver resolver;
    auto record = std::make_shared<btf::Record>();
    record->mask = btf::field_mask(btf::FieldKind::wq);
    resolver.add(hash_map, MapType::hash, "work", 4, 16).record = record;
    const auto insns = assemble("r1 = map 3; r0 = 0; exit");
    verifier::Input input;
    input.rules = &rules;
    input.type = progtypes::find(ProgType::kprobe);
    input.insns = insns;
    input.resolver = &resolver;
    const auto output = verifier::verify(input);
    return output.refusal ? output.refusal->message : std::string("accepted");
  };
  Rules rules = reference_rules();
  EXPECT_EQ(verify(rules), "accepted");
  rules.work_in_tracing = false;
  EXPECT_EQ(verify(rules), "tracing progs cannot use bpf_wq yet");
}

TEST(Rules, NoReleaseHasMoreCallFramesThanStatesHold) {
  for (const Rules* rules : all_rules()) EXPECT_LE(rules->limits.call_frames, max_call_frames);
}

}  // namespace
}  // namespace skep::test
