// What a run holds and must not keep: locks, records of ring buffers, references, memory of iterators.
//
// A program that ends has given all of it back, or the verifier would have refused it. A run that is stopped has not:
// it gives back what is noted here, the newest first, as the kernel would unwind. Whoever takes something for a program
// notes it, with the function that gives it back; whoever gives it back, or away, strikes it out. Tested by
// tests/engine/leash_test.cpp and tests/bounds/run_limits_test.cpp.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <vector>

namespace skep::runtime {

enum class Held : std::uint8_t { reference, lock, record, memory };

class Holdings {
 public:
  // Must not run programs, nor wait.
  using GiveBack = void (*)(std::uint64_t what, void* with);

  void add(Held kind, std::uint64_t what, GiveBack give_back, void* with = nullptr) {
    entries_.push_back({kind, what, give_back, with});
  }
  // Whether it was held; `with`, if it is asked for, becomes what add() was given.
  bool remove(Held kind, std::uint64_t what, void** with = nullptr) {
    for (std::size_t i = entries_.size(); i-- > 0;) {
      if (entries_[i].what != what || entries_[i].kind != kind) continue;
      if (with != nullptr) *with = entries_[i].with;
      entries_.erase(entries_.begin() + static_cast<std::ptrdiff_t>(i));
      return true;
    }
    return false;
  }
  bool holds(Held kind, std::uint64_t what) const {
    return std::ranges::any_of(entries_, [&](const Entry& entry) { return entry.what == what && entry.kind == kind; });
  }
  void give_all_back() {
    while (!entries_.empty()) {
      const Entry newest = entries_.back();
      entries_.pop_back();
      newest.give_back(newest.what, newest.with);
    }
  }
  // For a run that has ended by itself: what it left is not its own any more.
  void forget() {
    if (!entries_.empty()) entries_.clear();
  }
  std::size_t size() const { return entries_.size(); }

 private:
  struct Entry {
    Held kind;
    std::uint64_t what;
    GiveBack give_back;
    void* with;
  };
  std::vector<Entry> entries_;
};

}  // namespace skep::runtime
