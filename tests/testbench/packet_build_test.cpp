// Packets from descriptions: layers, lengths, checksums, and what is refused.
#include "testbench/packet_build.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "testbench/packet_text.hpp"

namespace skep::testbench {
namespace {

using testing::HasSubstr;

std::vector<std::uint8_t> build(const char* json) {
  std::string error;
  const auto value = describe::parse(json, error);
  EXPECT_TRUE(value) << error;
  auto packet = build_packet(*value, error);
  EXPECT_TRUE(packet) << json << ": " << error;
  return packet.value_or(std::vector<std::uint8_t>());
}

// The sum of 16-bit words from `begin` on, which is all ones over a part with a right checksum.
std::uint32_t folded(const std::vector<std::uint8_t>& packet, std::size_t begin, std::size_t size,
                     std::uint32_t sum = 0) {
  for (std::size_t i = 0; i < size; ++i) sum += i % 2 == 0 ? std::uint32_t{packet[begin + i]} << 8 : packet[begin + i];
  while (sum >> 16 != 0) sum = (sum & 0xffff) + (sum >> 16);
  return sum;
}

TEST(PacketBuild, LayersAreWhatIsNamed) {
  const std::pair<const char*, const char*> rows[] = {
      {R"({"src": "10.0.0.1", "dst": "10.0.0.2", "udp": {"sport": 7, "dport": 53}, "payload": "ab"})",
       "IPv4 10.0.0.1:7 > 10.0.0.2:53 UDP length 10, 44 bytes"},
      {R"({"src": "10.0.0.1", "dst": "10.0.0.2", "tcp": {"dport": 80, "flags": "SA", "seq": 9}})",
       "IPv4 10.0.0.1:1024 > 10.0.0.2:80 TCP [S.] seq 9, 54 bytes"},
      {R"({"src": "::1", "dst": "::2", "tcp": {}})", "IPv6 [::1]:1024 > [::2]:80 TCP [S] seq 1, 74 bytes"},
      {R"({"src": "::1", "dst": "::2", "icmp": {}})", "IPv6 ::1 > ::2 ICMPv6 type 128 code 0, 62 bytes"},
      {R"({"vlan": [1, 2], "src": "10.0.0.1", "dst": "10.0.0.2", "icmp": {}, "pad": 64})",
       "VLAN 1 VLAN 2 IPv4 10.0.0.1 > 10.0.0.2 ICMP type 8 code 0, 64 bytes"},
      {R"({"arp": {"op": 2}, "src": "10.0.0.1", "dst": "10.0.0.2"})", "ARP reply 10.0.0.1 asks for 10.0.0.2, 42 bytes"},
      {R"({"eth": {"src": "0a:00:00:00:00:01", "dst": "ff:ff:ff:ff:ff:ff", "type": 34997}, "payload_hex": "01 02"})",
       "0a:00:00:00:00:01 > ff:ff:ff:ff:ff:ff type 0x88b5, 16 bytes"},
      {R"("ffffffffffff 020000000001 0806")", "ff:ff:ff:ff:ff:ff type 0x0806, 14 bytes"}};
  for (const auto& [json, summary] : rows) EXPECT_THAT(packet_summary(build(json)), HasSubstr(summary)) << json;
}

TEST(PacketBuild, ChecksumsAreRight) {
  const auto udp = build(R"({"src": "10.0.0.1", "dst": "10.0.0.2", "udp": {}, "payload": "odd"})");
  EXPECT_EQ(folded(udp, 14, 20), 0xffffU);
  EXPECT_EQ(folded(udp, 34, udp.size() - 34, folded(udp, 26, 8) + 17 + static_cast<std::uint32_t>(udp.size()) - 34),
            0xffffU);
  const auto tcp = build(R"({"src": "2001:db8::1", "dst": "::2", "tcp": {}, "payload": "even"})");
  EXPECT_EQ(folded(tcp, 54, tcp.size() - 54, folded(tcp, 22, 32) + 6 + static_cast<std::uint32_t>(tcp.size()) - 54),
            0xffffU);
  const auto icmp = build(R"({"src": "10.0.0.1", "dst": "10.0.0.2", "icmp": {}})");
  EXPECT_EQ(folded(icmp, 34, icmp.size() - 34), 0xffffU);
}

TEST(PacketBuild, WhatIsNotUnderstoodIsNamed) {
  const std::pair<const char*, const char*> rows[] = {
      {R"({"scr": "10.0.0.1"})", "a packet has no scr"},
      {R"({"src": "10.0.0.1"})", "dst: \"\" is no address"},
      {R"({"src": "10.0.0.1", "dst": "::1"})", "different families"},
      {R"({"src": "10.0.0.1", "dst": "10.0.0.2", "udp": {"dport": 65536}})", "dport: a number up to 65535"},
      {R"({"src": "10.0.0.1", "dst": "10.0.0.2", "tcp": {"flags": "X"}})", "tcp.flags"},
      {R"({"eth": {"src": "1:2"}})", "eth.src"},
      {R"("123")", "two a byte"},
      {R"([1])", "a packet is a table"}};
  for (const auto& [json, said] : rows) {
    std::string error;
    const auto value = describe::parse(json, error);
    ASSERT_TRUE(value);
    EXPECT_FALSE(build_packet(*value, error)) << json;
    EXPECT_THAT(error, HasSubstr(said)) << json;
  }
}

}  // namespace
}  // namespace skep::testbench
