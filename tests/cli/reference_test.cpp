// The reference pages that are checked in are what the definitions say.
#include "cli/reference.hpp"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <set>

#include "calls/call.hpp"
#include "maps/map_types.hpp"
#include "progtypes/progtype.hpp"

namespace skep::cli {
namespace {

const std::filesystem::path root = SKEP_SOURCE_DIR;

std::string read(const std::filesystem::path& path) {
  std::ifstream file(path);
  return {std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
}

TEST(Reference, IsCheckedInAsTheDefinitionsSay) {
  std::set<std::filesystem::path> pages;
  for (const std::string& name : reference_names()) {
    const auto path = root / "docs/reference" / (name + ".md");
    pages.insert(path);
    ASSERT_EQ(read(path), *reference_page(name)) << "make it anew with: skep doc --markdown docs/reference";
  }
  EXPECT_EQ(read(root / "docs/reference/README.md"), reference_index());
  for (const auto& entry : std::filesystem::directory_iterator(root / "docs/reference"))
    EXPECT_TRUE(pages.contains(entry.path()) || entry.path().filename() == "README.md")
        << entry.path() << " is the page of nothing";
}

TEST(Reference, SaysOfEverythingWhatItIs) {
  for (const calls::Helper& helper : calls::helpers()) {
    EXPECT_FALSE(helper.doc.summary.empty()) << helper.name;
    EXPECT_FALSE(helper.signature.empty()) << helper.name;
  }
  for (const calls::Kfunc& kfunc : calls::kfuncs()) {
    EXPECT_FALSE(kfunc.doc.summary.empty()) << kfunc.name;
    EXPECT_FALSE(kfunc.prototype.empty()) << kfunc.name;
  }
  for (const auto* type : maps::map_types()) EXPECT_FALSE(type->summary.empty()) << type->name;
  for (const auto* type : progtypes::all()) EXPECT_FALSE(type->summary.empty()) << type->name;
}

TEST(Reference, SaysOfEveryCallWhatItAnswersAndThatItDoesSomething) {
  for (const std::string& name : reference_names()) {
    if (calls::find_helper(name) == nullptr && calls::find_kfunc(name) == nullptr) continue;
    EXPECT_NE(reference_page(name)->find("## Result"), std::string::npos) << name;
    EXPECT_EQ(reference_page(name)->find("no behavior"), std::string::npos) << name;
  }
}

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
