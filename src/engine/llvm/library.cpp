// See engine/llvm/library.hpp.
#include "engine/llvm/library.hpp"

#include <dlfcn.h>
#include <llvm/Config/llvm-config.h>

#include <cstdlib>

namespace skep::engine::native {
namespace {

#define SKEP_TEXT(NAME) #NAME
#define SKEP_NAME_OF(MACRO) SKEP_TEXT(MACRO)

struct Loaded {
  Library library;
  std::string missing;  // empty: all is there
  void* handle = nullptr;

  Loaded() {
    constexpr const char* name = "libLLVM.so." SKEP_NAME_OF(LLVM_VERSION_MAJOR) "." SKEP_NAME_OF(LLVM_VERSION_MINOR);
    handle = dlopen(name, RTLD_LAZY | RTLD_LOCAL);
    if (handle == nullptr) {
      missing = std::string("the library ") + name + " is not there";
      return;
    }
    const auto find = [&](const char* function) {
      void* const address = dlsym(handle, function);
      if (address == nullptr && missing.empty()) missing = std::string(name) + " has no function " + function;
      return address;
    };
#define SKEP_FIND(NAME) library.NAME = reinterpret_cast<decltype(library.NAME)>(find("LLVM" #NAME));
    SKEP_LLVM_FUNCTIONS(SKEP_FIND)
#undef SKEP_FIND
    using Initialize = void (*)();
    for (const char* function :
         {SKEP_NAME_OF(LLVM_NATIVE_TARGETINFO), SKEP_NAME_OF(LLVM_NATIVE_TARGET), SKEP_NAME_OF(LLVM_NATIVE_TARGETMC),
          SKEP_NAME_OF(LLVM_NATIVE_ASMPRINTER), SKEP_NAME_OF(LLVM_NATIVE_DISASSEMBLER)})
      if (const auto initialize = reinterpret_cast<Initialize>(find(function)); initialize != nullptr) initialize();
    if (std::atexit(LibraryUse::end) != 0) missing = "the end of the process could not be waited for";
  }
};

const Loaded& loaded() {
  static const Loaded the_library;
  return the_library;
}

}  // namespace

const Library* Library::get(std::string& why) {
  if (LibraryUse::is_lost()) {
    why = LibraryUse::why_lost();
    return nullptr;
  }
  why = loaded().missing;
  return why.empty() ? &loaded().library : nullptr;
}

bool Library::know_target(const std::string& name) {
  using Initialize = void (*)();
  if (LibraryUse::is_lost() || loaded().handle == nullptr) return false;
  for (const char* part : {"TargetInfo", "Target", "TargetMC", "AsmPrinter"}) {
    const auto initialize =
        reinterpret_cast<Initialize>(dlsym(loaded().handle, ("LLVMInitialize" + name + part).c_str()));
    if (initialize == nullptr) return false;
    initialize();
  }
  return true;
}

}  // namespace skep::engine::native
