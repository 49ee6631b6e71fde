// What one instruction does to the stack, by halves of slots: which it may read, which it is sure to overwrite.
//
// The text says it, together with where pointers to the stack are (stack_values.hpp) and what a call's entry or
// prototype says of its memory. A half that is written in part, or perhaps, counts as neither. As Linux 7.3 has it; its
// log at level 2 prints the same table. Tested by tests/verifier/path/stack_liveness_test.cpp.
#pragma once

#include <bitset>
#include <cstdint>
#include <functional>
#include <string>

#include "verifier/path/stack_values.hpp"

namespace skep::verifier {

// Halves of one frame's slots: bit h stands for the four bytes from fp-4(h+1).
using StackHalves = std::bitset<2 * stack_slots>;

// Halves that the bytes [offset, offset + size) from the frame pointer touch, and those that they cover whole.
StackHalves touched_halves(std::int64_t offset, std::int64_t size);
StackHalves covered_halves(std::int64_t offset, std::int64_t size);

struct StackEffects {
  std::function<StackHalves&(std::uint32_t frame)> use, def;
};

// Of loads, stores, atomic operations, helpers and kfuncs. Functions of the program are for the caller to enter.
void find_stack_effects(const Env& env, std::uint32_t at, const StackValues& values, const StackEffects& effects);

// "fp0-8 fp0-16h", "fp1-8..-64": whole slots, halves with an h, three and more in a row as a range.
std::string halves_text(std::uint32_t frame, const StackHalves& halves);

}  // namespace skep::verifier
