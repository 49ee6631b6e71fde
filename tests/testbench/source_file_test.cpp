// Files that moved since they were compiled are found below a root, by the longest end of their path.
#include "api/source_file.hpp"

#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

namespace skep::api {
namespace {

class SourceFile : public testing::Test {
 protected:
  void SetUp() override {
    root = std::filesystem::temp_directory_path() / ("skep-source-" + std::to_string(getpid()));
    std::filesystem::create_directories(root / "bpf" / "lib");
    std::ofstream(root / "bpf" / "lib" / "a.c") << "1\n";
    std::ofstream(root / "a.c") << "2\n";
  }
  void TearDown() override { std::filesystem::remove_all(root); }
  std::filesystem::path root;
};

TEST_F(SourceFile, TheLongestEndOfThePathCounts) {
  EXPECT_EQ(find_source("/build/bpf/lib/a.c", root), root / "bpf" / "lib" / "a.c");
  EXPECT_EQ(find_source("/build/other/a.c", root), root / "a.c");
}

TEST_F(SourceFile, WhatIsNowhereKeepsItsName) {
  EXPECT_EQ(find_source("/build/b.c", root), "/build/b.c");
  EXPECT_EQ(find_source("/build/b.c", ""), "/build/b.c");
  EXPECT_EQ(find_source(root / "a.c", ""), root / "a.c");
}

}  // namespace
}  // namespace skep::api
