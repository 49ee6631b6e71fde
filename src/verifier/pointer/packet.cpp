// Packets: a pointer into one is good as far as a comparison with the end of the packet has proved.
//
// `range` counts from the beginning of the packet for pointers of one id; a pointer to which something unknown is added
// gets a new id, and nothing is proved of it. Tested by tests/verifier/pointer/packet_test.cpp.
#include <algorithm>
#include <cerrno>

#include "verifier/pointer/internal.hpp"
#include "verifier/pointer/pointer.hpp"

namespace skep::verifier {

bool may_write_packet(Env& env) {
  env.seen_direct_write = true;
  return env.type().packet_write_allowed != nullptr && env.type().packet_write_allowed(env.input.traits);
}

int check_packet_region(Env& env, const RegState& reg, unsigned regno, std::int64_t off, std::uint64_t size,
                        bool zero_size_allowed) {
  if (reg.at_pkt_end != 0) return env.refuse(-EINVAL, "R{} offset is outside of the packet", regno);
  return check_region(env, reg, regno, off, size, reg.range, zero_size_allowed);
}

int access_packet(Env& env, const MemAccess& access) {
  if (access.is_write() && !may_write_packet(env)) return env.refuse(-EACCES, "cannot write into packet");
  if (int error = check_packet_region(env, access.reg, access.regno, access.off, access.size, false)) return error;
  if (access.is_read() && access.value_reg >= 0) env.reg(static_cast<unsigned>(access.value_reg)).mark_unknown();
  return 0;
}

void find_good_packet_pointers(State& state, const RegState& pointer, bool range_right_open) {
  const std::uint64_t reach = pointer.r.umax();
  // A pointer that may have left the packet's greatest size (or wrapped) proves nothing.
  if (reach > static_cast<std::uint64_t>(max_packet_off)) return;
  if (reach == 0 && range_right_open) return;
  const auto range = static_cast<std::uint32_t>(reach + (range_right_open ? 1 : 0));
  const RegType type = pointer.type;
  const std::uint32_t id = pointer.id;
  state.for_each_reg([&](RegState& reg) {
    if (reg.type != type || reg.id != id) return;
    reg.range = std::max(reg.range, range);
    reg.at_pkt_end = 0;
  });
}

void clear_packet_pointers(Env& env) {
  constexpr std::uint32_t packet_dynptrs = reg_flag::dynptr_skb | reg_flag::dynptr_xdp | reg_flag::dynptr_skb_meta;
  env.state->for_each_reg([](RegState& reg) {
    const bool slice = reg.is(RegType::mem) && reg.has(packet_dynptrs);
    if (reg.is_packet() || reg.is(RegType::packet_end) || slice) reg.mark_unknown();
  });
}

}  // namespace skep::verifier
