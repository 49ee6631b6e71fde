// The memory that a program's r1 points to.
//
// A context is the user-visible struct (`__sk_buff`, `xdp_md`, …) in its own layout, so that loads and stores of scalar
// fields need no translation. Fields that programs read as pointers (data, data_end, sk, …) are four bytes wide there;
// their eight-byte values stand in a shadow behind the struct, at shadow_offset(size) + 2 × the field's offset, and the
// kernel layer rewrites such loads to read them there. A header in front of the struct leads calls to what the context
// stands for (the packet).
#pragma once

#include <array>
#include <cstdint>
#include <cstring>
#include <memory>
#include <span>
#include <vector>

namespace skep::maps {
class Map;
}

namespace skep::runtime {

class Beyond;  // runtime/reach.hpp

// Where a program has asked for its packet to be sent. It is sent nowhere: whoever runs the program is told.
struct Redirect {
  enum class To : std::uint8_t { nowhere, device, neighbor, peer, map };
  To to = To::nowhere;
  std::uint32_t device = 0;        // its number
  const maps::Map* map = nullptr;  // … or the map, and the key in it; the program keeps the map
  std::uint64_t key = 0, flags = 0;
};

// What a program wants a tunnel's device to put in front of its packet.
struct Tunnel {
  bool is_ipv6 = false;
  std::uint32_t id = 0, label = 0;
  std::array<std::uint8_t, 16> source{}, destination{};  // of IPv4 the first four bytes, as the program gave them
  std::uint8_t tos = 0, ttl = 0;
  std::uint16_t flags = 0;  // of its header
  std::vector<std::uint8_t> options;
};

// What a helper such as bpf_skb_load_bytes works on. Head- and tailroom for programs that adjust it. Linear, but that
// large frames of XDP go on behind `end` in pieces, which only calls reach.
struct Packet {
  static constexpr std::size_t piece_size = 4096, most_pieces = 17;
  std::vector<std::uint8_t> storage;
  std::size_t begin = 0, end = 0;     // the packet within storage
  std::size_t link = 0, network = 0;  // … and its headers: in front of `begin`, what the program does not see
  std::vector<std::vector<std::uint8_t>> pieces;
  std::size_t meta = 0;       // bytes of metadata before begin
  bool encapsulated = false;  // the program has put a tunnel's header in front
  std::unique_ptr<Tunnel> tunnel;
  Redirect redirect;
  std::span<std::uint8_t> data() { return {storage.data() + begin, end - begin}; }
  std::size_t length() const {
    std::size_t all = end - begin;
    for (const auto& piece : pieces) all += piece.size();
    return all;
  }
};

struct alignas(16) ContextHeader {
  Packet* packet = nullptr;  // null: no packet
  std::uint32_t size = 0;    // of the struct
  std::uint32_t protocol = 0;
  void* object = nullptr;          // of runs that have one, their Occasion
  const Beyond* beyond = nullptr;  // what else the program may look at; null: nothing
};

// Which fields of a context lead into the packet.
struct PacketFields {
  std::uint32_t data, data_end, data_meta;
};

class Context {
 public:
  explicit Context(std::uint32_t size) : words_(words(size)) { header().size = size; }
  // All zeros again, and of this size.
  void reset(std::uint32_t size) {
    words_.assign(words(size), 0);
    header() = {};
    header().size = size;
  }
  ContextHeader& header() { return *reinterpret_cast<ContextHeader*>(words_.data()); }
  void* address() { return reinterpret_cast<std::uint8_t*>(words_.data()) + sizeof(ContextHeader); }
  static ContextHeader& header_of(void* context) {
    return *reinterpret_cast<ContextHeader*>(static_cast<std::uint8_t*>(context) - sizeof(ContextHeader));
  }
  static constexpr std::uint32_t shadow_offset(std::uint32_t size) { return (size + 7) & ~7U; }
  // The eight-byte value of the pointer field at `offset`.
  static void set_pointer(void* context, std::uint32_t offset, std::uint64_t value) {
    auto* bytes = static_cast<std::uint8_t*>(context);
    std::memcpy(bytes + shadow_offset(header_of(context).size) + 2 * static_cast<std::size_t>(offset), &value, 8);
  }
  // Makes those fields lead to where the packet is now.
  static void point_into(void* context, Packet& packet, const PacketFields& fields) {
    const auto begin = reinterpret_cast<std::uint64_t>(packet.storage.data() + packet.begin);
    set_pointer(context, fields.data, begin);
    set_pointer(context, fields.data_end, begin + (packet.end - packet.begin));
    set_pointer(context, fields.data_meta, begin - packet.meta);
  }

 private:
  static std::size_t words(std::uint32_t size) {
    return (sizeof(ContextHeader) + 3UL * shadow_offset(size) + 15) / 16 * 2;
  }
  std::vector<std::uint64_t> words_;  // vector<uint64_t> of the default allocator: 16-byte aligned
};

}  // namespace skep::runtime
