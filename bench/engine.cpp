// Times the programs of engine.bpf.c: on Skep (bench-engine-skep, with the engine that is named), on the machine's own
// kernel (bench-engine-kernel, which needs root) and, what is plain C, as the machine's own code. One line a program:
// its name and the nanoseconds of a run, as PROG_TEST_RUN says them. scripts/bench engine runs all of them in turns.
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <linux/types.h>
#include <time.h>

#include <algorithm>
#include <cstdarg>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string>
#include <vector>

#ifdef BENCH_ON_SKEP
#include "skep/kernel.hpp"
#include "skep/runner.hpp"
#endif

extern "C" {
#define NATIVE(NAME) int native_##NAME(const __u8* p, const __u8* end);
#define ALL_NATIVE(X) \
  X(empty) X(lcg) X(popcount) X(crc32) X(fnv) X(xxhash64) X(jhash_64) X(jhash_1500) X(parse) X(siphash) X(states)
ALL_NATIVE(NATIVE)
}

namespace {

// Bytes of all kinds, and in them one Ethernet frame after the other (work.h parses them): most with an IPv4 and a TCP
// header, some of other protocols.
std::vector<unsigned char> packet() {
  constexpr std::size_t frame = 60;
  std::vector<unsigned char> bytes(1514);
  for (std::size_t i = 0; i < bytes.size(); ++i) bytes[i] = static_cast<unsigned char>(i * 131 + (i >> 3));
  for (std::size_t n = 0; (n + 1) * frame <= bytes.size(); ++n) {
    unsigned char* const at = bytes.data() + n * frame;
    at[12] = n % 7 == 3 ? 0x86 : 8;
    at[13] = n % 7 == 3 ? 0xdd : 0;
    at[14] = n % 3 == 1 ? 0x46 : 0x45;
    at[23] = n % 5 == 4 ? 17 : 6;
  }
  return bytes;
}

// So many runs that they take some milliseconds: less than that says little, more says nothing new.
template <typename Run>
void measure(const char* name, Run&& run) {
  unsigned times = 1000;
  double each = run(times);
  times = static_cast<unsigned>(std::clamp(5e6 / std::max(each, 0.5), 1000.0, 5e6));
  each = run(times);
  for (int i = 0; i < 2; ++i) each = std::min(each, run(times));
  std::printf("%s %.3f\n", name, each);
}

// That this thread had a CPU: others on the machine do not count.
double now_ns() {
  timespec now{};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
  return static_cast<double>(now.tv_sec) * 1e9 + static_cast<double>(now.tv_nsec);
}

int silent(enum libbpf_print_level, const char*, va_list) {
  return 0;
}

int native() {
  const auto bytes = packet();
#define MEASURE(NAME)                                                                              \
  measure(#NAME, [&](unsigned times) {                                                             \
    const double begin = now_ns();                                                                 \
    for (unsigned i = 0; i < times; ++i) native_##NAME(bytes.data(), bytes.data() + bytes.size()); \
    return (now_ns() - begin) / times;                                                             \
  });
  ALL_NATIVE(MEASURE)
  return 0;
}

#ifdef BENCH_ON_SKEP
int programs(const char* path, skep::Kernel& kernel) {
#else
int programs(const char* path) {
#endif
  bpf_object* object = bpf_object__open_file(path, nullptr);
  if (object == nullptr || bpf_object__load(object) != 0) {
    std::fprintf(stderr, "%s: cannot be loaded\n", path);
    return 1;
  }
  const int hash = bpf_object__find_map_fd_by_name(object, "hash");
  for (std::uint32_t key = 0; key < 1000; ++key) {
    const std::uint64_t value = key;
    bpf_map_update_elem(hash, &key, &value, BPF_ANY);
  }
  const std::uint32_t first = 0;
  const int jumps = bpf_object__find_map_fd_by_name(object, "jumps");
  const int target = bpf_program__fd(bpf_object__find_program_by_name(object, "tail_call_"));
  bpf_map_update_elem(jumps, &first, &target, BPF_ANY);
  auto bytes = packet();
  bpf_program* program = nullptr;
  bpf_object__for_each_program(program, object) {
    std::string name = bpf_program__name(program);
    name.pop_back();
    measure(name.c_str(), [&](unsigned times) {
      LIBBPF_OPTS(bpf_test_run_opts, options, .data_in = bytes.data(), .data_size_in = static_cast<__u32>(bytes.size()),
                  .repeat = static_cast<int>(times));
      const double begin = now_ns();
      if (bpf_prog_test_run_opts(bpf_program__fd(program), &options) != 0 || options.retval != 0) {
        std::fprintf(stderr, "%s: did not run\n", name.c_str());
        std::exit(1);
      }
      // The kernel's own figure is whole nanoseconds; over so many runs ours is as good, and finer.
      return (now_ns() - begin) / times;
    });
  }
#ifdef BENCH_ON_SKEP
  // Entering the empty program from C++: again and again in one turn, and each time on a CPU that has to be taken
  // first.
  const int empty = bpf_program__fd(bpf_object__find_program_by_name(object, "empty_"));
  auto runner = skep::Runner::make(kernel, empty, {.packet = bytes});
  if (!runner) return std::fprintf(stderr, "%s\n", runner.message().c_str()), 1;
  measure("enter", [&](unsigned times) {
    const double begin = now_ns();
    for (unsigned done = 0; done < times; done += 1024)
      runner->turn([](skep::Runner::Turn& turn) {
        for (int i = 0; i < 1024; ++i) turn.run();
      });
    return (now_ns() - begin) / ((times + 1023) / 1024 * 1024);
  });
  measure("enter_alone", [&](unsigned times) {
    const double begin = now_ns();
    for (unsigned i = 0; i < times; ++i) runner->run();
    return (now_ns() - begin) / times;
  });
#endif
  bpf_object__close(object);
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc == 2 && std::strcmp(argv[1], "native") == 0) return native();
  if (argc != 3) {
    std::fprintf(stderr, "usage: %s native | ENGINE engine.bpf.o\n", argv[0]);
    return 2;
  }
  libbpf_set_print(silent);
#ifdef BENCH_ON_SKEP
  skep::KernelOptions options;
  options.engine = std::strcmp(argv[1], "compiled") == 0 ? skep::Engine::compiled : skep::Engine::interpreter;
  std::string error;
  const auto kernel = skep::Kernel::make(options, error);
  if (kernel == nullptr) {
    std::fprintf(stderr, "%s\n", error.c_str());
    return 1;
  }
  const skep::KernelBinding binding(*kernel);
  return programs(argv[2], *kernel);
#else
  return programs(argv[2]);
#endif
}
