// XDP: runs on a frame in the driver, before the kernel makes a packet of it.
//
// Tested by tests/progtypes/ and, running, by tests/kernel/invocation_test.cpp.
#include <algorithm>
#include <array>
#include <cerrno>
#include <utility>
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

// A frame that does not fit into a page goes on in pieces. On live frames the program's verdicts are acted on, so that
// nothing comes back but how many bytes there were.
class XdpInvocation final : public Invocation, public FollowsPacket {
 public:
  int check(const InvocationRequest& request, std::string_view&) const override {
    constexpr std::uint32_t largest_batch = 256;
    if ((request.flags & ~on_live_frames) != 0 || request.cpu != 0) return -EINVAL;
    const bool live = (request.flags & on_live_frames) != 0;
    if (live && request.batch_size > largest_batch) return -E2BIG;
    if (!live && request.batch_size != 0) return -EINVAL;
    if (live && request.data_size > most_live + most_metadata) return -EINVAL;
    if (live && request.has_context && (request.wants_data || request.wants_context)) return -EINVAL;
    return request.data_size > most_linear + most_metadata + largest_rest ? -ENOMEM : 0;
  }
  std::optional<std::uint32_t> known_context() const override { return xdp::size; }

  // In a caller's context `data` is where the packet begins behind its metadata, `data_end` how far the linear part
  // goes. Who only asks for a context has given one of zeros.
  int make(const InvocationRequest& request, std::span<const std::uint8_t> data, std::span<const std::uint8_t> given,
           InvocationHost&) override {
    const auto field = [&](std::uint32_t offset) { return take_field<std::uint32_t>(given.data(), offset); };
    has_context_ = request.has_context || request.wants_context;
    live_ = (request.flags & on_live_frames) != 0;
    begun_ = false;
    meta_ = 0;
    std::size_t linear = data.size();
    if (has_context_) {
      linear = field(xdp::data_end);
      meta_ = field(xdp::data);
      if (field(xdp::data_meta) != 0 || linear > data.size() || meta_ > linear) return -EINVAL;
      if (meta_ % 4 != 0 || meta_ > most_metadata) return -EINVAL;
    }
    linear = std::min<std::size_t>(linear, (live_ ? most_live : most_linear) + meta_);
    if ((live_ && data.size() > linear) || data.size() - meta_ < ethernet_header) return -EINVAL;
    if (has_context_ && field(xdp::egress_ifindex) != 0) return -EINVAL;
    if (has_context_ && field(xdp::ingress_ifindex) > loopback) return -ENODEV;
    if (data.size() - linear > largest_rest) return -ENOMEM;
    fill(packet_, data.first(linear), packet_headroom - meta_, page_size);
    rest_.assign(data.begin() + static_cast<std::ptrdiff_t>(linear), data.end());
    if (live_) given_.assign(data.begin(), data.end());
    length_ = linear - meta_;
    context_.reset(xdp::size);
    context_.header().packet = &packet_;
    put(context_.address(), xdp::ingress_ifindex,
        has_context_ && field(xdp::ingress_ifindex) != 0 ? field(xdp::ingress_ifindex) : loopback);
    put(context_.address(), xdp::rx_queue_index, field(xdp::rx_queue_index));
    std::memcpy(result_.data(), given.data(), result_.size());
    return 0;
  }
  void* context() override { return context_.address(); }

  // What a run has made of the packet is what the next one gets; live frames are given anew.
  void before_run() override {
    if (live_ || !std::exchange(begun_, true)) give_packet();
    runtime::Context::point_into(context_.address(), packet_, xdp::packet);
  }

  InvocationResults take(InvocationHost&) override {
    std::span<const std::uint8_t> out(packet_.storage.data() + packet_.begin - packet_.meta,
                                      packet_.end - packet_.begin + packet_.meta);
    put(result_.data(), xdp::data, static_cast<std::uint32_t>(packet_.meta));
    put(result_.data(), xdp::data_end, static_cast<std::uint32_t>(out.size()));
    put<std::uint32_t>(result_.data(), xdp::data_meta, 0);
    if (!packet_.pieces.empty()) {
      whole_.assign(out.begin(), out.end());
      for (const auto& piece : packet_.pieces) whole_.insert(whole_.end(), piece.begin(), piece.end());
      out = whole_;
    }
    if (live_) out = given_;
    return {.data = out, .context = result_, .gives_data = true, .gives_context = has_context_, .acted_on = live_};
  }

 private:
  void give_packet() {
    packet_.begin = packet_headroom;
    packet_.end = packet_headroom + length_;
    packet_.meta = meta_;
    packet_.pieces.clear();
    for (std::size_t at = 0; at < rest_.size(); at += runtime::Packet::piece_size) {
      const auto begin = rest_.begin() + static_cast<std::ptrdiff_t>(at);
      packet_.pieces.emplace_back(
          begin, begin + static_cast<std::ptrdiff_t>(std::min(runtime::Packet::piece_size, rest_.size() - at)));
    }
  }

  static constexpr std::uint32_t loopback = 1, most_metadata = 252;
  static constexpr std::size_t page_header = 112;  // of a live frame
  static constexpr std::size_t most_linear = page_size - packet_headroom - packet_tailroom,
                               most_live = most_linear - page_header,
                               largest_rest = runtime::Packet::most_pieces * runtime::Packet::piece_size;
  bool has_context_ = false, live_ = false, begun_ = false;
  std::uint32_t meta_ = 0;
  std::size_t length_ = 0;                          // of the linear part, without metadata
  std::vector<std::uint8_t> rest_, whole_, given_;  // what comes behind it; all that is given back
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
