// What profilers are told of compiled functions beside their names: their code, and the lines that it comes from.
#include "engine/llvm/jit_dump.hpp"

#include <gtest/gtest.h>
#include <unistd.h>

#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <iterator>

#include "engine/llvm/compiled.hpp"
#include "support/run.hpp"

namespace skep {
namespace {

// The file is the process's, and goes with it.
struct Directory {
  std::filesystem::path path;
  Directory() {
    std::string name = (std::filesystem::temp_directory_path() / "skep-jitdump-XXXXXX").string();
    path = mkdtemp(name.data());
  }
  ~Directory() { std::filesystem::remove_all(path); }
  Directory(const Directory&) = delete;
  Directory& operator=(const Directory&) = delete;
};

template <typename T>
T take(std::string_view& from) {
  T value{};
  if (from.size() < sizeof value) {
    ADD_FAILURE() << "it ends in the middle";
    from = {};
    return value;
  }
  std::memcpy(&value, from.data(), sizeof value);
  from.remove_prefix(sizeof value);
  return value;
}
std::string take_text(std::string_view& from) {
  const std::string text(from.substr(0, from.find('\0')));
  from.remove_prefix(std::min(from.size(), text.size() + 1));
  return text;
}

struct Record {
  std::uint32_t kind = 0;
  std::uint64_t time = 0;
  std::string content;
};

std::vector<Record> records_of(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  const std::string all{std::istreambuf_iterator<char>(file), {}};
  std::string_view left = all;
  EXPECT_EQ(take<std::uint32_t>(left), 0x4a695444U);
  EXPECT_EQ(take<std::uint32_t>(left), 1U) << "version";
  EXPECT_EQ(take<std::uint32_t>(left), 40U) << "bytes of the header";
  left.remove_prefix(8);
  EXPECT_EQ(take<std::uint32_t>(left), static_cast<std::uint32_t>(getpid()));
  EXPECT_GT(take<std::uint64_t>(left), 0U) << "time";
  EXPECT_EQ(take<std::uint64_t>(left), 0U) << "flags";
  std::vector<Record> records;
  while (!left.empty()) {
    Record& record = records.emplace_back();
    record.kind = take<std::uint32_t>(left);
    const auto size = take<std::uint32_t>(left);
    record.time = take<std::uint64_t>(left);
    if (size < 16 || size - 16 > left.size()) {
      ADD_FAILURE() << "a record of " << size << " bytes";
      break;
    }
    record.content = left.substr(0, size - 16);
    left.remove_prefix(size - 16);
  }
  return records;
}

TEST(JitDump, HasCodeAndItsLines) {
  if (!test::has_compiler()) GTEST_SKIP() << "built without LLVM";
  static const Directory directory;
  const auto path = directory.path / ("jit-" + std::to_string(getpid()) + ".dump");
  const bool is_first = !std::filesystem::exists(path);  // the tests may be repeated
  setenv("JITDUMPDIR", directory.path.c_str(), 1);
  const char* const text = "call f; r0 += 1; exit\nf: r0 = r1; r0 *= 77; r0 ^= 1234567; exit";
  runtime::Code code = test::make_program(text)->code();
  for (std::uint32_t i = 0; i < code.facts.size(); ++i) code.facts[i].original = i;
  auto source = std::make_shared<runtime::SourceLines>();
  source->lines = {{0, 10, 1, "a.bpf.c", ""}, {3, 20, 1, "b.h", ""}, {5, 21, 1, "b.h", ""}};
  code.source = source;
  static_cast<void>(test::load(code, test::unoptimized));
  EXPECT_EQ(std::filesystem::exists(path), !is_first) << "nobody wants it";
  setenv("SKEP_JITDUMP", "1", 1);
  const auto program = test::load(code, test::unoptimized);
  unsetenv("SKEP_JITDUMP");
  unsetenv("JITDUMPDIR");

  std::vector<Record> records = records_of(path);
  ASSERT_GE(records.size(), 4U);
  records.erase(records.begin(), records.end() - 4);
  const auto entry = reinterpret_cast<std::uint64_t>(engine::native::Compiled::of(*program).code()->functions[0]);
  std::uint64_t behind = entry, index = 0;
  for (const char* name : {"test:f0", "test:f1"}) {
    // The lines come before what they are of.
    const Record& lines = records[2 * index];
    const Record& load = records[2 * index + 1];
    ++index;
    EXPECT_EQ(lines.kind, 2U);
    EXPECT_EQ(load.kind, 0U);
    EXPECT_LE(lines.time, load.time);
    std::string_view left = load.content;
    EXPECT_EQ(take<std::uint32_t>(left), static_cast<std::uint32_t>(getpid()));
    EXPECT_NE(take<std::uint32_t>(left), 0U);
    const auto begin = take<std::uint64_t>(left);
    EXPECT_GE(begin, behind);
    EXPECT_EQ(take<std::uint64_t>(left), begin);
    const auto size = take<std::uint64_t>(left);
    EXPECT_GT(take<std::uint64_t>(left), 0U);
    EXPECT_EQ(take_text(left), name);
    ASSERT_EQ(left.size(), size);
    EXPECT_EQ(std::memcmp(left.data(), reinterpret_cast<const void*>(begin), size), 0);
    behind = begin + size;

    left = lines.content;
    EXPECT_EQ(take<std::uint64_t>(left), begin);
    const auto count = take<std::uint64_t>(left);
    EXPECT_EQ(count, index) << "f0 is one line, f1 two";
    for (std::uint64_t i = 0; i < count; ++i) {
      const auto address = take<std::uint64_t>(left);
      EXPECT_TRUE(address >= begin && address < behind);
      EXPECT_EQ(take<std::uint32_t>(left), index == 1 ? 10U : 20U + i);
      take<std::uint32_t>(left);
      EXPECT_EQ(take_text(left), index == 1 ? "a.bpf.c" : "b.h");
    }
    EXPECT_TRUE(left.empty());
  }
  EXPECT_EQ(entry, *reinterpret_cast<const std::uint64_t*>(records[1].content.data() + 8));
}

}  // namespace
}  // namespace skep
