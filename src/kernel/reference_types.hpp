// The types of the reference release's kernel, as Debian built it, which the library brings along: so that objects
// resolve, and verdicts are the same, on a machine whose kernel is older or shows no types (a container).
#pragma once

#include <cstdint>
#include <memory>
#include <span>

#include "btf/btf.hpp"

namespace skep {

// Raw BTF, in the library's read-only data.
std::span<const std::uint8_t> reference_types();

// The same, to look at: read as far as somebody does, by an index that was made with the library.
std::shared_ptr<const btf::Btf> parsed_reference_types();

}  // namespace skep
