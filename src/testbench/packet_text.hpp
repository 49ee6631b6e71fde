// Packets for people: one line that says what a packet is, and a dump that shows what a program made of it. Tested by
// tests/testbench/packet_text_test.cpp.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

namespace skep::testbench {

using Bytes = std::span<const std::uint8_t>;

// "IPv4 10.0.0.1:1234 > 10.0.0.2:80 TCP [S] seq 1, 54 bytes", from the Ethernet header on.
std::string packet_summary(Bytes packet);

// Lines of 16 bytes, "0000  ff ff … |..|".
std::vector<std::string> hexdump(Bytes bytes);

// The packet as it is now. Lines that differ from before are shown as they were, with a minus, and as they are, with a
// plus, in which what differs is underlined by a line of carets (in colors: it is red and green). Bytes that came or
// went at the front are taken for that: a line says so.
std::vector<std::string> packet_difference(Bytes before, Bytes after, bool in_color);

}  // namespace skep::testbench
