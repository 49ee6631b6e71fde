// See describe/objects.hpp. How texts become numbers is in describe/numbers.cpp.
#include "describe/objects.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cstring>

#include "describe/numbers.hpp"
#include "runtime/context.hpp"

namespace skep::describe {
namespace {

using btf::Kind;

constexpr std::size_t largest = 1 << 20;  // of one object

bool is_character(const btf::Btf& types, btf::TypeId type) {
  const btf::Type& resolved = types.resolved(type);
  return resolved.kind == Kind::int_ && resolved.size == 1;
}

struct Found {
  btf::TypeId type = 0;
  std::uint32_t bit_offset = 0, bit_size = 0;
};

// A member by name, in the struct itself or in one without a name within it.
std::optional<Found> find_member(const btf::Btf& types, btf::TypeId type, std::string_view name) {
  for (const btf::Member& member : types.members(types.type(type))) {
    if (member.name == name) return Found{member.type, member.bit_offset, member.bit_size};
    const btf::TypeId inner = types.skip_modifiers(member.type);
    if (!member.name.empty() || !types.type(inner).is_struct_or_union()) continue;
    if (auto found = find_member(types, inner, name)) {
      found->bit_offset += member.bit_offset;
      return found;
    }
  }
  return std::nullopt;
}

void find_safe(const btf::Btf& types, btf::TypeId type, std::uint32_t base, std::vector<SafePointer>& found) {
  const std::string name(types.type(type).name);
  for (const std::string_view kind : {"__safe_rcu", "__safe_trusted"}) {
    const btf::TypeId safe = name.empty() ? 0 : types.find(name + std::string(kind), Kind::struct_);
    if (safe == 0) continue;
    for (const btf::Member& pointer : types.members(types.type(safe))) {
      const auto member = find_member(types, type, pointer.name);
      const auto target = member ? types.pointee(types.skip_modifiers(member->type)) : std::nullopt;
      if (!target) continue;
      const btf::TypeId to = types.skip_modifiers(*target);
      if (types.type(to).is_struct_or_union()) found.push_back({base + member->bit_offset / 8, to});
    }
  }
  for (const btf::Member& member : types.members(types.type(type))) {
    const btf::TypeId inner = types.skip_modifiers(member.type);
    if (types.type(inner).kind == Kind::struct_) find_safe(types, inner, base + member.byte_offset(), found);
  }
}

}  // namespace

std::vector<SafePointer> safe_pointers(const btf::Btf& types, btf::TypeId type) {
  std::vector<SafePointer> found;
  if (types.type(type).is_struct_or_union()) find_safe(types, type, 0, found);
  return found;
}

bool Objects::fail(const std::string& path, std::string_view what) {
  error_ = fmt::format("{}: {}", path, what);
  return false;
}

void* Objects::make_bytes(std::size_t size, std::string path) {
  constexpr std::size_t header = sizeof(runtime::ContextHeader) / 8;
  Block block;
  // Programs may read whole words at the end of an object.
  block.words.resize(header + size / 8 + 2);
  block.size = size;
  block.path = std::move(path);
  block.given.resize(size);
  auto* const at = block.words.data() + header;
  reinterpret_cast<runtime::ContextHeader*>(block.words.data())->size = static_cast<std::uint32_t>(size);
  block.claim = memory::Claim(territory_, at, (block.words.size() - header) * sizeof(std::uint64_t));
  blocks_.emplace(reinterpret_cast<std::uint64_t>(at), std::move(block));
  return at;
}

void Objects::set_type(const void* at, btf::TypeId type) {
  if (Block* const block = block_at(reinterpret_cast<std::uint64_t>(at))) block->type = types_.skip_modifiers(type);
}

void* Objects::make(btf::TypeId type, std::string path) {
  const auto size = type != 0 ? types_.size_of(type) : std::nullopt;
  if (!size || *size > largest) {
    fail(path, fmt::format("{} has no size", type != 0 ? types_.describe(type) : "void"));
    return nullptr;
  }
  void* const at = make_bytes(*size, std::move(path));
  Block& block = *block_at(reinterpret_cast<std::uint64_t>(at));
  block.type = types_.skip_modifiers(type);
  for (const SafePointer& safe : safe_pointers(types_, block.type)) {
    void* const to = safe.to == block.type ? at : empty(safe.to, block.path);
    std::memcpy(static_cast<std::uint8_t*>(at) + safe.offset, &to, sizeof to);
    give(static_cast<std::uint8_t*>(at) + safe.offset, sizeof to);
  }
  return at;
}

void* Objects::empty(btf::TypeId type, const std::string& path) {
  if (const auto found = empties_.find(type); found != empties_.end()) return found->second;
  // Its own pointers may lead back to it: it is known before they are followed.
  void* const at = make_bytes(types_.size_of(type).value_or(0), path);
  empties_[type] = at;
  Block& block = *block_at(reinterpret_cast<std::uint64_t>(at));
  block.type = type;
  block.path = fmt::format("an empty {}", types_.describe(type));
  for (const SafePointer& safe : safe_pointers(types_, type)) {
    void* const to = empty(safe.to, path);
    std::memcpy(static_cast<std::uint8_t*>(at) + safe.offset, &to, sizeof to);
  }
  return at;
}

Objects::Block* Objects::block_at(std::uint64_t address) {
  auto after = blocks_.upper_bound(address);
  if (after == blocks_.begin()) return nullptr;
  --after;
  return address < after->first + std::max<std::size_t>(after->second.size, 1) ? &after->second : nullptr;
}

void Objects::give(const void* at, std::size_t size) {
  written(reinterpret_cast<std::uint64_t>(at), size);
}
void Objects::written(std::uint64_t address, std::size_t size) {
  Block* const block = block_at(address);
  if (block == nullptr) return;
  const auto* const begin = block->words.data() + sizeof(runtime::ContextHeader) / 8;
  const std::size_t from = address - reinterpret_cast<std::uint64_t>(begin);
  for (std::size_t i = from; i < std::min(from + size, block->size); ++i) block->given[i] = true;
}
void Objects::read(std::uint64_t address, std::size_t size) {
  const Block* const block = block_at(address);
  if (block == nullptr) return;
  const auto* const begin = block->words.data() + sizeof(runtime::ContextHeader) / 8;
  const std::size_t from = address - reinterpret_cast<std::uint64_t>(begin);
  for (std::size_t i = from; i < std::min(from + size, block->size); ++i)
    if (!block->given[i]) {
      missed_.insert(name_at(*block, i));
      return;
    }
}

// As one writes it in C: "file.f_path.dentry".
std::string Objects::name_at(const Block& block, std::size_t offset) const {
  std::string name = block.path;
  btf::TypeId type = block.type;
  for (;;) {
    const btf::Type& t = types_.type(type);
    if (t.kind == Kind::array) {
      const auto element = types_.size_of(t.type).value_or(0);
      if (element == 0) return name;
      name += fmt::format("[{}]", offset / element);
      offset %= element;
      type = types_.skip_modifiers(t.type);
      continue;
    }
    if (!t.is_struct_or_union()) return name;
    const btf::Member* within = nullptr;
    for (const btf::Member& member : types_.members(t)) {
      const auto size = types_.size_of(member.type).value_or(0);
      if (within == nullptr && offset >= member.byte_offset() && offset < member.byte_offset() + size) within = &member;
    }
    if (within == nullptr) return name;
    if (!within->name.empty()) name += fmt::format("{}{}", name.empty() ? "" : ".", within->name);
    offset -= within->byte_offset();
    type = types_.skip_modifiers(within->type);
  }
}

std::optional<std::uint64_t> Objects::number_of(const Value& value, const btf::Type& type, const std::string& path) {
  if (value.is(Value::Kind::number)) return value.number;
  if (value.is(Value::Kind::null)) return 0;
  if (value.is(Value::Kind::text)) {
    if (type.kind == Kind::enum_ || type.kind == Kind::enum64)
      for (const btf::Enumerator& one : types_.enumerators(type))
        if (one.name == value.text) return static_cast<std::uint64_t>(one.value);
    if (const auto number = number_in(value.text)) return number;
    if (type.size == 1 && value.text.size() == 1) return static_cast<std::uint8_t>(value.text[0]);
    fail(path, fmt::format("\"{}\" is no number", value.text));
    return std::nullopt;
  }
  // An object whose address is meant: registers and untyped arguments.
  if (value.is(Value::Kind::fields)) return target(value, 0, path);
  fail(path, "a number is wanted");
  return std::nullopt;
}

bool Objects::put_number(const Value& value, const btf::Type& type, btf::TypeId declared, std::uint8_t* at,
                         std::uint32_t bit_offset, std::uint32_t bit_size, const std::string& path) {
  if (const Value* const ref = value.field("$ref"); ref != nullptr && type.size == 8) {
    references_.push_back({at, ref->text, path});
    return true;
  }
  if (value.is(Value::Kind::text) && type.size == 4)
    if (const auto address = ipv4_in(value.text)) {
      std::memcpy(at, address->data(), 4);
      give(at, 4);
      return true;
    }
  const auto found = number_of(value, type, path);
  if (!found) return false;
  std::uint64_t number = *found;
  const unsigned bits = bit_size != 0 ? bit_size : type.size * 8;
  if (bits > 64) return fail(path, "a number of more than 64 bits");
  const bool fits =
      bits == 64 ||
      (value.negative ? static_cast<std::int64_t>(number) >= -(std::int64_t{1} << (bits - 1)) : number >> bits == 0);
  if (!fits) return fail(path, fmt::format("the number does not fit into {} bits", bits));
  if (bit_size == 0) {
    number = in_byte_order(number, byte_order_of(types_, declared, path));
    std::memcpy(at, &number, type.size);
    give(at, type.size);
    return true;
  }
  for (unsigned i = 0; i < bit_size; ++i) {
    std::uint8_t& byte = at[(bit_offset + i) / 8];
    const auto bit = static_cast<std::uint8_t>(1U << ((bit_offset + i) % 8));
    byte = (number >> i & 1) != 0 ? static_cast<std::uint8_t>(byte | bit) : static_cast<std::uint8_t>(byte & ~bit);
  }
  give(at + bit_offset / 8, (bit_offset % 8 + bit_size + 7) / 8);
  return true;
}

std::optional<std::uint64_t> Objects::target(const Value& value, btf::TypeId to, const std::string& path) {
  to = types_.skip_modifiers(to);
  switch (value.kind) {
    case Value::Kind::null:
      return 0;
    case Value::Kind::number:
      return value.number;
    case Value::Kind::text: {
      if (to != 0 && !is_character(types_, to)) {
        if (const auto number = number_in(value.text)) return number;
        fail(path, fmt::format("\"{}\" is no {}", value.text, types_.describe(to)));
        return std::nullopt;
      }
      void* const text = make_bytes(value.text.size() + 1, path);
      std::memcpy(text, value.text.c_str(), value.text.size() + 1);
      give(text, value.text.size() + 1);
      return reinterpret_cast<std::uint64_t>(text);
    }
    case Value::Kind::list: {
      const auto element = to != 0 ? types_.size_of(to) : std::optional<std::uint32_t>(1);  // void: bytes
      if (!element || *element == 0 || value.items.size() * *element > largest) {
        fail(path, "no list of that many can be there");
        return std::nullopt;
      }
      auto* const first = static_cast<std::uint8_t*>(make_bytes(value.items.size() * *element, path));
      for (std::size_t i = 0; i < value.items.size(); ++i) {
        const std::string name = fmt::format("{}[{}]", path, i);
        if (to != 0 && !put(value.items[i], to, first + i * *element, name)) return std::nullopt;
        if (to == 0) {
          if (!value.items[i].is(Value::Kind::number) || value.items[i].number > 255) {
            fail(name, "a byte is wanted");
            return std::nullopt;
          }
          first[i] = static_cast<std::uint8_t>(value.items[i].number);
          give(first + i, 1);
        }
      }
      return reinterpret_cast<std::uint64_t>(first);
    }
    case Value::Kind::fields:
      break;
  }
  if (const Value* const text = value.field("$text"); text != nullptr && text->is(Value::Kind::text))
    return target(*text, 0, path);
  if (const Value* const type = value.field("$type")) {
    to = types_.find(type->text, Kind::struct_);
    if (to == 0) to = types_.find(type->text, Kind::union_);
    if (to == 0) {
      fail(path, fmt::format("the types have no struct {}", type->text));
      return std::nullopt;
    }
  }
  if (to == 0) {
    fail(path, "what is it? Say so: {\"$type\": \"task_struct\", …}");
    return std::nullopt;
  }
  void* const object = make(to, path);
  if (object == nullptr) return std::nullopt;
  if (!put(value, to, object, path)) return std::nullopt;
  return reinterpret_cast<std::uint64_t>(object);
}

bool Objects::put_pointer(const Value& value, btf::TypeId type, void* at, const std::string& path) {
  if (const Value* const ref = value.field("$ref")) {
    references_.push_back({at, ref->text, path});
    give(at, 8);
    return true;
  }
  const auto to = target(value, types_.pointee(type).value_or(0), path);
  if (!to) return false;
  std::memcpy(at, &*to, sizeof *to);
  give(at, sizeof *to);
  return true;
}

bool Objects::put_fields(const Value& value, btf::TypeId type, std::uint8_t* at, const std::string& path) {
  if (!value.is(Value::Kind::fields)) return fail(path, fmt::format("fields of {} are wanted", types_.describe(type)));
  for (std::size_t i = 0; i < value.items.size(); ++i) {
    const std::string& name = value.names[i];
    if (name.starts_with("$")) {
      if (name == "$name") named_[value.items[i].text] = reinterpret_cast<std::uint64_t>(at);
      if (name == "$type" || name == "$name") continue;
      return fail(path, fmt::format("{} is not understood here", name));
    }
    const auto found = find_member(types_, type, name);
    if (!found) return fail(path, fmt::format("{} has no field {}", types_.describe(type), name));
    const std::string inner = path.empty() ? name : fmt::format("{}.{}", path, name);
    if (found->bit_size != 0) {
      if (!put_number(value.items[i], types_.resolved(found->type), found->type, at, found->bit_offset, found->bit_size,
                      inner))
        return false;
    } else if (!put(value.items[i], found->type, at + found->bit_offset / 8, inner)) {
      return false;
    }
  }
  return true;
}

bool Objects::put_array(const Value& value, const btf::Type& type, std::uint8_t* at, const std::string& path) {
  const std::size_t element = types_.size_of(type.type).value_or(0), room = element * type.count;
  if (value.is(Value::Kind::text)) {
    if (const auto address = room == 16 ? ipv6_in(value.text) : std::nullopt) {
      std::memcpy(at, address->data(), 16);
    } else {
      if (!is_character(types_, type.type)) return fail(path, "a list is wanted");
      if (value.text.size() >= room) return fail(path, fmt::format("there is room for {} characters", room - 1));
      std::memset(at, 0, room);
      std::memcpy(at, value.text.data(), value.text.size());
    }
    give(at, room);
    return true;
  }
  if (!value.is(Value::Kind::list)) return fail(path, "a list is wanted");
  if (value.items.size() > type.count) return fail(path, fmt::format("there is room for {}", type.count));
  for (std::size_t i = 0; i < value.items.size(); ++i)
    if (!put(value.items[i], type.type, at + i * element, fmt::format("{}[{}]", path, i))) return false;
  return true;
}

bool Objects::put(const Value& value, btf::TypeId type, void* at, const std::string& path) {
  const btf::TypeId resolved = types_.skip_modifiers(type);
  const btf::Type& t = types_.type(resolved);
  auto* const bytes = static_cast<std::uint8_t*>(at);
  switch (t.kind) {
    case Kind::int_:
    case Kind::enum_:
    case Kind::enum64:
      return put_number(value, t, type, bytes, 0, 0, path);
    case Kind::ptr:
      return put_pointer(value, resolved, at, path);
    case Kind::struct_:
    case Kind::union_:
      return put_fields(value, resolved, bytes, path);
    case Kind::array:
      return put_array(value, t, bytes, path);
    default:
      return fail(path, fmt::format("{} cannot be described", types_.describe(type)));
  }
}

bool Objects::connect() {
  for (const Reference& reference : references_) {
    const auto found = named_.find(reference.name);
    if (found == named_.end()) return fail(reference.path, fmt::format("no object is named \"{}\"", reference.name));
    std::memcpy(reference.at, &found->second, sizeof found->second);
  }
  references_.clear();
  return true;
}

}  // namespace skep::describe
