// Machine code of programs: LLVM behind an interface that knows nothing of it.
//
// Built without LLVM, or run where its library is missing, make() gives nothing and says so; the same in the child of a
// fork, where another thread was compiling. Tested by tests/engine/compiled_test.cpp.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "engine/llvm/body.hpp"
#include "engine/llvm/native.hpp"

namespace skep::engine::native {

enum class Tier : std::uint8_t {
  light,  // as fast as it can be compiled
  full,   // as fast as it can be run
};
// Programs with more instructions are light code in each tier.
inline constexpr std::size_t most_optimized = 20'000;

// The code of one program. It is unmapped when this dies.
struct Code {
  virtual ~Code() = default;
  bool is_final = true;       // no better code will take its place
  std::vector<Fn> functions;  // one a subprogram; null: it is never called from outside
};

struct JitOptions {
  std::ptrdiff_t state_offset = 0;  // see EmitOptions
  bool count_instructions = false;
};

class Jit {
 public:
  virtual ~Jit() = default;
  // False: built without LLVM, and make() gives nothing.
  static bool is_built_in();
  static std::shared_ptr<Jit> make(const JitOptions& options, std::string& why);
  // How often LLVM has made code in this process. What was compiled before is only linked: see object_cache.hpp.
  static std::uint64_t compilations();
  // From any thread; one program at a time. `heat`: what the code counts down as it runs, or null. Null: `why` says
  // what has failed.
  virtual std::unique_ptr<Code> compile(const runtime::Program& program, Constants constants, Tier tier,
                                        const Heat* heat, std::string& why) = 0;
};

}  // namespace skep::engine::native
