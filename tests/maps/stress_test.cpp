// Work items in maps' values from four threads: init, set, start, update, delete, evict; each start is accounted for.
// SKEP_STRESS_SECONDS: for how long in all (1).
#include <chrono>
#include <cstdlib>
#include <random>
#include <thread>

#include "maps/support.hpp"

namespace skep::maps::test {
namespace {

bool has_user(const void* map) {
  return static_cast<const Map*>(map)->has_user_ref();
}

void stress(MapType type, std::uint32_t flags, std::chrono::milliseconds how_long) {
  auto executor = async::make_thread_executor(2);
  auto map = made({.type = type, .value_size = 24, .max_entries = 64, .flags = flags, .field = wq_type});
  const auto end = std::chrono::steady_clock::now() + how_long;
  std::atomic<std::uint64_t> started{0}, ran{0};
  const auto callback = async::test::calling([&] { ran.fetch_add(1); });
  const std::uint32_t key_count = type == MapType::lru_hash ? 128 : 64;
  std::vector<std::thread> threads;
  for (unsigned t = 0; t < 4; ++t) {
    threads.emplace_back([&, t] {
      std::minstd_rand random(t + 1);
      const std::uint8_t value[24] = {};
      while (std::chrono::steady_clock::now() < end) {
        for (int i = 0; i < 64; ++i) {
          const rcu::ReadGuard section;
          const Num key(random() % key_count);
          const auto choice = random() % 16;
          void* element = map->lookup(key, 0);
          if (choice == 15) {
            static_cast<void>(map->erase(key));
          } else if (choice == 14 || element == nullptr) {
            static_cast<void>(map->update(key, value, 0, 0));
          } else if (choice < 4) {
            static_cast<void>(WorkSlot::at(element).init(*executor, has_user, map.get()));
            static_cast<void>(WorkSlot::at(element).set_callback(callback, has_user, map.get()));
          } else if (WorkSlot::at(element).start(static_cast<unsigned>(random() % 2)) == 0) {
            started.fetch_add(1);
          }
        }
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  map.reset();
  rcu::barrier();
  ASSERT_TRUE(executor->drain(async::test::a_minute));
  const async::WorkCounts counts = executor->counts();
  EXPECT_EQ(counts.started, started);
  EXPECT_EQ(counts.ran, ran);
  EXPECT_EQ(counts.started, counts.merged + counts.ran + counts.cancelled);
  EXPECT_GT(counts.ran, 0U);
  EXPECT_GT(counts.cancelled, 0U);
}

TEST(Stress, WorkInValues) {
  const char* seconds = std::getenv("SKEP_STRESS_SECONDS");
  const std::chrono::milliseconds share((seconds != nullptr ? 1000 * std::atoi(seconds) : 1000) / 4);
  stress(MapType::array, 0, share);
  stress(MapType::hash, 0, share);
  stress(MapType::hash, map_flag::no_prealloc, share);
  stress(MapType::lru_hash, 0, share);
}

}  // namespace
}  // namespace skep::maps::test
