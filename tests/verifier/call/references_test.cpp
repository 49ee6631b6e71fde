// What is taken must be given back, once, on every path: records of ring buffers, as memory and as dynptrs.
#include "support/verify.hpp"

namespace skep::test {
namespace {

#define RESERVE "r1 = map 7; r2 = 16; r3 = 0; call 131;"

TEST(References, RecordsOfRingBuffers) {
  const Row rows[] = {
      {"given back", RESERVE "if r0 == 0 goto out; *(u64 *)(r0 +8) = 1; r1 = r0; r2 = 0; call 132; out: r0 = 0; exit"},
      {"kept", RESERVE "if r0 == 0 goto out; *(u64 *)(r0 +8) = 1; out: r0 = 0; exit",
       "BPF_EXIT instruction in main prog would lead to reference leak"},
      {"given back twice",
       RESERVE "if r0 == 0 goto out; r6 = r0; r1 = r0; r2 = 0; call 132; r1 = r6; r2 = 0; call 132; out: r0 = 0; exit",
       "R1 type=scalar expected=ringbuf_mem"},
      {"used afterwards",
       RESERVE "if r0 == 0 goto out; r6 = r0; r1 = r0; r2 = 0; call 133; r1 = *(u64 *)(r6 +0); out: r0 = 0; exit",
       "R6 invalid mem access 'scalar'"},
      {"not asked whether there is one", RESERVE "r1 = r0; r2 = 0; call 132; r0 = 0; exit",
       "R1 type=ringbuf_mem_or_null expected=ringbuf_mem"},
      {"behind its end", RESERVE "if r0 == 0 goto out; *(u64 *)(r0 +9) = 1; out: r0 = 0; exit",
       "R0 min value is outside of the allowed memory range"},
      {"another address in it", RESERVE "if r0 == 0 goto out; r1 = r0; r1 += 8; r2 = 0; call 132; out: r0 = 0; exit",
       "R1 must have zero offset when passed to release func or trusted arg to kfunc"},
      {"a size that is not known", "r2 = *(u32 *)(r1 +8); r1 = map 7; r3 = 0; call 131; r0 = 0; exit",
       "R2 is not a const"},
      {"in a callee, given back by the caller",
       "call f; if r0 == 0 goto out; r1 = r0; r2 = 0; call 132; out: r0 = 0; exit; f:" RESERVE "exit"},
  };
  for (const Row& row : rows) expect(row);
}

#define DYNPTR "r1 = map_value 4; r2 = 16; r3 = 0; r4 = r10; r4 += -16; call 197;"

TEST(References, Dynptrs) {
  const Row rows[] = {
      {"of a map's value", DYNPTR "r1 = r10; r1 += -16; r2 = 0; r3 = 8; call 203; if r0 == 0 goto out;"
                                  "r1 = *(u64 *)(r0 +0); out: r0 = 0; exit"},
      {"its slice has its own length",
       DYNPTR "r1 = r10; r1 += -16; r2 = 0; r3 = 8; call 203; if r0 == 0 goto out; r1 = *(u64 *)(r0 +1); out: r0 = 0;"
              "exit",
       "R0 min value is outside of the allowed memory range"},
      {"which may be null", DYNPTR "r1 = r10; r1 += -16; r2 = 0; r3 = 8; call 203; r1 = *(u64 *)(r0 +0); r0 = 0; exit",
       "R0 invalid mem access 'mem_or_null'"},
      {"written over", DYNPTR "*(u64 *)(r10 -8) = 0; r1 = r10; r1 += -16; r2 = 0; r3 = 8; call 203; r0 = 0; exit",
       "Expected an initialized dynptr as R1"},
      {"never made", "r1 = r10; r1 += -16; r2 = 0; r3 = 8; call 203; r0 = 0; exit",
       "Expected an initialized dynptr as R1"},
      {"read", DYNPTR "r0 = *(u64 *)(r10 -16); r0 = 0; exit", "invalid read from stack off -16+0 size 8"},
      {"in a ring buffer, kept", "r1 = map 7; r2 = 16; r3 = 0; r4 = r10; r4 += -16; call 198; r0 = 0; exit",
       "BPF_EXIT instruction in main prog would lead to reference leak"},
      {"in a ring buffer, given back",
       "r1 = map 7; r2 = 16; r3 = 0; r4 = r10; r4 += -16; call 198; r1 = r10; r1 += -16; r2 = 0; call 199; r0 = 0; "
       "exit"},
  };
  for (const Row& row : rows) expect(row);
}

}  // namespace
}  // namespace skep::test
