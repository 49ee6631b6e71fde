// The table behind the hash maps, hash-of-maps and local storage: nodes in chains, read without locks.
//
// A node is header, key, value, so the key of a value is at a fixed distance before it. Preallocated nodes come from
// one area and are used again at once, as the kernel does: a reader may find that the node it stands on has become
// another element's. Therefore every chain ends in a marker that names its bucket, and a reader that ends elsewhere
// starts again. Nodes without preallocation are freed after a grace period, as long as few wait for it; a run that
// deletes and creates without end ends none, and from then on its nodes are used again at once, too.
//
// Two threads that change different elements touch nothing in common: a writer locks one bucket, by a bit of the word
// that its chain begins with; and what is free (nodes; of tables without preallocation, the right to make one) lies in
// a place for each CPU of the machine, from which others only take what they cannot find at their own. Updates of what
// is there take a spare node, of which each place has one. The nodes of an LRU table are lru.hpp's, which takes them
// from their elements when there are no others. Tested by tests/maps/elements_test.cpp, and by
// tests/maps/stress_test.cpp with work items in the values.
#pragma once

#include <algorithm>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <mutex>
#include <utility>
#include <vector>

#include "maps/hash.hpp"
#include "maps/lru.hpp"
#include "maps/memory.hpp"

namespace skep::maps {

class HashTable final : private Lru::Nodes {
 public:
  struct Options {
    std::uint32_t key_size = 0;
    std::size_t value_bytes = 0;    // as stored: all CPUs'
    std::uint32_t max_entries = 0;  // 0: no limit (local storage)
    std::uint32_t buckets_for = 0;  // how many elements the buckets are made for
    bool preallocated = false;
    bool lru = false;
    bool common_lru = true;  // no lists of each CPU's own
    bool in_place = false;   // values are always updated where they are
    unsigned cpus = 1;       // of the Kernel
    std::uint64_t seed = 0;
    memory::AccountPtr account;
  };
  // What an element holds is given back by this, whenever it leaves the table, and once more before its memory serves
  // again (programs that still know the old element may have put something there). Shared with nodes that wait for a
  // grace period.
  class Owner {
   public:
    virtual ~Owner() = default;
    virtual void release(void* value) const = 0;
    virtual bool releases() const { return true; }  // false: values hold nothing that release() would give back
    // The element has been removed; programs may still look at it.
    virtual void removed(void* value) const { release(value); }
    mutable std::atomic<std::uint32_t> leaving{0};  // nodes that wait for their grace period
  };

  struct Node {
    std::atomic<std::uintptr_t> next{0};
    std::atomic<std::uint32_t> hash{0};
    std::atomic<std::uint32_t> id{0};
    std::atomic<std::uint32_t> next_free{0};
    std::atomic<std::uint8_t> live{0};
    std::atomic<std::uint8_t> referenced{0};
  };
  static constexpr std::size_t header_bytes = 24;
  static_assert(sizeof(Node) == header_bytes);

  // Null: no memory.
  static std::unique_ptr<HashTable> make(const Options& options, std::shared_ptr<const Owner> owner);
  ~HashTable();

  void* find(const void* key) const;            // the value, or null
  void* find_and_mark(const void* key) const {  // for LRU: it was used
    void* value = find(key);
    if (value != nullptr) {
      Node& node = node_of_value(value);
      if (node.referenced.load(std::memory_order_relaxed) == 0) node.referenced.store(1, std::memory_order_relaxed);
    }
    return value;
  }
  // But for what the map of the table adds (marks, CPUs).
  HashPlace place() const {
    return {.buckets = reinterpret_cast<std::uint64_t>(bucket_pages_.data()),
            .mask = mask_,
            .start = start_,
            .key_size = key_size_,
            .hash_at = offsetof(Node, hash),
            .mark_at = offsetof(Node, referenced),
            .key_at = header_bytes,
            .value_at = header_bytes + key_stride_};
  }
  const void* key_of(const void* value) const { return static_cast<const char*>(value) - key_stride_; }

  // Stores under `key`: `fill(new value, old value or null)` writes the value; an existing element is replaced by a new
  // one. Where `in_place(old value)` returns true nothing is replaced. `flags`: any, noexist, exist; `cpu`: for LRU.
  template <typename InPlace, typename Fill>
  int store(const void* key, std::uint64_t flags, InPlace&& in_place, Fill&& fill, unsigned cpu = 0) {
    if (lru_) return store_lru(key, flags, in_place, fill, cpu);
    for (;;) {
      Change change(*this, key);
      Node* old = change.find();
      if (old != nullptr && (flags & 1) != 0) return -17;  // EEXIST
      if (old == nullptr && (flags & 2) != 0) return -2;   // ENOENT
      if (old != nullptr && in_place(value_of(*old))) return 0;
      int error = 0;
      Place* from = nullptr;  // whose spare node it is
      Node* node = old != nullptr ? take_spare(from) : take_node(error);
      if (node == nullptr) {
        if (old == nullptr) return error;
        if (!preallocated_) return -12;  // ENOMEM
        change.unlock();
        yield();  // all spare nodes are on their way back
        continue;
      }
      set_key(*node, key, change.hash);
      fill(value_of(*node), old != nullptr ? value_of(*old) : nullptr);
      change.enter(*node, old);
      if (old != nullptr) give_spare(*old, from);
      return 0;
    }
  }
  // Removes `key`; `look(value)` sees it before. -ENOENT.
  template <typename Look>
  int erase(const void* key, Look&& look) {
    Change change(*this, key);
    Node* node = change.find();
    if (node == nullptr) return -2;
    look(value_of(*node));
    change.leave(*node);
    give_back(*node);
    return 0;
  }

  // What is in one bucket: `visit(key, value)` for each element, while nobody changes it. -ENOSPC, and nothing is
  // visited, if there are more than `most`. With `take` they leave the table.
  template <typename Visit>
  int visit_bucket(std::uint32_t index, std::uint32_t most, bool take, Visit&& visit) {
    if (is_end(first_of(bucket(index)))) return 0;
    std::vector<Node*> nodes;
    {
      Change change(*this, index);
      for (std::uintptr_t link = first_of(bucket(index)); !is_end(link);
           link = nodes.back()->next.load(std::memory_order_relaxed)) {
        if (nodes.size() == most) return -28;  // ENOSPC
        nodes.push_back(reinterpret_cast<Node*>(link));
      }
      for (Node* node : nodes) visit(key_of(value_of(*node)), value_of(*node));
      if (!take) return 0;
      for (Node* node : nodes) change.remove(*node);
    }
    for (Node* node : nodes) give_back(*node);
    return 0;
  }
  std::uint32_t bucket_count() const { return mask_ + 1; }

  // The element after `key`, in the table's order; the first for a null or unknown key. Null: no more.
  void* after(const void* key) const;
  // As Map::next_element. Steps over what comes and goes meanwhile without visiting anything twice.
  void* next(std::uint64_t& cursor) const;
  template <typename Do>
  void for_all(Do&& what) const {
    std::uint64_t cursor = 0;
    while (void* value = next(cursor)) what(value);
  }
  // The same of what is no element any more and is to be one again: programs may still know it, and have put something
  // there.
  template <typename Do>
  void for_all_memory(Do&& what) {
    if (preallocated_) {
      for (std::uint32_t i = 0; i < touched(); ++i) what(value_of(touched_node(i)));
      return;
    }
    for_all(what);
    for (std::uint32_t i = 0; i < place_count_; ++i) {
      const std::lock_guard guard(places_[i].kept_lock);
      for (Node* node : places_[i].kept) what(value_of(*node));
    }
  }

 private:
  // A chain's first node, or its end; and whether it is locked.
  using Bucket = std::atomic<std::uintptr_t>;
  static constexpr std::uintptr_t lock_bit = HashPlace::lock_bit;

  // What is free, as one CPU of the machine has it. Any thread may take it all the same.
  struct alignas(64) Place {
    std::atomic<std::uint64_t> free{0};  // nodes: the top's index + 1 below, a change number above
    // A node's index + 1: for an update of what is there. 0: it is taken, and who has taken it puts another one there.
    std::atomic<std::uint32_t> spare{0};
    // Not preallocated: so many elements may be made; and nodes that are to be used again.
    std::atomic<std::uint32_t> rights{0};
    std::atomic<std::uint32_t> kept_count{0};
    std::mutex kept_lock;
    std::vector<Node*> kept;
  };

  // One bucket, locked.
  class Change {
   public:
    Change(HashTable& table, const void* key) : hash(table.hash(key)), table_(table), key_(key) { lock(); }
    Change(HashTable& table, std::uint32_t its_hash) : hash(its_hash), table_(table), key_(nullptr) { lock(); }
    ~Change() { unlock(); }
    Change(const Change&) = delete;
    Change& operator=(const Change&) = delete;
    // The element of the key; nobody changes the chain meanwhile.
    Node* find();
    // `node` becomes the chain's first; `old`, if there is one, is what find() has found, and leaves it. Unlocks.
    void enter(Node& node, Node* old);
    // The same without another in its place.
    void leave(Node& found);
    bool remove(Node& node);
    void unlock() {
      if (bucket_ != nullptr)
        bucket_->store(bucket_->load(std::memory_order_relaxed) & ~lock_bit, std::memory_order_release);
      bucket_ = nullptr;
    }
    const std::uint32_t hash;

   private:
    void lock() {
      bucket_ = &table_.bucket(hash & table_.mask_);
      std::uintptr_t link = bucket_->load(std::memory_order_relaxed) & ~lock_bit;
      if (!bucket_->compare_exchange_strong(link, link | lock_bit, std::memory_order_acquire)) link = wait_for_lock();
      first_ = link;
    }
    std::uintptr_t wait_for_lock();
    HashTable& table_;
    const void* key_;
    Bucket* bucket_ = nullptr;
    std::uintptr_t first_ = 0;    // of the chain, when it was locked
    Bucket* found_at_ = nullptr;  // what leads to the node that find() has found
  };
  friend class Change;

  // A node for an element that may not come to be.
  struct Offered {
    Offered(HashTable& of, std::uint32_t id) : table(of), index(id) {}
    ~Offered() {
      if (index != Lru::none) table.lists_->give(index);
    }
    Offered(const Offered&) = delete;
    Offered& operator=(const Offered&) = delete;
    HashTable& table;
    std::uint32_t index;
  };
  friend struct Offered;

  // A node is taken before it is known whether a new one is needed, as Linux does: an update of what is there
  // may cost another element.
  template <typename InPlace, typename Fill>
  int store_lru(const void* key, std::uint64_t flags, InPlace&& in_place, Fill&& fill, unsigned cpu) {
    const bool needs_node = !in_place_ || flags != 2;
    Offered offered(*this, needs_node ? lists_->take(cpu) : Lru::none);
    if (needs_node && offered.index == Lru::none) return -12;  // ENOMEM
    Change change(*this, key);
    Node* old = change.find();
    if (old != nullptr && (flags & 1) != 0) return -17;  // EEXIST
    if (old == nullptr && (flags & 2) != 0) return -2;   // ENOENT
    if (old != nullptr && in_place(value_of(*old))) {
      old->referenced.store(1, std::memory_order_relaxed);
      return 0;
    }
    Node& node = node_at(offered.index);
    if (const std::uint32_t index = std::exchange(offered.index, Lru::none);
        node.id.load(std::memory_order_relaxed) != index)
      node.id.store(index, std::memory_order_relaxed);  // it has never been used
    release(node);
    set_key(node, key, change.hash);
    fill(value_of(node), old != nullptr ? value_of(*old) : nullptr);
    if (old != nullptr) node.referenced.store(1, std::memory_order_relaxed);
    change.enter(node, old);
    if (old != nullptr) give_back(*old);
    return 0;
  }

  bool was_used(std::uint32_t node) override { return node_at(node).referenced.load(std::memory_order_relaxed) != 0; }
  void forget_use(std::uint32_t node) override { node_at(node).referenced.store(0, std::memory_order_relaxed); }
  bool remove(std::uint32_t node) override;
  void let_go(std::uint32_t node) override { release(node_at(node)); }

  HashTable(const Options& options, std::shared_ptr<const Owner> owner);
  static void yield();
  std::uint32_t hash(const void* key) const {
    if (key_size_ > 8) return hash_of_long(key);
    const std::uint64_t h = mix_into_hash(start_, short_key(key));
    return static_cast<std::uint32_t>(h ^ (h >> 32));
  }
  std::uint32_t hash_of_long(const void* key) const;
  // A key of at most eight bytes, as it stands in a node. It may stand in an element that is just given to another key:
  // a callback's second argument does.
  std::uint64_t short_key(const void* key) const {
    if (key_size_ == 4 && reinterpret_cast<std::uintptr_t>(key) % 4 == 0)
      return __atomic_load_n(static_cast<const std::uint32_t*>(key), __ATOMIC_RELAXED);
    if (key_size_ == 8 && reinterpret_cast<std::uintptr_t>(key) % 8 == 0)
      return __atomic_load_n(static_cast<const std::uint64_t*>(key), __ATOMIC_RELAXED);
    return short_key_in_parts(key);
  }
  std::uint64_t short_key_in_parts(const void* key) const;
  static std::uint64_t* key_words(Node& node) {
    return reinterpret_cast<std::uint64_t*>(reinterpret_cast<char*>(&node) + header_bytes);
  }
  Bucket& bucket(std::uint32_t index) const { return reinterpret_cast<Bucket*>(bucket_pages_.data())[index]; }
  static std::uintptr_t first_of(const Bucket& bucket) { return bucket.load(std::memory_order_acquire) & ~lock_bit; }
  static bool is_end(std::uintptr_t link) { return (link & 1) != 0 || link == 0; }
  bool key_equal(const Node& node, const void* key) const;
  Node* find_in(const Bucket& bucket, const void* key, std::uint32_t hash) const;
  void* value_of(Node& node) const { return reinterpret_cast<char*>(&node) + header_bytes + key_stride_; }
  Node& node_of_value(void* value) const {
    return *reinterpret_cast<Node*>(static_cast<char*>(value) - key_stride_ - header_bytes);
  }
  Node& node_at(std::uint32_t index) const {
    return *reinterpret_cast<Node*>(node_pages_.data() + node_stride_ * index);
  }
  std::size_t element_bytes() const { return key_stride_ + value_stride_; }  // what programs see of a node
  void set_key(Node& node, const void* key, std::uint32_t hash) const;
  Place& own_place() const;
  Node* take_node(int& error);
  Node* pop_node();
  Node* take_untouched(Place& own);
  Node* make_node();
  Node* take_spare(Place*& from);
  void give_spare(Node& node, Place* from);
  void release(Node& node) const {
    if (releases_) owner_->release(value_of(node));
  }
  bool take_right();
  void give_right();
  void push_node(Place& place, std::uint32_t index) const;
  // Nodes that may have been used; and one of them.
  std::uint32_t touched() const {
    if (lru_) return max_entries_;
    return std::min(untouched_.load(std::memory_order_acquire), max_entries_) + place_count_;
  }
  Node& touched_node(std::uint32_t i) const {
    if (lru_) return node_at(i);
    const std::uint32_t used = touched() - place_count_;
    return node_at(i < used ? i : max_entries_ + std::min(i - used, place_count_ - 1));
  }
  void leave(Node& node);
  Node* take_kept();
  bool keep(Node& node);
  void give_back(Node& node);

  const std::uint32_t key_size_;
  const std::size_t key_stride_, value_stride_;
  const std::size_t node_stride_;
  const std::uint32_t max_entries_;
  const bool preallocated_;
  const bool lru_;
  const bool in_place_;
  const std::uint64_t start_;  // of a key's hash
  const std::shared_ptr<const Owner> owner_;
  const bool releases_;
  std::uint32_t mask_ = 0;
  std::uint32_t place_count_ = 0;
  Pages bucket_pages_;
  Pages node_pages_;
  std::unique_ptr<Place[]> places_;
  const memory::AccountPtr account_;  // pays for nodes that are not preallocated
  const std::uint32_t most_leaving_;

  alignas(64) std::atomic<std::uint32_t> untouched_{0};  // nodes from here on have never been used
  std::atomic<std::uint32_t> rights_{0};                 // that no place has
  std::unique_ptr<Lru> lists_;                           // of an LRU table
};

}  // namespace skep::maps
