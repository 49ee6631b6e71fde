// libbpf's perf_buffer, unmodified: what programs send to a perf event array arrives, by polling and by consuming, from
// each virtual CPU; what finds no room is counted as lost.
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <linux/perf_event.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <memory>
#include <string>
#include <vector>

#include "skep/kernel.hpp"
#include "skep/limits.hpp"
#include "skep/perf_event.hpp"
#include "skep/testing.hpp"

namespace skep {
namespace {

struct Received {
  int cpu;
  std::size_t size;
  bool operator==(const Received&) const = default;
};

class PerfBuffer : public testing::Test {
 protected:
  void SetUp() override {
    std::string error;
    KernelOptions options;
    options.cpus = 2;
    kernel_ = Kernel::make(options, error);
    ASSERT_NE(kernel_, nullptr) << error;
    binding_ = std::make_unique<KernelBinding>(*kernel_);
    object_ = bpf_object__open(PERF_QUESTIONS);
    ASSERT_NE(object_, nullptr);
    ASSERT_EQ(bpf_object__load(object_), 0);
    events_ = bpf_map__fd(bpf_object__find_map_by_name(object_, "events"));
    asked_ = bpf_map__fd(bpf_object__find_map_by_name(object_, ".data.asked"));
  }
  void TearDown() override {
    perf_buffer__free(buffer_);
    bpf_object__close(object_);
  }
  void open(std::size_t pages, std::uint32_t wakeup = 1) {
    LIBBPF_OPTS(perf_buffer_opts, options, .sample_period = wakeup);
    buffer_ = perf_buffer__new(
        events_, pages,
        [](void* self, int cpu, void*, std::uint32_t size) {
          static_cast<PerfBuffer*>(self)->received_.push_back({cpu, size});
        },
        [](void* self, int, unsigned long long count) { static_cast<PerfBuffer*>(self)->lost_ += count; }, this,
        &options);
    ASSERT_NE(buffer_, nullptr) << errno;
  }
  long send(unsigned cpu, std::uint64_t size) {
    struct {
      std::uint64_t flags, size;
      std::int64_t answer;
      std::uint64_t value[3];
    } question = {0xffffffff, size, 12345, {}};
    const int zero = 0;
    EXPECT_EQ(bpf_map_update_elem(asked_, &zero, &question, 0), 0);
    LIBBPF_OPTS(bpf_test_run_opts, options, .flags = BPF_F_TEST_RUN_ON_CPU, .cpu = cpu);
    bpf_program* const program = bpf_object__find_program_by_name(object_, "from_tracepoint");
    EXPECT_EQ(bpf_prog_test_run_opts(bpf_program__fd(program), &options), 0);
    EXPECT_EQ(bpf_map_lookup_elem(asked_, &zero, &question), 0);
    return question.answer;
  }
  std::unique_ptr<Kernel> kernel_;
  std::unique_ptr<KernelBinding> binding_;
  bpf_object* object_ = nullptr;
  perf_buffer* buffer_ = nullptr;
  int events_ = -1, asked_ = -1;
  std::vector<Received> received_;
  std::uint64_t lost_ = 0;
};

TEST_F(PerfBuffer, IsPolledForRecordsOfEachCpu) {
  open(4);
  EXPECT_EQ(perf_buffer__buffer_cnt(buffer_), 2U);
  EXPECT_EQ(perf_buffer__poll(buffer_, 0), 0) << "nothing is there";
  EXPECT_EQ(send(0, 12), 0);
  EXPECT_EQ(send(1, 20), 0);
  EXPECT_EQ(send(1, 100), 0);
  EXPECT_EQ(perf_buffer__poll(buffer_, 0), 2) << "both have something";
  EXPECT_THAT(received_, testing::UnorderedElementsAre(Received{0, 12}, Received{1, 20}, Received{1, 100}));
  EXPECT_EQ(perf_buffer__poll(buffer_, 0), 0);
  EXPECT_EQ(lost_, 0U);
}

TEST_F(PerfBuffer, WakesAfterSoManyRecordsAndIsConsumedAtAnyTime) {
  open(4, 3);
  EXPECT_EQ(send(0, 12), 0);
  EXPECT_EQ(send(0, 12), 0);
  EXPECT_EQ(perf_buffer__poll(buffer_, 0), 0);
  EXPECT_EQ(perf_buffer__consume(buffer_), 0);
  EXPECT_EQ(received_.size(), 2U);
  EXPECT_EQ(send(0, 12), 0);
  EXPECT_EQ(perf_buffer__poll(buffer_, 0), 1);
  EXPECT_EQ(received_.size(), 3U);
}

TEST_F(PerfBuffer, CountsWhatFoundNoRoomAndGoesRound) {
  open(1);
  std::size_t sent = 0;
  std::uint64_t refused = 0;
  for (int round = 0; round < 100; ++round) {
    for (int i = 0; i < 5; ++i) {
      const long answer = send(0, 1004);
      EXPECT_TRUE(answer == 0 || answer == -ENOSPC) << answer;
      ++(answer == 0 ? sent : refused);
    }
    EXPECT_EQ(perf_buffer__poll(buffer_, 0), 1);
  }
  EXPECT_EQ(send(0, 4), 0) << "after it, the last loss is told";
  perf_buffer__consume(buffer_);
  EXPECT_GT(refused, 50U);
  EXPECT_EQ(lost_, refused);
  EXPECT_EQ(received_.size(), sent + 1);
}

TEST_F(PerfBuffer, TellsTheHostToo) {
  open(1);
  std::vector<PerfRecord> told;
  on_perf_record(*kernel_, [&](const PerfRecord& record) { told.push_back(record); });
  EXPECT_EQ(send(1, 12), 0);
  on_perf_record(*kernel_, nullptr);
  ASSERT_EQ(told.size(), 1U);
  EXPECT_EQ(told[0].index, 1U);
  perf_buffer__consume(buffer_);
  EXPECT_THAT(received_, testing::ElementsAre(Received{1, 12}));
}

TEST_F(PerfBuffer, IsGoneWhenItIsFreed) {
  open(1);
  EXPECT_EQ(send(0, 12), 0);
  perf_buffer__free(buffer_);
  buffer_ = nullptr;
  EXPECT_EQ(send(0, 12), -ENOENT);
}

TEST_F(PerfBuffer, BelievesNothingThatTheReaderWrites) {
  perf_event_attr attr = {};
  attr.size = sizeof attr;
  attr.type = PERF_TYPE_SOFTWARE;
  attr.config = PERF_COUNT_SW_BPF_OUTPUT;
  attr.sample_type = PERF_SAMPLE_RAW;
  const int fd = open_perf_event(*kernel_, &attr, -1, 0, -1, PERF_FLAG_FD_CLOEXEC);
  ASSERT_GE(fd, 0);
  auto* const ring = reinterpret_cast<perf_event_mmap_page*>(  // NOLINT(performance-no-int-to-ptr)
      kernel_->mmap(nullptr, 8192, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0));
  const int zero = 0;
  ASSERT_EQ(bpf_map_update_elem(events_, &zero, &fd, 0), 0);
  for (const std::uint64_t wrong : {~std::uint64_t{0}, std::uint64_t{1} << 63, std::uint64_t{12345}}) {
    ring->data_head = wrong;
    ring->data_tail = wrong;
    ring->data_size = wrong;
    ring->data_offset = wrong;
    for (int i = 0; i < 10; ++i) {
      const long answer = send(0, 1004);
      EXPECT_TRUE(answer == 0 || answer == -ENOSPC) << answer;
    }
  }
  munmap(ring, 8192);
  EXPECT_EQ(kernel_->close(fd), 0);
}

TEST_F(PerfBuffer, RefusesByNameWhatThereIsNot) {
  perf_event_attr attr = {};
  attr.size = sizeof attr;
  attr.type = PERF_TYPE_HARDWARE;
  EXPECT_EQ(open_perf_event(*kernel_, &attr, -1, 0, -1, 0), -EOPNOTSUPP);
  EXPECT_THAT(Kernel::refusal(), testing::HasSubstr("events of type 0 and configuration 0"));
  attr.type = PERF_TYPE_SOFTWARE;
  attr.config = PERF_COUNT_SW_BPF_OUTPUT;
  EXPECT_EQ(open_perf_event(*kernel_, &attr, 0, -1, -1, 0), -EOPNOTSUPP);
  EXPECT_THAT(Kernel::refusal(), testing::HasSubstr("events of one task"));
  attr.sample_type = PERF_SAMPLE_CALLCHAIN;
  EXPECT_EQ(open_perf_event(*kernel_, &attr, -1, 0, -1, 0), -EOPNOTSUPP);
  EXPECT_THAT(Kernel::refusal(), testing::HasSubstr("the samples 0x20"));
  attr.sample_type = PERF_SAMPLE_RAW;
  attr.write_backward = 1;
  EXPECT_EQ(open_perf_event(*kernel_, &attr, -1, 0, -1, 0), -EOPNOTSUPP);
  EXPECT_THAT(Kernel::refusal(), testing::HasSubstr("the attributes 0x"));
}

}  // namespace
}  // namespace skep
