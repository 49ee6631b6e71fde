// In place of jit.cpp where Skep is built without LLVM: see engine/llvm/jit.hpp.
#include "engine/llvm/jit.hpp"

namespace skep::engine::native {

std::shared_ptr<Jit> Jit::make(const JitOptions&, std::string& why) {
  why = "Skep was built without LLVM";
  return nullptr;
}

}  // namespace skep::engine::native
