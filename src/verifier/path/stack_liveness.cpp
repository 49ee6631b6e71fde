// See stack_liveness.hpp.
#include "verifier/path/stack_liveness.hpp"

#include "verifier/env.hpp"

namespace skep::verifier {

struct StackLiveness::Data {};

StackLiveness::StackLiveness() = default;
StackLiveness::~StackLiveness() = default;

int StackLiveness::compute(Env&) {
  return 0;
}

std::uint64_t StackLiveness::live_slots(const Env&, const State&, std::uint32_t, std::uint32_t) const {
  return ~std::uint64_t{0};
}

}  // namespace skep::verifier
