// See memory/in_signal.hpp.
#include "memory/in_signal.hpp"

#include <array>
#include <atomic>
#include <bit>
#include <cstdint>
#include <functional>

namespace skep::memory {
namespace {

constexpr std::size_t word_bits = 64;

struct Reserve {
  alignas(16) std::array<unsigned char, reserve_block * reserve_blocks> bytes;
  std::array<std::atomic<std::uint64_t>, reserve_blocks / word_bits> taken;  // a bit a block
};
constinit Reserve reserve{};  // touched by whoever takes of it alone

bool is_of_reserve(const void* block) {
  const auto* const at = static_cast<const unsigned char*>(block);
  const std::less<const unsigned char*> before;
  return !before(at, reserve.bytes.data()) && before(at, reserve.bytes.data() + reserve.bytes.size());
}

}  // namespace

constinit thread_local bool in_signal_handler = false;

void* take_from_reserve(std::size_t size) noexcept {
  if (size > reserve_block) return nullptr;
  for (std::size_t n = 0; n < reserve.taken.size(); ++n) {
    std::uint64_t word = reserve.taken[n].load(std::memory_order_relaxed);
    while (word != ~std::uint64_t{0}) {
      const auto bit = static_cast<unsigned>(std::countr_one(word));
      if (!reserve.taken[n].compare_exchange_weak(word, word | std::uint64_t{1} << bit, std::memory_order_acquire))
        continue;
      return reserve.bytes.data() + (n * word_bits + bit) * reserve_block;
    }
  }
  return nullptr;
}

std::size_t reserve_taken() {
  std::size_t blocks = 0;
  for (const auto& word : reserve.taken)
    blocks += static_cast<std::size_t>(std::popcount(word.load(std::memory_order_acquire)));
  return blocks;
}

void free_small(void* block) noexcept {
  if (block == nullptr) return;
  if (!is_of_reserve(block)) return ::operator delete(block);
  const std::size_t n =
      static_cast<std::size_t>(static_cast<unsigned char*>(block) - reserve.bytes.data()) / reserve_block;
  reserve.taken[n / word_bits].fetch_and(~(std::uint64_t{1} << n % word_bits), std::memory_order_release);
}

}  // namespace skep::memory
