// soak OBJECT SECONDS [SEED]: threads that load, run, flood, update and close for a long time under memory limits of
// 256 MB in all, and a table of what became of it. See scripts/soak.
//
// One Kernel lives all the time; one after the other lives for a moment beside it and is closed with whatever is under
// way. At rests everything is closed: then the work must add up, and the memory that the Kernel counts, the process's
// descriptors and its threads must be what they were at the first rest. What the process has allocated, and its
// resident memory, may not grow at rests once the first quarter of the time is over, but for what allocators keep. Ends
// with 1 if something does not hold.
#include <fmt/format.h>
#include <malloc.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <thread>

#include "rcu/rcu.hpp"
#include "threads/scenario.hpp"

namespace {

using namespace skep;
using namespace skep::fuzz;
using Clock = std::chrono::steady_clock;

constexpr std::uint64_t megabyte = 1 << 20;
constexpr unsigned threads = 4;
constexpr std::chrono::seconds shortest_to_judge{60};   // until allocators have what they want
constexpr std::uint64_t slack = megabyte;               // of what is allocated
constexpr std::uint64_t resident_slack = 8 * megabyte;  // allocators keep what is freed, in pieces
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
constexpr bool resident_counts = false;  // sanitizers keep what is freed
constexpr bool forks = false;
#else
constexpr bool resident_counts = true;
constexpr bool forks = true;
#endif

KernelOptions options(std::uint64_t memory_limit) {
  KernelOptions made;
  made.cpus = 2;
  made.host_btf = false;
  made.memory_limit = memory_limit;
  made.run_limits = {.instructions = 2'000'000, .time_ns = 100'000'000};
  made.close_limit_ns = 1'000'000;
  return made;
}

struct Rest {
  double at = 0;  // seconds
  std::uint64_t used = 0, allocated = 0, resident = 0, highest = 0;
  std::size_t descriptors = 0, threads = 0;
};

std::uint64_t resident() {
  std::ifstream file("/proc/self/statm");
  std::uint64_t all = 0, pages = 0;
  file >> all >> pages;
  return pages * static_cast<std::uint64_t>(sysconf(_SC_PAGESIZE));
}
std::size_t entries(const char* directory) {
  return static_cast<std::size_t>(std::distance(std::filesystem::directory_iterator(directory), {}));
}

class Soak {
 public:
  Soak(std::string object, std::chrono::duration<double> time, std::uint64_t seed)
      : object_(std::move(object)), begin_(Clock::now()), time_(time), choices_(seed) {}

  int live() {
    Scenario lasting(options(192 * megabyte), object_, forks, totals_);
    const auto between = std::min<std::chrono::duration<double>>(time_ / 12, std::chrono::seconds(10));
    fmt::print("{:>7} {:>8} {:>8} {:>11} {:>11} {:>11} {:>9} {:>8} {:>9} {:>9} {:>8} {:>8}\n", "seconds", "loads",
               "runs", "started", "ran", "merged", "cancelled", "timers", "at most", "allocated", "resident",
               "highest");
    while (faults_.empty() && passed() < time_.count()) {
      const auto until = Clock::now() + std::chrono::duration_cast<Clock::duration>(between);
      act(lasting, until);
      rest(lasting);
    }
    judge();
    const WorkStatistics work = lasting.kernel().work();
    fmt::print(
        "{} actions, {} loads, {} loads refused for memory, {} runs, {} of them stopped, {} commands, {} links, "
        "{} forks, {} Kernels closed\n",
        totals_.actions.load(), totals_.loads.load(), totals_.refused_loads.load(), totals_.runs.load(),
        totals_.stopped.load(), totals_.commands.load(), totals_.links.load(), totals_.forks.load(), closed_);
    fmt::print("{} started = {} ran + {} merged + {} cancelled; memory refused {} times\n", work.started, work.ran,
               work.merged, work.cancelled, lasting.kernel().memory().refused);
    fmt::print("timers: {} started = {} ran + {} merged + {} cancelled\n",
               work.timers + work.timers_merged + work.timers_cancelled, work.timers, work.timers_merged,
               work.timers_cancelled);
    for (const std::string& fault : faults_) fmt::print("WRONG: {}\n", fault);
    return faults_.empty() ? 0 : 1;
  }

 private:
  double passed() const { return std::chrono::duration<double>(Clock::now() - begin_).count(); }

  void act(Scenario& lasting, Clock::time_point until) {
    std::vector<std::thread> all;
    for (unsigned n = 0; n + 1 < threads; ++n)
      all.emplace_back([&lasting, until, seed = choices_.any()] {
        Choices own(seed);
        while (Clock::now() < until) lasting.act(own);
      });
    Choices own(choices_.any());
    std::uint64_t highest = 0;
    while (Clock::now() < until) {
      Scenario brief(options(64 * megabyte), object_, false, totals_);
      for (unsigned n = own.below(100); n != 0; --n) brief.act(own);
      ++closed_;
      highest = std::max(highest, resident());
      if (!own.percent(50)) continue;
      if (const std::string wrong = brief.settle_accounts(); !wrong.empty())
        faults_.push_back("a brief Kernel: " + wrong);
    }
    for (std::thread& thread : all) thread.join();
    highest_ = highest;
  }

  void rest(Scenario& lasting) {
    if (const std::string wrong = lasting.settle_accounts(); !wrong.empty()) faults_.push_back(wrong);
    rcu::barrier();
    const MemoryStatistics memory = lasting.kernel().memory();
    const WorkStatistics work = lasting.kernel().work();
    malloc_trim(0);
    const struct mallinfo2 heap = mallinfo2();
    rests_.push_back({.at = passed(),
                      .used = memory.used,
                      .allocated = heap.uordblks + heap.hblkhd,
                      .resident = resident(),
                      .highest = highest_,
                      .descriptors = entries("/proc/self/fd"),
                      .threads = entries("/proc/self/task")});
    const Rest& now = rests_.back();
    const Rest& first = rests_.front();
    const auto same = [&](const char* what, std::uint64_t is, std::uint64_t was) {
      if (is != was)
        faults_.push_back(fmt::format("{} at rest: {} after {:.0f} s, {} at first", what, is, now.at, was));
    };
    same("bytes that the Kernel counts", now.used, first.used);
    same("descriptors", now.descriptors, first.descriptors);
    if (now.descriptors != first.descriptors)
      for (const auto& entry : std::filesystem::directory_iterator("/proc/self/fd")) {
        std::error_code gone;
        faults_.push_back(entry.path().string() + ": " + std::filesystem::read_symlink(entry.path(), gone).string());
      }
    if (now.threads > std::max<std::size_t>(first.threads, 64)) same("threads", now.threads, first.threads);
    if (memory.peak > memory.limit)
      faults_.push_back(fmt::format("{} bytes were taken, of {}", memory.peak, memory.limit));
    fmt::print("{:7.1f} {:8} {:8} {:11} {:11} {:11} {:9} {:8} {:7}MB {:7}KB {:6}MB {:6}MB\n", now.at,
               totals_.loads.load(), totals_.runs.load(), work.started, work.ran, work.merged, work.cancelled,
               work.timers, memory.peak / megabyte, now.allocated / 1024, now.resident / megabyte,
               now.highest / megabyte);
    std::fflush(stdout);
  }

  void judge() {
    if (!resident_counts || time_ < shortest_to_judge) {
      fmt::print("the process's memory is not judged: {}\n",
                 resident_counts ? "the time is too short" : "a sanitizer keeps it");
      return;
    }
    const auto compare = [&](const char* what, std::uint64_t Rest::* figure, std::uint64_t allowed) {
      std::uint64_t warm = 0, later = 0;
      for (const Rest& rest : rests_) {
        std::uint64_t& most = rest.at < time_.count() / 4 ? warm : later;
        most = std::max(most, rest.*figure);
      }
      if (later > warm + allowed)
        faults_.push_back(
            fmt::format("{} memory at rest: {} KB while it warmed up, {} KB later", what, warm / 1024, later / 1024));
    };
    compare("allocated", &Rest::allocated, slack);
    compare("resident", &Rest::resident, resident_slack);
  }

  const std::string object_;
  const Clock::time_point begin_;
  const std::chrono::duration<double> time_;
  Choices choices_;
  Totals totals_;
  std::vector<Rest> rests_;
  std::vector<std::string> faults_;
  std::uint64_t closed_ = 0, highest_ = 0;
};

}  // namespace

int main(int count, char** words) {
  if (count < 3) return fmt::print(stderr, "usage: soak OBJECT SECONDS [SEED]\n"), 2;
  // Otherwise what large blocks it has seen makes the allocator keep ever more of what is free.
  mallopt(M_MMAP_THRESHOLD, 128 << 10);
  mallopt(M_TRIM_THRESHOLD, 128 << 10);
  const std::uint64_t seed = count > 3 ? std::strtoull(words[3], nullptr, 0) : 1;
  fmt::print("seed {}\n", seed);
  return Soak(words[1], std::chrono::duration<double>(std::strtod(words[2], nullptr)), seed).live();
}
