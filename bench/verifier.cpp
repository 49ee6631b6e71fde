// Times the verification of one program of an object on Skep (bench-verifier-skep) or on the machine's own kernel
// (bench-verifier-kernel, which needs root): OBJECT PROGRAM LEVEL ROUNDS. Prints the nanoseconds of CPU that a load
// takes, of which so many verification (level 4 alone: the verifier says it), the instructions walked, and by how many
// bytes the process grew at most during the first load. scripts/bench verifier runs both in turns.
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <time.h>
#include <unistd.h>

#include <algorithm>
#include <cstdarg>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <string>
#include <vector>

#ifdef BENCH_ON_SKEP
#include "skep/kernel.hpp"
#endif

extern "C" {
int __real_bpf_prog_load(bpf_prog_type type, const char* name, const char* license, const bpf_insn* insns, size_t count,
                         bpf_prog_load_opts* options);
int __wrap_bpf_prog_load(bpf_prog_type type, const char* name, const char* license, const bpf_insn* insns, size_t count,
                         bpf_prog_load_opts* options);
}

namespace {

const char* wanted = "";
unsigned level = 0, rounds = 1;
std::vector<double> loads, verifications;
std::uint64_t walked = 0, grown = 0;
std::vector<char> text(1 << 20);

double cpu_ns() {
  timespec now{};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
  return static_cast<double>(now.tv_sec) * 1e9 + static_cast<double>(now.tv_nsec);
}

std::uint64_t resident(const char* which) {
  std::ifstream status("/proc/self/status");
  std::string line;
  while (std::getline(status, line))
    if (line.starts_with(which)) return std::strtoull(line.c_str() + std::strlen(which) + 1, nullptr, 10) * 1024;
  return 0;
}

void note_log() {
  std::uint64_t number = 0;
  if (const char* at = std::strstr(text.data(), "verification time ");
      at != nullptr && std::sscanf(at, "verification time %lu usec", &number) == 1)
    verifications.push_back(static_cast<double>(number) * 1e3);
  if (const char* at = std::strstr(text.data(), "processed ");
      at != nullptr && std::sscanf(at, "processed %lu insns", &number) == 1)
    walked = number;
}

double median(std::vector<double> values) {
  if (values.empty()) return 0;
  std::sort(values.begin(), values.end());
  return values[values.size() / 2];
}

int silent(enum libbpf_print_level, const char*, va_list) {
  return 0;
}

}  // namespace

int __wrap_bpf_prog_load(bpf_prog_type type, const char* name, const char* license, const bpf_insn* insns, size_t count,
                         bpf_prog_load_opts* options) {
  // libbpf loads programs of its own to learn what the kernel can do.
  if (name == nullptr || std::strcmp(name, wanted) != 0)
    return __real_bpf_prog_load(type, name, license, insns, count, options);
  options->log_level = level;
  options->log_buf = level != 0 ? text.data() : nullptr;
  options->log_size = level != 0 ? static_cast<__u32>(text.size()) : 0;
  int fd = -1;
  for (unsigned i = 0; i < rounds; ++i) {
    if (fd >= 0) close(fd);
    if (i == 0) std::ofstream("/proc/self/clear_refs") << "5";
    const std::uint64_t before = resident("VmRSS:");
    const double begin = cpu_ns();
    fd = __real_bpf_prog_load(type, name, license, insns, count, options);
    const double end = cpu_ns();
    if (fd < 0) return fd;
    if (i == 0) grown = std::max(resident("VmHWM:"), before) - before;
    loads.push_back(end - begin);
    if (level != 0) note_log();
  }
  return fd;
}

int main(int argc, char** argv) {
  if (argc != 5) return 2;
  wanted = argv[2];
  level = static_cast<unsigned>(std::atoi(argv[3]));
  rounds = static_cast<unsigned>(std::atoi(argv[4]));
  libbpf_set_print(silent);
#ifdef BENCH_ON_SKEP
  skep::KernelOptions options;
  if (access("/sys/kernel/btf/vmlinux", R_OK) == 0) options.btf_path = "/sys/kernel/btf/vmlinux";  // as the kernel
  std::string error;
  const auto kernel = skep::Kernel::make(options, error);
  if (kernel == nullptr) return std::fprintf(stderr, "%s\n", error.c_str()), 1;
  const skep::KernelBinding binding(*kernel);
#endif
  bpf_object* object = bpf_object__open_file(argv[1], nullptr);
  if (object == nullptr) return std::fprintf(stderr, "cannot be opened\n"), 1;
  bpf_program* program = nullptr;
  bpf_object__for_each_program(program, object)
      bpf_program__set_autoload(program, std::strcmp(bpf_program__name(program), wanted) == 0);
  if (bpf_object__load(object) != 0 || loads.empty()) return std::fprintf(stderr, "cannot be loaded\n"), 1;
  std::printf("%.0f %.0f %lu %lu\n", median(loads), median(verifications), walked, grown);
  return 0;
}
