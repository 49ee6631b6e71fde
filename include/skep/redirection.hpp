// Where a program has asked for its packet to be sent (bpf_redirect and its kin). Nothing is sent: who runs the program
// is told.
#pragma once

#include <cstdint>
#include <string>

namespace skep {

struct Redirection {
  enum class To : std::uint8_t { nowhere, device, neighbor, peer, map };
  To to = To::nowhere;
  std::uint32_t device = 0;  // its number; of the peer: of the device whose peer it is
  std::string map;           // the map's name, and the key in it
  std::uint64_t key = 0;
  std::uint64_t flags = 0;  // of the call
  // "device 3", "map 'ports', key 2"; empty: nowhere.
  std::string text() const;
};

}  // namespace skep
