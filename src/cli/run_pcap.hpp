// `skep run --pcap`: a program on each packet of a capture. Tested by tests/testbench/run_test.py.
#pragma once

#include <bpf/libbpf.h>

#include "cli/interrupt.hpp"
#include "cli/options.hpp"
#include "cli/runner.hpp"

namespace skep::cli {

// The exit status; exit_usage after the reason was printed.
int run_pcap(const Options& options, Runner& runner, const bpf_program* program, const Interrupt& interrupt);

}  // namespace skep::cli
