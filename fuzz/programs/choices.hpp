// Where a generator's decisions come from: a fuzzer's bytes, a seed, or what was written down of a seed's decisions and
// then made smaller, word by word (hunt.py).
#pragma once

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <iterator>
#include <span>
#include <string>
#include <vector>

namespace skep::fuzz {

class Choices {
 public:
  explicit Choices(std::uint64_t seed) : state_(seed), endless_(true) {}
  // After the last byte every choice is the first.
  explicit Choices(std::span<const std::uint8_t> bytes) : bytes_(bytes) {}
  // Of a seed, each written to a file at once: what comes of them may end the process.
  static Choices recorded(std::uint64_t seed, const std::string& file) {
    Choices made(seed);
    made.record_ = ::open(file.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
    if (made.record_ < 0) std::perror(file.c_str()), std::exit(2);
    return made;
  }
  // The words of such a file; after the last one every choice is the first.
  static Choices replayed(const std::string& file) {
    Choices made{std::span<const std::uint8_t>{}};
    std::ifstream stream(file, std::ios::binary);
    if (!stream) std::perror(file.c_str()), std::exit(2);
    const std::vector<char> bytes((std::istreambuf_iterator<char>(stream)), {});
    made.words_.resize(bytes.size() / 8);
    std::copy_n(bytes.begin(), made.words_.size() * 8, reinterpret_cast<char*>(made.words_.data()));
    made.replays_ = true;
    return made;
  }

  std::uint64_t any() {
    if (replays_) return at_ < words_.size() ? words_[at_++] : 0;
    if (!endless_) {
      std::uint64_t value = 0;
      for (int i = 0; i < 8; ++i) value = value << 8 | byte();
      return value;
    }
    state_ += 0x9e3779b97f4a7c15;  // splitmix64
    std::uint64_t z = state_;
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9;
    z = (z ^ (z >> 27)) * 0x94d049bb133111eb;
    z ^= z >> 31;
    if (record_ >= 0 && ::write(record_, &z, sizeof z) != sizeof z) std::abort();
    return z;
  }
  std::uint32_t below(std::uint32_t n) {
    if (endless_ || replays_) return static_cast<std::uint32_t>((any() >> 32) * n >> 32);
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
  bool exhausted() const { return replays_ ? at_ == words_.size() : !endless_ && bytes_.empty(); }

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
  int record_ = -1;  // open until the process ends
  std::vector<std::uint64_t> words_;
  std::size_t at_ = 0;
  bool replays_ = false;
};

// main() of a fuzzer that makes inputs from seeds: `PROGRAM [FIRST_SEED [COUNT]]`, `PROGRAM --record FILE SEED` and
// `PROGRAM --replay FILE`. `once` answers false when it has seen, and said, that something is wrong.
template <typename Once>
int for_seeds(int count, char** words, Once&& once) {
  const std::string word = count > 1 ? words[1] : "";
  if (word == "--record" && count > 3) {
    Choices choices = Choices::recorded(std::strtoull(words[3], nullptr, 0), words[2]);
    return once(choices) ? 0 : 1;
  }
  if (word == "--replay" && count > 2) {
    Choices choices = Choices::replayed(words[2]);
    return once(choices) ? 0 : 1;
  }
  const std::uint64_t first = count > 1 ? std::strtoull(words[1], nullptr, 0) : 1;
  const std::uint64_t seeds = count > 2 ? std::strtoull(words[2], nullptr, 0) : 100;
  for (std::uint64_t seed = first; seed < first + seeds; ++seed) {
    std::fprintf(stderr, "\rseed %llu", static_cast<unsigned long long>(seed));  // which one, if it ends here
    Choices choices(seed);
    if (!once(choices)) return 1;
  }
  std::fprintf(stderr, "\n");
  return 0;
}

}  // namespace skep::fuzz
