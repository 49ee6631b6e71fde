// How people write numbers and network addresses, and in which order of bytes a field wants them. Tested by
// tests/describe/objects_test.cpp.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string_view>

#include "btf/btf.hpp"

namespace skep::describe {

std::optional<std::uint64_t> number_in(std::string_view text);  // "17", "-1", "0x11"
std::optional<std::array<std::uint8_t, 4>> ipv4_in(std::string_view text);
std::optional<std::array<std::uint8_t, 16>> ipv6_in(std::string_view text);

enum class ByteOrder : std::uint8_t { host, big16, big32, big64 };
// By the field's type (__be16 …), or by the name at the end of its path: the contexts of sockets declare their ports as
// plain numbers.
ByteOrder byte_order_of(const btf::Btf& types, btf::TypeId declared, std::string_view path);
std::uint64_t in_byte_order(std::uint64_t number, ByteOrder order);

}  // namespace skep::describe
