// Memory Safety. See explain.hpp.
#include "verifier/pointer/internal.hpp"
#include "verifier/pointer/pointer.hpp"
#include "verifier/report/describe.hpp"
#include "verifier/report/explain.hpp"
#include "verifier/report/reg_names.hpp"

namespace skep::verifier::explain {

namespace {

std::string bound_phrase(const RegState& reg, std::int64_t off, std::uint64_t size, std::uint64_t object_size,
                         Outside how) {
  const std::int64_t least = reg.r.smin() + off;
  const std::uint64_t greatest = reg.r.umax() + static_cast<std::uint64_t>(off);
  switch (how) {
    case Outside::below:
      return fmt::format("minimal bound for a memory access is a negative value: {}", least);
    case Outside::begins_outside:
      return fmt::format("minimal bound for a memory access is {} and is outside of the object of size {}", least,
                         object_size);
    case Outside::unbounded:
      return fmt::format("maximal bound for a memory access is {} and exceeds maximum allowed offset of {}",
                         reg.r.umax(), max_var_off);
    case Outside::ends_outside:
      break;
  }
  return fmt::format("maximal bound for a memory access is {}: start {} + access_size {}, beyond object_size {}",
                     greatest + size, greatest, size, object_size);
}

std::string offset_phrase(const RegState& reg, std::int64_t off) {
  if (reg.r.is_const()) return fmt::format("constant {}", reg.fixed_offset() + off);
  const std::string fixed = off == 0 ? std::string() : fmt::format(", plus fixed offset {}", off);
  return fmt::format("variable: {}{}; {}", bits_phrase(reg.r), fixed, ranges_phrase(reg.r));
}

}  // namespace

Explanation outside_bounds(const RegState& reg, unsigned regno, std::int64_t off, std::uint64_t size,
                           std::uint64_t object_size, Outside how) {
  return {.category = "Memory Safety",
          .title = "Access outside bounds",
          .reason = fmt::format(
              "The verifier cannot prove offset + access_size <= object_size. Here, the {}. R{} is {}; offset is {}; "
              "access_size is {}; object_size is {}.",
              bound_phrase(reg, off, size, object_size, how), regno, reg_type_name(reg.type, reg.flags),
              offset_phrase(reg, off), size, object_size),
          .annotation = "access may be outside object bounds",
          .suggestion = "Add or adjust a bounds check that proves offset + access_size stays within the object.",
          .cause = {Cause::Kind::reg, regno}};
}

Explanation uninitialized_stack(std::int64_t off, std::uint64_t byte, std::uint64_t size) {
  return {.category = "Memory Safety",
          .title = "Uninitialized stack read",
          .reason = fmt::format(
              "This rejected read uses {} bytes at stack offset {}, but byte {} in that range is uninitialized on this "
              "path. Programs loaded with CAP_PERFMON can be allowed to read uninitialized stack bytes, but this "
              "program is being rejected without that allowance.",
              size, off, byte),
          .annotation = "uninitialized stack read",
          .suggestion =
              "Initialize every byte in the stack range before reading it, adjust the offset and size so the read "
              "covers only initialized bytes, or load with CAP_PERFMON if uninitialized stack reads are intended."};
}

}  // namespace skep::verifier::explain
