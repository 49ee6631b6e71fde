// Values in maps: bounds, who may read and write, the fields that are the kernel's, constants out of read-only maps.
//
// Tested by tests/verifier/pointer/map_value_test.cpp.
#include <algorithm>
#include <cerrno>
#include <optional>

#include "verifier/pointer/internal.hpp"
#include "verifier/pointer/pointer.hpp"

namespace skep::verifier {
namespace {

bool is_kptr(btf::FieldKind kind) {
  using btf::FieldKind;
  return kind == FieldKind::kptr_unref || kind == FieldKind::kptr_ref || kind == FieldKind::kptr_percpu ||
         kind == FieldKind::uptr;
}

// A kptr is loaded and stored by whole, aligned, from a known place, and by no call.
int check_kptr_reach(Env& env, const btf::Field& field, const RegState& reg, std::int64_t off, std::uint64_t size,
                     bool by_call) {
  if (by_call) return env.refuse(-EACCES, "kptr cannot be accessed indirectly by helper");
  if (!reg.r.is_const()) return env.refuse(-EACCES, "kptr access cannot have variable offset");
  const std::int64_t at = off + reg.fixed_offset();
  if (at != field.offset) return env.refuse(-EACCES, "kptr access misaligned expected={} off={}", field.offset, at);
  if (size != 8) return env.refuse(-EACCES, "kptr access size must be BPF_DW");
  return 0;
}

// Fields may touch [least, greatest): refuse, or check as a kptr.
int check_fields(Env& env, const btf::Record& record, const RegState& reg, std::int64_t off, std::uint64_t size,
                 bool by_call) {
  const auto least = static_cast<std::uint64_t>(reg.r.smin() + off);
  const auto greatest = reg.r.umax() + static_cast<std::uint64_t>(off) + size;
  for (const btf::Field& field : record.fields) {
    if (!(least < field.offset + std::uint64_t{field.size} && field.offset < greatest)) continue;
    if (!is_kptr(field.kind))
      return env.refuse(-EACCES, "{} cannot be accessed directly by load/store", btf::field_name(field.kind));
    if (int error = check_kptr_reach(env, field, reg, off, size, by_call)) return error;
  }
  return 0;
}

bool holds_instructions(const maps::MapInfo& map) {
  return maps::map_type(map.type).holds == maps::Holds::instructions;
}
int load_map_value(Env& env, const MemAccess& access) {
  const maps::MapInfo& map = *access.reg.map;
  RegState& result = env.reg(static_cast<unsigned>(access.value_reg));
  if (holds_instructions(map)) {
    if (access.size != 8) return env.refuse(-EACCES, "Invalid read of {} bytes from insn_array", access.size);
    result = access.reg;
    result.type = RegType::insn;
    result.r = Scalar::constant(0);
    alu(AluOp::add, result.r, access.reg.r, true);
    alu(AluOp::add, result.r, Scalar::constant(static_cast<std::uint64_t>(std::int64_t{access.off})), true);
    return 0;
  }
  if (access.reg.r.is_const()) {
    const auto at = static_cast<std::uint64_t>(access.reg.fixed_offset() + access.off);
    if (const auto number = constant_in_map(map, at, access.size, access.options.sign_extend)) {
      result.mark_const(*number);
      return 0;
    }
  }
  result.mark_unknown();
  return 0;
}

}  // namespace

std::optional<std::uint64_t> constant_in_map(const maps::MapInfo& map, std::uint64_t at, unsigned size,
                                             bool sign_extend) {
  const bool is_constant = (map.flags & map_flag::rdonly_prog) != 0 && map.frozen;
  if (!is_constant || at > map.constant_data.size() || size > map.constant_data.size() - at) return std::nullopt;
  std::uint64_t value = 0;
  for (unsigned i = 0; i < size; ++i) value |= std::uint64_t{map.constant_data[at + i]} << (8 * i);
  if (sign_extend && size < 8) {
    const unsigned shift = 64 - 8 * size;
    value = static_cast<std::uint64_t>(static_cast<std::int64_t>(value << shift) >> shift);
  }
  return value;
}

int check_map_value_rights(Env& env, const RegState& reg, unsigned regno, std::int64_t off, std::uint64_t size,
                           Access access) {
  static_cast<void>(regno);
  const maps::MapInfo& map = *reg.map;
  const std::int64_t at = off + static_cast<std::int64_t>(reg.r.smin());
  if (access == Access::write && !map.writable_by_program())
    return env.refuse(-EACCES, "write into map forbidden, value_size={} off={} size={}", map.value_size, at, size);
  if (access == Access::read && !map.readable_by_program())
    return env.refuse(-EACCES, "read from map forbidden, value_size={} off={} size={}", map.value_size, at, size);
  return 0;
}

int check_map_value_region(Env& env, const RegState& reg, unsigned regno, std::int64_t off, std::uint64_t size,
                           bool zero_size_allowed, bool by_call) {
  const maps::MapInfo& map = *reg.map;
  // An insn_array's value is its whole table of addresses.
  const std::uint64_t object_size = holds_instructions(map) ? std::uint64_t{map.max_entries} * 8 : map.value_size;
  if (int error = check_region(env, reg, regno, off, size, object_size, zero_size_allowed)) return error;
  return map.record ? check_fields(env, *map.record, reg, off, size, by_call) : 0;
}

int access_map_value(Env& env, const MemAccess& access) {
  if (int error = check_map_value_rights(env, access.reg, access.regno, access.off, access.size, access.access))
    return error;
  if (int error = check_map_value_region(env, access.reg, access.regno, access.off, access.size, false, false))
    return error;
  const maps::MapInfo& map = *access.reg.map;
  if (map.record && access.reg.r.is_const()) {
    const auto at = access.reg.fixed_offset() + access.off;
    const btf::Field* field = map.record->at(static_cast<std::uint32_t>(at));
    if (field != nullptr && is_kptr(field->kind)) return access_map_kptr(env, access, *field);
  }
  if (access.is_read() && access.value_reg >= 0) return load_map_value(env, access);
  return 0;
}

}  // namespace skep::verifier
