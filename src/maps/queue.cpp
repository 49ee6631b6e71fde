// Maps without keys: queue, stack, and the bloom filter. Tested by tests/maps/elements_test.cpp.
#include <algorithm>
#include <bit>
#include <cerrno>
#include <cstring>
#include <mutex>
#include <vector>

#include "maps/attributes.hpp"
#include "maps/memory.hpp"
#include "maps/value_lock.hpp"
#include "maps/values.hpp"

namespace skep::maps {
namespace {

class Keyless : public Map {
 public:
  using Map::Map;
  void* lookup(const void*, unsigned) override { return nullptr; }
  int update(const void*, const void*, std::uint64_t, unsigned) override { return -EINVAL; }
  int erase(const void*) override { return -EINVAL; }
  int user_next_key(const void*, void*) override { return -EINVAL; }
};

class Queue final : public Keyless {
 public:
  Queue(const MapAttributes& attributes, Pages pages)
      : Keyless(attributes),
        pages_(std::move(pages)),
        is_stack_(attributes.info.type == MapType::stack),
        capacity_(attributes.info.max_entries) {}

  int push(const void* value, std::uint64_t flags) override {
    if (flags != elem_flag::any && flags != elem_flag::exist) return -EINVAL;
    const std::lock_guard lock(lock_);
    if (count_ == capacity_) {
      if (flags != elem_flag::exist) return -E2BIG;
      ++first_;  // the oldest gives way
      --count_;
    }
    std::memcpy(at(first_ + count_), value, info_->value_size);
    ++count_;
    return 0;
  }
  int pop(void* value) override { return take(value, true); }
  int peek(void* value) override { return take(value, false); }
  int user_lookup(const void*, void* value, std::uint64_t flags) override { return flags != 0 ? -EINVAL : peek(value); }
  int user_lookup_and_delete(const void*, void* value, std::uint64_t flags) override {
    return flags != 0 ? -EINVAL : pop(value);
  }
  int user_delete(const void*) override { return frozen() ? -EPERM : -EINVAL; }
  int user_update(const void*, const void* value, std::uint64_t flags) override {
    return frozen() ? -EPERM : push(value, flags);
  }

 private:
  char* at(std::uint64_t index) const { return pages_.data() + index % capacity_ * info_->value_size; }
  int take(void* value, bool remove) {
    const std::lock_guard lock(lock_);
    if (count_ == 0) {
      std::memset(value, 0, info_->value_size);
      return -ENOENT;
    }
    std::memcpy(value, at(is_stack_ ? first_ + count_ - 1 : first_), info_->value_size);
    if (!remove) return 0;
    if (!is_stack_) ++first_;
    --count_;
    return 0;
  }

  const Pages pages_;
  const bool is_stack_;
  const std::uint64_t capacity_;
  ShortLock lock_;
  std::uint64_t first_ = 0, count_ = 0;
};

class BloomFilter final : public Keyless {
 public:
  BloomFilter(const MapAttributes& attributes, std::uint64_t bits, unsigned hashes, Pages pages)
      : Keyless(attributes), bits_(bits), hashes_(hashes), seed_(attributes.hash_seed), pages_(std::move(pages)) {}

  int push(const void* value, std::uint64_t flags) override {
    if (flags != elem_flag::any) return -EINVAL;
    for (unsigned i = 0; i < hashes_; ++i) {
      const std::uint64_t bit = hash(value, i);
      word(bit).fetch_or(std::uint64_t{1} << bit % 64, std::memory_order_relaxed);
    }
    return 0;
  }
  // Whether `value` was pushed, perhaps.
  int peek(void* value) override {
    for (unsigned i = 0; i < hashes_; ++i) {
      const std::uint64_t bit = hash(value, i);
      if ((word(bit).load(std::memory_order_relaxed) >> bit % 64 & 1) == 0) return -ENOENT;
    }
    return 0;
  }
  int user_lookup(const void*, void* value, std::uint64_t flags) override { return flags != 0 ? -EINVAL : peek(value); }
  int user_update(const void*, const void* value, std::uint64_t flags) override {
    return frozen() ? -EPERM : push(value, flags);
  }

 private:
  std::atomic_ref<std::uint64_t> word(std::uint64_t bit) const {
    return std::atomic_ref(reinterpret_cast<std::uint64_t*>(pages_.data())[bit / 64]);
  }
  std::uint64_t hash(const void* value, unsigned which) const {
    const char* p = static_cast<const char*>(value);
    std::uint64_t h = seed_ + which * 0x9e3779b97f4a7c15U;
    for (std::size_t i = 0; i < info_->value_size; i += 8) {
      std::uint64_t chunk = 0;
      std::memcpy(&chunk, p + i, std::min<std::size_t>(8, info_->value_size - i));
      h = (h ^ chunk) * 0xff51afd7ed558ccdU;
      h ^= h >> 32;
    }
    h = (h ^ which) * 0xc4ceb9fe1a85ec53U;
    return (h ^ h >> 29) & (bits_ - 1);
  }

  const std::uint64_t bits_;  // a power of two
  const unsigned hashes_;
  const std::uint64_t seed_;
  const Pages pages_;
};

int check_queue(const MapInfo& info) {
  if (info.max_entries == 0 || info.key_size != 0 || info.value_size == 0 ||
      (info.flags & ~(map_flag::numa_node | access_flags)) != 0 || !access_ok(info.flags))
    return -EINVAL;
  return info.value_size > most_allocated ? -E2BIG : 0;
}

int check_bloom_filter(const MapInfo& info) {
  if (info.max_entries == 0 || info.key_size != 0 || info.value_size == 0 ||
      (info.flags & ~(map_flag::numa_node | map_flag::zero_seed | access_flags)) != 0 || !access_ok(info.flags) ||
      (info.extra & ~std::uint64_t{0xf}) != 0)
    return -EINVAL;
  return 0;
}

std::shared_ptr<Map> make_queue(const MapAttributes& attributes) {
  Pages pages =
      Pages::make(std::size_t{attributes.info.max_entries} * attributes.info.value_size, false, attributes.account);
  if (pages.data() == nullptr) return nullptr;
  return std::make_shared<Queue>(attributes, std::move(pages));
}

std::shared_ptr<Map> make_bloom_filter(const MapAttributes& attributes) {
  const auto hashes = static_cast<unsigned>(attributes.info.extra & 0xf);
  const unsigned used = hashes == 0 ? 5 : hashes;
  // n elements and k functions are best served by n * k / ln 2 bits.
  const std::uint64_t wanted = std::uint64_t{attributes.info.max_entries} * used * 7 / 5;
  const std::uint64_t bits = std::min(std::bit_ceil(std::max<std::uint64_t>(wanted, 64)), std::uint64_t{1} << 32);
  Pages pages = Pages::make(bits / 8, false, attributes.account);
  if (pages.data() == nullptr) return nullptr;
  return std::make_shared<BloomFilter>(attributes, bits, used, std::move(pages));
}

}  // namespace

extern constinit const MapTypeDef queue_type = {
    .type = MapType::queue,
    .name = "queue",
    .since = {4, 20},
    .summary = "values first in, first out",
    .uses = map_use::push | map_use::pop | map_use::peek,
    .in_sleepable_programs = true,
    .kernel_struct = "bpf_queue_stack",
    .check = check_queue,
    .make = make_queue,
};

extern constinit const MapTypeDef stack_type = {
    .type = MapType::stack,
    .name = "stack",
    .since = {4, 20},
    .summary = "values last in, first out",
    .uses = map_use::push | map_use::pop | map_use::peek,
    .in_sleepable_programs = true,
    .kernel_struct = "bpf_queue_stack",
    .check = check_queue,
    .make = make_queue,
};

extern constinit const MapTypeDef bloom_filter_type = {
    .type = MapType::bloom_filter,
    .name = "bloom_filter",
    .since = {5, 16},
    .summary = "a set that may answer yes wrongly and no never",
    .uses = map_use::push | map_use::peek,
    .kernel_struct = "bpf_bloom_filter",
    .check = check_bloom_filter,
    .make = make_bloom_filter,
    .key_btf = KeyBtf::none,
    .takes_extra = true,
    .is_set = true,
};

}  // namespace skep::maps
