// Maps of sockets, by index or by key. User space puts descriptors of the process's own sockets in; what it may put in,
// and what it and programs find, is Linux 7.3's (tests/conformance/sockets-7.3.txt). A socket is its descriptor and the
// cookie that the machine's kernel gave it: an entry whose descriptor is another socket by now, or none, is not there
// any more. Programs put in the sockets of the connections that were described for them; those have no descriptor, and
// are there until somebody takes them out. Addresses and state are as they were when the socket was put in. Data goes
// nowhere: whoever runs a program that redirects is told. Tested by tests/loader/socket_rows_test.cpp.
#include "maps/sockets.hpp"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

#include <array>
#include <cerrno>
#include <climits>
#include <cstring>
#include <map>
#include <mutex>
#include <string>
#include <utility>

#include "maps/attributes.hpp"
#include "maps/object_slot.hpp"
#include "maps/value_lock.hpp"

namespace skep::maps {
namespace {

constexpr std::uint32_t established = 1, closed = 7, listening = 10;

// Places in a struct bpf_sock.
namespace at {
constexpr std::size_t device = 0, family = 4, type = 8, protocol = 12, mark = 16, priority = 20, source4 = 24,
                      source6 = 28, source_port = 44, target_port = 48, target4 = 52, target6 = 56, state = 72,
                      queue = 76;
}  // namespace at

template <typename T>
int option(int fd, int name, T& value, int level = SOL_SOCKET) {
  socklen_t size = sizeof value;
  return getsockopt(fd, level, name, &value, &size) == 0 ? 0 : -errno;
}

template <typename T>
void put(HostSocket& socket, std::size_t offset, const T& value) {
  std::memcpy(reinterpret_cast<std::uint8_t*>(socket.seen.data()) + offset, &value, sizeof value);
}
std::uint32_t word(const HostSocket& socket, std::size_t offset) {
  std::uint32_t value = 0;
  std::memcpy(&value, reinterpret_cast<const std::uint8_t*>(socket.seen.data()) + offset, sizeof value);
  return value;
}

// One end of it; ports: what its family has for them, in the network's order. False: it has no such end.
bool end_of(int fd, bool peer, HostSocket& socket, std::uint16_t& port) {
  sockaddr_storage address{};
  socklen_t size = sizeof address;
  auto* const generic = reinterpret_cast<sockaddr*>(&address);
  if ((peer ? getpeername(fd, generic, &size) : getsockname(fd, generic, &size)) != 0) return false;
  if (address.ss_family == AF_INET) {
    const auto& inet = reinterpret_cast<const sockaddr_in&>(address);
    put(socket, peer ? at::target4 : at::source4, inet.sin_addr.s_addr);
    port = inet.sin_port;
  } else if (address.ss_family == AF_INET6) {
    const auto& inet6 = reinterpret_cast<const sockaddr_in6&>(address);
    put(socket, peer ? at::target6 : at::source6, inet6.sin6_addr);
    port = inet6.sin6_port;
  }
  return true;
}

}  // namespace

int HostSocket::look_at_any(std::uint64_t value) {
  if (value > INT_MAX) return -EINVAL;
  fd = static_cast<int>(value);
  if (const int error = option(fd, SO_COOKIE, cookie); error != 0) return error;
  int family = 0, type = 0, protocol = 0;
  if (option(fd, SO_DOMAIN, family) != 0 || option(fd, SO_TYPE, type) != 0 || option(fd, SO_PROTOCOL, protocol) != 0)
    return -EOPNOTSUPP;
  std::uint16_t port = 0, peer_port = 0;
  end_of(fd, false, *this, port);
  const bool connected = end_of(fd, true, *this, peer_port);
  std::uint32_t state = connected ? established : closed;
  if (protocol == IPPROTO_TCP && type == SOCK_STREAM) {
    tcp_info info{};
    if (option(fd, TCP_INFO, info, IPPROTO_TCP) != 0) return -EOPNOTSUPP;
    state = info.tcpi_state;
  }
  std::uint32_t mark = 0, priority = 0, device = 0;
  option(fd, SO_MARK, mark), option(fd, SO_PRIORITY, priority), option(fd, SO_BINDTOIFINDEX, device);
  put(*this, at::device, device);
  put(*this, at::family, static_cast<std::uint32_t>(family));
  put(*this, at::type, static_cast<std::uint32_t>(type));
  put(*this, at::protocol, static_cast<std::uint32_t>(protocol));
  put(*this, at::mark, mark);
  put(*this, at::priority, priority);
  put(*this, at::source_port, std::uint32_t{ntohs(port)});
  put(*this, at::target_port, peer_port);
  put(*this, at::state, state);
  put(*this, at::queue, std::int32_t{-1});
  return 0;
}

int HostSocket::look_at(std::uint64_t value) {
  if (const int error = look_at_any(value); error != 0) return error;
  const std::uint32_t kind = family(), type = word(*this, at::type), state = word(*this, at::state);
  const bool inet = kind == AF_INET || kind == AF_INET6;
  bool takes = false;
  if (inet && type == SOCK_STREAM && protocol() == IPPROTO_TCP)
    takes = state == established || state == listening;
  else if (inet && type == SOCK_DGRAM && protocol() == IPPROTO_UDP)
    takes = word(*this, at::source_port) != 0;  // else nobody could send to it
  else if (kind == AF_UNIX)
    takes = type == SOCK_DGRAM || (type == SOCK_STREAM && state == established);
  return takes ? 0 : -EOPNOTSUPP;
}

bool HostSocket::shares_port() const {
  int shares = 0;
  const bool reachable = protocol() == IPPROTO_UDP ? word(*this, at::source_port) != 0 : may_be_selected();
  return reachable && option(fd, SO_REUSEPORT, shares) == 0 && shares != 0;
}

bool HostSocket::is_bound_like(const std::uint8_t* other) const {
  const auto* const mine = reinterpret_cast<const std::uint8_t*>(seen.data());
  constexpr std::size_t first = at::source4, behind = at::source_port + sizeof(std::uint32_t);
  return std::memcmp(mine + first, other + first, behind - first) == 0;
}

void HostSocket::describe(const std::uint8_t* context, const std::uint8_t* known, bool listens) {
  // Places in a struct bpf_sock_ops.
  constexpr std::size_t family_at = 20, remote4 = 24, local4 = 28, remote6 = 32, local6 = 48, remote_port = 64,
                        local_port = 68, state_at = 88;
  constexpr std::uint64_t of_described = std::uint64_t{1} << 63;  // no kernel has numbered so many sockets
  const auto take = [&]<typename T>(std::size_t from, T) {
    T value{};
    std::memcpy(&value, context + from, sizeof value);
    return value;
  };
  using Word = std::uint32_t;
  using Address = std::array<Word, 4>;
  if (known != nullptr) std::memcpy(seen.data(), known, sizeof seen);
  const Word state = take(state_at, Word{});
  put(*this, at::family, take(family_at, Word{}));
  put(*this, at::type, Word{SOCK_STREAM});
  put(*this, at::protocol, Word{IPPROTO_TCP});
  put(*this, at::source4, take(local4, Word{}));
  put(*this, at::source6, take(local6, Address{}));
  put(*this, at::source_port, take(local_port, Word{}));
  put(*this, at::target_port, static_cast<std::uint16_t>(take(remote_port, Word{}) >> 16));
  put(*this, at::target4, take(remote4, Word{}));
  put(*this, at::target6, take(remote6, Address{}));
  put(*this, at::state, state != 0 ? state : listens ? listening : established);
  cookie = of_described | reinterpret_cast<std::uintptr_t>(this);
}

bool HostSocket::is_open() const {
  if (fd < 0) return true;
  std::uint64_t now = 0;
  return option(fd, SO_COOKIE, now) == 0 && now == cookie;
}

bool HostSocket::takes_data() const {
  const std::uint32_t state = word(*this, at::state);
  return protocol() == IPPROTO_TCP ? state != listening : state == established;
}

bool HostSocket::may_be_selected() const {
  return protocol() == IPPROTO_UDP || (protocol() == IPPROTO_TCP && word(*this, at::state) == listening);
}

std::uint32_t HostSocket::family() const {
  return word(*this, at::family);
}
std::uint32_t HostSocket::protocol() const {
  return word(*this, at::protocol);
}

namespace {}  // namespace

int SocketMap::user_lookup(const void* key, void* value, std::uint64_t flags) {
  if (flags != 0) return -EINVAL;
  if (info_->value_size != sizeof(std::uint64_t)) return -ENOSPC;
  const HostSocket* const socket = find(key);
  if (socket == nullptr) return -ENOENT;
  std::memcpy(value, &socket->cookie, sizeof socket->cookie);
  return 0;
}

namespace {

class Sockets final : public SocketMap {
 public:
  explicit Sockets(const MapAttributes& attributes)
      : SocketMap(attributes), account_(attributes.account), by_index_(attributes.info.type == MapType::sockmap) {}
  ~Sockets() override {
    for (auto& [key, entry] : entries_) rcu::retire(std::move(entry));
  }

  const HostSocket* find(const void* key) override {
    const std::lock_guard guard(lock_);
    const auto it = entries_.find(bytes(key));
    if (it == entries_.end()) return nullptr;
    const auto* const socket = static_cast<const HostSocket*>(it->second->object.get());
    if (socket->is_open()) return socket;
    remove(it);
    return nullptr;
  }

  void* lookup(const void* key, unsigned) override {
    const HostSocket* const socket = find(key);
    return socket != nullptr ? const_cast<std::uint64_t*>(socket->seen.data()) : nullptr;
  }
  // Of sockets by their address nobody knows whose they are; see put_socket().
  int update(const void*, const void*, std::uint64_t, unsigned) override { return -EOPNOTSUPP; }
  int erase(const void* key) override {
    if (find(key) == nullptr) return by_index_ ? -EINVAL : -ENOENT;
    const std::lock_guard guard(lock_);
    if (const auto it = entries_.find(bytes(key)); it != entries_.end()) remove(it);
    return 0;
  }

  int user_lookup_and_delete(const void*, void*, std::uint64_t) override { return -enotsupp; }
  int user_update(const void* key, const void* value, std::uint64_t flags) override {
    if (frozen()) return -EPERM;
    constexpr std::uint64_t of_others = elem_flag::lock | elem_flag::cpu | elem_flag::all_cpus;
    if ((flags & of_others) != 0) return -EINVAL;
    std::uint64_t fd = 0;
    std::memcpy(&fd, value, info_->value_size);
    auto socket = std::make_shared<HostSocket>();
    const int refused = socket->look_at(fd);
    if (refused != 0 && refused != -EOPNOTSUPP) return refused;
    if (flags > elem_flag::exist) return -EINVAL;
    if (refused != 0) return refused;
    return put(key, std::move(socket), flags);
  }
  int put(const void* key, std::shared_ptr<HostSocket> socket, std::uint64_t flags) {
    if (flags > elem_flag::exist) return -EINVAL;
    if (by_index_ && index_of(key) >= info_->max_entries) return -E2BIG;
    const bool exists = find(key) != nullptr;
    if (exists && flags == elem_flag::noexist) return -EEXIST;
    if (!exists && flags == elem_flag::exist) return -ENOENT;
    auto entry = ObjectSlot::reference_to(std::move(socket), account_);
    if (!entry) return -ENOMEM;
    const std::lock_guard guard(lock_);
    const auto it = entries_.find(bytes(key));
    if (it != entries_.end()) {
      rcu::retire(std::exchange(it->second, std::move(entry)));
      return 0;
    }
    if (entries_.size() >= info_->max_entries) remove_closed();
    if (entries_.size() >= info_->max_entries) return -E2BIG;
    entries_.emplace(bytes(key), std::move(entry));
    return 0;
  }
  int user_delete(const void* key) override { return frozen() ? -EPERM : erase(key); }
  // Every index is a key, whether there is a socket or not.
  int user_next_key(const void* key, void* next) override {
    if (by_index_) {
      const std::uint32_t index = key == nullptr ? info_->max_entries : index_of(key);
      if (index == info_->max_entries - 1) return -ENOENT;
      const std::uint32_t following = index >= info_->max_entries ? 0 : index + 1;
      std::memcpy(next, &following, sizeof following);
      return 0;
    }
    const std::lock_guard guard(lock_);
    remove_closed();
    auto it = key != nullptr ? entries_.find(bytes(key)) : entries_.begin();
    // From a key that is gone one begins again.
    if (key != nullptr) it = it == entries_.end() ? entries_.begin() : std::next(it);
    if (it == entries_.end()) return -ENOENT;
    std::memcpy(next, it->first.data(), it->first.size());
    return 0;
  }

 private:
  using Key = std::string;
  using Entries = std::map<Key, std::unique_ptr<ObjectSlot::Reference>>;
  Key bytes(const void* key) const { return {static_cast<const char*>(key), info_->key_size}; }
  static std::uint32_t index_of(const void* key) {
    std::uint32_t index = 0;
    std::memcpy(&index, key, sizeof index);
    return index;
  }
  Entries::iterator remove(Entries::iterator it) {
    rcu::retire(std::move(it->second));
    return entries_.erase(it);
  }
  void remove_closed() {
    for (auto it = entries_.begin(); it != entries_.end();)
      it = static_cast<const HostSocket*>(it->second->object.get())->is_open() ? std::next(it) : remove(it);
  }

  const memory::AccountPtr account_;
  const bool by_index_;
  ShortLock lock_;
  Entries entries_;
};

}  // namespace

int put_socket(Map& map, const void* key, std::shared_ptr<HostSocket> socket, std::uint64_t flags) {
  return static_cast<Sockets&>(map).put(key, std::move(socket), flags);
}

std::shared_ptr<Map> make_sockets(const MapAttributes& attributes) {
  return std::make_shared<Sockets>(attributes);
}

}  // namespace skep::maps
