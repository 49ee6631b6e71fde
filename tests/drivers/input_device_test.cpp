// A HID-BPF program in a driver that plays the device: it sends events, of which the program rewrites some and drops
// others, and takes the events that the program sends back in its own name, from a work item that a timer started.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstring>
#include <string>
#include <vector>

#include "drivers/kernel_struct.hpp"
#include "skep/skep.hpp"
#include "skep/testing.hpp"

namespace skep::test {
namespace {

using Report = std::vector<std::uint8_t>;
constexpr std::uint64_t quiet_ns = 20'000'000;

class Device {
 public:
  HostModule module() {
    HostModule m;
    m.name = "input";
    const auto kfunc = [this, &m](std::string_view prototype, std::uint32_t flags, HostFunction function,
                                  std::string_view destroys = {}) {
      m.kfuncs.push_back({prototype, flags, all_program_types, function, this, destroys});
    };
    kfunc("__u8 *hid_bpf_get_data(struct hid_bpf_ctx *ctx, unsigned int offset, const size_t rdwr_buf_size)",
          host_ret_null, [](const HostCall& c) -> std::uint64_t {
            Device& d = of(c);
            if (c[1] > d.data_.size() || c[2] > d.data_.size() - c[1]) return 0;
            return reinterpret_cast<std::uint64_t>(d.data_.data() + c[1]);
          });
    kfunc("struct hid_bpf_ctx *hid_bpf_allocate_context(unsigned int hid_id)",
          host_acquire | host_ret_null | host_sleepable, [](const HostCall& c) -> std::uint64_t {
            Device& d = of(c);
            if (c[0] != number) return 0;
            ++d.contexts;
            return d.context_->address();
          });
    kfunc(
        "void hid_bpf_release_context(struct hid_bpf_ctx *ctx)", host_release | host_sleepable,
        [](const HostCall& c) -> std::uint64_t {
          --of(c).contexts;
          return 0;
        },
        "hid_bpf_ctx");
    kfunc("int hid_bpf_input_report(struct hid_bpf_ctx *ctx, enum hid_report_type type, u8 *buf, const size_t buf__sz)",
          host_sleepable, [](const HostCall& c) -> std::uint64_t {
            const auto* const bytes = c.pointer<const std::uint8_t>(2);
            of(c).taken.emplace_back(bytes, bytes + c.sizes[2]);
            return of(c).broken ? static_cast<std::uint64_t>(-5) : 0;
          });
    return m;
  }
  void begin(std::shared_ptr<Kernel> kernel) {
    context_ =
        std::make_unique<KernelStruct>(*kernel, "hid_bpf_ctx", R"({"hid": {"id": 7}, "allocated_size": 4, "size": 4})");
    ops_.emplace(std::move(kernel), "buttons");
  }
  // What becomes of an event: what user space sees of it; nothing: it is dropped.
  std::optional<Report> send(const Report& report) {
    data_ = report;
    const auto result = ops_->call("hid_device_event", {context_->address(), 0, 0});
    EXPECT_TRUE(result) << result.message();
    if (!result || static_cast<std::int32_t>(*result) < 0) return std::nullopt;
    return data_;
  }

  static constexpr std::uint64_t number = 7;
  std::vector<Report> taken;  // that the program sent
  int contexts = 0;           // that it holds
  bool broken = false;

 private:
  static Device& of(const HostCall& call) { return *static_cast<Device*>(call.user); }
  Report data_;
  std::unique_ptr<KernelStruct> context_;
  std::optional<StructOps> ops_;
};

class InputDevice : public testing::Test {
 protected:
  void SetUp() override {
    KernelOptions options;
    options.clock_ns = 1'000'000'000;
    options.modules.push_back(device.module());
    auto made = make_kernel(options);
    ASSERT_TRUE(made) << made.message();
    kernel = *made;
    auto loaded = Object::load(kernel, DRIVER_OBJECTS "/buttons.bpf.o");
    ASSERT_TRUE(loaded) << loaded.message();
    object = *loaded;
    auto attached = object.map("buttons")->attach();
    ASSERT_TRUE(attached) << attached.message();
    link = std::move(*attached);
    kernel->on_run_stopped([this](const StoppedRun& run) { stopped.push_back(run.message); });
    device.begin(kernel);
  }
  void TearDown() override {
    EXPECT_THAT(stopped, testing::IsEmpty());
    EXPECT_EQ(device.contexts, 0);
  }
  Device device;
  std::shared_ptr<Kernel> kernel;
  Object object;
  Link link;
  std::vector<std::string> stopped;
};

TEST_F(InputDevice, AnEventArmsTheTimerWhoseWorkReportsTheRelease) {
  EXPECT_EQ(device.send({5, 3, 0, 0}), (Report{5, 3, 0x83, 0})) << "rewritten on its way";
  ASSERT_TRUE(advance_clock(*kernel, quiet_ns - 1));
  EXPECT_THAT(device.taken, testing::IsEmpty());
  ASSERT_TRUE(advance_clock(*kernel, 1));
  EXPECT_THAT(device.taken, testing::ElementsAre(Report{5, 0, 0, 0}));
  EXPECT_EQ(kernel->work().ran, 1U);
}

TEST_F(InputDevice, AHeldButtonPutsTheTimeOff) {
  for (int i = 0; i < 10; ++i) {
    device.send({5, 3, 0, 0});
    ASSERT_TRUE(advance_clock(*kernel, quiet_ns / 2));
  }
  EXPECT_THAT(device.taken, testing::IsEmpty());
  ASSERT_TRUE(advance_clock(*kernel, quiet_ns / 2));
  EXPECT_EQ(device.taken.size(), 1U);
}

TEST_F(InputDevice, WhatItDoesNotKnowIsDroppedAndWhatIsShortGoesOn) {
  EXPECT_EQ(device.send({9, 3, 0, 0}), std::nullopt);
  EXPECT_EQ(device.send({5, 3}), (Report{5, 3}));
  EXPECT_EQ(device.send({5, 0, 0, 0}), (Report{5, 0, 0, 0}));
  ASSERT_TRUE(advance_clock(*kernel, 10 * quiet_ns));
  EXPECT_THAT(device.taken, testing::IsEmpty());
}

TEST_F(InputDevice, AThousandEventsAreAllReleased) {
  for (int i = 0; i < 1000; ++i) {
    device.broken = i % 10 == 9;
    device.send({5, static_cast<std::uint8_t>(1 + i % 200), 0, 0});
    ASSERT_TRUE(advance_clock(*kernel, quiet_ns));
  }
  EXPECT_EQ(device.taken.size(), 1000U);
}

}  // namespace
}  // namespace skep::test
