// Captures: what is written is read again; what is none is refused.
#include "testbench/capture.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>

namespace skep::testbench {
namespace {

class CaptureTest : public testing::Test {
 protected:
  void SetUp() override {
    std::string name = (std::filesystem::temp_directory_path() / "skep-capture-XXXXXX").string();
    ASSERT_NE(mkdtemp(name.data()), nullptr);
    place = name;
    if (CaptureWriter::open(place / "probe", error) == nullptr && error.find("SKEP_PCAP=OFF") != std::string::npos)
      GTEST_SKIP() << error;
  }
  void TearDown() override { std::filesystem::remove_all(place); }
  std::string write(const std::vector<std::vector<std::uint8_t>>& packets) {
    const std::string path = place / "capture";
    auto writer = CaptureWriter::open(path, error);
    EXPECT_NE(writer, nullptr) << error;
    for (std::size_t i = 0; writer && i < packets.size(); ++i) writer->write(packets[i], 1'000'000'001 * (i + 1));
    if (writer) {
      EXPECT_EQ(writer->finish(), "");
    }
    return path;
  }
  std::filesystem::path place;
  std::string error;
};

TEST_F(CaptureTest, WhatIsWrittenIsReadAgain) {
  const std::vector<std::vector<std::uint8_t>> packets = {
      std::vector<std::uint8_t>(14, 1), {}, std::vector<std::uint8_t>(1500, 2)};
  const auto reader = CaptureReader::open(write(packets), "", error);
  ASSERT_NE(reader, nullptr) << error;
  CapturedPacket packet;
  for (std::size_t i = 0; i < packets.size(); ++i) {
    ASSERT_TRUE(reader->next(packet, error)) << error;
    EXPECT_EQ(packet.bytes, packets[i]);
    EXPECT_EQ(packet.length, packets[i].size());
    EXPECT_EQ(packet.time_ns, 1'000'000'001 * (i + 1));
  }
  EXPECT_FALSE(reader->next(packet, error));
  EXPECT_EQ(error, "");
}

TEST_F(CaptureTest, AFilterChooses) {
  const auto reader = CaptureReader::open(write({std::vector<std::uint8_t>(60, 1), std::vector<std::uint8_t>(14, 2)}),
                                          "less 20", error);
  ASSERT_NE(reader, nullptr) << error;
  CapturedPacket packet;
  ASSERT_TRUE(reader->next(packet, error));
  EXPECT_EQ(packet.bytes.size(), 14U);
  EXPECT_FALSE(reader->next(packet, error));
  EXPECT_EQ(CaptureReader::open(place / "capture", "no such words", error), nullptr);
  EXPECT_THAT(error, testing::HasSubstr("the filter 'no such words'"));
}

TEST_F(CaptureTest, WhatIsNoneIsRefused) {
  EXPECT_EQ(CaptureReader::open(place / "none", "", error), nullptr);
  EXPECT_THAT(error, testing::HasSubstr("No such file"));
  std::ofstream(place / "text") << "no capture at all, but long enough";
  EXPECT_EQ(CaptureReader::open(place / "text", "", error), nullptr);
  EXPECT_NE(error, "");
  EXPECT_EQ(CaptureWriter::open(place / "none" / "capture", error), nullptr);
  EXPECT_THAT(error, testing::HasSubstr("cannot be written"));
}

}  // namespace
}  // namespace skep::testbench
