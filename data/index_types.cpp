// Makes the index of the types that the library brings along, which are the same for ever: index_types TYPES INDEX. The
// build runs it (cmake/types.cmake). Tested by tests/kernel/types_test.cpp.
#include <cstdio>
#include <fstream>
#include <iterator>
#include <vector>

#include "btf/kernel_index.hpp"

int main(int count, char** words) {
  if (count != 3) return 2;
  std::ifstream in(words[1], std::ios::binary);
  const std::vector<char> read{std::istreambuf_iterator<char>(in), {}};
  const std::span raw(reinterpret_cast<const std::uint8_t*>(read.data()), read.size());
  const auto index = skep::btf::KernelIndex::make(skep::btf::section_of_types(raw), skep::btf::section_of_strings(raw));
  if (!index) {
    std::fprintf(stderr, "%s: not in a form that can be indexed\n", words[1]);
    return 1;
  }
  const auto bytes = index->bytes();
  std::ofstream out(words[2], std::ios::binary);
  out.write(reinterpret_cast<const char*>(bytes.data()), static_cast<std::streamsize>(bytes.size()));
  return out.flush() ? 0 : 1;
}
