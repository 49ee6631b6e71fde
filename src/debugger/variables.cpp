// See debugger/variables.hpp.
#include "debugger/variables.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <cstring>

#include "debugger/inspect.hpp"
#include "debugger/places.hpp"
#include "describe/show.hpp"

namespace skep::debugger {
namespace {

constexpr std::uint64_t most_elements = 64;   // of an array, that are shown
constexpr std::uint64_t largest = 64 * 1024;  // bytes of a value

std::uint64_t number(std::span<const std::uint8_t> bytes) {
  std::uint64_t value = 0;
  std::memcpy(&value, bytes.data(), std::min(bytes.size(), sizeof value));
  return value;
}
std::int64_t extended(std::uint64_t value, std::uint32_t bits) {
  if (bits == 0 || bits >= 64) return static_cast<std::int64_t>(value);
  return static_cast<std::int64_t>(value << (64 - bits)) >> (64 - bits);
}

}  // namespace

Variables::Variables(Session& session, const std::string& object_path)
    : session_(session), dwarf_(Dwarf::open(object_path, why_)) {
  session_.find_inlined_by(
      [this](const std::string& function) { return dwarf_ != nullptr ? dwarf_->body_of(function) : std::string(); });
}
Variables::~Variables() {
  session_.find_inlined_by({});
}

std::uint32_t Variables::offset_in_function(const Frame& frame) const {
  const runtime::Code& code = frame.program->code();
  return code.facts[frame.pc].original - code.facts[code.subprograms[frame.function].start].original;
}

std::vector<std::string> Variables::inlined_at(const Frame& frame) {
  if (dwarf_ == nullptr) return {};
  return dwarf_->inlined_at(session_.function(frame), offset_in_function(frame));
}

std::vector<Item> Variables::locals(const Frame& frame) {
  std::vector<Item> all;
  if (dwarf_ == nullptr) return all;
  // The compiler's frames end at multiples of eight; the verifier knows what is used of them.
  const std::uint32_t stack_size = (frame.program->code().subprograms[frame.function].stack_depth + 7) & ~7U;
  for (const DwarfVariable& one :
       dwarf_->variables(session_.function(frame), offset_in_function(frame), frame.registers, stack_size)) {
    Item item;
    if (one.address) {
      item = at(one.name, one.type, *one.address);
    } else if (one.value) {
      std::vector<std::uint8_t> bytes(std::min<std::uint64_t>(dwarf_->size(one.type), 8));
      std::memcpy(bytes.data(), &*one.value, bytes.size());
      item = show(one.name, one.type, std::move(bytes), {});
    } else {
      item = put_together(one);
    }
    item.scope = one.function;
    all.push_back(std::move(item));
  }
  return all;
}

// Of what is in pieces some may be known and some not.
Item Variables::put_together(const DwarfVariable& variable) {
  Item item;
  item.name = variable.name;
  item.type = dwarf_->name(variable.type);
  item.text = variable.why;
  const std::uint64_t size = std::min<std::uint64_t>(dwarf_->size(variable.type), largest);
  std::vector<std::uint8_t> bytes;
  std::vector<Item::Hole> holes;
  for (const DwarfVariable::Piece& piece : variable.pieces) {
    if (piece.size > largest) return item;
    std::vector<std::uint8_t> its(piece.size);
    if (piece.value && piece.size <= 8)
      std::memcpy(its.data(), &*piece.value, piece.size);
    else if (auto there = piece.address ? read_memory(*piece.address, piece.size) : std::nullopt; there)
      its = std::move(*there);
    else
      holes.push_back({bytes.size(), piece.size});
    bytes.insert(bytes.end(), its.begin(), its.end());
  }
  if (bytes.empty()) return item;
  if (bytes.size() < size) holes.push_back({bytes.size(), size - bytes.size()});
  bytes.resize(size);
  return show(variable.name, variable.type, std::move(bytes), {}, std::move(holes));
}

std::vector<Item> Variables::globals() {
  std::vector<Item> all;
  std::string ignored;
  for (const std::string& name : global_names(session_))
    if (auto item = find(name, nullptr, ignored)) all.push_back(std::move(*item));
  return all;
}

Item Variables::at(std::string name, DwarfType type, std::uint64_t address) {
  const std::uint64_t size = dwarf_->size(type);
  if (size <= largest)
    if (auto bytes = read_memory(address, size)) return show(std::move(name), type, std::move(*bytes), address);
  Item item;
  item.name = std::move(name);
  item.type = dwarf_->name(type);
  item.text = fmt::format("cannot be read at {:#x}", address);
  return item;
}

Item Variables::show(std::string name, DwarfType type, std::vector<std::uint8_t> bytes,
                     std::optional<std::uint64_t> address, std::vector<Item::Hole> holes) {
  Item item;
  item.name = std::move(name);
  item.type = dwarf_->name(type);
  item.known = true;
  item.dwarf_type = type;
  item.holes = std::move(holes);
  const auto kind = dwarf_->kind(type);
  const bool follows = kind == Dwarf::Kind::pointer && number(bytes) >= 4096 && dwarf_->size(dwarf_->target(type)) != 0;
  item.has_parts = kind == Dwarf::Kind::record || kind == Dwarf::Kind::array || follows;
  item.bytes = std::move(bytes);
  item.address = address;
  if (item.holes.empty()) {
    item.text = text_of(type, item.bytes, 0);
  } else if (kind == Dwarf::Kind::record) {
    for (const Item& one : parts(item))
      item.text += fmt::format("{}{} = {}", item.text.empty() ? "{" : ", ", one.name,
                               one.known ? one.text : fmt::format("<{}>", one.text));
    item.text += '}';
  } else {
    item.known = false;
    item.text = "partly optimized out";
  }
  return item;
}

std::string Variables::text_of(DwarfType type, std::span<const std::uint8_t> bytes, int depth) {
  using Kind = Dwarf::Kind;
  const Kind kind = dwarf_->kind(type);
  const std::uint64_t size = dwarf_->size(type);
  if (bytes.size() > size) bytes = bytes.subspan(0, size);
  switch (kind) {
    case Kind::boolean:
      return number(bytes) != 0 ? "true" : "false";
    case Kind::enumeration: {
      const std::uint64_t raw = number(bytes);
      const std::int64_t value = dwarf_->is_signed(type) ? extended(raw, static_cast<std::uint32_t>(size * 8))
                                                         : static_cast<std::int64_t>(raw);
      const std::string name = dwarf_->enumerator(type, value);
      return name.empty() ? fmt::format("{}", value) : fmt::format("{} ({})", name, value);
    }
    case Kind::character:
    case Kind::integer: {
      if (size > 8) break;
      if (dwarf_->is_signed(type))
        return fmt::format("{}", extended(number(bytes), static_cast<std::uint32_t>(size * 8)));
      return fmt::format("{}", number(bytes));
    }
    case Kind::pointer: {
      const std::uint64_t value = number(bytes);
      return value == 0 ? "null" : value_text(session_, value);
    }
    case Kind::record: {
      if (depth > 4) return "{…}";
      std::string text;
      for (const DwarfMember& member : dwarf_->members(type)) {
        std::string ignored;
        if (member.offset >= bytes.size()) continue;
        std::string value;
        if (member.bit_size != 0) {
          std::uint64_t raw = number(bytes.subspan(member.offset)) >> member.bit_offset;
          if (member.bit_size < 64) raw &= (std::uint64_t{1} << member.bit_size) - 1;
          value = dwarf_->is_signed(member.type) ? fmt::format("{}", extended(raw, member.bit_size))
                                                 : fmt::format("{}", raw);
        } else {
          value = text_of(member.type, bytes.subspan(member.offset), depth + 1);
        }
        text += fmt::format("{}{}{}{}", text.empty() ? "" : ", ", member.name, member.name.empty() ? "" : " = ", value);
      }
      return "{" + text + "}";
    }
    case Kind::array: {
      const DwarfType element = dwarf_->target(type);
      const std::uint64_t each = dwarf_->size(element), count = dwarf_->count(type);
      if (dwarf_->kind(element) == Kind::character) {
        const auto* const begin = reinterpret_cast<const char*>(bytes.data());
        return describe::quoted({begin, strnlen(begin, std::min<std::size_t>(count, bytes.size()))});
      }
      std::string text;
      for (std::uint64_t i = 0; i < count && (i + 1) * each <= bytes.size(); ++i) {
        if (i == most_elements) {
          text += ", …";
          break;
        }
        text += fmt::format("{}{}", i == 0 ? "" : ", ", text_of(element, bytes.subspan(i * each, each), depth + 1));
      }
      return "[" + text + "]";
    }
    default:
      break;
  }
  return describe::show(nullptr, 0, bytes.subspan(0, std::min<std::size_t>(size, bytes.size())));
}

std::vector<Item> Variables::parts(const Item& item) {
  std::vector<Item> all;
  if (dwarf_ == nullptr || !item.has_parts ||
      (!item.holes.empty() && dwarf_->kind(item.dwarf_type) != Dwarf::Kind::record))
    return all;
  const auto kind = dwarf_->kind(item.dwarf_type);
  const std::span<const std::uint8_t> bytes(item.bytes);
  if (kind == Dwarf::Kind::pointer) {
    Item to = at("*" + item.name, dwarf_->target(item.dwarf_type), number(bytes));
    if (to.known && dwarf_->kind(to.dwarf_type) == Dwarf::Kind::record) return parts(to);
    all.push_back(std::move(to));
    return all;
  }
  const auto address = [&](std::uint64_t offset) {
    return item.address ? std::optional(*item.address + offset) : std::nullopt;
  };
  if (kind == Dwarf::Kind::array) {
    const DwarfType element = dwarf_->target(item.dwarf_type);
    const std::uint64_t each = dwarf_->size(element);
    for (std::uint64_t i = 0; each != 0 && (i + 1) * each <= bytes.size(); ++i)
      all.push_back(show(fmt::format("[{}]", i), element,
                         {bytes.begin() + static_cast<std::ptrdiff_t>(i * each),
                          bytes.begin() + static_cast<std::ptrdiff_t>((i + 1) * each)},
                         address(i * each)));
    return all;
  }
  for (const DwarfMember& member : dwarf_->members(item.dwarf_type)) {
    const std::uint64_t size = dwarf_->size(member.type);
    const std::uint64_t end = member.offset + (member.bit_size != 0 ? 1 : size);
    if (end > bytes.size()) continue;
    if (std::ranges::any_of(item.holes, [&](const Item::Hole& hole) {
          return member.offset < hole.offset + hole.size && hole.offset < end;
        })) {
      Item gone;
      gone.name = member.name;
      gone.type = dwarf_->name(member.type);
      gone.text = "optimized out";
      all.push_back(std::move(gone));
      continue;
    }
    if (member.bit_size != 0) {
      std::uint64_t raw = number(bytes.subspan(member.offset)) >> member.bit_offset;
      if (member.bit_size < 64) raw &= (std::uint64_t{1} << member.bit_size) - 1;
      if (dwarf_->is_signed(member.type)) raw = static_cast<std::uint64_t>(extended(raw, member.bit_size));
      std::vector<std::uint8_t> value(std::min<std::uint64_t>(size, 8));
      std::memcpy(value.data(), &raw, value.size());
      all.push_back(show(member.name, member.type, std::move(value), {}));
      continue;
    }
    const auto begin = bytes.begin() + static_cast<std::ptrdiff_t>(member.offset);
    Item one =
        show(member.name, member.type, {begin, begin + static_cast<std::ptrdiff_t>(size)}, address(member.offset));
    // An anonymous struct's members are its own.
    if (member.name.empty() && one.has_parts) {
      for (Item& inner : parts(one)) all.push_back(std::move(inner));
      continue;
    }
    all.push_back(std::move(one));
  }
  return all;
}

std::optional<Item> Variables::find(const std::string& name, const Frame* frame, std::string& error) {
  const std::string plain = name.starts_with('$') ? name.substr(1) : name;
  const bool is_register =
      plain.size() > 1 && plain.size() < 4 && plain[0] == 'r' &&
      std::all_of(plain.begin() + 1, plain.end(), [](unsigned char c) { return std::isdigit(c) != 0; });
  if (frame != nullptr && !name.starts_with('$'))
    for (Item& item : locals(*frame))
      if (item.name == name) return std::move(item);
  if (frame != nullptr && is_register && std::stoul(plain.substr(1)) < reg_count) {
    const std::uint64_t value = frame->registers[std::stoul(plain.substr(1))];
    Item item;
    item.name = plain;
    item.type = "register";
    item.known = true;
    item.text = value_text(session_, value);
    item.bytes.resize(8);
    std::memcpy(item.bytes.data(), &value, 8);
    return item;
  }
  GlobalVariable variable;
  if (find_global(session_.lines(), name, variable)) {
    if (dwarf_ != nullptr)
      if (const DwarfType type = dwarf_->global(name); type != 0)
        return at(name, type, reinterpret_cast<std::uint64_t>(variable.at));
    Item item;
    item.name = name;
    item.type = variable.types->describe(variable.type);
    item.known = true;
    item.text = describe::show(variable.types.get(), variable.type, {variable.at, variable.size});
    return item;
  }
  error = fmt::format("there is no variable {} here{}{}", name, why_.empty() ? "" : "; ", why_);
  return std::nullopt;
}

std::optional<Item> Variables::part(const Item& item, const std::string& name, std::string& error) {
  for (Item& one : parts(item))
    if (one.name == name) return std::move(one);
  error = fmt::format("{} has no {}", item.name, name);
  return std::nullopt;
}

std::optional<Item> Variables::evaluate(const std::string& expression, const Frame* frame, std::string& error) {
  std::string rest = expression;
  std::erase(rest, ' ');
  std::size_t stars = 0;
  while (stars < rest.size() && rest[stars] == '*') ++stars;
  rest.erase(0, stars);
  const auto word_end = [&](std::size_t from) {
    while (from < rest.size() &&
           (std::isalnum(static_cast<unsigned char>(rest[from])) != 0 || rest[from] == '_' || rest[from] == '$'))
      ++from;
    return from;
  };
  std::size_t at_ = word_end(0);
  if (at_ == 0) return error = fmt::format("'{}' is no variable", expression), std::nullopt;
  auto item = find(rest.substr(0, at_), frame, error);
  while (item && at_ < rest.size()) {
    if (!item->known) break;
    std::string name;
    if (rest[at_] == '[') {
      const auto close = rest.find(']', at_);
      if (close == std::string::npos) return error = "a ] is missing", std::nullopt;
      const std::string index = rest.substr(at_ + 1, close - at_ - 1);
      at_ = close + 1;
      if (index.empty() || index.size() > 9 || index.find_first_not_of("0123456789") != std::string::npos)
        return error = fmt::format("[{}]: a number is wanted", index), std::nullopt;
      if (dwarf_ != nullptr && item->dwarf_type != 0 && dwarf_->kind(item->dwarf_type) == Dwarf::Kind::pointer) {
        const DwarfType to = dwarf_->target(item->dwarf_type);
        item = at(fmt::format("{}[{}]", item->name, index), to,
                  number(item->bytes) + std::stoul(index) * dwarf_->size(to));
        continue;
      }
      name = "[" + index + "]";
    } else {
      at_ += rest[at_] == '-' ? 2 : 1;
      const std::size_t end = word_end(at_);
      if (end <= at_) return error = fmt::format("'{}' is not understood", expression), std::nullopt;
      name = rest.substr(at_, end - at_);
      at_ = end;
    }
    item = part(*item, name, error);
  }
  for (; item && item->known && stars > 0; --stars) {
    if (dwarf_ == nullptr || item->dwarf_type == 0 || dwarf_->kind(item->dwarf_type) != Dwarf::Kind::pointer)
      return error = fmt::format("{} is no pointer", item->name), std::nullopt;
    item = at("*" + item->name, dwarf_->target(item->dwarf_type), number(item->bytes));
  }
  return item;
}

}  // namespace skep::debugger
