// What calls of programs, which libbpf refuses, return: loader/section_calls.cpp.
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <gtest/gtest.h>

#include <cerrno>
#include <cstring>
#include <string>

#include "loader/object.hpp"
#include "skep/kernel.hpp"

namespace skep {
namespace {

TEST(SectionCalls, ReturnWhatTheProgramsDo) {
  std::string error;
  KernelOptions options;
  options.cpus = 1;
  const auto kernel = Kernel::make(options, error);
  ASSERT_NE(kernel, nullptr) << error;
  const KernelBinding bound(*kernel);
  const loader::ObjectPtr object(bpf_object__open_file(SECTION_CALLS, nullptr));
  ASSERT_NE(object, nullptr) << strerror(errno);
  ASSERT_EQ(bpf_object__load(object.get()), 0) << kernel->last_load().message;
  const auto returned = [&](const char* name) {
    unsigned char packet[64] = {};
    LIBBPF_OPTS(bpf_test_run_opts, run, .data_in = packet, .data_size_in = sizeof packet);
    bpf_program* const program = bpf_object__find_program_by_name(object.get(), name);
    EXPECT_EQ(program == nullptr ? -ENOENT : bpf_prog_test_run_opts(bpf_program__fd(program), &run), 0) << name;
    return run.retval;
  };
  EXPECT_EQ(returned("starts"), 3U);
  EXPECT_EQ(returned("callee"), 165U);
  EXPECT_EQ(returned("beside"), 330U);
  EXPECT_EQ(returned("from_elsewhere"), 333U);
  EXPECT_EQ(returned("calls_none"), 5U);
}

}  // namespace
}  // namespace skep
