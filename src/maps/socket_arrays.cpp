// Arrays of the process's own sockets: groups that share a port, from which a program selects, and sockets of AF_XDP,
// to which one redirects. User space puts descriptors in; a socket that was closed has left. Which sockets may go in,
// and which errors tell why not, is Linux 7.3's (tests/conformance/socket-groups-7.3.txt, xdp-sockets-7.3.txt), but for
// two things that nobody outside of it can ask: a group counts from bind() on there, whatever is set later, and a
// socket of AF_XDP that is bound is taken for one that receives. Tested by tests/loader/socket_rows_test.cpp.
#include <linux/if_xdp.h>
#include <netinet/in.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <climits>
#include <cstring>
#include <mutex>
#include <vector>

#include "maps/attributes.hpp"
#include "maps/object_slot.hpp"
#include "maps/sockets.hpp"
#include "maps/value_lock.hpp"

namespace skep::maps {
namespace {

// A ring in which it receives can be mapped once it is there; and no more once the socket is bound.
bool receives(int fd) {
  const auto page = static_cast<std::size_t>(sysconf(_SC_PAGESIZE));
  void* const ring = ::mmap(nullptr, page, PROT_READ | PROT_WRITE, MAP_SHARED, fd, XDP_PGOFF_RX_RING);
  if (ring == MAP_FAILED) return errno == EBUSY;
  ::munmap(ring, page);
  return true;
}

class SocketArray : public SocketMap {
 public:
  explicit SocketArray(const MapAttributes& attributes)
      : SocketMap(attributes), account_(attributes.account), slots_(attributes.info.max_entries) {}
  ~SocketArray() override {
    for (ObjectSlot& slot : slots_) slot.clear();
  }

  const HostSocket* find(const void* key) override {
    const std::uint32_t index = index_of(key);
    if (index >= slots_.size()) return nullptr;
    const auto* const socket = static_cast<const HostSocket*>(slots_[index].get());
    if (socket == nullptr || socket->is_open()) return socket;
    const std::lock_guard guard(lock_);
    if (slots_[index].get() == socket) slots_[index].clear();
    return nullptr;
  }
  void* lookup(const void* key, unsigned) override {
    const HostSocket* const socket = find(key);
    return socket != nullptr ? const_cast<std::uint64_t*>(socket->seen.data()) : nullptr;
  }
  int update(const void*, const void*, std::uint64_t, unsigned) override { return -EINVAL; }

  int user_lookup_and_delete(const void*, void*, std::uint64_t) override { return -enotsupp; }
  int user_update(const void* key, const void* value, std::uint64_t flags) override {
    if (frozen()) return -EPERM;
    if (flags > elem_flag::exist) return -EINVAL;
    const std::uint32_t index = index_of(key);
    if (index >= slots_.size()) return -E2BIG;
    std::uint64_t fd = 0;
    std::memcpy(&fd, value, info_->value_size);
    if (info_->value_size == sizeof(std::uint32_t) && fd > INT_MAX) return -EBADF;
    auto socket = std::make_shared<HostSocket>();
    if (const int refused = socket->look_at_any(fd); refused != 0) return refused;
    find(key);  // what was closed makes room
    const std::lock_guard guard(lock_);
    bool there = false;
    if (const int refused = check(index, *socket, flags, there); refused != 0 || there) return refused;
    auto entry = ObjectSlot::reference_to(std::move(socket), account_);
    if (!entry) return -ENOMEM;
    slots_[index].set(std::move(entry));
    return 0;
  }
  int user_delete(const void* key) override { return frozen() ? -EPERM : erase(key); }
  int user_next_key(const void* key, void* next) override {
    const std::uint32_t index = key == nullptr ? info_->max_entries : index_of(key);
    if (index == info_->max_entries - 1) return -ENOENT;
    const std::uint32_t following = index >= info_->max_entries ? 0 : index + 1;
    std::memcpy(next, &following, sizeof following);
    return 0;
  }

 protected:
  // Whether a socket may go to that index; `there`: it is there already, and nothing is to do. Under the lock.
  virtual int check(std::uint32_t index, HostSocket& socket, std::uint64_t flags, bool& there) const = 0;
  static std::uint32_t index_of(const void* key) {
    std::uint32_t index = 0;
    std::memcpy(&index, key, sizeof index);
    return index;
  }
  const HostSocket* at(std::uint32_t index) const { return static_cast<const HostSocket*>(slots_[index].get()); }
  bool take_out(std::uint32_t index) {
    const std::lock_guard guard(lock_);
    return slots_[index].clear();
  }
  // Whether a socket that is open is anywhere in here.
  bool has(const HostSocket& socket) const {
    return std::ranges::any_of(slots_, [&](const ObjectSlot& slot) {
      const auto* const other = static_cast<const HostSocket*>(slot.get());
      return other != nullptr && other->cookie == socket.cookie && other->is_open();
    });
  }
  static int check_flags(bool exists, std::uint64_t flags) {
    if (exists && flags == elem_flag::noexist) return -EEXIST;
    return !exists && flags == elem_flag::exist ? -ENOENT : 0;
  }

 private:
  const memory::AccountPtr account_;
  ShortLock lock_;
  std::vector<ObjectSlot> slots_;
};

class Group final : public SocketArray {
 public:
  using SocketArray::SocketArray;
  int erase(const void* key) override {
    if (index_of(key) >= info_->max_entries) return -E2BIG;
    return find(key) != nullptr && take_out(index_of(key)) ? 0 : -ENOENT;
  }

 protected:
  int check(std::uint32_t index, HostSocket& socket, std::uint64_t flags, bool&) const override {
    if (const int refused = check_flags(at(index) != nullptr, flags); refused != 0) return refused;
    const std::uint32_t protocol = socket.protocol(), family = socket.family();
    if ((protocol != IPPROTO_UDP && protocol != IPPROTO_TCP) || (family != AF_INET && family != AF_INET6))
      return -enotsupp;
    if (!socket.shares_port()) return -EINVAL;
    return has(socket) ? -EBUSY : 0;
  }
};

class XdpSockets final : public SocketArray {
 public:
  using SocketArray::SocketArray;
  int erase(const void* key) override {
    if (index_of(key) >= info_->max_entries) return -EINVAL;
    take_out(index_of(key));
    return 0;
  }
  int user_lookup(const void*, void*, std::uint64_t flags) override { return flags != 0 ? -EINVAL : -EOPNOTSUPP; }

 protected:
  int check(std::uint32_t index, HostSocket& socket, std::uint64_t flags, bool& there) const override {
    if (socket.family() != AF_XDP) return -EOPNOTSUPP;
    if (!receives(socket.fd)) return -ENOBUFS;
    // Programs see its queue alone (struct bpf_xdp_sock).
    sockaddr_xdp bound{};
    socklen_t size = sizeof bound;
    const bool is_bound = getsockname(socket.fd, reinterpret_cast<sockaddr*>(&bound), &size) == 0;
    socket.seen = {is_bound ? bound.sxdp_queue_id : 0};
    const HostSocket* const before = at(index);
    there = before != nullptr && before->cookie == socket.cookie;
    return there ? 0 : check_flags(before != nullptr, flags);
  }
};

}  // namespace

std::shared_ptr<Map> make_socket_array(const MapAttributes& attributes) {
  if (attributes.info.type == MapType::xskmap) return std::make_shared<XdpSockets>(attributes);
  return std::make_shared<Group>(attributes);
}

}  // namespace skep::maps
