// Instructions as text.
#include "verifier/report/disasm.hpp"

#include <gtest/gtest.h>

namespace skep::verifier {
namespace {

struct Row {
  Insn insn;
  const char* text;
  std::uint64_t wide = 0;
  const char* callee = "";
};

constexpr Row rows[] = {
    {{.code = 0xb7, .dst = 1, .imm = -3}, "(b7) r1 = -3"},
    {{.code = 0xb4, .dst = 0, .imm = 1}, "(b4) w0 = 1"},
    {{.code = 0xbf, .dst = 6, .src = 1}, "(bf) r6 = r1"},
    {{.code = 0xbf, .dst = 0, .src = 10, .off = 8}, "(bf) r0 = (s8)r10"},
    {{.code = 0xbf, .dst = 1, .src = 2, .off = 1, .imm = 1}, "(bf) r1 = addr_space_cast(r2, 0, 1)"},
    {{.code = 0x07, .dst = 2, .imm = -4}, "(07) r2 += -4"},
    {{.code = 0x0c, .dst = 1, .src = 0}, "(0c) w1 += w0"},
    {{.code = 0x3f, .dst = 1, .src = 2, .off = 1}, "(3f) r1 s/= r2"},
    {{.code = 0xc7, .dst = 1, .imm = 32}, "(c7) r1 s>>= 32"},
    {{.code = 0x87, .dst = 3}, "(87) r3 = -r3"},
    {{.code = 0xdc, .dst = 1, .imm = 16}, "(dc) r1 = be16 r1"},
    {{.code = 0xd7, .dst = 1, .imm = 64}, "(d7) r1 = bswap64 r1"},
    {{.code = 0x61, .dst = 1, .src = 1, .off = 12}, "(61) r1 = *(u32 *)(r1 +12)"},
    {{.code = 0x81, .dst = 1, .src = 10, .off = -4}, "(81) r1 = *(s32 *)(r10 -4)"},
    {{.code = 0x6a, .dst = 10, .off = -20, .imm = 7}, "(6a) *(u16 *)(r10 -20) = 7"},
    {{.code = 0x7b, .dst = 0, .src = 1}, "(7b) *(u64 *)(r0 +0) = r1"},
    {{.code = 0xdb, .dst = 1, .src = 2, .off = 8}, "(db) lock *(u64 *)(r1 +8) += r2"},
    {{.code = 0xc3, .dst = 1, .src = 2, .imm = 0x41}, "(c3) r2 = atomic_fetch_or((u32 *)(r1 +0), r2)"},
    {{.code = 0xdb, .dst = 1, .src = 2, .imm = 0xf1}, "(db) r0 = atomic64_cmpxchg((u64 *)(r1 +0), r0, r2)"},
    {{.code = 0xdb, .dst = 1, .src = 2, .imm = 0x100}, "(db) r1 = load_acquire((u64 *)(r2 +0))"},
    {{.code = 0x20, .imm = 14}, "(20) r0 = *(u32 *)skb[14]"},
    {{.code = 0x18, .dst = 2, .imm = 6}, "(18) r2 = 0x6", 6},
    {{.code = 0x15, .dst = 0, .off = 8}, "(15) if r0 == 0x0 goto pc+8"},
    {{.code = 0xa6, .dst = 1, .off = 1, .imm = 64}, "(a6) if w1 < 0x40 goto pc+1"},
    {{.code = 0x2d, .dst = 3, .src = 2, .off = 4}, "(2d) if r3 > r2 goto pc+4"},
    {{.code = 0x65, .dst = 0, .off = 1, .imm = -1}, "(65) if r0 s> 0xffffffff goto pc+1"},
    {{.code = 0x05, .off = -3}, "(05) goto pc-3"},
    {{.code = 0x06, .imm = 70000}, "(06) gotol pc+70000"},
    {{.code = 0x0d, .dst = 4}, "(0d) gotox r4"},
    {{.code = 0xe5, .off = 2}, "(e5) may_goto pc+2"},
    {{.code = 0x85, .imm = 1}, "(85) call bpf_map_lookup_elem#1", 0, "bpf_map_lookup_elem#1"},
    {{.code = 0x95}, "(95) exit"},
};

TEST(Disassemble, Rows) {
  for (const Row& row : rows) EXPECT_EQ(disassemble(row.insn, row.wide, row.callee), row.text);
}

}  // namespace
}  // namespace skep::verifier
