// What questions that are asked of the kernel in a virtual machine answer here: the lines that they write, and whether
// they are those that the kernel's answers are (tests/conformance/*-7.3.txt).
#pragma once

#include <gtest/gtest.h>

#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <sstream>
#include <string>

#include "skep/kernel.hpp"

namespace skep::test {

// `ask` writes to a FILE*, with `kernel` bound to this thread.
template <typename Ask>
std::string answers_of(Kernel& kernel, Ask&& ask) {
  const KernelBinding binding(kernel);
  char* text = nullptr;
  std::size_t size = 0;
  std::FILE* out = open_memstream(&text, &size);
  ask(out);
  std::fclose(out);
  std::string all(text, size);
  std::free(text);
  return all;
}

// Line by line. `asked(line)`: whether that one is about what was asked here. Lines that are not indented say what
// those after them are about. More than `least` lines are compared.
template <typename Asked>
void expect_answers(const std::string& ours, const std::string& file, int least, Asked&& asked) {
  std::istringstream answers(ours);
  std::ifstream theirs(file);
  std::string about, mine, wanted;
  int lines = 0;
  while (std::getline(theirs, wanted)) {
    if (!wanted.starts_with(' ')) about = wanted;
    if (!asked(wanted)) continue;
    ++lines;
    ASSERT_TRUE(std::getline(answers, mine)) << "no answer to " << about << wanted;
    EXPECT_EQ(mine, wanted) << about;
  }
  EXPECT_GT(lines, least);
  EXPECT_FALSE(std::getline(answers, mine)) << mine;
}
inline void expect_answers(const std::string& ours, const std::string& file, int least) {
  expect_answers(ours, file, least, [](const std::string&) { return true; });
}

}  // namespace skep::test
