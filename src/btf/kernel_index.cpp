// See btf/kernel_index.hpp. What each kind may hold is explained where the parser reads it, in parse.cpp.
#include "btf/kernel_index.hpp"

#include <algorithm>
#include <bit>
#include <cstring>

#include "btf/btf.hpp"

namespace skep::btf {
namespace {

constexpr std::uint32_t max_types = 0xfffff;
constexpr std::size_t fixed = 12;  // bytes of a type before its parts

std::uint32_t read32(const std::uint8_t* p) {
  std::uint32_t value;
  std::memcpy(&value, p, sizeof value);
  return value;
}

bool in_identifier(unsigned char c) {
  const unsigned char lower = c | 0x20;
  return (lower >= 'a' && lower <= 'z') || (c >= '0' && c <= '9') || c == '_' || c == '.';
}

// Which names are identifiers, told mostly from their first letter: almost all blocks of the section hold nothing else.
class Names {
 public:
  explicit Names(std::string_view strings) : strings_(strings), plain_(strings.size() / block + 1) {
    for (std::size_t at = 0; at < strings.size(); at += block) {
      const std::string_view part = strings.substr(at, block);
      unsigned odd = 0, ends = 0;
      for (const char c : part) {
        const auto letter = static_cast<unsigned char>(c);
        odd |= static_cast<unsigned>(!in_identifier(letter)) & static_cast<unsigned>(letter != 0);
        ends |= static_cast<unsigned>(letter == 0);
      }
      plain_[at / block] = odd == 0 && ends != 0;
    }
  }
  bool exists(std::uint32_t offset) const { return offset < strings_.size(); }
  bool identifier(std::uint32_t offset) const {
    if (!exists(offset)) return false;
    const char first = strings_[offset];
    if (first == 0 || (first >= '0' && first <= '9')) return false;
    // A name that begins in a block with an end is over in the next one.
    const std::size_t at = offset / block;
    if (plain_[at] != 0 && (at + 1 == plain_.size() || plain_[at + 1] != 0)) return true;
    const std::string_view name(strings_.data() + offset);
    return name.size() <= longest &&
           std::all_of(name.begin(), name.end(), [](char c) { return in_identifier(static_cast<unsigned char>(c)); });
  }
  bool printable(std::uint32_t offset) const {
    if (!exists(offset)) return false;
    const std::string_view name(strings_.data() + offset);
    return !name.empty() && name.size() <= longest &&
           std::all_of(name.begin(), name.end(), [](char c) { return c >= 0x20 && c <= 0x7e; });
  }
  bool empty(std::uint32_t offset) const { return strings_[offset] == 0; }

 private:
  static constexpr std::size_t longest = 512;
  static constexpr std::size_t block = 256;
  std::string_view strings_;
  std::vector<std::uint8_t> plain_;  // by block
};

}  // namespace

std::size_t size_of_parts(Kind kind, std::uint32_t count) {
  switch (kind) {
    case Kind::int_:
    case Kind::var:
    case Kind::decl_tag:
      return 4;
    case Kind::array:
      return 12;
    case Kind::struct_:
    case Kind::union_:
    case Kind::enum64:
    case Kind::datasec:
      return std::size_t{count} * 12;
    case Kind::enum_:
    case Kind::func_proto:
      return std::size_t{count} * 8;
    default:
      return 0;
  }
}

std::span<const std::uint8_t> section_of_types(std::span<const std::uint8_t> raw) {
  return raw.subspan(read32(&raw[4]) + read32(&raw[8]), read32(&raw[12]));
}
std::string_view section_of_strings(std::span<const std::uint8_t> raw) {
  const auto strings = raw.subspan(read32(&raw[4]) + read32(&raw[16]), read32(&raw[20]));
  return {reinterpret_cast<const char*>(strings.data()), strings.size()};
}

std::optional<KernelIndex> KernelIndex::make(std::span<const std::uint8_t> types, std::string_view strings) {
  KernelIndex index;
  index.types_ = types;
  if (!index.go_through(strings)) return std::nullopt;
  // Vectors keep their memory when they are moved.
  index.begins_ = index.own_begins_;
  index.kinds_ = index.own_kinds_;
  if (!index.kinds_fit() || !index.nothing_holds_itself()) return std::nullopt;
  const auto name = [&](std::size_t id) { return strings.data() + index.name_offset(id); };
  index.in_order_ = true;
  for (std::size_t id = 1; id < index.count() && index.in_order_; ++id)
    index.in_order_ = std::strcmp(name(id - 1), name(id)) <= 0;
  return index;
}

KernelIndex KernelIndex::made_before(std::span<const std::uint8_t> types, std::span<const std::uint8_t> bytes) {
  constexpr std::size_t of_each = sizeof(std::uint32_t) + 1;
  const std::size_t count = bytes.size() / of_each;
  KernelIndex index;
  index.types_ = types;
  index.begins_ = {reinterpret_cast<const std::uint32_t*>(bytes.data()), count};
  index.kinds_ = bytes.subspan(count * sizeof(std::uint32_t), count);
  index.in_order_ = bytes.back() != 0;
  return index;
}

std::vector<std::uint8_t> KernelIndex::bytes() const {
  const auto* begins = reinterpret_cast<const std::uint8_t*>(begins_.data());
  std::vector<std::uint8_t> all(begins, begins + begins_.size_bytes());
  all.insert(all.end(), kinds_.begin(), kinds_.end());
  all.push_back(in_order_ ? 1 : 0);
  return all;
}

// Each type by itself, and that no id goes beyond the last.
bool KernelIndex::go_through(std::string_view strings) {
  const Names names(strings);
  own_begins_.reserve(types_.size() / 20);
  own_kinds_.reserve(types_.size() / 20);
  own_begins_.push_back(0);
  own_kinds_.push_back(0);
  TypeId highest = 0;
  const auto refers = [&highest](TypeId id) { highest = std::max(highest, id); };
  for (std::size_t at = 0; at < types_.size();) {
    if (types_.size() - at < fixed || own_kinds_.size() > max_types) return false;
    const std::uint8_t* type = &types_[at];
    const std::uint32_t name = read32(type);
    const std::uint32_t info = read32(type + 4);
    const std::uint32_t size = read32(type + 8);  // or the type referred to
    const auto kind = static_cast<Kind>(info >> 24 & 0x7f);
    const bool flag = info >> 31 != 0;
    const std::uint32_t count = info & 0xffffff;
    const std::size_t parts = size_of_parts(kind, count);
    if (kind == Kind::void_ || kind > Kind::enum64 || types_.size() - at - fixed < parts || !names.exists(name))
      return false;
    own_begins_.push_back(static_cast<std::uint32_t>(at));
    own_kinds_.push_back(static_cast<std::uint8_t>(kind));
    at += fixed + parts;
    const std::uint8_t* part = type + fixed;
    switch (kind) {
      case Kind::int_: {
        const std::uint32_t data = read32(part);
        const std::uint32_t bits = (data & 0xff) + (data >> 16 & 0xff);
        const unsigned encoding = data >> 24;
        if (count != 0 || flag || (data & 0xf000ff00) != 0 || encoding == 8 || std::popcount(encoding) > 1 ||
            bits > 128 || (bits + 7) / 8 > size)
          return false;
        break;
      }
      case Kind::float_:
        if (count != 0 || flag || (size != 2 && size != 4 && size != 8 && size != 12 && size != 16)) return false;
        break;
      case Kind::array:
        if (name != 0 || count != 0 || flag || size != 0 || read32(part) == 0 || read32(part + 4) == 0) return false;
        refers(read32(part));
        refers(read32(part + 4));
        break;
      case Kind::struct_:
      case Kind::union_: {
        if (name != 0 && !names.identifier(name)) return false;
        std::uint32_t last = 0;
        for (std::uint32_t i = 0; i < count; ++i, part += 12) {
          const std::uint32_t member = read32(part);
          const TypeId member_type = read32(part + 4);
          const std::uint32_t where = flag ? read32(part + 8) & 0xffffff : read32(part + 8);
          if ((member != 0 && !names.identifier(member)) || member_type == 0 || where < last ||
              (kind == Kind::union_ && where != 0) || (std::uint64_t{where} + 7) / 8 > size)
            return false;
          refers(member_type);
          last = where;
        }
        break;
      }
      case Kind::enum_:
      case Kind::enum64: {
        if (size > 8 || !std::has_single_bit(size) || (name != 0 && !names.identifier(name))) return false;
        const std::size_t step = kind == Kind::enum_ ? 8 : 12;
        for (std::uint32_t i = 0; i < count; ++i)
          if (!names.identifier(read32(part + i * step))) return false;
        break;
      }
      case Kind::func_proto:
        if (name != 0 || flag) return false;
        refers(size);
        for (std::uint32_t i = 0; i < count; ++i) refers(read32(part + std::size_t{i} * 8 + 4));
        break;
      case Kind::func:
        if (!names.identifier(name) || count > static_cast<std::uint32_t>(Linkage::extern_) || flag) return false;
        refers(size);
        break;
      case Kind::var:
        if (!names.identifier(name) || count != 0 || flag || size == 0 ||
            read32(part) > static_cast<std::uint32_t>(Linkage::global))
          return false;
        refers(size);
        break;
      case Kind::datasec: {
        if (!names.printable(name) || size == 0 || flag) return false;
        std::uint64_t end = 0;
        for (std::uint32_t i = 0; i < count; ++i, part += 12) {
          const std::uint32_t offset = read32(part + 4), bytes = read32(part + 8);
          if (read32(part) == 0 || offset < end || bytes == 0) return false;
          end = std::uint64_t{offset} + bytes;
          if (end > size) return false;
          refers(read32(part));
        }
        break;
      }
      case Kind::decl_tag:
        if (names.empty(name) || count != 0 || static_cast<std::int32_t>(read32(part)) < -1) return false;
        refers(size);
        break;
      case Kind::fwd:
        if (!names.identifier(name) || count != 0 || size != 0) return false;
        break;
      case Kind::typedef_:
        if (!names.identifier(name) || count != 0 || flag) return false;
        refers(size);
        break;
      case Kind::type_tag:
        if (names.empty(name) || count != 0) return false;
        refers(size);
        break;
      default:  // pointers, const, volatile, restrict
        if (name != 0 || count != 0 || flag) return false;
        refers(size);
        break;
    }
  }
  return own_kinds_.size() > 1 && highest < own_kinds_.size();
}

// What may only refer to a certain kind does.
bool KernelIndex::kinds_fit() const {
  for (std::size_t id = 1; id < count(); ++id) {
    const Kind its = kind(id);
    if (its == Kind::func) {
      if (kind(word(id, 2)) != Kind::func_proto) return false;
    } else if (its == Kind::decl_tag) {
      std::uint32_t holder = word(id, 2);
      if (kind(holder) == Kind::func) holder = word(holder, 2);
      const std::uint32_t parts = holder == 0 || kind(holder) == Kind::func ? 0 : word(holder, 1) & 0xffffff;
      if (const auto component = static_cast<std::int32_t>(word(id, 3));
          component >= 0 && static_cast<std::uint32_t>(component) >= parts)
        return false;
    } else if (its == Kind::datasec) {
      const std::uint32_t variables = word(id, 1) & 0xffffff;
      for (std::uint32_t i = 0; i < variables; ++i)
        if (kind(word(id, 3 + std::size_t{i} * 3)) != Kind::var) return false;
    }
  }
  return true;
}

bool KernelIndex::nothing_holds_itself() const {
  enum class State : std::uint8_t { unseen, open, done };
  std::vector<State> state(count(), State::unseen);
  struct Visit {
    TypeId id;
    std::uint32_t next, parts;  // which part comes next, and how many there are
    std::size_t first, step;    // the words that name them
  };
  std::vector<Visit> path;
  // Opens a type that holds or stands for others; all else is done.
  const auto open = [&](TypeId id) {
    Visit visit{id, 0, 1, 2, 0};
    switch (kind(id)) {
      case Kind::struct_:
      case Kind::union_:
        visit = {id, 0, word(id, 1) & 0xffffff, 4, 3};
        break;
      case Kind::array:
        visit.first = 3;
        break;
      case Kind::typedef_:
      case Kind::const_:
      case Kind::volatile_:
      case Kind::restrict_:
      case Kind::type_tag:
      case Kind::var:
        break;
      default:
        state[id] = State::done;
        return;
    }
    state[id] = State::open;
    path.push_back(visit);
  };
  for (TypeId root = 1; root < count(); ++root) {
    if (state[root] == State::unseen) open(root);
    while (!path.empty()) {
      Visit& visit = path.back();
      if (visit.next == visit.parts) {
        state[visit.id] = State::done;
        path.pop_back();
        continue;
      }
      const TypeId part = word(visit.id, visit.first + visit.next++ * visit.step);
      if (state[part] == State::open) return false;
      if (state[part] == State::unseen) open(part);
    }
  }
  return true;
}

}  // namespace skep::btf
