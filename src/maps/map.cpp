// What all maps have: references of user space, and refusals for operations that a type has not. Tested by tests/maps/.
#include "maps/map.hpp"

#include <cerrno>

#include "maps/map_types.hpp"
#include "rcu/rcu.hpp"

namespace skep::maps {

namespace {}

Map::Map(const MapAttributes& attributes) : info_(std::make_shared<MapInfo>(attributes.info)) {}
Map::~Map() = default;

int Map::push(const void*, std::uint64_t) {
  return -EOPNOTSUPP;
}
int Map::pop(void*) {
  return -EOPNOTSUPP;
}
int Map::peek(void*) {
  return -EOPNOTSUPP;
}
void* Map::lookup_percpu(const void*, unsigned) {
  return nullptr;
}
bool Map::next_element(std::uint64_t&, Element&) {
  return false;
}
const void* Map::key_of(const void*, std::uint32_t&) const {
  return nullptr;
}

std::uint32_t Map::user_value_size() const {
  return info_->value_size;
}
int Map::user_lookup(const void*, void*, std::uint64_t) {
  return -EOPNOTSUPP;
}
int Map::user_update(const void*, const void*, std::uint64_t) {
  return -EOPNOTSUPP;
}
int Map::user_delete(const void*) {
  return -EOPNOTSUPP;
}
int Map::user_lookup_and_delete(const void*, void*, std::uint64_t) {
  return -enotsupp;
}
int Map::user_next_key(const void*, void*) {
  return -EOPNOTSUPP;
}
std::uint32_t Map::bucket_count() const {
  return 0;
}
int Map::read_bucket(std::uint32_t, std::uint32_t, bool, std::uint64_t, BucketContent&) {
  return -EOPNOTSUPP;
}
int Map::update_object(const void*, std::shared_ptr<void>, std::uint64_t) {
  return -EOPNOTSUPP;
}
std::uint32_t Map::object_id(const void*) {
  return 0;
}
std::shared_ptr<void> Map::object_at(const void*) {
  return nullptr;
}

int Map::freeze() {
  if (info_->record || map_type(info_->type).special_btf) return -enotsupp;
  if (info_->frozen) return -EBUSY;
  info_->frozen = true;
  return 0;
}

void* Map::value_area() {
  return nullptr;
}

int Map::mmap_source(std::uint64_t, std::uint64_t, int, int&, std::uint64_t&) {
  return -enotsupp;
}

void Map::mapped_at(std::uint64_t) {}

void Map::get_user_ref() {
  user_refs_.fetch_add(1, std::memory_order_seq_cst);
}

void Map::put_user_ref() {
  if (user_refs_.fetch_sub(1, std::memory_order_seq_cst) != 1) return;
  const rcu::ReadGuard section;
  cancel_all_async();
}

void Map::set_id(std::uint32_t id) {
  info_->id = id;
}

void Map::cancel_all_async() {}

}  // namespace skep::maps
