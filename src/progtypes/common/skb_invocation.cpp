// How a frame becomes the __sk_buff of classifiers, filters and lightweight tunnels, and what comes back of it.
//
// The frame begins with its Ethernet header; types that do not see it get the packet behind it, and their results have
// it again. Tested by tests/kernel/invocation_test.cpp and tests/kernel/front_door_test.cpp.
#include "progtypes/common/skb_invocation.hpp"

#include <array>
#include <cerrno>

#include "progtypes/common/context_bytes.hpp"
#include "progtypes/common/follows_packet.hpp"
#include "runtime/layouts.hpp"
#include "runtime/reach.hpp"

namespace skep::progtypes {
namespace {

namespace skb = runtime::layout::skb;
using Bytes = std::span<const std::uint8_t>;

constexpr std::uint32_t longest_frame = 0xffff;
constexpr std::uint32_t loopback = 1;

struct Range {
  std::uint32_t begin, end;
};

// What a caller may set; all else must be zero.
bool valid_context(Bytes c) {
  constexpr Range allowed[] = {{skb::mark, skb::mark + 4},
                               {skb::priority, skb::cb_end},
                               {skb::tstamp, skb::gso_segs + 4},
                               {skb::gso_size, skb::gso_size + 4},
                               {skb::hwtstamp, skb::hwtstamp + 8}};
  std::size_t at = 0;
  for (const Range& field : allowed) {
    if (!zero_between(c, at, field.begin)) return false;
    at = field.end;
  }
  return zero_between(c, at, c.size()) && zero_between(c, skb::ifindex + 4, skb::cb);
}

// A frame of IP has a whole header.
bool holds_its_header(Bytes frame) {
  constexpr std::uint16_t ip = 0x0008, ipv6 = 0xdd86;  // in the packet's byte order
  const auto ether_type = take_field<std::uint16_t>(frame.data(), 12);
  const std::size_t header = ether_type == ip ? 20 : ether_type == ipv6 ? 40 : 0;
  return frame.size() >= ethernet_header + header;
}

// What a frame says that it carries: a protocol, or a length, behind which another header tells.
std::uint16_t protocol_of(Bytes frame) {
  constexpr std::uint16_t first_protocol = 0x600, raw_802_3 = 0x0100, llc = 0x0400;  // the latter in the packet's order
  const auto said = take_field<std::uint16_t>(frame.data(), 12);
  if (__builtin_bswap16(said) >= first_protocol) return said;
  const bool raw =
      frame.size() >= ethernet_header + 2 && take_field<std::uint16_t>(frame.data(), ethernet_header) == 0xffff;
  return raw ? raw_802_3 : llc;
}

// The socket that the packet of a test run belongs to, as `struct bpf_sock`: of no protocol, closed, and with the
// addresses of the packet.
class PacketSocket final : public runtime::Beyond {
 public:
  ~PacketSocket() = default;
  bool contains(std::uint64_t from, std::uint64_t size) const override {
    const std::uint64_t offset = from - reinterpret_cast<std::uint64_t>(words_.data());
    return offset <= sizeof words_ && size <= sizeof words_ - offset;
  }
  void make(Bytes packet, std::uint16_t ether_type) {
    constexpr std::uint32_t family = 4, source4 = 24, source6 = 28, target4 = 52, target6 = 56, state = 72, queue = 76;
    constexpr std::uint32_t closed = 7, inet = 2, inet6 = 10;
    constexpr std::uint16_t ip = 0x0008, ipv6 = 0xdd86;  // in the packet's byte order
    words_ = {};
    if (ether_type == ip) put(words_.data(), family, inet);
    if (ether_type == ipv6) put(words_.data(), family, inet6);
    if (ether_type == ip && packet.size() >= 20)
      copy(packet.subspan(12, 4), source4), copy(packet.subspan(16, 4), target4);
    if (ether_type == ipv6 && packet.size() >= 40)
      copy(packet.subspan(8, 16), source6), copy(packet.subspan(24, 16), target6);
    put(words_.data(), state, closed);
    put(words_.data(), queue, -1);
  }
  void* address() { return words_.data(); }

 private:
  void copy(Bytes from, std::uint32_t to) {
    std::ranges::copy(from, reinterpret_cast<std::uint8_t*>(words_.data()) + to);
  }
  std::array<std::uint64_t, 10> words_ = {};
};

class SkbInvocation final : public Invocation, public FollowsPacket {
 public:
  explicit SkbInvocation(bool link_layer) : hidden_(link_layer ? 0 : ethernet_header) {}

  int check(const InvocationRequest& request, std::string_view&) const override {
    if ((request.flags & ~1U) != 0 || request.cpu != 0 || request.batch_size != 0) return -EINVAL;
    return request.data_size < ethernet_header || request.data_size > longest_frame ? -EINVAL : 0;
  }
  std::optional<std::uint32_t> known_context() const override { return skb::size; }

  int make(const InvocationRequest&, Bytes data, Bytes given, InvocationHost& host) override {
    if (!valid_context(given) || !holds_its_header(data)) return -EINVAL;
    fill(packet_, data, packet_headroom, packet_headroom + data.size() + packet_tailroom);
    const std::uint16_t ether_type = protocol_of(data);
    socket_.make(data.subspan(ethernet_header), ether_type);
    packet_.network += ethernet_header;
    packet_.begin += hidden_;
    host.renew_cgroup_storage();

    context_.reset(skb::size);
    void* c = context_.address();
    std::memcpy(c, given.data(), given.size());
    context_.header().packet = &packet_;
    context_.header().beyond = &socket_;
    context_.header().protocol = ether_type;
    put<std::uint32_t>(c, skb::protocol, ether_type);
    if (take_field<std::uint32_t>(c, skb::wire_len) == 0)
      put(c, skb::wire_len, static_cast<std::uint32_t>(packet_.end - packet_.begin));
    // It came from no device unless the caller says so.
    if (take_field<std::uint32_t>(c, skb::ifindex) == 0) put(c, skb::ifindex, loopback);
    return 0;
  }
  void* context() override { return context_.address(); }

  void before_run() override {
    void* c = context_.address();
    put(c, skb::len, static_cast<std::uint32_t>(packet_.end - packet_.begin));
    runtime::Context::point_into(c, packet_, skb::packet);
    put(c, skb::sk, reinterpret_cast<std::uint64_t>(socket_.address()));
  }

  InvocationResults take(InvocationHost& host) override {
    host.forget_socket(socket_.address());
    packet_.begin -= hidden_;
    // What the program did not see of a frame comes back as zeros.
    std::fill_n(packet_.storage.begin() + static_cast<std::ptrdiff_t>(packet_.begin), hidden_, std::uint8_t{0});
    result_ = {};
    constexpr Range kept[] = {{skb::mark, 4},     {skb::priority, 4}, {skb::ingress_ifindex, 4}, {skb::ifindex, 4},
                              {skb::cb, 20},      {skb::tstamp, 8},   {skb::wire_len, 4},        {skb::gso_segs, 4},
                              {skb::gso_size, 4}, {skb::hwtstamp, 8}};
    for (const auto& [offset, size] : kept)
      std::memcpy(result_.data() + offset, static_cast<const std::uint8_t*>(context_.address()) + offset, size);
    return {.data = packet_.data(), .context = result_, .gives_data = true, .gives_context = true};
  }

 private:
  std::uint32_t hidden_;  // bytes of the frame in front of what the program sees
  runtime::Packet packet_;
  PacketSocket socket_;
  runtime::Context context_{skb::size};
  std::array<std::uint8_t, skb::size> result_ = {};
};

}  // namespace

std::unique_ptr<Invocation> make_skb_invocation_from_link_layer() {
  return std::make_unique<SkbInvocation>(true);
}
std::unique_ptr<Invocation> make_skb_invocation_from_network_layer() {
  return std::make_unique<SkbInvocation>(false);
}

}  // namespace skep::progtypes
