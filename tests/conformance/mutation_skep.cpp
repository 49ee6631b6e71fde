// The mutants of mutation_oracle.c, asked on Skep: the same source, relinked. The command line is the same, behind the
// file of the kernel's types.
#include <cstdio>
#include <cstdlib>
#include <string>

#include "skep/kernel.hpp"

extern "C" int ask_mutants(int argc, char** argv);

int main(int argc, char** argv) {
  if (argc < 3) return std::fprintf(stderr, "mutation-oracle BTF ...\n"), 2;
  skep::KernelOptions options;
  options.cpus = 1;  // as the machine that is asked: vm -c 1
  options.btf_path = argv[1];
  std::string error;
  const auto kernel = skep::Kernel::make(options, error);
  if (kernel == nullptr) return std::fprintf(stderr, "%s\n", error.c_str()), 1;
  const skep::KernelBinding binding(*kernel);
  return ask_mutants(argc - 1, argv + 1);
}
