// Accounts: what is taken and given back, the limit, and charges that end with their owner.
#include "memory/account.hpp"

#include <gtest/gtest.h>

namespace skep::memory {
namespace {

TEST(Account, TakesUpToItsLimit) {
  Account account(100);
  EXPECT_TRUE(account.take(60));
  EXPECT_FALSE(account.take(41));
  EXPECT_TRUE(account.take(40));
  EXPECT_FALSE(account.take(1));
  EXPECT_FALSE(account.take(~std::uint64_t{0}));
  EXPECT_EQ(account.used(), 100U);
  account.give(70);
  EXPECT_TRUE(account.take(10));
  EXPECT_EQ(account.used(), 40U);
  EXPECT_EQ(account.peak(), 100U);
  EXPECT_EQ(account.refused(), 3U);
}

TEST(Account, WithoutALimitCounts) {
  Account account;
  EXPECT_TRUE(account.take(std::uint64_t{1} << 40));
  EXPECT_EQ(account.used(), std::uint64_t{1} << 40);
}

TEST(Charge, EndsWithItsOwner) {
  const auto account = std::make_shared<Account>(100);
  {
    Charge charge;
    EXPECT_TRUE(charge.take(account, 30));
    EXPECT_TRUE(charge.take(account, 30));
    EXPECT_FALSE(charge.take(account, 50));
    charge.give(10);
    EXPECT_EQ(account->used(), 50U);
    const Charge moved = std::move(charge);
    EXPECT_EQ(account->used(), 50U);
  }
  EXPECT_EQ(account->used(), 0U);
  Charge nobodys;
  EXPECT_TRUE(nobodys.take(nullptr, 1000));
}

}  // namespace
}  // namespace skep::memory
