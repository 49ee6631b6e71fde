// Keys and values as JSON by the object's types, and globals that are set before loading.
#include <array>
#include <cstring>

#include "api/support.hpp"

namespace skep::test {
namespace {

TEST(TypedValues, NumbersBothWays) {
  Loaded loaded;
  const Map counts = *loaded.object.map("counts");
  const auto key = counts.lay(MapPart::key, "60");
  const auto value = counts.lay(MapPart::value, "7");
  ASSERT_TRUE(key && value);
  EXPECT_EQ(*key, (std::vector<std::uint8_t>{60, 0, 0, 0}));
  ASSERT_TRUE(counts.write(key->data(), key->size(), value->data(), value->size(), Update::any));
  EXPECT_EQ(*counts.lookup<std::uint64_t>(std::uint32_t{60}), 7U);
  EXPECT_EQ(counts.show(MapPart::key, *key), "60");
  EXPECT_EQ(counts.show(MapPart::value, *value), "7");
}

TEST(TypedValues, WhatIsWrongIsSaid) {
  Loaded loaded;
  const Map counts = *loaded.object.map("counts");
  const auto key = counts.lay(MapPart::key, "4294967296");
  ASSERT_FALSE(key);
  EXPECT_EQ(key.error(), EINVAL);
  EXPECT_NE(key.message().find("does not fit into 32 bits"), std::string::npos) << key.message();
  EXPECT_FALSE(counts.lay(MapPart::value, "{"));
  EXPECT_FALSE(counts.lay(MapPart::value, "[1]"));
  EXPECT_EQ(Map().lay(MapPart::key, "1").error(), EBADF);
  EXPECT_EQ(Map().show(MapPart::key, std::array<std::uint8_t, 2>{1, 2}), R"(["0x01", "0x02"])");
}

TEST(TypedValues, RecordsWithoutATypeAreBytes) {
  Loaded loaded;
  const std::array<std::uint8_t, 4> record = {1, 2, 3, 4};
  EXPECT_EQ(loaded.object.map("records")->show(MapPart::record, record), R"(["0x01", "0x02", "0x03", "0x04"])");
}

TEST(TypedValues, SectionsAreTheirVariables) {
  Loaded loaded;
  const Map bss = *loaded.object.map(".bss");
  std::vector<std::uint8_t> bytes(bss.value_size());
  const std::uint32_t zero = 0;
  ASSERT_TRUE(*bss.read(&zero, sizeof zero, bytes.data(), bytes.size()));
  const auto changed = bss.lay(MapPart::value, R"({"seen_length": 9})", bytes);
  ASSERT_TRUE(changed) << changed.message();
  EXPECT_NE(bss.show(MapPart::value, *changed).find(R"("seen_length": 9)"), std::string::npos);
  EXPECT_FALSE(bss.lay(MapPart::value, R"({"none": 9})", bytes));
}

TEST(TypedValues, GlobalsBeginAsTheLoaderIsTold) {
  Loaded loaded;
  const auto with = [&](std::vector<std::pair<std::string, std::string>> globals) {
    return Object::load(loaded.kernel, api_object, {.programs = {"count"}, .globals = std::move(globals)});
  };
  const auto object = with({{"hook_calls", "5"}});
  ASSERT_TRUE(object) << object.message();
  const Map bss = *object->map(".bss");
  std::vector<std::uint8_t> bytes(bss.value_size());
  const std::uint32_t zero = 0;
  ASSERT_TRUE(*bss.read(&zero, sizeof zero, bytes.data(), bytes.size()));
  EXPECT_NE(bss.show(MapPart::value, bytes).find(R"("hook_calls": 5)"), std::string::npos)
      << bss.show(MapPart::value, bytes);
  const auto none = with({{"hook_call", "5"}});
  ASSERT_FALSE(none);
  EXPECT_NE(none.message().find("there is no variable hook_call"), std::string::npos) << none.message();
  EXPECT_FALSE(with({{"hook_calls", "five"}}));
}

}  // namespace
}  // namespace skep::test
