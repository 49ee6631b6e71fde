// fuzz-front-door without libFuzzer: see for_seeds(); each seed is a Kernel and 200 commands.
#include "programs/choices.hpp"

namespace skep::fuzz {
void call_front_door(Choices& choices);
}

int main(int count, char** words) {
  return skep::fuzz::for_seeds(count, words, [](skep::fuzz::Choices& choices) {
    skep::fuzz::call_front_door(choices);
    return true;
  });
}
