// Types of a kernel that are read when they are looked at: the same as read at once, and never where reading at once
// refuses. Bytes are changed one after the other, and the two ways of reading compared.
#include "btf/kernel_index.hpp"

#include <gtest/gtest.h>

#include <atomic>
#include <random>
#include <thread>

#include "btf/btf.hpp"
#include "raw_btf.hpp"

namespace skep::btf {
namespace {

std::string text_of(const Btf& btf, TypeId id) {
  const Type& t = btf.type(id);
  std::string text = std::to_string(static_cast<int>(t.kind)) + ' ' + std::string(t.name) + ' ' +
                     std::to_string(t.size) + ' ' + std::to_string(t.type) + ' ' + std::to_string(t.count) + ' ' +
                     std::to_string(t.index_type) + ' ' + std::to_string(t.int_encoding) + ' ' +
                     std::to_string(t.int_bits) + ' ' + std::to_string(t.component) + ' ' +
                     std::to_string(static_cast<int>(t.linkage)) + (t.kind_flag ? " flag" : "");
  for (const Member& m : btf.members(t))
    text += ' ' + std::string(m.name) + ':' + std::to_string(m.type) + '@' + std::to_string(m.bit_offset) + '/' +
            std::to_string(m.bit_size);
  for (const Param& p : btf.params(t)) text += ' ' + std::string(p.name) + ':' + std::to_string(p.type);
  for (const Enumerator& e : btf.enumerators(t)) text += ' ' + std::string(e.name) + '=' + std::to_string(e.value);
  for (const SectionVar& v : btf.section_vars(t)) text += ' ' + std::to_string(v.type) + '@' + std::to_string(v.offset);
  return text;
}

// Every kind, in a small set.
std::vector<std::uint8_t> every_kind() {
  test::RawBtf raw;
  raw.integer();                                                                                 // 1
  raw.words({0, test::info(2), 1});                                                              // 2 int *
  raw.words({0, test::info(3), 0, 1, 1, 4});                                                     // 3 int[4]
  raw.words({raw.name("s"), test::info(4, 2), 24, raw.name("a"), 3, 0, raw.name("b"), 2, 128});  // 4
  raw.words({raw.name("u"), test::info(5, 2), 24, raw.name("x"), 4, 0, raw.name("y"), 1, 0});    // 5
  raw.words({raw.name("e"), test::info(6, 1, true), 4, raw.name("ONE"), 0xffffffff});            // 6
  raw.words({raw.name("later"), test::info(7), 0});                                              // 7
  raw.words({raw.name("name"), test::info(8), 4});                                               // 8
  raw.words({0, test::info(9), 8});                                                              // 9 volatile
  raw.words({0, test::info(10), 9});                                                             // 10 const
  raw.words({0, test::info(11), 2});                                                             // 11 restrict
  raw.words({0, test::info(13, 2), 1, raw.name("p"), 2, 0, 0});                                  // 12 (int *p, ...)
  raw.words({raw.name("f"), test::info(12, 1), 12});                                             // 13
  raw.words({raw.name("v"), test::info(14), 5, 1});                                              // 14
  raw.words({raw.name(".data..percpu"), test::info(15, 1), 32, 14, 0, 24});                      // 15
  raw.words({raw.name("double"), test::info(16), 8});                                            // 16
  raw.words({raw.name("tag(1)"), test::info(17), 13, 0});                                        // 17, of p
  raw.words({raw.name("rcu"), test::info(18), 4});                                               // 18
  raw.words({raw.name("e64"), test::info(19, 1), 8, raw.name("BIG"), 1, 2});                     // 19
  raw.words({raw.name("bits"), test::info(4, 1, true), 4, raw.name("c"), 1, 3u << 24 | 5});      // 20
  return raw.bytes();
}

std::shared_ptr<const Btf> at_once(std::span<const std::uint8_t> raw) {
  ParseError error;
  return parse_at_once(raw, error);
}

TEST(KernelIndex, ReadsEveryKindAsAtOnce) {
  const auto raw = every_kind();
  ASSERT_TRUE(KernelIndex::make(section_of_types(raw), section_of_strings(raw)).has_value());
  ParseError error;
  const auto later = Btf::parse(raw, nullptr, true, error);
  const auto read = at_once(raw);
  ASSERT_TRUE(later != nullptr && read != nullptr);
  ASSERT_EQ(later->type_count(), read->type_count());
  for (TypeId id = 0; id < later->type_count(); ++id) {
    EXPECT_EQ(later->kind_of(id), read->kind_of(id)) << id;
    EXPECT_EQ(later->name_of(id), read->name_of(id)) << id;
    EXPECT_EQ(text_of(*later, id), text_of(*read, id)) << id;
  }
  EXPECT_EQ(later->find("name", Kind::typedef_), 8U);
  EXPECT_EQ(later->decl_tags(13, 0), std::vector<std::string_view>{"tag(1)"});
}

TEST(KernelIndex, LetsNothingPassThatIsRefusedAtOnce) {
  const auto good = every_kind();
  std::mt19937 random(7);
  unsigned passed = 0;
  for (unsigned round = 0; round < 40'000; ++round) {
    auto raw = good;
    const unsigned changes = 1 + random() % 3;
    for (unsigned i = 0; i < changes; ++i) {
      const std::size_t at = 24 + random() % (raw.size() - 24);
      raw[at] = random() % 2 == 0 ? static_cast<std::uint8_t>(random() % 24) : static_cast<std::uint8_t>(random());
    }
    const std::string_view strings = section_of_strings(raw);
    if (strings.back() != 0 || strings.front() != 0) continue;
    if (!KernelIndex::make(section_of_types(raw), strings)) continue;
    ++passed;
    ASSERT_NE(at_once(raw), nullptr) << "round " << round;
  }
  EXPECT_GT(passed, 1000U);
}

TEST(KernelIndex, ThreadsReadTypesTogether) {
  ParseError error;
  const auto kernel = Btf::parse(every_kind(), nullptr, true, error);
  std::vector<std::thread> threads;
  std::atomic<unsigned> members{0};
  for (unsigned i = 0; i < 4; ++i)
    threads.emplace_back([&] {
      for (TypeId id = kernel->type_count() - 1; id > 0; --id)
        members += static_cast<unsigned>(kernel->members(kernel->type(id)).size());
    });
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(members, 4U * 5U);
}

}  // namespace
}  // namespace skep::btf
