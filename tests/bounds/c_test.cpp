// The limits and the memory policy by the C interface: each option and function.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cerrno>
#include <cstring>
#include <string>
#include <vector>

#include "skep/skep.h"

namespace {

using testing::HasSubstr;

constexpr std::uint64_t megabyte = 1 << 20;

std::uint64_t peek(const skep_call* call) {
  return reinterpret_cast<std::uint64_t>(call->user);
}
std::uint64_t nothing(const skep_call*) {
  return 0;
}

struct AppObject {
  std::uint64_t number = 42;
  AppObject* next = nullptr;
};

class CBounds : public testing::Test {
 protected:
  ~CBounds() override {
    for (skep_program* program : programs_) skep_program_close(program);
    skep_object_close(object_);
    skep_kernel_close(kernel_);
  }
  void open(skep_kernel_options options, const char* file) {
    const char* const types[] = {"struct app_object { u64 number; struct app_object *next; }",
                                 "struct app_ops { int (*choose)(u64 a, u64 b); }", nullptr};
    const char* const tables[] = {"app_ops", nullptr};
    const char* const functions[] = {"int app_hook(u64 a, u64 b)", "int app_pass(struct app_object *object)",
                                     "int app_say(const char *text)", nullptr};
    const char* const modifiable[] = {"app_hook", nullptr};
    static const skep_kfunc kfuncs[] = {
        {"struct app_object *app_take(void)", 1 | 4, SKEP_ANY_PROGRAM, peek, &object_of_host},
        {"void app_give(struct app_object *object)", 2, SKEP_ANY_PROGRAM, nothing, nullptr},
        {"struct app_object *app_peek(void)", 4, SKEP_ANY_PROGRAM, peek, &object_of_host},
        {"unsigned int app_nowhere(int value)", 0, SKEP_ANY_PROGRAM, nullptr, nullptr},
        {"int app_unsupported(int value)", 0, SKEP_ANY_PROGRAM, nullptr, nullptr}};
    skep_module module = {};
    module.size = sizeof module;
    module.name = "app";
    module.types = types;
    module.struct_ops = tables;
    module.functions = functions;
    module.modifiable = modifiable;
    module.kfuncs = kfuncs;
    module.kfunc_count = std::size(kfuncs);
    module.memory = memory_;
    module.memory_count = memory_count_;
    options.size = sizeof options;
    options.cpus = 1;
    options.no_host_btf = true;
    options.modules = &module;
    options.module_count = 1;
    ASSERT_EQ(skep_kernel_open(&options, &kernel_), 0) << skep_error();
    const std::string path = std::string(BOUNDS_OBJECTS) + "/" + file + ".bpf.o";
    ASSERT_EQ(skep_object_load(kernel_, path.c_str(), &object_), 0) << skep_error();
  }
  int run(const char* name, std::uint32_t* verdict = nullptr, std::uint64_t most = 0) {
    skep_program* program = nullptr;
    EXPECT_EQ(skep_object_program(object_, name, &program), 0) << skep_error();
    programs_.push_back(program);
    static const std::vector<std::uint8_t> packet(64, 1);
    skep_run run = {};
    run.size = sizeof run;
    run.packet = packet.data();
    run.packet_size = packet.size();
    run.max_instructions = most;
    const int error = skep_program_run(program, &run);
    if (verdict != nullptr) *verdict = run.verdict;
    return error;
  }

  static inline AppObject behind_it, object_of_host{.number = 42, .next = &behind_it};
  skep_memory_range memory_[1] = {};
  std::size_t memory_count_ = 0;
  skep_kernel* kernel_ = nullptr;
  skep_object* object_ = nullptr;
  std::vector<skep_program*> programs_;
};

TEST_F(CBounds, LimitsStopRuns) {
  skep_kernel_options options = {};
  options.run_instructions = 100'000;
  open(options, "bounds");
  std::vector<std::string> told;
  skep_kernel_on_run_stopped(
      kernel_, [](void* user, const char* line) { static_cast<std::vector<std::string>*>(user)->emplace_back(line); },
      &told);
  EXPECT_EQ(run("endless"), -ETIME);
  EXPECT_THAT(skep_error(), HasSubstr("it reached its limit of 100000 instructions"));
  EXPECT_EQ(run("endless", nullptr, 5000), -ETIME);
  ASSERT_EQ(told.size(), 2U);
  EXPECT_THAT(told[1], HasSubstr("it reached its limit of 5000 instructions"));
  skep_kernel_on_run_stopped(kernel_, nullptr, nullptr);
  EXPECT_EQ(run("endless"), -ETIME);
  EXPECT_EQ(told.size(), 2U);
  skep_kernel_stop_runs(kernel_);  // nothing runs: what begins afterwards is not meant
  EXPECT_EQ(run("take_lock"), 0) << skep_error();
}

TEST_F(CBounds, TimeStopsRuns) {
  skep_kernel_options options = {};
  options.run_time_ns = 1;
  open(options, "bounds");
  EXPECT_EQ(run("endless"), -ETIME);
  EXPECT_THAT(skep_error(), HasSubstr("it reached its time limit"));
}

TEST_F(CBounds, StoppingIsAskedForFromInside) {
  open({}, "bounds");
  // Whoever is told of the run's first words asks it to stop.
  skep_kernel_on_trace(
      kernel_, [](void* user, const char*) { skep_kernel_stop_runs(static_cast<skep_kernel*>(user)); }, kernel_);
  EXPECT_EQ(run("say_and_go_on"), -EINTR);
  EXPECT_THAT(skep_error(), HasSubstr("it was asked to stop"));
}

TEST_F(CBounds, MemoryIsCountedAndLimited) {
  skep_kernel_options options = {};
  options.memory_limit = 32 * megabyte;
  open(options, "bounds");
  std::uint64_t used = 0, peak = 0, refused = 0;
  skep_kernel_memory(kernel_, &used, &peak, &refused);
  EXPECT_GT(used, 0U);
  EXPECT_EQ(refused, 0U);
  for (int i = 0; i < 4; ++i) EXPECT_EQ(run("fill_many"), 0) << skep_error();
  skep_kernel_memory(kernel_, &used, &peak, nullptr);
  EXPECT_GT(peak, 8 * megabyte);
  EXPECT_LE(peak, 32 * megabyte);
  skep_kernel_memory(kernel_, nullptr, nullptr, nullptr);
  EXPECT_EQ(skep_kernel_settle(kernel_, 1'000'000'000), 1);
}

TEST_F(CBounds, HostMemoryIsOpenedByRange) {
  open({}, "reach");
  EXPECT_EQ(run("load_behind_given_object"), 0) << skep_error();
  std::uint64_t reads = 0, writes = 9;
  std::string told;
  const auto listener = [](void* user, const char* message, std::uint64_t times) {
    *static_cast<std::string*>(user) += message + std::string(" x") + std::to_string(times);
  };
  skep_kernel_denied(kernel_, &reads, &writes, listener, &told);
  EXPECT_EQ(reads, 1U);
  EXPECT_EQ(writes, 0U);
  EXPECT_THAT(told, HasSubstr("which is the host's memory: a load, in load_behind_given_object()"));
  EXPECT_THAT(told, HasSubstr(" x1"));
  const skep_memory_range range = {&behind_it, sizeof behind_it, false}, empty = {&behind_it, 0, false};
  EXPECT_EQ(skep_kernel_open_memory(kernel_, &empty), -EINVAL);
  EXPECT_EQ(skep_kernel_open_memory(kernel_, &range), 0);
  EXPECT_EQ(skep_kernel_open_memory(kernel_, &range), -EINVAL);
  EXPECT_EQ(run("load_behind_given_object"), 0) << skep_error();
  skep_kernel_denied(kernel_, &reads, nullptr, nullptr, nullptr);
  EXPECT_EQ(reads, 1U);
  EXPECT_EQ(skep_kernel_close_memory(kernel_, &behind_it), 0);
  EXPECT_EQ(skep_kernel_close_memory(kernel_, &behind_it), -ENOENT);
  EXPECT_EQ(run("load_behind_given_object"), 0) << skep_error();
  skep_kernel_denied(kernel_, &reads, nullptr, nullptr, nullptr);
  EXPECT_EQ(reads, 2U);
}

TEST_F(CBounds, HostMemoryIsOpenByModuleOrAsAWhole) {
  memory_[0] = {&behind_it, sizeof behind_it, false};
  memory_count_ = 1;
  open({}, "reach");
  EXPECT_EQ(run("load_behind_given_object"), 0) << skep_error();
  std::uint64_t reads = 0;
  skep_kernel_denied(kernel_, &reads, nullptr, nullptr, nullptr);
  EXPECT_EQ(reads, 0U);
}

TEST_F(CBounds, HostMemoryIsOpenAsAWhole) {
  skep_kernel_options options = {};
  options.open_host_memory = true;
  open(options, "reach");
  EXPECT_EQ(run("load_behind_given_object"), 0) << skep_error();
  std::uint64_t reads = 0;
  skep_kernel_denied(kernel_, &reads, nullptr, nullptr, nullptr);
  EXPECT_EQ(reads, 0U);
}

}  // namespace
