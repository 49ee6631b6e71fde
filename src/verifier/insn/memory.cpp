// Loads and stores as instructions: the registers that they use, and that an instruction means one thing on all paths.
//
// Some loads are rewritten by the kind of pointer that they go through (context fields, memory that may fault): such an
// instruction cannot be reached with pointers of different kinds. Tested by tests/verifier/insn/memory_test.cpp.
#include <cerrno>

#include "verifier/insn/insn.hpp"
#include "verifier/insn/internal.hpp"
#include "verifier/pointer/pointer.hpp"

namespace skep::verifier {
namespace {

bool is_untrusted_bytes(RegType type, std::uint32_t flags) {
  constexpr std::uint32_t both = reg_flag::rdonly | reg_flag::untrusted;
  return type == RegType::mem && (flags & both) == both;
}

// An instruction that goes through such a pointer is plain memory access: others like it may come the same way.
bool may_be_mixed(RegType type, std::uint32_t flags) {
  switch (type) {
    case RegType::ctx:
    case RegType::socket:
    case RegType::sock_common:
    case RegType::tcp_sock:
    case RegType::xdp_sock:
    case RegType::btf:
    case RegType::arena:
      return false;
    case RegType::mem:
      return !is_untrusted_bytes(type, flags);
    default:
      return true;
  }
}

bool is_object_or_bytes(RegType type) {
  return type == RegType::btf || type == RegType::mem;
}

bool may_fault(RegType type, std::uint32_t flags) {
  if (type == RegType::btf)
    return (flags & (reg_flag::trusted | reg_flag::alloc | reg_flag::rcu)) == 0 || (flags & reg_flag::untrusted) != 0;
  return is_untrusted_bytes(type, flags);
}

}  // namespace

int remember_pointer_kind(Env& env, RegType type, std::uint32_t flags, bool is_load) {
  InsnAux& aux = env.insn_aux();
  aux.access.fault_protected = aux.access.fault_protected || (is_load && may_fault(type, flags));
  if (aux.access.pointer_type == RegType::not_init) {
    aux.access.pointer_type = type;
    aux.access.pointer_flags = flags;
    return 0;
  }
  const bool same = aux.access.pointer_type == type && aux.access.pointer_flags == flags;
  if (same || (may_be_mixed(type, flags) && may_be_mixed(aux.access.pointer_type, aux.access.pointer_flags))) return 0;
  if (is_load && is_object_or_bytes(type) && is_object_or_bytes(aux.access.pointer_type)) return 0;
  return env.refuse(-EINVAL, "same insn cannot be used with different pointers");
}

int check_load(Env& env, const Insn& insn, unsigned address, AccessOptions options) {
  if (int error = check_reg(env, insn.dst, RegUse::dest_unmarked)) return error;
  const RegType type = env.reg(address).type;
  const std::uint32_t flags = env.reg(address).flags;
  if (int error = check_mem_access(env, env.insn_idx, address, insn.off, access_bytes(insn.code), Access::read,
                                   insn.dst, options))
    return error;
  return remember_pointer_kind(env, type, flags, true);
}

int check_store(Env& env, const Insn& insn, AccessOptions options) {
  const RegType type = env.reg(insn.dst).type;
  const std::uint32_t flags = env.reg(insn.dst).flags;
  if (int error = check_mem_access(env, env.insn_idx, insn.dst, insn.off, access_bytes(insn.code), Access::write,
                                   insn.src, options))
    return error;
  return remember_pointer_kind(env, type, flags, false);
}

}  // namespace skep::verifier
