// The reference pages that are checked in are what the definitions say.
#include "cli/reference.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <set>
#include <sstream>
#include <string>
#include <string_view>

#include "calls/call.hpp"
#include "maps/answers.hpp"
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

// Of every result that 100,000 operations on a map of the type had in Linux 7.3, its page says when.
TEST(Reference, SaysOfMapsWhatTheirOperationsAnswer) {
  std::ifstream answers(root / "tests/conformance/map-operations-7.3.txt");
  std::string line;
  const maps::MapTypeDef* type = nullptr;
  std::set<std::string_view> seen;
  while (std::getline(answers, line)) {
    if (!line.starts_with(' ')) {
      // Of another map of a type: "devmap-4 made=0"; those that only rights make differ are not of the type.
      type = line.find("-rdonly") == std::string::npos ? maps::find_map_type(line.substr(0, line.find_first_of(" -")))
                                                       : nullptr;
      if (type != nullptr) seen.insert(type->name);
      continue;
    }
    std::istringstream words(line);
    std::string operation, word;
    words >> operation;
    if (type == nullptr || operation == "after") continue;
    const auto documented = maps::documented_answers(type->type);
    while (words >> word) {
      const int code = std::atoi(word.substr(0, word.find(':')).c_str());
      const std::string name = code == 0 ? "0" : code == -524 ? "-ENOTSUPP" : std::string("-") + strerrorname_np(-code);
      EXPECT_TRUE(std::ranges::any_of(
          documented, [&](const maps::Answer& answer) { return answer.operation == operation && answer.code == name; }))
          << type->name << ", " << operation << ": " << name;
    }
  }
  EXPECT_GT(seen.size(), 25U);
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
