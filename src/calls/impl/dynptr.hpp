// What the 16 bytes of a `struct bpf_dynptr` hold: memory whose size is known at run time only.
#pragma once

#include <cstdint>
#include <span>

#include "calls/impl/pieces.hpp"
#include "runtime/context.hpp"

namespace skep::calls::impl {

struct Dynptr {
  enum Kind : std::uint8_t { none, memory, ring_buffer, packet, metadata };
  std::uint64_t base = 0;  // memory: its address; packet, its metadata: the runtime::Packet. 0: a null dynptr
  std::uint32_t offset = 0;
  std::uint32_t size : 24 = 0;
  std::uint32_t kind : 7 = none;
  std::uint32_t read_only : 1 = 0;

  bool in_packet() const { return kind == packet || kind == metadata; }
  runtime::Packet& of() const {
    return *reinterpret_cast<runtime::Packet*>(base);
  }  // NOLINT(performance-no-int-to-ptr)
  std::uint8_t* data() const {
    if (kind == packet) return of().data().data() + offset;
    if (kind == metadata) return of().data().data() - of().meta + offset;
    return reinterpret_cast<std::uint8_t*>(base) + offset;  // NOLINT(performance-no-int-to-ptr)
  }
  bool has(std::uint64_t at, std::uint64_t length) const { return base != 0 && at <= size && length <= size - at; }
  // Where `length` bytes at `at` are, or null: there are not as many, or they are not in one stretch.
  std::uint8_t* range(std::uint64_t at, std::uint64_t length) const {
    if (!has(at, length)) return nullptr;
    // A packet may have become shorter.
    if (kind == packet) return in_one_stretch(of(), offset + at, length);
    if (kind == metadata && offset + at + length > of().meta) return nullptr;
    return data() + at;
  }
  // Copies, across the pieces of a packet too. False: there are not as many bytes.
  bool load(std::uint64_t at, void* to, std::uint64_t length) const {
    if (kind == packet) return has(at, length) && copy_out(of(), offset + at, to, length);
    const std::uint8_t* const from = range(at, length);
    if (from != nullptr) std::memmove(to, from, length);
    return from != nullptr;
  }
  bool store(std::uint64_t at, const void* from, std::uint64_t length) const {
    if (kind == packet) return has(at, length) && copy_in(of(), offset + at, from, length);
    std::uint8_t* const to = range(at, length);
    if (to != nullptr) std::memmove(to, from, length);
    return to != nullptr;
  }
};
static_assert(sizeof(Dynptr) == 16);
inline constexpr std::uint64_t max_dynptr = (1U << 24) - 1;

}  // namespace skep::calls::impl
