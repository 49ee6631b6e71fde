// Objects of C types from descriptions: where each field goes, and what is refused.
#include "describe/objects.hpp"

#include <arpa/inet.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstring>

#include "btf/text_btf.hpp"
#include "describe/numbers.hpp"

namespace skep::describe {
namespace {

struct Inner {
  std::uint8_t small;
  std::int16_t number;
};
struct Node {
  std::uint32_t id;
  std::uint32_t user_port;
  std::uint32_t ip;
  std::uint32_t ip6[4];
  char name[8];
  const char* text;
  Node* next;
  Inner inner;
  std::uint64_t raw;
};

class Laid : public testing::Test {
 protected:
  Node* lay(const char* text) {
    std::string why;
    const auto value = parse(text, why);
    EXPECT_TRUE(value) << why;
    auto* const node = static_cast<Node*>(objects.make(type, "node"));
    return objects.put(*value, type, node, "node") && objects.connect() ? node : nullptr;
  }
  std::shared_ptr<const btf::Btf> types = btf::test::btf_of(
      {"struct inner { unsigned char small; short number; }",
       "struct node { unsigned int id; unsigned int user_port; unsigned int ip; unsigned int ip6[4]; char name[8]; "
       "const char *text; struct node *next; struct inner inner; unsigned long long raw; }"});
  btf::TypeId type = types->find("node", btf::Kind::struct_);
  Objects objects{*types};
};

TEST_F(Laid, FieldsGoWhereTheyBelong) {
  const Node* const node = lay(R"({"id": 7, "user_port": 80, "ip": "10.0.0.1", "ip6": "::1", "name": "abc",
                                   "text": "hello", "inner": {"small": 255, "number": -2}, "raw": "0x10"})");
  ASSERT_NE(node, nullptr) << objects.error();
  EXPECT_EQ(node->id, 7U);
  EXPECT_EQ(node->user_port, htons(80));
  EXPECT_EQ(node->ip, htonl(0x0a000001));
  EXPECT_EQ(node->ip6[3], htonl(1));
  EXPECT_STREQ(node->name, "abc");
  EXPECT_STREQ(node->text, "hello");
  EXPECT_EQ(node->inner.small, 255);
  EXPECT_EQ(node->inner.number, -2);
  EXPECT_EQ(node->raw, 16U);
  EXPECT_EQ(node->next, nullptr);
}

TEST_F(Laid, PointersLeadToObjectsOfTheirOwn) {
  const Node* const node = lay(R"({"$name": "first", "next": {"id": 2, "next": {"$ref": "first"}},
                                   "raw": {"$type": "inner", "small": 9}})");
  ASSERT_NE(node, nullptr) << objects.error();
  ASSERT_NE(node->next, nullptr);
  EXPECT_EQ(node->next->id, 2U);
  EXPECT_EQ(node->next->next, node);
  EXPECT_EQ(reinterpret_cast<const Inner*>(node->raw)->small, 9);
}

TEST_F(Laid, ANumberMayBeTheAddressOfAText) {
  const Node* const node = lay(R"({"raw": {"$text": "/etc/passwd"}})");
  ASSERT_NE(node, nullptr) << objects.error();
  EXPECT_STREQ(reinterpret_cast<const char*>(node->raw), "/etc/passwd");
}

TEST_F(Laid, AListFillsWhatAPointerLeadsTo) {
  const Node* const node = lay(R"({"next": [{"id": 1}, {"id": 2}]})");
  ASSERT_NE(node, nullptr) << objects.error();
  EXPECT_EQ(node->next[0].id + node->next[1].id, 3U);
}

TEST_F(Laid, MistakesAreRefused) {
  const std::pair<const char*, const char*> mistakes[] = {
      {R"({"idd": 1})", "no field idd"},
      {R"({"id": 4294967296})", "does not fit"},
      {R"({"inner": {"small": 256}})", "does not fit"},
      {R"({"inner": {"small": -129}})", "does not fit"},
      {R"({"id": "seven"})", "no number"},
      {R"({"name": "12345678"})", "room for 7"},
      {R"({"ip6": [1, 2, 3, 4, 5]})", "room for 4"},
      {R"({"inner": 1})", "fields of"},
      {R"({"raw": {"$type": "nothing"}})", "no struct nothing"},
      {R"({"raw": {"x": 1}})", "what is it"},
      {R"({"raw": {"$text": 1}})", "what is it"},
      {R"({"next": {"$ref": "nobody"}})", "no object is named"},
      {R"({"next": "text"})", "is no"},
  };
  for (const auto& [text, said] : mistakes) {
    EXPECT_EQ(lay(text), nullptr) << text;
    EXPECT_THAT(objects.error(), testing::HasSubstr(said)) << text;
  }
}

TEST_F(Laid, WhatIsReadAndNotGivenIsNamed) {
  const Node* const node = lay(R"({"id": 7, "next": {"id": 8}})");
  ASSERT_NE(node, nullptr);
  const auto at = [](const void* p) { return reinterpret_cast<std::uint64_t>(p); };
  objects.read(at(&node->id), 4);
  objects.read(at(&node->next), 8);
  EXPECT_THAT(objects.read_without_being_given(), testing::IsEmpty());
  objects.read(at(&node->inner.number), 2);
  objects.read(at(&node->next->name[2]), 1);
  objects.written(at(&node->ip), 4);
  objects.read(at(&node->ip), 4);
  objects.read(4096, 8);  // none of ours
  EXPECT_THAT(objects.read_without_being_given(), testing::ElementsAre("node.inner.number", "node.next.name[2]"));
}

TEST(SafePointers, LeadToEmptyObjects) {
  const auto types = btf::test::btf_of({"struct inode { unsigned long long number; }",
                                        "struct file { int flags; struct inode *f_inode; struct file *self; }",
                                        "struct file__safe_trusted { struct inode *f_inode; struct file *self; }",
                                        "struct holder { struct file file; }"});
  Objects objects(*types);
  struct File {
    int flags;
    std::uint64_t* inode;
    File* self;
  };
  const auto* const file = static_cast<File*>(objects.make(types->find("file", btf::Kind::struct_), "file"));
  ASSERT_NE(file->inode, nullptr);
  EXPECT_EQ(*file->inode, 0U);
  EXPECT_EQ(file->self, file);
  const auto* const holder = static_cast<File*>(objects.make(types->find("holder", btf::Kind::struct_), "holder"));
  EXPECT_EQ(holder->inode, file->inode) << "within another struct, and one empty object for all";
}

TEST(Numbers, AsPeopleWriteThem) {
  EXPECT_EQ(number_in("17"), 17U);
  EXPECT_EQ(number_in("-1"), ~std::uint64_t{0});
  EXPECT_EQ(number_in("0xff"), 255U);
  for (const char* wrong : {"", "0x", "x", "1x", "18446744073709551616"}) EXPECT_FALSE(number_in(wrong)) << wrong;
  EXPECT_FALSE(ipv4_in("10.0.0"));
  EXPECT_FALSE(ipv6_in("10.0.0.1"));
}

}  // namespace
}  // namespace skep::describe
