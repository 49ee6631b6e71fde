// When programs are compiled: at load, or when they have become hot, on a thread of its own.
#pragma once

#include <condition_variable>
#include <deque>
#include <memory>
#include <mutex>
#include <string>
#include <thread>

#include "engine/llvm/compiled.hpp"

namespace skep::engine::native {

// Shared by the programs of an engine, which may outlive it.
class Compiler {
 public:
  Compiler(unsigned cpus, const CompilerOptions& options) : options_(options), pool_(cpus) {}
  ~Compiler() { stop(); }

  // Loads LLVM, unless it is loaded. False: it cannot be had, and `why` says why.
  bool begin(std::string& why);
  // Null: `why` says what has failed.
  std::unique_ptr<Code> compile(const Program& program, Constants constants, std::string& why) {
    return begin(why) ? jit_->compile(program, std::move(constants), why) : nullptr;
  }
  // Later, on the compiler's thread, if the program is still there then.
  void compile_later(const Program& program);
  // Waits for what is being compiled; nothing is compiled later any more.
  void stop();

  const CompilerOptions& options() const { return options_; }
  RunPool<CompiledRun>& pool() { return pool_; }

 private:
  void work();

  const CompilerOptions options_;
  std::once_flag begun_;
  std::shared_ptr<Jit> jit_;
  std::string why_not_;  // without it
  RunPool<CompiledRun> pool_;
  std::mutex lock_;
  std::condition_variable wakeup_;
  std::deque<std::weak_ptr<const Program>> wanted_;
  bool stopping_ = false;
  std::thread thread_;
};

}  // namespace skep::engine::native
