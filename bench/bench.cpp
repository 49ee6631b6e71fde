// The figures that are raced: one source, built twice: on Skep (bench-skep) and on the machine's own kernel
// (bench-kernel, which needs root). scripts/bench runs both on one machine and prints the ratios of their medians.
//
// Programs are timed from inside where the kernel does so (PROG_TEST_RUN's duration), so that both sides measure the
// same span.
#include <benchmark/benchmark.h>
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <linux/types.h>
#include <sched.h>
#include <sys/mman.h>

#include <cerrno>
#include <chrono>
#include <cstdarg>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <string>

#include "figures.h"

namespace {

constexpr unsigned rounds = 1000;  // of the loops in bench.bpf.c
constexpr unsigned repeat = 200;
constexpr std::uint64_t restarts = 20000;
std::string object_path;

struct Closer {
  void operator()(bpf_object* object) const { bpf_object__close(object); }
};
using Object = std::unique_ptr<bpf_object, Closer>;

// The programs, loaded, and the global data that they share with us.
class Session {
 public:
  Session() {
    object_.reset(bpf_object__open_file(object_path.c_str(), nullptr));
    if (!object_ || bpf_object__load(object_.get()) != 0) {
      std::fprintf(stderr, "%s: cannot be loaded\n", object_path.c_str());
      std::exit(1);
    }
    bpf_map* map = nullptr;
    bpf_object__for_each_map(map, object_.get()) {
      if (std::strstr(bpf_map__name(map), ".bss") == nullptr) continue;
      void* at = mmap(nullptr, sizeof(figures), PROT_READ | PROT_WRITE, MAP_SHARED, bpf_map__fd(map), 0);
      if (at == MAP_FAILED) {
        std::fprintf(stderr, "the globals cannot be mapped: %s\n", std::strerror(errno));
        std::exit(1);
      }
      figures_ = static_cast<volatile figures*>(at);
    }
    const int hash = bpf_object__find_map_fd_by_name(object_.get(), "hash");
    for (std::uint32_t key = 0; key < rounds; ++key) {
      const std::uint64_t value = key;
      bpf_map_update_elem(hash, &key, &value, BPF_ANY);
    }
  }
  // Runs a program; the kernel's average of nanoseconds a run.
  double run(const char* name, unsigned times) const {
    const bpf_program* program = bpf_object__find_program_by_name(object_.get(), name);
    char packet[64] = {};
    LIBBPF_OPTS(bpf_test_run_opts, options, .data_in = packet, .data_size_in = sizeof packet,
                .repeat = static_cast<int>(times));
    if (bpf_prog_test_run_opts(bpf_program__fd(program), &options) != 0 || options.retval != 0) {
      std::fprintf(stderr, "%s: did not run\n", name);
      std::exit(1);
    }
    return options.duration;
  }
  volatile figures& shared() const { return *figures_; }
  void wait_for_runs(std::uint64_t wanted) const {
    while (figures_->runs < wanted) sched_yield();
  }

 private:
  Object object_;
  volatile figures* figures_ = nullptr;
};

Session& session() {
  static Session the_session;
  return the_session;
}

// Times what one round of a program's loop takes.
void rounds_of(benchmark::State& state, const char* program, unsigned loop, unsigned times) {
  for (auto _ : state) state.SetIterationTime(session().run(program, times) / loop * 1e-9);
}

void verify(benchmark::State& state) {
  for (auto _ : state) {
    const Object object(bpf_object__open_file(object_path.c_str(), nullptr));
    const auto begin = std::chrono::steady_clock::now();
    if (!object || bpf_object__load(object.get()) != 0) state.SkipWithError("cannot be loaded");
    state.SetIterationTime(std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count());
  }
}

void callbacks(benchmark::State& state) {
  for (auto _ : state) {
    session().shared().runs = 0;
    session().shared().runs_wanted = restarts;
    const auto begin = std::chrono::steady_clock::now();
    session().run("start_restarting", 1);
    session().wait_for_runs(restarts);
    const std::chrono::duration<double> took = std::chrono::steady_clock::now() - begin;
    state.SetIterationTime(took.count() / static_cast<double>(restarts));
  }
}

void latency(benchmark::State& state) {
  for (auto _ : state) {
    session().shared().runs = 0;
    session().run("start_one", 1);
    session().wait_for_runs(1);
    state.SetIterationTime(static_cast<double>(session().shared().latency) * 1e-9);
  }
}

int silent(enum libbpf_print_level, const char*, va_list) {
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  benchmark::Initialize(&argc, argv);
  if (argc != 2) {
    std::fprintf(stderr, "usage: %s [--benchmark_...] bench.bpf.o\n", argv[0]);
    return 2;
  }
  object_path = argv[1];
  libbpf_set_print(silent);
  const auto add = [](const char* name, auto function) {
    benchmark::RegisterBenchmark(name, function)
        ->UseManualTime()
        ->Iterations(20)
        ->Repetitions(5)
        ->ReportAggregatesOnly(true);
  };
  add("load_object", verify);
  add("enter_program", [](benchmark::State& s) { rounds_of(s, "enter", 1, 100 * repeat); });
  add("arithmetic_round", [](benchmark::State& s) { rounds_of(s, "arithmetic", rounds, repeat); });
  add("hash_lookup", [](benchmark::State& s) { rounds_of(s, "hash_lookup", rounds, repeat); });
  add("wq_start_pending", [](benchmark::State& s) { rounds_of(s, "start_pending", rounds, 1); });
  add("wq_start_of_64", [](benchmark::State& s) { rounds_of(s, "start_sixty_four", 64, 1); });
  add("callback_restarting", callbacks);
  add("start_to_callback", latency);
  benchmark::RunSpecifiedBenchmarks();
  return 0;
}
