// Territories: what is known of memory, small things and large ones, and what stands beside them.
#include "memory/territory.hpp"

#include <gtest/gtest.h>

#include <vector>

namespace skep::memory {
namespace {

constexpr std::uint64_t base = 0x7f12'3456'7000;
void* at(std::uint64_t address) {
  return reinterpret_cast<void*>(address);
}

TEST(Territory, KnowsWhatWasAddedAndNothingBeside) {
  for (const std::size_t size : {std::size_t{8}, std::size_t{24}, std::size_t{512}, std::size_t{16384},
                                 std::size_t{16392}, std::size_t{1} << 30}) {
    Territory territory;
    EXPECT_FALSE(territory.contains(base, 1));
    territory.add(at(base + 40), size);
    EXPECT_TRUE(territory.contains(base + 40, size)) << size;
    EXPECT_TRUE(territory.contains(base + 40 + size - 1, 1)) << size;
    EXPECT_FALSE(territory.contains(base + 39, 1)) << size;
    EXPECT_FALSE(territory.contains(base + 39, 2)) << size;
    EXPECT_FALSE(territory.contains(base + 40 + size, 1)) << size;
    EXPECT_FALSE(territory.contains(base + 40, size + 1)) << size;
    EXPECT_TRUE(territory.touches(base, 41)) << size;
    EXPECT_TRUE(territory.touches(base + 40 + size - 1, 100)) << size;
    EXPECT_FALSE(territory.touches(base, 40)) << size;
    EXPECT_FALSE(territory.touches(base + 40 + size, 100)) << size;
    territory.remove(at(base + 40), size);
    EXPECT_FALSE(territory.contains(base + 40, 1)) << size;
    EXPECT_FALSE(territory.touches(base, size + 100)) << size;
  }
}

// Of a table of elements, small or large, the links between them are nobody's.
TEST(Territory, KnowsCellsAndNotWhatIsBetween) {
  for (const std::size_t size : {std::size_t{640}, std::size_t{1} << 20}) {
    Territory territory;
    territory.add(at(base), size, {64, 24, 32});
    for (const std::uint64_t cell : {base, base + 64, base + size - 64}) {
      EXPECT_TRUE(territory.contains(cell + 24, 32)) << size;
      EXPECT_TRUE(territory.contains(cell + 55, 1)) << size;
      EXPECT_FALSE(territory.contains(cell + 23, 1)) << size;
      EXPECT_FALSE(territory.contains(cell + 16, 16)) << size;
      EXPECT_FALSE(territory.contains(cell + 24, 33)) << size;
      EXPECT_FALSE(territory.contains(cell + 56, 1)) << size;
      EXPECT_FALSE(territory.contains(cell, 64)) << size;
    }
    territory.remove(at(base), size);
    EXPECT_FALSE(territory.contains(base + 24, 1)) << size;
  }
}

// Over the borders of the tables' words and parts.
TEST(Territory, KnowsThingsSideBySide) {
  Territory territory;
  const std::uint64_t border = 0x7f12'3480'0000;  // 8 MiB
  territory.add(at(border - 16), 16);
  territory.add(at(border), 16);
  EXPECT_TRUE(territory.contains(border - 16, 32));
  territory.remove(at(border - 16), 16);
  EXPECT_FALSE(territory.contains(border - 8, 9));
  EXPECT_TRUE(territory.contains(border, 16));
}

TEST(Territory, AnswersAddressesThatNoProcessHas) {
  Territory territory;
  EXPECT_FALSE(territory.contains(~std::uint64_t{0}, 1));
  EXPECT_FALSE(territory.contains(~std::uint64_t{0} - 3, 8));
  EXPECT_FALSE(territory.contains(0xffff'8000'0000'0000, 8));
  EXPECT_TRUE(territory.contains(~std::uint64_t{0}, 0));
}

TEST(Territory, ForgetsWhatIsHeldWithItsLastHolder) {
  Territory territory;
  territory.hold(at(base), 24);
  territory.hold(at(base), 24);
  territory.let_go(at(base));
  EXPECT_TRUE(territory.contains(base, 24));
  territory.let_go(at(base));
  EXPECT_FALSE(territory.contains(base, 1));
  territory.let_go(at(base));  // nobody holds it: nothing
}

TEST(Claim, EndsWithItsOwner) {
  const auto territory = std::make_shared<Territory>();
  {
    Claim claim(territory, at(base), 64);
    Claim moved;
    moved = std::move(claim);
    EXPECT_TRUE(territory->contains(base, 64));
  }
  EXPECT_FALSE(territory->contains(base, 1));
}

}  // namespace
}  // namespace skep::memory
