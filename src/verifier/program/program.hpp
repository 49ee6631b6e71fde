// What is true of the program as a whole: the checks before the walk and after it, and what the verdict hands on.
#pragma once

#include <optional>

#include "verifier/env.hpp"

namespace skep::verifier {

int resolve_pseudo_loads(Env& env);  // map descriptors, BTF variables, function addresses; opcode validity
int find_subprograms(Env& env);
int check_subprogram_bounds(Env& env);  // jumps stay inside, last instruction is exit or jump
int check_btf_info(Env& env);           // func_info against subprograms
int resolve_kfuncs(Env& env);
int check_attach(Env& env);     // tracing, lsm, struct_ops, ext targets
int check_recursion(Env& env);  // functions that call themselves, directly or round about
int check_max_stack_depth(Env& env);
std::optional<Verified> finish(Env& env);  // dead code removal, rewriting, facts; nullopt: refused

}  // namespace skep::verifier
