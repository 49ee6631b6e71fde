// Maps that a command fills before programs run, prints afterwards, and keeps in a directory from one run to the next
// (--map, --state). Tested by tests/testbench/run_test.py.
#pragma once

#include <string>
#include <vector>

#include "cli/options.hpp"
#include "skep/skep.hpp"

namespace skep::cli {

class KeptMaps {
 public:
  KeptMaps(Object object, const Options& options) : object_(std::move(object)), options_(options) {}
  // From the directory, and then what --map says.
  Status fill() const;
  // Prints what --map names, and writes the directory.
  Status finish() const;

 private:
  Object object_;
  const Options& options_;
};

}  // namespace skep::cli
