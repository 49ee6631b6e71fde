// skep.h: that each function does what its C++ counterpart does, that nothing is thrown out of it, and that structures
// of other versions are understood.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <poll.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <map>
#include <stdexcept>
#include <string>
#include <vector>

#include "skep/skep.h"

namespace {

using testing::HasSubstr;

struct Saw {
  std::array<std::uint64_t, 5> sizes{};
  skep_kernel* kernel = nullptr;
  bool throws = false;
};
Saw saw;

std::uint64_t sum(const skep_call* call) {
  auto& told = *static_cast<Saw*>(call->user);
  std::copy_n(call->sizes, 5, told.sizes.begin());
  if (told.throws) throw std::runtime_error("not today");
  const auto* bytes = reinterpret_cast<const std::uint8_t*>(call->args[0]);
  std::uint64_t total = 0;
  for (std::uint64_t i = 0; i < call->sizes[0]; ++i) total += bytes[i];
  EXPECT_EQ(skep_kernel_pump_fd(call->kernel) >= 0, true);
  return total;
}
std::uint64_t number(const skep_call* call) {
  return call->args[0] + 1;
}

const skep_kfunc kfuncs[] = {{"u64 app_sum(const u8 *data, u32 data__sz)", 0, SKEP_ANY_PROGRAM, sum, &saw},
                             {"u64 app_number(u64 number)", 0, SKEP_ANY_PROGRAM, number, nullptr}};
const char* const types[] = {"struct app_ops { int (*choose)(u64 a, u64 b); int (*unused)(u64 a); }", nullptr};
const char* const tables[] = {"app_ops", nullptr};
const char* const functions[] = {"int app_hook(u64 a, u64 b)", nullptr};
const char* const modifiable[] = {"app_hook", nullptr};
const skep_module app = {sizeof app, "app", types, kfuncs, 2, functions, modifiable, nullptr, nullptr, tables, nullptr};

struct CInterface : testing::Test {
  CInterface() {
    saw = {};
    skep_kernel_options options{};
    options.size = sizeof options;
    options.cpus = 2;
    options.no_host_btf = true;
    options.pumped = true;
    options.modules = &app;
    options.module_count = 1;
    EXPECT_EQ(skep_kernel_open(&options, &kernel), 0) << skep_error();
    EXPECT_EQ(skep_object_load(kernel, API_OBJECT, &object), 0) << skep_error();
  }
  ~CInterface() override {
    skep_kernel_close(kernel);  // before what is on it: the order does not matter
    skep_object_close(object);
  }
  skep_program* program(const char* name) {
    skep_program* found = nullptr;
    EXPECT_EQ(skep_object_program(object, name, &found), 0) << skep_error();
    return found;
  }
  skep_map* map(const char* name) {
    skep_map* found = nullptr;
    EXPECT_EQ(skep_object_map(object, name, &found), 0) << skep_error();
    return found;
  }
  skep_kernel* kernel = nullptr;
  skep_object* object = nullptr;
};

TEST_F(CInterface, RunsAndReadsMaps) {
  skep_program* count = program("count");
  EXPECT_NE(skep_program_id(count), 0U);
  EXPECT_GE(skep_program_fd(count), 0);
  std::vector<std::uint8_t> packet(80, 1), out(100);
  skep_run run{};
  run.size = sizeof run;
  run.packet = packet.data();
  run.packet_size = packet.size();
  run.packet_out = out.data();
  run.packet_out_size = out.size();
  ASSERT_EQ(skep_program_run(count, &run), 0) << skep_error();
  EXPECT_EQ(run.verdict, 80U);
  EXPECT_EQ(run.packet_out_length, 80U);
  EXPECT_EQ(std::vector<std::uint8_t>(out.begin(), out.begin() + 80), packet);
  run.packet_out_size = 10;
  EXPECT_EQ(skep_program_run(count, &run), -ENOSPC);

  skep_map* counts = map("counts");
  EXPECT_EQ(skep_map_key_size(counts), 4U);
  EXPECT_EQ(skep_map_value_size(counts), 8U);
  std::uint32_t key = 80, next = 0;
  std::uint64_t value = 0;
  EXPECT_EQ(skep_map_lookup(counts, &key, sizeof key, &value, sizeof value), 0);
  EXPECT_EQ(value, 2U);
  EXPECT_EQ(skep_map_lookup(counts, &key, sizeof key, &value, 4), -EINVAL);
  EXPECT_THAT(skep_error(), HasSubstr("its value has 8 bytes, not 4"));
  EXPECT_EQ(skep_map_next_key(counts, nullptr, &next, sizeof next), 0);
  EXPECT_EQ(next, 80U);
  EXPECT_EQ(skep_map_next_key(counts, &next, &next, sizeof next), -ENOENT);
  EXPECT_EQ(skep_map_delete(counts, &key, sizeof key), 0);
  EXPECT_EQ(skep_map_delete(counts, &key, sizeof key), -ENOENT);
  EXPECT_EQ(skep_map_update(counts, &key, sizeof key, &value, sizeof value, 2), -ENOENT);
  EXPECT_EQ(skep_map_update(counts, &key, sizeof key, &value, sizeof value, 0), 0);
  skep_map* each_cpu = map("each_cpu");
  EXPECT_EQ(skep_map_value_size(each_cpu), 16U);
  skep_map_close(each_cpu);
  skep_map_close(counts);
  skep_program_close(count);
}

TEST_F(CInterface, ContextsAreWrittenBack) {
  skep_program* twice = program("twice");
  std::uint64_t number = 21;
  skep_run run{};
  run.size = sizeof run;
  run.context = &number;
  run.context_size = sizeof number;
  ASSERT_EQ(skep_program_run(twice, &run), 0) << skep_error();
  EXPECT_EQ(number, 42U);
  EXPECT_EQ(run.verdict, 3U);
  skep_program_close(twice);
}

TEST_F(CInterface, HostFunctionsHooksAndTables) {
  skep_program* ask = program("ask");
  std::vector<std::uint8_t> packet(64);
  skep_run run{};
  run.size = sizeof run;
  run.packet = packet.data();
  run.packet_size = packet.size();
  ASSERT_EQ(skep_program_run(ask, &run), 0) << skep_error();
  EXPECT_EQ(run.verdict, 15U);
  EXPECT_EQ(saw.sizes[0], 5U);
  skep_program_close(ask);

  skep_program* veto = program("instead_of_hook");
  skep_link* link = nullptr;
  ASSERT_EQ(skep_program_attach(veto, nullptr, &link), 0) << skep_error();
  std::uint64_t args[] = {1, 13};
  const auto body = [](void* user) { return ++*static_cast<std::uint64_t*>(user); };
  std::uint64_t calls = 0;
  EXPECT_EQ(static_cast<std::int32_t>(skep_kernel_call_hook(kernel, "app_hook", args, 2, body, &calls)), -13);
  args[1] = 1;
  EXPECT_EQ(skep_kernel_call_hook(kernel, "app_hook", args, 2, body, &calls), 1U);
  std::uint32_t verdict = 0;
  std::uint64_t context[] = {1, 13};
  EXPECT_EQ(skep_link_fire(link, context, sizeof context, &verdict), 0) << skep_error();
  EXPECT_EQ(static_cast<std::int32_t>(verdict), -13);
  EXPECT_EQ(skep_link_detach(link), 0);
  EXPECT_EQ(skep_link_fire(link, context, sizeof context, &verdict), -ENOENT);
  skep_link_close(link);
  skep_program_close(veto);

  skep_map* chooser = map("chooser");
  std::uint64_t chosen = 0;
  EXPECT_EQ(skep_kernel_call_struct_ops(kernel, "chooser", "choose", args, 2, &chosen), -ENOENT);
  EXPECT_THAT(skep_error(), HasSubstr("attach it first"));
  ASSERT_EQ(skep_map_attach(chooser, &link), 0) << skep_error();
  EXPECT_EQ(skep_kernel_call_struct_ops(kernel, "chooser", "choose", args, 2, &chosen), 0) << skep_error();
  EXPECT_EQ(chosen, 1U);
  skep_link_close(link);
  skep_map_close(chooser);
}

TEST_F(CInterface, RingsAndWork) {
  skep_map* records = map("records");
  skep_ring* ring = nullptr;
  ASSERT_EQ(skep_ring_open(records, &ring), 0) << skep_error();
  skep_program* count = program("count");
  std::vector<std::uint8_t> packet(70);
  skep_run run{};
  run.size = sizeof run;
  run.packet = packet.data();
  run.packet_size = packet.size();
  ASSERT_EQ(skep_program_run(count, &run), 0) << skep_error();
  pollfd fd{skep_ring_fd(ring), POLLIN, 0};
  EXPECT_EQ(poll(&fd, 1, 0), 1);
  std::uint32_t length = 0;
  EXPECT_EQ(skep_ring_consume(
                ring,
                [](void* user, const void* record, std::size_t size) {
                  std::memcpy(user, record, size);
                  return 0;
                },
                &length),
            1);
  EXPECT_EQ(length, 70U);
  skep_ring_close(ring);
  skep_map_close(records);
  skep_program_close(count);

  std::vector<std::string> ran;
  skep_kernel_on_work_run(
      kernel,
      [](void* user, const skep_work_run* told) {
        static_cast<std::vector<std::string>*>(user)->emplace_back(told->callback);
      },
      &ran);
  skep_object* work = nullptr;
  ASSERT_EQ(skep_object_load(kernel, EXAMPLE_OBJECTS "/wq.bpf.o", &work), 0) << skep_error();
  skep_program* arm = nullptr;
  ASSERT_EQ(skep_object_program(work, "array_from_syscall", &arm), 0);
  skep_run empty{};
  empty.size = sizeof empty;
  ASSERT_EQ(skep_program_run(arm, &empty), 0) << skep_error();
  pollfd pump{skep_kernel_pump_fd(kernel), POLLIN, 0};
  EXPECT_EQ(poll(&pump, 1, 0), 1);
  EXPECT_EQ(skep_kernel_pump_cpu_fd(kernel, 1U << 20), -EINVAL);
  EXPECT_EQ(skep_kernel_pump_cpu(kernel, 1U << 20, 60'000'000'000), 0U);
  std::size_t runs = 0;
  for (const unsigned cpu : {0U, 1U}) {  // whichever the program ran on
    pollfd of_cpu{skep_kernel_pump_cpu_fd(kernel, cpu), POLLIN, 0};
    const bool readable = poll(&of_cpu, 1, 0) == 1;
    const std::size_t ended = skep_kernel_pump_cpu(kernel, cpu, 60'000'000'000);
    EXPECT_EQ(ended, readable ? 1U : 0U);
    runs += ended;
  }
  EXPECT_EQ(runs, 1U);
  EXPECT_EQ(poll(&pump, 1, 0), 0);
  EXPECT_EQ(skep_kernel_drain(kernel, 0), 1);
  EXPECT_THAT(ran, testing::ElementsAre("mark_after_sleep"));
  skep_program_close(arm);
  skep_object_close(work);
}

TEST_F(CInterface, NothingIsThrownOutOfIt) {
  std::vector<std::string> log;
  skep_kernel_on_log(
      kernel,
      [](void* user, const char* line) {
        static_cast<std::vector<std::string>*>(user)->emplace_back(line);
        throw 1;
      },
      &log);
  skep_kernel_on_trace(kernel, [](void*, const char*) { throw 1; }, nullptr);
  saw.throws = true;
  std::vector<std::uint8_t> packet(64);
  skep_run run{};
  run.size = sizeof run;
  run.packet = packet.data();
  run.packet_size = packet.size();
  for (const char* name : {"ask", "count"}) {
    skep_program* one = program(name);
    EXPECT_EQ(skep_program_run(one, &run), 0) << skep_error();
    skep_program_close(one);
  }
  EXPECT_EQ(
      skep_kernel_call_hook(kernel, "app_hook", nullptr, 0, [](void*) -> std::uint64_t { throw 1; }, nullptr), 0U);
  EXPECT_EQ(log.size(), 3U);
  skep_map* records = map("records");
  skep_ring* ring = nullptr;
  ASSERT_EQ(skep_ring_open(records, &ring), 0);
  EXPECT_EQ(skep_ring_consume(ring, [](void*, const void*, std::size_t) -> int { throw 1; }, nullptr), -ECANCELED);
  skep_ring_close(ring);
  skep_map_close(records);
}

TEST_F(CInterface, ErrorsHaveWords) {
  skep_program* none = nullptr;
  EXPECT_EQ(skep_object_program(object, "absent", &none), -ENOENT);
  EXPECT_THAT(skep_error(), HasSubstr("no program 'absent' is loaded"));
  skep_object* nowhere = nullptr;
  EXPECT_EQ(skep_object_load(kernel, "/nowhere.bpf.o", &nowhere), -ENOENT);
  std::uint8_t attr[8] = {};
  EXPECT_EQ(skep_kernel_bpf(kernel, 9999, attr, sizeof attr), -EINVAL);
  EXPECT_EQ(skep_kernel_close_fd(kernel, -1), -EBADF);
  EXPECT_STREQ(skep_version(), "0.1.0");
}

TEST(CKernels, HaveTheEngineThatIsAskedFor) {
  skep_kernel_options options{};
  options.size = sizeof options;
  options.no_host_btf = true;
  options.modules = &app;
  options.module_count = 1;
  for (const unsigned engine : {SKEP_ENGINE_INTERPRETER, SKEP_ENGINE_COMPILED, SKEP_ENGINE_AUTOMATIC}) {
    options.engine = engine;
    skep_kernel* kernel = nullptr;
    const int error = skep_kernel_open(&options, &kernel);
    if (error != 0 && engine == SKEP_ENGINE_COMPILED) {
      EXPECT_NE(std::string(skep_error()).find("LLVM"), std::string::npos) << "a build without it";
      continue;
    }
    ASSERT_EQ(error, 0) << skep_error();
    skep_object* object = nullptr;
    ASSERT_EQ(skep_object_load(kernel, API_OBJECT, &object), 0) << skep_error();
    skep_program* adds = nullptr;
    ASSERT_EQ(skep_object_program(object, "count", &adds), 0) << skep_error();
    std::uint8_t packet[64] = {};
    skep_run run{};
    run.size = sizeof run;
    run.packet = packet;
    run.packet_size = sizeof packet;
    EXPECT_EQ(skep_program_run(adds, &run), 0) << skep_error();
    skep_program_close(adds);
    skep_object_close(object);
    skep_kernel_close(kernel);
  }
  options.engine = 3;
  skep_kernel* kernel = nullptr;
  EXPECT_EQ(skep_kernel_open(&options, &kernel), -EINVAL);
}

TEST(CStructures, OfOtherVersionsAreUnderstood) {
  // An older caller's options end earlier, a newer one's later.
  struct {
    skep_kernel_options options;
    std::uint64_t more[4];
  } newer{};
  newer.options.size = sizeof newer;
  newer.options.no_host_btf = true;
  newer.options.cpus = 1;
  skep_kernel* kernel = nullptr;
  EXPECT_EQ(skep_kernel_open(&newer.options, &kernel), 0) << skep_error();
  skep_kernel_close(kernel);
  newer.options.pumped = true;
  newer.options.size = offsetof(skep_kernel_options, pumped);
  EXPECT_EQ(skep_kernel_open(&newer.options, &kernel), 0) << skep_error();
  EXPECT_EQ(skep_kernel_pump_fd(kernel), -EOPNOTSUPP);
  EXPECT_EQ(skep_kernel_pump_cpu_fd(kernel, 0), -EOPNOTSUPP);
  EXPECT_EQ(skep_kernel_pump_cpu(kernel, 0, 0), 0U);
  skep_kernel_close(kernel);
  skep_kernel_close(nullptr);
}

}  // namespace
