// The types of the reference release's kernel, as Debian built it, which the library brings along: so that objects
// resolve, and verdicts are the same, on a machine whose kernel is older or shows no types (a container).
#pragma once

#include <cstdint>
#include <span>

namespace skep {

// Raw BTF, in the library's read-only data.
std::span<const std::uint8_t> reference_types();

}  // namespace skep
