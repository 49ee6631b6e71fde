// One function for each kind of explanation. Rules call them at the place where they refuse:
//
//   return env.refuse(-EACCES, explain::unreadable_register(reg, n), "R{} !read_ok", n);
//
// Tested by tests/verifier/report/explanations_test.cpp.
#pragma once

#include <cstdint>
#include <string_view>

#include "verifier/env.hpp"
#include "verifier/report/events.hpp"

namespace skep::verifier::explain {

// ---- Memory Safety (explain_memory.cpp)
enum class Outside : std::uint8_t { below, begins_outside, unbounded, ends_outside };
Explanation outside_bounds(const RegState& reg, unsigned regno, std::int64_t off, std::uint64_t size,
                           std::uint64_t object_size, Outside how);
Explanation uninitialized_stack(std::int64_t off, std::uint64_t byte, std::uint64_t size);

// ---- Register Type Safety (explain_registers.cpp)
Explanation unreadable_register(const Env& env, unsigned regno);
Explanation invalid_dereference(const RegState& reg, unsigned regno);
Explanation modified_pointer(const RegState& reg, unsigned regno);
Explanation unsafe_scalar_offset(unsigned regno);
Explanation unsafe_pointer_offset(const RegState& reg, unsigned regno);
Explanation arithmetic_forbidden(const RegState& reg, unsigned regno);
Explanation arithmetic_before_null_check(const RegState& reg, unsigned regno);
Explanation arithmetic_32bit(const RegState& reg, unsigned regno);
Explanation subtracted_from_scalar(unsigned pointer, unsigned scalar);
Explanation subtraction_from_stack(unsigned regno);
Explanation bitwise_on_pointer(const RegState& reg, unsigned regno, std::string_view op);
Explanation operator_on_pointer(const RegState& reg, unsigned regno, std::string_view op);

// ---- Resource Lifetime Safety (explain_resources.cpp)
Explanation unreleased(const Resource& resource);
Explanation of_resource(std::string_view title, std::string_view annotation, std::string_view reason,
                        std::string_view suggestion);
Explanation dynptr_uninitialized();
Explanation dynptr_initialized();
Explanation dynptr_overwrite();
Explanation dynptr_const_release();
Explanation iterator_uninitialized();
Explanation iterator_initialized();
Explanation irq_uninitialized();
Explanation irq_initialized();
Explanation irq_out_of_order();
Explanation lock_recursive();
Explanation unlock_other();
Explanation unlock_out_of_order();
Explanation unlock_without_lock();

// ---- Execution Context Safety (explain_context.cpp)
// `what` cannot be done before the region is left. `how`: the suggestion; empty: the region's usual one.
Explanation inside_region(const Env& env, Region region, std::string_view what, std::string_view how = {});
// `what` ("sleepable helper bpf_copy_from_user#148") where nothing may sleep now; `kind`: "helper call", "kfunc call"
// or "call".
Explanation may_not_sleep(const Env& env, std::string_view what, std::string_view call, std::string_view function);
Explanation needs_rcu(std::string_view what, bool iterator_in_use);
Explanation unmatched_exit(const Env& env, std::string_view what, Region region);

// ---- Policy (explain_context.cpp)
Explanation helper_not_allowed(std::string_view label);
Explanation helper_rejected(std::string_view label);
Explanation kfunc_not_allowed(std::string_view name);

// ---- Program Structure (explain_structure.cpp)
Explanation unreachable(std::uint32_t insn);
Explanation jump_out_of_range(std::uint32_t insn, std::int64_t target, std::uint32_t subprogram, std::uint32_t start,
                              std::uint32_t end);
Explanation falls_through(std::uint32_t subprogram, std::uint32_t last);
Explanation missing_jump_table(std::uint32_t insn, std::uint32_t start);
Explanation jump_table_out_of_range(std::uint32_t insn, std::uint32_t start, std::uint32_t end);
Explanation recursion(std::uint32_t insn);

// ---- Call Type Safety (explain_calls.cpp)
Explanation argument(std::string_view callee, unsigned regno, std::string_view what, std::string_view suggestion);
Explanation argument_type(std::string_view callee, unsigned regno, std::string_view type, std::string_view accepted);
Explanation argument_null(std::string_view callee, unsigned regno);                               // helpers
Explanation kfunc_argument_null(std::string_view callee, unsigned regno, std::string_view type);  // "struct x *"
Explanation release_unowned_helper(std::string_view callee, unsigned regno);
Explanation release_unowned_kfunc(std::string_view callee, unsigned regno, std::string_view type);
Explanation argument_not_trusted(std::string_view callee, unsigned regno, std::string_view type, const RegState& reg);
Explanation argument_not_rcu(std::string_view callee, unsigned regno, std::string_view type, const RegState& reg);
Explanation argument_memory_pair(std::string_view callee, unsigned regno);
Explanation argument_wrong_object(std::string_view callee, unsigned regno, std::string_view type, const RegState& reg);
Explanation argument_size_not_constant(std::string_view callee, unsigned regno);
Explanation argument_result_size(std::string_view callee, unsigned regno);
Explanation argument_not_context(std::string_view callee, unsigned regno, const RegState& reg);
Explanation argument_not_dynptr(std::string_view callee, unsigned regno, const RegState& reg);
Explanation argument_dynptr_kind(std::string_view callee, unsigned regno, std::string_view has,
                                 std::string_view wanted);
Explanation argument_not_irq_flag(std::string_view callee, unsigned regno, const RegState& reg);
Explanation argument_not_iterator(std::string_view callee, unsigned regno, const RegState& reg);
Explanation argument_not_refcounted(std::string_view callee, unsigned regno, const RegState& reg);
Explanation argument_not_string(std::string_view callee, unsigned regno, const RegState& reg);
// Memory of a fixed size, by the type that the callee reads there.
Explanation argument_not_memory(std::string_view callee, unsigned regno, std::uint64_t size, std::string_view type,
                                const RegState& reg);

}  // namespace skep::verifier::explain
