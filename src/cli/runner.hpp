// Runs a program once, waits for the work and the timers that it has left behind, and collects what there is to tell.
// Tested by tests/bounds/command_test.py.
#pragma once

#include <bpf/libbpf.h>

#include <cstdint>
#include <mutex>
#include <string>
#include <vector>

#include "cli/interrupt.hpp"
#include "cli/options.hpp"
#include "cli/trace_file.hpp"
#include "skep/skep.hpp"
#include "testbench/watch.hpp"

namespace skep::cli {

struct Inputs {
  std::vector<std::uint8_t> data, context;
};

// How the wait for work ended.
enum class Ending : std::uint8_t {
  done,         // nothing is queued or runs
  restarts,     // callbacks end, and others are due again and again
  interrupted,  // by a signal
};

struct Outcome {
  int error = 0;
  std::uint32_t retval = 0;
  std::uint64_t ns_per_run = 0;
  Redirection redirection;
  Ending ending = Ending::done;
  WorkStatistics work;
  std::vector<WorkRun> runs;        // the first of them
  std::uint64_t more_runs = 0;      // that are not in `runs`
  WorkRun last_run;                 // if there was one
  std::vector<StoppedRun> stopped;  // programs and callbacks
  std::vector<ArmedTimer> armed;
  testbench::Seen seen;                          // what the programs said, and what changed in the maps
  std::vector<std::uint8_t> packet, packet_out;  // as it was given and as it was left, if it was run on one
  DeniedAccesses denied;                         // of this program, and of the work that ran meanwhile
  std::string refusal;                           // why it was not run, in the Kernel's words
  std::string output;                            // of an iterator
  std::vector<std::string> not_given;            // what it read and nobody described
};

// Whether programs of the type are run on a packet.
bool takes_packet(ProgType type);

class Runner {
 public:
  // `trace`: where runs are written to; null: nowhere.
  Runner(std::shared_ptr<Kernel> kernel, const Object& object, const Options& options, Interrupt& interrupt,
         std::shared_ptr<TraceFile> trace = nullptr);
  ~Runner();
  Runner(const Runner&) = delete;
  Runner& operator=(const Runner&) = delete;

  Outcome run(const bpf_program* program, const Inputs& inputs);
  // For run_packet(): from here on counts what finish() tells.
  void begin();
  // One packet, without waiting for what the program has started; no maps are compared.
  Outcome run_packet(const bpf_program* program, const std::vector<std::uint8_t>& packet);
  // Waits, and tells what has happened since the run before.
  void finish(Outcome& outcome);

 private:
  Ending wait_for_work();
  int run_as_described(const bpf_program* program, const Inputs& inputs, Outcome& outcome);
  int test_run(const bpf_program* program, const Inputs& inputs, Outcome& outcome);

  std::shared_ptr<Kernel> owner_;
  Kernel& kernel_;
  const Options& options_;
  Interrupt& interrupt_;
  const std::shared_ptr<TraceFile> trace_;
  testbench::Watch watch_;
  WorkStatistics work_before_;
  DeniedAccesses denied_before_;
  // By the listeners, so far. Theirs too: work that goes on for ever may be in one when this ends.
  struct Told {
    std::mutex lock;
    Outcome outcome;
  };
  const std::shared_ptr<Told> told_ = std::make_shared<Told>();
};

}  // namespace skep::cli
