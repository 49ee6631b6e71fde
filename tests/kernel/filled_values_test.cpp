// Stack slots that a call fills may hold anything before, dead values too: 7.3 refuses them only where the call asks
// whether a set has the value.
#include "support/asm.hpp"
#include "support/commands.hpp"

namespace skep {
namespace {

class FilledValues : public testing::Test {
 protected:
  // Pushes a value, and lets `call` fill the slot that it stood in.
  int load(int map, int call) {
    const std::string the_map = "r1 = map " + std::to_string(map) + "; r2 = r10; r2 += -8; ";
    return bpf.load(ProgType::xdp,
                    test::Assembler::assemble("*(u64 *)(r10 -8) = 3; " + the_map + "r3 = 0; call 87; " + the_map +
                                              "call " + std::to_string(call) + "; r0 = *(u64 *)(r10 -8); exit"));
  }
  std::unique_ptr<Kernel> kernel = test::make_kernel();
  test::Bpf bpf{*kernel, {}};
};

TEST_F(FilledValues, OfQueuesAndStacksMayBeDeadBefore) {
  for (const MapType type : {MapType::queue, MapType::stack}) {
    const int map = bpf.map(type, 0, 8, 4);
    ASSERT_GE(map, 0);
    for (const int call : {88, 89}) EXPECT_GE(load(map, call), 0) << bpf.log;  // bpf_map_pop_elem, bpf_map_peek_elem
  }
}

TEST_F(FilledValues, OfSetsAreAskedFor) {
  const int map = bpf.map(MapType::bloom_filter, 0, 8, 4);
  ASSERT_GE(map, 0);
  EXPECT_EQ(load(map, 89), -EACCES);
  EXPECT_NE(bpf.log.find("slot poisoned by dead code elimination"), std::string::npos) << bpf.log;
}

}  // namespace
}  // namespace skep
