// How deep the stack may get.
#include <gtest/gtest.h>

#include "support/verify.hpp"

namespace skep::test {
namespace {

constexpr Row rows[] = {
    {"all of it in one function", "r0 = 0; *(u64 *)(r10 -512) = r0; exit"},
    {"two functions that fit together", R"(
       r0 = 0
       *(u64 *)(r10 -256) = r0
       call f
       exit
     f:
       r0 = 0
       *(u64 *)(r10 -256) = r0
       exit)"},
    {"two functions that do not", R"(
       r0 = 0
       *(u64 *)(r10 -256) = r0
       call f
       exit
     f:
       r0 = 0
       *(u64 *)(r10 -264) = r0
       exit)",
     "combined stack size of 2 calls is 528. Too large"},
    {"one after the other does not add up", R"(
       r0 = 0
       *(u64 *)(r10 -16) = r0
       call f
       call f
       call f
       exit
     f:
       r0 = 0
       *(u64 *)(r10 -240) = r0
       exit)"},
    {"a function that calls itself", R"(
       call f
       exit
     f:
       call f
       exit)",
     "recursive call from f() to f()"},
};

TEST(StackDepth, Rows) {
  for (const Row& row : rows) {
    if (std::string_view(row.message).starts_with("recursive")) continue;
    expect(row);
  }
}

TEST(StackDepth, RecursionIsRefused) {
  const auto output = verify_text({rows[4].text});
  EXPECT_EQ(output.error, -EINVAL);
  EXPECT_TRUE(output.refusal->message.starts_with("recursive call from ")) << output.refusal->message;
}

}  // namespace
}  // namespace skep::test
