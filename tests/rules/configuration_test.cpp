#include "rules/configuration.hpp"

#include <gtest/gtest.h>

namespace skep {
namespace {

TEST(Configuration, IsTheFileThatLoadersRead) {
  const std::string text = configuration_text({.built_in = "A B ", .modules = "C ", .others = "D=4\nE=\"x y\"\n"});
  EXPECT_EQ(text, "CONFIG_A=y\nCONFIG_B=y\nCONFIG_C=m\nCONFIG_D=4\nCONFIG_E=\"x y\"\n");
}

TEST(Configuration, OfTheReferenceRelease) {
  const std::string text = configuration_text(configurations::linux_7_3);
  for (const char* line : {"CONFIG_BPF_SYSCALL=y\n", "CONFIG_HZ=250\n", "CONFIG_NR_CPUS=8192\n", "CONFIG_IPV6=y\n"})
    EXPECT_NE(text.find(line), std::string::npos) << line;
  EXPECT_EQ(text.find("\n\n"), std::string::npos);
}

}  // namespace
}  // namespace skep
