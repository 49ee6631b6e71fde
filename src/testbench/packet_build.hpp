// Packets from a description: what scenario files and the Python module write instead of bytes.
//
//   {src = "10.0.0.1", dst = "10.0.0.2", tcp = {sport = 1234, dport = 80, flags = "S"}, payload = "hello"}
//
// The layers are those that are named: eth = {src, dst, type}, vlan = 7 (or a list), src and dst (IPv4 or IPv6; ttl,
// protocol, tos, id), tcp = {sport, dport, seq, ack, flags, window}, udp = {sport, dport}, icmp = {type, code}, arp =
// {op}; then payload (a text) or payload_hex, and pad = N for a length of at least N. Lengths and checksums are right.
// A text is the bytes in hexadecimal; blanks in it do not count. Tested by tests/testbench/packet_build_test.cpp.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "describe/value.hpp"

namespace skep::testbench {

// Nothing, and `error`, for what is not understood.
std::optional<std::vector<std::uint8_t>> build_packet(const describe::Value& described, std::string& error);
std::optional<std::vector<std::uint8_t>> bytes_of_hex(std::string_view text);

}  // namespace skep::testbench
