// skep: runs, verifies, tests and documents eBPF programs, without a kernel's help. The command line only; each command
// is a file.
#include <fmt/format.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <new>
#include <system_error>

#include "cli/options.hpp"
#include "cli/plugins.hpp"
#include "cli/suggest.hpp"
#include "skep/skep.h"
#include "testbench/duration.hpp"

namespace skep::cli {

void complain(const std::string& line) {
  fmt::print(stderr, "skep: {}\n", line);
}

bool in_color(int descriptor) {
  return isatty(descriptor) != 0 && std::getenv("NO_COLOR") == nullptr;
}

std::shared_ptr<Kernel> make_kernel(const Options& options, const std::function<void(KernelOptions&)>& change) {
  KernelOptions wanted;
  wanted.run_limits.time_ns = options.run_limit_ns;
  wanted.memory_limit = options.memory_limit;
  if (options.host_memory == "open") wanted.host_memory = HostMemory::open;
  wanted.close_limit_ns = 100'000'000;  // whatever was to be waited for was
  if (options.engine == "compiled") wanted.engine = Engine::compiled;
  if (options.engine == "automatic") wanted.engine = Engine::automatic;
  if (!options.btf.empty()) wanted.btf_path = options.btf;
  if (options.cpus != 0) wanted.cpus = options.cpus;
  wanted.random_seed = options.seed;
  if (!options.now.empty()) {
    const auto clock = testbench::parse_clock(options.now);
    wanted.clock_ns = clock->monotonic_ns;
    wanted.realtime_ns = clock->realtime_ns;
  }
  std::string error;
  for (const std::string& path : options.hosts) {
    if (load_plugin(path, wanted.modules, error)) continue;
    complain(error);
    return nullptr;
  }
  if (change) change(wanted);
  std::shared_ptr<Kernel> kernel = Kernel::make(wanted, error);
  if (!kernel) complain(error);
  return kernel;
}

}  // namespace skep::cli

namespace {

using skep::cli::Options;

void common_options(CLI::App& command, Options& options) {
  command.add_option("--btf", options.btf, "the kernel's types: raw BTF, or an ELF file that has them")
      ->check(CLI::ExistingFile);
  command.add_option("--host", options.hosts, "a plugin that offers kfuncs, types and hooks")->allow_extra_args(false);
  command.add_option("--cpus", options.cpus, "how many CPUs there are; by default as many as the machine has")
      ->check(CLI::Range(1, 8192))
      ->type_name("1…8192");
  command.add_flag("--json", options.json, "one JSON object a line");
}

void host_memory_option(CLI::App& command, Options& options) {
  command
      .add_option("--host-memory", options.host_memory,
                  "whether programs may read and write memory of this process that is not theirs: closed, the default, "
                  "or open")
      ->check(CLI::IsMember(skep::cli::host_memory_names()));
}

// TIME: "60", "1.5s", "200ms".
void duration_option(CLI::App& command, const char* name, std::uint64_t& ns, const std::string& description) {
  command
      .add_option_function<std::string>(
          name, [&ns](const std::string& text) { ns = *skep::testbench::parse_duration(text); }, description)
      ->type_name("TIME")
      ->check([](const std::string& text) -> std::string {
        if (skep::testbench::parse_duration(text)) return {};
        return fmt::format("'{}' is no length of time: give seconds, or a number with ns, us, ms, s, min or h", text);
      });
}

std::string is_assignment(const std::string& text) {
  return text.find('=') != std::string::npos && text[0] != '='
             ? std::string()
             : fmt::format("'{}' has no name, or no '=': give NAME=VALUE", text);
}

void clock_options(CLI::App& command, Options& options) {
  command
      .add_option("--now", options.now,
                  "a clock that stands there: a time since the start of the machine (90s), or a date (2026-01-31, "
                  "2026-01-31T12:00:00Z); waiting for timers takes no time then")
      ->type_name("TIME|DATE")
      ->check([](const std::string& text) {
        return skep::testbench::parse_clock(text) ? std::string()
                                                  : fmt::format("'{}' is neither a time nor a date", text);
      });
  command.add_option("--seed", options.seed, "what random numbers begin with")->type_name("NUMBER");
}

void input_options(CLI::App& command, Options& options) {
  command.add_option("--data-in", options.data_in, "a file with the packet");
  command.add_option("--ctx-in", options.ctx_in, "a file with the context");
  command.add_option("--ctx", options.context, "the context or the arguments, by their names: {\"user_port\": 80}")
      ->type_name("JSON");
  command.add_option("--target", options.target,
                     "the tracepoint or function that the program is attached to, where its section does not say so");
}

void state_options(CLI::App& command, Options& options, const char* map_help) {
  command.add_option("--set", options.globals, "set a global variable before the object is loaded; may be given again")
      ->type_name("VARIABLE=VALUE")
      ->allow_extra_args(false)
      ->check(is_assignment);
  command.add_option("--map", options.maps, map_help)->type_name("NAME[=JSON|=FILE]")->allow_extra_args(false);
}

void source_root_option(CLI::App& command, Options& options) {
  command
      .add_option("--source-root", options.source_root, "where sources are that are not where the compiler found them")
      ->type_name("DIR");
}

void engine_option(CLI::App& command, Options& options) {
  command.add_option("--engine", options.engine, "what runs programs: interpreter, compiled or automatic")
      ->check(CLI::IsMember(skep::cli::engine_names()));
}

void maps_option(CLI::App& command, Options& options) {
  command.add_flag("--complete-maps", options.complete_maps,
                   "give maps that say no number of elements one, as their loader would have to");
}
void format_option(CLI::App& command, Options& options) {
  command.add_option("--format", options.format, "show a refusal with its source (long) or in one line (short)")
      ->check(CLI::IsMember(skep::cli::refusal_formats()));
}

void log_level_option(CLI::App& command, Options& options, const char* help) {
  command.add_option("--log-level", options.log_level, help)->check(CLI::Range(0, 7))->type_name("0…7");
}

void object_options(CLI::App& command, Options& options) {
  command.add_option("FILE", options.files, "a BPF object, as clang builds it")->required();
  command.add_option("--program", options.program, "only this program");
  common_options(command, options);
}

// What somebody meant who wrote a word that no command or option is called; empty: nothing is like it.
std::string meant(const CLI::App& app, int argc, char** argv) {
  std::vector<std::string> commands, options = {"--help", "--version"};
  const CLI::App* command = nullptr;
  for (const CLI::App* sub : app.get_subcommands({})) {
    commands.push_back(sub->get_name());
    if (argc > 1 && sub->get_name() == argv[1]) command = sub;
  }
  if (argc > 1 && command == nullptr && argv[1][0] != '-') return skep::cli::did_you_mean(argv[1], commands);
  if (command != nullptr)
    for (const CLI::Option* option : command->get_options()) options.push_back("--" + option->get_single_name());
  for (int i = 1; i < argc; ++i) {
    const std::string word = std::string(argv[i]).substr(0, std::strcspn(argv[i], "="));
    if (word.starts_with("--") && std::find(options.begin(), options.end(), word) == options.end())
      return skep::cli::did_you_mean(word, options);
  }
  return {};
}

// What was printed has to have arrived: a result that nobody got is none.
int written(int status) {
  if (std::fflush(stdout) == 0 && std::ferror(stdout) == 0) return status;
  skep::cli::complain(fmt::format("the standard output cannot be written: {}", std::strerror(errno)));
  return status == skep::cli::exit_ok ? skep::cli::exit_failed : status;
}

int ask(int argc, char** argv) {
  Options options;
  CLI::App app("Linux's BPF subsystem in user space", "skep");
  app.require_subcommand(1);
  app.set_version_flag("--version", fmt::format("skep {}", skep_version()), "print the version and exit");

  CLI::App& run = *app.add_subcommand("run", "run programs, and the work that they schedule");
  object_options(run, options);
  maps_option(run, options);
  run.add_option("--repeat", options.repeat, "how often")
      ->check(CLI::Range(1, 1'000'000'000))
      ->type_name("1…1000000000");
  input_options(run, options);
  duration_option(run, "--timeout", options.run_limit_ns,
                  "stop a run, or a callback, that takes longer; default 60s, 0: never");
  duration_option(run, "--drain", options.drain_ns, "how long to wait for work and timers; default 1s");
  clock_options(run, options);
  state_options(run, options,
                "fill a map before the run from JSON, or a file that has it, and print what it holds afterwards; "
                "without =… only print; may be given again");
  run.add_option(
         "--record", options.records,
         "the type of the records of a ring buffer or perf event array: events='struct event'; may be given again")
      ->type_name("MAP=TYPE")
      ->allow_extra_args(false)
      ->check(is_assignment);
  run.add_option("--state", options.state, "a directory in which maps are kept from one run to the next")
      ->type_name("DIR");
  run.add_option("--pcap", options.pcap, "run on each packet of a capture")->type_name("FILE");
  run.add_option("--pcap-out", options.pcap_out, "write the packets that go on, as the program left them")
      ->type_name("FILE")
      ->needs("--pcap");
  run.add_option("--filter", options.filter, "only packets that match, as tcpdump has it: tcp port 80")
      ->type_name("EXPRESSION")
      ->needs("--pcap");
  run.add_option("--memory", options.memory_limit, "limit the memory of maps, elements and work: bytes, or 64M, 1G")
      ->check([](const std::string& word) {  // which would be taken for very much
        return word.starts_with('-') ? "'" + word + "' is no size: give bytes, or 64M, 1G" : std::string();
      })
      ->transform(CLI::AsSizeValue(false))
      ->type_name("SIZE");
  host_memory_option(run, options);
  run.add_flag("--stats", options.stats,
               "say how often programs ran, how long callbacks waited and took, and how much memory was taken");
  run.add_option(
         "--profile", options.profile,
         "count instructions by line of C, interpreted: the lines that take most, and folded stacks, for flame graphs")
      ->type_name("FILE");
  run.add_option("--trace", options.trace, "write every run as a trace event, for ui.perfetto.dev")->type_name("FILE");
  engine_option(run, options);
  format_option(run, options);

  CLI::App& verify = *app.add_subcommand("verify", "say what the kernel would say of each program");
  object_options(verify, options);
  maps_option(verify, options);
  log_level_option(verify, options, "also print the verifier's log: 1 steps, 2 states, 4 statistics, or a sum of them");
  format_option(verify, options);
  verify.add_option("--timeout", options.timeout_s, "give up on a program after so many seconds");

  verify
      .add_option(
          "--coverage", options.coverage,
          "where the verifier's work goes: instructions walked by line of C, as folded stacks, for flame graphs")
      ->type_name("FILE");

  CLI::App& test = *app.add_subcommand("test", "check programs against the expectations that they declare");
  object_options(test, options);
  maps_option(test, options);
  host_memory_option(test, options);
  log_level_option(test, options, "print the log of what failed");
  engine_option(test, options);
  test.add_option("--timeout", options.timeout_s, "give up on a program after so many seconds");

  test.add_option("--filter", options.filter, "only cases whose file and name have this in them, or match it with a *")
      ->type_name("TEXT");
  test.add_flag("--list", options.list, "only say which cases there are");
  test.add_option("--jobs", options.jobs, "so many processes share the work")
      ->check(CLI::Range(1, 256))
      ->type_name("1…256");
  test.add_option_function<std::string>(
          "--part",
          [&options](const std::string& text) {
            unsigned part = 0, parts = 0;
            std::sscanf(text.c_str(), "%u/%u", &part, &parts);
            options.part = part - 1;
            options.parts = parts;
          },
          "only the Ith of N parts of the cases: 1/4")
      ->type_name("I/N")
      ->check([](const std::string& text) {
        unsigned part = 0, parts = 0;
        return std::sscanf(text.c_str(), "%u/%u", &part, &parts) == 2 && part >= 1 && part <= parts
                   ? std::string()
                   : fmt::format("'{}' is no part: give 1/4", text);
      });
  test.add_option("--junit", options.junit, "also write the results there, as JUnit's XML")->type_name("FILE");
  test.add_option("--coverage", options.coverage,
                  "count which lines ran: a tracefile of lcov's, for genhtml, and a summary")
      ->type_name("FILE");
  test.add_option("--source-root", options.source_root, "where sources are that are not where the compiler found them")
      ->type_name("DIR")
      ->needs("--coverage");
  test.add_flag("--update", options.update, "write golden files (expect.golden) instead of comparing with them");
  test.add_flag("--tap", options.tap, "print TAP")->excludes("--json");

  CLI::App& debug = *app.add_subcommand("debug", "run a program step by step, forward and back");
  object_options(debug, options);
  maps_option(debug, options);
  input_options(debug, options);
  clock_options(debug, options);
  state_options(debug, options, "fill a map before the run from JSON, or a file that has it; may be given again");
  duration_option(debug, "--drain", options.drain_ns, "timers that are due so soon run, too; default 1s");
  source_root_option(debug, options);
  debug.add_option("--command", options.commands, "a command, instead of what is typed; may be given again")
      ->type_name("TEXT")
      ->allow_extra_args(false);
  CLI::Option* const dap = debug.add_flag(
      "--dap", options.dap, "speak the Debug Adapter Protocol, for editors, on standard input and output");
  debug
      .add_option("--gdb", options.gdb,
                  "speak GDB's remote protocol, on a port of this machine, or on standard input and output")
      ->type_name("PORT|-")
      ->excludes(dap)
      ->check([](const std::string& text) {
        const bool number =
            !text.empty() && text.size() < 6 && text.find_first_not_of("0123456789") == std::string::npos;
        return text == "-" || (number && std::stoul(text) < 65536) ? std::string()
                                                                   : fmt::format("'{}' is no port", text);
      });

  CLI::App& disasm = *app.add_subcommand("disasm", "print the instructions of programs beside their source");
  object_options(disasm, options);
  maps_option(disasm, options);
  disasm.add_flag("--native", options.native, "beside the machine code that they become")->excludes("--json");

  CLI::App& doc = *app.add_subcommand("doc", "describe a helper, kfunc, map type or program type");
  doc.add_option("NAME", options.name, "bpf_wq_init, lru_hash, sched_cls, …");
  doc.add_option("--markdown", options.markdown, "write the pages of all names, and a list of them, into a directory");
  common_options(doc, options);

  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    if (error.get_exit_code() == 0) {
      app.exit(error);
      return skep::cli::exit_ok;
    }
    skep::cli::complain(fmt::format("{}{}; see skep --help", error.what(), meant(app, argc, argv)));
    return skep::cli::exit_usage;
  }
  if (run.parsed()) return skep::cli::run(options);
  if (verify.parsed()) return skep::cli::verify(options);
  if (test.parsed()) return skep::cli::test(options);
  if (debug.parsed()) return skep::cli::debug(options);
  if (disasm.parsed()) return skep::cli::disasm(options);
  return skep::cli::doc(options);
}

}  // namespace

int main(int argc, char** argv) {
  try {
    return written(ask(argc, argv));
  } catch (const std::bad_alloc&) {
    std::fputs("skep: out of memory\n", stderr);
  } catch (const std::system_error& thrown) {  // what fmt throws when it cannot write
    std::fprintf(stderr, "skep: %s\n", thrown.what());
  }
  return skep::cli::exit_failed;
}
