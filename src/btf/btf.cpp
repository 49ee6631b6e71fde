// Reading a Btf: types, their parts, names and declaration tags. Everything here relies on the parser having checked
// ids, names and the absence of cycles. Tested by tests/btf/parse_test.cpp.
#include "btf/btf.hpp"

#include <algorithm>
#include <functional>
#include <limits>
#include <tuple>

#include "btf/data.hpp"

namespace skep::btf {

namespace {

constexpr std::uint32_t pointer_size = 8;

std::size_t name_hash(std::string_view name, Kind kind) {
  return std::hash<std::string_view>{}(name) * 31 + static_cast<std::size_t>(kind);
}

}  // namespace

Btf::Btf(std::unique_ptr<Data> data) : data_(std::move(data)) {}
Btf::~Btf() = default;

std::span<const std::uint8_t> Btf::raw() const {
  return data_->raw;
}
const std::shared_ptr<const Btf>& Btf::base() const {
  return data_->base;
}
bool Btf::is_kernel() const {
  return data_->kernel;
}
std::string_view Btf::module_name() const {
  return data_->module_name;
}
void Btf::set_module_name(std::string name) {
  data_->module_name = std::move(name);
}

TypeId Btf::first_id() const {
  return data_->first_id;
}
TypeId Btf::type_count() const {
  return data_->end_id();
}

const Type& Btf::type(TypeId id) const {
  const Data* data = data_.get();
  while (data->base && id < data->first_id) data = data->base->data_.get();
  return data->own_type(id - data->index_base());
}
Kind Btf::kind_of(TypeId id) const {
  const Data* data = data_.get();
  while (data->base && id < data->first_id) data = data->base->data_.get();
  return data->kind_at(id - data->index_base());
}
std::string_view Btf::name_of(TypeId id) const {
  const Data* data = data_.get();
  while (data->base && id < data->first_id) data = data->base->data_.get();
  return data->name_at(id - data->index_base());
}

std::span<const Member> Btf::members(const Type& t) const {
  if (!t.is_struct_or_union()) return {};
  return {static_cast<const Member*>(t.parts), t.vlen};
}
std::span<const Param> Btf::params(const Type& t) const {
  if (t.kind != Kind::func_proto) return {};
  return {static_cast<const Param*>(t.parts), t.vlen};
}
std::span<const Enumerator> Btf::enumerators(const Type& t) const {
  if (t.kind != Kind::enum_ && t.kind != Kind::enum64) return {};
  return {static_cast<const Enumerator*>(t.parts), t.vlen};
}
std::span<const SectionVar> Btf::section_vars(const Type& t) const {
  if (t.kind != Kind::datasec) return {};
  return {static_cast<const SectionVar*>(t.parts), t.vlen};
}

std::optional<std::string_view> Btf::checked_string(std::uint32_t offset) const {
  const Data* data = data_.get();
  while (offset < data->string_begin) data = data->base->data_.get();
  const std::uint32_t own = offset - data->string_begin;
  if (own >= data->strings.size()) return std::nullopt;
  const std::string_view rest = data->strings.substr(own);
  return rest.substr(0, rest.find('\0'));
}
std::string_view Btf::string(std::uint32_t offset) const {
  return checked_string(offset).value_or(std::string_view());
}

void Btf::Data::build_name_index() const {
  std::size_t named = 0;
  for (std::size_t i = 0; i < size(); ++i) named += !name_at(i).empty();
  std::size_t slots = 16;
  while (slots < named * 2) slots *= 2;
  name_index.assign(slots, 0);
  for (std::size_t i = 0; i < size(); ++i) {
    const std::string_view name = name_at(i);
    if (name.empty()) continue;
    for (std::size_t slot = name_hash(name, kind_at(i));; ++slot) {
      TypeId& entry = name_index[slot & (slots - 1)];
      if (entry == 0) {
        entry = index_base() + static_cast<TypeId>(i);
        break;
      }
      const std::size_t other = entry - index_base();
      if (kind_at(other) == kind_at(i) && name_at(other) == name) break;  // the first one counts
    }
  }
}

TypeId Btf::find_own(std::string_view name, Kind kind) const {
  if (name.empty()) return 0;
  const Data& d = *data_;
  if (d.later && d.later->index.in_order()) {
    std::size_t low = 0, high = d.size();
    while (low < high) {
      const std::size_t middle = low + (high - low) / 2;
      if (d.name_at(middle) < name)
        low = middle + 1;
      else
        high = middle;
    }
    for (; low < d.size() && d.name_at(low) == name; ++low)
      if (d.kind_at(low) == kind) return d.index_base() + static_cast<TypeId>(low);
    return 0;
  }
  std::call_once(d.name_index_once, [&d] { d.build_name_index(); });
  for (std::size_t slot = name_hash(name, kind);; ++slot) {
    const TypeId id = d.name_index[slot & (d.name_index.size() - 1)];
    if (id == 0) return 0;
    const std::size_t at = id - d.index_base();
    if (d.kind_at(at) == kind && d.name_at(at) == name) return id;
  }
}

TypeId Btf::find(std::string_view name, Kind kind) const {
  if (data_->base) {
    if (const TypeId id = data_->base->find(name, kind)) return id;
  }
  return find_own(name, kind);
}

TypeId Btf::skip_modifiers(TypeId id) const {
  for (const Type* t = &type(id); t->is_modifier(); t = &type(id)) id = t->type;
  return id;
}

std::optional<TypeId> Btf::pointee(TypeId id) const {
  const Type& t = resolved(id);
  if (t.kind != Kind::ptr) return std::nullopt;
  return skip_modifiers(t.type);
}

std::optional<std::uint32_t> Btf::size_of(TypeId id) const {
  std::uint64_t count = 1;
  for (;;) {
    const Type& t = type(id);
    std::uint64_t size = 0;
    switch (t.kind) {
      case Kind::int_:
      case Kind::struct_:
      case Kind::union_:
      case Kind::enum_:
      case Kind::enum64:
      case Kind::float_:
      case Kind::datasec:
        size = t.size;
        break;
      case Kind::ptr:
        size = pointer_size;
        break;
      case Kind::array:
        count *= t.count;
        if (count > std::numeric_limits<std::uint32_t>::max()) return std::nullopt;
        id = t.type;
        continue;
      case Kind::typedef_:
      case Kind::volatile_:
      case Kind::const_:
      case Kind::restrict_:
      case Kind::type_tag:
      case Kind::var:
        id = t.type;
        continue;
      default:
        return std::nullopt;
    }
    if (size * count > std::numeric_limits<std::uint32_t>::max()) return std::nullopt;
    return static_cast<std::uint32_t>(size * count);
  }
}

std::optional<std::uint32_t> Btf::align_of(TypeId id) const {
  std::uint32_t align = 1;
  // Depth-first over structs within structs; the number of visits is bounded, since wide hostile types repeat.
  std::vector<TypeId> pending{id};
  for (std::uint32_t budget = 100'000; !pending.empty() && budget != 0; --budget) {
    TypeId next = skip_modifiers(pending.back());
    pending.pop_back();
    const Type* t = &type(next);
    while (t->kind == Kind::array || t->kind == Kind::var) t = &type(next = skip_modifiers(t->type));
    switch (t->kind) {
      case Kind::int_:
      case Kind::enum_:
      case Kind::enum64:
      case Kind::float_:
        align = std::max(align, std::min(std::uint32_t{16}, std::uint32_t{1} << (31 - __builtin_clz(t->size | 1))));
        break;
      case Kind::ptr:
        align = std::max(align, pointer_size);
        break;
      case Kind::struct_:
      case Kind::union_:
        for (const Member& m : members(*t)) pending.push_back(m.type);
        break;
      default:
        if (pending.empty() && align == 1) return std::nullopt;
        break;
    }
  }
  return align;
}

void Btf::Data::build_decl_tags() const {
  for (std::size_t i = 0; i < size(); ++i) {
    if (kind_at(i) != Kind::decl_tag) continue;
    const Type& t = own_type(i);
    decl_tags.push_back({t.type, t.component, index_base() + static_cast<TypeId>(i)});
  }
  std::sort(decl_tags.begin(), decl_tags.end(), [](const DeclTag& a, const DeclTag& b) {
    return std::tie(a.target, a.component, a.id) < std::tie(b.target, b.component, b.id);
  });
}

std::vector<std::string_view> Btf::decl_tags(TypeId id, std::int32_t component) const {
  std::vector<std::string_view> found;
  if (data_->base && id < data_->first_id) found = data_->base->decl_tags(id, component);
  const Data& d = *data_;
  std::call_once(d.decl_tags_once, [&d] { d.build_decl_tags(); });
  const auto before = [](const Data::DeclTag& tag, std::pair<TypeId, std::int32_t> key) {
    return std::tie(tag.target, tag.component) < std::tie(key.first, key.second);
  };
  auto it = std::lower_bound(d.decl_tags.begin(), d.decl_tags.end(), std::pair(id, component), before);
  for (; it != d.decl_tags.end() && it->target == id && it->component == component; ++it)
    found.push_back(type(it->id).name);
  return found;
}

bool Btf::has_decl_tag(TypeId id, std::int32_t component, std::string_view tag) const {
  const auto tags = decl_tags(id, component);
  return std::find(tags.begin(), tags.end(), tag) != tags.end();
}

std::vector<std::string_view> Btf::pointer_tags(TypeId pointer_id) const {
  std::vector<std::string_view> tags;
  const Type& pointer = resolved(pointer_id);
  if (pointer.kind != Kind::ptr) return tags;
  for (const Type* t = &type(pointer.type); t->is_modifier() && t->kind != Kind::typedef_; t = &type(t->type))
    if (t->kind == Kind::type_tag && !t->kind_flag) tags.push_back(t->name);
  return tags;
}

bool Btf::same_type(const Btf& a, TypeId a_id, const Btf& b, TypeId b_id) {
  // A split BTF shares its base's types, so one type is one object however it was reached.
  if (a_id == 0 || b_id == 0) return a_id == b_id;
  return a_id == b_id && a.valid(a_id) && b.valid(b_id) && &a.type(a_id) == &b.type(b_id);
}

std::string Btf::describe(TypeId id) const {
  std::string stars;
  std::string dimensions;
  std::string text;
  for (int depth = 0; depth < 64 && text.empty(); ++depth) {
    const Type& t = type(id);
    const std::string name(t.name.empty() ? "(anon)" : t.name);
    switch (t.kind) {
      case Kind::void_:
        text = "void";
        break;
      case Kind::struct_:
        text = "struct " + name;
        break;
      case Kind::union_:
        text = "union " + name;
        break;
      case Kind::fwd:
        text = (t.kind_flag ? "union " : "struct ") + name;
        break;
      case Kind::enum_:
      case Kind::enum64:
        text = "enum " + name;
        break;
      case Kind::func_proto:
        text = "func_proto";
        break;
      case Kind::ptr:
        stars += '*';
        break;
      case Kind::array:
        dimensions += '[' + std::to_string(t.count) + ']';
        break;
      case Kind::volatile_:
      case Kind::const_:
      case Kind::restrict_:
      case Kind::type_tag:
        break;
      default:
        text = name;
        break;
    }
    id = t.type;
  }
  if (text.empty()) text = "...";
  if (!stars.empty()) text += ' ' + stars;
  return text + dimensions;
}

}  // namespace skep::btf
