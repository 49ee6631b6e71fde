// A kernel release as a value: what holds since when, and what a Kernel object answers as.
#pragma once

#include <compare>
#include <cstdint>

namespace skep {

// A Linux release such as 6.18 or 7.3. Every helper, kfunc, map type, program type and flag says since which release it
// exists; a Kernel is made for one release and answers as that one would, if there are rules for it (src/rules/). A
// default-made Release is older than all.
struct Release {
  std::uint16_t major = 0;
  std::uint16_t minor = 0;

  friend constexpr auto operator<=>(const Release&, const Release&) = default;
  static constexpr Release never() { return {0xffff, 0xffff}; }
};

// The release whose behavior is the reference for all of Skep.
inline constexpr Release reference_release{7, 3};

}  // namespace skep
