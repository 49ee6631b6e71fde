// Alignment: always for the stack (spilled registers are tracked in slots of eight bytes), for the rest only when the
// program asks for it (BPF_F_STRICT_ALIGNMENT) or the instruction needs it. Tested by tests/verifier/pointer/.
#include <cerrno>

#include "verifier/pointer/internal.hpp"

namespace skep::verifier {
namespace {

// Packets begin two bytes beyond a multiple of four, so that the IP header after the Ethernet header is aligned.
constexpr unsigned packet_alignment = 2;

std::string_view kind_name(RegType type) {
  switch (type) {
    case RegType::flow_keys:
      return "flow keys ";
    case RegType::map_key:
      return "key ";
    case RegType::map_value:
      return "value ";
    case RegType::ctx:
      return "context ";
    case RegType::stack:
      return "stack ";
    case RegType::socket:
      return "sock ";
    case RegType::sock_common:
      return "sock_common ";
    case RegType::tcp_sock:
      return "tcp_sock ";
    case RegType::xdp_sock:
      return "xdp_sock ";
    default:
      return "";
  }
}

bool must_align(const Env& env, const MemAccess& access) {
  if (access.reg.is(RegType::arena) || access.size == 1) return false;
  if (access.reg.is(RegType::stack)) return true;
  if (access.reg.is(RegType::map_value) && maps::map_type(access.reg.map->type).holds == maps::Holds::instructions)
    return true;
  return env.strict_alignment || access.options.strict_alignment_once;
}

}  // namespace

int check_alignment(Env& env, const MemAccess& access) {
  if (!must_align(env, access)) return 0;
  const Tnum& start = access.reg.r.var_off();
  const auto off = static_cast<std::uint64_t>(static_cast<std::int64_t>(access.off));
  if (access.reg.is_packet()) {
    if (add(start, Tnum::constant(off + packet_alignment)).is_aligned(access.size)) return 0;
    return env.refuse(-EACCES, "misaligned packet access off {}+{}+{} size {}", packet_alignment, tnum_string(start),
                      access.off, access.size);
  }
  if (add(start, Tnum::constant(off)).is_aligned(access.size)) return 0;
  return env.refuse(-EACCES, "misaligned {}access off {}+{} size {}", kind_name(access.reg.type), tnum_string(start),
                    access.off, access.size);
}

}  // namespace skep::verifier
