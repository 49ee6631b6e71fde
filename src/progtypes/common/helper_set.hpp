// A set of helpers, made at compile time from their names and joined with `|`.
#pragma once

#include <array>
#include <cstdint>
#include <initializer_list>

#include "calls/helpers/ids.hpp"

namespace skep::progtypes {

using calls::HelperId;

class HelperSet {
 public:
  constexpr HelperSet() = default;
  constexpr HelperSet(std::initializer_list<HelperId> ids) {
    for (HelperId id : ids) words_[static_cast<std::uint32_t>(id) / 64] |= bit(static_cast<std::uint32_t>(id));
  }

  constexpr bool contains(std::uint32_t id) const {
    return id <= calls::helper_count && (words_[id / 64] & bit(id)) != 0;
  }
  constexpr HelperSet operator|(const HelperSet& other) const {
    HelperSet both;
    for (std::size_t i = 0; i < words_.size(); ++i) both.words_[i] = words_[i] | other.words_[i];
    return both;
  }

 private:
  static constexpr std::uint64_t bit(std::uint32_t id) { return std::uint64_t{1} << (id % 64); }

  std::array<std::uint64_t, calls::helper_count / 64 + 1> words_ = {};
};

}  // namespace skep::progtypes
