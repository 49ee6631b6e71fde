// A TCP congestion control in a driver that plays the connection: round trips without and with losses.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <string>
#include <utility>
#include <vector>

#include "drivers/kernel_struct.hpp"
#include "skep/skep.hpp"
#include "skep/testing.hpp"

namespace skep::test {
namespace {

// A connection that always has something to send and is limited by its window alone.
class Connection {
 public:
  Connection(std::shared_ptr<Kernel> kernel, std::string map)
      : tcp_(*kernel, "tcp_sock",
             R"({"snd_cwnd": 10, "snd_ssthresh": 64, "snd_cwnd_clamp": 1000, "is_cwnd_limited": 1, "mss_cache": 1448,
                 "srtt_us": 80000})"),
        ops_(kernel, std::move(map)) {}
  std::uint64_t window() const { return tcp_.get({"snd_cwnd"}); }
  const KernelStruct& tcp() const { return tcp_; }

  // Everything that was sent is acknowledged, one segment at a time.
  void round_trip() {
    const std::uint64_t sent = window();
    tcp_.set({"max_packets_out"}, sent);
    for (std::uint64_t i = 0; i < sent; ++i) {
      const auto grown = ops_.call("cong_avoid", {tcp_.address(), acknowledged_++, 1});
      ASSERT_TRUE(grown) << grown.message();
    }
  }
  void loss() {
    tcp_.set({"prior_cwnd"}, window());
    const auto threshold = ops_.call("ssthresh", {tcp_.address()});
    ASSERT_TRUE(threshold) << threshold.message();
    tcp_.set({"snd_ssthresh"}, *threshold);
    tcp_.set({"snd_cwnd"}, *threshold);
  }
  // It was none.
  void take_back() {
    const auto before = ops_.call("undo_cwnd", {tcp_.address()});
    ASSERT_TRUE(before) << before.message();
    tcp_.set({"snd_cwnd"}, *before);
  }
  bool call_if_there(std::string_view member) { return static_cast<bool>(ops_.call(member, {tcp_.address()})); }

 private:
  KernelStruct tcp_;
  StructOps ops_;
  std::uint64_t acknowledged_ = 1;
};

TEST(CongestionControl, StartsSlowlyGrowsSteadilyAndIsCutByLosses) {
  auto kernel = make_kernel();
  ASSERT_TRUE(kernel) << kernel.message();
  auto object = Object::load(*kernel, DRIVER_OBJECTS "/congestion.bpf.o");
  ASSERT_TRUE(object) << object.message();
  auto attached = object->map("quarter")->attach();
  ASSERT_TRUE(attached) << attached.message();
  Connection connection(*kernel, "quarter");
  connection.round_trip();
  EXPECT_EQ(connection.window(), 20U);
  connection.round_trip();
  EXPECT_EQ(connection.window(), 40U);
  connection.round_trip();
  EXPECT_EQ(connection.window(), 64U) << "up to the threshold; the rest of the round trip is not enough for one more";
  for (int i = 0; i < 10; ++i) connection.round_trip();
  EXPECT_EQ(connection.window(), 74U) << "one segment a round trip";
  connection.loss();
  EXPECT_EQ(connection.window(), 74U - 18);
  connection.take_back();
  EXPECT_EQ(connection.window(), 74U);
  connection.loss();
  for (int i = 0; i < 100; ++i) {
    const std::uint64_t before = connection.window();
    connection.round_trip();
    EXPECT_LE(connection.window() - before, 1U);
    if (i % 10 == 9) connection.loss();
  }
  EXPECT_GT(connection.window(), 2U);
}

// CUBIC's members of the kernel's, on a clock that stands: after a loss the window is flat around where it was, and
// then grows faster than Reno's.
TEST(CongestionControl, MayBorrowCubic) {
  KernelOptions options;
  options.clock_ns = 1'000'000'000;
  auto kernel = make_kernel(options);
  ASSERT_TRUE(kernel) << kernel.message();
  auto object = Object::load(*kernel, DRIVER_OBJECTS "/congestion.bpf.o");
  ASSERT_TRUE(object) << object.message();
  auto attached = object->map("borrowed")->attach();
  ASSERT_TRUE(attached) << attached.message();
  Connection connection(*kernel, "borrowed");
  ASSERT_TRUE(connection.call_if_there("init"));
  for (int i = 0; i < 3; ++i) connection.round_trip();
  EXPECT_EQ(connection.window(), 64U);
  connection.loss();
  EXPECT_EQ(connection.window(), 44U) << "seven tenths";
  const auto grow_for = [&](int round_trips) {
    for (int i = 0; i < round_trips; ++i) {
      ASSERT_TRUE(advance_clock(**kernel, 100'000'000));
      connection.round_trip();
    }
  };
  grow_for(36);
  EXPECT_NEAR(static_cast<double>(connection.window()), 64, 6);
  grow_for(64);
  EXPECT_GT(connection.window(), 110U);
  EXPECT_LT(connection.window(), 200U);
}

// The kernel's own test controls, where its test suite was built: all of their members run.
class OfTheCorpus : public testing::TestWithParam<std::pair<const char*, const char*>> {};

TEST_P(OfTheCorpus, CarriesAConnection) {
  const auto [file, map] = GetParam();
  const char* const given = std::getenv("SKEP_CORPUS");
  const char* const home = std::getenv("HOME");
  const std::filesystem::path corpus =
      given != nullptr ? given : std::filesystem::path(home != nullptr ? home : "/") / ".cache/skep/corpus";
  if (!std::filesystem::exists(corpus / "obj" / file)) GTEST_SKIP() << "the kernel's test suite is not there";
  auto kernel = make_kernel();
  ASSERT_TRUE(kernel) << kernel.message();
  auto object = Object::load(*kernel, corpus / "obj" / file);
  ASSERT_TRUE(object) << object.message();
  auto attached = object->map(map)->attach();
  ASSERT_TRUE(attached) << attached.message();
  std::vector<std::string> stopped;
  (*kernel)->on_run_stopped([&](const StoppedRun& run) { stopped.push_back(run.message); });
  Connection connection(*kernel, map);
  (void)connection.call_if_there("init");
  const std::uint64_t before = connection.window();
  connection.round_trip();
  EXPECT_GT(connection.window(), before);
  const std::uint64_t grown = connection.window();
  connection.loss();
  EXPECT_LE(connection.window(), grown);
  for (int i = 0; i < 50; ++i) connection.round_trip();
  EXPECT_GE(connection.window(), 2U);
  EXPECT_THAT(stopped, testing::IsEmpty());
}

INSTANTIATE_TEST_SUITE_P(Controls, OfTheCorpus,
                         testing::Values(std::pair("bpf_dctcp.bpf.o", "dctcp"), std::pair("bpf_cubic.bpf.o", "cubic")));

}  // namespace
}  // namespace skep::test
