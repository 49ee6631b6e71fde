// Flow dissectors: find out which flow a packet belongs to.
//
// Tested by tests/progtypes/.
#include <algorithm>
#include <array>
#include <cerrno>

#include "progtypes/common/context_bytes.hpp"
#include "progtypes/common/fields.hpp"
#include "progtypes/common/helper_groups.hpp"
#include "progtypes/common/skb_fields.hpp"
#include "progtypes/common/verdicts.hpp"
#include "progtypes/definitions.hpp"

namespace skep::progtypes {
namespace {

constexpr Field fields[] = {
    skb::packet_start,
    skb::packet_end,
    {.begin = skb::flow_keys, .end = skb::tstamp, .width = 8, .read = Access::exact, .kind = CtxField::flow_keys},
};

CtxAccess access(std::int32_t offset, [[maybe_unused]] std::uint32_t size, [[maybe_unused]] bool write,
                 [[maybe_unused]] const ProgramTraits& traits) {
  return access_field(fields, {}, offset, size, write);
}

constexpr HelperSet helpers =
    groups::base | groups::socket_casts | HelperSet{HelperId::skb_load_bytes, HelperId::ktime_get_coarse_ns};

bool helper(std::uint32_t id, const ProgramTraits&) {
  return helpers.contains(id);
}

constexpr LinkedAt links[] = {
    {AttachType::flow_dissector, LinkType::netns},
};

// A frame whose flow is to be found: the program fills in the keys, which the test run gives back as its data. Of a
// caller's context, which is the keys too, only the flags are understood.
class DissectorInvocation final : public Invocation {
 public:
  int check(const InvocationRequest& request, std::string_view&) const override {
    if (request.flags != 0 || request.cpu != 0 || request.batch_size != 0) return -EINVAL;
    return request.data_size < ethernet_header ? -EINVAL : 0;
  }
  std::optional<std::uint32_t> known_context() const override { return keys_size; }
  int make(const InvocationRequest&, std::span<const std::uint8_t> data, std::span<const std::uint8_t> given,
           InvocationHost&) override {
    if (!zero_between(given, 0, flags) || !zero_between(given, flags + 4, given.size())) return -EINVAL;
    flags_ = take_field<std::uint32_t>(given.data(), flags);
    fill(packet_, data, packet_headroom, packet_headroom + data.size() + packet_tailroom);
    context_.reset(skb::size);
    context_.header().packet = &packet_;
    return 0;
  }
  void* context() override { return context_.address(); }
  void before_run() override {
    constexpr std::uint32_t network_at = 0, transport_at = 2, protocol = 10, ether_type = 12;
    keys_ = {};
    put(keys_.data(), network_at, std::uint16_t{ethernet_header});
    put(keys_.data(), transport_at, std::uint16_t{ethernet_header});
    put(keys_.data(), protocol, take_field<std::uint16_t>(packet_.data().data(), ether_type));
    put(keys_.data(), flags, flags_);
    runtime::Context::point_into(context_.address(), packet_, skb::packet);
    put(context_.address(), skb::flow_keys, reinterpret_cast<std::uint64_t>(keys_.data()));
  }
  InvocationResults take(InvocationHost&) override {
    // Where the headers are said to be is held to where they can be.
    const auto length = static_cast<std::uint16_t>(std::min<std::size_t>(packet_.end - packet_.begin, 0xffff));
    const auto network = std::clamp(take_field<std::uint16_t>(keys_.data(), 0), std::uint16_t{ethernet_header}, length);
    put(keys_.data(), 0, network);
    put(keys_.data(), 2, std::clamp(take_field<std::uint16_t>(keys_.data(), 2), network, length));
    return {.data = {reinterpret_cast<const std::uint8_t*>(keys_.data()), keys_size}, .gives_data = true};
  }

 private:
  static constexpr std::uint32_t keys_size = 56, flags = 48;
  std::array<std::uint64_t, keys_size / 8> keys_ = {};
  std::uint32_t flags_ = 0;
  runtime::Packet packet_;
  runtime::Context context_{skb::size};
};

std::unique_ptr<Invocation> make_invocation() {
  return std::make_unique<DissectorInvocation>();
}

}  // namespace

constinit const ProgTypeDef flow_dissector_type = {
    .type = ProgType::flow_dissector,
    .name = "flow_dissector",
    .context_type = "__sk_buff",
    .kernel_context_type = "bpf_flow_dissector",
    .context_size = 192,
    .packet_access = true,
    .since = {4, 20},
    .summary = "Finds out which flow a packet belongs to.",
    .verdicts = verdicts::dissector,
    .context_access = access,
    .helper_allowed = helper,
    .links = links,
    .make_invocation = make_invocation,
    .test_run = true,
    .invoked_on_packet = true,
};

}  // namespace skep::progtypes
