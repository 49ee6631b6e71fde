// Running programs, the host's kfuncs, hooks and struct_ops, links, and work that the application pumps.
#include <bpf/bpf.h>
#include <poll.h>

#include <array>

#include "api/support.hpp"

namespace skep::test {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

std::vector<std::uint8_t> packet(std::size_t size) {
  return std::vector<std::uint8_t>(size, 0x11);
}
std::span<const std::uint8_t> bytes_of(const auto& value) {
  return {reinterpret_cast<const std::uint8_t*>(&value), sizeof value};
}

TEST(Program, RunsOnAPacket) {
  const Loaded loaded;
  const auto bytes = packet(100);
  __sk_buff context{};
  context.mark = 1;
  const auto run = loaded.program("count").run({.packet = bytes, .context = bytes_of(context), .repeat = 3});
  ASSERT_TRUE(run) << run.message();
  EXPECT_EQ(run->verdict, 100U);
  EXPECT_EQ(run->packet, bytes);
  ASSERT_EQ(run->context.size(), sizeof context);
  std::memcpy(&context, run->context.data(), sizeof context);
  EXPECT_EQ(context.mark, 7U);
  EXPECT_GT(run->duration.count(), 0);
  const auto short_packet = packet(3);
  const auto refused = loaded.program("count").run({.packet = short_packet});
  EXPECT_EQ(refused.error(), EINVAL);
  EXPECT_THAT(refused.message(), HasSubstr("program 'count' was not run"));
}

TEST(Program, RunsOnAContext) {
  const Loaded loaded;
  const std::uint64_t number = 21;
  const auto run = loaded.program("twice").run({.context = bytes_of(number)});
  ASSERT_TRUE(run) << run.message();
  EXPECT_EQ(run->verdict, 3U);
  std::uint64_t doubled = 0;
  ASSERT_EQ(run->context.size(), sizeof doubled);
  std::memcpy(&doubled, run->context.data(), sizeof doubled);
  EXPECT_EQ(doubled, 42U);
}

TEST(HostFunctions, GetUserDataTheKernelAndSizes) {
  Loaded loaded;
  const auto bytes = packet(64);
  const auto run = loaded.program("ask").run({.packet = bytes});
  ASSERT_TRUE(run) << run.message();
  EXPECT_EQ(run->verdict, 15U);
  EXPECT_THAT(loaded.host.sizes, ElementsAre(5, 0, 0, 0, 0));
  EXPECT_EQ(loaded.host.kernel, loaded.kernel.get());
  EXPECT_EQ(loaded.program("ask_number").run({.packet = bytes})->verdict, 65U);
}

TEST(Hooks, RunWhatIsAttachedInTheOrderOfATrampoline) {
  const Loaded loaded;
  int body_calls = 0;
  const auto hook = [&](std::uint64_t a, std::uint64_t b) {
    const std::array<std::uint64_t, 2> args = {a, b};
    return static_cast<std::int32_t>(loaded.kernel->call_hook("app_hook", args, [&]() -> std::uint64_t {
      ++body_calls;
      return 5;
    }));
  };
  EXPECT_EQ(hook(1, 1), 5);  // nothing is attached
  std::vector<Link> links;
  for (const char* name : {"before_hook", "instead_of_hook", "after_hook"}) {
    auto link = loaded.program(name).attach();
    ASSERT_TRUE(link) << link.message();
    links.push_back(*link);
  }
  EXPECT_EQ(hook(3, 1), 5);
  EXPECT_EQ(hook(4, 13), -13);
  EXPECT_EQ(body_calls, 2);
  const auto bss = loaded.map(".bss");
  struct Globals {
    std::uint64_t seen_length, hook_calls, hook_result;
  };
  const auto globals = bss.lookup<Globals>(std::uint32_t{0});
  ASSERT_TRUE(globals) << globals.message();
  const std::vector<std::uint64_t> words = {(*globals)->seen_length, (*globals)->hook_calls, (*globals)->hook_result};
  EXPECT_THAT(words, testing::UnorderedElementsAre(0, 7, static_cast<std::uint64_t>(-13)));
  links.clear();
  EXPECT_EQ(hook(4, 13), 5);
}

TEST(Links, AreFiredAndDetached) {
  const Loaded loaded;
  auto link = loaded.program("instead_of_hook").attach();
  ASSERT_TRUE(link) << link.message();
  EXPECT_NE(link->id(), 0U);
  std::array<std::uint64_t, 2> context = {1, 13};
  const auto verdict = link->fire(context.data(), sizeof context);
  ASSERT_TRUE(verdict) << verdict.message();
  EXPECT_EQ(static_cast<std::int32_t>(*verdict), -13);
  EXPECT_TRUE(link->detach());
  EXPECT_EQ(link->fire(context.data(), sizeof context).error(), ENOENT);
  EXPECT_EQ(loaded.kernel->links().size(), 1U);
  *link = Link();
  EXPECT_TRUE(loaded.kernel->links().empty());
}

TEST(Links, WithoutAPlaceToAttachToAreRefused) {
  const Loaded loaded;
  const auto link = loaded.program("count").attach();
  EXPECT_FALSE(link);
  EXPECT_THAT(link.message(), HasSubstr("program 'count' (section tcx/ingress) was not attached"));
  const auto with_place = loaded.program("count").attach({.target_fd = 1});
  EXPECT_TRUE(with_place) << with_place.message();
}

TEST(StructOps, AreCalledByName) {
  const Loaded loaded;
  const StructOps ops(loaded.kernel, "chooser");
  EXPECT_EQ(ops.call("choose", {3, 9}).error(), ENOENT);
  {
    const auto link = loaded.map("chooser").attach();
    ASSERT_TRUE(link) << link.message();
    const auto chosen = ops.call("choose", {3, 9});
    ASSERT_TRUE(chosen) << chosen.message();
    EXPECT_EQ(*chosen, 9U);
    EXPECT_EQ(ops.call("unused", {1}).error(), ENOSYS);
    EXPECT_THAT(ops.call("unused", {1}).message(), HasSubstr("no program implements 'unused'"));
    EXPECT_FALSE(loaded.map("chooser").attach());
  }
  EXPECT_EQ(ops.call("choose", {3, 9}).error(), ENOENT);
}

TEST(Object, AttachesAllThatSaysWhere) {
  const Loaded loaded;
  auto links = loaded.object.attach();
  ASSERT_TRUE(links) << links.message();
  EXPECT_EQ(links->size(), 4U);  // fentry, fmod_ret, fexit, struct_ops
}

// ---- what the host registers may throw

TEST(Exceptions, OfHostFunctionsAreAnErrorOfTheCall) {
  Loaded loaded;
  std::vector<std::string> log;
  loaded.kernel->on_log([&](std::string_view line) { log.emplace_back(line); });
  loaded.host.throws = true;
  const auto bytes = packet(64);
  const auto run = loaded.program("ask").run({.packet = bytes});
  ASSERT_TRUE(run) << run.message();
  EXPECT_EQ(static_cast<std::int32_t>(run->verdict), -EFAULT);
  EXPECT_THAT(log, ElementsAre("app_sum of the host threw an exception, which goes no further: not today"));
  loaded.kernel->on_log(nullptr);
}

TEST(Exceptions, OfListenersHooksAndConsumersStop) {
  const Loaded loaded(true);
  std::vector<std::string> log;
  loaded.kernel->on_log([&](std::string_view line) {
    if (line.find("threw an exception") != line.npos) log.emplace_back(line);  // loaders ask what there is, too
    throw 1;
  });
  loaded.kernel->on_trace([](std::string_view) { throw std::runtime_error("trace"); });
  const auto bytes = packet(64);
  EXPECT_TRUE(loaded.program("count").run({.packet = bytes}));
  ASSERT_EQ(log.size(), 1U);
  EXPECT_THAT(log[0], HasSubstr("on_trace"));
  EXPECT_EQ(loaded.kernel->call_hook("app_hook", {}, []() -> std::uint64_t { throw std::runtime_error("body"); }), 0U);
  ASSERT_EQ(log.size(), 2U);
  EXPECT_THAT(log[1], HasSubstr("app_hook of the host threw an exception, which goes no further: body"));
  auto ring = RingBuffer::open(loaded.map("records"));
  ASSERT_TRUE(ring) << ring.message();
  EXPECT_EQ(ring->consume([](std::span<const std::uint8_t>) -> bool { throw 1; }).error(), ECANCELED);
  loaded.kernel->on_work_run([](const WorkRun&) { throw std::runtime_error("work"); });
  const auto work = Object::load(loaded.kernel, std::string(EXAMPLE_OBJECTS) + "/wq.bpf.o");
  ASSERT_TRUE(work) << work.message();
  EXPECT_TRUE(work->program("array_from_syscall")->run());
  EXPECT_TRUE(loaded.kernel->drain(a_minute));
  ASSERT_EQ(log.size(), 3U);
  EXPECT_THAT(log[2], HasSubstr("on_work_run"));
}

// ---- the application's event loop

TEST(Pump, RunsWorkWhereItIsCalled) {
  const Loaded loaded(true);
  std::vector<std::string> ran;
  loaded.kernel->on_work_run([&](const WorkRun& run) { ran.push_back(run.callback); });
  const auto work = Object::load(loaded.kernel, std::string(EXAMPLE_OBJECTS) + "/wq.bpf.o");
  ASSERT_TRUE(work) << work.message();
  pollfd fd{loaded.kernel->pump_fd(), POLLIN, 0};
  ASSERT_GE(fd.fd, 0);
  EXPECT_EQ(poll(&fd, 1, 0), 0);
  EXPECT_TRUE(work->program("array_from_syscall")->run());
  const auto bytes = packet(64);
  EXPECT_TRUE(work->program("lru_from_tc")->run({.packet = bytes}));
  EXPECT_TRUE(ran.empty());
  EXPECT_EQ(poll(&fd, 1, 0), 1);
  EXPECT_EQ(loaded.kernel->pump(a_minute), 2U);
  EXPECT_THAT(ran, testing::UnorderedElementsAre("mark_after_sleep", "mark_after_sleep"));
  EXPECT_EQ(poll(&fd, 1, 0), 0);
}

TEST(Pump, IsOnlyForKernelsThatArePumped) {
  const Loaded loaded;
  EXPECT_EQ(loaded.kernel->pump_fd(), -EOPNOTSUPP);
  EXPECT_EQ(loaded.kernel->pump(0), 0U);
}

}  // namespace
}  // namespace skep::test
