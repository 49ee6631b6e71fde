// What is taken as the bytes of a packet, and what is not.
#include "cli/input.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <cstdlib>
#include <fstream>

namespace skep::cli {
namespace {

std::string refusal_of(const std::string& content) {
  char path[] = "/tmp/skep-input-XXXXXX";
  close(mkstemp(path));
  std::ofstream(path, std::ios::binary) << content;
  std::string error;
  const auto bytes = read_input(path, error);
  unlink(path);
  if (bytes) return std::string(bytes->begin(), bytes->end()) == content ? "taken" : "changed";
  EXPECT_TRUE(error.starts_with(path)) << error;
  return error.substr(sizeof path - 1);
}

TEST(Input, BytesAreTakenAsTheyAre) {
  EXPECT_EQ(refusal_of("x"), "taken");
  EXPECT_EQ(refusal_of(std::string("\0\1\2\3\xff", 5)), "taken");
  EXPECT_EQ(refusal_of(std::string(1 << 20, 'x')), "taken");
}

TEST(Input, OthersAreNamed) {
  EXPECT_EQ(refusal_of(""), ": is empty");
  for (const char* begin : {"\xd4\xc3\xb2\xa1", "\xa1\xb2\xc3\xd4", "\x4d\x3c\xb2\xa1", "\x0a\x0d\x0d\x0a"})
    EXPECT_THAT(refusal_of(std::string(begin) + "rest"), testing::HasSubstr("is a capture (pcap)"));
  EXPECT_THAT(refusal_of(std::string((1 << 20) + 1, 'x')), testing::HasSubstr("may have 1048576"));
}

}  // namespace
}  // namespace skep::cli
