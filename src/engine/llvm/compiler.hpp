// When programs are compiled: at load, or when they have become hot, on a thread of its own.
//
// That thread is not in the child of a fork, and its lock may be taken there for good: in a child nothing is compiled
// later, and programs go on as they are.
#pragma once

#include <condition_variable>
#include <deque>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <utility>

#include "engine/llvm/compiled.hpp"
#include "engine/llvm/library_use.hpp"

namespace skep::engine::native {

// Shared by the programs of an engine, which may outlive it.
class Compiler {
 public:
  Compiler(unsigned cpus, const CompilerOptions& options) : options_(options), pool_(cpus) {
    const LibraryUse forks_are_counted_from_here_on;
  }
  ~Compiler() { stop(); }

  // Loads LLVM, unless it is loaded. False: it cannot be had, and `why` says why.
  bool begin(std::string& why);
  // Null: `why` says what has failed.
  std::unique_ptr<Code> compile(const Program& program, Constants constants, Tier tier, const Heat* heat,
                                std::string& why) {
    return begin(why) ? jit_->compile(program, std::move(constants), tier, heat, why) : nullptr;
  }
  // How the first code of a program with so many instructions is made, and whether there is to be a better one.
  struct First {
    Tier tier = Tier::full;
    bool may_be_improved = false;
  };
  First first_code(std::size_t instructions, bool in_a_hurry) const;
  // Later, on the compiler's thread, if the program is still there then: its first code, or a better one. Programs that
  // have none come first.
  void compile_later(const Program& program, bool better);
  // Waits for what is being compiled; nothing is compiled later any more.
  void stop();

  const CompilerOptions& options() const { return options_; }
  RunPool<CompiledRun>& pool() { return pool_; }

 private:
  struct Background {
    std::mutex lock;
    std::condition_variable wakeup;
    std::deque<std::weak_ptr<const Program>> without_code, with_code;
    bool stopping = false;
    std::thread thread;
  };
  static void work(Background& background);

  const CompilerOptions options_;
  std::once_flag begun_;
  std::shared_ptr<Jit> jit_;
  std::string why_not_;  // without it
  RunPool<CompiledRun> pool_;
  const std::uint64_t made_in_ = LibraryUse::forks();
  std::shared_ptr<Background> background_ = std::make_shared<Background>();
};

}  // namespace skep::engine::native
