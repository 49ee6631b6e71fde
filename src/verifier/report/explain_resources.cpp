// Resource Lifetime Safety. See explain.hpp.
#include "verifier/report/explain.hpp"

namespace skep::verifier::explain {

Explanation of_resource(std::string_view title, std::string_view annotation, std::string_view reason,
                        std::string_view suggestion) {
  return {.category = "Resource Lifetime Safety",
          .title = std::string(title),
          .reason = std::string(reason),
          .annotation = std::string(annotation),
          .suggestion = std::string(suggestion)};
}

Explanation unreleased(const Resource& resource) {
  Explanation why = of_resource(
      "Unreleased resource", fmt::format("owned resource (id={}) still needs release", resource.id),
      fmt::format("Owned resource (id={}) was acquired at instruction {} and still needs to be released before this "
                  "exit path.",
                  resource.id, resource.insn),
      "Release or transfer ownership of the acquired resource on every path before the program exits.");
  why.cause = {Cause::Kind::resource, resource.id};
  why.message_after = true;
  return why;
}

Explanation dynptr_uninitialized() {
  return of_resource("Uninitialized dynptr use", "uninitialized dynptr use",
                     "This operation requires an initialized dynptr, but the stack slot does not currently hold a "
                     "valid dynptr on this path.",
                     "Initialize the dynptr on every path before this call, and avoid overwriting or releasing it "
                     "before this use.");
}

Explanation dynptr_initialized() {
  return of_resource("Dynptr is already initialized", "dynptr is already initialized",
                     "This kfunc constructs a dynptr and requires an uninitialized dynptr stack slot, but the "
                     "selected slot already holds dynptr state.",
                     "Use a fresh stack dynptr slot, or release/destroy the existing dynptr before reusing the slot.");
}

Explanation dynptr_overwrite() {
  return of_resource("Referenced dynptr overwrite", "referenced dynptr overwrite",
                     "This stack slot contains a dynptr that owns or protects a referenced resource. Overwriting the "
                     "last dynptr for that resource would lose the verifier-tracked release path.",
                     "Release or clone the dynptr so another live dynptr still tracks the referenced resource before "
                     "overwriting this stack slot.");
}

Explanation dynptr_const_release() {
  return of_resource("Const dynptr release", "const dynptr release",
                     "This release operation was given a const dynptr. Const dynptr values are verifier-provided "
                     "views and cannot be released by the program.",
                     "Release only mutable dynptrs that the program initialized or reserved.");
}

Explanation iterator_uninitialized() {
  return of_resource("Uninitialized iterator use", "uninitialized iterator use",
                     "This iterator operation requires an initialized iterator state object, but the stack range does "
                     "not contain a live iterator on this path.",
                     "Call the matching iterator new kfunc on every path before calling next or destroy, and do not "
                     "destroy the iterator before this use.");
}

Explanation iterator_initialized() {
  return of_resource("Iterator is already initialized", "iterator is already initialized",
                     "Iterator creation requires an uninitialized iterator stack object, but this stack range already "
                     "contains iterator state.",
                     "Use a fresh iterator stack slot, or destroy the existing iterator before reusing the slot.");
}

Explanation irq_uninitialized() {
  return of_resource("Uninitialized IRQ flag restore", "uninitialized IRQ flag restore",
                     "Restoring IRQ state requires a stack slot that was initialized by a matching IRQ save operation "
                     "on this path.",
                     "Pass the same stack slot that was previously initialized by the matching IRQ save kfunc.");
}

Explanation irq_initialized() {
  return of_resource("IRQ flag is already initialized", "IRQ flag is already initialized",
                     "Saving IRQ state requires an uninitialized stack slot for the IRQ flag, but this slot already "
                     "contains tracked IRQ flag state.",
                     "Use a fresh stack slot for this save operation, or restore the existing IRQ flag before reusing "
                     "the slot.");
}

Explanation irq_out_of_order() {
  Explanation why = of_resource("IRQ flag restore out of order", "IRQ flag restore out of order",
                                "IRQ-disabled regions must be restored in last-in, first-out order, but this restore "
                                "does not match the currently active IRQ flag.",
                                "Restore nested IRQ flags in the reverse order they were saved.");
  why.cause = {Cause::Kind::region, static_cast<std::uint32_t>(Region::irq)};
  return why;
}

Explanation lock_recursive() {
  return of_resource("Recursive resource spin lock", "recursive resource spin lock",
                     "This path already holds the same resource spin lock. Taking it again would deadlock.",
                     "Avoid reacquiring the same resource spin lock before it is unlocked.");
}

Explanation unlock_other() {
  return of_resource("Unlock of a different lock", "unlock of a different lock",
                     "This unlock does not match any active lock with the same tracked identity on the current path.",
                     "Unlock the same lock object that was most recently acquired.");
}

Explanation unlock_out_of_order() {
  return of_resource("Unlock out of order", "unlock out of order",
                     "Locks must be released in last-in, first-out order, but this unlock does not match the "
                     "currently active lock.",
                     "Release nested locks in the reverse order they were acquired.");
}

Explanation unlock_without_lock() {
  return of_resource("Unlock without lock", "unlock without lock",
                     "This unlock operation has no matching active lock on the current path.",
                     "Take the matching lock before this unlock, or remove the unmatched unlock path.");
}

}  // namespace skep::verifier::explain
