// Iterators over numbers and over bits; their state is on the program's stack. Tested by tests/calls/runtime_test.cpp.
#include <bit>
#include <memory>

#include "calls/impl/support.hpp"

namespace skep::calls::impl {
namespace {

struct NumberIterator {
  std::int32_t current, end;
};

struct BitIterator {
  std::uint64_t* words;  // owned; null: nothing is left
  std::uint32_t count;
  std::int32_t bit;
};
static_assert(sizeof(BitIterator) == 16);

void free_words(std::uint64_t words, void*) {
  const std::unique_ptr<std::uint64_t[]> owned(pointer<std::uint64_t>(words));
}

constexpr std::int64_t max_numbers = 8 * 1024 * 1024;
constexpr std::uint32_t max_words = 511;

}  // namespace

SKEP_CALL(bpf_iter_num_new) {
  auto& it = *pointer<NumberIterator>(r1);
  const std::int64_t start = s32(r2), end = s32(r3);
  it = {};
  if (start > end) return CallResult::error(-EINVAL);
  if (end - start > max_numbers) return CallResult::error(-E2BIG);
  it.current = static_cast<std::int32_t>(static_cast<std::uint32_t>(start) - 1);
  it.end = s32(r3);
  return CallResult::of(0);
}
SKEP_CALL(bpf_iter_num_next) {
  auto& it = *pointer<NumberIterator>(r1);
  // In 32 bits, so that an iterator that began at the least number goes on right.
  const auto next = static_cast<std::int32_t>(static_cast<std::uint32_t>(it.current) + 1);
  if (next >= it.end) {
    it = {};
    return CallResult::of(0);
  }
  it.current = next;
  return result_of(&it.current);
}
SKEP_CALL(bpf_iter_num_destroy) {
  *pointer<NumberIterator>(r1) = {};
  return CallResult::of(0);
}

SKEP_CALL(bpf_iter_bits_new) {
  auto& it = *pointer<BitIterator>(r1);
  it = {nullptr, 0, -1};
  const std::uint32_t count = u32(r3);
  if (r2 == 0 || count == 0) return CallResult::error(-EINVAL);
  if (count > max_words) return CallResult::error(-E2BIG);
  auto words = std::make_unique<std::uint64_t[]>(count);
  if (env.read_memory(words.get(), r2, count * sizeof(std::uint64_t)) != 0) return CallResult::error(-EFAULT);
  it.words = words.release();
  env.holdings.add(Held::memory, address(it.words), free_words);
  it.count = count;
  return CallResult::of(0);
}
SKEP_CALL(bpf_iter_bits_next) {
  auto& it = *pointer<BitIterator>(r1);
  if (it.words == nullptr) return CallResult::of(0);
  for (auto bit = static_cast<std::uint32_t>(it.bit + 1); bit < it.count * 64; ++bit) {
    const std::uint64_t rest = it.words[bit / 64] >> (bit % 64);
    if (rest == 0) {
      bit |= 63;
      continue;
    }
    it.bit = static_cast<std::int32_t>(bit + static_cast<std::uint32_t>(std::countr_zero(rest)));
    return result_of(&it.bit);
  }
  it.bit = static_cast<std::int32_t>(it.count * 64);
  return CallResult::of(0);
}
SKEP_CALL(bpf_iter_bits_destroy) {
  auto& it = *pointer<BitIterator>(r1);
  if (it.words != nullptr) {
    env.holdings.remove(Held::memory, address(it.words));
    free_words(address(it.words), nullptr);
  }
  it = {};
  return CallResult::of(0);
}

}  // namespace skep::calls::impl
