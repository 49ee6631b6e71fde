// Calls, and the resources that they take and give back: what call/ does for the other rooms.
#pragma once

#include <cstdint>
#include <string_view>

#include "verifier/env.hpp"

namespace skep::verifier {

// Helpers and kfuncs leave env.insn_idx at the call: the caller steps on. They may give path_finished (bpf_throw).
int check_helper_call(Env& env, const Insn& insn);
int check_kfunc_call(Env& env, const Insn& insn);
// These two set env.insn_idx to where the path goes on.
int check_subprogram_call(Env& env);
int check_global_subprograms(Env& env);  // each verified on its own
int prepare_entry_state(Env& env, std::uint32_t subprogram);
int return_to_caller(Env& env);  // exit of an inner frame
// Resources
int acquire_reference(Env& env, std::int32_t insn, std::uint32_t& id);
int release_reference(Env& env, std::uint32_t id);
bool has_reference(const State& state, std::uint32_t id);
// What must not be held when a program exits, tail-calls, or throws. `where`: "BPF_EXIT instruction in main prog",
// "tail_call".
// `given_back`: a reference that goes with the returned value; 0: none.
int check_resources_released(Env& env, std::string_view where, bool exception_exit, bool check_locks,
                             std::uint32_t given_back = 0);
bool in_rcu_section(const Env& env);
// The special fields of an allocated object's type; null: none.
const btf::Record* record_of_allocated(Env& env, const btf::Btf* btf, btf::TypeId id);
void destroy_if_dynptr_slot(Env& env, Frame& frame, int slot);
// Objects that live on the stack: dynptrs, iterators, irq flags. A write over one: refused or destroyed as the rules
// say.
int check_stack_object_overwrite(Env& env, Frame& frame, int slot);

}  // namespace skep::verifier
