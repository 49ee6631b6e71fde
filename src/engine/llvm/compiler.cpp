// See engine/llvm/compiler.hpp; and the engine that make_compiler() gives.
//
// A program that runs but once would wait longer for its code than for its result, so with CompilerOptions::eager off
// it begins in the interpreter, and code is made when the interpreter has run as many of its instructions as would take
// about as long as compiling does. Of programs that are not small (CompilerOptions::light_from) the first code is
// light, which is made in 25 microseconds an instruction, and not in 150; it counts what it executes, and when that has
// taken about as long as better code would take to make, that is made. A run in hand goes on as it began; whoever
// enters from then on takes the new code.
#include "engine/llvm/compiler.hpp"

#include <csignal>
#include <limits>

#include "memory/in_signal.hpp"
#include "rcu/own_thread.hpp"

namespace skep::engine::native {
namespace {

constexpr std::uint64_t heat_of_a_run = 50;               // entering costs as much as so many instructions
constexpr std::uint64_t heat_to_compile = 200'000;        // and …
constexpr std::uint64_t heat_of_each_instruction = 2000;  // … for each that is to be compiled
constexpr std::int64_t heat_to_improve = 1'000'000;       // in light code, which is faster: and …
constexpr std::int64_t heat_of_each_improved = 20'000;

}  // namespace

Compiled::Compiled(const Program& program, std::shared_ptr<const Executable> interpreted,
                   std::shared_ptr<Compiler> compiler)
    : program_(program),
      interpreted_(std::move(interpreted)),
      compiler_(std::move(compiler)),
      constants_(find_constants(program)) {
  reference_ = interpreted_.get();
}

RunPtr Compiled::make_run(const RunRequest& request) const {
  if (request.observer != nullptr || request.services.observer != nullptr) return reference().make_run(request);
  std::unique_ptr<CompiledRun> run = pool().take(request.cpu);
  if (run == nullptr) run = std::make_unique<CompiledRun>();
  run->begin(*this, request);
  return RunPtr(run.release());
}

RunPtr Compiled::make_run(const RunRequest& request, async::JobPtr finished) const {
  if (finished == nullptr || finished->made_by() != this || request.observer != nullptr ||
      request.services.observer != nullptr) {
    finished.reset();
    return make_run(request);
  }
  RunPtr run(static_cast<CompiledRun*>(finished.release()));
  static_cast<CompiledRun&>(*run).begin_again(request);
  return run;
}

RunPool<CompiledRun>& Compiled::pool() const {
  return compiler_->pool();
}

const Code* Compiled::need_code(bool in_a_hurry) const {
  // Of a thread that was about to make it in a fork's parent nobody hears any more.
  const LibraryUse use;
  if (LibraryUse::is_lost()) return code();
  std::call_once(made_, [&] {
    const Compiler::First first = compiler_->first_code(program_.code().insns.size(), in_a_hurry);
    if (first.may_be_improved) {
      code_heat_.of = this;
      code_heat_.left =
          heat_to_improve + heat_of_each_improved * static_cast<std::int64_t>(program_.code().insns.size());
    }
    owned_ =
        compiler_->compile(program_, constants_, first.tier, first.may_be_improved ? &code_heat_ : nullptr, why_not_);
    publish(owned_.get());
  });
  return code();
}

std::string Compiled::why_not() const {
  return why_not_.empty() && LibraryUse::is_lost() ? LibraryUse::why_lost() : why_not_;
}

void Compiled::improve_code() const {
  const Code* const first = code();
  if (first == nullptr || first->is_final || better_ != nullptr) return;
  std::string why;
  better_ = compiler_->compile(program_, constants_, Tier::full, nullptr, why);
  if (better_ != nullptr) publish(better_.get());
}

void Compiled::publish(const Code* code) const {
  code_.store(code, std::memory_order_release);
  if (code != nullptr) entry_.store(code->functions[0], std::memory_order_release);
}

// In a signal handler nothing is asked for: it may have interrupted whoever does.
void Compiled::interpreted(std::uint64_t instructions) const {
  if (memory::in_signal_handler) return;
  const std::uint64_t limit = heat_to_compile + heat_of_each_instruction * program_.code().insns.size();
  const std::uint64_t more = instructions + heat_of_a_run;
  const std::uint64_t before = heat_.fetch_add(more, std::memory_order_relaxed);
  if (before < limit && before + more >= limit) compiler_->compile_later(program_, false);
}

void Compiled::has_become_hot() const noexcept {
  if (memory::in_signal_handler) return;  // whoever runs it next asks for it
  if (code_heat_.left.exchange(std::numeric_limits<std::int64_t>::max(), std::memory_order_relaxed) < 0)
    compiler_->compile_later(program_, true);
}

Compiler::First Compiler::first_code(std::size_t instructions, bool in_a_hurry) const {
  if (!options_.optimize || instructions > most_optimized) return {Tier::light, false};
  if (in_a_hurry || instructions >= options_.light_from) return {Tier::light, true};
  return {Tier::full, false};
}

bool Compiler::begin(std::string& why) {
  const LibraryUse use;
  if (LibraryUse::is_lost()) {
    why = LibraryUse::why_lost();
    return false;
  }
  std::call_once(begun_, [this] {
    jit_ = Jit::make({.state_offset = CompiledRun::state_offset(), .count_instructions = options_.count_instructions},
                     why_not_);
  });
  why = why_not_;
  return jit_ != nullptr;
}

void Compiler::compile_later(const Program& program, bool better) {
  if (made_in_ != LibraryUse::forks()) return;
  try {
    Background& background = *background_;
    const std::lock_guard guard(background.lock);
    if (background.stopping) return;
    (better ? background.with_code : background.without_code).push_back(program.weak_from_this());
    if (!background.thread.joinable()) {
      // The application's signals are not for this thread.
      sigset_t all, before;
      sigfillset(&all);
      pthread_sigmask(SIG_BLOCK, &all, &before);
      const auto unblock = [&] { pthread_sigmask(SIG_SETMASK, &before, nullptr); };
      try {
        background.thread = std::thread([keeps = background_] { work(*keeps); });
      } catch (...) {
        unblock();
        throw;
      }
      unblock();
    }
    background.wakeup.notify_one();
  } catch (...) {  // no memory, no thread: the program goes on as it is
  }
}

void Compiler::work(Background& background) {
  rcu::schedule_as_main_thread();
  std::unique_lock lock(background.lock);
  auto& first = background.without_code;
  auto& second = background.with_code;
  for (;;) {
    background.wakeup.wait(lock, [&] { return background.stopping || !first.empty() || !second.empty(); });
    if (background.stopping) return;
    const bool better = first.empty();
    auto& wanted = better ? second : first;
    const std::weak_ptr<const Program> next = std::move(wanted.front());
    wanted.pop_front();
    lock.unlock();
    if (const auto program = next.lock(); program != nullptr) {
      const Compiled& compiled = Compiled::of(*program);
      if (better)
        compiled.improve_code();
      else
        compiled.need_code();
    }
    lock.lock();
  }
}

void Compiler::stop() {
  if (made_in_ != LibraryUse::forks()) {
    // Nothing of the parent's may be waited for or destroyed.
    static_cast<void>(std::make_unique<std::shared_ptr<Background>>(std::move(background_)).release());
    return;
  }
  Background& background = *background_;
  {
    const std::lock_guard guard(background.lock);
    background.stopping = true;
    background.without_code.clear();
    background.with_code.clear();
  }
  background.wakeup.notify_all();
  if (!background.thread.joinable()) return;
  // The last program of an engine that is gone may die on this very thread.
  if (background.thread.get_id() == std::this_thread::get_id())
    background.thread.detach();
  else
    background.thread.join();
}

namespace {

class CompilingEngine final : public Engine {
 public:
  CompilingEngine(std::unique_ptr<Engine> interpreter, std::shared_ptr<Compiler> compiler)
      : interpreter_(std::move(interpreter)), compiler_(std::move(compiler)) {}
  ~CompilingEngine() override { compiler_->stop(); }
  const char* name() const override { return "compiled"; }
  std::shared_ptr<const Executable> compile(const Program& program) override {
    auto compiled = std::make_shared<const Compiled>(program, interpreter_->compile(program), compiler_);
    if (compiler_->options().eager && compiled->obstacle().empty() && compiled->need_code() == nullptr &&
        compiler_->options().on_failure)
      compiler_->options().on_failure(program.name() + ": " + compiled->why_not());
    return compiled;
  }

 private:
  std::unique_ptr<Engine> interpreter_;
  std::shared_ptr<Compiler> compiler_;
};

}  // namespace
}  // namespace skep::engine::native

namespace skep::engine {

std::unique_ptr<Engine> make_compiler(unsigned cpus, const CompilerOptions& options, std::string& why) {
  if (!native::Jit::is_built_in()) {
    native::Jit::make({}, why);
    return nullptr;
  }
  auto compiler = std::make_shared<native::Compiler>(cpus, options);
  if (options.eager && !compiler->begin(why)) return nullptr;
  return std::make_unique<native::CompilingEngine>(make_interpreter(cpus), std::move(compiler));
}

}  // namespace skep::engine
