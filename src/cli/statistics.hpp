// `skep run --stats`: how often programs ran and for how long, how long callbacks waited and took, and how much memory
// was taken. Tested by tests/cli/observe_test.py.
#pragma once

#include <bpf/libbpf.h>

#include "cli/options.hpp"
#include "skep/kernel.hpp"

namespace skep::cli {

// Measures while it lives.
class Statistics {
 public:
  explicit Statistics(Kernel& kernel);
  ~Statistics();
  Statistics(const Statistics&) = delete;
  Statistics& operator=(const Statistics&) = delete;

  void print(const Options& options, const bpf_object* object) const;

 private:
  Kernel& kernel_;
  int descriptor_;  // that makes the Kernel count programs' runs
};

}  // namespace skep::cli
