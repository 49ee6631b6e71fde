// fuzz-modules without libFuzzer: fuzz-modules [FIRST_SEED [COUNT]], each seed some modules.
#include <cstdint>
#include <cstdio>
#include <cstdlib>

#include "programs/choices.hpp"

namespace skep::fuzz {
bool make_modules(Choices& choices);
}

int main(int count, char** words) {
  const std::uint64_t first = count > 1 ? std::strtoull(words[1], nullptr, 0) : 1;
  const std::uint64_t seeds = count > 2 ? std::strtoull(words[2], nullptr, 0) : 100;
  for (std::uint64_t seed = first; seed < first + seeds; ++seed) {
    std::fprintf(stderr, "\rseed %llu", static_cast<unsigned long long>(seed));  // which one, if it ends here
    skep::fuzz::Choices choices(seed);
    if (!skep::fuzz::make_modules(choices)) return 1;
  }
  std::fprintf(stderr, "\n");
}
