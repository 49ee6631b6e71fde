// Maps for tests, and BTF for their values.
#pragma once

#include <gtest/gtest.h>

#include <cerrno>
#include <cstring>
#include <optional>
#include <vector>

#include "async/fake_job.hpp"
#include "btf/raw_btf.hpp"
#include "maps/map.hpp"
#include "rcu/rcu.hpp"

namespace skep::maps::test {

using async::WorkSlot;
using Bytes = std::vector<std::uint8_t>;

inline constexpr std::uint32_t lock_type = 3, wq_type = 4, timer_type = 5;

// Type 1: int. 2: u64. 3: bpf_spin_lock. 4: bpf_wq. 5: bpf_timer. 6: value {field; u64 tail}, `field` of the type that
// is asked for at offset 0, the tail at its size rounded up. 7: an array of two u64. 8: value { bpf_spin_lock; bpf_wq;
// u64 tail }.
inline constexpr std::uint32_t int_id = 1, value_id = 6, locked_value_id = 8;
inline std::shared_ptr<const btf::Btf> value_btf(std::uint32_t field) {
  using btf::test::info;
  btf::test::RawBtf raw;
  raw.integer();
  raw.words({raw.name("u64"), info(1), 8, 64});
  raw.words({raw.name("bpf_spin_lock"), info(4, 1), 4, raw.name("val"), 1, 0});
  raw.words({raw.name("bpf_wq"), info(4, 1), 16, raw.name("__opaque"), 7, 0});
  raw.words({raw.name("bpf_timer"), info(4, 1), 16, raw.name("__opaque"), 7, 0});
  const std::uint32_t tail = field == lock_type ? 8 : 16;
  raw.words({raw.name("value"), info(4, 2), tail + 8, raw.name("field"), field, 0, raw.name("tail"), 2, tail * 8});
  raw.words({0, info(3), 0, 2, 1, 2});
  raw.words({raw.name("locked"), info(4, 3), 32, raw.name("lock"), lock_type, 0, raw.name("work"), wq_type, 64,
             raw.name("tail"), 2, 192});
  const std::vector<std::uint8_t> bytes = raw.bytes();
  btf::ParseError error;
  auto btf = btf::Btf::parse(bytes, nullptr, false, error);
  EXPECT_TRUE(btf) << error.message;
  return btf;
}

struct Wanted {
  MapType type = MapType::array;
  std::uint32_t key_size = 4, value_size = 8, max_entries = 4, flags = 0;
  std::uint32_t field = 0;  // BTF type of the special field at the value's start
  bool lock_and_work = false;
  std::shared_ptr<Map> inner = nullptr;
  std::uint64_t extra = 0;
  const Rules* rules = &reference_rules();
};

inline MapResult make(const Wanted& wanted) {
  MapAttributes attributes;
  attributes.rules = wanted.rules;
  attributes.cpu_count = 2;
  attributes.inner = wanted.inner;
  MapInfo& info = attributes.info;
  info.type = wanted.type;
  info.key_size = wanted.key_size;
  info.value_size = wanted.value_size;
  info.max_entries = wanted.max_entries;
  info.flags = wanted.flags;
  info.extra = wanted.extra;
  if (wanted.field != 0 || wanted.lock_and_work) {
    info.btf = value_btf(wanted.lock_and_work ? wq_type : wanted.field);
    info.key_type = wanted.key_size == 0 ? 0 : int_id;
    info.value_type = wanted.lock_and_work ? locked_value_id : value_id;
  }
  return create(attributes);
}
inline std::shared_ptr<Map> made(const Wanted& wanted) {
  MapResult result = make(wanted);
  EXPECT_EQ(result.error, 0) << result.message;
  if (result.map) result.map->get_user_ref();
  return result.map;
}

// Keys and values as numbers.
struct Num {
  explicit Num(std::uint64_t n) : word(n) {}
  operator const void*() const { return &word; }
  std::uint64_t word;
};
inline std::uint64_t number(const void* value) {
  std::uint64_t n = 0;
  if (value != nullptr) std::memcpy(&n, value, sizeof n);
  return n;
}
inline int put(Map& map, std::uint64_t key, std::uint64_t value, std::uint64_t flags = 0) {
  return map.update(Num(key), Num(value), flags, 0);
}
inline std::optional<std::uint64_t> get(Map& map, std::uint64_t key) {
  void* value = map.lookup(Num(key), 0);
  return value != nullptr ? std::optional(number(value)) : std::nullopt;
}
inline std::vector<std::uint32_t> keys(Map& map) {
  std::vector<std::uint32_t> all;
  std::uint64_t key = 0;
  for (int error = map.user_next_key(nullptr, &key); error == 0; error = map.user_next_key(&key, &key))
    all.push_back(static_cast<std::uint32_t>(key));
  return all;
}

}  // namespace skep::maps::test
