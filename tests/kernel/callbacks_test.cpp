// Listeners that call back into the Kernel, set others, and are called from several threads.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <future>
#include <string>
#include <thread>
#include <vector>

#include "kernel/impl.hpp"
#include "support/commands.hpp"

namespace skep {
namespace {

using testing::ElementsAre;

// A command that is refused with a line in the log.
int refused(Kernel& kernel) {
  attr::MapCreate attr{};
  attr.map_type = static_cast<std::uint32_t>(MapType::array);
  attr.key_size = attr.value_size = attr.max_entries = 4;
  attr.map_ifindex = 1;
  return test::Bpf{kernel}.command(Command::map_create, attr);
}

TEST(Callbacks, AListenerMayCallTheKernel) {
  const auto kernel = test::make_kernel();
  std::vector<std::string> lines;
  std::string inside;
  int map = -1;
  kernel->on_log([&](std::string_view line) {
    lines.emplace_back(line);
    EXPECT_EQ(refused(*kernel), -EOPNOTSUPP);  // told to refusal(), not to the listener that is in a call
    inside = Kernel::refusal();
    map = test::Bpf{*kernel}.map(MapType::hash, 4, 4, 4);
  });
  EXPECT_EQ(refused(*kernel), -EOPNOTSUPP);
  EXPECT_THAT(lines, ElementsAre("maps of a network device are not supported"));
  EXPECT_EQ(inside, "maps of a network device are not supported");
  EXPECT_GE(map, 0);
}

TEST(Callbacks, AListenerMaySetAnother) {
  const auto kernel = test::make_kernel();
  std::vector<std::string> said;
  kernel->on_log([&](std::string_view) {
    said.emplace_back("first");
    kernel->on_log([&](std::string_view) { said.emplace_back("second"); });
    said.emplace_back("still first");
  });
  refused(*kernel);
  refused(*kernel);
  EXPECT_THAT(said, ElementsAre("first", "still first", "second"));
}

TEST(Callbacks, AListenerMayThrow) {
  const auto kernel = test::make_kernel();
  int calls = 0;
  kernel->on_log([&](std::string_view) {
    ++calls;
    throw 1;
  });
  EXPECT_EQ(refused(*kernel), -EOPNOTSUPP);
  EXPECT_EQ(refused(*kernel), -EOPNOTSUPP);
  EXPECT_EQ(calls, 2);
}

TEST(Callbacks, WhatMakesALoadersPartMayThrow) {
  const auto kernel = test::make_kernel();
  EXPECT_EQ(kernel->loader_part([]() -> std::shared_ptr<void> { throw 1; }), nullptr);
  const auto part = std::make_shared<int>(1);
  EXPECT_EQ(kernel->loader_part([&] { return part; }), part.get());
}

// What another thread has to say meanwhile does not make it wait, and is told by the thread that is in the listener.
TEST(Callbacks, LinesOfOtherThreadsWait) {
  const auto kernel = test::make_kernel();
  std::vector<std::thread::id> tellers;
  kernel->on_log([&](std::string_view) {
    tellers.push_back(std::this_thread::get_id());
    if (tellers.size() == 1) std::thread([&] { refused(*kernel); }).join();
  });
  refused(*kernel);
  EXPECT_THAT(tellers, ElementsAre(std::this_thread::get_id(), std::this_thread::get_id()));
}

TEST(Callbacks, TheOneBeforeIsInNoCallAfterwards) {
  const auto kernel = test::make_kernel();
  std::promise<void> entered, leave;
  std::atomic<bool> left{false};
  kernel->on_log([&](std::string_view) {
    entered.set_value();
    leave.get_future().wait();
    left = true;
  });
  std::thread speaker([&] { refused(*kernel); });
  entered.get_future().wait();
  std::thread setter([&] {
    kernel->on_log(nullptr);
    EXPECT_TRUE(left);
  });
  leave.set_value();
  setter.join();
  speaker.join();
}

// No key or value type of a map may lie outside of its BTF, wherever that ends.
TEST(TypeIds, OfMapsAreInTheirTypes) {
  const auto kernel = test::make_kernel();
  test::Bpf bpf{*kernel};
  // BTF with one int of 4 bytes
  const std::uint32_t words[] = {0x0001eb9f, 24, 0, 16, 16, 5, 1, 1 << 24, 4, 32};
  std::vector<std::uint8_t> raw(sizeof words + 5);
  std::memcpy(raw.data(), words, sizeof words);
  std::memcpy(raw.data() + sizeof words, "\0int", 5);
  attr::BtfLoad load{};
  load.btf = test::address_of(raw.data());
  load.btf_size = static_cast<std::uint32_t>(raw.size());
  const int types = bpf.command(Command::btf_load, load);
  ASSERT_GE(types, 0);
  const auto create = [&](std::uint32_t key, std::uint32_t value) {
    attr::MapCreate attr{};
    attr.map_type = static_cast<std::uint32_t>(MapType::array);
    attr.key_size = attr.value_size = attr.max_entries = 4;
    attr.btf_fd = static_cast<std::uint32_t>(types);
    attr.btf_key_type_id = key;
    attr.btf_value_type_id = value;
    return bpf.command(Command::map_create, attr);
  };
  EXPECT_GE(create(1, 1), 0);
  for (const std::uint32_t id : {2U, 3U, 100'000'000U, 0x7fff'ffffU, 0xffff'ffffU}) {
    EXPECT_EQ(create(id, 1), -EINVAL) << id;
    EXPECT_EQ(create(1, id), -EINVAL) << id;
    EXPECT_EQ(create(id, id), -EINVAL) << id;
  }
}

}  // namespace
}  // namespace skep
