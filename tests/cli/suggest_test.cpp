// What is suggested for a word that is not known.
#include "cli/suggest.hpp"

#include <gtest/gtest.h>

namespace skep::cli {
namespace {

TEST(Suggest, ClosestIsTheWordThatDiffersLeast) {
  const std::vector<std::string> commands = {"run", "verify", "test", "doc"};
  EXPECT_EQ(closest("verfy", commands), "verify");
  EXPECT_EQ(closest("tets", commands), "test");
  EXPECT_EQ(closest("rum", commands), "run");
  EXPECT_EQ(closest("dco", commands), "doc");
  EXPECT_EQ(closest("verify", commands), "verify");
}

TEST(Suggest, NothingForWhatIsQuiteDifferent) {
  const std::vector<std::string> commands = {"run", "verify", "test", "doc"};
  for (const char* word : {"", "compile", "x", "ab"}) EXPECT_EQ(closest(word, commands), "") << word;
  EXPECT_EQ(closest(std::string(100'000, 'a'), commands), "");
  EXPECT_EQ(closest("run", {}), "");
}

TEST(Suggest, IsPartOfASentence) {
  EXPECT_EQ(did_you_mean("bpf_wq_intt", {"bpf_wq_init"}), "; did you mean 'bpf_wq_init'?");
  EXPECT_EQ(did_you_mean("nothing", {"bpf_wq_init"}), "");
}

}  // namespace
}  // namespace skep::cli
