// Code for another kind of machine: nothing in the lowering may assume the one that the tests run on. It is only
// assembled.
#include <elf.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <cstring>

#include "engine/llvm/object.hpp"
#include "engine/native_code.hpp"
#include "maps/map_types.hpp"
#include "support/run.hpp"

namespace skep {
namespace {

struct Other {
  const char* triple;
  const char* target;
  std::uint16_t machine;
};
constexpr Other others[] = {{"aarch64-linux-gnu", "AArch64", EM_AARCH64}, {"x86_64-linux-gnu", "X86", EM_X86_64}};

// What becomes of a program on each machine: functions with code of that machine.
void expect_assembled(const runtime::Program& program, const std::string& what) {
  for (const Other& other : others) {
    std::string why;
    const std::string object = engine::object_for(other.triple, other.target, program, why);
    if (why.find("was built without " + std::string(other.target)) != std::string::npos) continue;
    ASSERT_GE(object.size(), sizeof(Elf64_Ehdr)) << what << ", " << other.triple << ": " << why;
    Elf64_Ehdr header;
    std::memcpy(&header, object.data(), sizeof header);
    EXPECT_EQ(header.e_machine, other.machine) << what;
    const auto functions = engine::native::functions_of(object);
    ASSERT_FALSE(functions.empty()) << what;
    EXPECT_TRUE(std::ranges::all_of(functions, [](const auto& one) { return one.bytes >= 4; })) << what;
  }
}

struct Row {
  const char* what;
  const char* text;
};
constexpr Row rows[] = {
    {"arithmetic",
     "r0 = r1; r0 += 7; r0 *= r2; r0 /= r3; r0 %= 9; w0 s/= w4; r0 s%= r5; w0 ^= w1; r0 <<= r1; r0 >>= 3; r0 s>>= r2; "
     "w0 <<= 4; r0 |= -1; r0 &= 255; r0 -= r1; r0 = -r0; exit"},
    {"moves and bytes",
     "r0 = (s8)r1; r0 = (s16)r0; r0 = (s32)r0; w0 = w1; r0 = be16 r0; r0 = le32 r0; r0 = bswap64 r0; exit"},
    {"jumps",
     "r0 = 0; if r1 == r2 goto end; if r1 s< -5 goto end; if w1 > 7 goto end; if r1 & 8 goto end; r0 = 1\nend: exit"},
    {"memory",
     "*(u64 *)(r10 -8) = r1; *(u32 *)(r10 -4) = 5; r0 = *(u16 *)(r10 -6); r2 = *(s8 *)(r10 -1); r0 += r2; exit"},
    {"atomics",
     "*(u64 *)(r10 -8) = 0; r2 = 1; lock *(u64 *)(r10 -8) += r2; r2 = atomic64_fetch_add((u64 *)(r10 -8), r2); r0 = 1; "
     "r0 = cmpxchg((u64 *)(r10 -8), r0, r2); r1 = load_acquire((u64 *)(r10 -8)); store_release((u64 *)(r10 -8), r1); "
     "exit"},
    {"a number that is stored where it says",
     "r2 = r1; r2 >>= 28; r2 &= 8; r3 = r10; r3 += -16; r3 += r2; *(u64 *)(r3 +0) = r2; r0 = *(u64 *)(r10 -16); exit"},
    {"a number that is computed with what is where it says",
     "*(u64 *)(r10 -16) = r1; *(u64 *)(r10 -8) = r1; r2 = r1; r2 >>= 28; r2 &= 8; r3 = r10; r3 += -16; r3 += r2; "
     "r0 = *(u64 *)(r3 +0); r2 -= r0; r0 = r2; exit"},
    {"functions", "call f; r0 += 1; exit\nf: r0 = r1; if r1 == 77 goto f; exit"},
    {"endless loops", "r0 = 0\nagain: r0 += 3; may_goto out; goto again\nout: exit"},
    {"packets", "r6 = r1; r0 = *(u32 *)skb[14]; r7 = r0; r0 = *(u16 *)skb[r7 + 4]; exit"},
    {"a lookup",
     "*(u64 *)(r10 -8) = r1; r1 = r2; r2 = r10; r2 += -8; call 1; if r0 == 0 goto out; r0 = *(u32 *)(r0 +0)\nout: "
     "exit"},
    {"a jump to another program", "r2 = r3; r3 = 1; call 12; r0 = 7; exit"},
    {"a loop with a function",
     "r1 = 10; r2 = func f; r3 = r10; r4 = 0; call 181; exit\nf: r0 = 0; if r1 != 5 goto out; r0 = 1\nout: exit"},
};

std::shared_ptr<maps::Map> make_map(MapType type) {
  maps::MapAttributes attributes;
  attributes.info.type = type;
  attributes.info.key_size = type == MapType::hash ? 8 : 4;
  attributes.info.value_size = type == MapType::prog_array ? 4 : 16;
  attributes.info.max_entries = 16;
  return maps::create(attributes).map;
}

TEST(CodeForOtherMachines, IsAssembled) {
  if (!test::has_compiler()) GTEST_SKIP() << "built without LLVM";
  std::vector<calls::Helper> helpers;
  for (const char* name : {"bpf_map_lookup_elem", "bpf_tail_call", "bpf_loop"})
    helpers.push_back(*calls::find_helper(name));
  const std::array maps = {make_map(MapType::array), make_map(MapType::percpu_array), make_map(MapType::hash),
                           make_map(MapType::prog_array)};
  for (const Row& row : rows) {
    for (const auto& map : maps) {
      ASSERT_NE(map, nullptr);
      runtime::Code code = test::make_program(row.text, helpers)->code();
      bool calls_of_maps = false;
      for (auto& facts : code.facts) {
        if (facts.helper == nullptr) continue;
        facts.helper = calls::find_helper(facts.helper->name);
        calls_of_maps |= facts.helper->special != calls::Special::loop;
        facts.map = map.get();
      }
      code.maps = {map};
      expect_assembled(*test::load(std::move(code)), row.what);
      if (!calls_of_maps) break;  // the same for every map
    }
  }
}

TEST(CodeForOtherMachines, IsNotMadeOfWhatLlvmDoesNotKnow) {
  if (!test::has_compiler()) GTEST_SKIP() << "built without LLVM";
  std::string why;
  const auto program = test::make_program("r0 = 0; exit");
  EXPECT_EQ(engine::object_for("pdp11-unknown", "Pdp11", *program, why), "");
  EXPECT_NE(why.find("Pdp11"), std::string::npos) << why;
}

}  // namespace
}  // namespace skep
