// Scalars to try every operation on, each with numbers that are in it: built around the numbers at which something
// changes, the cuts of both circles, the width of a word, and small numbers on both sides of 0.
#pragma once

#include <cstdint>
#include <random>
#include <vector>

#include "verifier/domain/scalar.hpp"

namespace skep::verifier {

struct Sample {
  Scalar scalar;
  std::vector<std::uint64_t> members;
};

inline const std::vector<std::uint64_t>& landmarks() {
  static const std::vector<std::uint64_t> numbers = {0,
                                                     1,
                                                     2,
                                                     7,
                                                     8,
                                                     0x7fff'ffff,
                                                     0x8000'0000,
                                                     0xffff'fffe,
                                                     0xffff'ffff,
                                                     0x1'0000'0000,
                                                     0x7fff'ffff'ffff'ffff,
                                                     0x8000'0000'0000'0000,
                                                     0xffff'ffff'0000'0000,
                                                     0xffff'ffff'8000'0000,
                                                     0xffff'ffff'ffff'fff9,
                                                     0xffff'ffff'ffff'ffff};
  return numbers;
}

// Adds `scalar` unless none of `candidates` is in it.
inline void add_sample(std::vector<Sample>& samples, const Scalar& scalar,
                       const std::vector<std::uint64_t>& candidates) {
  Sample sample{scalar, {}};
  for (const std::uint64_t x : candidates) {
    if (scalar.contains(x)) sample.members.push_back(x);
  }
  if (!sample.members.empty()) samples.push_back(sample);
}

// Every range between two landmarks, of each kind.
inline std::vector<Sample> landmark_samples() {
  std::vector<Sample> samples;
  const auto& numbers = landmarks();
  add_sample(samples, Scalar::unknown(), numbers);
  for (const std::uint64_t x : numbers) add_sample(samples, Scalar::constant(x), numbers);
  for (const std::uint64_t x : numbers) {
    for (const std::uint64_t y : numbers) {
      if (x < y) add_sample(samples, Scalar::from_range_u64(x, y), numbers);
      const auto sx = static_cast<std::int64_t>(x), sy = static_cast<std::int64_t>(y);
      if (sx < 0 && sy >= 0) add_sample(samples, Scalar::from_range_s64(sx, sy), numbers);
      const auto lx = static_cast<std::int32_t>(x), ly = static_cast<std::int32_t>(y);
      if (lx < ly) add_sample(samples, Scalar::from_range_s32(lx, ly), numbers);
      if (x < y) add_sample(samples, Scalar::from_var_off(union_(Tnum::constant(x), Tnum::constant(y))), numbers);
    }
  }
  return samples;
}

// Scalars of all three descriptions at once, around a few random numbers that are their members.
inline std::vector<Sample> random_samples(std::uint64_t seed, int count) {
  std::mt19937_64 random(seed);
  const auto number = [&random] {
    const std::uint64_t x = random() >> (random() % 64);
    return random() % 2 == 0 ? x : 0 - x;
  };
  std::vector<Sample> samples;
  for (int i = 0; i < count; ++i) {
    std::vector<std::uint64_t> candidates = {number()};
    for (int k = 0; k < 3; ++k) candidates.push_back(random() % 2 == 0 ? number() : candidates[0] ^ (number() & 0xfff));
    Scalar scalar = Scalar::constant(candidates[0]);
    for (const std::uint64_t x : candidates) scalar = join(scalar, Scalar::constant(x));
    if (random() % 2 == 0) scalar.set_umax(number());
    if (random() % 2 == 0) scalar.set_smin(static_cast<std::int64_t>(number()));
    if (random() % 4 == 0) scalar.set_umin32(static_cast<std::uint32_t>(number()));
    add_sample(samples, scalar, candidates);
  }
  return samples;
}

}  // namespace skep::verifier
