// Arrays of objects: programs to tail-call, inner maps, and perf events (perf_event_array.cpp). Tested by
// tests/maps/elements_test.cpp.
#include "maps/objects.hpp"

#include <cerrno>
#include <cstring>
#include <vector>

#include "maps/attributes.hpp"
#include "maps/values.hpp"

namespace skep::maps {
namespace {

class ObjectArray final : public Map {
 public:
  explicit ObjectArray(const MapAttributes& attributes)
      : Map(attributes), account_(attributes.account), slots_(attributes.info.max_entries) {}
  ~ObjectArray() override { clear(); }

  void* lookup(const void* key, unsigned) override {
    const ObjectSlot* slot = at(key);
    return slot != nullptr ? slot->get() : nullptr;
  }
  int update(const void*, const void*, std::uint64_t, unsigned) override { return -EINVAL; }
  int erase(const void* key) override {
    ObjectSlot* slot = at(key);
    if (slot == nullptr) return -E2BIG;
    return slot->clear() ? 0 : -ENOENT;
  }
  // Of programs and maps the kernel layer reads the ids.
  int user_lookup(const void*, void*, std::uint64_t flags) override { return flags != 0 ? -EINVAL : -enotsupp; }
  int user_lookup_and_delete(const void*, void*, std::uint64_t) override { return -enotsupp; }
  int user_delete(const void* key) override { return frozen() ? -EPERM : erase(key); }
  int user_next_key(const void* key, void* next) override {
    std::uint32_t index = 0;
    if (key != nullptr) {
      std::memcpy(&index, key, sizeof index);
      if (index == slots_.size() - 1) return -ENOENT;
      index = index >= slots_.size() ? 0 : index + 1;
    }
    std::memcpy(next, &index, sizeof index);
    return 0;
  }
  int update_object(const void* key, std::shared_ptr<void> object, std::uint64_t flags) override {
    if (frozen()) return -EPERM;
    ObjectSlot* slot = at(key);
    if (flags != elem_flag::any) return -EINVAL;
    if (slot == nullptr) return -E2BIG;
    if (info_->inner && !same_layout(*info_->inner, std::static_pointer_cast<Map>(object)->info())) return -EINVAL;
    auto reference = ObjectSlot::reference_to(std::move(object), account_);
    if (!reference) return -ENOMEM;
    slot->set(std::move(reference));
    return 0;
  }
  std::uint32_t object_id(const void* key) override {
    void* object = lookup(key, 0);
    return object != nullptr && info_->inner ? static_cast<Map*>(object)->info().id : 0;
  }
  std::shared_ptr<void> object_at(const void* key) override {
    const ObjectSlot* slot = at(key);
    return slot != nullptr ? slot->shared() : nullptr;
  }
  std::span<const ObjectSlot> slots() const { return slots_; }

 protected:
  // Programs in an array that only programs hold would keep each other alive.
  void cancel_all_async() override {
    if (map_type(info_->type).holds == Holds::programs) clear();
  }

 private:
  ObjectSlot* at(const void* key) {
    std::uint32_t index = 0;
    std::memcpy(&index, key, sizeof index);
    return index < slots_.size() ? &slots_[index] : nullptr;
  }
  void clear() {
    for (ObjectSlot& slot : slots_) slot.clear();
  }
  const memory::AccountPtr account_;
  std::vector<ObjectSlot> slots_;
};

bool same_record(const btf::Record* a, const btf::Record* b) {
  if (a == nullptr || b == nullptr) return a == b;
  if (a->mask != b->mask || a->fields.size() != b->fields.size()) return false;
  for (std::size_t i = 0; i < a->fields.size(); ++i) {
    const btf::Field& x = a->fields[i];
    const btf::Field& y = b->fields[i];
    if (x.kind != y.kind || x.offset != y.offset || x.size != y.size) return false;
    if (x.btf && y.btf && !btf::Btf::same_type(*x.btf, x.type, *y.btf, y.type)) return false;
  }
  return true;
}

// Holds no elements: it can be created, looked at and named by programs.
class NamedOnly final : public Map {
 public:
  explicit NamedOnly(const MapAttributes& attributes) : Map(attributes) {}
  void* lookup(const void*, unsigned) override { return nullptr; }
  int update(const void*, const void*, std::uint64_t, unsigned) override { return -EOPNOTSUPP; }
  int erase(const void*) override { return -EOPNOTSUPP; }
};

}  // namespace

bool same_layout(const MapInfo& wanted, const MapInfo& inner) {
  if (wanted.type != inner.type || wanted.key_size != inner.key_size || wanted.value_size != inner.value_size ||
      wanted.flags != inner.flags)
    return false;
  const MapTypeDef& type = map_type(wanted.type);
  const bool sized = type.all_exist || type.holds == Holds::xdp_sockets;
  if (sized && (wanted.flags & map_flag::inner_map) == 0 && wanted.max_entries != inner.max_entries) return false;
  return same_record(wanted.record.get(), inner.record.get());
}

std::shared_ptr<Map> make_object_array(const MapAttributes& attributes) {
  return std::make_shared<ObjectArray>(attributes);
}

std::span<const ObjectSlot> object_slots(const Map& map) {
  return static_cast<const ObjectArray&>(map).slots();
}
std::span<const ObjectSlot> program_slots(const Map& map) {
  return map.info().type == MapType::prog_array ? object_slots(map) : std::span<const ObjectSlot>();
}

std::shared_ptr<Map> make_named_only(const MapAttributes& attributes) {
  return std::make_shared<NamedOnly>(attributes);
}

extern constinit const MapTypeDef prog_array_type = {
    .type = MapType::prog_array,
    .name = "prog_array",
    .since = {4, 2},
    .summary = "programs by index, for bpf_tail_call",
    .uses = map_use::tail_call,
    .holds = Holds::programs,
    .in_sleepable_programs = true,
    .kernel_struct = "bpf_array",
    .check = check_fd_array,
    .make = make_object_array,
    .key_btf = KeyBtf::refused,
    .as_inner = -enotsupp,
    .one_kind = OneKind::of_type_and_attachment,
};

extern constinit const MapTypeDef array_of_maps_type = {
    .type = MapType::array_of_maps,
    .name = "array_of_maps",
    .since = {4, 12},
    .summary = "maps of one layout by index",
    .uses = map_use::lookup,
    .holds = Holds::maps,
    .in_sleepable_programs = true,
    .kernel_struct = "bpf_array",
    .check = check_fd_array,
    .make = make_object_array,
    .key_btf = KeyBtf::refused,
    .batches = batch::lookup | batch::update,
    .as_inner = -EINVAL,
};

}  // namespace skep::maps
