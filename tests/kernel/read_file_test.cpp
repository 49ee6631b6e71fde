// What is no file, or too large a one, is named; nothing waits.
#include "kernel/read_file.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string_view>

namespace skep {
namespace {

using testing::HasSubstr;

class ReadFile : public testing::Test {
 protected:
  ReadFile() {
    char pattern[] = "/tmp/skep-read-XXXXXX";
    directory = mkdtemp(pattern);
  }
  ~ReadFile() override { std::filesystem::remove_all(directory); }
  std::string make(const char* name, const std::string& content) const {
    const std::string path = directory + "/" + name;
    std::ofstream(path, std::ios::binary) << content;
    return path;
  }
  std::string directory, why;
};

TEST_F(ReadFile, GivesAllOfAFile) {
  const std::string text(100'000, 'x');
  const auto content = read_whole_file(make("file", text), text.size(), why);
  ASSERT_TRUE(content) << why;
  EXPECT_EQ(std::string(content->begin(), content->end()), text);
  EXPECT_TRUE(read_whole_file(make("empty", ""), 10, why)->empty());
}

TEST_F(ReadFile, TellsWhetherAFileHoldsJustThis) {
  std::string text(200'000, 'x');
  text.back() = 'y';
  const auto holds = [](const std::string& path, std::string_view content) {
    return holds_exactly(path, {reinterpret_cast<const std::uint8_t*>(content.data()), content.size()});
  };
  const std::string path = make("file", text);
  EXPECT_TRUE(holds(path, text));
  EXPECT_FALSE(holds(path, std::string_view(text).substr(1)));
  EXPECT_FALSE(holds(path, text + "z"));
  text.back() = 'x';
  EXPECT_FALSE(holds(path, text));
  EXPECT_TRUE(holds(make("empty", ""), ""));
  EXPECT_FALSE(holds(directory + "/none", ""));
  EXPECT_FALSE(holds(directory, ""));
}

TEST_F(ReadFile, GivesWhatTheKernelMakesUp) {
  const auto content = read_whole_file("/proc/self/status", 1 << 20, why);
  ASSERT_TRUE(content) << why;
  EXPECT_GT(content->size(), 100U);
}

TEST_F(ReadFile, NamesWhatIsNoFile) {
  EXPECT_FALSE(read_whole_file(directory, 10, why));
  EXPECT_EQ(why, "is a directory, not a file");
  EXPECT_FALSE(read_whole_file("/dev/zero", 10, why));
  EXPECT_EQ(why, "is a device, not a file");
  const std::string pipe = directory + "/pipe";
  ASSERT_EQ(mkfifo(pipe.c_str(), 0600), 0);
  EXPECT_FALSE(read_whole_file(pipe, 10, why));
  EXPECT_EQ(why, "is a pipe, not a file");
  EXPECT_FALSE(read_whole_file(directory + "/none", 10, why));
  EXPECT_EQ(why, "No such file or directory");
}

TEST_F(ReadFile, HasABound) {
  EXPECT_FALSE(read_whole_file(make("large", std::string(101, 'x')), 100, why));
  EXPECT_EQ(why, "has 101 bytes and may have 100");
  const std::string sparse = make("sparse", "");
  ASSERT_EQ(truncate(sparse.c_str(), off_t{1} << 40), 0);
  EXPECT_FALSE(read_whole_file(sparse, 100, why));
  EXPECT_THAT(why, HasSubstr("1099511627776 bytes"));
  EXPECT_FALSE(read_whole_file("/proc/self/status", 100, why));
  EXPECT_THAT(why, HasSubstr("may have 100"));
}

}  // namespace
}  // namespace skep
