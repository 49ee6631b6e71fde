// Kinds of memory of which only the bounds are known: map keys, memory of a known size, flow keys, arenas.
//
// Tested by tests/verifier/pointer/packet_test.cpp.
#include <cerrno>

#include "verifier/pointer/internal.hpp"
#include "verifier/report/reg_names.hpp"

namespace skep::verifier {
namespace {

constexpr unsigned flow_keys_size = 56;  // struct bpf_flow_keys

void load_unknown(Env& env, const MemAccess& access) {
  if (access.value_reg >= 0) env.reg(static_cast<unsigned>(access.value_reg)).mark_unknown();
}

}  // namespace

int access_map_key(Env& env, const MemAccess& access) {
  if (access.is_write()) return env.refuse(-EACCES, "write to change key R{} not allowed", access.regno);
  if (int error = check_region(env, access.reg, access.regno, access.off, access.size, access.reg.map->key_size, false))
    return error;
  load_unknown(env, access);
  return 0;
}

// Memory from a ring buffer, a dynptr, a helper or a caller. What is read from untrusted memory may be anything, so its
// bounds do not matter: a load that faults gives 0.
int access_mem(Env& env, const MemAccess& access) {
  const bool rdonly = access.reg.has(reg_flag::rdonly);
  if (access.is_write() && rdonly)
    return env.refuse(-EACCES, "R{} cannot write into {}", access.regno,
                      reg_type_name(access.reg.type, access.reg.flags));
  if (!(rdonly && access.reg.has(reg_flag::untrusted))) {
    if (int error = check_region(env, access.reg, access.regno, access.off, access.size, access.reg.mem_size, false))
      return error;
  }
  if (access.is_read()) load_unknown(env, access);
  return 0;
}

int access_flow_keys(Env& env, const MemAccess& access) {
  // No variable offset can be added to this kind of pointer (arithmetic.cpp).
  const std::int64_t off = access.reg.fixed_offset() + access.off;
  if (off < 0 || off + access.size > flow_keys_size)
    return env.refuse(-EACCES, "invalid access to flow keys off={} size={}", off, access.size);
  if (access.is_read()) load_unknown(env, access);
  return 0;
}

// Any address in an arena may be used: pages that are not there read as zero.
int access_arena(Env& env, const MemAccess& access) {
  env.aux[access.insn].access.arena_access = true;
  if (access.is_read()) load_unknown(env, access);
  return 0;
}

}  // namespace skep::verifier
