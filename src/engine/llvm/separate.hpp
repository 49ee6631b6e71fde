// Keeps LLVM's code generator from a mistake of its own; see separate.cpp.
#pragma once

#include "engine/llvm/library.hpp"

namespace skep::engine::native {

// What an instruction that accesses memory computes with is no longer part of the address that it accesses.
void separate_addresses(const Library& library, LLVMContextRef context, LLVMModuleRef module);

}  // namespace skep::engine::native
