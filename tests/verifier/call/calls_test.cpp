// Calls of helpers and of the program's own functions: what is refused, in which words, and what is accepted.
#include "support/verify.hpp"

namespace skep::test {
namespace {

// r1 = the value of hash map 3's element, or the program ends.
#define LOOKUP            \
  "*(u64 *)(r10 -8) = 0;" \
  "r2 = r10; r2 += -8;"   \
  "r1 = map 3;"           \
  "call 1;"               \
  "if r0 != 0 goto +2;"   \
  "r0 = 0; exit;"

TEST(Helpers, WhoMayCallWhat) {
  const Row rows[] = {
      {"a number that no helper has", "call 1234567; exit", "invalid func unknown#1234567"},
      {"a helper of another program type", "r2 = 0; r3 = 0; r4 = 0; call 44; r0 = 0; exit",
       "program of this type cannot use helper bpf_xdp_adjust_head#44"},
      {"a helper of this type", "call 5; r0 = 0; exit"},
  };
  for (const Row& row : rows) expect(row);
}

TEST(Helpers, ArgumentsAreOfTheKindThatIsAsked) {
  const Row rows[] = {
      {"a number for a map", "r1 = 0; r2 = r10; call 1; r0 = 0; exit", "R1 type=scalar expected=map_ptr"},
      {"a number for a key", "r2 = 8; r1 = map 3; call 1; r0 = 0; exit",
       "R2 type=scalar expected=fp, pkt, pkt_meta, map_key, map_value, mem, ringbuf_mem, buf, trusted_ptr_, ctx"},
      {"an argument that was never set", "r1 = map 3; call 1; r0 = 0; exit", "R2 !read_ok"},
      {"a map for a number of bytes", "r1 = r10; r1 += -8; r2 = map 3; call 16; r0 = 0; exit",
       "R2 type=map_ptr expected=scalar"},
      {"registers are lost in a call", "r6 = r1; call 5; r0 = r1; exit", "R1 !read_ok"},
      {"those that are saved are kept", "r6 = 1; call 5; r0 = r6; exit"},
  };
  for (const Row& row : rows) expect(row);
}

TEST(Helpers, ConstantKeysOfArraysGiveElements) {
  const Row rows[] = {
      {"a key below the array's length",
       "*(u64 *)(r10 -8) = 0; r2 = r10; r2 += -4; r1 = map 4; call 1;"
       "r0 = *(u64 *)(r0 +0); r0 = 0; exit"},
      {"one beyond",
       "*(u32 *)(r10 -8) = 1; r2 = r10; r2 += -8; r1 = map 4; call 1;"
       "r0 = *(u64 *)(r0 +0); r0 = 0; exit",
       "R0 invalid mem access 'map_value_or_null'"},
      {"a hash may not have it",
       "*(u64 *)(r10 -8) = 0; r2 = r10; r2 += -8; r1 = map 3; call 1;"
       "r0 = *(u64 *)(r0 +0); r0 = 0; exit",
       "R0 invalid mem access 'map_value_or_null'"},
  };
  for (const Row& row : rows) expect(row);
}

TEST(Helpers, MapsAndTheirHelpers) {
  const Row rows[] = {
      {"a queue's helper on a hash", "*(u64 *)(r10 -48) = 0; r2 = r10; r2 += -48; r1 = map 3; call 88; r0 = 0; exit",
       "cannot pass map_type 1 into func bpf_map_pop_elem#88"},
      {"an element's value", LOOKUP "r0 = *(u64 *)(r0 +40); r0 = 0; exit"},
      {"one byte too far", LOOKUP "r0 = *(u8 *)(r0 +48); r0 = 0; exit",
       "R0 min value is outside of the allowed memory range"},
  };
  for (const Row& row : rows) expect(row);
}

TEST(Subprograms, FramesAndReturnedPointers) {
  const Row rows[] = {
      {"an argument is passed", "r1 = 7; call f; exit; f: r0 = r1; exit"},
      {"the callee's stack does not outlive it", "call f; r0 = 0; exit; f: r0 = r10; exit",
       "cannot return stack pointer to the caller"},
      {"what the callee does not set", "r6 = 1; call f; r0 = 0; exit; f: r0 = r6; exit", "R6 !read_ok"},
      {"arguments are the callee's", "r1 = 1; call f; r0 = r1; exit; f: r0 = 0; exit", "R1 !read_ok"},
  };
  for (const Row& row : rows) expect(row);
}

}  // namespace
}  // namespace skep::test
