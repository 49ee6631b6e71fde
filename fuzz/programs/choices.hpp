// Where a generator's decisions come from: a fuzzer's bytes, or a seed.
#pragma once

#include <array>
#include <cstdint>
#include <span>

namespace skep::fuzz {

class Choices {
 public:
  explicit Choices(std::uint64_t seed) : state_(seed), endless_(true) {}
  // After the last byte every choice is the first.
  explicit Choices(std::span<const std::uint8_t> bytes) : bytes_(bytes) {}

  std::uint64_t any() {
    if (!endless_) {
      std::uint64_t value = 0;
      for (int i = 0; i < 8; ++i) value = value << 8 | byte();
      return value;
    }
    state_ += 0x9e3779b97f4a7c15;  // splitmix64
    std::uint64_t z = state_;
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9;
    z = (z ^ (z >> 27)) * 0x94d049bb133111eb;
    return z ^ (z >> 31);
  }
  std::uint32_t below(std::uint32_t n) {
    if (endless_) return static_cast<std::uint32_t>((any() >> 32) * n >> 32);
    const std::uint32_t value = n > 256 ? static_cast<std::uint32_t>(byte() << 8 | byte()) : byte();
    return value % n;
  }
  bool percent(std::uint32_t p) { return below(100) < p; }
  template <typename T, std::size_t N>
  T one_of(const std::array<T, N>& all) {
    return all[below(N)];
  }
  template <typename T>
  T one_of(std::initializer_list<T> all) {
    return all.begin()[below(static_cast<std::uint32_t>(all.size()))];
  }
  bool exhausted() const { return !endless_ && bytes_.empty(); }

 private:
  unsigned byte() {
    if (bytes_.empty()) return 0;
    const unsigned value = bytes_.front();
    bytes_ = bytes_.subspan(1);
    return value;
  }
  std::span<const std::uint8_t> bytes_;
  std::uint64_t state_ = 0;
  bool endless_ = false;
};

}  // namespace skep::fuzz
