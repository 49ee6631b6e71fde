// Objects of machine code that are made ready for one program after the other.
#include "engine/llvm/object.hpp"

#include <gtest/gtest.h>

#include "engine/llvm/compiled.hpp"
#include "support/run.hpp"

namespace skep::engine::native {
namespace {

TEST(Objects, OfOtherFormsAreNotUnderstood) {
  EXPECT_TRUE(functions_of({}).empty());
  EXPECT_FALSE(make_ready({}, 1, {}));
  std::string text = "no object file at all, though it is longer than the header of one would have to be";
  EXPECT_TRUE(functions_of(text).empty());
  EXPECT_FALSE(make_ready(text, 1, {}));
  std::string object(64, '\0');
  object.replace(0, 4, "\177ELF");
  object[60] = 1;  // a section, which is not there
  EXPECT_TRUE(functions_of(object).empty());
}

TEST(Objects, WithoutATableTakeNone) {
  std::string object(64, '\0');
  object.replace(0, 4, "\177ELF");
  EXPECT_TRUE(make_ready(object, 1, {}));
  const std::array<std::uint64_t, 1> table = {7};
  EXPECT_FALSE(make_ready(object, 1, table));
}

TEST(Objects, HaveNamesOfOneLength) {
  EXPECT_EQ(numbered(0), unnumbered);
  EXPECT_EQ(numbered(~0U).size(), unnumbered.size());
  EXPECT_NE(numbered(1), numbered(2));
}

}  // namespace
}  // namespace skep::engine::native
