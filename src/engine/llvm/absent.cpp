// In place of jit.cpp and native_code.cpp where Skep is built without LLVM: see engine/llvm/jit.hpp.
#include "engine/llvm/jit.hpp"
#include "engine/native_code.hpp"

namespace skep::engine {
namespace {

constexpr const char* without = "Skep was built without LLVM";

}  // namespace

std::vector<NativeFunction> native_code(const runtime::Program&, std::string& why) {
  why = without;
  return {};
}

std::string object_for(const std::string&, const std::string&, const runtime::Program&, std::string& why) {
  why = without;
  return {};
}

namespace native {

bool Jit::is_built_in() {
  return false;
}

std::uint64_t Jit::compilations() {
  return 0;
}

std::shared_ptr<Jit> Jit::make(const JitOptions&, std::string& why) {
  why = without;
  return nullptr;
}

}  // namespace native
}  // namespace skep::engine
