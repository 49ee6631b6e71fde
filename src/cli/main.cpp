// skep: runs, verifies, tests and documents eBPF programs, without a kernel's help. The command line only; each command
// is a file.
#include <dlfcn.h>
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <cstdio>

#include "api/c_modules.hpp"
#include "cli/duration.hpp"
#include "cli/options.hpp"

namespace skep::cli {

void complain(const std::string& line) {
  fmt::print(stderr, "skep: {}\n", line);
}

std::unique_ptr<Kernel> make_kernel(const Options& options) {
  KernelOptions wanted;
  wanted.run_limits.time_ns = options.run_limit_ns;
  wanted.memory_limit = options.memory_limit;
  wanted.close_limit_ns = 100'000'000;  // whatever was to be waited for was
  if (options.engine == "compiled") wanted.engine = Engine::compiled;
  if (options.engine == "automatic") wanted.engine = Engine::automatic;
  if (!options.btf.empty()) wanted.btf_path = options.btf;
  if (options.cpus != 0) wanted.cpus = options.cpus;
  for (const std::string& path : options.hosts) {
    void* library = dlopen(path.c_str(), RTLD_NOW | RTLD_LOCAL);
    if (library == nullptr) {
      complain(fmt::format("{}: cannot be loaded: {}", path, dlerror()));
      return nullptr;
    }
    using Modules = void (*)(std::vector<HostModule>&);
    if (const auto modules = reinterpret_cast<Modules>(dlsym(library, "skep_host_modules")); modules != nullptr) {
      modules(wanted.modules);
      continue;
    }
    using Plugin = const skep_plugin* (*)();
    const auto plugin = reinterpret_cast<Plugin>(dlsym(library, "skep_plugin"));
    if (plugin == nullptr) {
      complain(
          fmt::format("{}: is no plugin: it exports neither skep_plugin (see skep/skep.h) nor skep_host_modules (see "
                      "skep/host.hpp)",
                      path));
      return nullptr;
    }
    const skep_plugin& described = *plugin();
    for (std::size_t i = 0; i < described.module_count; ++i)
      wanted.modules.push_back(host_module(*described.modules[i]));
  }
  std::string error;
  auto kernel = Kernel::make(wanted, error);
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
      ->check(CLI::PositiveNumber);
  command.add_flag("--json", options.json, "one JSON object a line");
}

// TIME: "60", "1.5s", "200ms".
void duration_option(CLI::App& command, const char* name, std::uint64_t& ns, const std::string& description) {
  command
      .add_option_function<std::string>(
          name, [&ns](const std::string& text) { ns = *skep::cli::parse_duration(text); }, description)
      ->type_name("TIME")
      ->check([](const std::string& text) -> std::string {
        if (skep::cli::parse_duration(text)) return {};
        return fmt::format("'{}' is no length of time: give seconds, or a number with ns, us, ms, s, min or h", text);
      });
}

void engine_option(CLI::App& command, Options& options) {
  command.add_option("--engine", options.engine, "what runs programs: interpreter, compiled or automatic")
      ->check(CLI::IsMember(skep::cli::engine_names()));
}

void object_options(CLI::App& command, Options& options) {
  command.add_option("FILE", options.files, "a BPF object, as clang builds it")->required();
  command.add_option("--program", options.program, "only this program");
  common_options(command, options);
}

}  // namespace

int main(int argc, char** argv) {
  Options options;
  CLI::App app("Linux's BPF subsystem in user space", "skep");
  app.require_subcommand(1);

  CLI::App& run = *app.add_subcommand("run", "run programs, and the work that they schedule");
  object_options(run, options);
  run.add_option("--repeat", options.repeat, "how often")->check(CLI::PositiveNumber);
  run.add_option("--data-in", options.data_in, "a file with the packet");
  run.add_option("--ctx-in", options.ctx_in, "a file with the context");
  duration_option(run, "--timeout", options.run_limit_ns,
                  "stop a run, or a callback, that takes longer; default 60s, 0: never");
  duration_option(run, "--drain", options.drain_ns, "how long to wait for work and timers; default 1s");
  run.add_option("--memory", options.memory_limit, "limit the memory of maps, elements and work: bytes, or 64M, 1G")
      ->transform(CLI::AsSizeValue(false))
      ->type_name("SIZE");
  run.add_flag("--stats", options.stats, "say how much memory was taken");
  engine_option(run, options);

  CLI::App& verify = *app.add_subcommand("verify", "say what the kernel would say of each program");
  object_options(verify, options);
  verify.add_option("--log-level", options.log_level, "also print the verifier's log: 1 steps, 2 states, 4 statistics");
  verify.add_option("--timeout", options.timeout_s, "give up on a program after so many seconds");

  CLI::App& test = *app.add_subcommand("test", "check programs against the expectations that they declare");
  object_options(test, options);
  test.add_option("--log-level", options.log_level, "print the log of what failed");
  engine_option(test, options);
  test.add_option("--timeout", options.timeout_s, "give up on a program after so many seconds");

  CLI::App& doc = *app.add_subcommand("doc", "describe a helper, kfunc, map type or program type");
  doc.add_option("NAME", options.name, "bpf_wq_init, lru_hash, sched_cls, …")->required();
  common_options(doc, options);

  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    const int status = app.exit(error);
    return status == 0 ? skep::cli::exit_ok : skep::cli::exit_usage;
  }
  if (run.parsed()) return skep::cli::run(options);
  if (verify.parsed()) return skep::cli::verify(options);
  if (test.parsed()) return skep::cli::test(options);
  return skep::cli::doc(options);
}
