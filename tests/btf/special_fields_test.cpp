// Where a value's special fields are found, and what spoils all of them.
#include "btf/special_fields.hpp"

#include <cerrno>

#include "btf/raw_btf.hpp"
#include "btf/text_btf.hpp"

namespace skep::btf {
namespace {

constexpr const char* lock = "struct bpf_spin_lock { unsigned int val; }";
constexpr const char* wq = "struct bpf_wq { unsigned long long __opaque[2]; }";
constexpr const char* timer = "struct bpf_timer { unsigned long long __opaque[2]; }";
constexpr std::uint32_t all = ~0U;

FoundFields find(const char* value, std::uint32_t mask = all) {
  const auto btf = test::btf_of({lock, wq, timer, "struct held { int a; struct bpf_wq w; }", value});
  const TypeId id = btf->find("value", Kind::struct_);
  return find_special_fields(btf, id, mask, btf->size_of(id).value_or(0), nullptr);
}

TEST(SpecialFields, AreFoundByTheNamesOfTheirTypes) {
  const auto found = find("struct value { struct bpf_spin_lock l; int a; struct bpf_wq w; struct bpf_timer t; }");
  ASSERT_TRUE(found.record);
  EXPECT_EQ(found.error, 0);
  EXPECT_EQ(found.record->spin_lock_offset, 0);
  EXPECT_EQ(found.record->wq_offset, 8);
  EXPECT_EQ(found.record->timer_offset, 24);
  EXPECT_EQ(found.record->res_spin_lock_offset, -1);
  ASSERT_EQ(found.record->fields.size(), 3U);
  EXPECT_TRUE(found.record->has(FieldKind::wq));
  EXPECT_FALSE(found.record->has(FieldKind::list_head));
}

TEST(SpecialFields, OnlyOfTheKindsThatAreAskedFor) {
  const auto found = find("struct value { struct bpf_spin_lock l; struct bpf_wq w; }", field_mask(FieldKind::wq));
  ASSERT_TRUE(found.record);
  EXPECT_EQ(found.record->fields.size(), 1U);
  EXPECT_EQ(found.record->mask, field_mask(FieldKind::wq));
}

TEST(SpecialFields, InNestedStructs) {
  const auto found = find("struct value { long before; struct held h; }");
  ASSERT_TRUE(found.record);
  EXPECT_EQ(found.record->wq_offset, 16);
}

TEST(SpecialFields, AValueThatBreaksARuleHasNone) {
  const std::pair<const char*, const char*> rows[] = {
      {"nothing special", "struct value { int a; long b; }"},
      {"two work items", "struct value { struct bpf_wq a; struct bpf_wq b; }"},
      {"an array of two", "struct value { struct bpf_wq a[2]; }"},
      {"two in an array of structs", "struct value { struct held h[2]; }"},
      {"two locks", "struct value { struct bpf_spin_lock a; struct bpf_spin_lock b; }"},
      {"only a pointer to one", "struct value { struct bpf_wq *w; }"},
      {"in a union", "struct value { union { struct bpf_wq w; long n; } u; }"},
  };
  for (const auto& [about, text] : rows) {
    SCOPED_TRACE(about);
    const auto found = find(text);
    EXPECT_EQ(found.error, 0);
    EXPECT_FALSE(found.record);
  }
}

TEST(SpecialFields, TheTypeMustBeTheKernels) {
  const auto btf = test::btf_of({"struct bpf_wq { int too_small; }", "struct value { struct bpf_wq w; }"});
  EXPECT_FALSE(find_special_fields(btf, btf->find("value", Kind::struct_), all, 4, nullptr).record);
}

TEST(SpecialFields, AreLookedUpByPlace) {
  const auto found = find("struct value { long before; struct bpf_wq w; }");
  ASSERT_TRUE(found.record);
  EXPECT_EQ(found.record->at(0), nullptr);
  ASSERT_NE(found.record->at(8), nullptr);
  EXPECT_EQ(found.record->at(12), nullptr);
  EXPECT_EQ(found.record->overlapping(0, 8), nullptr);
  EXPECT_NE(found.record->overlapping(0, 9), nullptr);
  EXPECT_NE(found.record->overlapping(23, 24), nullptr);
  EXPECT_EQ(found.record->overlapping(24, 32), nullptr);
}

// 1 int, 2 bpf_spin_lock, 3 bpf_list_head, 4 u64[2], 5 u64, 6 bpf_list_node, 7 u64[3], 8 node, 9 value, 10 the tag.
std::shared_ptr<const Btf> list_btf(const char* tag, bool with_lock = true) {
  using test::info;
  test::RawBtf raw;
  raw.integer();
  raw.words({raw.name("bpf_spin_lock"), info(4, 1), 4, raw.name("val"), 1, 0});
  raw.words({raw.name("bpf_list_head"), info(4, 1), 16, raw.name("__opaque"), 4, 0});
  raw.words({0, info(3), 0, 5, 1, 2});
  raw.words({raw.name("u64"), info(1), 8, 64});
  raw.words({raw.name("bpf_list_node"), info(4, 1), 24, raw.name("__opaque"), 7, 0});
  raw.words({0, info(3), 0, 5, 1, 3});
  raw.words({raw.name("node"), info(4, 2), 32, raw.name("n"), 5, 0, raw.name("link"), 6, 64});
  raw.words({raw.name("value"), info(4, 2), 24, raw.name("head"), 3, 0, raw.name("lock"), with_lock ? 2U : 1U, 128});
  if (tag != nullptr) raw.words({raw.name(tag), info(17), 9, 0});
  ParseError problem;
  auto btf = Btf::parse(raw.bytes(), nullptr, false, problem);
  EXPECT_TRUE(btf) << problem.message;
  return btf;
}

TEST(SpecialFields, AListKnowsWhatItHolds) {
  const auto btf = list_btf("contains:node:link");
  const auto found = find_special_fields(btf, 9, all, 24, nullptr);
  ASSERT_TRUE(found.record);
  const Field* head = found.record->at(0);
  ASSERT_NE(head, nullptr);
  EXPECT_EQ(head->kind, FieldKind::list_head);
  EXPECT_EQ(head->type, 8U);
  EXPECT_EQ(head->node_offset, 8U);
  ASSERT_TRUE(head->value_record);
  EXPECT_TRUE(head->value_record->has(FieldKind::list_node));
}

TEST(SpecialFields, AListThatDoesNotIsRefusedWhenTypesAreLoaded) {
  struct Row {
    const char* tag;
    bool with_lock;
    int error;
  };
  const Row rows[] = {
      {"contains:node:link", true, 0},        {nullptr, true, -EINVAL},
      {"contains:node", true, -EINVAL},       {"contains:nothing:link", true, -ENOENT},
      {"contains:node:other", true, -ENOENT}, {"contains:node:n", true, -EINVAL},  // is no node
      {"contains:node:link", false, -EINVAL},                                      // who guards it?
      {"contains:value:head", true, -EINVAL},
  };
  for (const Row& row : rows) {
    SCOPED_TRACE(row.tag == nullptr ? "no tag" : row.tag);
    EXPECT_EQ(find_object_records(list_btf(row.tag, row.with_lock), nullptr).error, row.error);
  }
}

TEST(SpecialFields, RecordsOfWhatProgramsAllocate) {
  const auto found = find_object_records(list_btf("contains:node:link"), nullptr);
  EXPECT_NE(found.find(8), nullptr);
  EXPECT_NE(found.find(9), nullptr);
  EXPECT_EQ(found.find(2), nullptr) << "a lock by itself is no object";
}

}  // namespace
}  // namespace skep::btf
