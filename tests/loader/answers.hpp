// What questions that are asked of the kernel in a virtual machine answer here: the lines that they write.
#pragma once

#include <cstdio>
#include <cstdlib>
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

}  // namespace skep::test
