// Loads and stores: each is handed to the kind of pointer that it goes through.
//
// Whatever the kind, a load of less than eight bytes leaves a register whose upper bits are zero, or copies of the
// sign. Tested by tests/verifier/pointer/map_value_test.cpp.
#include <cerrno>

#include "verifier/path/flow.hpp"
#include "verifier/pointer/pointer.hpp"
#include "verifier/pointer/stack.hpp"
#include "verifier/report/explain.hpp"
#include "verifier/report/reg_names.hpp"

namespace skep::verifier {
namespace {

int refuse_kind(Env& env, const MemAccess& access) {
  return env.refuse(-EACCES, explain::invalid_dereference(access.reg, access.regno), "R{} invalid mem access '{}'",
                    access.regno, reg_type_name(access.reg.type, access.reg.flags));
}

int access_by_kind(Env& env, const MemAccess& access) {
  switch (access.reg.type) {
    case RegType::map_key:
      return access_map_key(env, access);
    case RegType::mem:
      return access.reg.maybe_null() ? refuse_kind(env, access) : access_mem(env, access);
    default:
      break;
  }
  if (access.reg.maybe_null()) return refuse_kind(env, access);
  switch (access.reg.type) {
    case RegType::map_value:
      return access_map_value(env, access);
    case RegType::ctx:
      return access_context(env, access);
    case RegType::stack:
      return access_stack(env, access);
    case RegType::packet:
    case RegType::packet_meta:
      return access_packet(env, access);
    case RegType::flow_keys:
      return access_flow_keys(env, access);
    case RegType::socket:
    case RegType::sock_common:
    case RegType::tcp_sock:
    case RegType::xdp_sock:
      return access_socket(env, access);
    case RegType::tp_buffer:
      return access_tp_buffer(env, access);
    case RegType::btf:
      return access_btf(env, access);
    case RegType::map_ptr:
      return access_map_ptr(env, access);
    case RegType::buf:
      return access_buf(env, access);
    case RegType::arena:
      return access_arena(env, access);
    default:
      return refuse_kind(env, access);
  }
}

// The engines have to know which loads read a map's own fields.
void note_what_is_read(InsnAux& aux, const RegState& reg) {
  if (!reg.is(RegType::map_ptr)) {
    aux.access.reads_other = true;
    return;
  }
  if (aux.access.reads_map && aux.access.map_read != reg.map->type) aux.access.reads_other = true;
  aux.access.reads_map = true;
  aux.access.map_read = reg.map->type;
}

}  // namespace

int check_mem_access(Env& env, std::uint32_t insn, unsigned regno, std::int32_t off, unsigned size, Access access_kind,
                     int value_reg, AccessOptions options) {
  // A copy: a load may change the very register that it goes through.
  const RegState reg = env.reg(regno);
  const MemAccess access{insn, regno, reg, off, size, access_kind, value_reg, options};
  if (int error = check_alignment(env, access)) return error;
  if (int error = access_by_kind(env, access)) return error;
  if (access.is_read() && is_load(env.insns[insn])) note_what_is_read(env.aux[insn], reg);
  if (access.is_read() && value_reg >= 0 && size < 8) {
    RegState& result = env.reg(static_cast<unsigned>(value_reg));
    if (result.is_scalar()) {
      if (options.sign_extend) {
        if (scalar_width(result) >= 8 * size) unlink(result);  // no longer what its copies are
        result.r.sign_extend_from(size);
      } else {
        result.r.truncate_to_size(size);
      }
    }
  }
  return 0;
}

}  // namespace skep::verifier
