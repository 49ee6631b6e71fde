// In place of jit.cpp where Skep is built without LLVM: see engine/llvm/jit.hpp.
#include "engine/llvm/jit.hpp"

namespace skep::engine::native {

bool Jit::is_built_in() {
  return false;
}

std::uint64_t Jit::compilations() {
  return 0;
}

std::shared_ptr<Jit> Jit::make(const JitOptions&, std::string& why) {
  why = "Skep was built without LLVM";
  return nullptr;
}

}  // namespace skep::engine::native
