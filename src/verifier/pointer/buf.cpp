// Buffers whose size only the attach point knows: a map iterator's key and value, a writable raw tracepoint's record.
//
// The greatest offset that is reached is a fact about the program, checked where it is attached. Tested by
// tests/conformance/.
#include <algorithm>
#include <cerrno>

#include "verifier/pointer/internal.hpp"
#include "verifier/report/reg_names.hpp"

namespace skep::verifier {

int check_buf_region(Env& env, const RegState& reg, unsigned regno, std::int64_t off, std::string_view kind) {
  const Tnum& start = reg.r.var_off();
  if (!start.is_const())
    return env.refuse(-EACCES, "R{} invalid variable buffer offset: off={}, var_off={}", regno, off,
                      tnum_string(start));
  if (off + static_cast<std::int64_t>(start.value) < 0)
    return env.refuse(-EACCES, "R{} invalid negative {} buffer offset: off={}, var_off={}", regno, kind, off,
                      tnum_string(start));
  return 0;
}

int access_buf(Env& env, const MemAccess& access) {
  const bool rdonly = access.reg.has(reg_flag::rdonly);
  if (rdonly && access.is_write())
    return env.refuse(-EACCES, "R{} cannot write into {}", access.regno,
                      reg_type_name(access.reg.type, access.reg.flags));
  if (int error = check_buf_region(env, access.reg, access.regno, access.off, rdonly ? "rdonly" : "rdwr")) return error;
  if (access.is_read() && access.value_reg >= 0) env.reg(static_cast<unsigned>(access.value_reg)).mark_unknown();
  return 0;
}

int access_tp_buffer(Env& env, const MemAccess& access) {
  if (int error = check_buf_region(env, access.reg, access.regno, access.off, "tracepoint")) return error;
  const auto end = static_cast<std::uint32_t>(access.reg.fixed_offset() + access.off + access.size);
  env.tracepoint_buffer_used = std::max(env.tracepoint_buffer_used, end);
  if (access.is_read() && access.value_reg >= 0) env.reg(static_cast<unsigned>(access.value_reg)).mark_unknown();
  return 0;
}

}  // namespace skep::verifier
