// Work items in the values of maps: what each operation on an element does to its item. Rows of docs/work-queues.md.
#include <string>

#include "async/timer.hpp"
#include "maps/support.hpp"

namespace skep::maps::test {
namespace {

bool has_user(const void* map) {
  return static_cast<const Map*>(map)->has_user_ref();
}

struct Row {
  const char* name;
  MapType type;
  std::uint32_t flags;
};

class WorkInValues : public testing::TestWithParam<Row> {
 protected:
  static constexpr std::uint32_t tail = 16;
  struct Value {
    std::uint8_t work[16] = {};
    std::uint64_t tail = 0;
  };
  bool is_array() const { return GetParam().type == MapType::array; }
  WorkSlot& slot(std::uint32_t key) { return WorkSlot::at(map->lookup(Num(key), 0)); }
  int init(std::uint32_t key) { return slot(key).init(*executor, has_user, map.get()); }
  int set(std::uint32_t key, std::shared_ptr<async::Callback> callback) {
    return slot(key).set_callback(std::move(callback), has_user, map.get());
  }
  // An element with a pending item.
  void pending(std::uint32_t key) {
    Value value;
    value.tail = 0xa0;
    ASSERT_EQ(map->update(Num(key), &value, 0, 0), 0);
    ASSERT_EQ(init(key), 0);
    ASSERT_EQ(set(key, counting), 0);
    ASSERT_EQ(slot(key).start(0), 0);
  }
  void expect_runs(int expected) {
    EXPECT_TRUE(executor->drain(async::test::a_minute));
    EXPECT_EQ(runs, expected);
    const async::WorkCounts counts = executor->counts();
    EXPECT_EQ(counts.started, counts.merged + counts.ran + counts.cancelled);
  }

  std::unique_ptr<async::Executor> executor = async::make_stepping_executor(2, 5);
  rcu::ReadGuard section;
  std::shared_ptr<Map> map =
      made({.type = GetParam().type, .value_size = 24, .max_entries = 8, .flags = GetParam().flags, .field = wq_type});
  int runs = 0;
  std::shared_ptr<async::Callback> counting = async::test::calling([this] { ++runs; });
};

INSTANTIATE_TEST_SUITE_P(, WorkInValues,
                         testing::Values(Row{"array", MapType::array, 0}, Row{"hash", MapType::hash, 0},
                                         Row{"hash_no_prealloc", MapType::hash, map_flag::no_prealloc},
                                         Row{"lru", MapType::lru_hash, 0},
                                         Row{"lru_no_common", MapType::lru_hash, map_flag::no_common_lru},
                                         Row{"rhash", MapType::rhash, map_flag::no_prealloc}),
                         [](const auto& info) { return std::string(info.param.name); });

TEST_P(WorkInValues, APendingItemRuns) {
  pending(1);
  expect_runs(1);
}

TEST_P(WorkInValues, UserSpaceReadsZerosAndItsWritesCancel) {
  pending(1);
  Value value;
  std::memset(value.work, 0xcc, sizeof value.work);
  ASSERT_EQ(map->user_lookup(Num(1), &value, 0), 0);
  EXPECT_EQ(value.tail, 0xa0U);
  for (const std::uint8_t byte : value.work) EXPECT_EQ(byte, 0);
  std::memset(static_cast<void*>(&value), 0xff, sizeof value);
  const void* before = map->lookup(Num(1), 0);
  ASSERT_EQ(map->user_update(Num(1), &value, 0), 0);
  const bool in_place = is_array() || GetParam().type == MapType::rhash;
  EXPECT_EQ(map->lookup(Num(1), 0) == before, in_place);  // the same element, or a new one
  ASSERT_EQ(map->user_lookup(Num(1), &value, 0), 0);
  EXPECT_EQ(value.tail, ~std::uint64_t{0});
  for (const std::uint8_t byte : value.work) EXPECT_EQ(byte, 0);
  EXPECT_EQ(slot(1).start(0), -EINVAL);
  EXPECT_EQ(set(1, counting), -EINVAL);
  EXPECT_EQ(init(1), 0);
  expect_runs(0);
}

TEST_P(WorkInValues, UpdateByAProgramCancels) {
  pending(1);
  const Value value;
  ASSERT_EQ(map->update(Num(1), &value, 0, 0), 0);
  EXPECT_EQ(slot(1).start(0), -EINVAL);
  expect_runs(0);
}

TEST_P(WorkInValues, DeletionCancels) {
  pending(1);
  if (is_array()) {
    EXPECT_EQ(map->erase(Num(1)), -EINVAL);
    expect_runs(1);
    return;
  }
  EXPECT_EQ(map->erase(Num(1)), 0);
  EXPECT_EQ(map->erase(Num(1)), -ENOENT);
  pending(2);
  Value value;
  EXPECT_EQ(map->user_lookup_and_delete(Num(2), &value, 0), 0);
  EXPECT_EQ(value.tail, 0xa0U);
  for (const std::uint8_t byte : value.work) EXPECT_EQ(byte, 0);
  expect_runs(0);
  pending(3);
  ASSERT_EQ(map->erase(Num(3)), 0);
  pending(3);  // recreated while the old item was pending
  expect_runs(1);
}

TEST_P(WorkInValues, TheOldElementCannotBeStartedFromItsCallback) {
  Value value;
  ASSERT_EQ(map->update(Num(1), &value, 0, 0), 0);
  ASSERT_EQ(init(1), 0);
  int result = 1;
  ASSERT_EQ(set(1, async::test::calling([&] {
                  WorkSlot& mine = slot(1);
                  ++runs;
                  if (is_array()) {
                    ASSERT_EQ(map->update(Num(1), &value, 0, 0), 0);
                  } else {
                    ASSERT_EQ(map->erase(Num(1)), 0);
                  }
                  result = mine.start(0);
                })),
            0);
  ASSERT_EQ(slot(1).start(0), 0);
  expect_runs(1);
  EXPECT_EQ(result, -EINVAL);
}

TEST_P(WorkInValues, TheLastUserReferenceCancelsAndReopeningAllowsAnew) {
  pending(1);
  map->put_user_ref();
  EXPECT_EQ(slot(1).start(0), -EINVAL);
  EXPECT_EQ(set(1, counting), -EINVAL);
  EXPECT_EQ(init(1), -EPERM);
  expect_runs(0);
  map->get_user_ref();
  EXPECT_EQ(init(1), 0);
  EXPECT_EQ(set(1, counting), 0);
  EXPECT_EQ(slot(1).start(0), 0);
  expect_runs(1);
}

// A program that still knows a deleted element may put an item there, which nobody else finds: its callback would keep
// its program, and that the map, for good.
TEST_P(WorkInValues, TheLastUserReferenceCancelsInMemoryThatIsNoElementAnyMore) {
  const Value value;
  // So many that are deleted in one section that nodes are kept for the next elements.
  for (unsigned n = 0; n < 5000 && !is_array(); ++n) {
    ASSERT_EQ(map->update(Num(2), &value, 0, 0), 0);
    ASSERT_EQ(map->erase(Num(2)), 0);
  }
  ASSERT_EQ(map->update(Num(1), &value, 0, 0), 0);
  WorkSlot& old = slot(1);
  if (!is_array()) {
    ASSERT_EQ(map->erase(Num(1)), 0);
  }
  ASSERT_EQ(old.init(*executor, has_user, map.get()), 0);
  ASSERT_EQ(old.set_callback(counting, has_user, map.get()), 0);
  ASSERT_EQ(old.start(0), 0);
  map->put_user_ref();
  section.leave();
  rcu::barrier();
  section.enter();
  expect_runs(0);
}

TEST_P(WorkInValues, TheEndOfTheMapCancels) {
  pending(1);
  map.reset();
  expect_runs(0);
}

TEST_P(WorkInValues, KeyOfFindsTheKey) {
  pending(5);
  std::uint32_t scratch = 0;
  std::uint32_t key = 0;
  std::memcpy(&key, map->key_of(map->lookup(Num(5), 0), scratch), sizeof key);
  EXPECT_EQ(key, 5U);
}

TEST(WorkInLru, EvictionCancels) {
  auto executor = async::make_stepping_executor(2, 5);
  const rcu::ReadGuard section;
  const auto map = made({.type = MapType::lru_hash, .value_size = 24, .max_entries = 16, .field = wq_type});
  int runs = 0;
  const std::uint8_t value[24] = {};
  for (std::uint32_t key = 0; key < 16; ++key) {
    ASSERT_EQ(map->update(Num(key), value, 0, 0), 0);
  }
  std::uint64_t cursor = 0;  // looked up they would stay
  for (maps::Element element; map->next_element(cursor, element);) {
    WorkSlot& slot = WorkSlot::at(element.value);
    ASSERT_EQ(slot.init(*executor, has_user, map.get()), 0);
    ASSERT_EQ(slot.set_callback(async::test::calling([&] { ++runs; }), has_user, map.get()), 0);
    ASSERT_EQ(slot.start(0), 0);
  }
  for (std::uint32_t key = 100; key < 200; ++key) ASSERT_EQ(map->update(Num(key), value, 0, 0), 0);
  EXPECT_TRUE(executor->drain(async::test::a_minute));
  EXPECT_EQ(runs, 0);
  EXPECT_EQ(executor->counts().cancelled, 16U);
}

// With a lock in the value: an array's item is cancelled by an update under the lock, a hash's is not.
TEST(WorkBesideALock, UpdatesUnderTheLock) {
  for (const auto& [type, flags, cancels] : {std::tuple(MapType::array, 0U, true), std::tuple(MapType::hash, 0U, false),
                                             std::tuple(MapType::hash, map_flag::no_prealloc, false)}) {
    auto executor = async::make_stepping_executor(2, 5);
    const rcu::ReadGuard section;
    const auto map = made({.type = type, .value_size = 32, .flags = flags, .lock_and_work = true});
    int runs = 0;
    std::uint64_t value[4] = {~0ULL, ~0ULL, ~0ULL, 77};
    ASSERT_EQ(map->user_update(Num(1), value, 0), 0);
    char* element = static_cast<char*>(map->lookup(Num(1), 0));
    WorkSlot& slot = WorkSlot::at(element + 8);
    ASSERT_EQ(slot.init(*executor, has_user, map.get()), 0);
    ASSERT_EQ(slot.set_callback(async::test::calling([&] { ++runs; }), has_user, map.get()), 0);
    ASSERT_EQ(slot.start(0), 0);
    value[3] = 78;
    ASSERT_EQ(map->user_update(Num(1), value, elem_flag::lock), 0);
    EXPECT_EQ(map->lookup(Num(1), 0), element);
    std::uint64_t read[4] = {1, 1, 1, 1};
    ASSERT_EQ(map->user_lookup(Num(1), read, elem_flag::lock), 0);
    EXPECT_EQ(read[0] & 0xffffffff, 0U);
    EXPECT_EQ(read[1], 0U);
    EXPECT_EQ(read[3], 78U);
    EXPECT_EQ(slot.init(*executor, has_user, map.get()), cancels ? 0 : -EBUSY);
    EXPECT_TRUE(executor->drain(async::test::a_minute));
    EXPECT_EQ(runs, cancels ? 0 : 1);
    // A program does not wait for a lock that is held.
    std::uint32_t held = 1;
    std::memcpy(element, &held, sizeof held);
    EXPECT_EQ(map->update(Num(1), value, elem_flag::lock, 0), -EAGAIN);
    held = 0;
    std::memcpy(element, &held, sizeof held);
  }
}

TEST(TimerInValues, UpdateReleases) {
  auto executor = async::make_stepping_executor(2, 5);
  const rcu::ReadGuard section;
  const auto map = made({.type = MapType::hash, .value_size = 24, .field = timer_type});
  const std::uint8_t value[24] = {};
  int fired = 0;
  ASSERT_EQ(map->update(Num(1), value, 0, 0), 0);
  auto& timer = async::TimerSlot::at(map->lookup(Num(1), 0));
  ASSERT_EQ(timer.init(*executor, 1, has_user, map.get()), 0);
  ASSERT_EQ(timer.set_callback(async::test::calling([&] { ++fired; }), has_user, map.get()), 0);
  ASSERT_EQ(timer.start(0, 100, 0), 0);
  ASSERT_EQ(map->update(Num(1), value, 0, 0), 0);
  EXPECT_TRUE(executor->drain(async::test::a_minute));
  EXPECT_EQ(fired, 0);
}

}  // namespace
}  // namespace skep::maps::test
