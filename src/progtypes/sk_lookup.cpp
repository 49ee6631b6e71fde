// Selects the socket that gets a new connection or packet, before the usual lookup.
//
// Tested by tests/progtypes/.
#include <algorithm>
#include <cerrno>

#include "progtypes/common/context_bytes.hpp"
#include "progtypes/common/fields.hpp"
#include "progtypes/common/helper_groups.hpp"
#include "progtypes/common/verdicts.hpp"
#include "progtypes/common/when.hpp"
#include "progtypes/definitions.hpp"

namespace skep::progtypes {
namespace {

constexpr Field fields[] = {
    {.begin = 0, .end = 8, .width = 8, .read = Access::exact, .kind = CtxField::socket_or_null},
    {.begin = 8, .end = 68, .read = Access::narrow},  // family, protocol, addresses, ports, ifindex
};

CtxAccess access(std::int32_t offset, [[maybe_unused]] std::uint32_t size, [[maybe_unused]] bool write,
                 [[maybe_unused]] const ProgramTraits& traits) {
  return access_field(fields, {}, offset, size, write);
}

constexpr HelperSet helpers =
    groups::base | groups::socket_casts |
    HelperSet{HelperId::perf_event_output, HelperId::sk_release, HelperId::sk_assign, HelperId::ktime_get_coarse_ns};

bool helper(std::uint32_t id, const ProgramTraits&) {
  return helpers.contains(id);
}

ReturnRange range(const ProgramTraits&) {
  return {.checked = true, .min = 0, .max = 1};
}

constexpr LinkedAt links[] = {
    {AttachType::sk_lookup, LinkType::netns},
};

int attach(AttachType type) {
  return links_at(links, type) ? 0 : -EINVAL;
}

// A lookup that a test run describes: the context is read, and given back with the cookie of the socket that was
// selected: one of a map.
class LookupInvocation final : public Invocation {
 public:
  int check(const InvocationRequest& request, std::string_view&) const override {
    if (request.flags != 0 || request.cpu != 0 || request.batch_size != 0) return -EINVAL;
    return request.has_data || request.wants_data || !request.has_context ? -EINVAL : 0;
  }
  std::optional<std::uint32_t> known_context() const override { return size; }
  int make(const InvocationRequest&, std::span<const std::uint8_t>, std::span<const std::uint8_t> given,
           InvocationHost&) override {
    constexpr std::uint32_t socket_end = 8, family = 8, local_port = 60, local_port_end = 64;
    constexpr std::uint32_t inet = 2, inet6 = 10, largest_port = 0xffff;
    if (!zero_between(given, 0, socket_end) || !zero_between(given, local_port_end, given.size())) return -EINVAL;
    if (take_field<std::uint32_t>(given.data(), local_port) > largest_port) return -ERANGE;
    const auto kind = take_field<std::uint32_t>(given.data(), family);
    if (kind != inet && kind != inet6) return -EAFNOSUPPORT;
    context_.reset(size);
    std::ranges::copy(given, static_cast<std::uint8_t*>(context_.address()));
    return 0;
  }
  void* context() override { return context_.address(); }
  InvocationResults take(InvocationHost&) override {
    return {.context = {static_cast<const std::uint8_t*>(context_.address()), size}, .gives_context = true};
  }

 private:
  static constexpr std::uint32_t size = 72;
  runtime::Context context_{size};
};

std::unique_ptr<Invocation> make_invocation() {
  return std::make_unique<LookupInvocation>();
}

}  // namespace

constinit const ProgTypeDef sk_lookup_type = {
    .type = ProgType::sk_lookup,
    .name = "sk_lookup",
    .context_type = "bpf_sk_lookup",
    .kernel_context_type = "bpf_sk_lookup_kern",
    .context_size = 72,
    .since = {5, 9},
    .summary = "Selects the socket that gets a new connection or packet.",
    .verdicts = verdicts::socket,
    .context_access = access,
    .helper_allowed = helper,
    .may_change_sockets = [](bool, const ProgramTraits&) { return true; },
    .return_range = range,
    .check_attach_type = attach,
    .links = links,
    .make_invocation = make_invocation,
    .test_run = true,
};

}  // namespace skep::progtypes
