// See describe/numbers.hpp.
#include "describe/numbers.hpp"

#include <arpa/inet.h>

#include <charconv>
#include <string>

namespace skep::describe {

std::optional<std::uint64_t> number_in(std::string_view text) {
  const bool negative = text.starts_with('-');
  if (negative) text.remove_prefix(1);
  const bool hexadecimal = text.starts_with("0x") || text.starts_with("0X");
  if (hexadecimal) text.remove_prefix(2);
  std::uint64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number, hexadecimal ? 16 : 10);
  if (error != std::errc() || end != text.data() + text.size() || text.empty()) return std::nullopt;
  return negative ? 0 - number : number;
}

std::optional<std::array<std::uint8_t, 4>> ipv4_in(std::string_view text) {
  std::array<std::uint8_t, 4> bytes;
  if (inet_pton(AF_INET, std::string(text).c_str(), bytes.data()) != 1) return std::nullopt;
  return bytes;
}
std::optional<std::array<std::uint8_t, 16>> ipv6_in(std::string_view text) {
  std::array<std::uint8_t, 16> bytes;
  if (inet_pton(AF_INET6, std::string(text).c_str(), bytes.data()) != 1) return std::nullopt;
  return bytes;
}

ByteOrder byte_order_of(const btf::Btf& types, btf::TypeId declared, std::string_view path) {
  for (btf::TypeId type = declared; types.type(type).is_modifier(); type = types.type(type).type) {
    const std::string_view name = types.type(type).name;
    if (name == "__be16") return ByteOrder::big16;
    if (name == "__be32") return ByteOrder::big32;
    if (name == "__be64") return ByteOrder::big64;
  }
  const auto is = [path](std::string_view name) {
    return path == name || (path.ends_with(name) && path[path.size() - name.size() - 1] == '.');
  };
  if (is("user_port")) return ByteOrder::big16;
  if (is("remote_port")) return ByteOrder::big32;
  return ByteOrder::host;
}

std::uint64_t in_byte_order(std::uint64_t number, ByteOrder order) {
  switch (order) {
    case ByteOrder::big16:
      return __builtin_bswap16(static_cast<std::uint16_t>(number));
    case ByteOrder::big32:
      return __builtin_bswap32(static_cast<std::uint32_t>(number));
    case ByteOrder::big64:
      return __builtin_bswap64(number);
    case ByteOrder::host:
      break;
  }
  return number;
}

}  // namespace skep::describe
