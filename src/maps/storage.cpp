// Local storage: values that belong to a task, a socket, an inode or a cgroup, kept by the address of their owner.
// Elements are freed a grace period after they were removed. Tested by tests/maps/elements_test.cpp.
#include <cerrno>
#include <utility>

#include "maps/attributes.hpp"
#include "maps/hash_table.hpp"
#include "maps/values.hpp"

namespace skep::maps {
namespace {

struct StorageOwner final : HashTable::Owner {
  explicit StorageOwner(const MapAttributes& attributes) : values(attributes) {}
  void release(void* value) const override { values.release(value); }
  const Values values;
};

class Storage final : public LocalStorage {
 public:
  Storage(const MapAttributes& attributes, std::shared_ptr<const StorageOwner> owner, std::unique_ptr<HashTable> table)
      : LocalStorage(attributes), owner_(std::move(owner)), values_(owner_->values), table_(std::move(table)) {}

  void* get(const void* owner, const void* initial, bool create) override {
    if (void* value = table_->find(&owner); value != nullptr || !create) return value;
    const int error = table_->store(
        &owner, elem_flag::noexist, [](void*) { return false; },
        [&](void* value, const void*) {
          if (initial != nullptr) values_.copy_in(value, initial);
        });
    return error == 0 || error == -EEXIST ? table_->find(&owner) : nullptr;
  }
  int store(const void* owner, const void* value, std::uint64_t flags) override {
    if ((flags & ~elem_flag::lock) > elem_flag::exist) return -EINVAL;
    if ((flags & elem_flag::lock) != 0) {
      if (!values_.has_lock()) return -EINVAL;
      if (void* element = table_->find(&owner)) {
        return (flags & elem_flag::noexist) != 0 ? -EEXIST : values_.copy_in_locked(element, value, true);
      }
    }
    return table_->store(
        &owner, flags, [](void*) { return false; },
        [&](void* element, const void*) { values_.copy_in(element, value); });
  }
  int remove(const void* owner) override {
    return table_->erase(&owner, [](void*) {});
  }

  void* lookup(const void*, unsigned) override { return nullptr; }
  int update(const void*, const void*, std::uint64_t, unsigned) override { return -EOPNOTSUPP; }
  int erase(const void*) override { return -EOPNOTSUPP; }
  int user_next_key(const void*, void*) override { return -enotsupp; }

 private:
  const std::shared_ptr<const StorageOwner> owner_;
  const Values& values_;
  const std::unique_ptr<HashTable> table_;
};

int check_local_storage(const MapInfo& info) {
  if ((info.flags & ~(map_flag::no_prealloc | map_flag::clone)) != 0 || (info.flags & map_flag::no_prealloc) == 0 ||
      info.max_entries != 0 || info.key_size != 4 || info.value_size == 0 || info.key_type == 0 || info.value_type == 0)
    return -EINVAL;
  return info.value_size > 0xffff - 128 ? -E2BIG : 0;
}

std::shared_ptr<Map> make_local_storage(const MapAttributes& attributes) {
  HashTable::Options options;
  options.account = attributes.account;
  options.key_size = sizeof(void*);
  options.value_bytes = round_up(attributes.info.value_size, 8);
  options.buckets_for = 256;
  options.seed = attributes.hash_seed;
  auto owner = std::make_shared<StorageOwner>(attributes);
  auto table = HashTable::make(options, owner);
  if (!table) return nullptr;
  return std::make_shared<Storage>(attributes, std::move(owner), std::move(table));
}

}  // namespace

extern constinit const MapTypeDef sk_storage_type = {
    .type = MapType::sk_storage,
    .name = "sk_storage",
    .since = {5, 2},
    .summary = "a value for each socket",
    .uses = map_use::values | map_use::of_socket,
    .in_sleepable_programs = true,
    .kernel_struct = "bpf_local_storage_map",
    .check = check_local_storage,
    .make = make_local_storage,
    .fields = may_hold::lock | may_hold::kptr,
    .key_btf = KeyBtf::integer,
};

extern constinit const MapTypeDef inode_storage_type = {
    .type = MapType::inode_storage,
    .name = "inode_storage",
    .since = {5, 10},
    .summary = "a value for each inode",
    .uses = map_use::values | map_use::of_inode,
    .in_sleepable_programs = true,
    .kernel_struct = "bpf_local_storage_map",
    .check = check_local_storage,
    .make = make_local_storage,
    .fields = may_hold::lock | may_hold::kptr,
    .key_btf = KeyBtf::integer,
};

extern constinit const MapTypeDef task_storage_type = {
    .type = MapType::task_storage,
    .name = "task_storage",
    .since = {5, 11},
    .summary = "a value for each task",
    .uses = map_use::values | map_use::of_task,
    .in_sleepable_programs = true,
    .kernel_struct = "bpf_local_storage_map",
    .check = check_local_storage,
    .make = make_local_storage,
    .fields = may_hold::lock | may_hold::kptr | may_hold::uptr,
    .key_btf = KeyBtf::integer,
};

extern constinit const MapTypeDef cgrp_storage_type = {
    .type = MapType::cgrp_storage,
    .name = "cgrp_storage",
    .since = {6, 2},
    .summary = "a value for each cgroup",
    .uses = map_use::values | map_use::of_cgroup,
    .in_sleepable_programs = true,
    .kernel_struct = "bpf_local_storage_map",
    .check = check_local_storage,
    .make = make_local_storage,
    .fields = may_hold::lock | may_hold::kptr,
    .key_btf = KeyBtf::integer,
};

}  // namespace skep::maps
