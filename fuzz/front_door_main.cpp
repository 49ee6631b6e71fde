// fuzz-front-door without libFuzzer: fuzz-front-door [FIRST_SEED [COUNT [COMMANDS]]], each seed a Kernel and 200
// commands, or so many.
#include <cstdint>
#include <cstdio>
#include <cstdlib>

void call_front_door(std::uint64_t seed, unsigned commands);

int main(int count, char** words) {
  const std::uint64_t first = count > 1 ? std::strtoull(words[1], nullptr, 0) : 1;
  const std::uint64_t seeds = count > 2 ? std::strtoull(words[2], nullptr, 0) : 100;
  const auto commands = static_cast<unsigned>(count > 3 ? std::strtoul(words[3], nullptr, 0) : 200);
  for (std::uint64_t seed = first; seed < first + seeds; ++seed) {
    std::fprintf(stderr, "\rseed %llu", static_cast<unsigned long long>(seed));  // which one, if it ends here
    call_front_door(seed, commands);
  }
  std::fprintf(stderr, "\n");
}
