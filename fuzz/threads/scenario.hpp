// Threads that load, run, flood, update, close and fork on one Kernel, each by its own choices; and the account at the
// end. fuzz-threads makes scenarios from seeds, one after the other; soak lives through a single one for minutes.
#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "programs/choices.hpp"
#include "skep/skep.hpp"
#include "threads/counts.h"

namespace skep::fuzz {

struct Totals {
  std::atomic<std::uint64_t> actions{0}, loads{0}, refused_loads{0}, runs{0}, stopped{0}, commands{0}, links{0},
      forks{0};
};

class Scenario {
 public:
  // `object`: scenario.bpf.o. Fork: whether children are made.
  Scenario(const KernelOptions& options, std::string object, bool forks, Totals& totals);
  ~Scenario();
  Scenario(const Scenario&) = delete;
  Scenario& operator=(const Scenario&) = delete;

  // One thing that a thread does. Any thread.
  void act(Choices& choices);
  // Ends everything that is loaded and attached, waits for the work, and says what does not add up; nothing: all does.
  // Not while another thread acts.
  std::string settle_accounts();
  Kernel& kernel() { return *kernel_; }

 private:
  // An object that is loaded, and where its programs count.
  struct Loaded {
    Object object;
    std::vector<Program> programs;
    std::vector<Map> maps;
  };
  using LoadedPtr = std::shared_ptr<const Loaded>;
  static constexpr std::size_t most_objects = 4, most_links = 8;

  LoadedPtr any(Choices& choices);
  void load(Choices& choices);
  void load_nonsense(Choices& choices);
  void close_one(Choices& choices);
  void run(Choices& choices, const char* program = nullptr);
  void command(Choices& choices);
  void batch(Choices& choices);
  void attach(Choices& choices);
  void fire(Choices& choices);
  void look();
  void listen(Choices& choices);
  void fork_child(Choices& choices);

  std::shared_ptr<Kernel> kernel_;
  const std::string object_;
  const bool forks_;
  Totals& totals_;
  std::mutex lock_;
  std::vector<LoadedPtr> objects_;
  std::vector<Link> links_;
  std::vector<const volatile counts*> counts_;  // of all objects since the last account, mapped
  std::atomic<std::uint64_t> told_{0};          // by listeners
  std::uint64_t started_before_ = 0, timers_before_ = 0, stopped_before_ = 0;
};

}  // namespace skep::fuzz
