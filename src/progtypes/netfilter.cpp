// Netfilter hooks.
//
// Tested by tests/progtypes/.
#include <algorithm>
#include <array>
#include <bit>
#include <cerrno>
#include <string_view>
#include <vector>

#include "calls/impl/kernel_fields.hpp"
#include "progtypes/common/context_bytes.hpp"
#include "progtypes/common/fields.hpp"
#include "progtypes/common/helper_groups.hpp"
#include "progtypes/common/verdicts.hpp"
#include "progtypes/common/when.hpp"
#include "progtypes/definitions.hpp"
#include "progtypes/described.hpp"
#include "runtime/reach.hpp"

namespace skep::progtypes {
namespace {

CtxAccess access(std::int32_t offset, [[maybe_unused]] std::uint32_t size, [[maybe_unused]] bool write,
                 [[maybe_unused]] const ProgramTraits& traits) {
  if (write || size != 8 || (offset != 0 && offset != 8)) return {};
  return {.allowed = true,
          .field = CtxField::btf_pointer,
          .trusted = true,
          .btf_type = offset == 0 ? "nf_hook_state" : "sk_buff"};
}

constexpr HelperSet helpers = groups::base;

bool helper(std::uint32_t id, const ProgramTraits&) {
  return helpers.contains(id);
}

ReturnRange range(const ProgramTraits&) {
  return {.checked = true, .min = 0, .max = 1};
}

constexpr LinkedAt links[] = {
    {AttachType::netfilter, LinkType::netfilter},
};

int attach(AttachType type) {
  return links_at(links, type) ? 0 : -EINVAL;
}

// The packet, as a kernel's sk_buff as far as the types tell its layout, and the state of the hook. Without a state of
// the caller's it is that of packets which this machine sends; these begin with their network's header. Tested by
// tests/loader/call_oracle_test.cpp.
constexpr std::uint32_t least_data = 20;  // of Ethernet and what follows, as the kernel has it

class NetfilterInvocation final : public Invocation, public DescribedBytes, private runtime::Beyond {
 public:
  int check(const InvocationRequest& request, std::string_view&) const override {
    if (request.flags != 0 || request.cpu != 0 || request.batch_size != 0) return -EINVAL;
    const bool fits =
        request.data_size >= least_data && request.data_size <= page_size - packet_headroom - packet_tailroom;
    return fits ? 0 : -EINVAL;
  }
  std::optional<std::uint32_t> known_context() const override { return state_size; }
  int make(const InvocationRequest& request, std::span<const std::uint8_t> data, std::span<const std::uint8_t> given,
           InvocationHost& host) override {
    constexpr std::uint32_t hook = 0, pointers = 8, device_out = 16;
    std::memcpy(state_.data(), given.data(), state_size);
    if (!request.has_context) {
      put(state_.data(), hook, local_out);
      put(state_.data(), family_at, ipv4);
    }
    const auto kind = take_field<std::uint8_t>(state_.data(), family_at);
    if (!zero_between(given, pointers, given.size()) || (kind != ipv4 && kind != ipv6)) return -EINVAL;
    const bool came_in = take_field<std::uint8_t>(state_.data(), hook) != local_out;
    if (came_in)
      if (const int error = check_frame(data, kind); error != 0) return error;
    const auto size = static_cast<std::uint32_t>(data.size());
    fill(packet_, data, packet_headroom, packet_headroom + room_of(size) + packet_tailroom);
    void* const device = fill_device(host.types());
    if (request.has_context) put(state_.data(), device_out, reinterpret_cast<std::uint64_t>(device));
    fill_skb(host.types(), kind == ipv4 ? ether_ipv4 : ether_ipv6, came_in);
    context_.reset(2 * 8);
    put(context_.address(), 0, reinterpret_cast<std::uint64_t>(state_.data()));
    put(context_.address(), 8, reinterpret_cast<std::uint64_t>(skb_.address()));
    context_.header().beyond = this;
    return 0;
  }
  void* context() override { return context_.address(); }
  InvocationResults take(InvocationHost&) override { return {.gives_data = true}; }  // an empty packet
  // Of the hook's two objects the state is described.
  std::string_view described_as() const override { return "nf_hook_state"; }
  // At a hook only a frame of its family comes in.
  void dress_packet(std::span<std::uint8_t> packet, std::span<const std::uint8_t> context) const override {
    const bool is_ipv6 = context.size() > family_at && context[family_at] == ipv6;
    if (packet.size() >= ethernet_header) put(packet.data(), ether_type_at, is_ipv6 ? ether_ipv6 : ether_ipv4);
  }

 private:
  // The context leads to the state and to the packet's object.
  bool contains(std::uint64_t from, std::uint64_t size) const override {
    const auto within = [&](const void* object, std::uint64_t length) {
      const std::uint64_t offset = from - reinterpret_cast<std::uint64_t>(object);
      return offset <= length && size <= length - offset;
    };
    return within(state_.data(), state_size) || within(skb_at_, skb_size_) ||
           within(device_.data(), device_.size() * sizeof device_[0]);
  }
  // What comes in comes in a frame, of the family that the hook is for.
  static int check_frame(std::span<const std::uint8_t> frame, std::uint8_t family) {
    constexpr std::size_t ipv4_header = 20, ipv6_header = 40;
    if (frame.size() < ethernet_header + ipv4_header) return -EINVAL;
    switch (take_field<std::uint16_t>(frame.data(), ether_type_at)) {
      case ether_ipv4:
        return family == ipv4 ? 0 : -EINVAL;
      case ether_ipv6:
        return family == ipv6 && frame.size() >= ethernet_header + ipv6_header ? 0 : -EINVAL;
      default:
        return -EPROTO;
    }
  }
  // A packet that came in begins behind its frame's header; what is sent has none yet, nor a device.
  void fill_skb(const btf::Btf& types, std::uint16_t protocol, bool came_in) {
    constexpr std::uint32_t headroom = 64, no_offset = 0xffff;
    const btf::TypeId type = types.find("sk_buff", btf::Kind::struct_);
    skb_size_ = type != 0 ? types.type(type).size : 8;
    skb_.reset(skb_size_);
    skb_at_ = skb_.address();
    skb_.header().packet = &packet_;
    skb_.header().protocol = protocol;
    if (came_in) packet_.begin += ethernet_header;
    if (type == 0) return;
    const auto set = [&](std::string_view name, std::uint64_t value) {
      if (const auto place = calls::impl::find_field(&types, "sk_buff", {name}); place && place->bits == 0)
        std::memcpy(static_cast<std::uint8_t*>(skb_.address()) + place->offset, &value,
                    std::min<std::size_t>(place->size, sizeof value));
    };
    const std::uint32_t frame = came_in ? ethernet_header : 0;
    const auto length = static_cast<std::uint32_t>(packet_.end - packet_.begin);
    const auto head = reinterpret_cast<std::uint64_t>(packet_.storage.data() + packet_headroom - headroom);
    set("len", length);
    set("head", head);
    set("data", head + headroom + frame);
    set("protocol", protocol);
    set("mac_header", came_in ? headroom : no_offset);
    set("network_header", came_in ? headroom + frame : 0);
    set("tail", headroom + frame + length);
    set("end", headroom + room_of(frame + length));
    if (came_in) set("dev", reinterpret_cast<std::uint64_t>(device_.data()));
  }
  // How many bytes a packet and what is left behind it have: memory comes in blocks, of which the kernel takes a part.
  static std::uint32_t room_of(std::uint32_t length) {
    constexpr std::uint32_t headroom = 64, least_block = 512;
    return std::bit_ceil(std::max<std::uint32_t>(headroom + length + packet_tailroom, least_block)) - packet_tailroom -
           headroom;
  }
  void* fill_device(const btf::Btf& types) {
    constexpr std::uint32_t loopback = 1;
    const btf::TypeId type = types.find("net_device", btf::Kind::struct_);
    device_.assign(type != 0 ? (types.size_of(type).value_or(0) + 7) / 8 : 0, 0);
    if (device_.empty()) return nullptr;
    const auto number = calls::impl::find_field(&types, "net_device", {"ifindex"});
    const auto name = calls::impl::find_field(&types, "net_device", {"name"});
    if (number && number->size == sizeof loopback) put(device_.data(), number->offset, loopback);
    if (name && name->size > 2) std::memcpy(reinterpret_cast<char*>(device_.data()) + name->offset, "lo", 2);
    return device_.data();
  }

  static constexpr std::uint32_t state_size = 48, family_at = 1, ether_type_at = 12;
  static constexpr std::uint8_t local_out = 3, ipv4 = 2, ipv6 = 10;         // the hook of what is sent; families
  static constexpr std::uint16_t ether_ipv4 = 0x0008, ether_ipv6 = 0xdd86;  // in the packet's byte order
  std::array<std::uint64_t, state_size / 8> state_ = {};
  runtime::Packet packet_;
  runtime::Context skb_{8}, context_{2 * 8};
  const void* skb_at_ = nullptr;
  std::uint32_t skb_size_ = 0;
  std::vector<std::uint64_t> device_;  // loopback
};

std::unique_ptr<Invocation> make_invocation() {
  return std::make_unique<NetfilterInvocation>();
}

}  // namespace

constinit const ProgTypeDef netfilter_type = {
    .type = ProgType::netfilter,
    .name = "netfilter",
    .context_type = "bpf_nf_ctx",
    .kernel_context_type = "bpf_nf_ctx",
    .context_size = 16,
    .since = {6, 4},
    .summary = "Decides about packets at a netfilter hook.",
    .verdicts = verdicts::netfilter,
    .context_access = access,
    .helper_allowed = helper,
    .return_range = range,
    .check_attach_type = attach,
    .links = links,
    .make_invocation = make_invocation,
    .test_run = true,
    .invoked_on_packet = true,
};

}  // namespace skep::progtypes
