// What tests of programs get from a Kernel: a clock that stands, mocks, lines and records, the CPU of a run.
#include "skep/testing.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstring>

#include "support/asm.hpp"
#include "support/commands.hpp"

namespace skep::test {
namespace {

// A Kernel with what the tests choose.
std::unique_ptr<Kernel> make_with(const std::function<void(KernelOptions&)>& change) {
  KernelOptions options;
  options.cpus = 2;
  options.host_btf = false;
  options.engine = engine_under_test();
  change(options);
  std::string error;
  auto kernel = Kernel::make(options, error);
  EXPECT_NE(kernel, nullptr) << error;
  return kernel;
}

// The result of a classifier of this text.
std::uint32_t run_in(Kernel& kernel, const std::string& text) {
  Bpf bpf{kernel, {}};
  const int program = bpf.load(ProgType::sched_cls, Assembler::assemble(text));
  EXPECT_GE(program, 0) << bpf.log;
  const std::array<std::uint8_t, 64> packet = {};
  attr::TestRun attr{};
  attr.prog_fd = static_cast<std::uint32_t>(program);
  attr.data_in = address_of(packet.data());
  attr.data_size_in = packet.size();
  EXPECT_EQ(bpf.command(Command::prog_test_run, attr), 0) << Kernel::refusal();
  return attr.retval;
}

struct Testing : testing::Test {
  std::uint32_t run(const std::string& text) { return run_in(*kernel, text); }
  std::unique_ptr<Kernel> kernel = make_with([](KernelOptions& options) { options.clock_ns = 5'000; });
};

TEST_F(Testing, TheClockStandsUntilItIsAdvanced) {
  const char* const now = "call 5\nexit";
  EXPECT_EQ(run(now), 5'000U);
  EXPECT_EQ(run(now), 5'000U);
  EXPECT_TRUE(advance_clock(*kernel, 700));
  EXPECT_EQ(run(now), 5'700U);
  EXPECT_EQ(clock_now(*kernel), 5'700U);
}

TEST_F(Testing, ARealClockIsNotAdvanced) {
  const auto other = make_with([](KernelOptions&) {});
  EXPECT_FALSE(advance_clock(*other, 1));
}

TEST_F(Testing, AMockAnswersInsteadOfTheCall) {
  std::string_view called;
  ASSERT_EQ(mock_call(*kernel, "bpf_get_prandom_u32",
                      [&](const MockedCall& call) {
                        called = call.call;
                        return 42;
                      }),
            0);
  EXPECT_EQ(run("call 7\nexit"), 42U);
  EXPECT_EQ(called, "bpf_get_prandom_u32");
  ASSERT_EQ(mock_call(*kernel, "bpf_get_prandom_u32", nullptr), 0);
  EXPECT_NE(run("call 7\nexit"), 42U);
}

TEST_F(Testing, AMockSeesArgumentsAndTheSizesOfMemory) {
  std::array<std::uint64_t, 5> sizes = {};
  std::uint32_t flags = 0;
  // bpf_skb_load_bytes(skb, 4, to, 8)
  ASSERT_EQ(mock_call(*kernel, "bpf_skb_load_bytes",
                      [&](const MockedCall& call) {
                        sizes = call.sizes;
                        flags = static_cast<std::uint32_t>(call.args[1]);
                        const std::uint64_t value = 7;
                        std::memcpy(reinterpret_cast<void*>(call.args[2]), &value, sizeof value);
                        return 0;
                      }),
            0);
  EXPECT_EQ(run("r2 = 4\nr3 = r10\nr3 += -8\nr4 = 8\ncall 26\nr0 = *(u64 *)(r10 - 8)\nexit"), 7U);
  EXPECT_EQ(flags, 4U);
  EXPECT_EQ(sizes, (std::array<std::uint64_t, 5>{0, 0, 8, 0, 0}));
}

TEST_F(Testing, MemoryThatAMockLeavesOutIsZero) {
  ASSERT_EQ(mock_call(*kernel, "bpf_skb_load_bytes", [](const MockedCall&) { return 0; }), 0);
  EXPECT_EQ(run("r2 = 4\nr3 = r10\nr3 += -8\nr4 = 8\ncall 26\nr0 = *(u64 *)(r10 - 8)\nexit"), 0U);
}

// The verifier has concluded from the call's definition what it can return, and the program goes by it.
TEST_F(Testing, WhatTheCallCannotReturnAMockCannotEither) {
  std::string told;
  kernel->on_log([&](std::string_view line) { told = line; });
  ASSERT_EQ(mock_call(*kernel, "bpf_get_smp_processor_id", [](const MockedCall&) { return 9; }), 0);
  EXPECT_EQ(run("call 8\nexit"), 1U);
  EXPECT_THAT(told, testing::HasSubstr("the mock of bpf_get_smp_processor_id answered 9"));
}

TEST_F(Testing, SomeCallsCannotBeMocked) {
  const auto nothing = [](const MockedCall&) { return 0; };
  EXPECT_EQ(mock_call(*kernel, "bpf_no_such_call", nothing), -ENOENT);
  for (const char* call : {"bpf_map_lookup_elem", "bpf_spin_lock", "bpf_tail_call", "bpf_loop", "bpf_kptr_xchg",
                           "bpf_get_current_task_btf", "bpf_xdp_adjust_head", "bpf_wq_start", "bpf_obj_new",
                           "bpf_ringbuf_reserve", "bpf_sk_release"}) {
    EXPECT_EQ(mock_call(*kernel, call, nothing), -EOPNOTSUPP) << call;
    EXPECT_THAT(Kernel::refusal(), testing::HasSubstr("cannot be mocked")) << call;
  }
}

TEST_F(Testing, ARunIsOnTheCpuThatItIsGiven) {
  for (unsigned cpu = 0; cpu < 2; ++cpu) {
    const RunCpuScope scope(cpu);
    EXPECT_EQ(run("call 8\nexit"), cpu);
  }
}

TEST_F(Testing, SeedsMakeRandomNumbersTheSame) {
  const auto number = [](std::uint64_t seed) {
    const auto seeded = make_with([&](KernelOptions& options) { options.random_seed = seed; });
    const RunCpuScope scope(0);
    return run_in(*seeded, "call 7\nexit");
  };
  EXPECT_EQ(number(3), number(3));
  EXPECT_NE(number(3), number(4));
}

TEST(TestingOptions, ThatContradictEachOther) {
  KernelOptions options;
  options.clock_ns = 1;
  options.stepping_seed = 1;
  std::string error;
  EXPECT_EQ(Kernel::make(options, error), nullptr);
  EXPECT_THAT(error, testing::HasSubstr("exclude each other"));
}

}  // namespace
}  // namespace skep::test
