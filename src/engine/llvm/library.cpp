// See engine/llvm/library.hpp.
#include "engine/llvm/library.hpp"

#include <dlfcn.h>
#include <llvm/Config/llvm-config.h>
#include <pthread.h>

#include <atomic>

namespace skep::engine::native {
namespace {

#define SKEP_TEXT(NAME) #NAME
#define SKEP_NAME_OF(MACRO) SKEP_TEXT(MACRO)

struct Loaded {
  Library library;
  std::string missing;  // empty: all is there

  Loaded() {
    constexpr const char* name = "libLLVM.so." SKEP_NAME_OF(LLVM_VERSION_MAJOR) "." SKEP_NAME_OF(LLVM_VERSION_MINOR);
    void* const handle = dlopen(name, RTLD_LAZY | RTLD_LOCAL);
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
    for (const char* function : {SKEP_NAME_OF(LLVM_NATIVE_TARGETINFO), SKEP_NAME_OF(LLVM_NATIVE_TARGET),
                                 SKEP_NAME_OF(LLVM_NATIVE_TARGETMC), SKEP_NAME_OF(LLVM_NATIVE_ASMPRINTER)})
      if (const auto initialize = reinterpret_cast<Initialize>(find(function)); initialize != nullptr) initialize();
  }
};

std::atomic<unsigned> users{0};  // threads
std::atomic<bool> lost{false};

void look_in_child() {
  if (users.exchange(0) != 0) lost = true;
}

}  // namespace

LibraryUse::LibraryUse() {
  [[maybe_unused]] static const int watched = pthread_atfork(nullptr, nullptr, look_in_child);
  ++users;
}

LibraryUse::~LibraryUse() {
  --users;
}

bool LibraryUse::is_lost() {
  return lost;
}

const Library* Library::get(std::string& why) {
  if (LibraryUse::is_lost()) {
    why = "this process was forked while a program was being compiled";
    return nullptr;
  }
  static const Loaded loaded;
  why = loaded.missing;
  return why.empty() ? &loaded.library : nullptr;
}

}  // namespace skep::engine::native
