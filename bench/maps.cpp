// Times the programs of maps.bpf.c on Skep (bench-maps-skep) or on the machine's own kernel (bench-maps-kernel, which
// needs root): one line a program, its name, the nanoseconds of an operation, and the same where two threads run it at
// once, each with its own keys. What counts is the time that threads had a CPU, so that others on the machine do not.
// scripts/bench maps runs both in turns.
#include "maps.h"

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <linux/types.h>
#include <sched.h>
#include <time.h>

#include <algorithm>
#include <array>
#include <barrier>
#include <cstdarg>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <thread>
#include <vector>
#ifdef BENCH_ON_SKEP
#include "skep/kernel.hpp"
#endif

namespace {

double cpu_ns() {
  timespec now{};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
  return static_cast<double>(now.tv_sec) * 1e9 + static_cast<double>(now.tv_nsec);
}

int silent(enum libbpf_print_level, const char*, va_list) {
  return 0;
}

// As the kernel's structure: keys of so many words of four bytes.
struct Key {
  std::array<std::uint32_t, 16> words = {};
};

void fill(bpf_object* object, const char* name, std::uint32_t count) {
  const bpf_map* map = bpf_object__find_map_by_name(object, name);
  for (std::uint32_t i = 0; i < count; ++i) {
    const Key key{{i}};
    std::array<std::uint64_t, 256> value = {};
    if (bpf_map__update_elem(map, &key, bpf_map__key_size(map), value.data(),
                             std::string(name).starts_with("percpu")
                                 ? 8 * static_cast<std::size_t>(libbpf_num_possible_cpus())
                                 : bpf_map__value_size(map),
                             BPF_ANY) != 0) {
      std::fprintf(stderr, "%s cannot be filled\n", name);
      std::exit(1);
    }
  }
}

void empty_ring(int fd) {
  ring_buffer* ring = ring_buffer__new(fd, [](void*, void*, std::size_t) { return 0; }, nullptr, nullptr);
  ring_buffer__consume(ring);
  ring_buffer__free(ring);
}

// Nanoseconds of an operation, of MAPS_ROUNDS a run.
double run(int fd, unsigned times) {
  std::array<unsigned char, 64> packet = {};
  LIBBPF_OPTS(bpf_test_run_opts, options, .data_in = packet.data(), .data_size_in = packet.size(),
              .repeat = static_cast<int>(times));
  const double begin = cpu_ns();
  if (bpf_prog_test_run_opts(fd, &options) != 0 || options.retval != 0) {
    std::fprintf(stderr, "a program did not run\n");
    std::exit(1);
  }
  return (cpu_ns() - begin) / times / MAPS_ROUNDS;
}

void stay_on(unsigned cpu) {
  cpu_set_t set;
  CPU_ZERO(&set);
  CPU_SET(cpu, &set);
  sched_setaffinity(0, sizeof set, &set);
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 2 && argc != 3) return std::fprintf(stderr, "usage: %s maps.bpf.o [PART-OF-A-NAME]\n", argv[0]), 2;
  constexpr unsigned times = 100, rounds = 5;
  libbpf_set_print(silent);
#ifdef BENCH_ON_SKEP
  skep::KernelOptions options;
  options.engine = skep::Engine::compiled;
  std::string error;
  const auto kernel = skep::Kernel::make(options, error);
  if (kernel == nullptr) return std::fprintf(stderr, "%s\n", error.c_str()), 1;
  skep::Kernel* const bound = kernel.get();
  const skep::KernelBinding binding(*kernel);
#endif
  bpf_object* object = bpf_object__open_file(argv[1], nullptr);
  if (object == nullptr || bpf_object__load(object) != 0) return std::fprintf(stderr, "cannot be loaded\n"), 1;
  for (const char* name : {"hash_4", "hash_16", "hash_64", "hash_loose", "percpu_hash", "lru", "lru_small"})
    fill(object, name, MAPS_FEW);
  const double begin = cpu_ns();
  fill(object, "hash_many", MAPS_MANY);
  std::printf("fill_from_outside %.3f 0\n", (cpu_ns() - begin) / MAPS_MANY);
  const int ring = bpf_object__find_map_fd_by_name(object, "ring");
  bpf_program* program = nullptr;
  bpf_object__for_each_program(program, object) {
    std::string name = bpf_program__name(program);
    name.pop_back();
    if (argc == 3 && name.find(argv[2]) == std::string::npos) continue;
    const int fd = bpf_program__fd(program);
    const bool fills_ring = name.starts_with("ring");
    run(fd, times);
    double one = 1e9, two = 1e9;
    for (unsigned i = 0; i < rounds; ++i) {
      if (fills_ring) empty_ring(ring);
      one = std::min(one, run(fd, times));
    }
    if (std::thread::hardware_concurrency() > 1) {
      std::barrier together(2);
      std::array<std::array<double, rounds>, 2> took = {};
      const auto body = [&](unsigned cpu) {
#ifdef BENCH_ON_SKEP
        const skep::KernelBinding its_own(*bound);
#endif
        stay_on(cpu);
        for (unsigned i = 0; i < rounds; ++i) {
          if (fills_ring && cpu == 0) empty_ring(ring);
          together.arrive_and_wait();
          took[cpu][i] = run(fd, times);
        }
      };
      std::thread other(body, 1U);
      std::thread first(body, 0U);
      first.join();
      other.join();
      for (unsigned i = 0; i < rounds; ++i) two = std::min(two, (took[0][i] + took[1][i]) / 2);
    }
    std::printf("%s %.3f %.3f\n", name.c_str(), one, two == 1e9 ? 0 : two);
    std::fflush(stdout);
  }
  bpf_object__close(object);
  return 0;
}
