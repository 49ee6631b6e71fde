// See describe.hpp.
#include "verifier/report/describe.hpp"

#include <fmt/format.h>

#include "verifier/env.hpp"
#include "verifier/report/reg_names.hpp"

namespace skep::verifier {

namespace {

std::string signed_limit(std::int64_t value) {
  if (value == INT64_MIN) return "S64_MIN";
  if (value == INT64_MAX) return "S64_MAX";
  return fmt::format("{}", value);
}
std::string unsigned_limit(std::uint64_t value) {
  return value == UINT64_MAX ? "U64_MAX" : fmt::format("{}", value);
}

bool is_allocated(const RegState& reg) {
  return reg.is(RegType::btf) && reg.has(reg_flag::alloc);
}

std::string struct_phrase(const RegState& reg) {
  if (!reg.is(RegType::btf) || reg.btf == nullptr || !reg.btf->valid(reg.btf_id)) return {};
  const std::string_view name = reg.btf->type(reg.btf_id).name;
  return name.empty() ? std::string() : fmt::format(" type=(struct {})", name);
}

std::string pointer_phrase(const RegState& reg) {
  const std::string_view nullable = reg.maybe_null() ? "nullable " : "";
  switch (reg.type) {
    case RegType::ctx:
      return "context pointer";
    case RegType::stack:
      return "stack pointer";
    case RegType::map_value:
      if (reg.map == nullptr || reg.map->name.empty()) return fmt::format("{}map value", nullable);
      return fmt::format("{}map value from {}", nullable, reg.map->name);
    case RegType::map_ptr:
      if (reg.map == nullptr || reg.map->name.empty()) return "map pointer";
      return fmt::format("map pointer for map {}", reg.map->name);
    default:
      break;
  }
  if (is_allocated(reg)) {
    return fmt::format("{} allocated object pointer{}", reg.has(reg_flag::non_owning) ? "borrowed" : "owned",
                       struct_phrase(reg));
  }
  return reg_type_name(reg.type, reg.flags) + struct_phrase(reg);
}

}  // namespace

std::string bits_phrase(const Scalar& r) {
  return fmt::format("known bits {:#x}, unknown mask {:#x}", r.var_off().value, r.var_off().mask);
}

std::string ranges_phrase(const Scalar& r) {
  return fmt::format("signed range [{}, {}], unsigned range [{}, {}]", signed_limit(r.smin()), signed_limit(r.smax()),
                     unsigned_limit(r.umin()), unsigned_limit(r.umax()));
}

std::string kind_phrase(const RegState& reg) {
  const std::string_view a_nullable = reg.maybe_null() ? "a nullable" : "a";
  switch (reg.type) {
    case RegType::scalar:
      return "an integer scalar";
    case RegType::ctx:
      return "a context pointer";
    case RegType::stack:
      return "a stack pointer";
    case RegType::map_value:
      return fmt::format("{} map value pointer", a_nullable);
    case RegType::btf:
      if (is_allocated(reg) && !reg.maybe_null()) {
        return reg.has(reg_flag::non_owning) ? "a borrowed allocated object pointer"
                                             : "an owned allocated object pointer";
      }
      if (reg.maybe_null()) return "a nullable kernel object pointer";
      return reg.has(reg_flag::untrusted) ? "an untrusted kernel object pointer" : "a kernel object pointer";
    case RegType::mem:
      if (reg.flags == reg_flag::maybe_null) return "a nullable memory pointer";
      break;
    default:
      break;
  }
  return reg_type_name(reg.type, reg.flags);
}

std::string value_phrase(const RegState& reg) {
  if (reg.is(RegType::not_init)) return "uninitialized value";
  if (reg.is_scalar()) {
    if (reg.is_const()) return fmt::format("integer scalar value {}", static_cast<std::int64_t>(reg.r.const_value()));
    if (reg.r.is_unknown()) return "integer scalar with unknown value";
    return fmt::format("integer scalar with {}", ranges_phrase(reg.r));
  }
  const std::string what = pointer_phrase(reg);
  if (reg.is(RegType::map_ptr) || (is_allocated(reg) && reg.has_fixed_offset() && reg.fixed_offset() == 0)) return what;
  if (reg.has_fixed_offset()) return fmt::format("{} at offset {}", what, reg.fixed_offset());
  return fmt::format("{} with variable offset: {}, {}", what, bits_phrase(reg.r), ranges_phrase(reg.r));
}

}  // namespace skep::verifier
