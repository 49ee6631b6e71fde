// Prints objects by their types, in the kernel's format:
//
//   (struct list_head){
//    .next = (struct list_head *)0x000000006f7c5d10,
//   }
//
// … and the line ends. What is zero is left out, but for the object itself; a char array ends at its zero. Tested by
// tests/calls/btf_text_test.cpp.
#include "calls/impl/btf_text.hpp"

#include <algorithm>
#include <array>
#include <cctype>
#include <cstdio>
#include <cstring>
#include <vector>

#include "calls/impl/kernel_fields.hpp"
#include "calls/impl/support.hpp"
#include "runtime/occasion.hpp"

namespace skep::calls::impl {
namespace {

using btf::Kind;
using btf::Type;
using btf::TypeId;

class Printer {
 public:
  Printer(const btf::Btf& types, std::uint64_t flags) : types_(types), flags_(flags) {}
  void print(TypeId declared, const std::uint8_t* at) {
    show(declared, at, name_of(declared));
    end_line();
  }
  std::string take() { return std::move(text_); }

 private:
  bool has(std::uint64_t flag) const { return (flags_ & flag) != 0; }

  // As C writes it, without const and volatile.
  std::string name_of(TypeId id) const {
    const Type& type = types_.type(id);
    switch (type.kind) {
      case Kind::ptr:
        return type.type == 0 ? "void *" : pointer_to(name_of(type.type));
      case Kind::array:
        return name_of(type.type) + "[]";
      case Kind::struct_:
        return with_name("struct", type);
      case Kind::union_:
        return with_name("union", type);
      case Kind::enum_:
      case Kind::enum64:
        return with_name("enum", type);
      case Kind::fwd:
        return with_name(type.kind_flag ? "union" : "struct", type);
      case Kind::func_proto:
        return "void";
      case Kind::typedef_:
      case Kind::int_:
      case Kind::float_:
        return std::string(type.name);
      default:
        return id == 0 ? "void" : name_of(type.type);
    }
  }
  static std::string pointer_to(std::string name) { return name + (name.ends_with('*') ? "*" : " *"); }
  static std::string with_name(std::string_view word, const Type& type) {
    std::string name(word);
    if (!type.name.empty()) name.append(" ").append(type.name);
    return name;
  }

  bool is_char(const Type& type) const {
    return type.kind == Kind::int_ && type.size == 1 && (type.int_encoding & 2) != 0;
  }
  // `char` has no encoding of its own in the kernel's types: it is the int of that name.
  bool holds_text(const Type& array) const {
    const Type& element = types_.resolved(array.type);
    return is_char(element) || (element.kind == Kind::int_ && element.size == 1 && element.name == "char");
  }

  bool is_zero(TypeId id, const std::uint8_t* at) const {
    const Type& type = types_.resolved(id);
    if (type.kind == Kind::array && holds_text(type)) return type.count == 0 || *at == 0;
    const std::size_t size = types_.size_of(id).value_or(0);
    return std::all_of(at, at + size, [](std::uint8_t byte) { return byte == 0; });
  }

  void begin(char bracket) {
    text_ += bracket;
    end_line();
    ++depth_;
  }
  void indent() {
    if (!has(print_flag::compact)) text_.append(depth_, ' ');
  }
  void end_item() {
    text_ += ',';
    end_line();
  }
  void end(char bracket) {
    --depth_;
    indent();
    text_ += bracket;
  }
  void end_line() {
    if (!has(print_flag::compact)) text_ += '\n';
  }

  void show(TypeId declared, const std::uint8_t* at, const std::string& name) {
    if (!has(print_flag::no_names) && !name.empty()) text_ += '(' + name + ')';
    const Type& type = types_.resolved(declared);
    switch (type.kind) {
      case Kind::struct_:
      case Kind::union_:
        return show_members(type, at);
      case Kind::array:
        return show_elements(type, at);
      default:
        return show_scalar(type, at);
    }
  }

  void show_members(const Type& type, const std::uint8_t* at) {
    begin('{');
    for (const btf::Member& member : types_.members(type)) {
      const std::uint8_t* const field = at + member.byte_offset();
      const std::uint64_t bits = member.bit_size != 0 ? bit_field(at, member) : 0;
      const bool zero = member.bit_size != 0 ? bits == 0 : is_zero(member.type, field);
      if (zero && !has(print_flag::zeros)) continue;
      indent();
      if (!has(print_flag::no_names) && !member.name.empty()) text_.append(".").append(member.name).append(" = ");
      if (member.bit_size == 0) {
        show(member.type, field, name_of(member.type));
      } else {
        if (!has(print_flag::no_names)) text_ += '(' + name_of(member.type) + ')';
        text_ += number("0x%llx", bits);
      }
      end_item();
    }
    end('}');
  }

  void show_elements(const Type& array, const std::uint8_t* at) {
    const std::size_t size = types_.size_of(array.type).value_or(0);
    const bool characters = holds_text(array);
    begin('[');
    for (std::uint32_t i = 0; i < array.count; ++i) {
      const std::uint8_t* const element = at + i * size;
      if (characters && *element == 0) break;
      if (!characters && is_zero(array.type, element) && !has(print_flag::zeros)) continue;
      indent();
      if (characters && std::isprint(*element) != 0)
        text_.append("'").append(1, static_cast<char>(*element)).append("'");
      else
        show(array.type, element, {});
      end_item();
    }
    end(']');
  }

  void show_scalar(const Type& type, const std::uint8_t* at) {
    std::uint64_t value = 0;
    const std::size_t size = type.kind == Kind::ptr ? 8 : type.size;
    if (size > sizeof value) {  // an __int128, or a float: its bytes
      text_ += "0x";
      for (std::size_t i = size; i-- > 0;) text_ += number("%02llx", at[i]);
      return;
    }
    std::memcpy(&value, at, size);
    const bool is_signed = type.kind == Kind::int_ ? (type.int_encoding & 1) != 0 : type.kind_flag;
    std::int64_t number_of = static_cast<std::int64_t>(value);
    if (is_signed && size < sizeof value) {
      const unsigned unused = 64 - static_cast<unsigned>(size) * 8;
      number_of = static_cast<std::int64_t>(value << unused) >> unused;
    }
    if (type.kind == Kind::ptr) {
      text_ += number("0x%016llx", value);
      return;
    }
    if (type.kind == Kind::enum_ || type.kind == Kind::enum64) {
      for (const btf::Enumerator& one : types_.enumerators(type))
        if (one.value == number_of) {
          text_ += one.name;
          return;
        }
    }
    text_ += number(is_signed ? "%lld" : "%llu", static_cast<std::uint64_t>(number_of));
  }

  static std::uint64_t bit_field(const std::uint8_t* at, const btf::Member& member) {
    std::uint64_t value = 0;
    for (std::uint32_t i = 0; i < member.bit_size && i < 64; ++i) {
      const std::uint32_t bit = member.bit_offset + i;
      value |= std::uint64_t{(at[bit / 8] >> (bit % 8) & 1U) != 0} << i;
    }
    return value;
  }
  static std::string number(const char* how, std::uint64_t value) {
    std::array<char, 32> text;
    std::snprintf(text.data(), text.size(), how, static_cast<unsigned long long>(value));
    return text.data();
  }

  const btf::Btf& types_;
  const std::uint64_t flags_;
  std::string text_;
  std::size_t depth_ = 0;
};

// The argument of both calls; 0 or a negative errno.
int text_of(CallEnv& env, std::uint64_t at, std::uint32_t size, std::uint64_t flags, std::string& text) {
  struct BtfPointer {
    std::uint64_t object;
    std::uint32_t type, flags;
  };
  constexpr std::uint32_t largest = 1 << 20, null_page = 4096;
  if (size != sizeof(BtfPointer) || (flags & ~print_flag::known) != 0) return -EINVAL;
  const auto& wanted = *pointer<const BtfPointer>(at);
  const btf::Btf* const types = env.services().kernel_types();
  if (wanted.type == 0 || types == nullptr) return -EINVAL;
  if (!types->valid(wanted.type)) return -ENOENT;
  const auto bytes = types->size_of(wanted.type);
  if (!bytes || *bytes > largest) return -EINVAL;
  if (wanted.object < null_page) return -ERANGE;
  std::vector<std::uint8_t> object(*bytes);
  if (env.read_memory(object.data(), wanted.object, object.size()) != 0) return -EFAULT;
  text = btf_text(*types, wanted.type, object.data(), flags);
  return 0;
}

}  // namespace

std::string btf_text(const btf::Btf& types, TypeId type, const std::uint8_t* at, std::uint64_t flags) {
  Printer printer(types, flags);
  printer.print(type, at);
  return printer.take();
}

SKEP_CALL(bpf_snprintf_btf) {
  std::string text;
  if (const int error = text_of(env, r3, u32(r4), r5, text); error != 0) return CallResult::error(error);
  const std::size_t shown = std::min<std::size_t>(text.size(), u32(r2) - 1);
  std::memcpy(pointer<char>(r1), text.data(), shown);
  pointer<char>(r1)[shown] = 0;
  return CallResult::of(text.size());
}
SKEP_CALL(bpf_seq_printf_btf) {
  std::string text;
  if (const int error = text_of(env, r2, u32(r3), r4, text); error != 0) return CallResult::error(error);
  auto* const occasion = env.context() != nullptr ? runtime::Context::header_of(env.context()).object : nullptr;
  if (occasion == nullptr) return CallResult::error(-EOVERFLOW);
  static_cast<runtime::Occasion*>(occasion)->output += text;
  return CallResult::of(0);
}

}  // namespace skep::calls::impl
