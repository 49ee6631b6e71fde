// Work that runs on a virtual CPU, in slices, and the CPUs that it runs on.
//
// A Kernel has N virtual CPUs. Whoever runs a program holds one of them, alone, until the program exits or sleeps; that
// is what per-CPU maps, preemption sections and the order of work stand on. A Job is the running of something that can
// be interrupted after any instruction: an executor advances it, in one go (threads) or one instruction at a time
// (stepping, simulated). This layer knows nothing of programs. Tested by tests/async/.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <vector>

namespace skep::async {

enum class Progress : std::uint8_t {
  finished,
  out_of_budget,  // call advance again
  blocked,        // waits for something that another CPU holds (a lock): call advance again, later
  sleeping,       // give up the CPU, call sleep_off_cpu, take a CPU (the same one for bound work), then advance again
};

inline constexpr std::uint64_t unlimited = ~std::uint64_t{0};

// Where a job is run in one go: the CPU that the running thread holds, and how it is given up for a while.
class Seat {
 public:
  virtual unsigned cpu() const = 0;
  // Gives the CPU up, sleeps as the job asks (Job::sleep_off_cpu), and takes a CPU again: the same one for bound work.
  virtual void sleep(class Job& job) = 0;
  // What the job waits for is held by another CPU: gives that one time to be done.
  virtual void wait_for_others() = 0;

 protected:
  ~Seat() = default;
};

class Job {
 public:
  virtual ~Job() = default;
  // Runs at most `budget` instructions on `cpu`, which the caller holds.
  virtual Progress advance(unsigned cpu, std::uint64_t budget) = 0;
  // The blocking part of what it sleeps in. The caller holds no CPU.
  virtual void sleep_off_cpu() = 0;
  // Runs it to its end on the thread that holds a CPU. The default advances it until it is finished; an engine whose
  // runs have a faster way goes it.
  virtual void run_to_end(Seat& seat);
  // Whether it is finished because a limit or a request stopped it.
  virtual bool stopped() const { return false; }
  // What made it, for who may use it again; null: nothing that does.
  virtual const void* made_by() const { return nullptr; }
  // It is not needed any more: back to where it came from. The default frees it.
  virtual void give_back() { std::default_delete<Job>()(this); }
};

// Whoever made a job gets it back.
struct GiveBack {
  constexpr GiveBack() = default;
  template <typename T>
  constexpr GiveBack(std::default_delete<T>) {
  }  // NOLINT(google-explicit-constructor): as unique_ptr's deleters convert
  void operator()(Job* job) const { job->give_back(); }
};
using JobPtr = std::unique_ptr<Job, GiveBack>;

// The virtual CPUs. Thread-safe; taking a free one is an uncontended atomic operation.
class CpuSet {
 public:
  explicit CpuSet(unsigned count);
  unsigned count() const { return static_cast<unsigned>(slots_.size()); }

  // Holds a CPU while it lives.
  class Lease {
   public:
    Lease() = default;
    Lease(Lease&& other) noexcept : set_(other.set_), cpu_(other.cpu_) { other.set_ = nullptr; }
    Lease& operator=(Lease&& other) noexcept;
    ~Lease() { release(); }
    unsigned cpu() const { return cpu_; }
    bool held() const { return set_ != nullptr; }
    void release();

   private:
    friend class CpuSet;
    Lease(CpuSet& set, unsigned cpu) : set_(&set), cpu_(cpu) {}
    CpuSet* set_ = nullptr;
    unsigned cpu_ = 0;
  };

  Lease enter();                       // any CPU, the one this thread last had if it is free; waits when all are taken
  Lease enter(unsigned cpu);           // that one; waits
  Lease try_enter(unsigned cpu);       // not held() when it is taken
  bool contended(unsigned cpu) const;  // somebody waits for it

 private:
  struct alignas(64) Slot {
    std::atomic<std::uint32_t> state{0};  // see cpu_set.cpp
  };
  std::vector<Slot> slots_;
  alignas(64) std::atomic<std::uint32_t> waiting_for_any_{0};
  std::atomic<std::uint32_t> released_{0};
};

}  // namespace skep::async
