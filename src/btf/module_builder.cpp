// A writer of BTF. What it writes is read from C text by c_parser.cpp. Tested by tests/btf/module_builder_test.cpp.
#include "btf/module_builder.hpp"

#include <algorithm>
#include <cstring>

namespace skep::btf {

namespace {

constexpr std::uint32_t pointer_size = 8;

}  // namespace

ModuleBuilder::ModuleBuilder(std::shared_ptr<const Btf> base) : base_(std::move(base)) {
  if (base_) {
    first_ = base_->type_count();
    // The base's strings end where the first invalid offset is.
    std::uint32_t low = 0, high = 1u << 30;
    while (low < high) {
      const std::uint32_t middle = low + (high - low) / 2;
      if (base_->checked_string(middle)) {
        low = middle + 1;
      } else {
        high = middle;
      }
    }
    string_begin_ = low;
  }
  // Offset 0 is the empty string, in the base if there is one; an own empty string keeps the section from being empty.
  strings_.push_back('\0');
}

std::uint32_t ModuleBuilder::string(std::string_view text) {
  if (text.empty()) return 0;
  if (const auto it = string_offsets_.find(text); it != string_offsets_.end()) return it->second;
  const auto offset = string_begin_ + static_cast<std::uint32_t>(strings_.size());
  strings_.append(text);
  strings_.push_back('\0');
  string_offsets_.emplace(std::string(text), offset);
  return offset;
}

TypeId ModuleBuilder::add(std::string_view name, Kind kind, std::uint32_t vlen, std::uint32_t size_or_type,
                          std::span<const std::uint32_t> extra, bool kind_flag) {
  const TypeId id = first_ + static_cast<TypeId>(made_.size());
  std::vector<std::uint32_t> words{
      string(name), static_cast<std::uint32_t>(kind) << 24 | vlen | (kind_flag ? 1u << 31 : 0u), size_or_type};
  words.insert(words.end(), extra.begin(), extra.end());
  made_.push_back({std::string(name), kind, size_or_type, 1, std::move(words)});
  if (!name.empty() && kind != Kind::decl_tag) names_.try_emplace({kind, std::string(name)}, id);
  return id;
}

TypeId ModuleBuilder::named(std::string_view name, Kind kind) {
  if (base_) {
    if (const TypeId id = base_->find(name, kind)) return id;
  }
  const auto it = names_.find({kind, std::string(name)});
  return it == names_.end() ? 0 : it->second;
}

TypeId ModuleBuilder::integer(std::string_view name, std::uint32_t size, std::uint32_t encoding) {
  // Kernels name these as their compiler does ("long unsigned int"); any of the same name and size will do.
  static constexpr std::pair<std::string_view, std::string_view> other_names[] = {
      {"long", "long int"},           {"unsigned long", "long unsigned int"},
      {"long long", "long long int"}, {"unsigned long long", "long long unsigned int"},
      {"short", "short int"},         {"unsigned short", "short unsigned int"},
  };
  if (const TypeId id = named(name, Kind::int_)) return id;
  for (const auto& [here, there] : other_names) {
    if (here != name) continue;
    if (const TypeId id = named(there, Kind::int_)) return id;
  }
  const std::uint32_t data[] = {encoding << 24 | size * 8};
  return add(name, Kind::int_, 0, size, data);
}

TypeId ModuleBuilder::tagged(std::string_view name, Kind kind) {
  if (const TypeId id = named(name, kind)) return id;
  if (kind == Kind::enum_) {
    if (const TypeId id = named(name, Kind::enum64)) return id;
    return add(name, Kind::enum_, 0, 4);
  }
  if (const TypeId id = named(name, Kind::fwd)) return id;
  return add(name, Kind::fwd, 0, 0, {}, kind == Kind::union_);
}

TypeId ModuleBuilder::derived(Kind kind, TypeId target) {
  const auto [it, inserted] = derived_.try_emplace({kind, target}, 0);
  if (inserted) it->second = add({}, kind, 0, target);
  return it->second;
}

// Typedefs may be chained as long as a text is: no recursion into them.
TypeId ModuleBuilder::behind_names(TypeId id) const {
  while (id >= first_) {
    const Made& m = made_[id - first_];
    if (m.kind != Kind::typedef_ && m.kind != Kind::const_ && m.kind != Kind::volatile_) break;
    id = m.size;
  }
  return id;
}

std::uint32_t ModuleBuilder::size_of(TypeId id) const {
  id = behind_names(id);
  if (id < first_) return base_ ? base_->size_of(id).value_or(0) : 0;
  const Made& m = made_[id - first_];
  switch (m.kind) {
    case Kind::ptr:
      return pointer_size;
    case Kind::array:
      return size_of(m.words[3]) * m.words[5];
    case Kind::fwd:
    case Kind::func:
    case Kind::func_proto:
      return 0;
    default:
      return m.size;
  }
}

std::uint32_t ModuleBuilder::align_of(TypeId id) const {
  id = behind_names(id);
  if (id < first_) return base_ ? base_->align_of(id).value_or(1) : 1;
  const Made& m = made_[id - first_];
  switch (m.kind) {
    case Kind::ptr:
      return pointer_size;
    case Kind::int_:
    case Kind::enum_:
      return m.size;
    default:
      return m.align;
  }
}

TypeId ModuleBuilder::copy(const Btf& from, TypeId id, int depth, std::string& error) {
  if (depth > 32) {
    error = "types too deep";
    return 0;
  }
  const Type& t = from.type(id);
  switch (t.kind) {
    case Kind::void_:
      return 0;
    case Kind::int_: {
      if (const TypeId known = named(t.name, Kind::int_)) return known;
      const std::uint32_t data[] = {std::uint32_t{t.int_encoding} << 24 | std::uint32_t{t.int_offset} << 16 |
                                    t.int_bits};
      return add(t.name, Kind::int_, 0, t.size, data);
    }
    case Kind::struct_:
    case Kind::union_:
    case Kind::enum_:
    case Kind::enum64:
      if (t.name.empty()) {
        error = "a type without a name in a prototype";
        return 0;
      }
      return tagged(t.name, t.kind == Kind::enum64 ? Kind::enum_ : t.kind);
    case Kind::fwd:
      return tagged(t.name, t.kind_flag ? Kind::union_ : Kind::struct_);
    case Kind::typedef_: {
      if (const TypeId known = named(t.name, Kind::typedef_)) return known;
      const TypeId target = copy(from, t.type, depth + 1, error);
      return add(t.name, Kind::typedef_, 0, target);
    }
    case Kind::ptr:
    case Kind::const_:
    case Kind::volatile_:
    case Kind::restrict_:
      return derived(t.kind, copy(from, t.type, depth + 1, error));
    case Kind::type_tag: {
      const TypeId target = copy(from, t.type, depth + 1, error);
      return add(t.name, Kind::type_tag, 0, target, {}, t.kind_flag);
    }
    case Kind::array: {
      const std::uint32_t words[] = {copy(from, t.type, depth + 1, error), copy(from, t.index_type, depth + 1, error),
                                     t.count};
      return add({}, Kind::array, 0, 0, words);
    }
    case Kind::func_proto: {
      std::vector<std::uint32_t> words;
      for (const Param& p : from.params(t)) {
        const TypeId type = copy(from, p.type, depth + 1, error);
        words.insert(words.end(), {string(p.name), type});
      }
      const TypeId result = copy(from, t.type, depth + 1, error);
      return add({}, Kind::func_proto, t.vlen, result, words);
    }
    default:
      error = "a type that no prototype holds";
      return 0;
  }
}

bool ModuleBuilder::copy_function(const Btf& from, TypeId func, std::string& error, std::string_view name) {
  if (!from.valid(func) || from.type(func).kind != Kind::func) {
    error = "not a function";
    return false;
  }
  std::string problem;
  const Type& t = from.type(func);
  // clang leaves out the names of an extern's parameters, which a FUNC must have.
  const Type& proto = from.type(t.type);
  std::vector<std::uint32_t> words;
  for (const Param& p : from.params(proto)) {
    const TypeId type = copy(from, p.type, 0, problem);
    const std::string made_up = p.type == 0 ? std::string() : "arg" + std::to_string(words.size() / 2);
    words.insert(words.end(), {string(p.name.empty() ? std::string_view(made_up) : p.name), type});
  }
  const TypeId result = copy(from, proto.type, 0, problem);
  if (!problem.empty()) {
    error = problem;
    return false;
  }
  const TypeId made_proto = add({}, Kind::func_proto, proto.vlen, result, words);
  const TypeId id =
      add(name.empty() ? t.name : name, Kind::func, static_cast<std::uint32_t>(Linkage::global), made_proto);
  const std::uint32_t whole[] = {static_cast<std::uint32_t>(-1)};
  add("bpf_kfunc", Kind::decl_tag, 0, id, whole);
  return true;
}

void ModuleBuilder::add_per_cpu_section() {
  if (per_cpu_.empty()) return;
  std::vector<std::uint32_t> words;
  std::uint32_t end = 0;
  for (const auto& [id, size] : per_cpu_) {
    const std::uint32_t align = std::max(size, 1u);
    end = (end + align - 1) / align * align;
    words.insert(words.end(), {id, end, size});
    end += size;
  }
  add(".data..percpu", Kind::datasec, static_cast<std::uint32_t>(per_cpu_.size()), end, words);
  per_cpu_.clear();
}

std::vector<std::uint8_t> ModuleBuilder::finish() {
  add_per_cpu_section();
  std::vector<std::uint32_t> words;
  for (const Made& m : made_) words.insert(words.end(), m.words.begin(), m.words.end());
  const auto types = static_cast<std::uint32_t>(words.size() * 4);
  const auto strings = static_cast<std::uint32_t>(strings_.size());
  const std::uint32_t header[] = {0x0001eb9f, 24, 0, types, types, strings};
  std::vector<std::uint8_t> raw(sizeof(header) + types + strings);
  std::memcpy(raw.data(), header, sizeof(header));
  if (types != 0) std::memcpy(raw.data() + sizeof(header), words.data(), types);
  std::memcpy(raw.data() + sizeof(header) + types, strings_.data(), strings);
  return raw;
}

}  // namespace skep::btf
