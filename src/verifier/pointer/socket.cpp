// Sockets as programs see them: struct bpf_sock, bpf_tcp_sock and bpf_xdp_sock, never the kernel's own.
//
// Which bytes may be read by which width is the layout of these structures. Tested by
// tests/conformance/.
#include <cerrno>

#include "verifier/pointer/internal.hpp"
#include "verifier/report/reg_names.hpp"

namespace skep::verifier {
namespace {

// struct bpf_sock
enum SockField : std::int32_t {
  sock_bound_dev_if = 0,
  sock_family = 4,
  sock_type = 8,
  sock_mark = 16,
  sock_src_ip4 = 24,
  sock_src_port = 44,
  sock_dst_port = 48,
  sock_dst_port_end = 50,
  sock_dst_ip4 = 52,
  sock_state = 72,
  sock_size = 80,
};
// struct bpf_tcp_sock
enum TcpField : std::int32_t { tcp_bytes_received = 80, tcp_bytes_acked = 88, tcp_size = 112 };
constexpr std::int32_t half = 4;

bool narrow_ok(std::int32_t off, unsigned size, unsigned field_size) {
  return size <= field_size && (static_cast<unsigned>(off) & (field_size - 1)) + size <= field_size;
}

bool in_address(std::int32_t off) {
  return (off >= sock_src_ip4 && off < sock_src_port) || (off >= sock_dst_ip4 && off < sock_state);
}

bool sock_access_ok(std::int32_t off, unsigned size) {
  if (off < 0 || off >= sock_size || off % static_cast<std::int32_t>(size) != 0) return false;
  if (off >= sock_dst_port && off < sock_dst_port_end) {
    if (off != sock_dst_port && size > 1) return false;
    return narrow_ok(off, size, size == 4 ? 4 : 2);
  }
  if (off >= sock_dst_port_end && off < sock_dst_ip4) return false;
  // The device, mark and priority are read whole.
  if (off == sock_bound_dev_if || (off >= sock_mark && off < sock_src_ip4)) return size == 4;
  if (off < sock_family) return false;
  // Any part of an address; of other fields no part but the first.
  return narrow_ok(off, size, 4) && (in_address(off) || off % 4 == 0);
}

bool sock_common_access_ok(std::int32_t off, unsigned size) {
  if (off >= sock_type && off < sock_src_ip4) return false;
  return sock_access_ok(off, size);
}

bool tcp_access_ok(std::int32_t off, unsigned size) {
  if (off < 0 || off >= tcp_size || off % static_cast<std::int32_t>(size) != 0) return false;
  return size == (off == tcp_bytes_received || off == tcp_bytes_acked ? 8U : 4U);
}

bool access_ok(RegType type, std::int32_t off, unsigned size) {
  switch (type) {
    case RegType::socket:
      return sock_access_ok(off, size);
    case RegType::sock_common:
      return sock_common_access_ok(off, size);
    case RegType::tcp_sock:
      return tcp_access_ok(off, size);
    case RegType::xdp_sock:
      return off == 0 && size == 4;
    default:
      return false;
  }
}

}  // namespace

int access_socket(Env& env, const MemAccess& access) {
  const std::string kind = reg_type_name(access.reg.type, access.reg.flags);
  if (access.is_write()) return env.refuse(-EACCES, "R{} cannot write into {}", access.regno, kind);
  const auto off = static_cast<std::int32_t>(access.reg.fixed_offset() + access.off);
  if (!access_ok(access.reg.type, off, access.size))
    return env.refuse(-EACCES, "R{} invalid {} access off={} size={}", access.regno, kind, off, access.size);
  // The upper half of a counter is let through, and then cannot be made a load of the kernel's own socket.
  if (access.reg.is(RegType::tcp_sock) && (off == tcp_bytes_received + half || off == tcp_bytes_acked + half))
    return env.refuse(-EFAULT, "verifier bug: error during ctx access conversion (0)");
  if (access.value_reg >= 0) env.reg(static_cast<unsigned>(access.value_reg)).mark_unknown();
  return 0;
}

}  // namespace skep::verifier
