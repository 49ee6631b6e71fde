// Call Type Safety: arguments of helpers and kfuncs. See explain.hpp.
#include "verifier/report/describe.hpp"
#include "verifier/report/explain.hpp"

namespace skep::verifier::explain {

namespace {

std::string_view ordinal(unsigned regno) {
  constexpr std::string_view words[] = {"first", "second", "third", "fourth", "fifth"};
  return regno >= 1 && regno <= 5 ? words[regno - 1] : "extra";
}

constexpr std::string_view pass_owner_suffix =
    ", and avoid calling the release {} after ownership has already been transferred or released.";

}  // namespace

Explanation argument(std::string_view callee, unsigned regno, std::string_view what, std::string_view suggestion) {
  return {.category = "Call Type Safety",
          .title = "Invalid call argument",
          .reason = fmt::format("The {} argument (R{}) to {} does not satisfy the verifier contract: {}.",
                                ordinal(regno), regno, callee, what),
          .annotation = fmt::format("invalid {} argument (R{}) for {}", ordinal(regno), regno, callee),
          .suggestion = std::string(suggestion),
          .cause = {Cause::Kind::reg, regno}};
}

Explanation argument_type(std::string_view callee, unsigned regno, std::string_view type, std::string_view accepted) {
  return argument(callee, regno, fmt::format("it has type {}, but this argument accepts {}", type, accepted),
                  "Pass a value with one of the accepted pointer or scalar types for this call.");
}

Explanation argument_null(std::string_view callee, unsigned regno) {
  return argument(callee, regno, "the pointer may be NULL, but this call requires a non-NULL pointer",
                  "Add a NULL check and make the call only on the non-NULL path.");
}

Explanation kfunc_argument_null(std::string_view callee, unsigned regno, std::string_view type) {
  return argument(callee, regno,
                  fmt::format("the pointer may be NULL, but this kfunc requires a non-NULL value of type ({})", type),
                  "Add a NULL check and call the kfunc only on the non-NULL path.");
}

Explanation release_unowned_helper(std::string_view callee, unsigned regno) {
  return argument(callee, regno,
                  "release helpers require a value that owns a live resource returned by a matching acquire helper",
                  "Pass the resource-owning pointer returned by the matching acquire helper" +
                      fmt::format(pass_owner_suffix, "helper"));
}

Explanation release_unowned_kfunc(std::string_view callee, unsigned regno, std::string_view type) {
  return argument(callee, regno,
                  fmt::format("release kfuncs require a resource-owning value of type ({}) returned by a matching "
                              "acquire kfunc",
                              type),
                  "Pass the resource-owning pointer returned by the matching acquire kfunc" +
                      fmt::format(pass_owner_suffix, "kfunc"));
}

Explanation argument_not_trusted(std::string_view callee, unsigned regno, std::string_view type, const RegState& reg) {
  return argument(callee, regno,
                  fmt::format("the kfunc requires a trusted or resource-owning pointer to ({}), but R{} is {}", type,
                              regno, kind_phrase(reg)),
                  "Pass a pointer acquired from a verifier-tracked source, or call this kfunc only inside the required "
                  "protection if it accepts RCU pointers.");
}

Explanation argument_not_rcu(std::string_view callee, unsigned regno, std::string_view type, const RegState& reg) {
  return argument(
      callee, regno,
      fmt::format("the kfunc requires an RCU-protected pointer to ({}), but R{} is {}", type, regno, kind_phrase(reg)),
      "Use this kfunc with a pointer that is valid in an RCU read lock region.");
}

Explanation argument_memory_pair(std::string_view callee, unsigned regno) {
  return argument(callee, regno,
                  fmt::format("it is the memory pointer in a memory/length pair with R{}, but R{} does not describe "
                              "verifier-readable memory for the requested length",
                              regno + 1, regno),
                  "Pass a stack, map, context, or other verifier-known memory pointer, and keep the paired length "
                  "within that object.");
}

Explanation argument_wrong_object(std::string_view callee, unsigned regno, std::string_view type, const RegState& reg) {
  return argument(callee, regno,
                  fmt::format("the kfunc expects a pointer to ({}), but this argument is {} and cannot be used as that "
                              "kernel object pointer",
                              type, kind_phrase(reg)),
                  "Pass a verifier-tracked pointer to the expected kernel object type, not a pointer to stack storage "
                  "or another memory buffer.");
}

Explanation argument_size_not_constant(std::string_view callee, unsigned regno) {
  return argument(callee, regno,
                  fmt::format("the kfunc requires this memory size to be a verifier-known constant, but R{} is "
                              "variable on this path",
                              regno),
                  "Pass a compile-time constant or a value the verifier can prove is constant at this call.");
}

Explanation argument_result_size(std::string_view callee, unsigned regno) {
  return argument(callee, regno,
                  fmt::format("the kfunc uses this argument as a return-buffer size, but R{} is invalid or variable on "
                              "this path",
                              regno),
                  "Pass a verifier-known constant size for this kfunc buffer argument.");
}

Explanation argument_not_context(std::string_view callee, unsigned regno, const RegState& reg) {
  return argument(callee, regno,
                  fmt::format("the kfunc expects a context pointer, but R{} is {}", regno, kind_phrase(reg)),
                  "Pass the original program context pointer or preserve it before modifying registers.");
}

Explanation argument_not_dynptr(std::string_view callee, unsigned regno, const RegState& reg) {
  return argument(callee, regno,
                  fmt::format("a dynptr argument must be a pointer to a dynptr stack slot or a verifier-provided const "
                              "struct bpf_dynptr, but R{} is {}",
                              regno, kind_phrase(reg)),
                  "Pass the address of a stack dynptr object, or use a const dynptr pointer returned by the "
                  "verifier-supported path.");
}

Explanation argument_dynptr_kind(std::string_view callee, unsigned regno, std::string_view has,
                                 std::string_view wanted) {
  return argument(callee, regno,
                  fmt::format("the dynptr is initialized with backing object type {}, but this operation expects "
                              "dynptr type {}",
                              has, wanted),
                  "Use a dynptr constructor that matches this operation, or call an operation that accepts the "
                  "dynptr's current type.");
}

Explanation argument_not_irq_flag(std::string_view callee, unsigned regno, const RegState& reg) {
  return argument(
      callee, regno,
      fmt::format("the kfunc expects a stack pointer to an IRQ flag slot, but R{} is {}", regno, kind_phrase(reg)),
      "Pass the same stack slot used by bpf_local_irq_save() or bpf_res_spin_lock_irqsave().");
}

Explanation argument_not_iterator(std::string_view callee, unsigned regno, const RegState& reg) {
  return argument(
      callee, regno,
      fmt::format("iterator state must live in verifier-tracked stack memory, but R{} is {}", regno, kind_phrase(reg)),
      "Pass the address of a stack iterator object for iterator new, next, and destroy calls.");
}

Explanation argument_not_refcounted(std::string_view callee, unsigned regno, const RegState& reg) {
  return argument(callee, regno,
                  fmt::format("the kfunc expects a pointer to a BPF-managed refcounted object, but R{} is {}", regno,
                              kind_phrase(reg)),
                  "Pass an owning or non-owning pointer to a BPF-managed object containing a bpf_refcount field.");
}

Explanation argument_not_string(std::string_view callee, unsigned regno, const RegState& reg) {
  return argument(callee, regno,
                  fmt::format("the kfunc expects a pointer to a constant string stored in verifier-known memory, but "
                              "R{} is {}",
                              regno, kind_phrase(reg)),
                  "Pass a constant string pointer that the verifier recognizes, such as a string stored in a read-only "
                  "map value.");
}

Explanation argument_not_memory(std::string_view callee, unsigned regno, std::uint64_t size, std::string_view type,
                                const RegState& reg) {
  if (reg.is_scalar()) {
    return argument(callee, regno,
                    fmt::format("the kfunc expects {} bytes of memory for ({}), but it is an integer scalar and not "
                                "verifier-known memory",
                                size, type),
                    "Pass stack, map, context, or other verifier-known memory of the expected type and size, not an "
                    "integer cast to a pointer.");
  }
  return argument(callee, regno,
                  fmt::format("the kfunc expects {} bytes of memory for ({}), but the verifier cannot prove that a "
                              "memory pointer provides a readable and writable range of that size",
                              size, type),
                  "Pass memory with at least the required number of accessible bytes and suitable read and write "
                  "access.");
}

}  // namespace skep::verifier::explain
