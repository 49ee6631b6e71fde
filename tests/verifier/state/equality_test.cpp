// When one register or slot covers another: (old, now, whether).
#include "verifier/state/equality.hpp"

#include <gtest/gtest.h>

namespace skep::verifier {
namespace {

RegState range(std::uint64_t min, std::uint64_t max, bool precise, std::uint32_t id = 0) {
  RegState reg;
  reg.mark_unknown();
  reg.r = Scalar::from_range_u64(min, max);
  reg.precise = precise;
  reg.id = id;
  return reg;
}
RegState pointer(RegType type, std::uint64_t offset, std::uint32_t id = 0) {
  RegState reg;
  reg.mark_pointer(type);
  reg.r = Scalar::constant(offset);
  reg.id = id;
  return reg;
}
RegState packet(std::uint32_t known) {
  RegState reg = pointer(RegType::packet, 0);
  reg.range = known;
  return reg;
}

struct RegRow {
  const char* about;
  RegState old, now;
  Exactness exactness;
  bool covers;
};

TEST(Covers, Registers) {
  using enum Exactness;
  const RegRow rows[] = {
      {"what decided nothing may be anything", range(1, 1, false), range(7, 9, false), not_exact, true},
      {"in a loop ranges must fit", range(1, 1, false), range(7, 9, false), range_within, false},
      {"a precise range covers one inside", range(0, 9, true), range(3, 4, false), not_exact, true},
      {"and none beyond", range(0, 9, true), range(3, 10, false), not_exact, false},
      {"exact is exact", range(0, 9, false), range(0, 8, false), exact, false},
      {"unread before", RegState{}, range(0, 9, false), not_exact, true},
      {"a number is no pointer", range(0, 9, false), pointer(RegType::ctx, 0), not_exact, false},
      {"a pointer at the same offset", pointer(RegType::map_value, 8), pointer(RegType::map_value, 8), not_exact, true},
      {"at another", pointer(RegType::map_value, 8), pointer(RegType::map_value, 16), not_exact, false},
      {"packet bytes: more are known now", packet(14), packet(20), not_exact, true},
      {"packet bytes: fewer are known now", packet(14), packet(8), not_exact, false},
      {"linked before, alone now", range(0, 9, true, 5), range(0, 9, true), not_exact, true},
      {"alone before, linked now", range(0, 9, true), range(0, 9, true, 5), not_exact, true},
  };
  for (const RegRow& row : rows) {
    SCOPED_TRACE(row.about);
    IdMap ids;
    ids.reset(100);
    EXPECT_EQ(reg_covers(row.old, row.now, ids, row.exactness), row.covers);
  }
}

TEST(Covers, LinksMustCorrespond) {
  IdMap ids;
  ids.reset(100);
  EXPECT_TRUE(reg_covers(range(0, 9, true, 1), range(0, 9, true, 4), ids, Exactness::not_exact));
  EXPECT_TRUE(reg_covers(range(0, 9, true, 1), range(0, 9, true, 4), ids, Exactness::not_exact));
  EXPECT_FALSE(reg_covers(range(0, 9, true, 1), range(0, 9, true, 5), ids, Exactness::not_exact));
  EXPECT_FALSE(reg_covers(range(0, 9, true, 2), range(0, 9, true, 4), ids, Exactness::not_exact));
  // Two that were linked before and are not now: each gets an identity of its own.
  EXPECT_TRUE(reg_covers(range(0, 9, true, 7), range(0, 9, true), ids, Exactness::not_exact));
  EXPECT_FALSE(reg_covers(range(0, 9, true, 7), range(0, 9, true), ids, Exactness::not_exact));
}

TEST(Covers, PacketPointersKeepTheirDistance) {
  const auto at = [](std::uint64_t min, std::uint64_t max) {
    RegState reg = packet(0);
    reg.id = 1;
    reg.r = Scalar::from_range_u64(min, max);
    return reg;
  };
  const auto covers = [](std::array<RegState, 2> old, std::array<RegState, 2> now) {
    IdMap ids;
    ids.reset(100);
    return reg_covers(old[0], now[0], ids, Exactness::not_exact) &&
           reg_covers(old[1], now[1], ids, Exactness::not_exact);
  };
  EXPECT_TRUE(covers({at(0, 15), at(8, 23)}, {at(0, 15), at(8, 23)}));
  EXPECT_TRUE(covers({at(0, 15), at(8, 23)}, {at(0, 7), at(8, 15)}));
  EXPECT_FALSE(covers({at(0, 15), at(8, 23)}, {at(0, 7), at(8, 23)})) << "the second was 8 beyond the first";
  EXPECT_FALSE(covers({at(0, 15), at(8, 23)}, {at(4, 11), at(12, 19)})) << "they begin elsewhere";
}

// A slot by its bytes as the log prints them: ? nothing, m unknown, 0 zero, r a register.
StackSlot slot(std::string_view bytes, RegState spilled = {}) {
  StackSlot result;
  for (std::size_t i = 0; i < 8; ++i) {
    switch (bytes[i]) {
      case 'm':
        result.types[i] = SlotType::misc;
        break;
      case '0':
        result.types[i] = SlotType::zero;
        break;
      case 'r':
        result.types[i] = SlotType::spill;
        break;
      case 'p':
        result.types[i] = SlotType::poison;
        break;
      case 'd':
        result.types[i] = SlotType::dynptr;
        break;
      default:
        break;
    }
  }
  result.spilled = spilled;
  return result;
}

TEST(Covers, DeadBytesAreNoObstacleToAnEndlessLoop) {
  Frame old, now;
  old.stack = {slot("pppppppp"), slot("pppprrrr", range(0, 9, true)), slot("????????")};
  now.stack = {slot("pppppppp"), slot("pppprrrr", range(0, 9, true)), slot("pppppppp")};
  IdMap ids;
  ids.reset(100);
  EXPECT_TRUE(stack_covers(old, now, ids, Exactness::exact));
}

struct SlotRow {
  const char* about;
  StackSlot old, now;
  bool covers;
};

TEST(Covers, Slots) {
  RegState local;
  local.dynptr = DynptrKind::local;
  RegState ringbuf;
  ringbuf.dynptr = DynptrKind::ringbuf;
  const SlotRow rows[] = {
      {"dead bytes", slot("pppppppp"), slot("mmmmmmmm"), true},
      {"nothing there before", slot("????????"), slot("rrrrrrrr", pointer(RegType::ctx, 0)), true},
      {"unknown bytes cover a pointer's", slot("mmmmmmmm"), slot("rrrrrrrr", pointer(RegType::ctx, 0)), true},
      {"zeros do not cover unknown bytes", slot("00000000"), slot("mmmmmmmm"), false},
      {"unknown bytes cover zeros", slot("mmmm0000"), slot("00000000"), true},
      {"a spilled number", slot("rrrrrrrr", range(0, 9, true)), slot("rrrrrrrr", range(2, 3, true)), true},
      {"a wider one", slot("rrrrrrrr", range(0, 9, true)), slot("rrrrrrrr", range(0, 99, true)), false},
      {"an imprecise number covers unknown bytes", slot("rrrrrrrr", range(0, 9, false)), slot("mmmmmmmm"), true},
      {"a precise one does not", slot("rrrrrrrr", range(0, 9, true)), slot("mmmmmmmm"), false},
      {"half a slot: an imprecise number covers unknown bytes", slot("pppprrrr", range(0, 9, false)), slot("ppppmmmm"),
       true},
      {"a precise one does not", slot("pppprrrr", range(0, 9, true)), slot("ppppmmmm"), false},
      {"the other half matters", slot("0000rrrr", range(0, 9, false)), slot("mmmmmmmm"), false},
      {"half a slot, zeros and unknown bytes", slot("pppp0000"), slot("ppppmmmm"), false},
      {"a pointer", slot("rrrrrrrr", pointer(RegType::ctx, 0)), slot("mmmmmmmm"), false},
      {"a dynptr", slot("dddddddd", local), slot("dddddddd", local), true},
      {"of another kind", slot("dddddddd", local), slot("dddddddd", ringbuf), false},
      {"no dynptr any more", slot("dddddddd", local), slot("mmmmmmmm"), false},
  };
  for (const SlotRow& row : rows) {
    SCOPED_TRACE(row.about);
    Frame old, now;
    old.stack = {row.old};
    now.stack = {row.now};
    IdMap ids;
    ids.reset(100);
    EXPECT_EQ(stack_covers(old, now, ids, Exactness::not_exact), row.covers);
  }
}

TEST(Covers, CopiesOfAStateShareNothing) {
  State state;
  state.frames.push_back(std::make_unique<Frame>());
  state.current().stack.resize(2);
  State copy = state;
  copy.current().stack[0].types[7] = SlotType::misc;
  copy.reg(3).mark_const(7);
  EXPECT_EQ(state.current().stack[0].types[7], SlotType::invalid);
  EXPECT_TRUE(state.reg(3).is(RegType::not_init));
}

}  // namespace
}  // namespace skep::verifier
