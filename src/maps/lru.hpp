// Which element of an LRU map goes for a new one, as Linux 7.3 chooses it.
//
// Nodes are known by their number. Those in use stand in two lists, of what was used again and of what was not
// (`active`, `inactive`); a new one goes from the end of the inactive list, and before each choice some of both are
// looked at: what has been used since moves to the active list, what has not moves towards the end of the inactive one.
// Because the lists are locked, a CPU takes free nodes from them by the batch, and those that it has given out wait
// with it (`pending`) until it comes for more. So a full map has fewer elements than it has room for, and which go
// depends on the CPUs that put them there. With BPF_F_NO_COMMON_LRU each CPU has lists of its own, with its share of
// the nodes.
//
// Who calls holds no lock of the table's: remove() takes one while the lists are locked. Tested by
// tests/loader/lru_rows_test.cpp against what Linux 7.3 keeps.
#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <memory>
#include <mutex>
#include <span>
#include <vector>

#include "maps/memory.hpp"

namespace skep::maps {

class Lru {
 public:
  // What the lists ask the table about a node.
  class Nodes {
   public:
    // Whether the element was used since this was asked last.
    virtual bool was_used(std::uint32_t node) = 0;
    virtual void forget_use(std::uint32_t node) = 0;
    // Takes the element out of the table. False: it is not there (any more).
    virtual bool remove(std::uint32_t node) = 0;
    // What the element held, once it has been removed; no list is locked.
    virtual void let_go(std::uint32_t node) = 0;

   protected:
    ~Nodes() = default;
  };
  struct Options {
    std::uint32_t nodes = 0;
    unsigned cpus = 1;
    bool common = true;  // one pair of lists, else one for each CPU
  };
  static constexpr std::uint32_t none = ~0U;
  static constexpr std::uint32_t most_at_once = 128;  // nodes that a CPU takes from the common lists

  // Null: no memory.
  static std::unique_ptr<Lru> make(const Options& options, Nodes& nodes, const memory::AccountPtr& account);

  // A node for a new element, if need be of one that goes; none: there is no element that could.
  std::uint32_t take(unsigned cpu);
  // Of an element that is gone, or of one that never came to be.
  void give(std::uint32_t node);

 private:
  enum class In : std::uint8_t { free, local_free, pending, inactive, active };
  struct Link {
    std::uint32_t next, prev;
    // Written under the lock of the list. Who gives a node back asks under the CPU's lock whether it is `pending`,
    // while those of the common lists may go from one of them to another.
    std::atomic<In> in;
    std::uint16_t cpu;
  };
  // Nodes that a free list has beside those in it: they have never been given out.
  struct Untouched {
    std::uint32_t next = 0, end = 0;
  };
  // A pair of lists, and what is free beside them. The heads of lists are links too, behind those of the nodes.
  struct alignas(64) Lists {
    std::mutex lock;
    std::uint32_t active = 0, inactive = 0, free = 0;  // heads
    std::uint32_t actives = 0, inactives = 0;
    std::uint32_t hand = 0;  // where the next look at inactive nodes begins
    Untouched untouched;
  };
  // What a CPU has of the common lists' nodes.
  struct alignas(64) Local {
    std::mutex lock;
    std::uint32_t free = 0, pending = 0;  // heads
    unsigned victim = 0;                  // the CPU to take from next, when there is nothing anywhere else
  };

  // Nodes whose elements were taken out for one call of take().
  struct Gone {
    std::array<std::uint32_t, most_at_once> nodes;
    std::uint32_t count = 0;
    void add(std::uint32_t node) { nodes[count++] = node; }
    std::span<const std::uint32_t> all() const { return {nodes.data(), count}; }
  };

  Lru(const Options& options, Nodes& nodes);
  void make_head(std::uint32_t head);
  bool is_empty(std::uint32_t head) const { return links_[head].next == head; }
  void unlink(std::uint32_t node);
  void push(std::uint32_t head, std::uint32_t node);
  std::uint32_t pop(std::uint32_t head);

  void move(Lists& lists, std::uint32_t node, In to);
  void enter(Lists& lists, std::uint32_t node, In to);
  std::uint32_t head_of(const Lists& lists, In in) const;
  bool take_free(Lists& lists, std::uint32_t& node);
  void look_at_actives(Lists& lists);
  void look_at_inactives(Lists& lists);
  void rotate(Lists& lists);
  void evict(Lists& lists, std::uint32_t wanted, Gone& gone);
  void drop(Lists& lists, std::uint32_t node);

  std::uint32_t take_of_common(unsigned cpu);
  void refill(Local& local, Gone& gone);
  std::uint32_t steal(Local& from, Gone& gone);
  void pend(Local& local, unsigned cpu, std::uint32_t node);
  std::uint32_t take_of_cpu(unsigned cpu);

  const Options options_;
  const std::uint32_t batch_;  // nodes that a CPU takes at once
  const std::uint32_t scans_;  // nodes that are looked at in one go
  Nodes& nodes_;
  Pages link_pages_;
  Link* links_ = nullptr;
  std::vector<Lists> lists_;  // one, or one for each CPU
  std::vector<Local> locals_;
};

}  // namespace skep::maps
