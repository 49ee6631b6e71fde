// Memory that is used again: by its own kind alone, and never twice at once.
#include "memory/spares.hpp"

#include <gtest/gtest.h>

#include <cstdlib>
#include <memory>

namespace skep::memory {
namespace {

TEST(Spares, AreOfOneSizeAndKind) {
  Spares spares;
  const auto kind = std::make_shared<int>(1), other = std::make_shared<int>(2);
  void* const memory = std::malloc(64);
  ASSERT_TRUE(spares.keep(memory, 64, kind));
  EXPECT_EQ(spares.take(64, other.get()), nullptr);
  EXPECT_EQ(spares.take(64, nullptr), nullptr);
  EXPECT_EQ(spares.take(65, kind.get()), nullptr);
  EXPECT_EQ(spares.take(64, kind.get()), memory);
  EXPECT_EQ(spares.take(64, kind.get()), nullptr);
  std::free(memory);
}

// Its address does not come to mean another kind while memory of it is kept.
TEST(Spares, KeepTheirKindAlive) {
  Spares spares;
  auto kind = std::make_shared<int>(1);
  const std::weak_ptr<int> watched = kind;
  ASSERT_TRUE(spares.keep(std::malloc(16), 16, std::move(kind)));
  EXPECT_FALSE(watched.expired());
  std::free(spares.take(16, watched.lock().get()));
  EXPECT_TRUE(watched.expired());
}

TEST(Spares, SayWhenEnoughWaits) {
  Spares spares;
  spares.begin_to_wait(Spares::enough_waiting - 1);
  EXPECT_FALSE(spares.enough_wait());
  spares.begin_to_wait(1);
  EXPECT_TRUE(spares.enough_wait());
  spares.end_to_wait(1);
  EXPECT_FALSE(spares.enough_wait());
}

}  // namespace
}  // namespace skep::memory
