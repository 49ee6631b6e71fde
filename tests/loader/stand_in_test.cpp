// Jump tables and per-CPU globals, which libbpf loads as something else; and files that are not sound.
#include "loader/stand_in.hpp"

#include <fstream>
#include <iterator>

#include "loader/elf_image.hpp"
#include "loader/newer.hpp"
#include "skep/abi.hpp"

namespace skep::test {
namespace {

using loader::dress;
using loader::Dressing;
using loader::ElfImage;
using loader::JumpTable;

constexpr Dressing everything{true, true};

std::vector<std::uint8_t> object_file() {
  std::ifstream file(NEWER_OBJECT, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
}

std::size_t section_named(const ElfImage& image, std::string_view name) {
  for (std::size_t i = 0; i < image.section_count(); ++i)
    if (image.name(i) == name) return i;
  return 0;
}

// The elements of the one insn_array among the program's maps.
std::vector<std::uint32_t> jump_table(const Newer& newer) {
  std::vector<std::uint32_t> targets;
  for (const auto& [id, map] : newer.maps()) {
    EXPECT_STRNE(map.name, JumpTable::section) << "the stand-in is not the program's";
    if (map.type != static_cast<std::uint32_t>(MapType::insn_array)) continue;
    EXPECT_TRUE(targets.empty());
    EXPECT_STREQ(map.name, ".jumptables");
    EXPECT_EQ(map.value_size, 16U);
    const int fd = bpf_map_get_fd_by_id(id);
    for (std::uint32_t i = 0; i < map.max_entries; ++i) {
      std::uint32_t value[4];
      EXPECT_EQ(bpf_map_lookup_elem(fd, &i, value), 0);
      targets.push_back(value[0]);
      EXPECT_EQ(bpf_map_update_elem(fd, &i, value, 0), -EPERM) << "frozen";
    }
    close(fd);
  }
  return targets;
}

// What the program returns of a packet of so many bytes behind the link-layer header.
std::uint32_t run_on(const Newer& newer, unsigned size) {
  char data[64] = {};
  LIBBPF_OPTS(bpf_test_run_opts, options, .data_in = data, .data_size_in = size + 14);
  EXPECT_EQ(bpf_prog_test_run_opts(bpf_program__fd(newer.program), &options), 0);
  return options.retval;
}

// `pick` is the second program of its section: its table counts from the program's beginning.
TEST(StandIn, jump_table_counts_from_the_program) {
  Newer newer;
  ASSERT_EQ(newer.load("pick"), 0) << newer.kernel->last_load().message;
  EXPECT_THAT(jump_table(newer), testing::ElementsAre(8, 10));
  EXPECT_EQ(run_on(newer, 14), 1U);
  EXPECT_EQ(run_on(newer, 15), 2U);
}

// A subprogram of `.text` comes after the main program, eight instructions long, and the subprogram called before it.
TEST(StandIn, jump_table_of_a_subprogram) {
  Newer newer;
  ASSERT_EQ(newer.load("pick_in_subprogram"), 0) << newer.kernel->last_load().message;
  EXPECT_THAT(jump_table(newer), testing::ElementsAre(8 + 3 + 7, 8 + 3 + 9));
  EXPECT_EQ(run_on(newer, 14), 1 + 10U);
  EXPECT_EQ(run_on(newer, 15), 1 + 20U);
}

TEST(StandIn, a_program_without_tables_has_none) {
  Newer newer;
  ASSERT_EQ(newer.load("before"), 0) << newer.kernel->last_load().message;
  EXPECT_THAT(jump_table(newer), testing::IsEmpty());
}

// Each load makes maps of its own, and lets go of them with the program.
TEST(StandIn, maps_live_as_long_as_the_program) {
  Newer newer;
  ASSERT_EQ(newer.load("pick"), 0);
  const auto held = newer.maps();
  ASSERT_FALSE(held.empty());
  newer.object.reset();
  for (const auto& [id, map] : held) EXPECT_EQ(bpf_map_get_fd_by_id(id), -ENOENT) << map.name;
}

TEST(StandIn, per_cpu_globals) {
  Newer newer;
  ASSERT_EQ(newer.load("count"), 0) << newer.kernel->last_load().message;
  std::map<std::string, std::uint32_t> types;
  int fd = -1;
  for (const auto& [id, map] : newer.maps()) {
    types[map.name] = map.type;
    if (std::string_view(map.name) == ".percpu") fd = bpf_map_get_fd_by_id(id);
  }
  EXPECT_EQ(types[".percpu"], static_cast<std::uint32_t>(MapType::percpu_array));
  EXPECT_EQ(types[".percpu.n"], static_cast<std::uint32_t>(MapType::percpu_array));
  ASSERT_GE(fd, 0);
  // Every CPU begins with the value in the file, and counts for itself.
  const std::uint32_t zero = 0;
  std::uint64_t values[2] = {};
  EXPECT_EQ(bpf_map_lookup_elem(fd, &zero, values), 0);
  EXPECT_THAT(values, testing::ElementsAre(7, 7));
  EXPECT_EQ(test_run(bpf_program__fd(newer.program), false), 0);
  EXPECT_EQ(bpf_map_lookup_elem(fd, &zero, values), 0);
  EXPECT_THAT(values, testing::UnorderedElementsAre(7, 8));
  // An update by the application is one of its own: a value for each CPU.
  const std::uint64_t mine[2] = {1, 2};
  EXPECT_EQ(bpf_map_update_elem(fd, &zero, mine, 0), 0);
  EXPECT_EQ(bpf_map_lookup_elem(fd, &zero, values), 0);
  EXPECT_THAT(values, testing::ElementsAre(1, 2));
  close(fd);
}

TEST(StandIn, only_what_is_wanted_is_dressed) {
  const auto file = object_file();
  ASSERT_FALSE(file.empty());
  EXPECT_FALSE(dress(file, {}));
  const auto tables = ElfImage::parse(*dress(file, {.jump_tables = true}));
  const auto globals = ElfImage::parse(*dress(file, {.per_cpu = true}));
  ASSERT_TRUE(tables && globals);
  EXPECT_NE(section_named(*tables, JumpTable::section), 0U);
  EXPECT_NE(section_named(*tables, ".percpu"), 0U);
  EXPECT_NE(section_named(*globals, ".jumptables"), 0U);
  EXPECT_EQ(section_named(*globals, ".percpu"), 0U);
  // What is dressed has nothing left to dress.
  EXPECT_FALSE(dress(*dress(file, everything), everything));
}

// A table that names the middle of an instruction, or nothing that is code, is left for libbpf to refuse.
TEST(StandIn, malformed_tables_are_left_alone) {
  for (const std::uint64_t target : {std::uint64_t{4}, std::uint64_t{1} << 40, ~std::uint64_t{7}}) {
    auto file = object_file();
    auto image = ElfImage::parse(file);
    ASSERT_TRUE(image);
    const auto at = image->section(section_named(*image, ".jumptables")).sh_offset;
    std::memcpy(file.data() + at, &target, sizeof target);
    EXPECT_FALSE(dress(file, {.jump_tables = true})) << target;
  }
}

// A target that is an instruction, but none of this program's.
TEST(StandIn, a_target_outside_of_the_program_is_refused) {
  auto file = object_file();
  auto image = ElfImage::parse(file);
  ASSERT_TRUE(image);
  const auto at = image->section(section_named(*image, ".jumptables")).sh_offset;
  for (std::size_t entry = 0; entry < 4; ++entry) std::memset(file.data() + at + entry * 8, 0, 8);
  Newer newer;
  newer.object.reset(bpf_object__open_mem(file.data(), file.size(), nullptr));
  ASSERT_NE(newer.object, nullptr);
  bpf_program* each = nullptr;
  bpf_object__for_each_program(each, newer.object.get())
      bpf_program__set_autoload(each, std::string_view(bpf_program__name(each)) == "pick");
  EXPECT_EQ(bpf_object__load(newer.object.get()), -EINVAL);
}

TEST(StandIn, records_are_checked) {
  std::vector<std::uint32_t> words{JumpTable::magic, 16, 8, 2, 5, static_cast<std::uint32_t>(-3)};
  const auto read = [&](std::size_t offset) {
    return loader::jump_table_at({reinterpret_cast<const std::uint8_t*>(words.data()), words.size() * 4}, offset);
  };
  const auto table = read(0);
  ASSERT_TRUE(table);
  EXPECT_EQ(table->head.offset, 8U);
  EXPECT_THAT(table->targets, testing::ElementsAre(5, -3));
  EXPECT_FALSE(read(4));
  EXPECT_FALSE(read(1000));
  words[3] = 3;
  EXPECT_FALSE(read(0)) << "more targets than there are";
  words[3] = 0;
  EXPECT_FALSE(read(0));
}

// Whatever bytes come, nothing but what is in the file is read; the sanitizers watch.
TEST(StandIn, broken_files) {
  const auto whole = object_file();
  for (std::size_t size = 0; size < whole.size(); size += 97)
    EXPECT_FALSE(ElfImage::parse({whole.data(), size})) << size;
  for (std::size_t at = 0; at < whole.size(); at += 13) {
    auto file = whole;
    file[at] ^= 0xff;
    const auto dressed = dress(file, everything);
    EXPECT_TRUE(!dressed || dressed->size() > file.size());
  }
}

}  // namespace
}  // namespace skep::test
