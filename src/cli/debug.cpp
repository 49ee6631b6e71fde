// `skep debug`: a program is loaded and run as `skep run` does it, in a Kernel whose clock stands, and held before its
// first instruction. What can be done then is src/debugger/'s; here is what is played, and who asks: a terminal, an
// editor
// (--dap), GDB (--gdb). Tested by tests/debugger/debug_test.py.
#include <fmt/format.h>
#include <signal.h>
#include <unistd.h>

#include <atomic>
#include <thread>

#include "cli/input.hpp"
#include "cli/kept_maps.hpp"
#include "cli/line_reader.hpp"
#include "cli/object.hpp"
#include "cli/options.hpp"
#include "debugger/dap.hpp"
#include "debugger/gdb_stub.hpp"
#include "debugger/terminal.hpp"
#include "progtypes/progtype.hpp"
#include "skep/describe.hpp"

namespace skep::cli {
namespace {

constexpr std::size_t default_packet = 64;
constexpr std::uint64_t clock_ns = 1'000'000'000;

struct Inputs {
  std::vector<std::uint8_t> packet, context;
};

std::string outcome_text(const Program& program, const Result<RunResult>& ran) {
  if (!ran) return ran.message();
  const char* const name = verdict_name(program.type(), ran->verdict);
  return *name != '\0'
             ? fmt::format("{} returned {} ({})", program.name(), name, static_cast<std::int32_t>(ran->verdict))
             : fmt::format("{} returned {}", program.name(), static_cast<std::int32_t>(ran->verdict));
}

// Plays once: loads, fills, runs the program, and then what it has started.
void play(const Options& options, const Inputs& inputs, debugger::Stage& stage,
          const std::function<void(bool, std::string)>& curtain) {
  const KeepWarnings quiet;
  const std::shared_ptr<Kernel> kernel = make_kernel(options, [](KernelOptions& wanted) {
    // What is held takes as long as it takes; and everything is the same each time.
    wanted.run_limits = {};
    wanted.engine = Engine::interpreter;
    if (!wanted.clock_ns) wanted.clock_ns = clock_ns;
    if (!wanted.random_seed) wanted.random_seed = 1;
  });
  if (!kernel) return curtain(false, "no Kernel could be made");
  const KernelBinding binding(*kernel);
  stage.made(*kernel);
  const std::string& path = options.files.front();
  Loaded loaded = load_programs(*kernel, path, options.program, options.complete_maps, options.globals);
  if (!loaded.object) return curtain(false, loaded.error);
  LoadOptions named{.name = path};
  const auto object = api::object_of(kernel, loaded.object.release(), named);
  if (!object) return curtain(false, object.message());
  const KeptMaps maps(*object, options);
  if (const Status filled = maps.fill(); !filled) return curtain(false, filled.message());
  const auto program = object->program(options.program);
  if (!program) return curtain(false, program.message());
  std::optional<Link> link;
  if (program->type() == ProgType::tracing && has_test_run(program->type()))
    if (auto attached = program->attach(); attached) link = *attached;
  stage.loaded(kernel, *object);
  RunInput input;
  const auto* const type = progtypes::find(program->type());
  std::vector<std::uint8_t> packet = inputs.packet;
  if (packet.empty() && type != nullptr && type->invoked_on_packet) packet.resize(default_packet);
  input.packet = packet;
  input.context = inputs.context;
  input.described = options.context;
  input.target = options.target;
  input.repeat = 1;
  const auto ran = stage.abandoned() ? Result<RunResult>(Status(ECANCELED, "nothing was run")) : program->run(input);
  std::string how = outcome_text(*program, ran);
  if (!stage.abandoned() && !kernel->settle(options.drain_ns)) how += "; its work goes on and on";
  curtain(true, how);
}

// Ctrl-C holds a run that goes on; where nothing runs it does nothing.
class HoldOnInterrupt {
 public:
  explicit HoldOnInterrupt(const sigset_t& signals) : signals_(signals) {
    waiter_ = std::thread([this] {
      int number = 0;
      while (sigwait(&signals_, &number) == 0 && !over_.load()) {
        const std::lock_guard guard(lock_);
        if (session_ != nullptr) session_->interrupt();
      }
    });
  }
  ~HoldOnInterrupt() {
    over_.store(true);
    pthread_kill(waiter_.native_handle(), SIGINT);
    waiter_.join();
  }
  HoldOnInterrupt(const HoldOnInterrupt&) = delete;
  HoldOnInterrupt& operator=(const HoldOnInterrupt&) = delete;
  void watch(debugger::Session* session) {
    const std::lock_guard guard(lock_);
    session_ = session;
  }

 private:
  const sigset_t signals_;
  std::atomic<bool> over_{false};
  std::mutex lock_;
  debugger::Session* session_ = nullptr;
  std::thread waiter_;
};

int in_terminal(const Options& options, const debugger::Play& play) {
  sigset_t signals;
  sigemptyset(&signals);
  sigaddset(&signals, SIGINT);
  pthread_sigmask(SIG_BLOCK, &signals, nullptr);
  HoldOnInterrupt interrupt(signals);
  const auto print = [](const std::string& line) {
    fmt::print("{}\n", line);
    std::fflush(stdout);
  };
  debugger::Session session(play, [&](const std::string& line) { print(line); });
  if (session.stop().state == debugger::Playback::State::failed) {
    complain(session.stop().reason);
    return exit_failed;
  }
  interrupt.watch(&session);
  debugger::Terminal terminal(session, {options.files.front(), options.source_root}, print);
  LineReader reader("(skep) ", debugger::Terminal::commands_like);
  terminal.greet();
  for (const std::string& command : options.commands) {
    fmt::print("(skep) {}\n", command);
    if (!terminal.execute(command)) break;
  }
  while (options.commands.empty()) {
    const auto line = reader.next();
    if (!line || !terminal.execute(*line)) break;
  }
  interrupt.watch(nullptr);
  return exit_ok;
}

int for_gdb(const Options& options, const debugger::Play& play) {
  std::string error;
  int input = STDIN_FILENO, output = STDOUT_FILENO;
  if (options.gdb != "-") {
    input = output = debugger::accept_gdb(
        static_cast<std::uint16_t>(std::stoul(options.gdb)),
        [](std::uint16_t port) {
          fmt::print("waiting for GDB: target remote :{}\n", port);
          std::fflush(stdout);
        },
        error);
    if (input < 0) return complain(error), exit_failed;
  }
  const int served =
      debugger::serve_gdb(play, {options.files.front(), options.source_root, options.program}, input, output, error);
  if (input != STDIN_FILENO) close(input);
  if (served == 2) complain(error);
  return served == 0 ? exit_ok : served == 1 ? exit_usage : exit_failed;
}

}  // namespace

int debug(const Options& options) {
  Inputs inputs;
  for (const auto& [path, bytes] : {std::pair{&options.data_in, &inputs.packet}, {&options.ctx_in, &inputs.context}}) {
    if (path->empty()) continue;
    std::string error;
    auto content = read_input(*path, error);
    if (!content) return complain(error), exit_usage;
    *bytes = std::move(*content);
  }
  Options wanted = options;
  std::string error;
  {
    const KeepWarnings quiet;
    const ObjectPtr object = open_object(options.files.front(), error);
    if (!object) return complain(error), exit_usage;
    const auto names = programs_of(object.get());
    if (wanted.program.empty() && names.size() == 1) wanted.program = names.front();
    if (wanted.program.empty())
      return complain(fmt::format("{}: has several programs: give --program, one of {}", options.files.front(),
                                  fmt::join(names, ", "))),
             exit_usage;
    if (std::ranges::find(names, wanted.program) == names.end())
      return complain(no_program(options.files.front(), wanted.program, names)), exit_usage;
  }
  const debugger::Play plays = [&](debugger::Stage& stage, const std::function<void(bool, std::string)>& curtain) {
    play(wanted, inputs, stage, curtain);
  };
  const std::string& path = options.files.front();
  if (options.dap)
    return debugger::serve_dap(plays, {path, options.source_root, wanted.program}, STDIN_FILENO, STDOUT_FILENO) == 0
               ? exit_ok
               : exit_usage;
  return options.gdb.empty() ? in_terminal(wanted, plays) : for_gdb(wanted, plays);
}

}  // namespace skep::cli
