// fuzz-modules without libFuzzer: see for_seeds(); each seed is some modules.
#include "programs/choices.hpp"

namespace skep::fuzz {
bool make_modules(Choices& choices);
}

int main(int count, char** words) {
  return skep::fuzz::for_seeds(count, words, skep::fuzz::make_modules);
}
