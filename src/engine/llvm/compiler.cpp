// See engine/llvm/compiler.hpp; and the engine that make_compiler() gives.
//
// A program that runs but once would wait longer for its code than for its result, so with CompilerOptions::eager off
// it begins in the interpreter, and code is made when the interpreter has run as many of its instructions as would take
// about as long as compiling does: some 15 microseconds for each instruction of the program, in which the interpreter
// runs thousands. A run in hand goes on as it began; the next one takes the code.
#include "engine/llvm/compiler.hpp"

#include <csignal>

namespace skep::engine::native {
namespace {

constexpr std::uint64_t heat_of_a_run = 50;               // entering costs as much as so many instructions
constexpr std::uint64_t heat_to_compile = 200'000;        // and …
constexpr std::uint64_t heat_of_each_instruction = 2000;  // … for each that is to be compiled

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

const Code* Compiled::need_code() const {
  std::call_once(made_, [this] {
    owned_ = compiler_->compile(program_, constants_, why_not_);
    code_.store(owned_.get(), std::memory_order_release);
    if (owned_ != nullptr) entry_.store(owned_->functions[0], std::memory_order_release);
  });
  return code();
}

void Compiled::interpreted(std::uint64_t instructions) const {
  const std::uint64_t limit = heat_to_compile + heat_of_each_instruction * program_.code().insns.size();
  const std::uint64_t more = instructions + heat_of_a_run;
  const std::uint64_t before = heat_.fetch_add(more, std::memory_order_relaxed);
  if (before < limit && before + more >= limit) compiler_->compile_later(program_);
}

bool Compiler::begin(std::string& why) {
  std::call_once(begun_, [this] {
    jit_ = Jit::make({.state_offset = CompiledRun::state_offset(),
                      .count_instructions = options_.count_instructions,
                      .optimize = options_.optimize},
                     why_not_);
  });
  why = why_not_;
  return jit_ != nullptr;
}

void Compiler::compile_later(const Program& program) {
  const std::lock_guard guard(lock_);
  if (stopping_) return;
  wanted_.push_back(program.weak_from_this());
  if (!thread_.joinable()) {
    // The application's signals are not for this thread.
    sigset_t all, before;
    sigfillset(&all);
    pthread_sigmask(SIG_BLOCK, &all, &before);
    thread_ = std::thread([this] { work(); });
    pthread_sigmask(SIG_SETMASK, &before, nullptr);
  }
  wakeup_.notify_one();
}

void Compiler::work() {
  std::unique_lock lock(lock_);
  for (;;) {
    wakeup_.wait(lock, [this] { return stopping_ || !wanted_.empty(); });
    if (stopping_) return;
    const std::weak_ptr<const Program> next = std::move(wanted_.front());
    wanted_.pop_front();
    lock.unlock();
    if (const auto program = next.lock(); program != nullptr) Compiled::of(*program).need_code();
    lock.lock();
  }
}

void Compiler::stop() {
  {
    const std::lock_guard guard(lock_);
    stopping_ = true;
    wanted_.clear();
  }
  wakeup_.notify_all();
  if (!thread_.joinable()) return;
  // The last program of an engine that is gone may die on this very thread.
  if (thread_.get_id() == std::this_thread::get_id())
    thread_.detach();
  else
    thread_.join();
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
