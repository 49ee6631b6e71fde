// Arrays: values by index, all there from the start. Per-CPU arrays hold one array for each CPU, apart from each other;
// the memory of the others may be mapped by user space and be named by programs directly (global data). Tested by
// tests/maps/elements_test.cpp.
#include "maps/array.hpp"

#include <sys/mman.h>

#include <cerrno>
#include <cstring>
#include <mutex>
#include <vector>

#include "maps/attributes.hpp"
#include "maps/memory.hpp"
#include "maps/quick.hpp"
#include "maps/values.hpp"
#include "rcu/rcu.hpp"

namespace skep::maps {
namespace {

std::uint32_t index_of(const void* key) {
  std::uint32_t index = 0;
  std::memcpy(&index, key, sizeof index);
  return index;
}

class Array : public Map {
 public:
  Array(const MapAttributes& attributes, Pages pages, unsigned cpus, std::size_t cpu_stride)
      : Map(attributes),
        values_(attributes),
        pages_(std::move(pages)),
        data_(pages_.data()),
        stride_(round_up(attributes.info.value_size, 8)),
        count_(attributes.info.max_entries),
        cpus_(cpus),
        cpu_stride_(cpu_stride) {
    if (cpus_ == 0 && count_ == 1) info_->value_address = reinterpret_cast<std::uint64_t>(data_);
  }
  ~Array() override {
    const rcu::ReadGuard section;
    for_all([this](void* value) { values_.release(value); });
  }

  ArrayPlace place() const {
    return {reinterpret_cast<std::uint64_t>(data_), stride_, cpus_ != 0 ? cpu_stride_ : 0, count_};
  }

  void* lookup(const void* key, unsigned cpu) final {
    const std::uint32_t index = index_of(key);
    return index < count_ ? data_ + cpu_stride_ * cpu + stride_ * index : nullptr;
  }
  void* lookup_percpu(const void* key, unsigned cpu) final {
    return cpus_ != 0 && cpu < cpus_ ? lookup(key, cpu) : nullptr;
  }
  int update(const void* key, const void* value, std::uint64_t flags, unsigned cpu) override {
    return store(key, value, flags, cpu, false);
  }
  int erase(const void*) override { return -EINVAL; }

  bool next_element(std::uint64_t& cursor, Element& element) override {
    if (cursor >= count_) return false;
    const auto index = static_cast<std::uint32_t>(cursor++);
    element = {keys() + index, data_ + stride_ * index};
    return true;
  }
  const void* key_of(const void* value, std::uint32_t& scratch) const override {
    scratch = static_cast<std::uint32_t>(static_cast<std::size_t>(static_cast<const char*>(value) - data_) / stride_);
    return &scratch;
  }

  std::uint32_t user_value_size() const override {
    return cpus_ == 0 ? info_->value_size : static_cast<std::uint32_t>(stride_ * cpus_);
  }
  int user_lookup(const void* key, void* value, std::uint64_t flags) override {
    if (const int bad = check_flags(values_, flags, elem_flag::lock | elem_flag::cpu, cpus_ != 0, cpus_); bad != 0)
      return bad;
    char* element = static_cast<char*>(lookup(key, 0));
    if (element == nullptr) return -ENOENT;
    if (cpus_ == 0) {
      if ((flags & elem_flag::lock) != 0) return values_.copy_out_locked(value, element);
      values_.copy_out(value, element);
      return 0;
    }
    if ((flags & elem_flag::cpu) != 0) {
      values_.copy_out(value, element + cpu_stride_ * (flags >> 32));
      return 0;
    }
    for (unsigned cpu = 0; cpu < cpus_; ++cpu)
      values_.copy_out(static_cast<char*>(value) + stride_ * cpu, element + cpu_stride_ * cpu);
    return 0;
  }
  int user_update(const void* key, const void* value, std::uint64_t flags) override {
    constexpr std::uint64_t allowed =
        elem_flag::noexist | elem_flag::exist | elem_flag::lock | elem_flag::cpu | elem_flag::all_cpus;
    if (frozen()) return -EPERM;
    if (const int bad = check_flags(values_, flags, allowed, cpus_ != 0, cpus_); bad != 0) return bad;
    const std::uint64_t how = update_flags(flags, cpus_ != 0);
    if (cpus_ == 0) return store(key, value, how, 0, true);
    const char* from = static_cast<const char*>(value);
    for (unsigned cpu = 0; cpu < cpus_; ++cpu) {
      if ((flags & elem_flag::cpu) != 0 && cpu != flags >> 32) continue;
      const bool all = (flags & (elem_flag::cpu | elem_flag::all_cpus)) == 0;
      if (const int bad = store(key, from + (all ? stride_ * cpu : 0), how, cpu, true); bad != 0) return bad;
    }
    return 0;
  }
  int user_delete(const void*) override { return frozen() ? -EPERM : -EINVAL; }
  int user_lookup_and_delete(const void*, void*, std::uint64_t) override { return -enotsupp; }
  int user_next_key(const void* key, void* next) override {
    std::uint32_t index = key == nullptr ? count_ : index_of(key);
    if (index == count_ - 1) return -ENOENT;
    index = index >= count_ ? 0 : index + 1;
    std::memcpy(next, &index, sizeof index);
    return 0;
  }

  int freeze() override {
    const int error = Map::freeze();
    if (error == 0 && cpus_ == 0 && !info_->writable_by_program())
      info_->constant_data = {reinterpret_cast<const std::uint8_t*>(data_), stride_ * count_};
    return error;
  }
  void* value_area() override { return info_->value_address != 0 ? data_ : nullptr; }
  int mmap_source(std::uint64_t offset, std::uint64_t length, int protection, int& memory_fd,
                  std::uint64_t& memory_offset) override {
    if (info_->record) return -enotsupp;
    if (pages_.fd() < 0) return -EINVAL;
    if ((protection & PROT_WRITE) != 0 && frozen()) return -EPERM;
    if ((protection & PROT_WRITE) != 0 && !info_->writable_by_program()) return -EACCES;
    const std::size_t page = Pages::page_size();
    if (offset % page != 0 || offset > pages_.size() || round_up(length, page) > pages_.size() - offset) return -EINVAL;
    memory_fd = pages_.fd();
    memory_offset = offset;
    return 0;
  }

 protected:
  void cancel_all_async() override {
    if (values_.has_async()) for_all([this](void* value) { values_.cancel_async(value); });
  }

 private:
  template <typename Do>
  void for_all(Do&& what) {
    if (!info_->record) return;
    for (unsigned cpu = 0; cpu < std::max(cpus_, 1U); ++cpu) {
      for (std::uint32_t i = 0; i < count_; ++i) what(data_ + cpu_stride_ * cpu + stride_ * i);
    }
  }
  // The indices in memory, for callbacks that get a pointer to their key. Made when they are first asked for.
  const std::uint32_t* keys() {
    std::call_once(keys_made_, [this] {
      keys_.resize(count_);
      for (std::uint32_t i = 0; i < count_; ++i) keys_[i] = i;
    });
    return keys_.data();
  }
  int store(const void* key, const void* value, std::uint64_t flags, unsigned cpu, bool from_user) {
    if ((flags & ~elem_flag::lock) > elem_flag::exist) return -EINVAL;
    void* element = lookup(key, cpu);
    if (element == nullptr) return -E2BIG;
    if ((flags & elem_flag::noexist) != 0) return -EEXIST;
    if ((flags & elem_flag::lock) != 0) {
      if (const int bad = values_.copy_in_locked(element, value, from_user); bad != 0) return bad;
    } else {
      values_.copy_in(element, value);
    }
    values_.release(element);
    return 0;
  }

  const Values values_;
  const Pages pages_;
  char* const data_;
  const std::size_t stride_;
  const std::uint32_t count_;
  const unsigned cpus_;  // 0: not per CPU
  const std::size_t cpu_stride_;
  std::once_flag keys_made_;
  std::vector<std::uint32_t> keys_;
};

// An instruction array: what goto through a register may reach. User space writes each element's original instruction
// before the program is loaded, and freezes it.
class InsnArray final : public Map {
 public:
  explicit InsnArray(const MapAttributes& attributes)
      : Map(attributes),
        entries_(attributes.info.max_entries),
        targets_(attributes.info.max_entries),
        addresses_(attributes.info.max_entries) {
    info_->flags |= map_flag::rdonly_prog;  // whoever made it: a program never writes where it may jump to
    info_->insn_targets = targets_;
    info_->value_address = reinterpret_cast<std::uint64_t>(addresses_.data());
  }
  void* lookup(const void*, unsigned) override { return nullptr; }
  int update(const void*, const void*, std::uint64_t, unsigned) override { return -EINVAL; }
  int erase(const void*) override { return -EINVAL; }
  int user_lookup(const void* key, void* value, std::uint64_t flags) override {
    if (flags != 0) return -EINVAL;
    if (index_of(key) >= entries_.size()) return -ENOENT;
    std::memcpy(value, &entries_[index_of(key)], sizeof(Entry));
    return 0;
  }
  int user_update(const void* key, const void* value, std::uint64_t flags) override {
    const std::uint32_t index = index_of(key);
    if (frozen()) return -EPERM;
    if (index >= entries_.size()) return -E2BIG;
    if ((flags & elem_flag::noexist) != 0) return -EEXIST;
    if ((flags & elem_flag::lock) != 0) return -EINVAL;
    Entry entry{};
    std::memcpy(&entry, value, sizeof entry);
    if (entry.jitted != 0 || entry.translated != 0) return -EINVAL;
    entries_[index].original = entry.original;
    targets_[index] = entry.original;
    addresses_[index] = entry.original;
    return 0;
  }
  int user_delete(const void*) override { return -EINVAL; }
  int user_next_key(const void* key, void* next) override {
    const auto count = static_cast<std::uint32_t>(entries_.size());
    std::uint32_t index = key == nullptr ? count : index_of(key);
    if (index == count - 1) return -ENOENT;
    index = index >= count ? 0 : index + 1;
    std::memcpy(next, &index, sizeof index);
    return 0;
  }
  void* value_area() override { return addresses_.data(); }

 private:
  struct Entry {  // struct bpf_insn_array_value
    std::uint32_t original, translated, jitted, padding;
  };
  std::vector<Entry> entries_;
  std::vector<std::uint32_t> targets_;
  std::vector<std::uint64_t> addresses_;  // what a program reads, and jumps to
};

}  // namespace

QuickUpdate quick_update_of_array(const Map& map) {
  return array_place(map) && map.info().record == nullptr ? update_directly<Array> : nullptr;
}

std::optional<ArrayPlace> array_place(const Map& map) {
  if (map.info().type != MapType::array && map.info().type != MapType::percpu_array) return std::nullopt;
  return static_cast<const Array&>(map).place();
}

int check_array(const MapInfo& info) {
  const bool plain = info.type == MapType::array;
  const bool per_cpu = info.type == MapType::percpu_array;
  constexpr std::uint32_t flags =
      map_flag::numa_node | map_flag::mmapable | access_flags | map_flag::preserve_elems | map_flag::inner_map;
  if (info.max_entries == 0 || info.key_size != 4 || info.value_size == 0 || (info.flags & ~flags) != 0 ||
      !access_ok(info.flags) || (per_cpu && (info.flags & map_flag::numa_node) != 0))
    return -EINVAL;
  if (!plain && (info.flags & (map_flag::mmapable | map_flag::inner_map)) != 0) return -EINVAL;
  if (info.type != MapType::perf_event_array && (info.flags & map_flag::preserve_elems) != 0) return -EINVAL;
  if (info.value_size > 0x7fffffff - 8) return -E2BIG;
  if (per_cpu && round_up(info.value_size, 8) > most_per_cpu) return -E2BIG;
  return 0;
}

int check_fd_array(const MapInfo& info) {
  if (info.value_size != 4 || (info.flags & prog_access) != 0) return -EINVAL;
  return check_array(info);
}

namespace {

int check_insn_array(const MapInfo& info) {
  if (info.max_entries == 0 || info.key_size != 4 || info.value_size != 16 || info.flags != 0) return -EINVAL;
  return 0;
}

std::shared_ptr<Map> make_array(const MapAttributes& attributes) {
  const MapInfo& info = attributes.info;
  const std::size_t size = round_up(info.value_size, 8) * info.max_entries;
  if (info.type != MapType::percpu_array) {
    Pages pages = Pages::make(size, (info.flags & map_flag::mmapable) != 0, attributes.account);
    if (pages.data() == nullptr) return nullptr;
    return std::make_shared<Array>(attributes, std::move(pages), 0, 0);
  }
  const std::size_t cpu_stride = round_up(size, 64);  // no two CPUs in a cache line
  Pages pages = Pages::make(cpu_stride * attributes.cpu_count, false, attributes.account);
  if (pages.data() == nullptr) return nullptr;
  return std::make_shared<Array>(attributes, std::move(pages), attributes.cpu_count, cpu_stride);
}

std::shared_ptr<Map> make_insn_array(const MapAttributes& attributes) {
  return std::make_shared<InsnArray>(attributes);
}

}  // namespace

extern constinit const MapTypeDef array_type = {
    .type = MapType::array,
    .name = "array",
    .since = {3, 19},
    .summary = "values by index; all exist from the start and none can be deleted",
    .uses = map_use::elements | map_use::for_each,
    .in_sleepable_programs = true,
    .all_exist = true,
    .direct_values = DirectValues::element,
    .kernel_struct = "bpf_array",
    .check = check_array,
    .make = make_array,
    .fields = may_hold::all_of_hash,
    .key_btf = KeyBtf::index,
    .batches = batch::lookup | batch::update,
};

extern constinit const MapTypeDef percpu_array_type = {
    .type = MapType::percpu_array,
    .name = "percpu_array",
    .since = {4, 6},
    .summary = "an array with a value for each CPU",
    .uses = map_use::elements | map_use::for_each | map_use::lookup_percpu,
    .in_sleepable_programs = true,
    .all_exist = true,
    .per_cpu = true,
    .direct_values = DirectValues::element,
    .kernel_struct = "bpf_array",
    .check = check_array,
    .make = make_array,
    .fields = may_hold::kptr,
    .key_btf = KeyBtf::index,
    .batches = batch::lookup | batch::update,
};

extern constinit const MapTypeDef insn_array_type = {
    .type = MapType::insn_array,
    .name = "insn_array",
    .since = {6, 19},
    .summary = "places in a program, for indirect jumps",
    .holds = Holds::instructions,
    .in_sleepable_programs = true,
    .direct_values = DirectValues::instructions,
    .kernel_struct = "bpf_insn_array",
    .check = check_insn_array,
    .make = make_insn_array,
    .key_btf = KeyBtf::integer,
    .as_inner = -enotsupp,
};

}  // namespace skep::maps
