// Register Type Safety. See explain.hpp.
#include "verifier/pointer/internal.hpp"
#include "verifier/report/describe.hpp"
#include "verifier/report/explain.hpp"
#include "verifier/report/reg_names.hpp"

namespace skep::verifier::explain {

namespace {

Explanation of_register(unsigned regno, std::string_view title, std::string annotation, std::string reason,
                        std::string suggestion) {
  return {.category = "Register Type Safety",
          .title = std::string(title),
          .reason = std::move(reason),
          .annotation = std::move(annotation),
          .suggestion = std::move(suggestion),
          .cause = {Cause::Kind::reg, regno}};
}

// In the middle of a sentence that says what a register holds.
std::string held(const RegState& reg) {
  return kind_phrase(reg);
}

}  // namespace

Explanation unreadable_register(const Env& env, unsigned regno) {
  // Registers are without a value at the beginning, and after calls.
  bool lost = false;
  for (const PathEvent* event = env.state->events.get(); event != nullptr && !lost; event = event->previous.get()) {
    lost = event->kind == PathEvent::Kind::update && event->id == regno && event->frame + 1 == env.state->frames.size();
  }
  const std::string annotation = fmt::format("R{} is not readable", regno);
  if (lost) {
    return of_register(regno, "Unreadable register", annotation,
                       fmt::format("R{} is not readable here. A previous operation invalidated this register, so the "
                                   "verifier cannot use it as an input.",
                                   regno),
                       "Avoid using the register after it is invalidated, or initialize it again before this "
                       "instruction.");
  }
  return of_register(
      regno, "Unreadable register", annotation,
      fmt::format("R{} has never been initialized on this path, so the verifier cannot use it as an input.", regno),
      fmt::format("Initialize R{} on every path before this instruction.", regno));
}

Explanation invalid_dereference(const RegState& reg, unsigned regno) {
  constexpr std::string_view keep_pointer =
      "Preserve a pointer-valued register where needed, or reload and revalidate the pointer after scalar arithmetic, "
      "helper calls, or other operations that can invalidate it.";
  const std::string kind = kind_phrase(reg);
  const std::string annotation = fmt::format("invalid dereference of R{} ({})", regno, kind);
  if (reg.is_scalar()) {
    return of_register(regno, "Invalid dereference", annotation,
                       fmt::format("R{} is an integer scalar here, not a pointer to memory.", regno),
                       std::string(keep_pointer));
  }
  if (reg.maybe_null()) {
    return of_register(
        regno, "Invalid dereference", annotation,
        fmt::format("R{} may be NULL here ({}). The program could dereference NULL on this path, so the verifier "
                    "cannot prove this access is safe.",
                    regno, kind),
        "Add a NULL check before the access and dereference the pointer only on the non-NULL path.");
  }
  return of_register(regno, "Invalid dereference", annotation,
                     fmt::format("R{} has type {} here, which is not valid for this memory access.", regno,
                                 reg_type_name(reg.type, reg.flags)),
                     std::string(keep_pointer));
}

Explanation modified_pointer(const RegState& reg, unsigned regno) {
  return of_register(
      regno, "Invalid dereference", fmt::format("dereference requires the original {} pointer", held(reg)),
      fmt::format("R{} has offset {} here, but this pointer type must be dereferenced in its original form.", regno,
                  reg.fixed_offset()),
      "Preserve the original pointer in another register, or use only offsets this pointer type permits before "
      "dereferencing it.");
}

Explanation unsafe_scalar_offset(unsigned regno) {
  return of_register(regno, "Pointer offset is not safe", "pointer offset is not safe",
                     fmt::format("The scalar offset used with R{} is unbounded or outside the verifier's safe "
                                 "pointer-offset range [{}, {}].",
                                 regno, -max_var_off, max_var_off),
                     "Clamp or bounds-check the scalar offset before applying it to the pointer.");
}

Explanation unsafe_pointer_offset(const RegState& reg, unsigned regno) {
  return of_register(regno, "Pointer offset is not safe", "pointer offset is not safe",
                     fmt::format("After this arithmetic, R{} would be outside the verifier's safe offset range [{}, "
                                 "{}] for {}.",
                                 regno, -max_var_off, max_var_off, held(reg)),
                     "Tighten the scalar bounds before the arithmetic so the resulting pointer remains within the "
                     "allowed range.");
}

Explanation arithmetic_forbidden(const RegState& reg, unsigned regno) {
  return of_register(regno, "Pointer arithmetic is not allowed", "pointer arithmetic is not allowed",
                     fmt::format("R{} holds {}. This pointer kind does not allow offset arithmetic.", regno, held(reg)),
                     "Do not change this pointer's offset; use it only in operations accepted for its kind.");
}

Explanation arithmetic_before_null_check(const RegState& reg, unsigned regno) {
  return of_register(regno, "Pointer arithmetic before NULL check", "pointer arithmetic before NULL check",
                     fmt::format("R{} may be NULL ({}). Pointer arithmetic is allowed only after the program proves "
                                 "the pointer is non-NULL on this path.",
                                 regno, reg_type_name(reg.type, reg.flags)),
                     "Make sure that a NULL check precedes any arithmetic performed on the pointer.");
}

Explanation arithmetic_32bit(const RegState& reg, unsigned regno) {
  return of_register(regno, "32-bit pointer arithmetic", "32-bit pointer arithmetic",
                     fmt::format("R{} holds {}. 32-bit ALU operations on pointers discard pointer tracking, so the "
                                 "verifier cannot keep the result as a safe pointer.",
                                 regno, held(reg)),
                     "Use a 64-bit ALU instruction with an allowed, bounded scalar offset.");
}

Explanation subtracted_from_scalar(unsigned pointer, unsigned scalar) {
  return of_register(scalar, "Pointer subtracted from scalar", "pointer subtracted from scalar",
                     fmt::format("This operation subtracts pointer register R{} from scalar register R{}. The "
                                 "verifier only tracks pointer-minus-scalar arithmetic for allowed pointer types.",
                                 pointer, scalar),
                     "Keep the pointer as the base; only add or subtract bounded scalars when permitted.");
}

Explanation subtraction_from_stack(unsigned regno) {
  return of_register(
      regno, "Subtraction from stack pointer", "subtraction from stack pointer",
      fmt::format("R{} is a stack pointer. The verifier does not allow BPF_SUB to move stack pointers.", regno),
      "Use addition from R10 to form stack addresses within the tracked stack frame.");
}

Explanation bitwise_on_pointer(const RegState& reg, unsigned regno, std::string_view op) {
  return of_register(regno, "Bitwise operation on pointer", "bitwise operation on pointer",
                     fmt::format("R{} holds {}. Bitwise operator {} would destroy the pointer value the verifier is "
                                 "tracking.",
                                 regno, held(reg), op),
                     "Do bitwise operations on scalar values, not on pointer-valued registers.");
}

Explanation operator_on_pointer(const RegState& reg, unsigned regno, std::string_view op) {
  return of_register(regno, "Invalid pointer arithmetic operator", "invalid pointer arithmetic operator",
                     fmt::format("R{} holds {}. Operator {} is not one of the limited pointer arithmetic operations "
                                 "the verifier can track.",
                                 regno, held(reg), op),
                     "Use only verifier-supported addition or subtraction with a bounded scalar offset, or perform "
                     "this operation on a scalar value.");
}

}  // namespace skep::verifier::explain
