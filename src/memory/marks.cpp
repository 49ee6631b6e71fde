// See memory/marks.hpp.
#include "memory/marks.hpp"

#include <algorithm>
#include <new>
#include <utility>

#include "memory/in_signal.hpp"

namespace skep::memory {
namespace {

// How an address of a process is taken apart; below the first there are the bits in a unit, one of which has a mark.
constexpr unsigned unit_bits = 3, table_bits = 18, branch_bits = 5, middle_bits = 12;
constexpr unsigned address_bits = 47;
constexpr std::uint64_t word_bits = 64;             // marks
constexpr std::size_t few_tables = 16;              // never looked at
constexpr std::uint64_t bytes_a_table = 32 * 1024;  // a table is worth its 4 KiB where so much is marked

// The one that another thread or this one has made; null: no memory.
template <typename T>
T* existing_or_made(std::atomic<T*>& place, bool make) {
  T* there = place.load(std::memory_order_acquire);
  if (there != nullptr || !make) return there;
  std::unique_ptr<T> made(new (std::nothrow) T());
  if (made == nullptr || !place.compare_exchange_strong(there, made.get(), std::memory_order_acq_rel)) return there;
  return made.release();
}

// Calls what(unit, bits) for each word of marks until it answers false; whether all answered true.
template <typename Do>
bool for_words(std::uint64_t from, std::size_t size, Do&& what) {
  std::uint64_t unit = from >> unit_bits;
  const std::uint64_t end = (from + size + (1U << unit_bits) - 1) >> unit_bits;
  while (unit < end) {
    const std::uint64_t count = std::min(end - unit, word_bits - unit % word_bits);
    const std::uint64_t bits = (count == word_bits ? ~std::uint64_t{0} : (std::uint64_t{1} << count) - 1)
                               << (unit % word_bits);
    if (!what(unit, bits)) return false;
    unit += count;
  }
  return true;
}

}  // namespace

// The marks of 256 KiB.
struct Marks::Table {
  std::array<std::atomic<std::uint64_t>, (1U << (table_bits - unit_bits)) / word_bits> words = {};
  Table* next = nullptr;  // of those that were taken away

  bool empty() const {
    return std::all_of(words.begin(), words.end(),
                       [](const auto& word) { return word.load(std::memory_order_relaxed) == 0; });
  }
  static void free(Table* table) { const std::unique_ptr<Table> owned(table); }
};
struct Marks::Branch {
  std::array<Slot, 1U << branch_bits> slots = {};
  ~Branch() {
    for (Slot& slot : slots) Table::free(table_in(slot.load(std::memory_order_relaxed)));
  }
};
struct Marks::Middle {
  std::array<std::atomic<Branch*>, 1U << middle_bits> branches = {};
  ~Middle() {
    for (auto& branch : branches) const std::unique_ptr<Branch> owned(branch.load(std::memory_order_relaxed));
  }
};

Marks::Marks() : top_{} {}
Marks::~Marks() {
  for (auto& middle : top_) const std::unique_ptr<Middle> owned(middle.load(std::memory_order_relaxed));
}

Marks::Slot* Marks::slot_of(std::uint64_t unit, bool make) const {
  static_assert(table_bits + branch_bits + middle_bits + top_bits == address_bits);
  const std::uint64_t table = unit >> (table_bits - unit_bits);
  if (table >> (branch_bits + middle_bits + top_bits) != 0) return nullptr;
  Middle* const middle = existing_or_made(top_[table >> (branch_bits + middle_bits)], make);
  if (middle == nullptr) return nullptr;
  Branch* const branch = existing_or_made(middle->branches[(table >> branch_bits) & ((1U << middle_bits) - 1)], make);
  return branch == nullptr ? nullptr : &branch->slots[table & ((1U << branch_bits) - 1)];
}

// Makes the table, or withdraws its announcement.
std::atomic<std::uint64_t>* Marks::word_to_set(std::uint64_t unit) {
  Slot* const slot = slot_of(unit, true);
  if (slot == nullptr) return nullptr;
  std::uintptr_t there = slot->load(std::memory_order_acquire);
  std::unique_ptr<Table> made;
  while (there == 0 || (there & announced) != 0) {
    if (there == 0 && made == nullptr) made.reset(new (std::nothrow) Table());
    if (there == 0 && made == nullptr) return nullptr;
    const std::uintptr_t wanted = there == 0 ? reinterpret_cast<std::uintptr_t>(made.get()) : there & ~announced;
    if (!slot->compare_exchange_weak(there, wanted, std::memory_order_acq_rel)) continue;
    if (there == 0) {
      static_cast<void>(made.release());
      const std::size_t tables = tables_.fetch_add(1, std::memory_order_relaxed) + 1;
      const std::size_t known = swept_to_.load(std::memory_order_relaxed);
      if (tables > known + known / 4 + few_tables)
        sweep_below_.store(tables * bytes_a_table, std::memory_order_relaxed);
    }
    there = wanted;
  }
  Table& table = *table_in(there);
  return &table.words[(unit / word_bits) % table.words.size()];
}

// Null: nothing was ever marked there.
std::atomic<std::uint64_t>* Marks::word(std::uint64_t unit) const {
  const Slot* const slot = slot_of(unit, false);
  Table* const table = slot == nullptr ? nullptr : table_in(slot->load(std::memory_order_acquire));
  return table == nullptr ? nullptr : &table->words[(unit / word_bits) % table->words.size()];
}

void Marks::set(std::uint64_t from, std::size_t size) {
  const rcu::ReadGuard section;
  for_words(from, size, [this](std::uint64_t unit, std::uint64_t bits) {
    if (auto* const word = word_to_set(unit)) word->fetch_or(bits, std::memory_order_relaxed);
    return true;
  });
}
void Marks::clear(std::uint64_t from, std::size_t size) {
  const rcu::ReadGuard section;
  for_words(from, size, [this](std::uint64_t unit, std::uint64_t bits) {
    if (auto* const there = word(unit)) there->fetch_and(~bits, std::memory_order_relaxed);
    return true;
  });
}
bool Marks::all(std::uint64_t from, std::size_t size) const {
  const rcu::ReadGuard section;
  return for_words(from, size, [this](std::uint64_t unit, std::uint64_t bits) {
    const auto* const there = word(unit);
    return there != nullptr && (there->load(std::memory_order_relaxed) & bits) == bits;
  });
}
bool Marks::any(std::uint64_t from, std::size_t size) const {
  const rcu::ReadGuard section;
  return !for_words(from, size, [this](std::uint64_t unit, std::uint64_t bits) {
    const auto* const there = word(unit);
    return there == nullptr || (there->load(std::memory_order_relaxed) & bits) == 0;
  });
}

template <typename Do>
void Marks::for_slots(Do&& what) {
  for (auto& top : top_) {
    Middle* const middle = top.load(std::memory_order_acquire);
    if (middle == nullptr) continue;
    for (auto& place : middle->branches) {
      Branch* const branch = place.load(std::memory_order_acquire);
      if (branch == nullptr) continue;
      for (Slot& slot : branch->slots)
        if (const std::uintptr_t there = slot.load(std::memory_order_acquire); there != 0) what(slot, there);
    }
  }
}

template <void (Marks::*step)()>
void Marks::after_grace_period() {
  rcu::defer(wait_, [](void* marks) { (static_cast<Marks*>(marks)->*step)(); }, this);
}

void Marks::start_sweep(std::uint64_t bytes) {
  if (in_signal_handler) return;
  sweep_below_.store(bytes / 2, std::memory_order_relaxed);
  again_.store(true, std::memory_order_seq_cst);
  look();
}

void Marks::look() {
  if (sweeping_.exchange(true, std::memory_order_seq_cst)) return;
  alive_ = shared_from_this();
  after_grace_period<&Marks::announce_empty>();
}

void Marks::announce_empty() {
  again_.store(false, std::memory_order_seq_cst);
  for_slots([](Slot& slot, std::uintptr_t there) {
    if ((there & announced) == 0 && table_in(there)->empty())
      slot.compare_exchange_strong(there, there | announced, std::memory_order_acq_rel);
  });
  after_grace_period<&Marks::take_away>();
}

// Whoever set a mark without looking at the announcement has left its section.
void Marks::take_away() {
  for_slots([this](Slot& slot, std::uintptr_t there) {
    if ((there & announced) == 0) return;
    Table* const table = table_in(there);
    if (!table->empty()) {
      slot.compare_exchange_strong(there, there & ~announced, std::memory_order_acq_rel);
    } else if (slot.compare_exchange_strong(there, 0, std::memory_order_acq_rel)) {
      table->next = std::exchange(taken_, table);
    }
  });
  after_grace_period<&Marks::free_and_look_again>();
}

void Marks::free_and_look_again() {
  std::size_t freed = 0;
  while (taken_ != nullptr) {
    Table::free(std::exchange(taken_, taken_->next));
    ++freed;
  }
  const std::size_t tables = tables_.fetch_sub(freed, std::memory_order_relaxed) - freed;
  swept_to_.store(tables, std::memory_order_relaxed);
  const bool few = tables <= few_tables;
  // While much goes, more may have gone.
  if (!few && (freed > tables / 8 || again_.load(std::memory_order_seq_cst)))
    return after_grace_period<&Marks::announce_empty>();
  const std::uint64_t worth = few ? 0 : tables * bytes_a_table;
  if (worth < sweep_below_.load(std::memory_order_relaxed)) sweep_below_.store(worth, std::memory_order_relaxed);
  const std::shared_ptr<Marks> alive = std::move(alive_);
  sweeping_.store(false, std::memory_order_seq_cst);
  if (!few && again_.load(std::memory_order_seq_cst)) look();
}

}  // namespace skep::memory
