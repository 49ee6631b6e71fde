// Objects as text. What Linux 7.3 prints is compared in tests/loader/call_oracle_test.cpp.
#include "calls/impl/btf_text.hpp"

#include <gtest/gtest.h>

#include <cstring>

#include "btf/text_btf.hpp"

namespace skep::calls::impl {
namespace {

struct Inner {
  int counter;
};
struct Outer {
  char name[8];
  int numbers[4];
  Inner* next;
  Inner inner;
};

class Text : public testing::Test {
 protected:
  std::string of(const Outer& object, std::uint64_t flags) const {
    return btf_text(*types_, types_->find("outer", btf::Kind::struct_), reinterpret_cast<const std::uint8_t*>(&object),
                    flags);
  }
  const std::shared_ptr<const btf::Btf> types_ =
      btf::test::btf_of({"struct inner { int counter; }",
                         "struct outer { char name[8]; int numbers[4]; struct inner *next; struct inner inner; }"});
};

TEST_F(Text, ShowsWhatIsNotZero) {
  Outer object = {};
  EXPECT_EQ(of(object, 0), "(struct outer){\n}\n");
  EXPECT_EQ(of(object, print_flag::compact | print_flag::no_names), "{}");
  std::strcpy(object.name, "a\x01");
  object.numbers[2] = -3;
  object.inner.counter = 1;
  EXPECT_EQ(of(object, 0),
            "(struct outer){\n .name = (char[])[\n  'a',\n  1,\n ],\n .numbers = (int[])[\n  -3,\n ],\n"
            " .inner = (struct inner){\n  .counter = (int)1,\n },\n}\n");
  EXPECT_EQ(
      of(object, print_flag::compact),
      "(struct outer){.name = (char[])['a',1,],.numbers = (int[])[-3,],.inner = (struct inner){.counter = (int)1,},}");
  EXPECT_EQ(of(object, print_flag::compact | print_flag::no_names), "{['a',1,],[-3,],{1,},}");
}

TEST_F(Text, ShowsZerosWhereTheyAreAskedFor) {
  Outer object = {};
  object.next = reinterpret_cast<Inner*>(0x12);  // NOLINT(performance-no-int-to-ptr)
  EXPECT_EQ(of(object, print_flag::compact | print_flag::zeros),
            "(struct outer){.name = (char[])[],.numbers = (int[])[0,0,0,0,],"
            ".next = (struct inner *)0x0000000000000012,.inner = (struct inner){.counter = (int)0,},}");
}

}  // namespace
}  // namespace skep::calls::impl
