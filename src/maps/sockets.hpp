// Sockets in maps: the process's own, as what a descriptor of one says, and those of connections that were described
// for a program. Tested by tests/loader/socket_rows_test.cpp.
#pragma once

#include <array>
#include <cstdint>
#include <memory>

#include "maps/map.hpp"

namespace skep::maps {

struct HostSocket {
  std::array<std::uint64_t, 10> seen = {};  // a struct bpf_sock; calls and programs have its address
  int fd = -1;                              // negative: it was described, and stays as long as a map has it
  std::uint64_t cookie = 0;

  // The socket of a connection, or one that listens, as the context of a program says that follows it (struct
  // bpf_sock_ops); `known`: what else is known of it, as a struct bpf_sock, or null.
  void describe(const std::uint8_t* context, const std::uint8_t* known, bool listens);

  // What the descriptor in a map's value names: 0, or as Linux 7.3 refuses it: -EINVAL, -EBADF, -ENOTSOCK; sockets that
  // no map takes, or not in their state, -EOPNOTSUPP.
  int look_at(std::uint64_t value);
  // The same without asking whether a sockmap takes it.
  int look_at_any(std::uint64_t value);
  // Whether the descriptor is still this socket. One that was closed has left all maps.
  bool is_open() const;
  // Whether data may be redirected to it.
  bool takes_data() const;
  // Whether it may be selected for what comes in: only what the kernel need not count references of.
  bool may_be_selected() const;
  // Whether it may be one of a group that shares a port: it listens, or is bound, and was told to share.
  bool shares_port() const;
  // Whether another is of the same group: bound to the same address and port.
  bool is_bound_like(const std::uint8_t* other) const;
  std::uint32_t family() const;
  std::uint32_t protocol() const;
};

class SocketMap : public Map {
 public:
  virtual const HostSocket* find(const void* key) = 0;
  // The socket's cookie.
  int user_lookup(const void* key, void* value, std::uint64_t flags) override;

 protected:
  using Map::Map;
};
// Of a map of sockets of any type: the socket of a key, inside a read section; null: there is none.
inline const HostSocket* socket_at(Map& map, const void* key) {
  return static_cast<SocketMap&>(map).find(key);
}

// Puts one into a sockmap or sockhash, as a program does: 0, or as Linux 7.3 refuses it.
int put_socket(Map& map, const void* key, std::shared_ptr<HostSocket> socket, std::uint64_t flags);

// sockmap, sockhash; reuseport_sockarray, xskmap (socket_arrays.cpp)
std::shared_ptr<Map> make_sockets(const MapAttributes& attributes);
std::shared_ptr<Map> make_socket_array(const MapAttributes& attributes);

}  // namespace skep::maps
