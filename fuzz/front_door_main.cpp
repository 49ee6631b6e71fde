// fuzz-front-door without libFuzzer: fuzz-front-door [FIRST_SEED [COUNT]], each seed a Kernel and 200 commands.
#include <cstdint>
#include <cstdio>
#include <cstdlib>

void call_front_door(std::uint64_t seed, unsigned commands);

int main(int count, char** words) {
  const std::uint64_t first = count > 1 ? std::strtoull(words[1], nullptr, 0) : 1;
  const std::uint64_t seeds = count > 2 ? std::strtoull(words[2], nullptr, 0) : 100;
  for (std::uint64_t seed = first; seed < first + seeds; ++seed) {
    std::fprintf(stderr, "\rseed %llu", static_cast<unsigned long long>(seed));  // which one, if it ends here
    call_front_door(seed, 200);
  }
  std::fprintf(stderr, "\n");
}
