// Programs that were compiled already.
#include "engine/llvm/object_cache.hpp"

#include <gtest/gtest.h>

#include "engine/llvm/compiled.hpp"
#include "maps/map_types.hpp"
#include "support/run.hpp"

namespace skep {
namespace {

using engine::native::Jit;
using engine::native::ObjectCache;

std::string some(char what, std::size_t size) {
  return std::string(size, what);
}

TEST(ObjectCaches, KeepWhatWasAskedForLast) {
  ObjectCache cache(100);
  cache.add("a", std::make_shared<const std::string>(some('a', 40)));
  cache.add("b", std::make_shared<const std::string>(some('b', 40)));
  EXPECT_EQ(cache.bytes(), 82U);
  ASSERT_NE(cache.find("a"), nullptr);
  EXPECT_EQ(*cache.find("a"), some('a', 40));
  cache.add("c", std::make_shared<const std::string>(some('c', 40)));
  EXPECT_EQ(cache.find("b"), nullptr);
  EXPECT_NE(cache.find("a"), nullptr);
  EXPECT_NE(cache.find("c"), nullptr);
  EXPECT_EQ(cache.bytes(), 82U);
}

TEST(ObjectCaches, TakeNothingThatIsTooLargeOrThereAlready) {
  ObjectCache cache(100);
  cache.add("a", std::make_shared<const std::string>(some('a', 100)));
  EXPECT_EQ(cache.find("a"), nullptr);
  cache.add("a", std::make_shared<const std::string>(some('b', 50)));
  cache.add("a", std::make_shared<const std::string>(some('c', 50)));
  EXPECT_EQ(*cache.find("a"), some('b', 50));
  EXPECT_EQ(cache.bytes(), 51U);
}

class Cached : public testing::Test {
 protected:
  void SetUp() override {
    if (!test::has_compiler()) GTEST_SKIP() << "built without LLVM";
  }
  // Of a program that writes r1 into a map of its own, through a function and by the map's address, and reads it back.
  // `number`: so that it is no other test's.
  static runtime::Code writes_to(const std::shared_ptr<maps::Map>& map, int number) {
    runtime::Code code =
        test::make_program("r6 = r1; r2 = 0 ll; *(u64 *)(r2 +0) = r1; call f; r3 = 0 ll; r0 = *(u64 *)(r3 +0); r0 += " +
                           std::to_string(number) + "; exit\nf: r0 = r1; if r1 == 77 goto f; exit")
            ->code();
    const auto address = reinterpret_cast<std::uint64_t>(map->value_area());
    for (std::size_t i = 0; i < code.insns.size(); ++i) {
      if (!code.insns[i].is_wide_load()) continue;
      code.insns[i].src = pseudo::map_value;
      code.insns[i].imm = static_cast<std::int32_t>(address);
      code.insns[i + 1].imm = static_cast<std::int32_t>(address >> 32);
      code.facts[i].map = map.get();
    }
    code.maps = {map};
    return code;
  }
  static std::shared_ptr<maps::Map> make_map() {
    maps::MapAttributes attributes;
    attributes.info.type = MapType::array;
    attributes.info.key_size = 4;
    attributes.info.value_size = 16;
    attributes.info.max_entries = 1;
    return maps::create(attributes).map;
  }
  static std::uint64_t value_of(const maps::Map& map) {
    return *static_cast<const std::uint64_t*>(const_cast<maps::Map&>(map).value_area());
  }
  std::uint64_t run(const runtime::Program& program, std::uint64_t r1) {
    return test::run_of(program, {program.entry(), {r1}, nullptr, services_}, test::native);
  }
  test::FixedServices services_;
};

// Each with maps of its own, and in an engine of its own (as another Kernel has): the code is one, what it works on is
// not. What it was first made for may be gone.
TEST_F(Cached, ProgramsAreCompiledOnce) {
  std::string why;
  auto engine = engine::make_compiler(2, {}, why);
  auto maps = std::array{make_map(), make_map(), make_map()};
  const std::uint64_t before = Jit::compilations();
  auto first = engine::load(*engine, writes_to(maps[0], 1));
  EXPECT_EQ(Jit::compilations(), before + 1);
  const auto second = engine::load(*engine, writes_to(maps[1], 1));
  EXPECT_EQ(run(*first, 5), 6U);
  EXPECT_EQ(run(*second, 7), 8U);
  first.reset();
  engine = engine::make_compiler(2, {}, why);
  const auto third = engine::load(*engine, writes_to(maps[2], 1));
  EXPECT_EQ(run(*third, 9), 10U);
  EXPECT_EQ(run(*second, 11), 12U);
  EXPECT_EQ(Jit::compilations(), before + 1);
  EXPECT_EQ(value_of(*maps[0]), 5U);
  EXPECT_EQ(value_of(*maps[1]), 11U);
  EXPECT_EQ(value_of(*maps[2]), 9U);
}

TEST_F(Cached, WhatDiffersIsNotTheSame) {
  std::string why;
  const auto engine = engine::make_compiler(2, {}, why);
  const auto map = make_map();
  const std::uint64_t before = Jit::compilations();
  const auto one = engine::load(*engine, writes_to(map, 2)), other = engine::load(*engine, writes_to(map, 3));
  EXPECT_EQ(Jit::compilations(), before + 2) << "by a constant";
  EXPECT_EQ(run(*one, 5), 7U);
  EXPECT_EQ(run(*other, 5), 8U);
  const auto lightly = engine::make_compiler(2, {.optimize = false}, why);
  const auto counting = engine::make_compiler(2, {.count_instructions = true}, why);
  const auto light = engine::load(*lightly, writes_to(map, 2)), counted = engine::load(*counting, writes_to(map, 2));
  EXPECT_EQ(Jit::compilations(), before + 4) << "by how it is to be compiled";
  EXPECT_EQ(run(*light, 5), 7U);
  EXPECT_EQ(run(*counted, 5), 7U);
}

}  // namespace
}  // namespace skep
