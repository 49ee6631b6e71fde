// Waits for locks that end, and those that cannot.
#include "runtime/lock_waits.hpp"

#include <gtest/gtest.h>

namespace skep::runtime {
namespace {

constexpr std::uint64_t a = 0x1000, b = 0x2000;
const auto holds_nothing = [](std::uint64_t) { return false; };
const auto holds_a = [](std::uint64_t lock) { return lock == a; };

TEST(LockWaits, TellsWhoHoldsWhatItsHolderWaitsFor) {
  LockWaits waits(2);
  EXPECT_EQ(waits.wait(1, a, 0, 0, holds_nothing), 0);  // CPU 1 holds b and waits for a
  EXPECT_EQ(waits.wait(0, b, 1, 0, holds_a), -EDEADLK);
  EXPECT_EQ(waits.wait(1, a, 0, 0, holds_nothing), 0);  // it is not told so for an answer that was given
}

TEST(LockWaits, TellsNobodyWhoseHolderWaitsForAnother) {
  LockWaits waits(3);
  EXPECT_EQ(waits.wait(1, a, 2, 0, holds_nothing), 0);
  EXPECT_EQ(waits.wait(0, b, 1, 0, holds_nothing), 0);
}

TEST(LockWaits, HasPatience) {
  LockWaits waits(2);
  EXPECT_EQ(waits.wait(0, a, 1, 1000, holds_nothing), 0);
  EXPECT_EQ(waits.wait(0, a, 1, 1000 + LockWaits::patience_ns - 1, holds_nothing), 0);
  EXPECT_EQ(waits.wait(0, a, 1, 1000 + LockWaits::patience_ns, holds_nothing), -ETIMEDOUT);
  // Anew from the next time on, and for another lock.
  EXPECT_EQ(waits.wait(0, a, 1, 2 * LockWaits::patience_ns, holds_nothing), 0);
  EXPECT_EQ(waits.wait(0, b, 1, 4 * LockWaits::patience_ns, holds_nothing), 0);
}

TEST(LockWaits, ForgetsTheWaitOfWhoHasTakenALock) {
  LockWaits waits(2);
  EXPECT_EQ(waits.wait(1, a, 0, 0, holds_nothing), 0);
  waits.taken(1);
  EXPECT_EQ(waits.wait(0, b, 1, 0, holds_a), 0);
}

}  // namespace
}  // namespace skep::runtime
