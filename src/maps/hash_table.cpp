// See hash_table.hpp.
#include "maps/hash_table.hpp"

#include <sched.h>

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

constexpr std::size_t cache_line = 64;
constexpr std::uint32_t most_places = 64;
constexpr std::uint32_t most_at_once = 16;  // nodes, or rights, that a place gets of what nobody has yet
constexpr std::uint32_t most_rights = 64;   // that a place keeps
constexpr std::uint32_t most_buckets = 1U << 24;

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
  return HashPlace::end_of(bucket);
}

struct AlignedFree {
  void operator()(char* p) const { ::operator delete(p, std::align_val_t{cache_line}); }
};
using NodeMemory = std::unique_ptr<char, AlignedFree>;

// A node that waits for its grace period: lies behind it, for when one leaves nobody can be told that there is no
// memory.
struct Leaving {
  NodeMemory memory;
  void* value;
  std::shared_ptr<const HashTable::Owner> owner;
  memory::AccountPtr account;
  std::uint64_t bytes;           // that it was charged for
  std::size_t seen_by_programs;  // key and value
};
constexpr std::size_t leaving_offset(std::size_t node_bytes) {
  return (node_bytes + alignof(Leaving) - 1) / alignof(Leaving) * alignof(Leaving);
}
constexpr std::size_t bookkeeping = 128;        // of a node beside its bytes, while it leaves
constexpr std::size_t bytes_leaving = 1 << 20;  // that may wait for a grace period before nodes are used again at once

}  // namespace

HashTable::HashTable(const Options& options, std::shared_ptr<const Owner> owner)
    : key_size_(options.key_size),
      key_stride_(round_up(options.key_size, 8)),
      value_stride_(round_up(options.value_bytes, 8)),
      node_stride_(round_up(header_bytes + key_stride_ + value_stride_, cache_line)),
      max_entries_(options.max_entries),
      preallocated_(options.preallocated),
      lru_(options.lru),
      in_place_(options.in_place),
      start_(mix_into_hash(options.seed, options.key_size)),
      owner_(std::move(owner)),
      releases_(owner_->releases()),
      account_(options.account),
      most_leaving_(
          static_cast<std::uint32_t>(std::clamp<std::size_t>(bytes_leaving / (node_stride_ + bookkeeping), 16, 4096))) {
}

std::unique_ptr<HashTable> HashTable::make(const Options& options, std::shared_ptr<const Owner> owner) {
  std::unique_ptr<HashTable> table(new HashTable(options, std::move(owner)));
  const std::uint32_t wanted = std::clamp(options.buckets_for, 1U, most_buckets);
  const std::uint32_t buckets = std::bit_ceil(wanted);
  table->mask_ = buckets - 1;
  table->place_count_ = std::bit_ceil(std::clamp(std::thread::hardware_concurrency(), 1U, most_places));
  table->rights_ = options.max_entries;
  table->bucket_pages_ = Pages::make(std::size_t{buckets} * sizeof(Bucket), false, options.account, false);
  if (table->bucket_pages_.data() == nullptr) return nullptr;
  table->places_ = std::make_unique<Place[]>(table->place_count_);
  const memory::Cells elements = {table->node_stride_, header_bytes, table->element_bytes()};
  if (options.lru) {
    table->node_pages_ = Pages::make(table->node_stride_ * options.max_entries, false, options.account, true, elements);
    if (table->node_pages_.data() == nullptr) return nullptr;
    const Lru::Options lists = {.nodes = options.max_entries, .cpus = options.cpus, .common = options.common_lru};
    table->lists_ = Lru::make(lists, *table, options.account);
    if (table->lists_ == nullptr) return nullptr;
  } else if (options.preallocated) {
    const std::size_t nodes = std::size_t{options.max_entries} + table->place_count_;
    table->node_pages_ = Pages::make(table->node_stride_ * nodes, false, options.account, true, elements);
    if (table->node_pages_.data() == nullptr) return nullptr;
    for (std::uint32_t i = 0; i < table->place_count_; ++i) table->places_[i].spare = options.max_entries + i + 1;
  }
  return table;
}

// Nobody knows the table any more, but those who look at single elements may.
HashTable::~HashTable() {
  if (bucket_pages_.data() == nullptr || (preallocated_ && node_pages_.data() == nullptr)) return;  // it was never made
  const rcu::ReadGuard section;
  if (lru_ && !releases_) return;
  if (preallocated_) {
    for (std::uint32_t i = 0; i < touched(); ++i) owner_->release(value_of(touched_node(i)));
    return;
  }
  for (std::uint32_t i = 0; i < place_count_; ++i)
    for (Node* node : places_[i].kept) leave(*node);
  for (std::uint32_t b = 0; b <= mask_; ++b) {
    std::uintptr_t link = first_of(bucket(b));
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

std::uint64_t HashTable::short_key_in_parts(const void* key) const {
  const char* p = static_cast<const char*>(key);
  return key_size_ == 8 ? load_word(p) : load_bytes(p, key_size_);
}

std::uint32_t HashTable::hash_of_long(const void* key) const {
  const char* p = static_cast<const char*>(key);
  std::uint64_t h = start_;
  std::size_t left = key_size_;
  for (; left >= 8; left -= 8, p += 8) h = mix_into_hash(h, load_word(p));
  if (left != 0) h = mix_into_hash(h, load_bytes(p, left));
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
  node.hash.store(hash, std::memory_order_relaxed);
  node.referenced.store(0, std::memory_order_relaxed);
  if (key_size_ <= 8) return __atomic_store_n(key_words(node), short_key(key), __ATOMIC_RELAXED);
  char* mine = reinterpret_cast<char*>(&node) + header_bytes;
  for (std::size_t i = 0; i < key_stride_; i += 8) {
    const char* p = static_cast<const char*>(key) + i;
    const std::uint64_t word = key_size_ - i >= 8 ? load_word(p) : load_bytes(p, key_size_ - i);
    __atomic_store_n(reinterpret_cast<std::uint64_t*>(mine + i), word, __ATOMIC_RELAXED);
  }
}

HashTable::Node* HashTable::find_in(const Bucket& bucket, const void* key, std::uint32_t hash) const {
  for (;;) {
    std::uintptr_t link = first_of(bucket);
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

std::uintptr_t HashTable::Change::wait_for_lock() {
  for (unsigned tries = 1;; ++tries) {
    std::uintptr_t link = bucket_->load(std::memory_order_relaxed);
    if ((link & lock_bit) == 0 && bucket_->compare_exchange_weak(link, link | lock_bit, std::memory_order_acquire))
      return link;
    // Who holds it needs some nanoseconds, unless it lost its CPU; a thread of higher priority must sleep for it then.
    if (tries % 64 == 0) yield();
    if (tries % 8192 == 0) std::this_thread::sleep_for(std::chrono::microseconds(50));
  }
}

HashTable::Node* HashTable::Change::find() {
  const bool is_short = table_.key_size_ <= 8;
  const std::uint64_t word = is_short ? table_.short_key(key_) : 0;
  found_at_ = bucket_;
  for (std::uintptr_t link = first_; !is_end(link); link = found_at_->load(std::memory_order_relaxed)) {
    Node& node = *reinterpret_cast<Node*>(link);
    if (node.hash.load(std::memory_order_relaxed) == hash &&
        (is_short ? __atomic_load_n(key_words(node), __ATOMIC_RELAXED) == word : table_.key_equal(node, key_)))
      return &node;
    found_at_ = &node.next;
  }
  return nullptr;
}

// Who looks meanwhile finds the old one or the new one, and never neither.
void HashTable::Change::enter(Node& node, Node* old) {
  const bool instead = old != nullptr && found_at_ == bucket_;
  const std::uintptr_t next = instead ? old->next.load(std::memory_order_relaxed) : first_;
  node.next.store(next != 0 ? next : end_of(hash & table_.mask_), std::memory_order_release);
  node.live.store(1, std::memory_order_relaxed);
  const auto link = reinterpret_cast<std::uintptr_t>(&node);
  if (old != nullptr) {
    if (!instead) {
      bucket_->store(link | lock_bit, std::memory_order_release);
      found_at_->store(old->next.load(std::memory_order_relaxed), std::memory_order_release);
    }
    old->live.store(0, std::memory_order_relaxed);
  }
  bucket_->store(link, std::memory_order_release);
  bucket_ = nullptr;
}

void HashTable::Change::leave(Node& found) {
  const std::uintptr_t next = found.next.load(std::memory_order_relaxed);
  found.live.store(0, std::memory_order_relaxed);
  if (found_at_ != bucket_) {
    found_at_->store(next, std::memory_order_release);
    return unlock();
  }
  bucket_->store(next, std::memory_order_release);
  bucket_ = nullptr;
}

bool HashTable::Change::remove(Node& node) {
  Bucket* link = bucket_;
  for (std::uintptr_t at = first_of(*link); !is_end(at); at = link->load(std::memory_order_relaxed)) {
    Node& here = *reinterpret_cast<Node*>(at);
    if (&here == &node) {
      const std::uintptr_t next = node.next.load(std::memory_order_relaxed);
      link->store(link == bucket_ ? next | lock_bit : next, std::memory_order_release);
      node.live.store(0, std::memory_order_relaxed);
      return true;
    }
    link = &here.next;
  }
  return false;
}

bool HashTable::remove(std::uint32_t index) {
  Node& node = node_at(index);
  if (node.live.load(std::memory_order_relaxed) == 0) return false;
  Change change(*this, node.hash.load(std::memory_order_relaxed));
  return node.live.load(std::memory_order_relaxed) != 0 && change.remove(node);
}

// ---- what is free ---------------------------------------------------------------------------------------------------

HashTable::Place& HashTable::own_place() const {
  return places_[static_cast<unsigned>(sched_getcpu()) & (place_count_ - 1)];
}

// For a new element: -E2BIG, if there are as many as there may be.
HashTable::Node* HashTable::take_node(int& error) {
  error = -7;
  if (preallocated_) return pop_node();
  if (!take_right()) return nullptr;
  error = -12;
  Node* node = make_node();
  if (node == nullptr) give_right();
  return node;
}

HashTable::Node* HashTable::pop_node() {
  Place& own = own_place();
  const auto first = static_cast<std::uint32_t>(&own - places_.get());
  for (std::uint32_t i = 0; i < place_count_; ++i) {
    std::atomic<std::uint64_t>& free = places_[(first + i) & (place_count_ - 1)].free;
    std::uint64_t top = free.load(std::memory_order_acquire);
    while (static_cast<std::uint32_t>(top) != 0) {
      Node& node = node_at(static_cast<std::uint32_t>(top) - 1);
      const std::uint64_t changed = ((top >> 32) + 1) << 32 | node.next_free.load(std::memory_order_relaxed);
      if (!free.compare_exchange_weak(top, changed, std::memory_order_acq_rel)) continue;
      release(node);
      return &node;
    }
    if (i == 0)
      if (Node* node = take_untouched(own)) return node;
  }
  return nullptr;
}

// Some at once where there are many: the others wait in the CPU's place. Made before others may come by them (the hand,
// the destructor): their memory is zero, which is what a new node is.
HashTable::Node* HashTable::take_untouched(Place& own) {
  std::uint32_t index = untouched_.load(std::memory_order_relaxed), count = 0;
  do {
    if (index >= max_entries_) return nullptr;
    count = (max_entries_ - index) / most_at_once > place_count_ ? most_at_once : 1;
  } while (!untouched_.compare_exchange_weak(index, index + count, std::memory_order_acq_rel));
  for (std::uint32_t i = index + count; i-- > index;) {
    node_at(i).id.store(i, std::memory_order_relaxed);
    if (i != index) push_node(own, i);
  }
  return &node_at(index);
}

void HashTable::push_node(Place& place, std::uint32_t index) const {
  Node& node = node_at(index);
  std::uint64_t top = place.free.load(std::memory_order_relaxed);
  do {
    node.next_free.store(static_cast<std::uint32_t>(top), std::memory_order_relaxed);
  } while (!place.free.compare_exchange_weak(top, ((top >> 32) + 1) << 32 | (index + 1), std::memory_order_acq_rel));
}

HashTable::Node* HashTable::make_node() {
  if (Node* kept = take_kept()) return kept;
  if (account_ && !account_->take(node_stride_ + bookkeeping)) return nullptr;
  auto* memory = static_cast<char*>(
      ::operator new(leaving_offset(node_stride_) + sizeof(Leaving), std::align_val_t{cache_line}, std::nothrow));
  if (memory == nullptr) {
    if (account_) account_->give(node_stride_ + bookkeeping);
    return nullptr;
  }
  std::memset(memory, 0, node_stride_);
  Node* node = new (memory) Node;
  node->id.store(untouched_.fetch_add(1, std::memory_order_relaxed), std::memory_order_relaxed);
  if (account_) account_->territory().add(memory + header_bytes, element_bytes());
  return node;
}

// For another element in the place of one that is there. There are as many spare nodes as places, and each place gets
// one back from who has taken its own: `from`.
HashTable::Node* HashTable::take_spare(Place*& from) {
  if (!preallocated_) return make_node();
  const auto first = static_cast<std::uint32_t>(&own_place() - places_.get());
  for (std::uint32_t i = 0; i < place_count_; ++i) {
    Place& place = places_[(first + i) & (place_count_ - 1)];
    if (place.spare.load(std::memory_order_relaxed) == 0) continue;
    const std::uint32_t found = place.spare.exchange(0, std::memory_order_acquire);
    if (found == 0) continue;
    from = &place;
    Node& node = node_at(found - 1);
    if (node.id != found - 1) node.id.store(found - 1, std::memory_order_relaxed);  // it has never been used
    release(node);
    return &node;
  }
  return nullptr;
}

void HashTable::give_spare(Node& node, Place* from) {
  release(node);
  if (preallocated_) return from->spare.store(node.id + 1, std::memory_order_release);
  if (!keep(node)) leave(node);
}

// Of an element that is gone.
void HashTable::give_back(Node& node) {
  if (releases_) owner_->removed(value_of(node));
  if (lru_) return lists_->give(node.id);
  if (preallocated_) return push_node(own_place(), node.id);
  give_right();
  if (!keep(node)) leave(node);
}

bool HashTable::take_right() {
  if (max_entries_ == 0) return true;
  Place& own = own_place();
  const auto take_one = [](std::atomic<std::uint32_t>& of) {
    std::uint32_t rights = of.load(std::memory_order_relaxed);
    while (rights != 0)
      if (of.compare_exchange_weak(rights, rights - 1, std::memory_order_relaxed)) return true;
    return false;
  };
  if (take_one(own.rights)) return true;
  std::uint32_t all = rights_.load(std::memory_order_relaxed);
  while (all != 0) {
    const std::uint32_t some = all / most_at_once > place_count_ ? most_at_once : 1;
    if (!rights_.compare_exchange_weak(all, all - some, std::memory_order_relaxed)) continue;
    if (some > 1) own.rights.fetch_add(some - 1, std::memory_order_relaxed);
    return true;
  }
  for (std::uint32_t i = 0; i < place_count_; ++i)
    if (take_one(places_[i].rights)) return true;
  return false;
}

void HashTable::give_right() {
  if (max_entries_ == 0) return;
  std::atomic<std::uint32_t>& rights = own_place().rights;
  std::uint32_t now = rights.fetch_add(1, std::memory_order_relaxed) + 1;
  if (now > most_rights && rights.compare_exchange_strong(now, now - most_rights / 2, std::memory_order_relaxed))
    rights_.fetch_add(most_rights / 2, std::memory_order_relaxed);
}

// Frees a node that is not preallocated, after a grace period.
void HashTable::leave(Node& node) {
  owner_->leaving.fetch_add(1, std::memory_order_relaxed);
  char* const memory = reinterpret_cast<char*>(&node);
  auto* const leaving = new (memory + leaving_offset(node_stride_))
      Leaving{NodeMemory(memory), value_of(node), owner_, account_, node_stride_ + bookkeeping, element_bytes()};
  rcu::defer(
      [](void* p) {
        auto* const there = static_cast<Leaving*>(p);
        const Leaving gone = std::move(*there);  // with the memory in which it was
        std::destroy_at(there);
        const rcu::ReadGuard section;
        gone.owner->release(gone.value);
        gone.owner->leaving.fetch_sub(1, std::memory_order_relaxed);
        if (!gone.account) return;
        gone.account->territory().remove(gone.memory.get() + HashTable::header_bytes, gone.seen_by_programs);
        gone.account->give(gone.bytes);
      },
      leaving);
}

// Keeps a node for the next element, when many wait for their grace period already. So a table has at most as many
// nodes as it ever had elements, and those that wait.
bool HashTable::keep(Node& node) {
  if (owner_->leaving.load(std::memory_order_relaxed) < most_leaving_) return false;
  Place& own = own_place();
  const std::lock_guard guard(own.kept_lock);
  try {
    own.kept.push_back(&node);
  } catch (const std::bad_alloc&) {
    return false;
  }
  own.kept_count.store(static_cast<std::uint32_t>(own.kept.size()), std::memory_order_relaxed);
  // Once more, now that for_all_memory() finds it: what a program has put there since, it may have missed.
  if (releases_) owner_->removed(value_of(node));
  return true;
}
HashTable::Node* HashTable::take_kept() {
  Node* node = nullptr;
  const auto first = static_cast<std::uint32_t>(&own_place() - places_.get());
  for (std::uint32_t i = 0; i < place_count_ && node == nullptr; ++i) {
    Place& place = places_[(first + i) & (place_count_ - 1)];
    if (place.kept_count.load(std::memory_order_relaxed) == 0) continue;
    const std::lock_guard guard(place.kept_lock);
    if (place.kept.empty()) continue;
    node = place.kept.back();
    place.kept.pop_back();
    place.kept_count.store(static_cast<std::uint32_t>(place.kept.size()), std::memory_order_relaxed);
  }
  if (node == nullptr) return nullptr;
  // Programs that still know the old element may have put something there.
  release(*node);
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
    const std::uintptr_t link = first_of(bucket(b));
    if (!is_end(link)) return value_of(*reinterpret_cast<Node*>(link));
  }
  return nullptr;
}

// The cursor is the bucket and, in its lower half, the smallest id that has not been visited there. A bucket in which
// nothing else is left is not gone through once more.
void* HashTable::next(std::uint64_t& cursor) const {
  for (auto b = static_cast<std::uint32_t>(cursor >> 32); b <= mask_; ++b, cursor = std::uint64_t{b} << 32) {
    const auto from = static_cast<std::uint32_t>(cursor);
    if (from == ~0U) continue;
    Node* best = nullptr;
    std::uint32_t best_id = 0;
    bool more = false;
    std::uintptr_t link = first_of(bucket(b));
    for (int steps = 0; !is_end(link) && steps < 1 << 20; ++steps) {
      Node& node = *reinterpret_cast<Node*>(link);
      const std::uint32_t id = node.id.load(std::memory_order_relaxed);
      if ((node.hash.load(std::memory_order_relaxed) & mask_) == b && id >= from) {
        more |= best != nullptr;
        if (best == nullptr || id < best_id) {
          best = &node;
          best_id = id;
        }
      }
      link = node.next.load(std::memory_order_acquire);
    }
    if (best != nullptr) {
      cursor = more ? std::uint64_t{b} << 32 | (best_id + 1) : std::uint64_t{b + 1} << 32;
      return value_of(*best);
    }
  }
  return nullptr;
}

}  // namespace skep::maps
