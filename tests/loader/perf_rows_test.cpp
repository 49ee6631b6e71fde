// What Linux 7.3 answers about perf event arrays, their events and rings: the questions of
// tests/conformance/perf_rows.c. And that programs which get packets as the kernel's own objects send parts of them.
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sched.h>

#include <cerrno>
#include <cstring>
#include <string>
#include <vector>

#include "loader/answers.hpp"
#include "skep/describe.hpp"
#include "skep/testing.hpp"

extern "C" void ask_about_perf_events(FILE* to, const char* object);

namespace skep {
namespace {

class PerfRows : public testing::TestWithParam<Engine> {};

TEST_P(PerfRows, AreAnsweredAsLinux73Does) {
  cpu_set_t allowed;
  ASSERT_EQ(sched_getaffinity(0, sizeof allowed, &allowed), 0);
  if (!CPU_ISSET(0, &allowed) || !CPU_ISSET(1, &allowed)) GTEST_SKIP() << "the questions need the CPUs 0 and 1";
  KernelOptions options;
  options.cpus = 2;  // as the machine had that was asked
  options.engine = GetParam();
  std::string error;
  const auto kernel = Kernel::make(options, error);
  ASSERT_NE(kernel, nullptr) << error;
  test::expect_answers(test::answers_of(*kernel, [](std::FILE* out) { ask_about_perf_events(out, PERF_QUESTIONS); }),
                       CONFORMANCE_DIR "/perf-7.3.txt", 100);
}

// As bpf_skb_event_output() and bpf_xdp_event_output() of 7.3: more than there is of the packet is -EFAULT.
TEST_P(PerfRows, PartsOfPacketsFollowTheProgramsBytes) {
  KernelOptions options;
  options.engine = GetParam();
  std::string error;
  const auto kernel = Kernel::make(options, error);
  ASSERT_NE(kernel, nullptr) << error;
  const KernelBinding binding(*kernel);
  bpf_object* const object = bpf_object__open(PERF_QUESTIONS);
  ASSERT_NE(object, nullptr);
  for (const char* const name : {"from_skb", "from_frame"})
    bpf_program__set_autoload(bpf_object__find_program_by_name(object, name), true);
  ASSERT_EQ(bpf_object__load(object), 0) << Kernel::refusal();
  std::vector<std::vector<std::uint8_t>> records;
  on_perf_record(*kernel, [&](const PerfRecord& record) { records.push_back(record.bytes); });
  const auto run = [&](const char* name, const char* context, std::uint64_t flags, std::uint64_t size) {
    struct {
      std::uint64_t flags, size;
      std::int64_t answer;
      std::uint64_t value[3];
    } asked = {flags, size, 12345, {}};
    const int zero = 0, map = bpf_map__fd(bpf_object__find_map_by_name(object, ".data.asked"));
    EXPECT_EQ(bpf_map_update_elem(map, &zero, &asked, 0), 0);
    DescribedRun described;
    described.context = context;
    DescribedResult result;
    const int program = bpf_program__fd(bpf_object__find_program_by_name(object, name));
    EXPECT_EQ(run_described(*kernel, program, described, result), 0) << Kernel::refusal();
    EXPECT_EQ(bpf_map_lookup_elem(map, &zero, &asked), 0);
    return asked.answer;
  };
  constexpr std::uint64_t this_cpu = 0xffffffff;
  constexpr auto part = [](std::uint64_t length) { return length << 32 | this_cpu; };
  const char* const packet = R"({"skb": {"len": 5, "data": [21, 22, 23, 24, 25]}})";
  EXPECT_EQ(run("from_skb", packet, this_cpu, 3), 0);
  EXPECT_EQ(run("from_skb", packet, part(4), 2), 0);
  EXPECT_EQ(run("from_skb", packet, part(5), 1), 0);
  EXPECT_THAT(records, testing::ElementsAre(testing::ElementsAre(1, 0, 0), testing::ElementsAre(1, 0, 21, 22, 23, 24),
                                            testing::ElementsAre(1, 21, 22, 23, 24, 25)));
  records.clear();
  EXPECT_EQ(run("from_skb", packet, part(6), 2), -EFAULT);
  EXPECT_EQ(run("from_skb", packet, std::uint64_t{1} << 52, 2), -EINVAL);
  EXPECT_EQ(run("from_skb", packet, 4, 2), -E2BIG) << "an index beyond the map";
  EXPECT_EQ(run("from_frame", R"({"xdp": {"data": [1, 2, 3]}})", part(1), 2), -EFAULT) << "it has no end";
  EXPECT_THAT(records, testing::IsEmpty());
  bpf_object__close(object);
}

INSTANTIATE_TEST_SUITE_P(Engines, PerfRows, testing::Values(Engine::interpreter, Engine::compiled),
                         [](const auto& engine) {
                           return engine.param == Engine::compiled ? "Compiled" : "Interpreted";
                         });

}  // namespace
}  // namespace skep
