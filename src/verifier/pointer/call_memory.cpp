// Memory that is handed to a helper or kfunc: as many bytes as the call may touch must be there, and readable or
// writable.
//
// Tested by tests/verifier/call/calls_test.cpp.
#include <cerrno>

#include "verifier/path/path.hpp"
#include "verifier/pointer/pointer.hpp"
#include "verifier/pointer/stack.hpp"
#include "verifier/report/reg_names.hpp"

namespace skep::verifier {
namespace {

constexpr std::uint64_t largest_context = 0xffff;
constexpr std::uint64_t max_var_size = 1 << 29;

int refuse_write(Env& env, const RegState& reg, unsigned regno) {
  return env.refuse(-EACCES, "R{} cannot write into {}", regno, reg_type_name(reg.type, reg.flags));
}

int check_other(Env& env, const RegState& reg, unsigned regno, std::uint64_t size, const CallMemory& options) {
  if (options.zero_size_allowed && size == 0 && reg.is_null()) return 0;
  return env.refuse(-EACCES, "R{} type={} expected={}", regno, reg_type_name(reg.type, reg.flags),
                    reg_type_name(RegType::stack, 0));
}

int check_stack_memory(Env& env, const RegState& reg, unsigned regno, std::uint64_t size, const CallMemory& options) {
  if (size == 0 && !options.zero_size_allowed) return env.refuse(-EACCES, "invalid zero-sized read");
  return check_range_initialized(env, reg, regno, 0, size, options.access, true, options.uninit);
}

}  // namespace

int check_call_memory(Env& env, const RegState& pointer, unsigned regno, std::uint64_t size,
                      const CallMemory& options) {
  const RegState reg = pointer;
  const bool write = options.access == Access::write;
  const bool rdonly = reg.has(reg_flag::rdonly);
  const bool zero = options.zero_size_allowed;
  switch (reg.type) {
    case RegType::packet:
    case RegType::packet_meta:
      return check_packet_region(env, reg, regno, 0, size, zero);
    case RegType::map_key:
      if (write) return refuse_write(env, reg, regno);
      return check_region(env, reg, regno, 0, size, reg.map->key_size, false);
    case RegType::map_value:
      if (int error = check_map_value_rights(env, reg, regno, 0, size, options.access)) return error;
      return check_map_value_region(env, reg, regno, 0, size, zero, true);
    case RegType::mem:
      if (write && rdonly) return refuse_write(env, reg, regno);
      return check_region(env, reg, regno, 0, size, reg.mem_size, zero);
    case RegType::buf:
      if (write && rdonly) return refuse_write(env, reg, regno);
      return check_buf_region(env, reg, regno, 0, rdonly ? "rdonly" : "rdwr");
    case RegType::stack:
      return check_stack_memory(env, reg, regno, size, options);
    case RegType::btf: {
      const MemAccess access{env.insn_idx, regno, reg, 0, static_cast<unsigned>(size), options.access, -1, {}};
      return access_btf(env, access);
    }
    case RegType::ctx:
      if (env.type().context_is_memory) {
        note_context_use(env, reg, 0, size);
        return check_region(env, reg, regno, 0, size, largest_context, zero);
      }
      return check_other(env, reg, regno, size, options);
    default:
      return check_other(env, reg, regno, size, options);
  }
}

int fill_call_memory(Env& env, const RegState& pointer, std::uint64_t size) {
  if (!pointer.is(RegType::stack) || !pointer.r.is_const()) return 0;
  return clobber_stack(env, pointer, pointer.r.smin(), size);
}

int check_call_memory_sized(Env& env, unsigned regno, unsigned size_regno, const CallMemory& options) {
  const Scalar size = env.reg(size_regno).r;
  if (size.smin() < 0)
    return env.refuse(-EACCES, "R{} min value is negative, either use unsigned or 'var &= const'", size_regno);
  if (size.umin() == 0 && !options.zero_size_allowed)
    return env.refuse(-EACCES, "R{} invalid zero-sized read: u64=[{},{}]", size_regno,
                      static_cast<std::int64_t>(size.umin()), static_cast<std::int64_t>(size.umax()));
  if (size.umax() >= max_var_size)
    return env.refuse(-EACCES, "R{} unbounded memory access, use 'var &= const' or 'if (var < const)'", size_regno);
  CallMemory exact = options;
  // The call may fill less than the greatest size: then the rest would be taken for initialized.
  if (!size.is_const()) exact.uninit = false;
  if (int error = check_call_memory(env, env.reg(regno), regno, size.umax(), exact)) return error;
  return mark_precise(env, size_regno);
}

}  // namespace skep::verifier
