// When one state covers another: whatever is safe from the old one is safe from the new one. See equality.cpp.
#pragma once

#include <cstdint>
#include <vector>

#include "verifier/state/state.hpp"

namespace skep::verifier {

// Identities have no meaning but that equal ones are the same thing. Two states agree if there is a one-to-one mapping
// between theirs; it is built up as they are compared.
class IdMap {
 public:
  // `fresh`: identities from here on are given to scalars that have none.
  void reset(std::uint32_t fresh) {
    pairs_.clear();
    fresh_ = fresh;
  }
  bool same(std::uint32_t old_id, std::uint32_t now_id);
  // A scalar linked with no other is more than one that is: then any identity will do.
  bool same_scalar(std::uint32_t old_id, std::uint32_t now_id);
  // Packet pointers of one identity differ by constants, and a check of one tells about the others: the identities must
  // correspond, and the distances between all that share one must be the same in both states.
  bool same_packet(const RegState& old, const RegState& now);

 private:
  struct Pair {
    std::uint32_t old_id, now_id;
    bool shifted = false;  // of a packet pointer: by how much its bounds differ between the states
    std::int64_t min_shift = 0, max_shift = 0;
  };
  Pair* find(std::uint32_t old_id, std::uint32_t now_id);
  std::vector<Pair> pairs_;
  std::uint32_t fresh_ = 0;
};

// Everything but identities and precision is the same.
bool same_description(const RegState& a, const RegState& b);
bool reg_covers(const RegState& old, const RegState& now, IdMap& ids, Exactness exactness);
bool stack_covers(const Frame& old, const Frame& now, IdMap& ids, Exactness exactness);
bool resources_cover(const State& old, const State& now, IdMap& ids);
bool same_call_chain(const State& a, const State& b);
// An iterator that is under way in both has advanced in between: the same state again is then no endless loop.
bool iterators_advanced(const State& old, const State& now);
// The instruction that `frame` of a checkpoint stands at.
std::uint32_t insn_of_frame(const State& state, std::uint32_t insn, std::uint32_t frame);

}  // namespace skep::verifier
