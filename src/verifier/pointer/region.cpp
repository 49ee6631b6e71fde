// Bounds: whether bytes reached through a pointer stay inside the object that it points into.
//
// A pointer's offset is a range; the access must stay inside from its least value and from its greatest. Tested by
// tests/verifier/pointer/map_value_test.cpp.
#include <cerrno>
#include <limits>

#include "verifier/pointer/internal.hpp"
#include "verifier/report/explain.hpp"

namespace skep::verifier {

std::string tnum_string(const Tnum& t) {
  if (t.is_const()) return fmt::format("{}", static_cast<std::int64_t>(t.value));
  return fmt::format("({:#x}; {:#x})", t.value, t.mask);
}

namespace {

// What each kind of object says of an access outside it.
void note_outside(Env& env, const RegState& reg, unsigned regno, std::int64_t off, std::uint64_t size,
                  std::uint64_t object_size) {
  switch (reg.type) {
    case RegType::map_key:
      return env.note("invalid access to map key, key_size={} off={} size={}", object_size, off, size);
    case RegType::map_value:
      return env.note("invalid access to map value, value_size={} off={} size={}", object_size, off, size);
    case RegType::packet:
    case RegType::packet_meta:
    case RegType::packet_end:
      return env.note("invalid access to packet, off={} size={}, R{}(id={},off={},r={})", off, size, regno, reg.id, off,
                      object_size);
    case RegType::ctx:
      return env.note("invalid access to context, ctx_size={} off={} size={}", object_size, off, size);
    default:
      return env.note("invalid access to memory, mem_size={} off={} size={}", object_size, off, size);
  }
}

bool inside(std::int64_t off, std::uint64_t size, std::uint64_t object_size, bool zero_size_allowed) {
  return off >= 0 && (size > 0 || zero_size_allowed) && static_cast<std::uint64_t>(off) + size <= object_size;
}

}  // namespace

int check_fixed_region(Env& env, const RegState& reg, unsigned regno, std::int64_t off, std::uint64_t size,
                       std::uint64_t object_size, bool zero_size_allowed) {
  if (inside(off, size, object_size, zero_size_allowed)) return 0;
  note_outside(env, reg, regno, off, size, object_size);
  return -EACCES;
}

int check_region(Env& env, const RegState& reg, unsigned regno, std::int64_t off, std::uint64_t size,
                 std::uint64_t object_size, bool zero_size_allowed) {
  const std::int64_t least = reg.r.smin();
  // The sum must not wrap a 32-bit offset either: that is how far an object may reach.
  const bool fits = least != std::numeric_limits<std::int64_t>::min() &&
                    least + off == static_cast<std::int64_t>(static_cast<std::int32_t>(least + off));
  if (least < 0 && (!fits || least + off < 0))
    return env.refuse(-EACCES, explain::outside_bounds(reg, regno, off, size, object_size, explain::Outside::below),
                      "R{} min value is negative, either use unsigned index or do a if (index >=0) check.", regno);
  if (!inside(least + off, size, object_size, zero_size_allowed)) {
    note_outside(env, reg, regno, least + off, size, object_size);
    return env.refuse(-EACCES,
                      explain::outside_bounds(reg, regno, off, size, object_size, explain::Outside::begins_outside),
                      "R{} min value is outside of the allowed memory range", regno);
  }
  if (reg.r.umax() >= static_cast<std::uint64_t>(max_var_off))
    return env.refuse(-EACCES, explain::outside_bounds(reg, regno, off, size, object_size, explain::Outside::unbounded),
                      "R{} unbounded memory access, make sure to bounds check any such access", regno);
  const auto greatest = static_cast<std::int64_t>(reg.r.umax()) + off;
  if (!inside(greatest, size, object_size, zero_size_allowed)) {
    note_outside(env, reg, regno, greatest, size, object_size);
    return env.refuse(-EACCES,
                      explain::outside_bounds(reg, regno, off, size, object_size, explain::Outside::ends_outside),
                      "R{} max value is outside of the allowed memory range", regno);
  }
  return 0;
}

}  // namespace skep::verifier
