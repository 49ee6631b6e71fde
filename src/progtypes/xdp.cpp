// XDP: runs on a frame in the driver, before the kernel makes a packet of it.
//
// Tested by tests/progtypes/ and, running, by tests/kernel/invocation_test.cpp.
#include <array>
#include <cerrno>
#include <vector>

#include "progtypes/common/context_bytes.hpp"
#include "progtypes/common/fields.hpp"
#include "progtypes/common/follows_packet.hpp"
#include "progtypes/common/helper_groups.hpp"
#include "progtypes/common/verdicts.hpp"
#include "progtypes/definitions.hpp"
#include "runtime/layouts.hpp"

namespace skep::progtypes {
namespace {

namespace xdp = runtime::layout::xdp;

constexpr Field fields[] = {
    {.begin = xdp::data, .end = xdp::data_end, .read = Access::exact, .kind = CtxField::packet},
    {.begin = xdp::data_end, .end = xdp::data_meta, .read = Access::exact, .kind = CtxField::packet_end},
    {.begin = xdp::data_meta, .end = xdp::ingress_ifindex, .read = Access::exact, .kind = CtxField::packet_meta},
    {.begin = xdp::ingress_ifindex, .end = xdp::egress_ifindex, .read = Access::exact},
};

CtxAccess access(std::int32_t offset, [[maybe_unused]] std::uint32_t size, [[maybe_unused]] bool write,
                 [[maybe_unused]] const ProgramTraits& traits) {
  if (offset == xdp::egress_ifindex && size == 4 && !write && traits.attach_type == AttachType::xdp_devmap)
    return {.allowed = true};
  return access_field(fields, {}, offset, size, write);
}

constexpr HelperSet helpers =
    groups::base | groups::xdp_frames | groups::routing | groups::socket_lookup | groups::socket_casts |
    HelperSet{HelperId::redirect,   HelperId::perf_event_output,   HelperId::csum_diff,
              HelperId::sk_release, HelperId::ktime_get_coarse_ns, HelperId::xdp_get_buff_len};

bool helper(std::uint32_t id, const ProgramTraits&) {
  return helpers.contains(id);
}

bool packet_write(const ProgramTraits&) {
  return true;
}

constexpr std::uint32_t on_live_frames = 2;

class XdpInvocation final : public Invocation, public FollowsPacket {
 public:
  int check(const InvocationRequest& request, std::string_view& what) const override {
    if ((request.flags & ~on_live_frames) != 0 || request.cpu != 0) return -EINVAL;
    if ((request.flags & on_live_frames) != 0 || request.batch_size != 0) {
      what = "test runs of XDP on live frames";
      return -EOPNOTSUPP;
    }
    if (request.data_size > page_size - packet_headroom - packet_tailroom) {
      what = "test runs of XDP on fragmented frames";
      return -EOPNOTSUPP;
    }
    return 0;
  }
  std::optional<std::uint32_t> known_context() const override { return xdp::size; }

  // In a caller's context `data` is where the packet begins behind its metadata, `data_end` where the part ends that
  // the program sees: what follows is in fragments. Who only asks for a context has given one of zeros.
  int make(const InvocationRequest& request, std::span<const std::uint8_t> data, std::span<const std::uint8_t> given,
           InvocationHost&) override {
    const auto field = [&](std::uint32_t offset) { return take_field<std::uint32_t>(given.data(), offset); };
    has_context_ = request.has_context || request.wants_context;
    meta_ = 0;
    length_ = data.size();
    if (has_context_) {
      length_ = field(xdp::data_end);
      if (field(xdp::data_meta) != 0 || length_ > data.size() || field(xdp::data) > length_) return -EINVAL;
      if (field(xdp::egress_ifindex) != 0) return -EINVAL;
      meta_ = field(xdp::data);
      if (meta_ % 4 != 0 || meta_ > most_metadata) return -EINVAL;
      if (field(xdp::ingress_ifindex) > loopback) return -ENODEV;
    }
    if (data.size() - meta_ < ethernet_header) return -EINVAL;
    fill(packet_, data, packet_headroom, page_size);
    fragments_.assign(data.begin() + static_cast<std::ptrdiff_t>(length_), data.end());
    context_.reset(xdp::size);
    context_.header().packet = &packet_;
    put(context_.address(), xdp::ingress_ifindex,
        has_context_ && field(xdp::ingress_ifindex) != 0 ? field(xdp::ingress_ifindex) : loopback);
    put(context_.address(), xdp::rx_queue_index, field(xdp::rx_queue_index));
    std::memcpy(result_.data(), given.data(), result_.size());
    return 0;
  }
  void* context() override { return context_.address(); }

  // A run before may have moved the packet's ends.
  void before_run() override {
    packet_.begin = packet_headroom + meta_;
    packet_.end = packet_headroom + length_;
    packet_.meta = meta_;
    runtime::Context::point_into(context_.address(), packet_, xdp::packet);
  }

  InvocationResults take(InvocationHost&) override {
    std::span<const std::uint8_t> out(packet_.storage.data() + packet_.begin - packet_.meta,
                                      packet_.end - packet_.begin + packet_.meta);
    put(result_.data(), xdp::data, static_cast<std::uint32_t>(packet_.meta));
    put(result_.data(), xdp::data_end, static_cast<std::uint32_t>(out.size()));
    put<std::uint32_t>(result_.data(), xdp::data_meta, 0);
    if (!fragments_.empty()) {
      fragments_.insert(fragments_.begin(), out.begin(), out.end());
      out = fragments_;
    }
    return {.data = out, .context = result_, .gives_data = true, .gives_context = has_context_};
  }

 private:
  static constexpr std::uint32_t loopback = 1, most_metadata = 252;
  bool has_context_ = false;
  std::uint32_t meta_ = 0;
  std::size_t length_ = 0;
  std::vector<std::uint8_t> fragments_;  // what of the packet is behind its length
  runtime::Packet packet_;
  runtime::Context context_{xdp::size};
  std::array<std::uint8_t, xdp::size> result_ = {};
};

std::unique_ptr<Invocation> make_invocation() {
  return std::make_unique<XdpInvocation>();
}

constexpr LinkedAt links[] = {
    {AttachType::xdp, LinkType::xdp},
};

}  // namespace

constinit const ProgTypeDef xdp_type = {
    .type = ProgType::xdp,
    .name = "xdp",
    .context_type = "xdp_md",
    .kernel_context_type = "xdp_buff",
    .context_size = 24,
    .packet_access = true,
    .writes_packet_objects = true,
    .since = {4, 8},
    .summary = "Decides about a frame as soon as the driver has it.",
    .verdicts = verdicts::xdp,
    .context_access = access,
    .helper_allowed = helper,
    .packet_write_allowed = packet_write,
    .links = links,
    .make_invocation = make_invocation,
    .test_run = true,
    .invoked_on_packet = true,
};

}  // namespace skep::progtypes
