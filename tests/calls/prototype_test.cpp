// What engines read off a kfunc's C prototype.
#include "calls/prototype.hpp"

#include <gtest/gtest.h>

namespace skep::calls {
namespace {

TEST(Prototype, TellsWhereTheProgramGoes) {
  struct Case {
    const char* prototype;
    std::uint32_t flags;
    unsigned reg;
  };
  const Case cases[] = {
      {"void f(void)", call_flag::implicit_args, 1},
      {"int f(int a, void *b)", call_flag::implicit_args, 3},
      {"int f(int a, void *aux)", 0, 2},  // the prototype has it already
      {"int f(int (*callback)(void *a, int *b, void *c), unsigned int flags)", call_flag::implicit_args, 3},
      {"int f(int a, int b, int c, int d, int e)", call_flag::implicit_args, 0},  // no register is left
      {"", 0, 0},
  };
  for (const Case& c : cases)
    EXPECT_EQ(aux_register_of({.flags = c.flags, .prototype = c.prototype}), c.reg) << c.prototype;
}

TEST(Prototype, TellsWhichArgumentsAreInTheArena) {
  EXPECT_EQ(arena_arguments_of("int f(void *a, int b)"), 0U);
  EXPECT_EQ(arena_arguments_of("int f(void *a__arena, int b)"), 0x1U);
  EXPECT_EQ(arena_arguments_of("int f(int a, void *b__arena__nullable, void *c__arena)"), 0x206U);
  EXPECT_EQ(arena_arguments_of(""), 0U);
}

}  // namespace
}  // namespace skep::calls
