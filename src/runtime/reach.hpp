// What a program may read and write by addresses that nobody vouches for: with bpf_probe_read and its kin, and by loads
// through pointers of which the verifier knows no more than that they may fault.
//
// The kernel's memory and the user's are one here, and the host's: this process's. So a program reaches what is its own
// anyway (maps, packets, contexts, arenas, stacks, objects that Skep made or the host gave), and of the host's memory
// what the host has opened, or all. Anything else is for it as an address where nothing is mapped; the Services are
// told. Ordinary loads and stores are not concerned, for the verifier vouches for them. CallEnv::read_memory and its
// like decide; tested by tests/bounds/reach_test.cpp.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <map>
#include <shared_mutex>

namespace skep::runtime {

// The host's memory, as far as it is open. Any thread.
class OpenMemory {
 public:
  void open_all(bool open) { all_.store(open, std::memory_order_relaxed); }
  bool all() const { return all_.load(std::memory_order_relaxed); }
  // False: the range is empty, goes round the end of memory, or overlaps one that is open.
  bool open(std::uint64_t begin, std::uint64_t size, bool writable);
  bool close(std::uint64_t begin);  // false: no open range begins there
  // Whether all of it is in one open range, or in several side by side.
  bool contains(std::uint64_t from, std::uint64_t size, bool to_write) const;

 private:
  struct Range {
    std::uint64_t end = 0;
    bool writable = false;
  };
  std::atomic<bool> all_{false};
  mutable std::shared_mutex lock_;
  std::map<std::uint64_t, Range> ranges_;
};

// What the host's functions gave to one run.
class Given {
 public:
  void add(std::uint64_t at, std::uint64_t size) {
    if (at == 0 || size == 0) return;
    std::uint64_t& known = sizes_[at];
    if (size > known) known = size;
  }
  bool contains(std::uint64_t from, std::uint64_t size) const {
    auto it = sizes_.upper_bound(from);
    if (it == sizes_.begin()) return false;
    --it;
    return from - it->first <= it->second && size <= it->second - (from - it->first);
  }
  void clear() {
    if (!sizes_.empty()) sizes_.clear();  // every run comes by here
  }

 private:
  std::map<std::uint64_t, std::uint64_t> sizes_;
};

// What a context leads to besides itself and its packet (ContextHeader::beyond).
class Beyond {
 public:
  virtual bool contains(std::uint64_t from, std::uint64_t size) const = 0;

 protected:
  ~Beyond() = default;
};

}  // namespace skep::runtime
