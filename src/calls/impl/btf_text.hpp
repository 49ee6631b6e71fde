// Objects of the kernel's as text, by their types: what bpf_snprintf_btf and bpf_seq_printf_btf print.
#pragma once

#include <cstdint>
#include <string>

#include "btf/btf.hpp"

namespace skep::calls::impl {

namespace print_flag {
inline constexpr std::uint64_t compact = 1, no_names = 2, raw_pointers = 4, zeros = 8, known = 15;
}

// The object of `type` (of known size) whose bytes are at `at`.
std::string btf_text(const btf::Btf& types, btf::TypeId type, const std::uint8_t* at, std::uint64_t flags);

}  // namespace skep::calls::impl
