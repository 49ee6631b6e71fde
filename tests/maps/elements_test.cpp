// Elements of each type: what is found, and the results of operations.
#include <sys/mman.h>

#include <algorithm>
#include <set>
#include <thread>

#include "maps/support.hpp"

namespace skep::maps::test {
namespace {

using namespace elem_flag;

class Elements : public testing::Test {
 protected:
  rcu::ReadGuard section;
};

TEST_F(Elements, Array) {
  const auto map = made({.type = MapType::array, .max_entries = 3});
  EXPECT_EQ(get(*map, 0), 0U);
  EXPECT_EQ(get(*map, 3), std::nullopt);
  EXPECT_EQ(put(*map, 1, 11), 0);
  EXPECT_EQ(put(*map, 1, 12, exist), 0);
  EXPECT_EQ(put(*map, 1, 13, noexist), -EEXIST);
  EXPECT_EQ(put(*map, 1, 13, 3), -EINVAL);
  EXPECT_EQ(put(*map, 1, 13, elem_flag::lock), -EINVAL);  // no lock in the value
  EXPECT_EQ(put(*map, 3, 13), -E2BIG);
  EXPECT_EQ(get(*map, 1), 12U);
  EXPECT_EQ(map->erase(Num(1)), -EINVAL);
  EXPECT_EQ(map->user_delete(Num(1)), -EINVAL);
  std::uint64_t value = 0;
  EXPECT_EQ(map->user_lookup(Num(1), &value, 0), 0);
  EXPECT_EQ(value, 12U);
  EXPECT_EQ(map->user_lookup(Num(3), &value, 0), -ENOENT);
  EXPECT_EQ(map->user_lookup(Num(1), &value, 1), -EINVAL);
  EXPECT_EQ(keys(*map), (std::vector<std::uint32_t>{0, 1, 2}));
  Element element;
  std::uint64_t cursor = 0;
  for (std::uint32_t i = 0; i < 3; ++i) {
    ASSERT_TRUE(map->next_element(cursor, element));
    EXPECT_EQ(*static_cast<const std::uint32_t*>(element.key), i);
    EXPECT_EQ(element.value, map->lookup(Num(i), 0));
  }
  EXPECT_FALSE(map->next_element(cursor, element));
}

TEST_F(Elements, GlobalDataIsConstantWhenFrozen) {
  const auto map = made({.type = MapType::array,
                         .value_size = 100,
                         .max_entries = 1,
                         .flags = map_flag::mmapable | map_flag::rdonly_prog});
  EXPECT_EQ(map->info().value_address, reinterpret_cast<std::uint64_t>(map->value_area()));
  EXPECT_TRUE(map->info().constant_data.empty());
  Bytes data(100, 42);
  ASSERT_EQ(map->user_update(Num(0), data.data(), 0), 0);
  int fd = -1;
  std::uint64_t offset = 9;
  EXPECT_EQ(map->mmap_source(0, 4096, PROT_READ | PROT_WRITE, fd, offset), -EACCES);
  ASSERT_EQ(map->mmap_source(0, 4096, PROT_READ, fd, offset), 0);
  EXPECT_EQ(map->mmap_source(0, 8192, PROT_READ, fd, offset), -EINVAL);
  void* seen = mmap(nullptr, 4096, PROT_READ, MAP_SHARED, fd, static_cast<off_t>(offset));
  ASSERT_NE(seen, MAP_FAILED);
  EXPECT_EQ(static_cast<std::uint8_t*>(seen)[99], 42);
  munmap(seen, 4096);
  ASSERT_EQ(map->freeze(), 0);
  EXPECT_EQ(map->freeze(), -EBUSY);
  ASSERT_GE(map->info().constant_data.size(), 100U);
  EXPECT_EQ(map->info().constant_data[99], 42);
  EXPECT_EQ(map->user_update(Num(0), data.data(), 0), -EPERM);
}

TEST_F(Elements, PerCpuArray) {
  const auto map = made({.type = MapType::percpu_array, .value_size = 4});
  EXPECT_EQ(map->user_value_size(), 16U);
  EXPECT_EQ(map->update(Num(1), Num(5), 0, 1), 0);
  EXPECT_EQ(*static_cast<std::uint32_t*>(map->lookup(Num(1), 1)), 5U);
  EXPECT_EQ(*static_cast<std::uint32_t*>(map->lookup(Num(1), 0)), 0U);
  EXPECT_EQ(map->lookup_percpu(Num(1), 2), nullptr);
  std::uint64_t values[2] = {};
  ASSERT_EQ(map->user_lookup(Num(1), values, 0), 0);
  EXPECT_EQ(values[1] & 0xffffffff, 5U);
  const std::uint64_t both[2] = {7, 8};
  ASSERT_EQ(map->user_update(Num(1), both, 0), 0);
  EXPECT_EQ(*static_cast<std::uint32_t*>(map->lookup_percpu(Num(1), 1)), 8U);
  ASSERT_EQ(map->user_update(Num(1), both, all_cpus), 0);
  EXPECT_EQ(*static_cast<std::uint32_t*>(map->lookup_percpu(Num(1), 1)), 7U);
  ASSERT_EQ(map->user_update(Num(1), both + 1, cpu | std::uint64_t{1} << 32), 0);
  ASSERT_EQ(map->user_lookup(Num(1), values, cpu | std::uint64_t{1} << 32), 0);
  EXPECT_EQ(values[0] & 0xffffffff, 8U);
  EXPECT_EQ(map->user_lookup(Num(1), values, cpu | std::uint64_t{2} << 32), -ERANGE);
  EXPECT_EQ(map->user_update(Num(1), both, cpu | all_cpus), -EINVAL);
}

struct HashRow {
  MapType type;
  std::uint32_t flags;
};
class Hashes : public testing::TestWithParam<HashRow> {
 protected:
  std::shared_ptr<Map> make_map(std::uint32_t entries) {
    return made({.type = GetParam().type, .max_entries = entries, .flags = GetParam().flags});
  }
  bool is_lru() const { return GetParam().type == MapType::lru_hash; }
  rcu::ReadGuard section;
};
INSTANTIATE_TEST_SUITE_P(, Hashes,
                         testing::Values(HashRow{MapType::hash, 0}, HashRow{MapType::hash, map_flag::no_prealloc},
                                         HashRow{MapType::lru_hash, 0},
                                         HashRow{MapType::rhash, map_flag::no_prealloc}));

TEST_P(Hashes, ResultsOfOperations) {
  const auto map = make_map(3);
  EXPECT_EQ(get(*map, 1), std::nullopt);
  EXPECT_EQ(put(*map, 1, 11, exist), -ENOENT);
  EXPECT_EQ(put(*map, 1, 11, noexist), 0);
  EXPECT_EQ(put(*map, 1, 12, noexist), -EEXIST);
  EXPECT_EQ(put(*map, 1, 12, exist), 0);
  EXPECT_EQ(put(*map, 1, 12, 3), -EINVAL);
  EXPECT_EQ(put(*map, 1, 12, elem_flag::lock), -EINVAL);
  EXPECT_EQ(get(*map, 1), 12U);
  EXPECT_EQ(put(*map, 2, 22), 0);
  EXPECT_EQ(put(*map, 3, 33), 0);
  EXPECT_EQ(put(*map, 4, 44), is_lru() ? 0 : -E2BIG);
  if (!is_lru()) {
    for (int i = 0; i < 100; ++i) EXPECT_EQ(put(*map, 3, 34), 0);  // a full map can be updated
    EXPECT_EQ(map->erase(Num(2)), 0);
    EXPECT_EQ(put(*map, 4, 44), 0);
  }
  EXPECT_EQ(map->erase(Num(9)), -ENOENT);
  std::uint64_t value = 0;
  EXPECT_EQ(map->user_lookup_and_delete(Num(4), &value, 0), 0);
  EXPECT_EQ(value, 44U);
  EXPECT_EQ(map->user_lookup_and_delete(Num(4), &value, 0), -ENOENT);
  EXPECT_EQ(map->user_lookup_and_delete(Num(4), &value, 1), -EINVAL);
  ASSERT_EQ(map->freeze(), 0);
  EXPECT_EQ(map->user_delete(Num(3)), -EPERM);
  EXPECT_EQ(put(*map, 3, 35), 0);  // programs may go on
}

TEST_P(Hashes, AnUpdateMakesANewElement) {
  const auto map = make_map(3);
  put(*map, 1, 1);
  const void* old = map->lookup(Num(1), 0);
  put(*map, 1, 2);
  const bool in_place = map->info().type == MapType::rhash;
  EXPECT_EQ(map->lookup(Num(1), 0) == old, in_place);
  EXPECT_EQ(number(old), in_place ? 2U : 1U);
}

TEST_P(Hashes, KeysAndElementsAreVisitedOnce) {
  const auto map = make_map(500);
  for (std::uint32_t i = 0; i < 500; ++i) ASSERT_EQ(put(*map, i, i * 3), 0);
  const std::vector<std::uint32_t> all = keys(*map);
  EXPECT_EQ(all.size(), 500U);
  EXPECT_EQ(std::set(all.begin(), all.end()).size(), 500U);
  std::set<std::uint32_t> seen;
  std::uint64_t cursor = 0;
  Element element;
  while (map->next_element(cursor, element)) {
    std::uint32_t key = 0;
    std::memcpy(&key, element.key, sizeof key);
    EXPECT_TRUE(seen.insert(key).second);
    EXPECT_EQ(number(element.value), key * 3U);
    EXPECT_EQ(map->erase(Num(key)), 0);  // a callback may delete what it visits
  }
  EXPECT_EQ(seen.size(), 500U);
  EXPECT_TRUE(keys(*map).empty());
}

TEST_P(Hashes, OddKeySizes) {
  for (std::uint32_t size : {1U, 3U, 5U, 8U, 9U, 16U, 31U}) {
    const auto map = made({.type = GetParam().type, .key_size = size, .max_entries = 64, .flags = GetParam().flags});
    Bytes key(size, 0);
    for (std::uint8_t i = 0; i < 60; ++i) {
      key.back() = i;
      ASSERT_EQ(map->update(key.data(), Num(i), 0, 0), 0);
    }
    for (std::uint8_t i = 0; i < 60; ++i) {
      key.back() = i;
      EXPECT_EQ(number(map->lookup(key.data(), 0)), i);
    }
  }
}

TEST_P(Hashes, ThreadsFindWhatStaysWhileOthersChange) {
  const auto map = make_map(256);
  for (std::uint32_t i = 0; i < 32; ++i) ASSERT_EQ(put(*map, i, i), 0);
  std::atomic<int> missing{0}, wrong{0};
  std::atomic<bool> stop{false};
  std::vector<std::thread> threads;
  for (int t = 0; t < 2; ++t) {
    threads.emplace_back([&, t] {
      for (std::uint32_t round = 0; round < 20000; ++round) {
        const rcu::ReadGuard inside;
        const std::uint32_t key = 1000U * static_cast<std::uint32_t>(t + 1) + round % 60;
        if (put(*map, key, key) != 0 || map->erase(Num(key)) != 0) wrong.fetch_add(1);
      }
      stop = true;
    });
  }
  threads.emplace_back([&] {
    while (!stop) {
      const rcu::ReadGuard inside;
      for (std::uint32_t i = 0; i < 32; ++i) {
        const void* value = map->lookup(Num(i), 0);
        if (value == nullptr) {
          missing.fetch_add(1);
        } else if (__atomic_load_n(static_cast<const std::uint64_t*>(value), __ATOMIC_RELAXED) != i) {
          wrong.fetch_add(1);
        }
      }
    }
  });
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(missing, 0);
  EXPECT_EQ(wrong, 0);
}

TEST_F(Elements, LruEvictsWhatWasNotUsed) {
  const auto map = made({.type = MapType::lru_hash, .max_entries = 4});
  for (std::uint32_t i = 0; i < 4; ++i) put(*map, i, i);
  EXPECT_TRUE(get(*map, 0));  // used; reading by user space would not count
  std::uint64_t value = 0;
  EXPECT_EQ(map->user_lookup(Num(1), &value, 0), 0);
  EXPECT_EQ(put(*map, 10, 10), 0);
  EXPECT_EQ(map->user_lookup(Num(0), &value, 0), 0);
  EXPECT_EQ(map->user_lookup(Num(1), &value, 0), -ENOENT);
  EXPECT_EQ(keys(*map).size(), 4U);
  for (std::uint32_t i = 100; i < 1100; ++i) ASSERT_EQ(put(*map, i, i), 0);
  EXPECT_EQ(keys(*map).size(), 4U);
}

TEST_F(Elements, PerCpuHash) {
  const auto map = made({.type = MapType::percpu_hash});
  ASSERT_EQ(map->update(Num(1), Num(5), 0, 1), 0);
  EXPECT_EQ(number(map->lookup(Num(1), 1)), 5U);
  EXPECT_EQ(number(map->lookup(Num(1), 0)), 0U);
  ASSERT_EQ(map->update(Num(1), Num(6), 0, 0), 0);  // in place
  EXPECT_EQ(number(map->lookup_percpu(Num(1), 1)), 5U);
  std::uint64_t values[2] = {};
  ASSERT_EQ(map->user_lookup(Num(1), values, 0), 0);
  EXPECT_EQ(values[0], 6U);
  EXPECT_EQ(values[1], 5U);
  EXPECT_EQ(map->lookup_percpu(Num(1), 2), nullptr);
}

TEST_F(Elements, MapsInMaps) {
  const auto first = made({.type = MapType::hash});
  const auto same = made({.type = MapType::hash, .max_entries = 9});
  const auto other = made({.type = MapType::hash, .value_size = 16});
  same->set_id(77);
  for (const MapType type : {MapType::array_of_maps, MapType::hash_of_maps}) {
    const auto outer = made({.type = type, .value_size = 4, .inner = first});
    ASSERT_TRUE(outer->info().inner);
    EXPECT_EQ(outer->lookup(Num(1), 0), nullptr);
    EXPECT_EQ(outer->update_object(Num(1), other, 0), -EINVAL);
    EXPECT_EQ(outer->update_object(Num(1), same, 0), 0);
    EXPECT_EQ(outer->lookup(Num(1), 0), same.get());
    EXPECT_EQ(outer->object_id(Num(1)), 77U);
    EXPECT_EQ(outer->object_id(Num(2)), 0U);
    EXPECT_EQ(outer->erase(Num(1)), 0);
    EXPECT_EQ(outer->erase(Num(1)), -ENOENT);
    EXPECT_EQ(make({.type = MapType::array_of_maps, .value_size = 4, .inner = outer}).error, -EINVAL);
  }
}

TEST_F(Elements, AnInnerMapLivesUntilReadersHaveLeft) {
  const auto outer = made({.type = MapType::array_of_maps, .value_size = 4, .inner = made({.type = MapType::hash})});
  auto inner = made({.type = MapType::hash});
  std::weak_ptr<Map> watched = inner;
  ASSERT_EQ(outer->update_object(Num(0), std::move(inner), 0), 0);
  auto* seen = static_cast<Map*>(outer->lookup(Num(0), 0));
  ASSERT_EQ(outer->erase(Num(0)), 0);
  EXPECT_EQ(put(*seen, 1, 1), 0);
  section.leave();
  rcu::barrier();
  EXPECT_TRUE(watched.expired());
  section.enter();
}

TEST_F(Elements, ProgArray) {
  const auto map = made({.type = MapType::prog_array, .value_size = 4});
  auto program = std::make_shared<int>(1);
  EXPECT_EQ(map->update_object(Num(4), program, 0), -E2BIG);
  EXPECT_EQ(map->update_object(Num(1), program, 1), -EINVAL);
  EXPECT_EQ(map->update_object(Num(1), program, 0), 0);
  EXPECT_EQ(map->lookup(Num(1), 0), program.get());
  EXPECT_EQ(map->object_at(Num(1)), program);
  EXPECT_EQ(map->erase(Num(2)), -ENOENT);
  map->put_user_ref();  // the last: programs go
  EXPECT_EQ(map->lookup(Num(1), 0), nullptr);
}

TEST_F(Elements, QueueAndStack) {
  for (const bool stack : {false, true}) {
    const auto map = made({.type = stack ? MapType::stack : MapType::queue, .key_size = 0, .max_entries = 2});
    std::uint64_t value = 9;
    EXPECT_EQ(map->pop(&value), -ENOENT);
    EXPECT_EQ(value, 0U);
    EXPECT_EQ(map->push(Num(1), 0), 0);
    EXPECT_EQ(map->push(Num(2), 0), 0);
    EXPECT_EQ(map->push(Num(3), 0), -E2BIG);
    EXPECT_EQ(map->push(Num(3), noexist), -EINVAL);
    EXPECT_EQ(map->push(Num(3), exist), 0);  // the oldest gives way
    EXPECT_EQ(map->peek(&value), 0);
    EXPECT_EQ(value, stack ? 3U : 2U);
    EXPECT_EQ(map->pop(&value), 0);
    EXPECT_EQ(map->pop(&value), 0);
    EXPECT_EQ(value, stack ? 2U : 3U);
  }
}

TEST_F(Elements, BloomFilter) {
  const auto map = made({.type = MapType::bloom_filter, .key_size = 0, .max_entries = 100, .extra = 3});
  int wrongly = 0;
  for (std::uint64_t i = 0; i < 100; ++i) EXPECT_EQ(map->push(Num(i), 0), 0);
  for (std::uint64_t i = 0; i < 1000; ++i) {
    std::uint64_t value = i;
    const int found = map->peek(&value);
    EXPECT_TRUE(i >= 100 || found == 0);
    if (i >= 100 && found == 0) ++wrongly;
  }
  EXPECT_LT(wrongly, 300);
  EXPECT_EQ(map->push(Num(1), 1), -EINVAL);
}

TEST_F(Elements, LongestPrefix) {
  const auto map = made({.type = MapType::lpm_trie, .key_size = 8, .max_entries = 5, .flags = map_flag::no_prealloc});
  const auto key = [](std::uint32_t length, std::initializer_list<std::uint8_t> address) {
    Bytes bytes(8, 0);
    std::memcpy(bytes.data(), &length, 4);
    std::copy(address.begin(), address.end(), bytes.begin() + 4);
    return bytes;
  };
  const auto add = [&](std::uint32_t length, std::initializer_list<std::uint8_t> address, std::uint64_t value,
                       std::uint64_t flags = 0) {
    return map->update(key(length, address).data(), Num(value), flags, 0);
  };
  const auto find = [&](std::initializer_list<std::uint8_t> address) {
    return number(map->lookup(key(32, address).data(), 0));
  };
  EXPECT_EQ(add(16, {192, 168}, 16), 0);
  EXPECT_EQ(add(24, {192, 168, 1}, 24), 0);
  EXPECT_EQ(add(24, {192, 168, 3}, 33), 0);
  EXPECT_EQ(add(32, {192, 168, 1, 1}, 32), 0);
  EXPECT_EQ(add(24, {192, 168, 1}, 25, noexist), -EEXIST);
  EXPECT_EQ(add(8, {10}, 8, exist), -ENOENT);
  EXPECT_EQ(add(33, {10}, 8), -EINVAL);
  EXPECT_EQ(find({192, 168, 1, 1}), 32U);
  EXPECT_EQ(find({192, 168, 1, 2}), 24U);
  EXPECT_EQ(find({192, 168, 3, 2}), 33U);
  EXPECT_EQ(find({192, 168, 2, 2}), 16U);
  EXPECT_EQ(find({10, 0, 0, 1}), 0U);
  EXPECT_EQ(add(0, {}, 1), 0);
  EXPECT_EQ(find({10, 0, 0, 1}), 1U);
  EXPECT_EQ(add(8, {11}, 1), -ENOSPC);
  Bytes next = key(0, {});
  std::vector<std::uint32_t> lengths;
  for (int error = map->user_next_key(nullptr, next.data()); error == 0;
       error = map->user_next_key(next.data(), next.data()))
    lengths.push_back(next[0]);
  EXPECT_EQ(lengths, (std::vector<std::uint32_t>{32, 24, 24, 16, 0}));
  EXPECT_EQ(map->erase(key(24, {192, 168, 1}).data()), 0);
  EXPECT_EQ(map->erase(key(24, {192, 168, 1}).data()), -ENOENT);
  EXPECT_EQ(find({192, 168, 1, 2}), 16U);
  EXPECT_EQ(map->erase(key(16, {192, 168}).data()), 0);
  EXPECT_EQ(find({192, 168, 1, 1}), 32U);
  EXPECT_EQ(find({192, 168, 3, 1}), 33U);
  EXPECT_EQ(find({192, 168, 2, 1}), 1U);
}

TEST_F(Elements, LocalStorage) {
  const auto map = made({.type = MapType::task_storage,
                         .value_size = 16,
                         .max_entries = 0,
                         .flags = map_flag::no_prealloc,
                         .field = lock_type});
  auto& storage = static_cast<LocalStorage&>(*map);
  int task = 0, other = 0;
  EXPECT_EQ(storage.get(&task, nullptr, false), nullptr);
  const std::uint64_t initial[2] = {~0ULL, 5};
  auto* value = static_cast<std::uint64_t*>(storage.get(&task, initial, true));
  ASSERT_NE(value, nullptr);
  EXPECT_EQ(value[0], ~0ULL << 32);  // the lock is left alone
  EXPECT_EQ(value[1], 5U);
  EXPECT_EQ(storage.get(&task, nullptr, true), value);
  EXPECT_EQ(storage.remove(&other), -ENOENT);
  EXPECT_EQ(storage.remove(&task), 0);
  EXPECT_EQ(storage.get(&task, nullptr, false), nullptr);
}

TEST_F(Elements, InsnArray) {
  const auto map = made({.type = MapType::insn_array, .value_size = 16, .max_entries = 2});
  std::uint32_t entry[4] = {12, 0, 0, 0};
  EXPECT_EQ(map->user_update(Num(1), entry, 0), 0);
  EXPECT_EQ(map->user_update(Num(2), entry, 0), -E2BIG);
  EXPECT_EQ(map->info().insn_targets[1], 12U);
  entry[2] = 1;
  EXPECT_EQ(map->user_update(Num(1), entry, 0), -EINVAL);
}

// ---- ring buffer ----------------------------------------------------------------------------------------------------

// What libbpf does with the mapped memory.
class Consumer {
 public:
  explicit Consumer(Map& map) : size_(map.info().max_entries) {
    int fd = -1;
    std::uint64_t offset = 0;
    EXPECT_EQ(map.mmap_source(0, 4096, PROT_READ | PROT_WRITE, fd, offset), 0);
    consumer_ =
        static_cast<char*>(mmap(nullptr, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, fd, static_cast<off_t>(offset)));
    EXPECT_EQ(map.mmap_source(4096, 4096 + 2 * size_, PROT_READ, fd, offset), 0);
    producer_ =
        static_cast<char*>(mmap(nullptr, 4096 + 2 * size_, PROT_READ, MAP_SHARED, fd, static_cast<off_t>(offset)));
    EXPECT_EQ(map.mmap_source(4096, 4096, PROT_READ | PROT_WRITE, fd, offset), -EPERM);
  }
  ~Consumer() {
    munmap(consumer_, 4096);
    munmap(producer_, 4096 + 2 * size_);
  }
  std::vector<Bytes> read() {
    std::vector<Bytes> records;
    for (;;) {
      const std::uint64_t position = word(consumer_).load();
      if (position == word(producer_).load()) return records;
      const char* record = producer_ + 4096 + (position & (size_ - 1));
      const std::uint32_t length = std::atomic_ref(*reinterpret_cast<std::uint32_t*>(const_cast<char*>(record))).load();
      if ((length >> 31) != 0) return records;
      const std::uint32_t bytes = length & 0x3fffffff;
      if ((length >> 30 & 1) == 0) records.emplace_back(record + 8, record + 8 + bytes);
      word(consumer_).store(position + (bytes + 8 + 7) / 8 * 8);
    }
  }

 private:
  static std::atomic_ref<std::uint64_t> word(char* page) {
    return std::atomic_ref(*reinterpret_cast<std::uint64_t*>(page));
  }
  std::uint64_t size_;
  char* consumer_ = nullptr;
  char* producer_ = nullptr;
};

TEST_F(Elements, RingBuffer) {
  const auto map = made({.type = MapType::ringbuf, .key_size = 0, .value_size = 0, .max_entries = 4096});
  auto& ring = static_cast<RingBuffer&>(*map);
  int wakeups = 0;
  ring.on_wakeup = [&] { ++wakeups; };
  Consumer consumer(*map);
  // Over the end of the ring many times, with sizes that do not divide it.
  for (unsigned round = 0; round < 200; ++round) {
    const Bytes sent(1 + round * 7 % 1500, static_cast<std::uint8_t>(round));
    ASSERT_EQ(ring.output(sent.data(), sent.size(), 0), 0);
    EXPECT_TRUE(ring.has_data());
    EXPECT_EQ(consumer.read(), std::vector<Bytes>(1, sent));
    EXPECT_FALSE(ring.has_data());
  }
  EXPECT_EQ(wakeups, 200);
}

TEST_F(Elements, RingBufferOrderDiscardAndWakeups) {
  const auto map = made({.type = MapType::ringbuf, .key_size = 0, .value_size = 0, .max_entries = 4096});
  auto& ring = static_cast<RingBuffer&>(*map);
  int wakeups = 0;
  ring.on_wakeup = [&] { ++wakeups; };
  Consumer consumer(*map);
  EXPECT_EQ(ring.reserve(8, 1), nullptr);
  EXPECT_EQ(ring.reserve(4096, 0), nullptr);
  char* first = static_cast<char*>(ring.reserve(1, 0));
  char* second = static_cast<char*>(ring.reserve(1, 0));
  char* third = static_cast<char*>(ring.reserve(1, 0));
  *first = 1, *second = 2, *third = 3;
  ring.commit(third, 0, false);
  EXPECT_EQ(wakeups, 0);  // the consumer waits for the first
  EXPECT_TRUE(consumer.read().empty());
  ring.commit(second, 0, true);
  ring.commit(first, 1, false);  // no wakeup
  EXPECT_EQ(wakeups, 0);
  EXPECT_EQ(consumer.read(), (std::vector<Bytes>{{1}, {3}}));
  EXPECT_EQ(ring.output("x", 1, 1), 0);
  EXPECT_EQ(ring.output("y", 1, 2), 0);  // forced
  EXPECT_EQ(wakeups, 1);
  EXPECT_EQ(ring.output("y", 1, 4), -EINVAL);
  EXPECT_EQ(ring.query(0), 32U);
  EXPECT_EQ(ring.query(1), 4096U);
  EXPECT_EQ(ring.query(2), 48U);
  EXPECT_EQ(ring.query(3), 80U);
  EXPECT_NE(ring.reserve(4000, 0), nullptr);
  EXPECT_EQ(ring.output(map.get(), 100, 0), -EAGAIN);
}

TEST_F(Elements, RingBufferOverwrites) {
  const auto map = made(
      {.type = MapType::ringbuf, .key_size = 0, .value_size = 0, .max_entries = 4096, .flags = map_flag::rb_overwrite});
  auto& ring = static_cast<RingBuffer&>(*map);
  const Bytes record(1016, 1);
  for (int i = 0; i < 5; ++i) EXPECT_EQ(ring.output(record.data(), record.size(), 0), 0);
  EXPECT_EQ(ring.query(4), 1024U);
  EXPECT_EQ(ring.query(0), 4096U);
}

}  // namespace
}  // namespace skep::maps::test
