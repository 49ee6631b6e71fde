// A HID-BPF program of Linux's own, of its library for asynchronous calls, in a driver that plays the device (XPPen's
// ACK05 remote): probing it sends it into its raw mode; when it connects again an event arms a timer, which starts a
// work item, which sends it there once more. The object is made of the kernel's sources by
// tests/conformance/build-corpus.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstring>
#include <filesystem>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "drivers/kernel_struct.hpp"
#include "skep/skep.hpp"
#include "skep/testing.hpp"
#include "support/corpus.hpp"

namespace skep::test {
namespace {

using Report = std::vector<std::uint8_t>;
constexpr std::uint64_t number = 3, delay_ns = 10'000'000;
constexpr std::uint32_t vendor_descriptor = 36;

class Remote {
 public:
  HostModule module() {
    HostModule m;
    m.name = "remote";
    const auto kfunc = [this, &m](std::string_view prototype, std::uint32_t flags, HostFunction function,
                                  std::string_view destroys = {}) {
      m.kfuncs.push_back({prototype, flags, all_program_types, function, this, destroys});
    };
    kfunc("__u8 *hid_bpf_get_data(struct hid_bpf_ctx *ctx, unsigned int offset, const size_t rdwr_buf_size)",
          host_ret_null, [](const HostCall& c) -> std::uint64_t {
            Report& data = of(c).data;
            const bool within = c[1] <= data.size() && c[2] <= data.size() - c[1];
            return within ? reinterpret_cast<std::uint64_t>(data.data() + c[1]) : 0;
          });
    kfunc("struct hid_bpf_ctx *hid_bpf_allocate_context(unsigned int hid_id)",
          host_acquire | host_ret_null | host_sleepable, [](const HostCall& c) -> std::uint64_t {
            Remote& remote = of(c);
            if (c[0] != number) return 0;
            ++remote.contexts;
            return remote.context->address();
          });
    kfunc(
        "void hid_bpf_release_context(struct hid_bpf_ctx *ctx)", host_release | host_sleepable,
        [](const HostCall& c) -> std::uint64_t { return --of(c).contexts, 0; }, "hid_bpf_ctx");
    kfunc("int hid_bpf_hw_output_report(struct hid_bpf_ctx *ctx, __u8 *buf, size_t buf__sz)", host_sleepable,
          [](const HostCall& c) -> std::uint64_t {
            const auto* const bytes = c.pointer<const std::uint8_t>(1);
            of(c).received.emplace_back(bytes, bytes + c.sizes[1]);
            return of(c).broken ? static_cast<std::uint64_t>(-5) : c.sizes[1];
          });
    return m;
  }
  Report data;
  std::vector<Report> received;  // what it was sent
  std::unique_ptr<KernelStruct> context;
  int contexts = 0;  // that the program holds
  bool broken = false;

 private:
  static Remote& of(const HostCall& call) { return *static_cast<Remote*>(call.user); }
};

class KernelInput : public testing::Test {
 protected:
  void SetUp() override {
    const std::string file = corpus_file("drivers/XPPen__ACK05.bpf.o");
    if (!std::filesystem::exists(file)) GTEST_SKIP() << "the kernel's sources were not built";
    KernelOptions options;
    options.clock_ns = 1'000'000'000;
    options.modules.push_back(remote.module());
    auto made = make_kernel(options);
    ASSERT_TRUE(made) << made.message();
    kernel = *made;
    kernel->on_run_stopped([this](const StoppedRun& run) { stopped.push_back(run.message); });
    auto loaded = Object::load(kernel, file);
    ASSERT_TRUE(loaded) << loaded.message();
    object = *loaded;
    auto attached = object.map("xppen_ack05_remote")->attach();
    ASSERT_TRUE(attached) << attached.message();
    link = std::move(*attached);
    ops.emplace(kernel, "xppen_ack05_remote");
    remote.context = std::make_unique<KernelStruct>(
        *kernel, "hid_bpf_ctx", R"({"hid": {"id": 3, "name": "ACK05"}, "allocated_size": 32, "size": 12})");
  }
  void TearDown() override {
    EXPECT_THAT(stopped, testing::IsEmpty());
    EXPECT_EQ(remote.contexts, 0);
  }
  // Whether the program wants the device.
  std::int32_t probe(std::uint32_t descriptor_size) {
    struct {
      std::uint32_t device, size;
      std::uint8_t descriptor[4096];
      std::int32_t answer;
    } args = {.device = number, .size = descriptor_size, .descriptor = {}, .answer = 77};
    const auto run =
        object.program("probe")->run({.context = {reinterpret_cast<const std::uint8_t*>(&args), sizeof args}});
    EXPECT_TRUE(run) << run.message();
    if (run) std::memcpy(&args, run->context.data(), std::min(sizeof args, run->context.size()));
    return args.answer;
  }
  // What becomes of a report; empty: it goes on as it was.
  Report send(Report report) {
    remote.data = std::move(report);
    const auto size = ops->call("hid_device_event", {remote.context->address(), 0, 0});
    EXPECT_TRUE(size) << size.message();
    const auto length = size ? static_cast<std::int32_t>(*size) : 0;
    return length > 0 ? Report(remote.data.begin(), remote.data.begin() + length) : Report();
  }
  Remote remote;
  std::shared_ptr<Kernel> kernel;
  Object object;
  Link link;
  std::optional<StructOps> ops;
  std::vector<std::string> stopped;
};

constexpr std::uint8_t connects_again[] = {2, 0xf8, 2, 1, 0, 0, 0, 0, 0, 0, 0, 0};
Report raw_mode() {
  Report magic = {0x02, 0xb0, 0x04};
  magic.resize(32);
  return magic;
}

TEST_F(KernelInput, ProbingSendsTheDeviceIntoItsRawMode) {
  EXPECT_EQ(probe(17), -22) << "no descriptor of this device";
  EXPECT_EQ(probe(102), 0);
  EXPECT_THAT(remote.received, testing::IsEmpty());
  EXPECT_EQ(probe(vendor_descriptor), 0);
  EXPECT_THAT(remote.received, testing::ElementsAre(raw_mode()));
  EXPECT_NE(probe(vendor_descriptor), 0) << "there is one asynchronous function, and it is taken";
}

TEST_F(KernelInput, AnEventArmsTheTimerWhoseWorkSendsAReport) {
  ASSERT_EQ(probe(vendor_descriptor), 0);
  remote.received.clear();
  send(Report(std::begin(connects_again), std::end(connects_again)));
  ASSERT_TRUE(advance_clock(*kernel, delay_ns - 1));
  EXPECT_THAT(remote.received, testing::IsEmpty());
  ASSERT_TRUE(advance_clock(*kernel, 1));
  EXPECT_THAT(remote.received, testing::ElementsAre(raw_mode()));
  EXPECT_EQ(kernel->work().ran, 1U);
  EXPECT_EQ(kernel->work().timers, 1U);
}

TEST_F(KernelInput, AThousandConnectionsAreAllAnswered) {
  ASSERT_EQ(probe(vendor_descriptor), 0);
  remote.received.clear();
  for (int i = 0; i < 1000; ++i) {
    remote.broken = i % 7 == 6;
    send(Report(std::begin(connects_again), std::end(connects_again)));
    // One that comes while the call is under way changes nothing.
    send(Report(std::begin(connects_again), std::end(connects_again)));
    ASSERT_TRUE(advance_clock(*kernel, delay_ns));
  }
  EXPECT_EQ(remote.received.size(), 1000U);
  EXPECT_EQ(kernel->work().ran, 1000U);
}

TEST_F(KernelInput, ReportsAreRewrittenOnTheirWay) {
  EXPECT_EQ(send({2, 0xf0, 1, 0, 0, 0, 0, 2, 0, 0, 0, 0}), (Report{0xf0, 0xf0, 1, 0, 0, 0, 0, 0xff}));
  EXPECT_EQ(send({2, 0xf2, 1, 55, 0, 0, 0, 0}), (Report{0xf2, 0xf2, 1, 55, 0}));
  EXPECT_EQ(send({6, 1, 0x12, 0, 0, 0, 0, 0}), Report());
  EXPECT_EQ(send({2, 0xf0}), Report()) << "too short to be read";
  // The descriptor gets another one behind it.
  remote.data.assign(4096, 0);
  remote.context->set({"size"}, vendor_descriptor);
  const auto fixed = ops->call("hid_rdesc_fixup", {remote.context->address()});
  ASSERT_TRUE(fixed) << fixed.message();
  EXPECT_GT(*fixed, vendor_descriptor);
  EXPECT_EQ(remote.data[vendor_descriptor], 0x05) << "it begins with a usage page";
}

}  // namespace
}  // namespace skep::test
