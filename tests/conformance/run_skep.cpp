// The test runs of run_oracle.c, asked of Skep: the same source, relinked. The command line is the same, behind the
// file of the kernel's types. Each program has a Kernel of its own.
#include <cstdio>
#include <cstdlib>
#include <string>

#include "skep/kernel.hpp"

extern "C" int ask_program(const char* path, const char* name);
extern "C" int ask_list(const char* list, int (*ask)(const char* path, const char* name));

namespace {

std::string types;

int ask(const char* path, const char* name) {
  skep::KernelOptions options;
  options.cpus = 2;  // as the machine that is asked
  options.btf_path = types;
  options.host_memory = skep::HostMemory::open;  // as the other machine's
  std::string error;
  const auto kernel = skep::Kernel::make(options, error);
  if (kernel == nullptr) return std::fprintf(stderr, "%s\n", error.c_str()), 1;
  const skep::KernelBinding binding(*kernel);
  ask_program(path, name);
  std::fflush(stdout);
  std::_Exit(0);  // whatever it left running
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 3) return std::fprintf(stderr, "run-oracle BTF LIST\n"), 2;
  types = argv[1];
  return ask_list(argv[2], ask);
}
