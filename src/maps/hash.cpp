// Hash maps: plain, LRU, per CPU, resizable (rhash, which here is a hash without preallocation that is updated in
// place), and hash of maps.
// The table is in hash_table.hpp; this is what commands and programs see of it. Tested by tests/maps/elements_test.cpp.
#include "maps/hash.hpp"

#include <sched.h>

#include <cerrno>
#include <cstring>
#include <utility>

#include "maps/attributes.hpp"
#include "maps/hash_table.hpp"
#include "maps/object_slot.hpp"
#include "maps/quick.hpp"
#include "maps/values.hpp"
#include "rcu/rcu.hpp"

namespace skep::maps {
namespace {

constexpr auto never_in_place = [](void*) { return false; };
constexpr auto ignore = [](void*) {};

// Adds an element to what a batch gets; the place of its value, which the caller writes.
void* append(BucketContent& content, const void* key, std::size_t key_size, std::size_t value_size) {
  content.keys.resize(content.keys.size() + key_size);
  copy_shared(content.keys.data() + content.keys.size() - key_size, key, key_size);
  content.values.resize(content.values.size() + value_size);
  ++content.count;
  return content.values.data() + content.values.size() - value_size;
}

bool is_lru(MapType type) {
  return map_type(type).lru;
}
bool is_per_cpu(MapType type) {
  return map_type(type).per_cpu;
}

HashTable::Options table_options(const MapAttributes& attributes) {
  const MapInfo& info = attributes.info;
  HashTable::Options options;
  options.key_size = info.key_size;
  options.max_entries = info.max_entries;
  options.buckets_for =
      info.type == MapType::rhash && info.extra != 0 ? static_cast<std::uint32_t>(info.extra) : info.max_entries;
  options.preallocated = (info.flags & map_flag::no_prealloc) == 0;
  options.lru = is_lru(info.type);
  options.common_lru = (info.flags & map_flag::no_common_lru) == 0;
  options.in_place = is_per_cpu(info.type);
  options.cpus = attributes.cpu_count;
  options.account = attributes.account;
  options.seed = (info.flags & map_flag::zero_seed) != 0 ? 0 : attributes.hash_seed;
  return options;
}

struct ValueOwner final : HashTable::Owner {
  ValueOwner(const MapAttributes& attributes, unsigned cpu_count, std::size_t cpu_stride)
      : values(attributes),
        keeps_removed(attributes.info.type == MapType::rhash),
        cpus(cpu_count),
        stride(cpu_stride) {}
  void release(void* value) const override {
    for (unsigned cpu = 0; cpu < std::max(cpus, 1U); ++cpu) values.release(static_cast<char*>(value) + stride * cpu);
  }
  bool releases() const override { return values.has_fields(); }
  // Objects in an element of an rhash stay there for who still knows the element.
  void removed(void* value) const override {
    if (!keeps_removed) return release(value);
    if (values.has_async()) values.cancel_async(value);
  }
  const Values values;
  const bool keeps_removed;
  const unsigned cpus;  // 0: not per CPU
  const std::size_t stride;
};

class Hash final : public Map {
 public:
  Hash(const MapAttributes& attributes, std::shared_ptr<const ValueOwner> owner, std::unique_ptr<HashTable> table)
      : Map(attributes),
        owner_(std::move(owner)),
        values_(owner_->values),
        cpus_(owner_->cpus),
        stride_(owner_->stride),
        lru_(is_lru(attributes.info.type)),
        in_place_(attributes.info.type == MapType::rhash),
        kernel_cpus_(attributes.cpu_count),
        table_(std::move(table)) {}

  void* lookup(const void* key, unsigned cpu) override {
    char* value = static_cast<char*>(lru_ ? table_->find_and_mark(key) : table_->find(key));
    return value != nullptr ? value + stride_ * cpu : nullptr;
  }
  void* lookup_percpu(const void* key, unsigned cpu) override { return cpu < cpus_ ? lookup(key, cpu) : nullptr; }
  int update(const void* key, const void* value, std::uint64_t flags, unsigned cpu) override {
    if (cpus_ != 0) return store_cpus(key, value, flags, cpu, cpu + 1, 0, cpu);
    return store(key, value, flags, false, cpu);
  }
  int erase(const void* key) override { return table_->erase(key, ignore); }
  bool next_element(std::uint64_t& cursor, Element& element) override {
    void* value = table_->next(cursor);
    if (value == nullptr) return false;
    element = {table_->key_of(value), value};
    return true;
  }
  const void* key_of(const void* value, std::uint32_t&) const override {
    return cpus_ == 0 ? table_->key_of(value) : nullptr;
  }

  std::uint32_t user_value_size() const override {
    return cpus_ == 0 ? info_->value_size : static_cast<std::uint32_t>(round_up(info_->value_size, 8) * cpus_);
  }
  int user_lookup(const void* key, void* value, std::uint64_t flags) override {
    if (const int bad = check_flags(values_, flags, elem_flag::lock | elem_flag::cpu, cpus_ != 0, cpus_); bad != 0)
      return bad;
    void* element = table_->find(key);  // user space's looking does not count as use
    return element == nullptr ? -ENOENT : copy_out(value, element, flags);
  }
  int user_update(const void* key, const void* value, std::uint64_t flags) override {
    constexpr std::uint64_t allowed =
        elem_flag::noexist | elem_flag::exist | elem_flag::lock | elem_flag::cpu | elem_flag::all_cpus;
    if (frozen()) return -EPERM;
    if (const int bad = check_flags(values_, flags, allowed, cpus_ != 0, cpus_); bad != 0) return bad;
    const std::uint64_t how = update_flags(flags, cpus_ != 0);
    if (cpus_ == 0) return store(key, value, how, true, own_cpu());
    if ((flags & elem_flag::cpu) != 0) {
      const auto cpu = static_cast<unsigned>(flags >> 32);
      return store_cpus(key, value, how, cpu, cpu + 1, 0, own_cpu());
    }
    const bool same = (flags & elem_flag::all_cpus) != 0;
    return store_cpus(key, value, how, 0, cpus_, same ? 0 : round_up(info_->value_size, 8), own_cpu());
  }
  int user_delete(const void* key) override { return frozen() ? -EPERM : erase(key); }
  int user_lookup_and_delete(const void* key, void* value, std::uint64_t flags) override {
    if (frozen()) return -EPERM;
    if ((flags & ~elem_flag::lock) != 0 || ((flags & elem_flag::lock) != 0 && !values_.has_lock())) return -EINVAL;
    // The lock of the value is not taken: nobody else gets the element any more.
    return table_->erase(key, [&](void* element) { static_cast<void>(copy_out(value, element, 0)); });
  }
  int user_next_key(const void* key, void* next) override {
    void* value = table_->after(key);
    if (value == nullptr) return -ENOENT;
    copy_shared(next, table_->key_of(value), info_->key_size);
    return 0;
  }
  std::uint32_t bucket_count() const override { return table_->bucket_count(); }
  HashPlace place() const {
    HashPlace place = table_->place();
    place.marks = lru_;
    place.cpu_stride = stride_;
    return place;
  }
  int read_bucket(std::uint32_t bucket, std::uint32_t most, bool take, std::uint64_t flags,
                  BucketContent& content) override {
    const std::size_t size = (flags & elem_flag::cpu) != 0 ? info_->value_size : user_value_size();
    int error = 0;
    const int outcome = table_->visit_bucket(bucket, most, take, [&](const void* key, void* element) {
      void* value = append(content, key, info_->key_size, size);
      // As with one element: the lock of a value that leaves the map is not taken.
      if (error == 0) error = copy_out(value, element, take ? 0 : flags);
    });
    return outcome != 0 ? outcome : error;
  }

 protected:
  void cancel_all_async() override {
    if (values_.has_async()) table_->for_all_memory([this](void* value) { values_.cancel_async(value); });
  }

 private:
  int copy_out(void* to, void* element, std::uint64_t flags) const {
    if ((flags & elem_flag::lock) != 0) return values_.copy_out_locked(to, element);
    if (cpus_ == 0) {
      values_.copy_out(to, element);
    } else if ((flags & elem_flag::cpu) != 0) {
      values_.copy_out(to, static_cast<char*>(element) + stride_ * (flags >> 32));
    } else {
      for (unsigned cpu = 0; cpu < cpus_; ++cpu)
        values_.copy_out(static_cast<char*>(to) + round_up(info_->value_size, 8) * cpu,
                         static_cast<char*>(element) + stride_ * cpu);
    }
    return 0;
  }

  int store(const void* key, const void* value, std::uint64_t flags, bool from_user, unsigned on_cpu) {
    if ((flags & ~elem_flag::lock) > elem_flag::exist) return -EINVAL;
    if ((flags & elem_flag::lock) != 0) {
      if (!values_.has_lock()) return -EINVAL;
      // An element that is there keeps its place, and its work item keeps its state.
      if (void* element = table_->find(key)) {
        if ((flags & elem_flag::noexist) != 0) return -EEXIST;
        return values_.copy_in_locked(element, value, from_user);
      }
    }
    const auto fill = [&](void* element, const void*) { values_.copy_in(element, value); };
    if (!in_place_) return table_->store(key, flags, never_in_place, fill, on_cpu);
    // Its work ends, and its objects stay.
    const auto in_place = [&](void* element) {
      if (values_.has_async()) values_.cancel_async(element);
      values_.copy_in(element, value);
      return true;
    };
    return table_->store(key, flags, in_place, fill, on_cpu);
  }

  // The Kernel's CPU that user space is taken to be on.
  unsigned own_cpu() const { return lru_ ? static_cast<unsigned>(sched_getcpu()) % kernel_cpus_ : 0; }

  // CPUs [begin, end) get value + step * cpu. An existing element is written in place, a new one is zero for other
  // CPUs.
  int store_cpus(const void* key, const void* value, std::uint64_t flags, unsigned begin, unsigned end,
                 std::size_t step, unsigned on_cpu) {
    if (flags > elem_flag::exist) return -EINVAL;
    const auto write = [&](void* element) {
      for (unsigned cpu = begin; cpu < end; ++cpu) {
        void* mine = static_cast<char*>(element) + stride_ * cpu;
        values_.copy_in(mine, static_cast<const char*>(value) + step * cpu);
        values_.release(mine);
      }
    };
    const auto in_place = [&](void* element) {
      write(element);
      return true;
    };
    const auto fill = [&](void* element, const void*) {
      zero_shared(element, stride_ * cpus_);
      write(element);
    };
    return table_->store(key, flags, in_place, fill, on_cpu);
  }

  const std::shared_ptr<const ValueOwner> owner_;
  const Values& values_;
  const unsigned cpus_;
  const std::size_t stride_;
  const bool lru_;
  const bool in_place_;  // an element that is there is written where it is
  const unsigned kernel_cpus_;
  const std::unique_ptr<HashTable> table_;
};

struct ObjectOwner final : HashTable::Owner {
  void release(void* value) const override { ObjectSlot::at(value).clear(); }
};

class HashOfMaps final : public Map {
 public:
  HashOfMaps(const MapAttributes& attributes, std::unique_ptr<HashTable> table)
      : Map(attributes), account_(attributes.account), table_(std::move(table)) {}
  void* lookup(const void* key, unsigned) override {
    void* slot = table_->find(key);
    return slot != nullptr ? ObjectSlot::at(slot).get() : nullptr;
  }
  int update(const void*, const void*, std::uint64_t, unsigned) override { return -EINVAL; }
  int erase(const void* key) override { return table_->erase(key, ignore); }
  int user_delete(const void* key) override { return frozen() ? -EPERM : erase(key); }
  int user_next_key(const void* key, void* next) override {
    void* value = table_->after(key);
    if (value == nullptr) return -ENOENT;
    copy_shared(next, table_->key_of(value), info_->key_size);
    return 0;
  }
  std::uint32_t bucket_count() const override { return table_->bucket_count(); }
  int read_bucket(std::uint32_t bucket, std::uint32_t most, bool take, std::uint64_t, BucketContent& content) override {
    return table_->visit_bucket(bucket, most, take, [&](const void* key, void* slot) {
      const auto* inner = static_cast<Map*>(ObjectSlot::at(slot).get());
      const std::uint32_t id = inner != nullptr ? inner->info().id : 0;
      std::memcpy(append(content, key, info_->key_size, sizeof id), &id, sizeof id);
    });
  }
  int update_object(const void* key, std::shared_ptr<void> object, std::uint64_t flags) override {
    if (frozen()) return -EPERM;
    if (flags > elem_flag::exist) return -EINVAL;
    const auto inner = std::static_pointer_cast<Map>(object);
    if (!same_layout(*info_->inner, inner->info())) return -EINVAL;
    auto reference = ObjectSlot::reference_to(std::move(object), account_);
    if (!reference) return -ENOMEM;
    return table_->store(key, flags, never_in_place,
                         [&](void* slot, const void*) { ObjectSlot::at(slot).set(std::move(reference)); });
  }
  std::uint32_t object_id(const void* key) override {
    auto* inner = static_cast<Map*>(lookup(key, 0));
    return inner != nullptr ? inner->info().id : 0;
  }
  std::shared_ptr<void> object_at(const void* key) override {
    void* slot = table_->find(key);
    return slot != nullptr ? ObjectSlot::at(slot).shared() : nullptr;
  }

 private:
  const memory::AccountPtr account_;
  const std::unique_ptr<HashTable> table_;
};

int check_hash(const MapInfo& info) {
  const bool per_cpu = is_per_cpu(info.type), lru = is_lru(info.type);
  constexpr std::uint32_t flags =
      map_flag::no_prealloc | map_flag::no_common_lru | map_flag::numa_node | access_flags | map_flag::zero_seed;
  if ((info.flags & ~flags) != 0 || !access_ok(info.flags)) return -EINVAL;
  if (!lru && (info.flags & map_flag::no_common_lru) != 0) return -EINVAL;
  if (lru && (info.flags & map_flag::no_prealloc) != 0) return -enotsupp;
  if ((info.flags & map_flag::numa_node) != 0 && (per_cpu || (info.flags & map_flag::no_common_lru) != 0))
    return -EINVAL;
  if (info.max_entries == 0 || info.key_size == 0 || info.value_size == 0) return -EINVAL;
  if (std::uint64_t{info.key_size} + info.value_size >= most_allocated - 64) return -E2BIG;
  if (per_cpu && round_up(info.value_size, 8) > most_per_cpu) return -E2BIG;
  if (info.max_entries > 1U << 31) return -E2BIG;
  return 0;
}

int check_rhash(const MapInfo& info) {
  constexpr std::uint32_t flags = map_flag::no_prealloc | access_flags;
  if ((info.flags & ~flags) != 0 || !access_ok(info.flags) || (info.flags & map_flag::no_prealloc) == 0) return -EINVAL;
  if (info.max_entries == 0 || info.key_size == 0 || info.value_size == 0) return -EINVAL;
  if (info.extra > 0xffff || info.extra > info.max_entries) return -EINVAL;
  if (info.key_size > largest_key || std::uint64_t{info.key_size} + info.value_size >= most_allocated - 64)
    return -E2BIG;
  return 0;
}

int check_hash_of_maps(const MapInfo& info) {
  return info.value_size != 4 ? -EINVAL : check_hash(info);
}

std::shared_ptr<Map> make_hash(const MapAttributes& given) {
  MapAttributes attributes = given;
  MapInfo& info = attributes.info;
  if ((info.flags & map_flag::no_common_lru) != 0) {  // each CPU has as many, and one at least
    const auto rounded = static_cast<std::uint32_t>(round_up(info.max_entries, attributes.cpu_count));
    info.max_entries = rounded;
  }
  const unsigned cpus = is_per_cpu(info.type) ? attributes.cpu_count : 0;
  const std::size_t stride = cpus == 0 ? 0 : round_up(info.value_size, 64);  // no two CPUs in a cache line
  auto owner = std::make_shared<ValueOwner>(attributes, cpus, stride);
  HashTable::Options options = table_options(attributes);
  options.value_bytes = cpus == 0 ? round_up(info.value_size, 8) : stride * cpus;
  auto table = HashTable::make(options, owner);
  if (!table) return nullptr;
  return std::make_shared<Hash>(attributes, std::move(owner), std::move(table));
}

std::shared_ptr<Map> make_hash_of_maps(const MapAttributes& attributes) {
  HashTable::Options options = table_options(attributes);
  options.value_bytes = sizeof(ObjectSlot);
  auto table = HashTable::make(options, std::make_shared<ObjectOwner>());
  if (!table) return nullptr;
  return std::make_shared<HashOfMaps>(attributes, std::move(table));
}

}  // namespace

std::optional<HashPlace> hash_place(const Map& map) {
  if (map_type(map.info().type).make != make_hash) return std::nullopt;
  return static_cast<const Hash&>(map).place();
}

QuickUpdate quick_update_of_hash(const Map& map) {
  return hash_place(map) && map.info().record == nullptr ? update_directly<Hash> : nullptr;
}
QuickErase quick_erase_of_hash(const Map& map) {
  return hash_place(map) && map.info().record == nullptr ? erase_directly<Hash> : nullptr;
}

extern constinit const MapTypeDef hash_type = {
    .type = MapType::hash,
    .name = "hash",
    .since = {3, 19},
    .summary = "values by key; preallocated, or not with BPF_F_NO_PREALLOC",
    .uses = map_use::elements | map_use::for_each,
    .in_sleepable_programs = true,
    .kernel_struct = "bpf_htab",
    .check = check_hash,
    .make = make_hash,
    .fields = may_hold::all_of_hash,
    .batches = batch::all | batch::by_bucket,
};

extern constinit const MapTypeDef percpu_hash_type = {
    .type = MapType::percpu_hash,
    .name = "percpu_hash",
    .since = {4, 6},
    .summary = "a hash with a value for each CPU",
    .uses = map_use::elements | map_use::for_each | map_use::lookup_percpu,
    .in_sleepable_programs = true,
    .per_cpu = true,
    .kernel_struct = "bpf_htab",
    .check = check_hash,
    .make = make_hash,
    .fields = may_hold::kptr,
    .batches = batch::all | batch::by_bucket,
};

extern constinit const MapTypeDef lru_hash_type = {
    .type = MapType::lru_hash,
    .name = "lru_hash",
    .since = {4, 10},
    .summary = "a hash that evicts what was used least recently when it is full",
    .uses = map_use::elements | map_use::for_each,
    .in_sleepable_programs = true,
    .kernel_struct = "bpf_htab",
    .check = check_hash,
    .make = make_hash,
    .fields = may_hold::async | may_hold::kptr | may_hold::graph,
    .batches = batch::all | batch::by_bucket,
    .lru = true,
};

extern constinit const MapTypeDef lru_percpu_hash_type = {
    .type = MapType::lru_percpu_hash,
    .name = "lru_percpu_hash",
    .since = {4, 10},
    .summary = "an LRU hash with a value for each CPU",
    .uses = map_use::elements | map_use::for_each | map_use::lookup_percpu,
    .in_sleepable_programs = true,
    .per_cpu = true,
    .kernel_struct = "bpf_htab",
    .check = check_hash,
    .make = make_hash,
    .fields = may_hold::kptr,
    .batches = batch::all | batch::by_bucket,
    .lru = true,
};

extern constinit const MapTypeDef rhash_type = {
    .type = MapType::rhash,
    .name = "rhash",
    .since = {7, 2},
    .summary = "a hash that grows and shrinks with what it holds",
    .uses = map_use::elements | map_use::for_each,
    .in_sleepable_programs = true,
    .kernel_struct = "bpf_rhtab",
    .check = check_rhash,
    .make = make_hash,
    .fields = may_hold::all_of_hash,
    .batches = batch::all | batch::by_next_key,
    .takes_extra = true,
};

extern constinit const MapTypeDef hash_of_maps_type = {
    .type = MapType::hash_of_maps,
    .name = "hash_of_maps",
    .since = {4, 12},
    .summary = "maps of one layout by key",
    .uses = map_use::lookup,
    .holds = Holds::maps,
    .in_sleepable_programs = true,
    .kernel_struct = "bpf_htab",
    .check = check_hash_of_maps,
    .make = make_hash_of_maps,
    .key_btf = KeyBtf::refused,
    .batches = batch::all | batch::by_bucket,
    .as_inner = -EINVAL,
};

}  // namespace skep::maps
