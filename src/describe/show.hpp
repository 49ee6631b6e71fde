// Values of C types as JSON by BTF, and back: what maps hold, and what ring buffers carry.
//
//   {"src": "10.0.0.1", "port": 80, "state": "BLOCKED", "hits": [1, 0, 0, 0], "name": "eth0"}
//
// The same words as Objects take: what show() prints lay() reads. Enumerators are named; characters that end in zeros
// are a text; what is typed as big-endian is turned round; members of structs without a name are the outer one's. Bytes
// without a type are a list, ["0x0a", "0x00"], as bpftool has it. Tested by tests/describe/show_test.cpp.
#pragma once

#include <cstdint>
#include <span>
#include <string>

#include "btf/btf.hpp"
#include "describe/value.hpp"

namespace skep::describe {

// Of a type whose size is not that of the bytes, or of none (0): the bytes.
std::string show(const btf::Btf* types, btf::TypeId type, std::span<const std::uint8_t> bytes);
// Text as JSON has it.
std::string quoted(std::string_view text);

// Into bytes; what is not described stays as it is. False: `error` says what is wrong, and where. A value without a
// type may also be a number, little-endian, or a text of hexadecimal digits.
bool lay(const btf::Btf* types, btf::TypeId type, const Value& value, std::span<std::uint8_t> into, std::string& error);

}  // namespace skep::describe
