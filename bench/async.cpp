// Times asynchronous work: on Skep (bench-async-skep ENGINE, with the threads' spinning or without) and on the
// machine's own kernel (bench-async-kernel, which needs root). One line a figure: its name, nanoseconds of one.
// Programs run by PROG_TEST_RUN on both sides, on a thread that is pinned to CPU 0. scripts/bench async runs all of
// them in turns. With the name of a part of them, and how often, only that: for a profiler.
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <linux/types.h>
#include <sched.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

#include <algorithm>
#include <cstdarg>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string>
#include <vector>

#include "async_figures.h"

#ifdef BENCH_ON_SKEP
#include "skep/kernel.hpp"
#endif

namespace {

volatile async_figures* shared = nullptr;
bpf_object* object = nullptr;

int silent(enum libbpf_print_level, const char*, va_list) {
  return 0;
}

std::uint64_t now_ns() {
  timespec t{};
  clock_gettime(CLOCK_MONOTONIC, &t);
  return static_cast<std::uint64_t>(t.tv_sec) * 1'000'000'000 + static_cast<std::uint64_t>(t.tv_nsec);
}

void pin(int cpu) {
  cpu_set_t set;
  CPU_ZERO(&set);
  for (int n = 0; n < 2; ++n)
    if (cpu < 0 || n == cpu) CPU_SET(static_cast<unsigned>(n), &set);
  sched_setaffinity(0, sizeof set, &set);
}

void run(const char* name) {
  static std::vector<std::pair<std::string, int>> known;
  int fd = -1;
  for (const auto& [known_name, known_fd] : known)
    if (known_name == name) fd = known_fd;
  if (fd < 0) known.emplace_back(name, fd = bpf_program__fd(bpf_object__find_program_by_name(object, name)));
  char packet[64] = {};
  LIBBPF_OPTS(bpf_test_run_opts, options, .data_in = packet, .data_size_in = sizeof packet, .repeat = 1);
  if (bpf_prog_test_run_opts(fd, &options) != 0) {
    std::fprintf(stderr, "%s: did not run\n", name);
    std::exit(1);
  }
}

// Nanoseconds of the whole loop.
double step(const char* program, step what, unsigned count, std::uint64_t delay = 0) {
  shared->step = what;
  shared->count = count;
  shared->delay = delay;
  run(program);
  return static_cast<double>(shared->took);
}

// Initializes all items. Since 6.18 the kernel allocates them without waiting for memory, which fails after a burst and
// succeeds a little later. False: not all could be initialized within seconds.
bool init(const char* program, unsigned count) {
  const std::uint64_t end = now_ns() + 10'000'000'000;
  for (;;) {
    shared->failed = 0;
    step(program, STEP_INIT, count);
    if (shared->failed == 0) return true;
    if (now_ns() > end) break;
    usleep(500);
  }
  std::fprintf(stderr, "%s: %u of %u could not be initialized\n", program, static_cast<unsigned>(shared->failed),
               count);
  shared->failed = 0;
  return false;
}

void say(const std::string& name, double ns) {
  std::printf("%s %.2f\n", name.c_str(), ns);
  std::fflush(stdout);  // whoever has to kill it sees how far it came
}

// False: they did not all run within seconds, and there is no figure.
bool wait_for_runs(std::uint64_t wanted) {
  const std::uint64_t end = now_ns() + 5'000'000'000;
  // A thread that only yields can keep the kernel's worker, which is on the same CPU, from running for seconds.
  for (int yields = 0; shared->runs < wanted && now_ns() < end; ++yields)
    if (yields % 16 < 15)
      sched_yield();
    else
      usleep(20);
  if (shared->runs >= wanted) return true;
  std::fprintf(stderr, "only %llu of %llu ran\n", static_cast<unsigned long long>(shared->runs),
               static_cast<unsigned long long>(wanted));
  return false;
}

void expect_runs(std::uint64_t wanted, unsigned callback) {
  shared->runs = 0;
  shared->runs_wanted = wanted;
  shared->last_at = 0;
  shared->callback = callback;
}

double span() {
  return static_cast<double>(shared->last_at - shared->first_at);
}

void costs_of_work() {
  constexpr unsigned n = 128;
  std::vector<double> all[5];
  for (int round = 0; round < 65; ++round) {
    expect_runs(n, 0);
    step("work", STEP_CLEAR, n);
    shared->step = 0;
    shared->count = n;
    run("loop");
    all[0].push_back(static_cast<double>(shared->took));
    const double inited = step("work", STEP_INIT, n);
    if (shared->failed == 0) all[1].push_back(inited);
    if (!init("work", n)) return;
    all[2].push_back(step("work", STEP_SET, n));
    all[3].push_back(step("work", STEP_SET_AGAIN, n));
    expect_runs(n, 0);
    all[4].push_back(step("work", STEP_START, n));
    if (!wait_for_runs(n)) return;
  }
  for (auto& figures : all) std::sort(figures.begin(), figures.end());
  const auto median = [&](int i) { return all[i][all[i].size() / 2] / n; };
  const double loop = median(0);
  if (!all[1].empty()) say("wq init", median(1) - loop);
  say("wq first set_callback", median(2) - loop);
  say("wq set_callback again", median(3) - loop);
  say("wq start, idle item of 128", median(4) - loop);
  shared->count = 20000;
  run("life");
  say("wq insert, look up, init, set, delete", static_cast<double>(shared->took) / 20000);
}

void callbacks_of_work() {
  for (const unsigned n : {1U, 64U, 1024U, 16384U}) {
    expect_runs(0, 0);
    step("work", STEP_CLEAR, n);
    if (!init("work", n)) continue;
    step("work", STEP_SET, n);
    std::vector<double> figures;
    for (int round = 0; round < (n == 1 ? 200 : 20); ++round) {
      expect_runs(n, 0);
      step("work", STEP_START, n);
      if (!wait_for_runs(n)) break;
      figures.push_back(span() / n);
    }
    if (figures.empty()) continue;
    std::sort(figures.begin(), figures.end());
    say("wq callback of " + std::to_string(n), figures[figures.size() / 2]);
  }
}

void restarts_of_work() {
  for (const unsigned cpus : {1U, 2U}) {
    constexpr std::uint64_t restarts = 200'000;
    step("work", STEP_CLEAR, 2);
    expect_runs(restarts, 1);
    if (!init("work", 2)) continue;
    step("work", STEP_SET, 2);
    shared->step = STEP_START;
    shared->count = 1;
    run("work");
    if (cpus == 2) {
      pin(1);
      const std::uint64_t first = shared->first_at;
      step("work", STEP_START_AGAIN, 2);
      shared->first_at = first;
      pin(0);
    }
    if (wait_for_runs(restarts))
      say(cpus == 1 ? "wq restarts itself" : "wq restart itself, on two CPUs", span() / restarts);
  }
}

void latency_of(const char* program, const std::string& name, bool sleeps) {
  std::vector<double> figures;
  for (int round = 0; round < (sleeps ? 300 : 3000); ++round) {
    if (sleeps) usleep(1000);
    expect_runs(1, 0);
    step(program, STEP_START, 1);
    if (!wait_for_runs(1)) return;
    figures.push_back(span());
  }
  std::sort(figures.begin(), figures.end());
  const auto at = [&](double part) {
    return figures[static_cast<std::size_t>(part * static_cast<double>(figures.size() - 1))];
  };
  say(name + ", p50", at(0.5));
  say(name + ", p99", at(0.99));
  if (!sleeps) say(name + ", p99.9", at(0.999));
}

void latencies() {
  step("work", STEP_CLEAR, 1);
  expect_runs(1, 0);
  for (const auto& [program, word] : {std::pair{"work", "wq"}, std::pair{"timers", "timer"}}) {
    step(program, STEP_CLEAR, 1);
    if (!init(program, 1)) continue;
    step(program, STEP_SET, 1);
    latency_of(program, std::string(word) + " latency, busy caller", false);
    latency_of(program, std::string(word) + " latency, idle machine", true);
  }
}

void timers() {
  for (const unsigned n : {1024U, 16384U}) {
    expect_runs(0, 0);
    step("timers", STEP_CLEAR, n);
    if (!init("timers", n)) continue;
    step("timers", STEP_SET, n);
    std::vector<double> figures;
    for (int round = 0; round < 20; ++round) {
      expect_runs(n, 0);
      step("timers", STEP_START, n);
      if (!wait_for_runs(n)) break;
      figures.push_back(span() / n);
    }
    if (figures.empty()) continue;
    std::sort(figures.begin(), figures.end());
    say("timer of 0 ns of " + std::to_string(n), figures[figures.size() / 2]);
  }
  constexpr std::uint64_t restarts = 20'000;
  step("timers", STEP_CLEAR, 1);
  expect_runs(restarts, 1);
  if (init("timers", 1)) {
    step("timers", STEP_SET, 1);
    step("timers", STEP_START, 1);
    if (wait_for_runs(restarts)) say("timer of 0 ns restarts itself", span() / restarts);
  }
  for (const unsigned n : {16384U, 1U << 20}) {
    const std::string of = " of " + std::to_string(n);
    constexpr std::uint64_t an_hour = 3'600'000'000'000;
    expect_runs(n, 0);
    step("timers", STEP_CLEAR, n);
    if (!init("timers", n)) continue;
    step("timers", STEP_SET, n);
    say("timer arm" + of, step("timers", STEP_START, n, an_hour) / n);
    say("timer re-arm" + of, step("timers", STEP_START_AGAIN, n, an_hour) / n);
    say("timer cancel" + of, step("timers", STEP_CANCEL, n) / n);
    step("timers", STEP_SET, n);
    // All are due within 16 ms, some time after the last was armed.
    const double all_due_ns = 17e6;
    expect_runs(n, 0);
    step("timers", STEP_START, n, 2'000'000'000);
    if (wait_for_runs(n)) say("timer expire" + of, (span() - 2e9 - all_due_ns > 0 ? span() - 2e9 : all_due_ns) / n);
    step("timers", STEP_CLEAR, n);
  }
}

}  // namespace

int main(int argc, char** argv) {
  constexpr std::pair<const char*, void (*)()> parts[] = {{"costs", costs_of_work},
                                                          {"callbacks", callbacks_of_work},
                                                          {"restarts", restarts_of_work},
                                                          {"latencies", latencies},
                                                          {"timers", timers}};
  const auto asked = [&](const char* part) { return argc < 4 || std::strcmp(argv[3], part) == 0; };
  if (argc < 3 || std::none_of(std::begin(parts), std::end(parts), [&](auto& part) { return asked(part.first); })) {
    std::fprintf(stderr,
                 "usage: %s interpreter|compiled|nospin|kernel async.bpf.o "
                 "[costs|callbacks|restarts|latencies|timers [TIMES]]\n",
                 argv[0]);
    return 2;
  }
  libbpf_set_print(silent);
#ifdef BENCH_ON_SKEP
  skep::KernelOptions options;
  options.engine = std::strcmp(argv[1], "interpreter") == 0 ? skep::Engine::interpreter : skep::Engine::compiled;
  if (std::strcmp(argv[1], "nospin") == 0) options.worker_spin_ns = 0;
  std::string error;
  const auto kernel = skep::Kernel::make(options, error);
  if (kernel == nullptr) {
    std::fprintf(stderr, "%s\n", error.c_str());
    return 1;
  }
  const skep::KernelBinding binding(*kernel);
#endif
  object = bpf_object__open_file(argv[2], nullptr);
  if (object == nullptr || bpf_object__load(object) != 0) {
    std::fprintf(stderr, "%s: cannot be loaded\n", argv[2]);
    return 1;
  }
  bpf_map* map = nullptr;
  bpf_object__for_each_map(map, object) {
    if (std::strstr(bpf_map__name(map), ".bss") == nullptr) continue;
    void* at = mmap(nullptr, sizeof(async_figures), PROT_READ | PROT_WRITE, MAP_SHARED, bpf_map__fd(map), 0);
    if (at != MAP_FAILED) shared = static_cast<volatile async_figures*>(at);
  }
  if (shared == nullptr) return 1;
  // The kernel's workers have the usual priority: a caller that is above them and waits would keep them from running.
  setpriority(PRIO_PROCESS, 0, 0);
  pin(0);
  for (const auto& [part, measure] : parts)
    for (int n = argc > 4 ? std::atoi(argv[4]) : 1; n > 0 && asked(part); --n) measure();
  if (shared->failed != 0) std::fprintf(stderr, "%u calls failed\n", static_cast<unsigned>(shared->failed));
  bpf_object__close(object);
  return 0;
}
