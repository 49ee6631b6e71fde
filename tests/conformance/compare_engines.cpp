// compare-engines: runs every program of BPF objects as machine code and interpreted, and says where that differs.
//
//   compare-engines [--inputs N] [--program NAME] [--btf FILE] [--host PLUGIN] [--verbose] FILE...
//
// Each program is loaded alone, into a Kernel for each side, and run on N generated inputs: packets and contexts, of a
// type without test runs an attached link is fired. What is compared is what it returns, the packet and context as they
// are afterwards, and all of its maps. The interpreter goes twice: where it does not agree with itself (a clock, a
// random number, an address in a map) nothing is said of the compiler. An object has a process of its own, and one that
// dies is named. Exit status: 0, or 1 where something differs. tests/conformance/README.md says how to run it.
#include <bpf/bpf.h>
#include <fmt/format.h>
#include <linux/bpf.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <functional>
#include <random>
#include <string>
#include <vector>

#include "cli/object.hpp"
#include "cli/plugins.hpp"
#include "skep/abi.hpp"
#include "skep/kernel.hpp"

namespace skep::cli {

// What cli/plugins.cpp and cli/object.cpp say by the command's own complain().
void complain(const std::string& line) {
  std::fprintf(stderr, "compare-engines: %s\n", line.c_str());
}

namespace {

struct Words {
  unsigned inputs = 8;
  std::string program, btf;
  std::vector<HostModule> modules;
  bool verbose = false;
  std::vector<std::string> files;
};

constexpr std::uint64_t longest_run_ns = 60'000'000'000, longest_work_ns = 200'000'000;
constexpr unsigned seconds_of_an_object = 900;
constexpr std::string_view stopped = ": -62 returns";  // on a busy machine anything may take too long

using Bytes = std::vector<std::uint8_t>;

std::string digest(const void* data, std::size_t size) {
  std::uint64_t hash = 14695981039346656037ULL;
  for (std::size_t i = 0; i < size; ++i) hash = (hash ^ static_cast<const std::uint8_t*>(data)[i]) * 1099511628211ULL;
  return fmt::format("{:016x}/{}", hash, size);
}

// A frame of Ethernet, IPv4 and TCP whose other bytes, and length, are the seed's.
Bytes packet_of(unsigned seed) {
  static constexpr std::array<std::size_t, 4> sizes = {64, 128, 14, 1500};
  std::mt19937_64 random(seed);
  Bytes bytes(sizes[seed % sizes.size()]);
  for (auto& byte : bytes) byte = seed == 0 ? 0 : static_cast<std::uint8_t>(random());
  if (seed == 0 || bytes.size() < 54) return bytes;
  const std::array<std::uint8_t, 12> ip = {0x08, 0x00, 0x45, 0, 0, 50, 0, 1, 0x40, 0, 64, 6};
  if (seed % 2 != 0) std::ranges::copy(ip, bytes.begin() + 12);
  return bytes;
}
Bytes context_of(unsigned seed, std::size_t size) {
  std::mt19937_64 random(seed * 977 + 5);
  Bytes bytes(size);
  for (std::size_t i = 0; i < size; ++i)
    bytes[i] = seed == 0       ? 0
               : seed % 2 != 0 ? static_cast<std::uint8_t>(random() % 3 == 0 ? random() : 0)
                               : static_cast<std::uint8_t>(random());
  return bytes;
}

void tell_maps(bpf_object* object, unsigned cpus, std::vector<std::string>& said) {
  bpf_map* map = nullptr;
  bpf_object__for_each_map(map, object) {
    const int fd = bpf_map__fd(map);
    if (fd < 0) continue;
    Bytes key(std::max<std::size_t>(bpf_map__key_size(map), 4)), next(key.size());
    Bytes value((bpf_map__value_size(map) + 7) / 8 * 8 * cpus + 8);
    std::vector<std::string> elements;
    for (bool more = bpf_map_get_next_key(fd, nullptr, next.data()) == 0; more && elements.size() < 5000;
         more = bpf_map_get_next_key(fd, key.data(), next.data()) == 0) {
      key = next;
      std::ranges::fill(value, 0);
      if (bpf_map_lookup_elem(fd, key.data(), value.data()) == 0)
        elements.push_back(digest(key.data(), key.size()) + "=" + digest(value.data(), value.size()));
    }
    std::ranges::sort(elements);
    std::string all;
    for (const std::string& element : elements) all += element;
    said.push_back(
        fmt::format("map {}: {} elements {}", bpf_map__name(map), elements.size(), digest(all.data(), all.size())));
  }
}

bool has_test_runs(int fd, const bpf_program* program) {
  LIBBPF_OPTS(bpf_test_run_opts, options);
  (void)program;
  const int error = bpf_prog_test_run_opts(fd, &options);
  return error != -524 && error != -EOPNOTSUPP && error != -ENOTSUP;
}

// What the program does with its inputs in this Kernel; where it cannot be loaded or run, why.
std::vector<std::string> outcome(Kernel& kernel, const Words& words, const std::string& file, const std::string& name,
                                 bool& ran) {
  const KernelBinding binding(kernel);
  std::string error;
  const ObjectPtr object = open_object(file, error);
  bpf_program* program = object ? select_program(object.get(), name, true) : nullptr;
  if (program == nullptr) return {error};
  if (bpf_object__load(object.get()) != 0) return {"refused"};
  std::vector<std::string> said;
  const int fd = bpf_program__fd(program);
  if (has_test_runs(fd, program)) {
    const auto type = static_cast<ProgType>(bpf_program__type(program));
    for (unsigned seed = 0; seed < words.inputs; ++seed) {
      Bytes packet = packet_of(seed), out(4096), context = context_of(seed, 96), context_out(512);
      LIBBPF_OPTS(bpf_test_run_opts, options);
      if (type == ProgType::syscall || type == ProgType::raw_tracepoint) {
        options.ctx_in = context.data();
        options.ctx_size_in = static_cast<__u32>(context.size());
      } else if (type != ProgType::tracing && type != ProgType::struct_ops) {
        options.data_in = packet.data();
        options.data_size_in = static_cast<__u32>(packet.size());
        options.data_out = out.data();
        options.data_size_out = static_cast<__u32>(out.size());
        options.repeat = 1 + seed % 2;
      }
      const int result = bpf_prog_test_run_opts(fd, &options);
      ran |= result == 0;
      if (type == ProgType::syscall) std::ranges::copy(context, context_out.begin());
      kernel.pump(longest_work_ns);
      said.push_back(fmt::format(
          "input {}: {} returns 0x{:x}, packet {}, context {}", seed, result, options.retval,
          digest(out.data(),
                 options.data_out != nullptr ? std::min<std::size_t>(options.data_size_out, out.size()) : 0),
          digest(context_out.data(), context_out.size())));
      tell_maps(object.get(), kernel.cpus(), said);
    }
    return said;
  }
  const std::size_t before = kernel.links().size();
  bpf_link* link = bpf_program__attach(program);
  const auto links = kernel.links();
  if (link == nullptr || links.size() != before + 1) {
    bpf_link__destroy(link);
    return {"cannot be run"};
  }
  for (unsigned seed = 0; seed < words.inputs; ++seed) {
    Bytes context = context_of(seed, 96);
    int result = 0;
    const std::uint32_t returned = kernel.fire(links.back().id, context.data(), context.size(), result);
    ran |= result == 0;
    kernel.pump(longest_work_ns);
    said.push_back(fmt::format("fired {}: {} returns 0x{:x}, context {}", seed, result, returned,
                               digest(context.data(), context.size())));
    tell_maps(object.get(), kernel.cpus(), said);
  }
  bpf_link__destroy(link);
  return said;
}

struct Counts {
  unsigned programs = 0, refused = 0, not_run = 0, unsteady = 0, same = 0, differ = 0, not_compiled = 0;
};

std::unique_ptr<Kernel> kernel_with(Engine engine, const Words& words, unsigned& not_compiled) {
  KernelOptions options;
  options.engine = engine;
  options.cpus = 2;
  options.pumped = true;
  options.run_limits.time_ns = longest_run_ns;
  options.close_limit_ns = 100'000'000;
  options.modules = words.modules;
  if (!words.btf.empty()) options.btf_path = words.btf;
  std::string error;
  auto kernel = Kernel::make(options, error);
  if (kernel == nullptr) complain(error), std::exit(2);
  if (engine == Engine::compiled)
    kernel->on_log([&not_compiled, &words](std::string_view line) {
      if (line.find("compiled") == std::string_view::npos) return;
      ++not_compiled;
      if (words.verbose) std::printf("%.*s\n", static_cast<int>(line.size()), line.data());
    });
  return kernel;
}

Counts compare(const Words& words, const std::string& file) {
  Counts counts;
  std::vector<std::string> names;
  const std::array kernels = {kernel_with(Engine::interpreter, words, counts.not_compiled),
                              kernel_with(Engine::interpreter, words, counts.not_compiled),
                              kernel_with(Engine::compiled, words, counts.not_compiled)};
  {
    const KernelBinding binding(*kernels[0]);
    std::string error;
    const ObjectPtr object = open_object(file, error);
    if (object == nullptr) return counts;
    for (const auto& kernel : kernels) adapt(*kernel, object.get());
    bpf_program* program = nullptr;
    bpf_object__for_each_program(program,
                                 object.get()) if (!expectations_of(object.get(), bpf_program__name(program)).auxiliary)
        names.push_back(bpf_program__name(program));
  }
  for (const std::string& name : names) {
    if (!words.program.empty() && words.program != name) continue;
    ++counts.programs;
    bool ran = false;
    const auto once = outcome(*kernels[0], words, file, name, ran);
    if (once.size() == 1) {
      ++(once[0] == "refused" ? counts.refused : counts.not_run);
      continue;
    }
    if (!ran) {
      ++counts.not_run;
      continue;
    }
    const auto twice = outcome(*kernels[1], words, file, name, ran),
               compiled = outcome(*kernels[2], words, file, name, ran);
    bool differs = compiled.size() != once.size(), steady = once.size() == twice.size();
    for (std::size_t i = 0; i < once.size() && !differs && steady; ++i) {
      // A line that is no input's own may vary while the others tell.
      if (once[i] != twice[i] || compiled[i].find(stopped) != std::string::npos) {
        ++counts.unsteady;
        steady = false;
        if (words.verbose) std::printf("unsteady: %s %s: %s\n", base_name(file).c_str(), name.c_str(), once[i].c_str());
      } else if (once[i] != compiled[i]) {
        differs = true;
        std::printf("DIFFERS: %s %s\n  interpreted: %s\n  compiled:    %s\n", base_name(file).c_str(), name.c_str(),
                    once[i].c_str(), compiled[i].c_str());
      }
    }
    if (differs)
      ++counts.differ;
    else if (steady)
      ++counts.same;
  }
  return counts;
}

// In a process of its own. False: it died.
bool compare_apart(const Words& words, const std::string& file, Counts& counts) {
  int ends[2];
  if (pipe(ends) != 0) return false;
  std::fflush(stdout);
  const pid_t child = fork();
  if (child == 0) {
    alarm(seconds_of_an_object);
    const Counts its = compare(words, file);
    std::fflush(stdout);
    _exit(write(ends[1], &its, sizeof its) == sizeof its ? 0 : 1);
  }
  close(ends[1]);
  Counts its;
  const bool told = read(ends[0], &its, sizeof its) == sizeof its;
  close(ends[0]);
  int status = 0;
  waitpid(child, &status, 0);
  if (!told) {
    std::printf("DIED: %s (%s %d)\n", base_name(file).c_str(), WIFSIGNALED(status) ? "signal" : "status",
                WIFSIGNALED(status) ? WTERMSIG(status) : WEXITSTATUS(status));
    return false;
  }
  if (words.verbose)
    std::printf("%s: %u programs, %u refused, %u not run, %u unsteady, %u the same, %u differ\n",
                base_name(file).c_str(), its.programs, its.refused, its.not_run, its.unsteady, its.same, its.differ);
  counts.programs += its.programs, counts.refused += its.refused, counts.not_run += its.not_run;
  counts.unsteady += its.unsteady, counts.same += its.same, counts.differ += its.differ;
  counts.not_compiled += its.not_compiled;
  return true;
}

int main_of(const std::vector<std::string>& given) {
  Words words;
  std::string error;
  for (std::size_t i = 0; i < given.size(); ++i) {
    const std::string next = i + 1 < given.size() ? given[i + 1] : "";
    if (given[i] == "--inputs")
      words.inputs = static_cast<unsigned>(std::strtoul(next.c_str(), nullptr, 0)), ++i;
    else if (given[i] == "--program")
      words.program = next, ++i;
    else if (given[i] == "--btf")
      words.btf = next, ++i;
    else if (given[i] == "--verbose")
      words.verbose = true;
    else if (given[i] == "--host") {
      if (!load_plugin(next, words.modules, error)) return complain(error), 2;
      ++i;
    } else {
      words.files.push_back(given[i]);
    }
  }
  std::setvbuf(stdout, nullptr, _IOLBF, 0);
  libbpf_set_print(nullptr);
  Counts all;
  unsigned died = 0;
  for (const std::string& file : words.files) died += compare_apart(words, file, all) ? 0 : 1;
  std::printf(
      "%u programs: %u refused, %u not run, %u unsteady, %u the same, %u differ; %u not compiled, %u objects died\n",
      all.programs, all.refused, all.not_run, all.unsteady, all.same, all.differ, all.not_compiled, died);
  return all.differ == 0 && died == 0 ? 0 : 1;
}

}  // namespace
}  // namespace skep::cli

int main(int count, char** words) {
  return skep::cli::main_of({words + 1, words + count});
}
