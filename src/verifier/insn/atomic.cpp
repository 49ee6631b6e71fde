// Atomic instructions: a load and a store in one, or an ordered load or store.
//
// Tested by tests/verifier/insn/memory_test.cpp.
#include <cerrno>

#include "verifier/insn/insn.hpp"
#include "verifier/insn/internal.hpp"
#include "verifier/pointer/pointer.hpp"
#include "verifier/report/reg_names.hpp"

namespace skep::verifier {
namespace {

// Rewritten context fields, and memory that is not plain memory, cannot be worked on atomically.
bool plain_memory(const RegState& reg, const Insn& insn, bool is_load) {
  switch (reg.type) {
    case RegType::ctx:
    case RegType::packet:
    case RegType::packet_meta:
    case RegType::flow_keys:
    case RegType::socket:
    case RegType::sock_common:
    case RegType::tcp_sock:
    case RegType::xdp_sock:
      return false;
    case RegType::arena: {
      // Loops of compare-and-exchange cannot be interrupted by a fault in the arena.
      const bool loops = insn.imm == (atomic_op::and_ | atomic_op::fetch) ||
                         insn.imm == (atomic_op::or_ | atomic_op::fetch) ||
                         insn.imm == (atomic_op::xor_ | atomic_op::fetch);
      return !loops;
    }
    case RegType::mem:
      return !(is_load && reg.has(reg_flag::rdonly) && reg.has(reg_flag::untrusted));
    default:
      return true;
  }
}

int check_plain(Env& env, const Insn& insn, unsigned regno, bool is_load) {
  const RegState& reg = env.reg(regno);
  if (plain_memory(reg, insn, is_load)) return 0;
  return env.refuse(-EACCES, "BPF_ATOMIC {} R{} {} is not allowed", is_load ? "loads from" : "stores into", regno,
                    reg_type_name(reg.type, reg.flags));
}

int check_read_modify_write(Env& env, const Insn& insn) {
  const unsigned size = access_bytes(insn.code);
  if (size != 4 && size != 8) return env.refuse(-EINVAL, "invalid atomic operand size");
  if (int error = check_reg(env, insn.src, RegUse::source)) return error;
  if (int error = check_reg(env, insn.dst, RegUse::source)) return error;
  const bool compares = insn.imm == atomic_op::cmpxchg;
  if (compares) {
    if (int error = check_reg(env, 0, RegUse::source)) return error;
  }
  if (int error = check_plain(env, insn, insn.dst, false)) return error;
  const bool fetches = (insn.imm & atomic_op::fetch) != 0;
  const int result = !fetches ? -1 : compares ? 0 : static_cast<int>(insn.src);
  const RegState address = env.reg(insn.dst);
  const AccessOptions options{.strict_alignment_once = true, .is_atomic = true};
  if (int error = check_mem_access(env, env.insn_idx, insn.dst, insn.off, size, Access::read, -1, options))
    return error;
  if (result >= 0) {
    if (int error = check_reg(env, static_cast<unsigned>(result), RegUse::dest_unmarked)) return error;
    if (int error = check_mem_access(env, env.insn_idx, insn.dst, insn.off, size, Access::read, result, options))
      return error;
  }
  if (int error = remember_pointer_kind(env, address.type, address.flags, false)) return error;
  // A result that goes to the register of the address has replaced it: nothing can be stored through that, whatever
  // number was in memory.
  if (result == static_cast<int>(insn.dst)) env.reg(insn.dst).mark_unknown();
  return check_mem_access(env, env.insn_idx, insn.dst, insn.off, size, Access::write, -1, options);
}

}  // namespace

int check_atomic(Env& env, const Insn& insn) {
  const bool ordered = insn.imm == atomic_op::load_acq || insn.imm == atomic_op::store_rel;
  switch (ordered && !env.input.rules->instructions.ordered_access ? -1 : insn.imm) {
    case atomic_op::load_acq: {
      if (int error = check_reg(env, insn.src, RegUse::source)) return error;
      if (int error = check_plain(env, insn, insn.src, true)) return error;
      return check_load(env, insn, insn.src, {.strict_alignment_once = true, .is_atomic = true});
    }
    case atomic_op::store_rel: {
      if (int error = check_reg(env, insn.src, RegUse::source)) return error;
      if (int error = check_reg(env, insn.dst, RegUse::source)) return error;
      // Stores into sockets are refused as all stores are.
      if (env.reg(insn.dst).type != RegType::socket) {
        if (int error = check_plain(env, insn, insn.dst, false)) return error;
      }
      return check_store(env, insn, {.strict_alignment_once = true, .is_atomic = true});
    }
    case atomic_op::add:
    case atomic_op::add | atomic_op::fetch:
    case atomic_op::and_:
    case atomic_op::and_ | atomic_op::fetch:
    case atomic_op::or_:
    case atomic_op::or_ | atomic_op::fetch:
    case atomic_op::xor_:
    case atomic_op::xor_ | atomic_op::fetch:
    case atomic_op::xchg:
    case atomic_op::cmpxchg:
      return check_read_modify_write(env, insn);
    default:
      return env.refuse(-EINVAL, "BPF_ATOMIC uses invalid atomic opcode {:02x}", static_cast<std::uint32_t>(insn.imm));
  }
}

}  // namespace skep::verifier
