// SYN cookies: numbers by which a server knows again who has asked for a connection, without having kept anything. A
// cookie is a digest of the addresses, the ports and the client's first number; each Skep gives other ones than each
// kernel, which gives other ones from boot to boot. Tested by tests/loader/call_oracle_test.cpp and
// tests/calls/network_test.cpp.
#include <algorithm>

#include "calls/impl/support.hpp"

namespace skep::calls::impl {
namespace {

constexpr std::size_t header_size = 20;  // of TCP, without options
constexpr std::uint32_t smallest_segment = 536, smallest_segment6 = 1220;

struct Addresses {
  std::uint32_t at, size;  // both, in the IP header
};
constexpr Addresses inet = {12, 8}, inet6 = {8, 32};

std::uint32_t big_endian(const std::uint8_t* at) {
  return std::uint32_t{at[0]} << 24 | std::uint32_t{at[1]} << 16 | std::uint32_t{at[2]} << 8 | at[3];
}

std::uint32_t cookie_of(const std::uint8_t* ip, const Addresses& addresses, const std::uint8_t* tcp,
                        std::uint32_t first_number) {
  constexpr std::uint64_t prime = 1099511628211ULL;
  std::uint64_t digest = 14695981039346656037ULL ^ first_number;
  const auto add = [&digest](const std::uint8_t* bytes, std::size_t size) {
    for (std::size_t i = 0; i < size; ++i) digest = (digest ^ bytes[i]) * prime;
  };
  add(ip + addresses.at, addresses.size);
  add(tcp, 4);  // the ports
  return static_cast<std::uint32_t>(digest >> 32 ^ digest);
}

// What the client's options say of the largest segment that it takes; 0: nothing.
std::uint32_t segment_option(const std::uint8_t* tcp, std::size_t size) {
  constexpr std::uint8_t end = 0, nothing = 1, segment = 2;
  for (std::size_t at = header_size; at + 1 < size && tcp[at] != end;) {
    if (tcp[at] == nothing) {
      ++at;
      continue;
    }
    const std::size_t length = tcp[at + 1];
    if (length < 2 || at + length > size) return 0;
    if (tcp[at] == segment && length == 4) return std::uint32_t{tcp[at + 2]} << 8 | tcp[at + 3];
    at += length;
  }
  return 0;
}

CallResult generate(std::uint64_t ip, const Addresses& addresses, std::uint64_t header, std::uint32_t size,
                    std::uint32_t otherwise) {
  const auto* const tcp = pointer<const std::uint8_t>(header);
  if (size < header_size || size != std::size_t{tcp[12]} / 16 * 4) return CallResult::error(-EINVAL);
  const std::uint32_t said = segment_option(tcp, size);
  const std::uint64_t segment = said != 0 ? said : otherwise;
  return CallResult::of(cookie_of(pointer<const std::uint8_t>(ip), addresses, tcp, big_endian(tcp + 4)) | segment
                                                                                                              << 32);
}
// An answer to a cookie: one more than it, and the client's second number.
CallResult check(std::uint64_t ip, const Addresses& addresses, std::uint64_t header) {
  const auto* const tcp = pointer<const std::uint8_t>(header);
  const std::uint32_t wanted = cookie_of(pointer<const std::uint8_t>(ip), addresses, tcp, big_endian(tcp + 4) - 1);
  return CallResult::error(big_endian(tcp + 8) - 1 == wanted ? 0 : -EACCES);
}

}  // namespace

SKEP_CALL(bpf_tcp_raw_gen_syncookie_ipv4) {
  return generate(r1, inet, r2, u32(r3), smallest_segment);
}
SKEP_CALL(bpf_tcp_raw_gen_syncookie_ipv6) {
  return generate(r1, inet6, r2, u32(r3), smallest_segment6);
}
SKEP_CALL(bpf_tcp_raw_check_syncookie_ipv4) {
  return check(r1, inet, r2);
}
SKEP_CALL(bpf_tcp_raw_check_syncookie_ipv6) {
  return check(r1, inet6, r2);
}

}  // namespace skep::calls::impl
