// fuzz-threads OBJECT [FIRST_SEED [COUNT [THREADS [ACTIONS]]]]: scenarios of threads, each on a Kernel of its own that
// ends with whatever is under way. A seed chooses the Kernel and what each thread does; who comes first is chance.
#include <cstdio>
#include <cstdlib>
#include <thread>

#include "threads/scenario.hpp"

namespace {

using namespace skep;
using namespace skep::fuzz;

#if defined(__SANITIZE_THREAD__) || defined(__SANITIZE_ADDRESS__)
// ThreadSanitizer follows no threads in children, and in one of AddressSanitizer's nobody may allocate: another thread
// may have held a lock of its allocator.
constexpr bool forks = false;
#else
constexpr bool forks = true;
#endif

KernelOptions any_options(Choices& choices) {
  KernelOptions options;
  options.cpus = 1 + choices.below(4);
  options.host_btf = false;
  options.pumped = choices.percent(20);
  options.more_workers = choices.percent(30) ? 1 : 0;
  options.worker_spin_ns = choices.percent(50) ? 0 : 50'000;
#if !defined(__SANITIZE_THREAD__)  // which sees nothing of what compiled programs do
  options.engine = choices.one_of<Engine>({Engine::interpreter, Engine::interpreter, Engine::automatic});
#endif
  options.memory_limit = choices.percent(60) ? (8ULL << 20) << choices.below(4) : 0;
  options.run_limits = {.instructions = 200'000, .time_ns = 20'000'000};
  options.close_limit_ns = choices.percent(50) ? 0 : 10'000'000;
  return options;
}

std::string live_through(const char* object, std::uint64_t seed, unsigned threads, unsigned actions, Totals& totals) {
  Choices choices(seed);
  const KernelOptions options = any_options(choices);
  Scenario scenario(options, object, forks, totals);
  std::vector<std::thread> all;
  for (unsigned n = 0; n < threads; ++n)
    all.emplace_back([&scenario, actions, its_seed = choices.any()] {
      Choices own(its_seed);
      for (unsigned i = 0; i < actions; ++i) scenario.act(own);
    });
  for (std::thread& thread : all) thread.join();
  return choices.percent(50) ? scenario.settle_accounts() : std::string{};
}

}  // namespace

int main(int count, char** words) {
  if (count < 2) return std::fprintf(stderr, "usage: fuzz-threads OBJECT [SEED [COUNT [THREADS [ACTIONS]]]]\n"), 2;
  const auto number = [&](int at, std::uint64_t otherwise) {
    return count > at ? std::strtoull(words[at], nullptr, 0) : otherwise;
  };
  const std::uint64_t first = number(2, 1), seeds = number(3, 10);
  const auto threads = static_cast<unsigned>(number(4, 4)), actions = static_cast<unsigned>(number(5, 100));
  Totals totals;
  for (std::uint64_t seed = first; seed < first + seeds; ++seed) {
    std::fprintf(stderr, "\rseed %llu", static_cast<unsigned long long>(seed));  // which one, if it ends here
    const std::string wrong = live_through(words[1], seed, threads, actions, totals);
    if (wrong.empty()) continue;
    std::fprintf(stderr, ": %s\n", wrong.c_str());
    return 1;
  }
  std::fprintf(stderr, "\n%llu actions, %llu loads, %llu runs, %llu forks\n",
               static_cast<unsigned long long>(totals.actions), static_cast<unsigned long long>(totals.loads),
               static_cast<unsigned long long>(totals.runs), static_cast<unsigned long long>(totals.forks));
}
