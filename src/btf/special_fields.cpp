// Finding special fields. They are known by the name of the type that a member has as it stands (a typedef of bpf_wq or
// a const one is none), by its size, and kptrs by the type tag behind the pointer. A value in which anything is wrong
// (two of what there may be one of, one not aligned, two that overlap, a list without a lock) has no record at all: a
// map is created none the less, but BPF_BTF_LOAD refuses a struct that programs could allocate. Tested by
// tests/btf/special_fields_test.cpp.
#include "btf/special_fields.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <map>

namespace skep::btf {

namespace {

constexpr std::size_t max_fields = 11;
constexpr int max_nesting = 32;
constexpr std::uint32_t pointer_size = 8;

struct Known {
  FieldKind kind;
  std::string_view type_name;
  std::uint32_t size;
  std::uint32_t align;
  bool unique;
};
constexpr std::array known_types = {
    Known{FieldKind::spin_lock, "bpf_spin_lock", 4, 4, true},
    Known{FieldKind::res_spin_lock, "bpf_res_spin_lock", 4, 4, true},
    Known{FieldKind::timer, "bpf_timer", 16, 8, true},
    Known{FieldKind::wq, "bpf_wq", 16, 8, true},
    Known{FieldKind::task_work, "bpf_task_work", 8, 8, true},
    Known{FieldKind::list_head, "bpf_list_head", 16, 8, false},
    Known{FieldKind::list_node, "bpf_list_node", 24, 8, false},
    Known{FieldKind::rb_root, "bpf_rb_root", 16, 8, false},
    Known{FieldKind::rb_node, "bpf_rb_node", 32, 8, false},
    Known{FieldKind::refcount, "bpf_refcount", 4, 4, true},
};

struct Since {
  FieldKind kind;
  Release release;
};
constexpr std::array since = {
    Since{FieldKind::spin_lock, {5, 1}},
    Since{FieldKind::timer, {5, 15}},
    Since{FieldKind::kptr_unref, {5, 19}},
    Since{FieldKind::kptr_ref, {5, 19}},
    Since{FieldKind::list_head, {6, 2}},
    Since{FieldKind::list_node, {6, 2}},
    Since{FieldKind::rb_root, {6, 3}},
    Since{FieldKind::rb_node, {6, 3}},
    Since{FieldKind::refcount, {6, 4}},
    Since{FieldKind::kptr_percpu, {6, 7}},
    Since{FieldKind::wq, {6, 10}},
    Since{FieldKind::uptr, {6, 13}},
    Since{FieldKind::res_spin_lock, {6, 15}},
    Since{FieldKind::task_work, {6, 18}},
};

struct KnownTag {
  std::string_view tag;
  FieldKind kind;
};
constexpr std::array kptr_tags = {
    KnownTag{"kptr_untrusted", FieldKind::kptr_unref},
    KnownTag{"kptr", FieldKind::kptr_ref},
    KnownTag{"percpu_kptr", FieldKind::kptr_percpu},
    KnownTag{"uptr", FieldKind::uptr},
};

const Known& layout_of(FieldKind kind) {
  return *std::find_if(known_types.begin(), known_types.end(), [kind](const Known& k) { return k.kind == kind; });
}

class Finder {
 public:
  Finder(const std::shared_ptr<const Btf>& btf, const KptrTargets* kernel, std::uint32_t mask)
      : btf_(btf), kernel_(kernel), mask_(mask) {}

  std::vector<Field> fields;

  int value(TypeId id, std::uint32_t value_size) {
    const Type& t = btf_->type(id);
    int error = 0;
    if (t.kind == Kind::datasec) {
      for (const SectionVar& v : btf_->section_vars(t)) {
        error = one(btf_->type(v.type).type, v.type, -1, v.offset, v.size, 0);
        if (error != 0) return error;
      }
    } else if (t.kind == Kind::struct_) {
      error = structure(id, 0, 0);
    }
    if (error != 0) return error;
    std::stable_sort(fields.begin(), fields.end(), [](const Field& a, const Field& b) { return a.offset < b.offset; });
    return judge(value_size);
  }

 private:
  int structure(TypeId id, std::uint32_t offset, int level) {
    const auto members = btf_->members(btf_->type(id));
    for (std::size_t i = 0; i < members.size(); ++i) {
      const Member& m = members[i];
      if (m.bit_offset % 8 != 0) return -EINVAL;
      if (const int error = one(m.type, id, static_cast<std::int32_t>(i), offset + m.byte_offset(), 0, level))
        return error;
    }
    return 0;
  }

  // `owner` and `component` are where declaration tags for it stand. `room`: bytes that a section says it takes.
  int one(TypeId type_id, TypeId owner, std::int32_t component, std::uint32_t offset, std::uint32_t room, int level) {
    std::uint64_t count = 1;
    const Type* t = &btf_->type(type_id);
    while (t->kind == Kind::array) {
      count *= t->count;
      if (count > 0xffffffffu) return -E2BIG;
      type_id = t->type;
      t = &btf_->type(type_id);
    }
    if (count == 0) return 0;

    for (const Known& known : known_types) {
      if (t->name != known.type_name || (mask_ & field_mask(known.kind)) == 0) continue;
      if (known.unique) {
        if ((seen_ & field_mask(known.kind)) != 0) return -E2BIG;
        seen_ |= field_mask(known.kind);
      }
      if (room != 0 && std::uint64_t{known.size} * count != room) return 0;
      if (offset % known.align != 0 || t->kind != Kind::struct_) return 0;
      if (t->size != known.size) return 0;
      Field field;
      field.kind = known.kind;
      field.offset = offset;
      field.size = known.size;
      if (known.kind == FieldKind::list_head || known.kind == FieldKind::rb_root) {
        if (const int error = root(field, owner, component)) return error;
      }
      if (known.unique && count > 1) return -E2BIG;
      return repeat(std::move(field), count, known.size);
    }

    if (t->kind == Kind::struct_) {
      // A nested struct (no union) is searched for what it holds, and that is repeated for an array of it.
      if (level + 1 >= max_nesting) return -E2BIG;
      const std::size_t first = fields.size();
      if (const int error = structure(type_id, offset, level + 1)) return error;
      const std::size_t found = fields.size() - first;
      if (found == 0 || count == 1) return 0;
      for (std::size_t i = first; i < fields.size(); ++i)
        if (is_unique(fields[i].kind)) return -E2BIG;
      if (count * found + first > max_fields) return -E2BIG;
      for (std::uint64_t n = 1; n < count; ++n) {
        for (std::size_t i = 0; i < found; ++i) {
          Field copy = fields[first + i];
          copy.offset += static_cast<std::uint32_t>(n * t->size);
          fields.push_back(std::move(copy));
        }
      }
      return 0;
    }
    return kernel_pointer(*t, offset, room, count);
  }

  static bool is_unique(FieldKind kind) {
    return std::any_of(known_types.begin(), known_types.end(),
                       [kind](const Known& k) { return k.kind == kind && k.unique; });
  }

  int repeat(Field field, std::uint64_t count, std::uint32_t stride) {
    if (fields.size() + count > max_fields) return -E2BIG;
    for (std::uint64_t n = 0; n < count; ++n) {
      fields.push_back(field);
      field.offset += stride;
    }
    return 0;
  }

  // contains:TYPE:NODE
  int root(Field& field, TypeId owner, std::int32_t component) {
    std::string_view tag;
    int tags = 0;
    for (const std::string_view each : btf_->decl_tags(owner, component)) {
      if (!each.starts_with("contains:")) continue;
      tag = each.substr(9);
      ++tags;
    }
    if (tags == 0) return -EINVAL;
    if (tags > 1) return -EINVAL;
    const std::size_t colon = tag.find(':');
    if (colon == std::string_view::npos) return -EINVAL;
    const std::string_view node_name = tag.substr(colon + 1);
    const TypeId type = btf_->find_own(tag.substr(0, colon), Kind::struct_);
    if (type == 0) return -ENOENT;
    if (node_name.empty()) return -EINVAL;
    const Known& node = layout_of(field.kind == FieldKind::list_head ? FieldKind::list_node : FieldKind::rb_node);
    for (const Member& m : btf_->members(btf_->type(type))) {
      if (m.name != node_name) continue;
      const Type& t = btf_->type(m.type);
      if (t.kind != Kind::struct_ || t.name != node.type_name || m.byte_offset() % node.align != 0) return -EINVAL;
      field.btf = btf_;
      field.type = type;
      field.node_offset = m.byte_offset();
      field.node_name = m.name;
      return 0;
    }
    return -ENOENT;
  }

  int kernel_pointer(const Type& member, std::uint32_t offset, std::uint32_t room, std::uint64_t count) {
    const std::uint32_t wanted = mask_ & (field_mask(FieldKind::kptr_unref) | field_mask(FieldKind::kptr_ref) |
                                          field_mask(FieldKind::kptr_percpu) | field_mask(FieldKind::uptr));
    if (wanted == 0) return 0;
    const Type* t = &member;
    if (t->kind == Kind::volatile_) t = &btf_->type(t->type);
    if (t->kind != Kind::ptr) return 0;
    if (room != 0 && std::uint64_t{pointer_size} * count != room) return 0;
    if (offset % pointer_size != 0) return 0;
    const Type& tag = btf_->type(t->type);
    if (tag.kind != Kind::type_tag || tag.kind_flag) return 0;
    if (btf_->type(tag.type).kind == Kind::type_tag) return -EINVAL;
    const auto known =
        std::find_if(kptr_tags.begin(), kptr_tags.end(), [&tag](const KnownTag& each) { return each.tag == tag.name; });
    if (known == kptr_tags.end() || (wanted & field_mask(known->kind)) == 0) return 0;
    const TypeId target = btf_->skip_modifiers(tag.type);
    const Type& pointed = btf_->type(target);
    if (!pointed.is_struct_or_union()) return -EINVAL;
    Field field;
    field.kind = known->kind;
    field.offset = offset;
    field.size = pointer_size;
    field.btf = btf_;
    field.type = target;
    // A struct that the kernel knows is the kernel's; any other is one that programs allocate.
    KptrTarget in_kernel = kernel_ != nullptr ? kernel_->find(pointed.name, pointed.kind) : KptrTarget{};
    if (in_kernel.btf) {
      if (known->kind == FieldKind::kptr_ref && !in_kernel.destructor) return -ENOENT;
      field.btf = std::move(in_kernel.btf);
      field.type = in_kernel.type;
      field.destructor = std::move(in_kernel.destructor);
    }
    return repeat(std::move(field), count, pointer_size);
  }

  int judge(std::uint32_t value_size) const {
    std::uint64_t end = 0;
    std::uint32_t mask = 0;
    for (const Field& f : fields) {
      if (std::uint64_t{f.offset} + f.size > value_size) return -EFAULT;
      if (f.offset < end) return -EEXIST;
      end = std::uint64_t{f.offset} + f.size;
      mask |= field_mask(f.kind);
    }
    const auto has = [mask](FieldKind kind) { return (mask & field_mask(kind)) != 0; };
    const bool list = has(FieldKind::list_node);
    const bool tree = has(FieldKind::rb_node);
    if (has(FieldKind::spin_lock) && has(FieldKind::res_spin_lock)) return -EINVAL;
    if ((has(FieldKind::list_head) || has(FieldKind::rb_root)) && !has(FieldKind::spin_lock) &&
        !has(FieldKind::res_spin_lock))
      return -EINVAL;
    if (list && tree && !has(FieldKind::refcount)) return -EINVAL;
    return 0;
  }

  const std::shared_ptr<const Btf>& btf_;
  const KptrTargets* kernel_;
  std::uint32_t mask_;
  std::uint32_t seen_ = 0;
};

std::shared_ptr<Record> make_record(std::vector<Field> fields) {
  auto record = std::make_shared<Record>();
  for (const Field& f : fields) {
    record->mask |= field_mask(f.kind);
    const int offset = static_cast<int>(f.offset);
    switch (f.kind) {
      case FieldKind::refcount:
        record->refcount_offset = offset;
        break;
      case FieldKind::spin_lock:
        record->spin_lock_offset = offset;
        break;
      case FieldKind::res_spin_lock:
        record->res_spin_lock_offset = offset;
        break;
      case FieldKind::timer:
        record->timer_offset = offset;
        break;
      case FieldKind::wq:
        record->wq_offset = offset;
        break;
      case FieldKind::task_work:
        record->task_work_offset = offset;
        break;
      default:
        break;
    }
  }
  record->fields = std::move(fields);
  return record;
}

bool is_root(FieldKind kind) {
  return kind == FieldKind::list_head || kind == FieldKind::rb_root;
}

constexpr std::uint32_t object_mask = field_mask(FieldKind::spin_lock) | field_mask(FieldKind::res_spin_lock) |
                                      field_mask(FieldKind::list_head) | field_mask(FieldKind::list_node) |
                                      field_mask(FieldKind::rb_root) | field_mask(FieldKind::rb_node) |
                                      field_mask(FieldKind::refcount) | field_mask(FieldKind::kptr_unref) |
                                      field_mask(FieldKind::kptr_ref) | field_mask(FieldKind::kptr_percpu);

// Whether a program could allocate this struct with something special in it: judged by its own members alone.
bool is_object(const Btf& btf, const Type& t) {
  for (const Member& m : btf.members(t)) {
    const Type& type = btf.type(m.type);
    if (type.kind == Kind::struct_) {
      for (const Known& known : known_types)
        if ((object_mask & field_mask(known.kind)) != 0 && type.name == known.type_name) return true;
    } else if (type.kind == Kind::ptr) {
      const Type& tag = btf.type(type.type);
      if (tag.kind != Kind::type_tag || tag.kind_flag || btf.type(tag.type).kind != Kind::struct_) continue;
      for (const KnownTag& known : kptr_tags)
        if ((object_mask & field_mask(known.kind)) != 0 && tag.name == known.tag) return true;
    }
  }
  return false;
}

// Records of what lists and trees hold, found on demand and shared; a struct that holds itself in the end is refused.
class Objects {
 public:
  Objects(const std::shared_ptr<const Btf>& btf, const KptrTargets* kernel) : btf_(btf), kernel_(kernel) {}

  FoundFields find(TypeId id) {
    const auto [it, inserted] = found_.try_emplace(id);
    if (!inserted) return it->second.open ? FoundFields{-ELOOP, nullptr} : it->second.result;
    it->second.open = true;
    FoundFields result = make(id);
    it->second = {result, false};
    return result;
  }

  int link(std::vector<Field>& fields) {
    for (Field& f : fields) {
      if (!is_root(f.kind)) continue;
      const FoundFields held = find(f.type);
      if (held.error != 0) return held.error;
      if (!held.record) return -EFAULT;
      f.value_record = held.record;
    }
    return 0;
  }

 private:
  FoundFields make(TypeId id) {
    const Type& t = btf_->type(id);
    Finder finder(btf_, kernel_, object_mask);
    if (const int error = finder.value(id, t.size)) return {error, nullptr};
    if (const int error = link(finder.fields)) return {error, nullptr};
    if (finder.fields.empty()) return {-EFAULT, nullptr};
    return {0, make_record(std::move(finder.fields))};
  }

  struct Entry {
    FoundFields result;
    bool open = false;
  };
  const std::shared_ptr<const Btf>& btf_;
  const KptrTargets* kernel_;
  std::map<TypeId, Entry> found_;
};

}  // namespace

std::string_view field_name(FieldKind kind) {
  switch (kind) {
    case FieldKind::kptr_unref:
    case FieldKind::kptr_ref:
      return "kptr";
    case FieldKind::kptr_percpu:
      return "percpu_kptr";
    case FieldKind::uptr:
      return "uptr";
    default:
      return layout_of(kind).type_name;
  }
}

const Field* Record::at(std::uint32_t offset) const {
  const auto it = std::lower_bound(fields.begin(), fields.end(), offset,
                                   [](const Field& f, std::uint32_t wanted) { return f.offset < wanted; });
  return it != fields.end() && it->offset == offset ? &*it : nullptr;
}

const Field* Record::overlapping(std::uint64_t begin, std::uint64_t end) const {
  for (const Field& f : fields)
    if (begin < std::uint64_t{f.offset} + f.size && f.offset < end) return &f;
  return nullptr;
}

std::uint32_t known_fields(const Rules& rules) {
  std::uint32_t mask = 0;
  for (const auto& [kind, release] : since)
    if (rules.has(release)) mask |= field_mask(kind);
  return mask;
}

FoundFields find_special_fields(const std::shared_ptr<const Btf>& btf, TypeId value, std::uint32_t mask,
                                std::uint32_t value_size, const KptrTargets* kernel) {
  Finder finder(btf, kernel, mask);
  // What is wrong with the value itself is not said: it merely has no special fields.
  if (finder.value(value, value_size) != 0 || finder.fields.empty()) return {};
  for (const Field& f : finder.fields) {
    if (f.kind != FieldKind::uptr) continue;
    const std::uint32_t size = f.btf->type(f.type).size;
    if (f.btf->is_kernel() || size == 0) return {-EINVAL, nullptr};
    if (size > 4096) return {-E2BIG, nullptr};
  }
  Objects objects(btf, kernel);
  if (const int error = objects.link(finder.fields)) return {error, nullptr};
  return {0, make_record(std::move(finder.fields))};
}

ObjectRecords find_object_records(const std::shared_ptr<const Btf>& btf, const KptrTargets* kernel) {
  ObjectRecords result;
  Objects objects(btf, kernel);
  for (TypeId id = btf->first_id(); id < btf->type_count(); ++id) {
    const Type& t = btf->type(id);
    if (t.kind != Kind::struct_ || !is_object(*btf, t)) continue;
    FoundFields found = objects.find(id);
    if (found.error != 0) return {found.error, {}};
    result.records.emplace_back(id, std::move(found.record));
  }
  return result;
}

const std::shared_ptr<const Record>* ObjectRecords::find(TypeId id) const {
  const auto it = std::lower_bound(records.begin(), records.end(), id,
                                   [](const auto& entry, TypeId wanted) { return entry.first < wanted; });
  return it != records.end() && it->first == id ? &it->second : nullptr;
}

}  // namespace skep::btf
