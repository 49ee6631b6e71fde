// Sockets of the process in maps: what a descriptor of one says, as programs see it. Tested by
// tests/loader/socket_rows_test.cpp.
#pragma once

#include <array>
#include <cstdint>
#include <memory>

#include "maps/map.hpp"

namespace skep::maps {

struct HostSocket {
  std::array<std::uint64_t, 10> seen = {};  // a struct bpf_sock; calls and programs have its address
  int fd = -1;
  std::uint64_t cookie = 0;

  // What the descriptor in a map's value names: 0, or as Linux 7.3 refuses it: -EINVAL, -EBADF, -ENOTSOCK; sockets that
  // no map takes, or not in their state, -EOPNOTSUPP.
  int look_at(std::uint64_t value);
  // Whether the descriptor is still this socket. One that was closed has left all maps.
  bool is_open() const;
  // Whether data may be redirected to it.
  bool takes_data() const;
  // Whether it may be selected for what comes in: only what the kernel need not count references of.
  bool may_be_selected() const;
  std::uint32_t family() const;
  std::uint32_t protocol() const;
};

// Of a sockmap or sockhash: the socket of a key, inside a read section; null: there is none.
const HostSocket* socket_at(Map& map, const void* key);

std::shared_ptr<Map> make_sockets(const MapAttributes& attributes);

}  // namespace skep::maps
