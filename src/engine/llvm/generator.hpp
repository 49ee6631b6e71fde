// From a program to an object file: the emitter, LLVM's passes and its code generator, in that order.
//
// What decides is the time that this takes, which grows faster than the program does. Light code takes some 25
// microseconds an instruction, a fifth of the time of full effort, and runs half as fast. The full effort goes by size
// too: small programs, which are nearly all, get everything (-O2), the largest no more than light code. Nothing here
// or in the emitter assumes a kind of machine: tests/engine/generator_test.cpp makes code for another.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <vector>

#include "engine/llvm/emitter.hpp"
#include "engine/llvm/jit.hpp"
#include "engine/llvm/object_cache.hpp"

namespace skep::engine::native {

class Generator {
 public:
  // `triple`: the machine that code is for; empty: this one.
  explicit Generator(const Library& library, std::string triple = {});
  ~Generator();
  Generator(const Generator&) = delete;
  Generator& operator=(const Generator&) = delete;

  struct Made {
    ObjectCache::Object object;        // null: `why` says what has failed
    std::vector<std::uint64_t> table;  // see Emitted
  };
  // Out of the process's cache, if it was made before. One program at a time.
  Made make(const runtime::Program& program, const Bodies& bodies, const EmitOptions& options, Tier tier,
            std::string& why);

  const std::string& triple() const { return triple_; }
  // What code is for, of this machine's kind.
  const std::string& cpu() const { return cpu_; }
  const std::string& features() const { return features_; }
  static std::uint64_t compilations();

 private:
  struct Effort;
  static const Effort& effort_for(std::size_t instructions, Tier tier);
  LLVMTargetMachineRef machine_for(LLVMCodeGenOptLevel level, std::string& why);
  std::string content_of(LLVMModuleRef module, const Effort& effort) const;
  ObjectCache::Object generate(LLVMContextRef context, LLVMModuleRef module, const Effort& effort,
                               LLVMTargetMachineRef machine, std::string& why) const;
  std::string taken(char* text) const;  // one of LLVM's, which is disposed of

  const Library& l_;
  std::string triple_, cpu_, features_;
  std::array<LLVMTargetMachineRef, 4> machines_ = {};
};

}  // namespace skep::engine::native
