// What `skep run` prints: in words, or as JSON, one line an object. Tested by tests/testbench/run_test.py and
// tests/bounds/command_test.py.
#pragma once

#include <bpf/libbpf.h>

#include "cli/refusal.hpp"
#include "cli/runner.hpp"
#include "skep/limits.hpp"

namespace skep::cli {

void print_outcome(const Options& options, const bpf_program* program, const Outcome& outcome);
// What happened beside the results: lines, records, maps, work; after a capture.
void print_rest(const Options& options, const Outcome& outcome);
void print_refused(const Options& options, const Refusal& refusal);

}  // namespace skep::cli
