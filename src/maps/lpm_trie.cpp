// The LPM trie: values by the longest prefix of their key that matches.
//
// A binary trie with one node a branching: readers walk it without locks, writers hold one lock. An element that is
// replaced or removed is unlinked at once and freed after a grace period; branch nodes without an element that have
// become needless are taken out. A run that replaces and removes without end ends no grace period: when many nodes wait
// for one, others are used again at once. A reader that finds that one was walks again, and what stands in a node is
// read and written with the care that this takes. Tested by tests/maps/elements_test.cpp and
// tests/bounds/recreate_test.cpp.
#include <array>
#include <atomic>
#include <bit>
#include <cerrno>
#include <cstring>
#include <mutex>
#include <vector>

#include "maps/attributes.hpp"
#include "maps/value_lock.hpp"
#include "maps/values.hpp"
#include "rcu/rcu.hpp"

namespace skep::maps {
namespace {

class LpmTrie final : public Map {
 public:
  explicit LpmTrie(const MapAttributes& attributes)
      : Map(attributes), bytes_(attributes.info.key_size - 4), bits_(bytes_ * 8), account_(attributes.account) {}
  ~LpmTrie() override {
    free_all(root_.load(std::memory_order_acquire));
    for (Node* kept : {kept_, kept_with_words_})
      while (kept != nullptr) free_later(std::exchange(kept, next_kept(kept)));
  }

  void* lookup(const void* key, unsigned) override {
    const Key wanted = read(key);
    if (wanted.length > bits_) return nullptr;
    for (;;) {
      const std::uint64_t seen = used_again_.load(std::memory_order_acquire);
      void* const value = walk(wanted);
      if (used_again_.load(std::memory_order_acquire) == seen) return value;
    }
  }

  int update(const void* key, const void* value, std::uint64_t flags, unsigned) override {
    if (flags > elem_flag::exist) return -EINVAL;
    const Key wanted = read(key);
    if (wanted.length > bits_) return -EINVAL;
    const std::lock_guard lock(lock_);
    std::uint32_t same = 0;
    Link* link = find_link(wanted, same);
    Node* at = link->load(std::memory_order_relaxed);
    const bool exact = at != nullptr && at->length() == wanted.length && same == wanted.length;
    const bool exists = exact && at->has_value();
    if (exists && flags == elem_flag::noexist) return -EEXIST;
    if (!exists && flags == elem_flag::exist) return -ENOENT;
    if (!exists && count_ == info_->max_entries) return -ENOSPC;
    Node* node = make(wanted, wanted.length, value);
    if (node == nullptr) return -ENOMEM;
    if (!exists) ++count_;
    if (exact) {
      for (int i = 0; i < 2; ++i)
        node->child[i].store(at->child[i].load(std::memory_order_relaxed), std::memory_order_relaxed);
      link->store(node, std::memory_order_release);
      leave(at);
    } else if (at == nullptr) {
      link->store(node, std::memory_order_release);
    } else if (same == wanted.length) {  // the new prefix is one of the old node's
      node->child[at->bit(same)].store(at, std::memory_order_relaxed);
      link->store(node, std::memory_order_release);
    } else {
      Node* branch = make(wanted, same, nullptr);
      if (branch == nullptr) {
        --count_;
        leave(node);
        return -ENOMEM;
      }
      branch->child[wanted.bit(same)].store(node, std::memory_order_relaxed);
      branch->child[at->bit(same)].store(at, std::memory_order_relaxed);
      link->store(branch, std::memory_order_release);
    }
    return 0;
  }

  int erase(const void* key) override {
    const Key wanted = read(key);
    if (wanted.length > bits_) return -EINVAL;
    const std::lock_guard lock(lock_);
    Link* parent_link = nullptr;
    Link* link = &root_;
    Node* at = link->load(std::memory_order_relaxed);
    while (at != nullptr && common(*at, wanted) == at->length() && at->length() < wanted.length) {
      parent_link = link;
      link = &at->child[wanted.bit(at->length())];
      at = link->load(std::memory_order_relaxed);
    }
    if (at == nullptr || at->length() != wanted.length || common(*at, wanted) != wanted.length || !at->has_value())
      return -ENOENT;
    --count_;
    Node* left = at->child[0].load(std::memory_order_relaxed);
    Node* right = at->child[1].load(std::memory_order_relaxed);
    if (left != nullptr && right != nullptr) {                     // it still branches
      Node* branch = make(wanted, wanted.length, nullptr, false);  // to delete needs no memory that is counted
      branch->child[0].store(left, std::memory_order_relaxed);
      branch->child[1].store(right, std::memory_order_relaxed);
      link->store(branch, std::memory_order_release);
    } else {
      Node* only = left != nullptr ? left : right;
      Node* parent = parent_link != nullptr ? parent_link->load(std::memory_order_relaxed) : nullptr;
      if (only == nullptr && parent != nullptr && !parent->has_value()) {
        // A branch with one side left is none.
        Node* sibling = parent->child[link == &parent->child[0] ? 1 : 0].load(std::memory_order_relaxed);
        parent_link->store(sibling, std::memory_order_release);
        leave(parent);
      } else {
        link->store(only, std::memory_order_release);
      }
    }
    leave(at);
    return 0;
  }

  int user_lookup(const void* key, void* value, std::uint64_t flags) override {
    if (flags != 0) return -EINVAL;
    const void* element = lookup(key, 0);
    if (element == nullptr) return -ENOENT;
    copy_shared(value, element, info_->value_size);
    return 0;
  }
  int user_update(const void* key, const void* value, std::uint64_t flags) override {
    return frozen() ? -EPERM : update(key, value, flags, 0);
  }
  int user_delete(const void* key) override { return frozen() ? -EPERM : erase(key); }

  // Longer prefixes come before the shorter ones that contain them.
  int user_next_key(const void* key, void* next) override {
    std::vector<Node*> order;
    const std::lock_guard lock(lock_);
    post_order(root_.load(std::memory_order_relaxed), order);
    std::size_t from = 0;
    if (key != nullptr) {
      const Key wanted = read(key);
      for (std::size_t i = 0; i < order.size(); ++i) {
        if (order[i]->length() == wanted.length && common(*order[i], wanted) == wanted.length) from = i + 1;
      }
    }
    if (from >= order.size()) return -ENOENT;
    const std::uint32_t length = order[from]->length();
    std::memcpy(next, &length, 4);
    for (std::uint32_t i = 0; i < bytes_; ++i) static_cast<std::uint8_t*>(next)[4 + i] = order[from]->byte(i);
    return 0;
  }

 private:
  static constexpr std::uint32_t most_bytes = 256;
  static constexpr std::uint32_t most_leaving = 1024;
  // Nodes that wait for their grace period, which may come after the map's end.
  struct Leaving {
    std::atomic<std::uint32_t> count{0};
  };
  struct Key {
    std::uint32_t length = 0;
    std::array<std::uint8_t, most_bytes> bytes{};
    unsigned bit(std::uint32_t i) const { return bytes[i / 8] >> (7 - i % 8) & 1; }
  };
  struct Node;
  using Link = std::atomic<Node*>;
  // Acquired and released throughout: who reads what stands in a node that is used again sees that one was.
  struct Node {
    static constexpr std::uint32_t with_value = 1U << 31;
    std::atomic<std::uint32_t> length_and_kind{0};
    std::array<std::atomic<std::uint8_t>, most_bytes> bytes{};
    std::array<Link, 2> child{};
    std::unique_ptr<std::uint64_t[]> words;  // kept by a node that is used again
    memory::Charge charge;
    memory::Claim claim;               // gone before the words are
    std::shared_ptr<Leaving> leaving;  // while it waits for its grace period
    std::uint32_t length() const { return length_and_kind.load(std::memory_order_acquire) & ~with_value; }
    bool has_value() const { return (length_and_kind.load(std::memory_order_acquire) & with_value) != 0; }
    std::uint8_t byte(std::uint32_t i) const { return bytes[i].load(std::memory_order_acquire); }
    unsigned bit(std::uint32_t i) const { return byte(i / 8) >> (7 - i % 8) & 1; }
    void* value() { return words.get(); }
  };

  Key read(const void* key) const {
    Key k;
    std::memcpy(&k.length, key, 4);
    std::memcpy(k.bytes.data(), static_cast<const char*>(key) + 4, bytes_);
    return k;
  }
  // The value of the longest prefix; no more steps than a trie has, for a node that is used again may lead up.
  void* walk(const Key& wanted) const {
    Node* found = nullptr;
    Node* node = root_.load(std::memory_order_acquire);
    for (std::uint32_t steps = 0; node != nullptr && steps <= bits_; ++steps) {
      const std::uint32_t same = common(*node, wanted);
      if (same < node->length()) break;
      if (node->has_value()) found = node;
      if (same == bits_) break;
      node = node->child[wanted.bit(same)].load(std::memory_order_acquire);
    }
    return found != nullptr ? found->value() : nullptr;
  }
  // How many bits, of those that both have, are the same.
  static std::uint32_t common(const Node& a, const Key& b) {
    const std::uint32_t limit = std::min(a.length(), b.length);
    for (std::uint32_t i = 0; i < limit; i += 8) {
      const auto differing = static_cast<std::uint8_t>(a.byte(i / 8) ^ b.bytes[i / 8]);
      if (differing != 0) return std::min(limit, i + static_cast<std::uint32_t>(std::countl_zero(differing)));
    }
    return limit;
  }
  // The link to the node that is `wanted`, or that has to make room for it.
  Link* find_link(const Key& wanted, std::uint32_t& same) {
    Link* link = &root_;
    while (Node* node = link->load(std::memory_order_relaxed)) {
      same = common(*node, wanted);
      if (same < node->length() || node->length() == wanted.length) break;
      link = &node->child[wanted.bit(node->length())];
    }
    return link;
  }
  Node* make(const Key& key, std::uint32_t length, const void* value, bool counted = true) {
    Node* node = value != nullptr ? std::exchange(kept_with_words_, next_kept(kept_with_words_))
                                  : std::exchange(kept_, next_kept(kept_));
    if (node != nullptr) {
      for (Link& child : node->child) child.store(nullptr, std::memory_order_release);
    } else {
      auto fresh = std::make_unique<Node>();
      if (counted && !fresh->charge.take(account_, sizeof(Node) + (value != nullptr ? info_->value_size : 0)))
        return nullptr;
      if (value != nullptr) {
        fresh->words = std::make_unique<std::uint64_t[]>(round_up(info_->value_size, 8) / 8);
        if (account_) fresh->claim = memory::Claim(account_->shared_territory(), fresh->value(), info_->value_size);
      }
      node = fresh.release();
    }
    for (std::uint32_t i = 0; i < bytes_; ++i) node->bytes[i].store(key.bytes[i], std::memory_order_release);
    if (value != nullptr) copy_shared(node->value(), value, info_->value_size);
    node->length_and_kind.store(length | (value != nullptr ? Node::with_value : 0), std::memory_order_release);
    return node;
  }
  static Node* next_kept(Node* node) {
    return node != nullptr ? node->child[0].load(std::memory_order_relaxed) : nullptr;
  }
  // Of a node that nothing leads to any more; its children are others'.
  void leave(Node* node) {
    if (leaving_->count.load(std::memory_order_relaxed) < most_leaving) return free_later(node);
    Node*& kept = node->words != nullptr ? kept_with_words_ : kept_;
    // A reader that stands on it goes astray, and walks again.
    used_again_.fetch_add(1, std::memory_order_release);
    node->child[0].store(kept, std::memory_order_release);
    kept = node;
  }
  void free_later(Node* node) {
    leaving_->count.fetch_add(1, std::memory_order_relaxed);
    node->leaving = leaving_;
    rcu::defer(
        [](void* p) {
          const std::unique_ptr<Node> gone(static_cast<Node*>(p));
          gone->leaving->count.fetch_sub(1, std::memory_order_relaxed);
        },
        node);
  }
  void free_all(Node* node) {
    if (node == nullptr) return;
    for (const Link& child : node->child) free_all(child.load(std::memory_order_relaxed));
    free_later(node);
  }
  static void post_order(Node* node, std::vector<Node*>& order) {
    if (node == nullptr) return;
    for (const Link& child : node->child) post_order(child.load(std::memory_order_relaxed), order);
    if (node->has_value()) order.push_back(node);
  }

  const std::uint32_t bytes_, bits_;
  const memory::AccountPtr account_;
  ShortLock lock_;
  Link root_{nullptr};
  std::atomic<std::uint64_t> used_again_{0};  // nodes
  Node* kept_ = nullptr;                      // to be used again, linked by their first child
  Node* kept_with_words_ = nullptr;
  const std::shared_ptr<Leaving> leaving_ = std::make_shared<Leaving>();
  std::uint32_t count_ = 0;
};

int check_lpm_trie(const MapInfo& info) {
  if (info.max_entries == 0 || (info.flags & map_flag::no_prealloc) == 0 ||
      (info.flags & ~(map_flag::no_prealloc | map_flag::numa_node | access_flags)) != 0 || !access_ok(info.flags) ||
      info.key_size < 5 || info.key_size > 4 + 256 || info.value_size == 0 ||
      info.value_size > most_allocated - 4 - 256)
    return -EINVAL;
  return 0;
}

std::shared_ptr<Map> make_lpm_trie(const MapAttributes& attributes) {
  return std::make_shared<LpmTrie>(attributes);
}

}  // namespace

extern constinit const MapTypeDef lpm_trie_type = {
    .type = MapType::lpm_trie,
    .name = "lpm_trie",
    .since = {4, 11},
    .summary = "values by the longest matching prefix",
    .uses = map_use::elements,
    .in_sleepable_programs = true,
    .kernel_struct = "lpm_trie",
    .check = check_lpm_trie,
    .make = make_lpm_trie,
    .key_btf = KeyBtf::struct_,
    .batches = batch::lookup | batch::update | batch::erase,
};

}  // namespace skep::maps
