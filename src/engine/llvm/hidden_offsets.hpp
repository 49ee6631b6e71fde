// A way around a fault of LLVM 19's code generator for x86-64, which dies of, or makes wrong code of, an instruction
// that needs a number as a part of an address and once more beside it:
//
//   r3 >>= 28; r3 &= 8; r1 += r3; *(u64 *)(r1 + 0) = r3
//
// As it moves shifts and masks into an address (a scale of 8) it replaces the number, also where it has already noted
// it as what is stored. So a number that was shifted, masked or widened goes into addresses as a copy that the code
// generator cannot see through, where one instruction may need both: it stores the number or what is made of it, joins
// it with what it loads, or has it twice in its address. Elsewhere a copy would cost loops their pointers that are
// counted up. Tested by tests/engine/hidden_offsets_test.cpp.
#pragma once

#include "engine/llvm/library.hpp"

namespace skep::engine::native {

// After the passes, before code is made. `all`: also numbers that are needed nowhere else, since nobody has looked
// which of them are equal.
void hide_offsets(const Library& library, LLVMContextRef context, LLVMModuleRef module, bool all);

}  // namespace skep::engine::native
