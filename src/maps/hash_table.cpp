// See hash_table.hpp.
#include "maps/hash_table.hpp"

#include <algorithm>
#include <bit>
#include <cstring>
#include <new>
#include <thread>
#include <utility>

#include "maps/values.hpp"
#include "rcu/rcu.hpp"

namespace skep::maps {
namespace {

constexpr std::uint32_t most_stripes = 64;
constexpr std::uint32_t most_buckets = 1U << 24;

std::uint64_t mix(std::uint64_t a, std::uint64_t b) {
  const auto product = static_cast<unsigned __int128>(a ^ 0x9e3779b97f4a7c15U) * (b ^ 0xd6e8feb86659fd93U);
  return static_cast<std::uint64_t>(product) ^ static_cast<std::uint64_t>(product >> 64);
}

// A key may stand in an element that is just given to another key: a callback's second argument does.
std::uint64_t load_word(const char* p) {
  if (reinterpret_cast<std::uintptr_t>(p) % 8 == 0)
    return __atomic_load_n(reinterpret_cast<const std::uint64_t*>(p), __ATOMIC_RELAXED);
  std::uint64_t word = 0;
  copy_shared(&word, p, sizeof word);
  return word;
}
std::uint64_t load_bytes(const char* p, std::size_t size) {  // fewer than 8; the others are zeros
  if (size == 4 && reinterpret_cast<std::uintptr_t>(p) % 4 == 0)
    return __atomic_load_n(reinterpret_cast<const std::uint32_t*>(p), __ATOMIC_RELAXED);
  std::uint64_t word = 0;
  copy_shared(&word, p, size);
  return word;
}

std::uintptr_t end_of(std::uint32_t bucket) {
  return (static_cast<std::uintptr_t>(bucket) << 1) | 1;
}

struct AlignedFree {
  void operator()(char* p) const { ::operator delete(p, std::align_val_t{16}); }
};
using NodeMemory = std::unique_ptr<char, AlignedFree>;

// A node that waits for its grace period.
struct Leaving {
  NodeMemory memory;
  void* value;
  std::shared_ptr<const HashTable::Owner> owner;
  memory::AccountPtr account;
  std::uint64_t bytes;
};
constexpr std::size_t bookkeeping = 128;        // of a node beside its bytes, while it leaves
constexpr std::size_t bytes_leaving = 1 << 20;  // that may wait for a grace period before nodes are used again at once

}  // namespace

HashTable::HashTable(const Options& options, std::shared_ptr<const Owner> owner)
    : key_size_(options.key_size),
      key_stride_(round_up(options.key_size, 8)),
      node_stride_(round_up(header_bytes + key_stride_ + options.value_bytes, 8)),
      max_entries_(options.max_entries),
      preallocated_(options.preallocated),
      lru_(options.lru),
      seed_(options.seed),
      owner_(std::move(owner)),
      account_(options.account),
      most_leaving_(
          static_cast<std::uint32_t>(std::clamp<std::size_t>(bytes_leaving / (node_stride_ + bookkeeping), 16, 4096))) {
}

std::unique_ptr<HashTable> HashTable::make(const Options& options, std::shared_ptr<const Owner> owner) {
  std::unique_ptr<HashTable> table(new HashTable(options, std::move(owner)));
  const std::uint32_t wanted = std::clamp(options.buckets_for, 1U, most_buckets);
  const std::uint32_t buckets = std::bit_ceil(wanted);
  table->mask_ = buckets - 1;
  table->stripe_count_ = std::min(buckets, most_stripes);
  table->bucket_pages_ = Pages::make(std::size_t{buckets} * sizeof(Bucket), false, options.account);
  if (table->bucket_pages_.data() == nullptr) return nullptr;
  table->stripes_ = std::make_unique<Stripe[]>(table->stripe_count_);
  if (options.preallocated) {
    table->node_count_ = options.max_entries + table->stripe_count_;
    table->node_pages_ = Pages::make(table->node_stride_ * table->node_count_, false, options.account);
    if (table->node_pages_.data() == nullptr) return nullptr;
  }
  return table;
}

// Nobody knows the table any more, but those who look at single elements may.
HashTable::~HashTable() {
  if (bucket_pages_.data() == nullptr) return;
  const rcu::ReadGuard section;
  if (preallocated_) {
    const std::uint32_t used = std::min(untouched_.load(std::memory_order_acquire), node_count_);
    for (std::uint32_t i = 0; i < used; ++i) owner_->release(value_of(node_at(i)));
    return;
  }
  for (Node* node : kept_) leave(*node);
  for (std::uint32_t b = 0; b <= mask_; ++b) {
    std::uintptr_t link = bucket(b).load(std::memory_order_acquire);
    while (!is_end(link)) {
      Node& node = *reinterpret_cast<Node*>(link);
      link = node.next.load(std::memory_order_relaxed);
      owner_->release(value_of(node));
      leave(node);
    }
  }
}

void HashTable::yield() {
  std::this_thread::yield();
}

std::uint32_t HashTable::hash(const void* key) const {
  const char* p = static_cast<const char*>(key);
  std::uint64_t h = mix(seed_, key_size_);
  std::size_t left = key_size_;
  for (; left >= 8; left -= 8, p += 8) h = mix(h, load_word(p));
  if (left != 0) h = mix(h, load_bytes(p, left));
  return static_cast<std::uint32_t>(h ^ (h >> 32));
}

bool HashTable::key_equal(const Node& node, const void* key) const {
  const char* mine = reinterpret_cast<const char*>(&node) + header_bytes;
  const char* p = static_cast<const char*>(key);
  std::size_t i = 0;
  for (; i + 8 <= key_size_; i += 8) {
    if (load_word(mine + i) != load_word(p + i)) return false;
  }
  // A node's key is padded with zeros.
  return i == key_size_ || load_word(mine + i) == load_bytes(p + i, key_size_ - i);
}

void HashTable::set_key(Node& node, const void* key, std::uint32_t hash) const {
  char* mine = reinterpret_cast<char*>(&node) + header_bytes;
  for (std::size_t i = 0; i < key_stride_; i += 8) {
    const char* p = static_cast<const char*>(key) + i;
    const std::uint64_t word = key_size_ - i >= 8 ? load_word(p) : load_bytes(p, key_size_ - i);
    __atomic_store_n(reinterpret_cast<std::uint64_t*>(mine + i), word, __ATOMIC_RELAXED);
  }
  node.hash.store(hash, std::memory_order_relaxed);
  node.referenced.store(0, std::memory_order_relaxed);
}

HashTable::Node* HashTable::find_in(const Bucket& bucket, const void* key, std::uint32_t hash) const {
  for (;;) {
    std::uintptr_t link = bucket.load(std::memory_order_acquire);
    while (!is_end(link)) {
      Node& node = *reinterpret_cast<Node*>(link);
      if (node.hash.load(std::memory_order_relaxed) == hash && key_equal(node, key)) return &node;
      link = node.next.load(std::memory_order_acquire);
    }
    // Another bucket's end: the node under us was given to another element. Look again.
    if (link == 0 || link == end_of(hash & mask_)) return nullptr;
  }
}

void* HashTable::find(const void* key) const {
  const std::uint32_t h = hash(key);
  Node* node = find_in(bucket(h & mask_), key, h);
  return node != nullptr ? value_of(*node) : nullptr;
}

void HashTable::Change::insert(Node& node) {
  const std::uintptr_t first = bucket_->load(std::memory_order_relaxed);
  node.next.store(first != 0 ? first : end_of(hash & table_.mask_), std::memory_order_release);
  node.live.store(1, std::memory_order_relaxed);
  bucket_->store(reinterpret_cast<std::uintptr_t>(&node), std::memory_order_release);
}

bool HashTable::Change::remove(Node& node) {
  Bucket* link = bucket_;
  for (std::uintptr_t at = link->load(std::memory_order_relaxed); !is_end(at);
       at = link->load(std::memory_order_relaxed)) {
    Node& here = *reinterpret_cast<Node*>(at);
    if (&here == &node) {
      link->store(node.next.load(std::memory_order_relaxed), std::memory_order_release);
      node.live.store(0, std::memory_order_relaxed);
      return true;
    }
    link = &here.next;
  }
  return false;
}

bool HashTable::count_one() {
  if (count_.fetch_add(1, std::memory_order_relaxed) < max_entries_ || max_entries_ == 0) return true;
  count_.fetch_sub(1, std::memory_order_relaxed);
  return false;
}

bool HashTable::evict_one() {
  for (int round = 0; round < 4; ++round) {
    const std::uint32_t used = std::min(untouched_.load(std::memory_order_acquire), node_count_);
    for (std::uint32_t i = 0; i < used; ++i) {
      Node& node = node_at(hand_.fetch_add(1, std::memory_order_relaxed) % used);
      if (node.live.load(std::memory_order_relaxed) == 0) continue;
      if (round < 3 && node.referenced.exchange(0, std::memory_order_relaxed) != 0) continue;
      Change change(*this, node.hash.load(std::memory_order_relaxed));
      if (node.live.load(std::memory_order_relaxed) == 0 || !change.remove(node)) continue;
      count_.fetch_sub(1, std::memory_order_relaxed);
      change.unlock();
      give_back(node);
      return true;
    }
    if (count_.load(std::memory_order_relaxed) < max_entries_) return true;
  }
  return false;
}

HashTable::Node* HashTable::take_node() {
  if (!preallocated_) {
    if (Node* kept = take_kept()) return kept;
    if (account_ && !account_->take(node_stride_ + bookkeeping)) return nullptr;
    auto* memory = static_cast<char*>(::operator new(node_stride_, std::align_val_t{16}, std::nothrow));
    if (memory == nullptr) {
      if (account_) account_->give(node_stride_ + bookkeeping);
      return nullptr;
    }
    std::memset(memory, 0, node_stride_);
    Node* node = new (memory) Node;
    node->id = untouched_.fetch_add(1, std::memory_order_relaxed);
    return node;
  }
  std::uint64_t top = free_.load(std::memory_order_acquire);
  while (static_cast<std::uint32_t>(top) != 0) {
    Node& node = node_at(static_cast<std::uint32_t>(top) - 1);
    const std::uint64_t changed = ((top >> 32) + 1) << 32 | node.next_free.load(std::memory_order_relaxed);
    if (free_.compare_exchange_weak(top, changed, std::memory_order_acq_rel)) {
      owner_->release(value_of(node));
      return &node;
    }
  }
  std::uint32_t index = untouched_.load(std::memory_order_relaxed);
  while (index < node_count_) {
    // Made before others may come by it (the hand, the destructor): its memory is zero, which is what a new node is.
    if (!untouched_.compare_exchange_weak(index, index + 1, std::memory_order_acq_rel)) continue;
    Node& node = node_at(index);
    node.id = index;
    return &node;
  }
  return nullptr;
}

void HashTable::give_back(Node& node) {
  owner_->release(value_of(node));
  if (!preallocated_) {
    if (!keep(node)) leave(node);
    return;
  }
  const auto index = static_cast<std::uint32_t>(
      static_cast<std::size_t>(reinterpret_cast<char*>(&node) - node_pages_.data()) / node_stride_);
  std::uint64_t top = free_.load(std::memory_order_relaxed);
  do {
    node.next_free.store(static_cast<std::uint32_t>(top), std::memory_order_relaxed);
  } while (!free_.compare_exchange_weak(top, ((top >> 32) + 1) << 32 | (index + 1), std::memory_order_acq_rel));
}

// Frees a node that is not preallocated, after a grace period.
void HashTable::leave(Node& node) {
  owner_->leaving.fetch_add(1, std::memory_order_relaxed);
  auto leaving = std::make_unique<Leaving>();
  leaving->memory.reset(reinterpret_cast<char*>(&node));
  leaving->value = value_of(node);
  leaving->owner = owner_;
  leaving->account = account_;
  leaving->bytes = node_stride_ + bookkeeping;
  rcu::defer(
      [](void* p) {
        std::unique_ptr<Leaving> gone(static_cast<Leaving*>(p));
        const rcu::ReadGuard section;
        gone->owner->release(gone->value);
        gone->owner->leaving.fetch_sub(1, std::memory_order_relaxed);
        if (gone->account) gone->account->give(gone->bytes);
      },
      leaving.release());
}

// Keeps a node for the next element, when many wait for their grace period already. So a table has at most as many
// nodes as it ever had elements, and those that wait.
bool HashTable::keep(Node& node) {
  if (owner_->leaving.load(std::memory_order_relaxed) < most_leaving_) return false;
  const std::lock_guard guard(kept_lock_);
  try {
    kept_.push_back(&node);
  } catch (const std::bad_alloc&) {
    return false;
  }
  kept_count_.store(static_cast<std::uint32_t>(kept_.size()), std::memory_order_relaxed);
  return true;
}
HashTable::Node* HashTable::take_kept() {
  if (kept_count_.load(std::memory_order_relaxed) == 0) return nullptr;
  Node* node = nullptr;
  {
    const std::lock_guard guard(kept_lock_);
    if (kept_.empty()) return nullptr;
    node = kept_.back();
    kept_.pop_back();
    kept_count_.store(static_cast<std::uint32_t>(kept_.size()), std::memory_order_relaxed);
  }
  // Programs that still know the old element may have put something there.
  owner_->release(value_of(*node));
  zero_shared(value_of(*node), node_stride_ - header_bytes - key_stride_);
  return node;
}

void* HashTable::after(const void* key) const {
  std::uint32_t b = 0;
  if (key != nullptr) {
    const std::uint32_t h = hash(key);
    if (Node* node = find_in(bucket(h & mask_), key, h)) {
      const std::uintptr_t link = node->next.load(std::memory_order_acquire);
      if (!is_end(link)) return value_of(*reinterpret_cast<Node*>(link));
      b = (h & mask_) + 1;
    }
  }
  for (; b <= mask_; ++b) {
    const std::uintptr_t link = bucket(b).load(std::memory_order_acquire);
    if (!is_end(link)) return value_of(*reinterpret_cast<Node*>(link));
  }
  return nullptr;
}

// The cursor is the bucket and, in its lower half, the smallest id that has not been visited there.
void* HashTable::next(std::uint64_t& cursor) const {
  for (auto b = static_cast<std::uint32_t>(cursor >> 32); b <= mask_; ++b, cursor = std::uint64_t{b} << 32) {
    const auto from = static_cast<std::uint32_t>(cursor);
    if (from == ~0U) continue;
    Node* best = nullptr;
    std::uintptr_t link = bucket(b).load(std::memory_order_acquire);
    for (int steps = 0; !is_end(link) && steps < 1 << 20; ++steps) {
      Node& node = *reinterpret_cast<Node*>(link);
      const bool here = (node.hash.load(std::memory_order_relaxed) & mask_) == b;
      if (here && node.id >= from && (best == nullptr || node.id < best->id)) best = &node;
      link = node.next.load(std::memory_order_acquire);
    }
    if (best != nullptr) {
      cursor = std::uint64_t{b} << 32 | (best->id + 1);
      return value_of(*best);
    }
  }
  return nullptr;
}

}  // namespace skep::maps
