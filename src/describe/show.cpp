// See describe/show.hpp.
#include "describe/show.hpp"

#include <arpa/inet.h>
#include <fmt/format.h>

#include <algorithm>
#include <cstring>

#include "describe/numbers.hpp"
#include "describe/objects.hpp"

namespace skep::describe {
namespace {

using btf::Kind;

std::uint64_t read_number(const std::uint8_t* at, std::size_t size) {
  std::uint64_t number = 0;
  std::memcpy(&number, at, std::min(size, sizeof number));
  return number;
}
std::uint64_t read_bits(const std::uint8_t* at, std::uint32_t offset, std::uint32_t size) {
  std::uint64_t number = 0;
  for (std::uint32_t i = 0; i < size; ++i)
    number |= std::uint64_t{at[(offset + i) / 8] >> ((offset + i) % 8) & 1U} << i;
  return number;
}
std::int64_t with_sign(std::uint64_t number, unsigned bits) {
  const unsigned unused = 64 - bits;
  return static_cast<std::int64_t>(number << unused) >> unused;
}

std::string_view last_name(std::string_view path) {
  const auto dot = path.rfind('.');
  return dot == std::string_view::npos ? path : path.substr(dot + 1);
}
bool names_an_address(std::string_view path) {
  const std::string_view name = last_name(path);
  return name.find("addr") != std::string_view::npos || name.starts_with("ip") || name.ends_with("ip") ||
         name.ends_with("ip4") || name == "src" || name == "dst";
}

class Shower {
 public:
  explicit Shower(const btf::Btf& types) : types_(types) {}

  void value(btf::TypeId type, const std::uint8_t* at, const std::string& path) {
    const btf::TypeId resolved = types_.skip_modifiers(type);
    const btf::Type& t = types_.type(resolved);
    switch (t.kind) {
      case Kind::int_:
      case Kind::enum_:
      case Kind::enum64:
        if (t.size > 8) return bytes({at, t.size});
        return number(t, type, read_number(at, t.size), t.size * 8, path);
      case Kind::float_:
        return floating(at, t.size);
      case Kind::ptr:
        text += fmt::format("{}", read_number(at, 8));
        return;
      case Kind::struct_:
      case Kind::union_: {
        text += '{';
        bool first = true;
        fields(t, at, path, first);
        text += '}';
        return;
      }
      case Kind::array:
        return array(t, at, path);
      case Kind::datasec:
        return section(t, at);
      default:
        text += "null";
    }
  }
  std::string text;

 private:
  void number(const btf::Type& t, btf::TypeId declared, std::uint64_t raw, unsigned bits, const std::string& path) {
    const bool is_signed = t.kind == Kind::int_ ? (t.int_encoding & 1) != 0 : t.kind_flag;
    if (t.kind == Kind::int_) {
      if ((t.int_encoding & 4) != 0 && raw <= 1) {
        text += raw != 0 ? "true" : "false";
        return;
      }
      const ByteOrder order = byte_order_of(types_, declared, path);
      if (order == ByteOrder::big32 && names_an_address(path)) {
        text += fmt::format("\"{}.{}.{}.{}\"", raw & 255, raw >> 8 & 255, raw >> 16 & 255, raw >> 24 & 255);
        return;
      }
      if (bits == t.size * 8) raw = in_byte_order(raw, order);
    } else {
      const std::int64_t known = is_signed ? with_sign(raw, bits) : static_cast<std::int64_t>(raw);
      for (const btf::Enumerator& one : types_.enumerators(t))
        if (one.value == known) {
          text += quoted(one.name);
          return;
        }
    }
    text += is_signed ? fmt::format("{}", with_sign(raw, bits)) : fmt::format("{}", raw);
  }

  void floating(const std::uint8_t* at, std::size_t size) {
    float single = 0;
    double whole = 0;
    if (size == 4) {
      std::memcpy(&single, at, 4);
      whole = single;
    } else if (size == 8) {
      std::memcpy(&whole, at, 8);
    }
    text += fmt::format("{}", whole);
  }

  void comma(bool& first) {
    if (!first) text += ", ";
    first = false;
  }

  void fields(const btf::Type& t, const std::uint8_t* at, const std::string& path, bool& first) {
    for (const btf::Member& member : types_.members(t)) {
      const btf::Type& inner = types_.resolved(member.type);
      if (member.name.empty()) {
        if (inner.is_struct_or_union()) fields(inner, at + member.byte_offset(), path, first);
        continue;
      }
      comma(first);
      text += quoted(member.name) + ": ";
      const std::string name = path.empty() ? std::string(member.name) : fmt::format("{}.{}", path, member.name);
      if (member.bit_size != 0)
        number(inner, member.type, read_bits(at, member.bit_offset, member.bit_size), member.bit_size, name);
      else
        value(member.type, at + member.byte_offset(), name);
    }
  }

  bool is_text(const btf::Type& element, std::span<const std::uint8_t> content) const {
    if (element.kind != Kind::int_ || element.size != 1 || element.name != "char") return false;
    const auto end = std::ranges::find(content, 0);
    return end != content.end() && std::all_of(end, content.end(), [](std::uint8_t c) { return c == 0; }) &&
           std::all_of(content.begin(), end, [](std::uint8_t c) { return c >= 0x20 && c < 0x7f; });
  }

  void array(const btf::Type& t, const std::uint8_t* at, const std::string& path) {
    const std::size_t element = types_.size_of(t.type).value_or(0);
    const std::span<const std::uint8_t> content(at, element * t.count);
    if (is_text(types_.resolved(t.type), content)) {
      text += quoted({reinterpret_cast<const char*>(at),
                      static_cast<std::size_t>(std::ranges::find(content, 0) - content.begin())});
      return;
    }
    text += '[';
    bool first = true;
    for (std::uint32_t i = 0; i < t.count; ++i) {
      comma(first);
      value(t.type, at + i * element, path);
    }
    text += ']';
  }

  void section(const btf::Type& t, const std::uint8_t* at) {
    text += '{';
    bool first = true;
    for (const btf::SectionVar& var : types_.section_vars(t)) {
      const btf::Type& variable = types_.type(var.type);
      comma(first);
      text += quoted(variable.name) + ": ";
      value(variable.type, at + var.offset, std::string(variable.name));
    }
    text += '}';
  }

  void bytes(std::span<const std::uint8_t> content) { text += show(nullptr, 0, content); }

  const btf::Btf& types_;
};

bool lay_untyped(const Value& value, std::span<std::uint8_t> into, std::string& error) {
  if (value.is(Value::Kind::number)) {
    if (into.size() < 8 && !value.negative && value.number >> (8 * into.size()) != 0) {
      error = fmt::format("{} does not fit into {} bytes", value.number, into.size());
      return false;
    }
    std::ranges::fill(into, value.negative ? 0xff : 0);
    std::memcpy(into.data(), &value.number, std::min(into.size(), sizeof value.number));
    return true;
  }
  std::vector<std::uint8_t> bytes;
  if (value.is(Value::Kind::list)) {
    for (const Value& item : value.items) {
      const auto number = item.is(Value::Kind::number) ? std::optional(item.number)
                          : item.is(Value::Kind::text) ? number_in(item.text)
                                                       : std::nullopt;
      if (!number || *number > 255) {
        error = "a list of bytes is wanted: its type is not known";
        return false;
      }
      bytes.push_back(static_cast<std::uint8_t>(*number));
    }
  } else if (value.is(Value::Kind::text)) {
    for (std::size_t i = 0; i + 1 < value.text.size(); i += 2) {
      const auto number = number_in("0x" + value.text.substr(i, 2));
      if (!number) break;
      bytes.push_back(static_cast<std::uint8_t>(*number));
    }
    if (bytes.size() * 2 != value.text.size()) {
      error = fmt::format("\"{}\": hexadecimal digits are wanted: its type is not known", value.text);
      return false;
    }
  } else {
    error = "bytes are wanted: its type is not known";
    return false;
  }
  if (bytes.size() != into.size()) {
    error = fmt::format("{} bytes are wanted, and {} are given", into.size(), bytes.size());
    return false;
  }
  std::ranges::copy(bytes, into.begin());
  return true;
}

}  // namespace

std::string quoted(std::string_view text) {
  std::string out = "\"";
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (c == '"' || c == '\\') {
      out += '\\';
      out += c;
    } else if (byte < 0x20 || byte > 0x7e) {
      out += fmt::format("\\u{:04x}", byte);
    } else {
      out += c;
    }
  }
  return out + '"';
}

std::string show(const btf::Btf* types, btf::TypeId type, std::span<const std::uint8_t> bytes) {
  if (types != nullptr && type != 0 && types->size_of(type) == bytes.size()) {
    Shower shower(*types);
    shower.value(type, bytes.data(), "");
    return std::move(shower.text);
  }
  if (types != nullptr && type != 0 && types->type(type).kind == Kind::datasec &&
      types->type(type).size <= bytes.size()) {
    Shower shower(*types);
    shower.value(type, bytes.data(), "");
    return std::move(shower.text);
  }
  std::string text = "[";
  for (const std::uint8_t byte : bytes) text += fmt::format("{}\"0x{:02x}\"", text.size() > 1 ? ", " : "", byte);
  return text + "]";
}

bool lay(const btf::Btf* types, btf::TypeId type, const Value& value, std::span<std::uint8_t> into,
         std::string& error) {
  const bool is_section = types != nullptr && type != 0 && types->type(type).kind == Kind::datasec;
  const bool typed = types != nullptr && type != 0 && (is_section || types->size_of(type) == into.size());
  const btf::Type* const resolved = typed && !is_section ? &types->resolved(type) : nullptr;
  const bool is_wide = resolved != nullptr && resolved->kind == Kind::int_ && resolved->size > 8;
  if (!typed || is_wide || (resolved != nullptr && resolved->kind == Kind::float_))
    return lay_untyped(value, into, error);
  Objects objects(*types);
  auto* const at = static_cast<std::uint8_t*>(objects.make_bytes(into.size(), ""));
  std::memcpy(at, into.data(), into.size());
  bool good = true;
  if (is_section) {
    if (!value.is(Value::Kind::fields)) return error = "the variables by their names are wanted", false;
    const auto vars = types->section_vars(types->type(type));
    for (std::size_t i = 0; i < value.items.size() && good; ++i) {
      const auto var = std::ranges::find_if(
          vars, [&](const btf::SectionVar& one) { return types->type(one.type).name == value.names[i]; });
      if (var == vars.end() || var->offset + var->size > into.size())
        return error = fmt::format("there is no variable {}", value.names[i]), false;
      good = objects.put(value.items[i], types->type(var->type).type, at + var->offset, value.names[i]);
    }
  } else {
    good = objects.put(value, type, at, "");
  }
  if (!good) {
    error = objects.error();
    if (error.starts_with(": ")) error.erase(0, 2);
    return false;
  }
  std::size_t made = 0;
  objects.for_each([&](std::uint64_t) { ++made; });
  if (made != 1) return error = "what a pointer leads to cannot be kept here: a number is wanted", false;
  std::memcpy(into.data(), at, into.size());
  return true;
}

}  // namespace skep::describe
