// Maps of programs take only programs that could call one another: what runs in one context must not be handed another.
#include <gtest/gtest.h>

#include <cerrno>
#include <string>

#include "support/asm.hpp"
#include "support/commands.hpp"

namespace skep::test {
namespace {

class ProgramFamilies : public testing::Test {
 protected:
  int program(ProgType type) { return bpf_.load(type, Assembler::assemble("r0 = 0; exit")); }
  // One that tail-calls through the map: it uses it.
  int caller(ProgType type, int map) {
    return bpf_.load(type, Assembler::assemble("r2 = map " + std::to_string(map) + "; r3 = 0; call 12; r0 = 0; exit"));
  }
  int programs() { return bpf_.map(MapType::prog_array, 4, 4, 4); }

  std::unique_ptr<Kernel> kernel_ = make_kernel();
  Bpf bpf_{*kernel_, {}};
};

TEST_F(ProgramFamilies, TheFirstProgramInAMapSettlesWhatItTakes) {
  const int map = programs();
  EXPECT_EQ(bpf_.update(map, 0, program(ProgType::xdp)), 0);
  EXPECT_EQ(bpf_.update(map, 1, program(ProgType::xdp)), 0);
  EXPECT_EQ(bpf_.update(map, 1, program(ProgType::sched_cls)), -EINVAL);
  EXPECT_EQ(bpf_.erase(map, 0), 0);
  EXPECT_EQ(bpf_.erase(map, 1), 0);
  EXPECT_EQ(bpf_.update(map, 0, program(ProgType::socket_filter)), -EINVAL) << "an empty map stays what it was";
}

TEST_F(ProgramFamilies, SoDoesTheFirstThatUsesIt) {
  const int map = programs();
  ASSERT_GE(caller(ProgType::socket_filter, map), 0) << bpf_.log;
  EXPECT_EQ(bpf_.update(map, 0, program(ProgType::xdp)), -EINVAL);
  EXPECT_EQ(bpf_.update(map, 0, program(ProgType::socket_filter)), 0);
  EXPECT_EQ(caller(ProgType::xdp, map), -EINVAL);
  EXPECT_GE(caller(ProgType::socket_filter, map), 0);
}

}  // namespace
}  // namespace skep::test
