// What was proved of the arguments and the result of one call of a helper or kfunc, over all paths: handed on to
// engines.
//
// A scalar argument's bounds count only where the verifier relied on the value, that is where it was marked precise at
// the call: pruning compares the ranges of such scalars and of no others, so elsewhere a path that was never walked may
// bring any value. That a pointer is not null is compared always. Tested by tests/kernel/facts_test.cpp; the verifier's
// fuzzer holds the facts against runs.
#pragma once

#include "verifier/env.hpp"

namespace skep::verifier {

// Call before the arguments are checked …
void begin_call_facts(Env& env);
// … after that, while they are still in their registers. `count`: how many the call takes; what the others hold is
// dead, and is not compared when paths join …
void note_call_arguments(Env& env, unsigned count);
// … and when r0 holds the result.
void note_call_result(Env& env);
// What the call in hand takes its result out of.
void note_field(Env& env, const btf::Field& field);

}  // namespace skep::verifier
