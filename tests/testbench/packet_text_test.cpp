// Packets in words.
#include "testbench/packet_text.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "testbench/support.hpp"

namespace skep::testbench {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using Packet = std::vector<std::uint8_t>;

TEST(PacketText, SaysWhatAPacketIs) {
  Packet packet = test::udp_packet();
  EXPECT_EQ(packet_summary(packet), "IPv4 10.0.0.1:1000 > 10.0.0.2:53 UDP length 26, 60 bytes");
  packet[23] = 6;
  packet[47] = 0x12;
  EXPECT_THAT(packet_summary(packet), HasSubstr("TCP [S.] seq"));
  packet[23] = 1;
  EXPECT_THAT(packet_summary(packet), HasSubstr("ICMP type 3 code 232"));
  packet[21] = 5;  // a later fragment has no ports
  EXPECT_THAT(packet_summary(packet), HasSubstr("10.0.0.1 > 10.0.0.2 protocol 255"));
}

TEST(PacketText, LooksBehindTags) {
  Packet packet = test::udp_packet();
  const std::uint8_t tag[] = {0x81, 0, 0x20, 7};
  packet.insert(packet.begin() + 12, std::begin(tag), std::end(tag));
  EXPECT_THAT(packet_summary(packet), HasSubstr("VLAN 7 IPv4 10.0.0.1:1000"));
}

TEST(PacketText, EndsWhereThePacketEnds) {
  const Packet whole = test::udp_packet();
  for (std::size_t size = 0; size <= whole.size(); ++size)
    EXPECT_THAT(packet_summary(Bytes(whole).first(size)), HasSubstr(std::to_string(size) + " bytes"));
}

TEST(PacketText, DumpsSixteenBytesALine) {
  Packet packet(18, 'A');
  packet[17] = 7;
  EXPECT_THAT(hexdump(packet), ElementsAre("0000  41 41 41 41 41 41 41 41  41 41 41 41 41 41 41 41  |AAAAAAAAAAAAAAAA|",
                                           "0010  41 07                                             |A.|"));
}

TEST(PacketText, ShowsWhatChanged) {
  Packet before(20, 1), after = before;
  after[17] = 2;
  EXPECT_THAT(packet_difference(before, after, false),
              ElementsAre("  0000  01 01 01 01 01 01 01 01  01 01 01 01 01 01 01 01  |................|",
                          "- 0010  01 01 01 01                                       |....|",
                          "+ 0010  01 02 01 01                                       |....|",  //
                          "           ^^"));
  EXPECT_THAT(packet_difference(before, after, true)[2], HasSubstr("\033[32m02\033[0m"));
}

TEST(PacketText, TellsBytesAtTheFrontFromThoseAtTheEnd) {
  Packet before;
  for (std::uint8_t i = 0; i < 20; ++i) before.push_back(i);
  Packet front = before, end = before;
  front.insert(front.begin(), {9, 9});
  EXPECT_EQ(packet_difference(before, front, false)[0], "  2 bytes more at the front");
  EXPECT_EQ(packet_difference(front, before, false)[0], "  2 bytes less at the front");
  end.push_back(7);
  EXPECT_EQ(packet_difference(before, end, false)[0], "  1 bytes more at the end");
  EXPECT_TRUE(packet_difference(before, {}, false)[0].starts_with("  20 bytes less"));
}

}  // namespace
}  // namespace skep::testbench
