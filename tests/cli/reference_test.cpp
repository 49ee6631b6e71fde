// The reference pages that are checked in are what the definitions say.
#include "cli/reference.hpp"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <iterator>

namespace skep::cli {
namespace {

const std::filesystem::path root = SKEP_SOURCE_DIR;

std::string read(const std::filesystem::path& path) {
  std::ifstream file(path);
  return {std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
}

class CheckedIn : public testing::TestWithParam<const char*> {};

TEST_P(CheckedIn, IsTheDefinition) {
  const auto page = reference_page(GetParam());
  ASSERT_TRUE(page);
  EXPECT_EQ(read(root / "docs/reference" / (std::string(GetParam()) + ".md")), *page)
      << "make it anew with: skep doc " << GetParam() << " >docs/reference/" << GetParam() << ".md";
}

INSTANTIATE_TEST_SUITE_P(Pages, CheckedIn,
                         testing::Values("bpf_wq_init", "bpf_wq_set_callback", "bpf_wq_set_callback_impl",
                                         "bpf_wq_start"));

TEST(Reference, KnowsEveryKindOfName) {
  for (const char* name : {"bpf_map_lookup_elem", "bpf_wq_start", "lru_hash", "sched_cls"})
    EXPECT_TRUE(reference_page(name)) << name;
  EXPECT_FALSE(reference_page("no_such_thing"));
}

TEST(Reference, NamesExamplesThatExist) {
  const auto page = reference_page("bpf_wq_start");
  ASSERT_TRUE(page);
  EXPECT_NE(page->find("examples/wq.bpf.c"), std::string::npos);
  EXPECT_TRUE(std::filesystem::exists(root / "examples/wq.bpf.c"));
}

}  // namespace
}  // namespace skep::cli
