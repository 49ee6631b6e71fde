// Netfilter hooks.
//
// Tested by tests/progtypes/.
#include <array>
#include <cerrno>

#include "progtypes/common/context_bytes.hpp"
#include "progtypes/common/fields.hpp"
#include "progtypes/common/helper_groups.hpp"
#include "progtypes/common/verdicts.hpp"
#include "progtypes/common/when.hpp"
#include "progtypes/definitions.hpp"
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
// the caller's it is that of packets which this machine sends.
constexpr std::uint32_t least_data = 20;  // of Ethernet and what follows, as the kernel has it

class NetfilterInvocation final : public Invocation, private runtime::Beyond {
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
    constexpr std::uint32_t hook = 0, family = 1, pointers = 8;
    constexpr std::uint8_t local_out = 3, last_hook = 4, ipv4 = 2, ipv6 = 10;
    std::memcpy(state_.data(), given.data(), state_size);
    if (!request.has_context) {
      put(state_.data(), hook, local_out);
      put(state_.data(), family, ipv4);
    }
    const auto kind = take_field<std::uint8_t>(state_.data(), family);
    if (!zero_between(given, pointers, given.size()) || (kind != ipv4 && kind != ipv6) ||
        take_field<std::uint8_t>(state_.data(), hook) > last_hook)
      return -EINVAL;
    fill(packet_, data, packet_headroom, packet_headroom + data.size() + packet_tailroom);
    fill_skb(host.types());
    context_.reset(2 * 8);
    put(context_.address(), 0, reinterpret_cast<std::uint64_t>(state_.data()));
    put(context_.address(), 8, reinterpret_cast<std::uint64_t>(skb_.address()));
    context_.header().beyond = this;
    return 0;
  }
  void* context() override { return context_.address(); }
  InvocationResults take(InvocationHost&) override { return {.gives_data = true}; }  // an empty packet

 private:
  // The context leads to the state and to the packet's object.
  bool contains(std::uint64_t from, std::uint64_t size) const override {
    const auto within = [&](const void* object, std::uint64_t length) {
      const std::uint64_t offset = from - reinterpret_cast<std::uint64_t>(object);
      return offset <= length && size <= length - offset;
    };
    return within(state_.data(), state_size) || within(skb_at_, skb_size_);
  }
  void fill_skb(const btf::Btf& types) {
    const btf::TypeId type = types.find("sk_buff", btf::Kind::struct_);
    skb_size_ = type != 0 ? types.type(type).size : 8;
    skb_.reset(skb_size_);
    skb_at_ = skb_.address();
    skb_.header().packet = &packet_;
    if (type == 0) return;
    for (const btf::Member& member : types.members(types.type(type))) {
      const std::uint32_t at = member.byte_offset();
      if (member.name == "len") put(skb_.address(), at, static_cast<std::uint32_t>(packet_.end - packet_.begin));
      if (member.name == "data")
        put(skb_.address(), at, reinterpret_cast<std::uint64_t>(packet_.storage.data() + packet_.begin));
      if (member.name == "head") put(skb_.address(), at, reinterpret_cast<std::uint64_t>(packet_.storage.data()));
    }
  }

  static constexpr std::uint32_t state_size = 48;
  std::array<std::uint64_t, state_size / 8> state_ = {};
  runtime::Packet packet_;
  runtime::Context skb_{8}, context_{2 * 8};
  const void* skb_at_ = nullptr;
  std::uint32_t skb_size_ = 0;
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
