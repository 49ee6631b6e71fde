// Skep's own way to run a program, whatever its type, attached or not: its context or its arguments are described in
// JSON, by their names.
//
//   skep::DescribedRun run;
//   run.context = R"({"user_ip4": "10.0.0.1", "user_port": 80})";            // cgroup/connect4
//   run.context = R"({"file": {"f_path": {"dentry": {"d_name": {"name": "passwd"}}}}})";  // lsm/file_open
//   skep::DescribedResult result;
//   if (int error = skep::run_described(kernel, program.fd(), run, result)) complain(skep::Kernel::refusal());
//
// docs/program-types.md has an example of each type. Of what is not described, everything reads zero, and the result
// says which of it was read.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "skep/kernel.hpp"

namespace skep {

struct DescribedRun {
  std::string_view context = {};              // JSON; empty: nothing is described
  std::span<const std::uint8_t> packet = {};  // for types that see one
  std::span<const std::uint8_t> bytes = {};   // of the context, in its layout, below what is described
  // Where the program itself does not say what it is attached to: a tracepoint ("sched_switch"), a function.
  std::string_view target = {};
  std::uint32_t repeat = 1;
};

struct DescribedResult {
  std::uint32_t verdict = 0;                  // r0 of the last run
  std::vector<std::uint8_t> packet, context;  // as the last run left them; empty where there is none
  std::uint64_t each_ns = 0;                  // of one run, on average
  std::string output;                         // what an iterator's program has written
  // What was read and not described, as "file.f_path.dentry". Nothing for types that are run on bytes (packets).
  std::vector<std::string> not_given;
};

// `program_fd`: its descriptor. 0, or a negative errno and Kernel::refusal(): -EINVAL for what is not understood, which
// it names; -ETIME and -EINTR when the run was stopped; -EOPNOTSUPP when it came to a call without behavior, or
// the program is an extension, which its target runs.
SKEP_API int run_described(Kernel& kernel, int program_fd, const DescribedRun& run, DescribedResult& result);
// Whether PROG_TEST_RUN takes programs of the type, as 7.3's. (Of tracing it calls test functions of the kernel, and
// with them what is attached there.)
SKEP_API bool has_test_run(ProgType type);
// "XDP_DROP", "TC_ACT_OK"; empty: the result has no name. Forever valid, and so is what the type is called ("xdp").
SKEP_API const char* verdict_name(ProgType type, std::uint32_t verdict);
SKEP_API const char* program_type_name(ProgType type);
// The same as run_described for the program of a link. -ENOENT: there is no such link, or it was detached.
SKEP_API int fire_described(Kernel& kernel, std::uint32_t link_id, const DescribedRun& run, DescribedResult& result);

}  // namespace skep
