// While LLVM is being used, from before it is loaded on: which a fork and the end of the process have to know.
//
// In the child of a fork the threads are gone that were using it, and its locks stay theirs: is_lost(), and nobody may
// go near it any more. The same once the process ends, which waits for who uses the library: from then on it may be
// gone at any time. Knows nothing of LLVM. Tested by tests/engine/compiled_test.cpp.
#pragma once

#include <cstdint>

namespace skep::engine::native {

class LibraryUse {
 public:
  LibraryUse();
  ~LibraryUse();
  LibraryUse(const LibraryUse&) = delete;
  LibraryUse& operator=(const LibraryUse&) = delete;
  static bool is_lost();
  // How many there are between this process and the one in which the first use was.
  static std::uint64_t forks();
  static const char* why_lost() { return "this process ends, or was forked while a program was being compiled"; }
  // The process ends, and what the library has allocated goes next: a thread that compiles is waited for, and no other
  // begins.
  static void end();
};

}  // namespace skep::engine::native
