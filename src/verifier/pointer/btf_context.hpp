// The context of programs that are attached by BTF: an array of the target's arguments.
#pragma once

#include "verifier/pointer/internal.hpp"

namespace skep::verifier {

bool has_btf_context(const Env& env);
// Some struct_ops members are called with a reference that the program must give up: acquired at the main program's
// entry.
int acquire_argument_references(Env& env);
// Whether an argument of the struct_ops member points into the program's arena.
bool takes_arena_argument(const Env& env);
int access_btf_context(Env& env, const MemAccess& access);
// Which arguments of the tracepoint may be NULL (bit 4n) or an error pointer (bit 4n+1); nullopt: nothing is known.
std::optional<std::uint64_t> tracepoint_null_args(std::string_view name);

}  // namespace skep::verifier
