// Fields of kernel objects by their names.
#include "calls/impl/kernel_fields.hpp"

#include <gtest/gtest.h>

#include "btf/raw_btf.hpp"

namespace skep::calls::impl {
namespace {

TEST(KernelFields, AreFoundThroughStructsAndUnnamedOnes) {
  using btf::test::info;
  btf::test::RawBtf raw;
  raw.integer();                                                                             // 1
  raw.words({raw.name("inner"), info(4, 2), 8, raw.name("a"), 1, 0, raw.name("b"), 1, 32});  // 2
  raw.words({0, info(4, 2), 8, raw.name("x"), 1, 0, raw.name("y"), 1, 32});                  // 3
  raw.words({0, info(2), 5});                                                                // 4: a pointer to it
  raw.words({raw.name("outer"),
             info(4, 6, true),
             40,
             raw.name("first"),
             1,
             0,
             raw.name("in"),
             2,
             64,
             0,
             3,
             128,
             raw.name("low"),
             1,
             3U << 24 | 192,
             raw.name("high"),
             1,
             5U << 24 | 195,
             raw.name("up"),
             4,
             256});
  btf::ParseError problem;
  const auto types = btf::Btf::parse(raw.bytes(), nullptr, false, problem);
  ASSERT_TRUE(types) << problem.message;
  const auto offset = [&](std::initializer_list<std::string_view> names) {
    const auto place = find_field(types.get(), "outer", names);
    return place ? static_cast<int>(place->offset) : -1;
  };
  EXPECT_EQ(offset({"first"}), 0);
  EXPECT_EQ(offset({"in", "b"}), 12);
  EXPECT_EQ(offset({"y"}), 20);
  EXPECT_EQ(offset({"up"}), 32);
  EXPECT_EQ(offset({"up", "first"}), -1) << "behind a pointer is another object";
  EXPECT_EQ(offset({"nothing"}), -1);
  EXPECT_FALSE(find_field(types.get(), "nothing", {"first"}));
  EXPECT_FALSE(find_field(nullptr, "outer", {"first"}));
  const auto bits = find_field(types.get(), "outer", {"high"});
  ASSERT_TRUE(bits);
  EXPECT_EQ(bits->offset, 24U);
  EXPECT_EQ(bits->size, 1U);
  EXPECT_EQ(bits->shift, 3U);
  EXPECT_EQ(bits->bits, 5U);
}

}  // namespace
}  // namespace skep::calls::impl
