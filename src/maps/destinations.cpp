// Where bpf_redirect_map sends packets: maps of devices (by index, or by key) and of CPUs. An entry is a number that is
// not zero (the device's, the length of the CPU's queue) and perhaps a program of its own; writing zero clears it.
//
// The one device is loopback, number 1; entries with programs are refused by name. Tested by
// tests/maps/destinations_test.cpp.
#include "maps/destinations.hpp"

#include <atomic>
#include <cerrno>
#include <cstring>

#include "maps/memory.hpp"

namespace skep::maps {
namespace {

constexpr std::uint32_t loopback = 1, longest_queue = 16384;

// As user space and programs see an entry.
struct Entry {
  std::uint32_t number = 0;
  std::int32_t program = 0;
};

std::uint32_t key_at(const void* key) {
  std::uint32_t value = 0;
  std::memcpy(&value, key, sizeof value);
  return value;
}
Entry entry_at(const void* value, std::uint32_t size) {
  Entry entry;
  std::memcpy(&entry, value, size);
  return entry;
}

// Entries by index; all indices are keys, whether there is something or not.
class Destinations final : public Map {
 public:
  Destinations(const MapAttributes& attributes, Pages pages)
      : Map(attributes), pages_(std::move(pages)), cpus_(attributes.cpu_count) {}

  void* lookup(const void* key, unsigned) override {
    const std::uint32_t index = key_at(key);
    if (index >= info_->max_entries) return nullptr;
    std::atomic_ref<std::uint64_t> slot = at(index);
    return static_cast<std::uint32_t>(slot.load(std::memory_order_acquire)) != 0 ? &slots()[index] : nullptr;
  }
  int update(const void*, const void*, std::uint64_t, unsigned) override { return -EINVAL; }
  int erase(const void*) override { return -EINVAL; }

  int user_lookup(const void* key, void* value, std::uint64_t flags) override {
    if (flags != 0) return -EINVAL;
    const auto* const found = static_cast<const std::uint64_t*>(lookup(key, 0));
    if (found == nullptr) return -ENOENT;
    const std::uint64_t entry = std::atomic_ref(*const_cast<std::uint64_t*>(found)).load(std::memory_order_acquire);
    std::memcpy(value, &entry, info_->value_size);
    return 0;
  }
  int user_update(const void* key, const void* value, std::uint64_t flags) override {
    if (frozen()) return -EPERM;
    const std::uint32_t index = key_at(key);
    Entry entry = entry_at(value, info_->value_size);
    if (flags > elem_flag::exist) return -EINVAL;
    if (index >= info_->max_entries) return -E2BIG;
    if (flags == elem_flag::noexist) return -EEXIST;
    if (const int error = refusal(index, entry); error != 0) return error;
    if (entry.number == 0) entry = {};
    entry.program = 0;
    std::uint64_t word = 0;
    std::memcpy(&word, &entry, sizeof entry);
    at(index).store(word, std::memory_order_release);
    return 0;
  }
  int user_delete(const void* key) override {
    if (frozen()) return -EPERM;
    const std::uint32_t index = key_at(key);
    if (index >= info_->max_entries) return -EINVAL;
    at(index).store(0, std::memory_order_release);
    return 0;
  }
  int user_next_key(const void* key, void* next) override {
    const std::uint32_t index = key == nullptr ? info_->max_entries : key_at(key);
    if (index == info_->max_entries - 1) return -ENOENT;
    const std::uint32_t following = index >= info_->max_entries ? 0 : index + 1;
    std::memcpy(next, &following, sizeof following);
    return 0;
  }

 private:
  std::uint64_t* slots() const { return reinterpret_cast<std::uint64_t*>(pages_.data()); }
  std::atomic_ref<std::uint64_t> at(std::uint32_t index) const { return std::atomic_ref(slots()[index]); }
  int refusal(std::uint32_t index, const Entry& entry) const {
    if (info_->type == MapType::cpumap) {
      if (entry.number > longest_queue) return -EOVERFLOW;
      if (index >= cpus_) return -ENODEV;
      return entry.program > 0 ? -EOPNOTSUPP : 0;
    }
    if (entry.number == 0) return entry.program > 0 ? -EINVAL : 0;
    if (entry.number != loopback) return -EINVAL;
    return entry.program > 0 ? -EOPNOTSUPP : 0;
  }

  const Pages pages_;
  const std::uint32_t cpus_;
};

// Devices by a key of their own: a hash map of entries.
class KeyedDevices final : public Map {
 public:
  KeyedDevices(const MapAttributes& attributes, std::shared_ptr<Map> entries)
      : Map(attributes), entries_(std::move(entries)) {}
  void* lookup(const void* key, unsigned cpu) override { return entries_->lookup(key, cpu); }
  int update(const void*, const void*, std::uint64_t, unsigned) override { return -EINVAL; }
  int erase(const void*) override { return -EINVAL; }
  int user_lookup(const void* key, void* value, std::uint64_t flags) override {
    return flags != 0 ? -EINVAL : entries_->user_lookup(key, value, 0);
  }
  int user_update(const void* key, const void* value, std::uint64_t flags) override {
    if (frozen()) return -EPERM;
    Entry entry = entry_at(value, info_->value_size);
    if (flags > elem_flag::exist || entry.number == 0) return -EINVAL;
    if (flags == elem_flag::noexist && entries_->lookup(key, 0) != nullptr) return -EEXIST;
    if (entry.number != loopback) return -EINVAL;
    if (entry.program > 0) return -EOPNOTSUPP;
    entry.program = 0;
    // That it is to be there already, nobody asks.
    return entries_->user_update(key, &entry, flags == elem_flag::noexist ? flags : 0);
  }
  int user_delete(const void* key) override { return frozen() ? -EPERM : entries_->user_delete(key); }
  int user_next_key(const void* key, void* next) override { return entries_->user_next_key(key, next); }

 private:
  const std::shared_ptr<Map> entries_;
};

}  // namespace

std::shared_ptr<Map> make_destinations(const MapAttributes& attributes) {
  Pages pages = Pages::make(std::size_t{attributes.info.max_entries} * sizeof(Entry), false, attributes.account);
  if (pages.data() == nullptr) return nullptr;
  return std::make_shared<Destinations>(attributes, std::move(pages));
}

std::shared_ptr<Map> make_keyed_devices(const MapAttributes& attributes) {
  MapAttributes entries = attributes;
  entries.info.type = MapType::hash;
  entries.info.flags &= map_flag::numa_node;
  auto made = create(entries);
  return made.map != nullptr ? std::make_shared<KeyedDevices>(attributes, std::move(made.map)) : nullptr;
}

}  // namespace skep::maps
