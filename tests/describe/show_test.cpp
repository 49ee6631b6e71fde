// Values as JSON, and back: what is shown can be laid out again.
#include "describe/show.hpp"

#include <gtest/gtest.h>

#include <cstring>
#include <vector>

#include "btf/text_btf.hpp"

namespace skep::describe {
namespace {

struct Inner {
  std::int16_t low;
  std::uint16_t high;
};
struct Entry {
  std::uint64_t count;
  std::int32_t number;
  char name[8];
  Inner inner;
  std::uint8_t raw[3];
  std::uint8_t last;
  void* to;
};

class Shown : public testing::Test {
 protected:
  std::string show_entry(const Entry& entry) const {
    return show(types.get(), type, {reinterpret_cast<const std::uint8_t*>(&entry), sizeof entry});
  }
  bool lay_entry(const char* text, Entry& entry) {
    const auto value = parse(text, error);
    return value && lay(types.get(), type, *value, {reinterpret_cast<std::uint8_t*>(&entry), sizeof entry}, error);
  }
  std::shared_ptr<const btf::Btf> types = btf::test::btf_of(
      {"struct inner { short low; unsigned short high; }",
       "struct entry { unsigned long long count; int number; char name[8]; struct inner inner; unsigned char raw[3]; "
       "unsigned char last; void *to; }"});
  btf::TypeId type = types->find("entry", btf::Kind::struct_);
  std::string error;
};

TEST_F(Shown, FieldsByTheirNames) {
  Entry entry{7, -2, "eth0", {-1, 65535}, {1, 2, 3}, 4, nullptr};
  EXPECT_EQ(
      show_entry(entry),
      R"({"count": 7, "number": -2, "name": "eth0", "inner": {"low": -1, "high": 65535}, "raw": [1, 2, 3], "last": 4, "to": 0})");
}

TEST_F(Shown, CharactersThatAreNoTextAreNumbers) {
  Entry entry{};
  std::memcpy(entry.name, "a\0b\0\0\0\0", 8);
  EXPECT_NE(show_entry(entry).find(R"("name": [97, 0, 98, 0, 0, 0, 0, 0])"), std::string::npos) << show_entry(entry);
  std::memset(entry.name, 'x', 8);  // without an end
  EXPECT_NE(show_entry(entry).find("[120, 120"), std::string::npos);
}

TEST_F(Shown, WhatIsShownIsLaidOutAgain) {
  const Entry entry{1ULL << 63, INT32_MIN, "x\"y\\z", {3, 4}, {255, 0, 1}, 9, nullptr};
  Entry again{};
  ASSERT_TRUE(lay_entry(show_entry(entry).c_str(), again)) << error;
  EXPECT_EQ(show_entry(again), show_entry(entry));
  EXPECT_EQ(again.count, entry.count);
  EXPECT_STREQ(again.name, entry.name);
}

TEST_F(Shown, WhatIsNotDescribedStays) {
  Entry entry{5, 6, "old", {1, 2}, {}, 0, nullptr};
  ASSERT_TRUE(lay_entry(R"({"number": 8, "inner": {"high": 9}})", entry)) << error;
  EXPECT_EQ(entry.count, 5U);
  EXPECT_EQ(entry.number, 8);
  EXPECT_EQ(entry.inner.low, 1);
  EXPECT_EQ(entry.inner.high, 9);
  EXPECT_STREQ(entry.name, "old");
}

TEST_F(Shown, WhatIsWrongIsSaid) {
  Entry entry{};
  EXPECT_FALSE(lay_entry(R"({"inner": {"middle": 1}})", entry));
  EXPECT_NE(error.find("inner has no field middle"), std::string::npos) << error;
  EXPECT_FALSE(lay_entry(R"({"last": 256})", entry));
  EXPECT_NE(error.find("does not fit into 8 bits"), std::string::npos) << error;
  EXPECT_FALSE(lay_entry(R"({"to": "a text that would be nowhere"})", entry));
  EXPECT_NE(error.find("a number is wanted"), std::string::npos) << error;
}

TEST(ShownBytes, WithoutATypeTheyAreAList) {
  const std::vector<std::uint8_t> bytes = {0x0a, 0, 0xff};
  EXPECT_EQ(show(nullptr, 0, bytes), R"(["0x0a", "0x00", "0xff"])");
  std::string error;
  for (const char* text : {R"(["0x0a", "0x00", "0xff"])", R"("0a00ff")", "[10, 0, 255]", "16711690"}) {
    std::vector<std::uint8_t> again(3);
    ASSERT_TRUE(lay(nullptr, 0, *parse(text, error), again, error)) << text << error;
    EXPECT_EQ(again, bytes) << text;
  }
  std::vector<std::uint8_t> two(2);
  EXPECT_FALSE(lay(nullptr, 0, *parse("65536", error), two, error));
  EXPECT_FALSE(lay(nullptr, 0, *parse("[1]", error), two, error));
  EXPECT_FALSE(lay(nullptr, 0, *parse(R"("0x1")", error), two, error));
}

}  // namespace
}  // namespace skep::describe
