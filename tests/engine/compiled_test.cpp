// The engine that makes machine code: when there is code, and what happens where there is none. What instructions and
// calls do in it is in execution_test.cpp and arena_access_test.cpp, which run in both engines.
#include "engine/llvm/compiled.hpp"

#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <optional>
#include <thread>

#include "support/run.hpp"

namespace skep {
namespace {

using engine::native::Compiled;
using runtime::CallEnv;
using runtime::CallResult;

class Compiling : public testing::Test {
 protected:
  void SetUp() override {
    if (!test::has_compiler()) GTEST_SKIP() << "built without LLVM";
  }
  static std::unique_ptr<engine::Engine> lazy_engine() {
    std::string why;
    return engine::make_compiler(2, {.eager = false}, why);
  }
  test::FixedServices services_;
};

TEST(CompilerOf, ThisBuildIsThereOrSaysWhyNot) {
  std::string why;
  const auto engine = engine::make_compiler(1, {}, why);
  EXPECT_EQ(engine == nullptr, !why.empty()) << why;
}

TEST_F(Compiling, IsDoneAtLoadIfItIsWanted) {
  const auto program = test::make_program("r0 = 5; exit", {}, test::native);
  EXPECT_NE(Compiled::of(*program).code(), nullptr);
  const auto run = program->executable()->make_run({program->entry(), {}, nullptr, services_});
  EXPECT_EQ(run->advance(0, async::unlimited), async::Progress::finished) << "in one go, if it does not sleep";
  EXPECT_EQ(run->result(), 5u);
}

TEST_F(Compiling, FollowsWhenAProgramHasBecomeHot) {
  const auto engine = lazy_engine();
  const auto program = engine::load(
      *engine, test::make_program("r0 = 0; r2 = 5000\n again: r0 += 3; r2 += -1; if r2 != 0 goto again; exit")->code());
  EXPECT_EQ(Compiled::of(*program).code(), nullptr);
  const auto run = program->executable()->make_run({program->entry(), {}, nullptr, services_});
  for (unsigned i = 0; i < 1'000'000 && Compiled::of(*program).code() == nullptr; ++i) {
    ASSERT_EQ(test::finish(*run, test::native), 15'000u);
    run->restart({});
  }
  EXPECT_NE(Compiled::of(*program).code(), nullptr);
  EXPECT_EQ(test::finish(*run, test::native), 15'000u);
}

TEST_F(Compiling, MayGoOnWhileTheEngineEnds) {
  for (int i = 0; i < 3; ++i) {
    auto engine = lazy_engine();
    const auto program = engine::load(*engine, test::make_program("r0 = 7; exit")->code());
    Compiled::of(*program).interpreted(~std::uint64_t{0} / 2);
    if (i == 1) engine.reset();
    EXPECT_EQ(test::run_of(*program, {program->entry(), {}, nullptr, services_}, test::native), 7u);
  }
}

CallResult jump(CallEnv& env, std::uint64_t, std::uint64_t target, std::uint64_t, std::uint64_t, std::uint64_t) {
  return env.tail_call(*reinterpret_cast<const runtime::Program*>(target));
}

// From a program with code into one that has none yet.
TEST_F(Compiling, IsDoneWhereCodeJumpsTo) {
  const auto engine = lazy_engine();
  const std::vector<calls::Helper> helpers = {
      {.id = 1, .name = "jump", .special = calls::Special::tail_call, .fn = jump}};
  const auto from = engine::load(
      *engine,
      test::make_program("r6 = 3; call f; r0 += r6; exit\nf: r2 = *(u64 *)(r1 +0); call 1; r0 = 1; exit", helpers)
          ->code());
  const auto to = engine::load(*engine, test::make_program("r0 = *(u64 *)(r1 +8); exit")->code());
  std::array<std::uint64_t, 2> memory = {reinterpret_cast<std::uint64_t>(to.get()), 40};
  ASSERT_NE(Compiled::of(*from).need_code(), nullptr);
  EXPECT_EQ(Compiled::of(*to).code(), nullptr);
  const engine::RunRequest request{from->entry(), {reinterpret_cast<std::uint64_t>(memory.data())}, nullptr, services_};
  EXPECT_EQ(test::run_of(*from, request, test::native), 43u);
  EXPECT_EQ(test::run_of(*from, request, 1), 43u) << "stepped";
  EXPECT_NE(Compiled::of(*to).code(), nullptr);
}

// The kernel's own jump through an array: to programs, out of the array, to an empty place, and one time too many.
TEST_F(Compiling, JumpsThroughArrays) {
  maps::MapAttributes attributes;
  attributes.info.type = MapType::prog_array;
  attributes.info.key_size = attributes.info.value_size = 4;
  attributes.info.max_entries = 3;
  const auto map = maps::create(attributes).map;
  ASSERT_NE(map, nullptr);
  const std::vector<calls::Helper> helpers = {*calls::find_helper("bpf_tail_call")};
  for (const std::uint64_t way : test::ways_to_run()) {
    for (const bool sleeps : {false, true}) {
      const auto made = [&](const std::string& text) {
        runtime::Code code = test::make_program(text, helpers)->code();
        for (auto& facts : code.facts)
          if (facts.helper != nullptr) facts.helper = &helpers[0], facts.map = map.get();
        code.might_sleep = sleeps;
        return test::load(std::move(code), way);
      };
      const std::string jump = "r2 = *(u64 *)(r1 +0); r3 = *(u64 *)(r1 +8); ";
      const auto from = made(jump + "call 12; r0 += 1000; exit");
      const auto counts = made("r2 = *(u64 *)(r1 +16); r2 += 1; *(u64 *)(r1 +16) = r2; " + jump + "call 12; exit");
      const auto ends = made("r0 = 77; exit");
      const std::uint32_t first = 0, second = 1;
      ASSERT_EQ(map->update_object(&first, std::const_pointer_cast<runtime::Program>(counts), 0), 0);
      ASSERT_EQ(map->update_object(&second, std::const_pointer_cast<runtime::Program>(ends), 0), 0);
      const auto jumps_to = [&](std::uint64_t index, std::uint64_t& times) {
        std::array<std::uint64_t, 3> memory = {reinterpret_cast<std::uint64_t>(map.get()), index, 0};
        const engine::RunRequest request{
            from->entry(), {reinterpret_cast<std::uint64_t>(memory.data())}, nullptr, services_};
        const std::uint64_t result = test::run_of(*from, request, way);
        times = memory[2];
        return static_cast<std::int64_t>(result);
      };
      std::uint64_t times = 0;
      EXPECT_EQ(jumps_to(1, times), 77) << way;
      EXPECT_EQ(jumps_to(0x700000001, times), 77) << "only 32 bits count, way " << way;
      EXPECT_EQ(jumps_to(2, times), -ENOENT + 1000) << way;
      EXPECT_EQ(jumps_to(3, times), -ENOENT + 1000) << way;
      static_cast<void>(jumps_to(0, times));
      EXPECT_EQ(times, 33U) << way;
      ASSERT_EQ(map->erase(&first), 0);
      ASSERT_EQ(map->erase(&second), 0);
    }
  }
}

// What could go on for ever looks at the leash: loops that the program may leave, callbacks, and calls that have to be
// made again.
test::FixedServices* asked;
CallResult ask(CallEnv&, std::uint64_t, std::uint64_t, std::uint64_t, std::uint64_t, std::uint64_t) {
  asked->stop_signal.stop_running();
  return CallResult::of(0);
}
CallResult next_of_many(CallEnv& env, runtime::Continuation& self, std::uint64_t) {
  return env.invoke(*reinterpret_cast<const runtime::Subprogram*>(self.state[0]), {}, self);
}
CallResult many(CallEnv& env, std::uint64_t fn, std::uint64_t, std::uint64_t, std::uint64_t, std::uint64_t) {
  return env.invoke(*reinterpret_cast<const runtime::Subprogram*>(fn), {}, {next_of_many, {fn}});
}
CallResult never(CallEnv&, std::uint64_t, std::uint64_t, std::uint64_t, std::uint64_t, std::uint64_t) {
  return {CallResult::Kind::retry, 0};
}

TEST_F(Compiling, KeepsRunsOnTheirLeash) {
  asked = &services_;
  const std::vector<calls::Helper> helpers = {{.id = 1, .name = "ask", .fn = ask},
                                              {.id = 2, .name = "many", .fn = many},
                                              {.id = 3, .name = "never", .fn = never}};
  std::vector<std::uint64_t> back;
  const auto note = [](std::uint64_t what, void* to) { static_cast<std::vector<std::uint64_t>*>(to)->push_back(what); };
  for (const char* text : {"call 1; call f; exit\nf: r0 = 0\n again: r0 += 1; may_goto out; goto again\n out: exit",
                           "call 1; r1 = func f; call 2; exit\nf: r0 = 0; exit", "call 1; call 3; exit"}) {
    const auto program = test::make_program(text, helpers, test::native);
    const auto run = program->executable()->make_run({program->entry(), {}, nullptr, services_});
    run->holdings.add(runtime::Held::reference, 5, note, &back);
    EXPECT_EQ(test::finish(*run, test::native), 0u) << text;
    EXPECT_TRUE(run->finished());
    EXPECT_EQ(run->stop_reason(), StopReason::asked) << text;
    EXPECT_EQ(back.size(), 1u);
    back.clear();
  }
  // A limit on instructions is kept exactly, by the interpreter.
  services_.run_limits.instructions = 77;
  const auto program = test::make_program("f: r0 += 1; if r0 < 1000000 goto f; exit", {}, test::native);
  const auto run = program->executable()->make_run({program->entry(), {}, nullptr, services_});
  EXPECT_EQ(test::finish(*run, test::native), 0u);
  EXPECT_EQ(run->stop_reason(), StopReason::instructions);
  EXPECT_EQ(run->instructions(), 77u);
  // And so it is where the run itself brings it.
  services_.run_limits.instructions = 0;
  const RunLimits limits{.instructions = 55};
  const auto limited = program->executable()->make_run({program->entry(), {}, nullptr, services_, 0, nullptr, &limits});
  EXPECT_EQ(test::finish(*limited, test::native), 0u);
  EXPECT_EQ(limited->stop_reason(), StopReason::instructions);
  EXPECT_EQ(limited->instructions(), 55u);
}

// Calls that machine code does without calling answer as their definitions do, which the interpreter calls.
class InlinedCalls : public Compiling {
 protected:
  // r0 of each way to run it, which must be one.
  std::uint64_t result(const std::string& text, const std::shared_ptr<maps::Map>& map = nullptr, std::uint64_t r1 = 0) {
    std::vector<calls::Helper> helpers;
    for (const char* name : {"bpf_map_lookup_elem", "bpf_loop", "bpf_get_smp_processor_id", "bpf_for_each_map_elem"})
      helpers.push_back(*calls::find_helper(name));
    helpers.push_back({.id = 1000,
                       .name = "ask",
                       .fn = [](CallEnv&, std::uint64_t cookie, std::uint64_t, std::uint64_t, std::uint64_t,
                                std::uint64_t) { return CallResult{CallResult::Kind::exception, cookie}; }});
    std::optional<std::uint64_t> first;
    for (const std::uint64_t way : test::ways_to_run()) {
      runtime::Code code = test::make_program(text, helpers)->code();
      for (std::size_t i = 0; i < code.insns.size(); ++i)
        if (code.facts[i].helper != nullptr) {
          code.facts[i].helper = &*std::ranges::find(helpers, code.facts[i].helper->id, &calls::Helper::id);
          code.facts[i].map = map.get();
        }
      const auto program = test::load(std::move(code), way);
      const engine::RunRequest request{
          program->entry(), {r1, reinterpret_cast<std::uint64_t>(map.get())}, nullptr, services_};
      const std::uint64_t got = test::run_of(*program, request, way);
      if (!first) first = got;
      EXPECT_EQ(got, *first) << text << ", way " << way;
    }
    return *first;
  }
};

TEST_F(InlinedCalls, LookUpInArrays) {
  for (const MapType type : {MapType::array, MapType::percpu_array}) {
    maps::MapAttributes attributes;
    attributes.info.type = type;
    attributes.info.key_size = 4;
    attributes.info.value_size = 12;
    attributes.info.max_entries = 5;
    attributes.cpu_count = 2;
    const auto map = maps::create(attributes).map;
    ASSERT_NE(map, nullptr);
    for (std::uint32_t i = 0; i < 5; ++i)
      for (unsigned cpu = 0; cpu < 2; ++cpu)
        *static_cast<std::uint32_t*>(map->lookup(&i, cpu)) = 100 * i + (type == MapType::array ? 0 : cpu);
    const std::string look_up =
        "*(u32 *)(r10 -4) = r1; r1 = r2; r2 = r10; r2 += -4; call 1; if r0 == 0 goto out; r0 = *(u32 *)(r0 +0); r0 += "
        "7\n"
        "out: exit";
    EXPECT_EQ(result(look_up, map, 0), 7u);
    EXPECT_EQ(result(look_up, map, 4), 407u);
    EXPECT_EQ(result(look_up, map, 5), 0u);
    EXPECT_EQ(result(look_up, map, 0xffffffff), 0u);
  }
}

// Keys of every size that is looked up without a call, and of some that are not; chains of several elements, elements
// that are gone, each CPU's value.
TEST_F(InlinedCalls, LookUpInHashes) {
  for (const MapType type : {MapType::hash, MapType::percpu_hash, MapType::lru_hash, MapType::lru_percpu_hash}) {
    for (const std::uint32_t key_size : {1U, 4U, 6U, 8U, 12U, 16U, 20U, 64U, 68U}) {
      maps::MapAttributes attributes;
      attributes.info.type = type;
      attributes.info.key_size = key_size;
      attributes.info.value_size = 12;
      attributes.info.max_entries = 40;
      attributes.cpu_count = 2;
      attributes.hash_seed = 1234567;
      const auto map = maps::create(attributes).map;
      ASSERT_NE(map, nullptr);
      // The number is in the key's last bytes, and the rest as the program below has it.
      const auto key_of = [&](std::uint32_t number) {
        std::vector<std::uint8_t> key(key_size, 0);
        for (std::uint32_t i = 0; i < std::min(key_size, 4U); ++i)
          key[key_size - std::min(key_size, 4U) + i] = static_cast<std::uint8_t>(number >> (8 * i));
        return key;
      };
      for (std::uint32_t i = 0; i < 30; ++i)
        for (unsigned cpu = 0; cpu < 2; ++cpu) {
          const std::array<std::uint32_t, 3> value = {i * 3 + 1, cpu, 0};
          ASSERT_EQ(map->update(key_of(i).data(), value.data(), 0, cpu), 0);
        }
      ASSERT_EQ(map->erase(key_of(7).data()), 0);
      std::string look_up;
      for (int at = -72; at < 0; at += 8) look_up += "*(u64 *)(r10 " + std::to_string(at) + ") = 0; ";
      const std::string last = std::to_string(-static_cast<int>(std::min(key_size, 4U)));
      look_up += std::string("*(") + (key_size == 1 ? "u8" : "u32") + " *)(r10 " + last +
                 ") = r1; r1 = r2; r2 = r10; r2 += -" + std::to_string(key_size) +
                 "; call 1; if r0 == 0 goto out; r0 = *(u32 *)(r0 +0); r0 += 7\nout: exit";
      if (type != MapType::hash && key_size != 4 && key_size != 16) continue;
      for (const std::uint32_t i : {3U, 7U, 29U, 30U})
        EXPECT_EQ(result(look_up, map, i), i < 30 && i != 7 ? i * 3 + 8 : 0U)
            << static_cast<int>(type) << " " << key_size;
    }
  }
}

// An element of an LRU hash that a program has looked up outlives those that it has not.
TEST_F(InlinedCalls, MarkWhatTheyFindInLruHashes) {
  for (const std::uint64_t way : test::ways_to_run()) {
    maps::MapAttributes attributes;
    attributes.info.type = MapType::lru_hash;
    attributes.info.key_size = attributes.info.value_size = 4;
    attributes.info.max_entries = 16;
    const auto map = maps::create(attributes).map;
    for (std::uint32_t i = 0; i < 16; ++i) ASSERT_EQ(map->update(&i, &i, 0, 0), 0);
    const calls::Helper helper = *calls::find_helper("bpf_map_lookup_elem");
    runtime::Code code = test::make_program(
                             "*(u32 *)(r10 -4) = r1; r1 = r2; r2 = r10; r2 += -4; call 1; if r0 == 0 goto out; r0 = "
                             "*(u32 *)(r0 +0)\nout: exit",
                             {helper})
                             ->code();
    for (auto& facts : code.facts)
      if (facts.helper != nullptr) facts.helper = &helper, facts.map = map.get();
    const auto program = test::load(std::move(code), way);
    EXPECT_EQ(
        test::run_of(*program, {program->entry(), {5, reinterpret_cast<std::uint64_t>(map.get())}, nullptr, services_},
                     way),
        5U);
    for (std::uint32_t i = 100; i < 108; ++i) ASSERT_EQ(map->update(&i, &i, 0, 0), 0);
    const std::uint32_t five = 5, four = 4;
    EXPECT_NE(map->lookup(&five, 0), nullptr) << way;
    EXPECT_EQ(map->lookup(&four, 0), nullptr) << way;
  }
}

// Updates and deletions of maps that are known: the map holds what it does in the other engine, and so are the errors.
TEST_F(InlinedCalls, ChangeMaps) {
  const calls::Helper update = *calls::find_helper("bpf_map_update_elem");
  const calls::Helper erase = *calls::find_helper("bpf_map_delete_elem");
  for (const MapType type : {MapType::array, MapType::percpu_array, MapType::hash, MapType::percpu_hash,
                             MapType::lru_hash, MapType::queue}) {
    for (const std::uint64_t way : test::ways_to_run()) {
      maps::MapAttributes attributes;
      attributes.cpu_count = 2;
      attributes.info.type = type;
      attributes.info.key_size = type == MapType::queue ? 0 : 4;
      attributes.info.value_size = 8;
      attributes.info.max_entries = 4;
      const auto map = maps::create(attributes).map;
      ASSERT_NE(map, nullptr);
      const auto call = [&](const calls::Helper& helper, std::uint64_t key, std::uint64_t value, std::uint64_t flags) {
        runtime::Code code = test::make_program(
                                 "*(u32 *)(r10 -4) = r2; *(u64 *)(r10 -16) = r3; r2 = r10; r2 += -4; "
                                 "r3 = r10; r3 += -16; call " +
                                     std::to_string(helper.id) + "; exit",
                                 {helper})
                                 ->code();
        for (auto& facts : code.facts)
          if (facts.helper != nullptr) facts.helper = &helper, facts.map = map.get();
        const auto program = test::load(std::move(code), way);
        const std::array<std::uint64_t, 5> arguments = {reinterpret_cast<std::uint64_t>(map.get()), key, value, flags};
        return static_cast<std::int64_t>(
            test::run_of(*program, {program->entry(), arguments, nullptr, services_}, way));
      };
      const auto value_of = [&](std::uint32_t key) {
        const auto* value = static_cast<const std::uint64_t*>(map->lookup(&key, 0));
        return value != nullptr ? *value : ~std::uint64_t{0};
      };
      if (type == MapType::queue) {  // not one of those: its own call answers
        EXPECT_EQ(call(update, 1, 11, 0), map->update(nullptr, nullptr, 0, 0)) << way;
        continue;
      }
      const bool array = type == MapType::array || type == MapType::percpu_array;
      EXPECT_EQ(call(update, 1, 0x1122334455667788, 0), 0) << way;
      EXPECT_EQ(value_of(1), 0x1122334455667788U) << way;
      EXPECT_EQ(call(update, 1, 12, 2), 0) << "it exists, way " << way;
      EXPECT_EQ(value_of(1), 12U) << way;
      EXPECT_EQ(call(update, 1, 13, 1), -EEXIST) << way;
      EXPECT_EQ(call(update, 1, 13, 7), -EINVAL) << way;
      EXPECT_EQ(call(update, 9, 13, 2), array ? -E2BIG : -ENOENT) << way;
      EXPECT_EQ(call(erase, 1, 0, 0), array ? -EINVAL : 0) << way;
      EXPECT_EQ(value_of(1), array ? 12U : ~std::uint64_t{0}) << way;
      EXPECT_EQ(call(erase, 1, 0, 0), array ? -EINVAL : -ENOENT) << way;
    }
  }
}

TEST_F(InlinedCalls, AskTheServicesForTimeAndNumbers) {
  const std::vector<calls::Helper> helpers = {*calls::find_helper("bpf_ktime_get_ns"),
                                              *calls::find_helper("bpf_get_prandom_u32")};
  for (const std::uint64_t way : test::ways_to_run()) {
    test::FixedServices services;
    const auto program =
        test::make_program("call 7; r6 = r0; call 7; r6 *= 10; r6 += r0; call 5; r0 += r6; exit", helpers, way);
    EXPECT_EQ(test::run_of(*program, {program->entry(), {}, nullptr, services}, way), 1'000'000'012U) << way;
  }
}

TEST_F(InlinedCalls, Loop) {
  const auto loop = [&](const char* count, const char* flags) {
    return result(std::string("r1 = ") + count + " ll; r2 = func f; r3 = r10; r3 += -8; r4 = " + flags +
                  "; *(u64 *)(r10 -8) = 0; call 181; r0 *= 100000; r1 = *(u64 *)(r10 -8); r0 += r1; exit\n"
                  "f: r3 = *(u64 *)(r2 +0); r3 += r1; *(u64 *)(r2 +0) = r3; r0 = 0; if r1 != 300 goto out; r0 = 1\n"
                  "out: exit");
  };
  EXPECT_EQ(loop("0", "0"), 0u);
  EXPECT_EQ(loop("1", "0"), 100000u);
  EXPECT_EQ(loop("5", "0"), 500010u);
  EXPECT_EQ(loop("1000", "0"), 30145150u) << "it is stopped";
  EXPECT_EQ(loop("0x500000002", "0"), 200001u);
  EXPECT_EQ(static_cast<std::int64_t>(loop("8388609", "0")), -7 * 100000);
  EXPECT_EQ(static_cast<std::int64_t>(loop("5", "1")), -22 * 100000);
  EXPECT_EQ(result("r1 = 5; r2 = func f; r3 = 0; r4 = 0; call 181; r0 = 1; exit\nf: r1 = 66; call 1000; exit"), 66u);
  EXPECT_EQ(result("r1 = 5; r2 = func f; r3 = 4; r4 = 0; call 181; exit\n"
                   "f: r1 = 3; r3 = r2; r2 = func g; r4 = 0; call 181; r0 = 0; exit\ng: r0 = 0; exit"),
            5u);
}

// Of an array and of a hash: all elements, up to one that is enough, none, with flags; what ends the function ends the
// program, and one walk may be within another.
TEST_F(InlinedCalls, VisitElements) {
  for (const MapType type : {MapType::array, MapType::hash}) {
    maps::MapAttributes attributes;
    attributes.info.type = type;
    attributes.info.key_size = 4;
    attributes.info.value_size = 8;
    attributes.info.max_entries = 9;
    const auto map = maps::create(attributes).map;
    ASSERT_NE(map, nullptr);
    for (std::uint32_t i = 0; i < 9; ++i) {
      const std::uint64_t value = 10 + i;
      ASSERT_EQ(map->update(&i, &value, 0, 0), 0);
    }
    const auto visit = [&](const char* flags, const char* body) {
      return result(std::string("r1 = r2; r2 = func f; r3 = r10; r3 += -8; r4 = ") + flags +
                        "; *(u64 *)(r10 -8) = 0; call 164; r0 *= 100000; r1 = *(u64 *)(r10 -8); r0 += r1; exit\n"
                        "f: r5 = *(u32 *)(r2 +0); r3 = *(u64 *)(r3 +0); r3 *= r5; r5 = *(u64 *)(r4 +0); r5 += r3;"
                        "*(u64 *)(r4 +0) = r5; " +
                        body,
                    map);
    };
    std::uint64_t sum = 0;
    for (std::uint64_t i = 0; i < 9; ++i) sum += i * (10 + i);
    EXPECT_EQ(visit("0", "r0 = 0; exit"), 900'000 + sum);
    EXPECT_EQ(visit("0", "r0 = 1; exit") / 100'000, 1U);
    EXPECT_EQ(static_cast<std::int64_t>(visit("1", "r0 = 0; exit")), -EINVAL * 100'000);
    EXPECT_EQ(visit("0", "r1 = 66; call 1000; exit"), 66U);
    EXPECT_EQ(visit("0",
                    "*(u64 *)(r10 -8) = 0; r2 = func g; r3 = r4; r4 = 0; call 164; exit\n"
                    "g: r5 = *(u64 *)(r4 +0); r5 += 1; *(u64 *)(r4 +0) = r5; r0 = 0; exit") /
                  100'000,
              1U);
  }
}

// From a number to another: some, none, none that is right, too many, and where numbers of 32 bits end.
TEST_F(InlinedCalls, IterateOverNumbers) {
  const std::vector<calls::Helper> stand_ins = {
      {.id = 1, .name = "new"}, {.id = 2, .name = "next"}, {.id = 3, .name = "end"}};
  const auto sum = [&](std::int64_t begin, std::int64_t end) {
    const std::string text = "r6 = 0; r1 = r10; r1 += -16; r2 = " + std::to_string(begin) +
                             "; r3 = " + std::to_string(end) +
                             "; call 1; r7 = r0\n again: r1 = r10; r1 += -16; call 2; if r0 == 0 goto out;"
                             "r1 = *(s32 *)(r0 +0); r6 += r1; r6 += 1000000007; goto again\n"
                             "out: r8 = *(u64 *)(r10 -16); r1 = r10; r1 += -16; call 3; r0 = *(u64 *)(r10 -16);"
                             "r0 *= 3; r0 += r6; r7 *= 100000; r0 += r7; r0 += r8; exit";
    std::optional<std::uint64_t> first;
    for (const std::uint64_t way : test::ways_to_run()) {
      runtime::Code code = test::make_program(text, stand_ins)->code();
      for (auto& facts : code.facts) {
        if (facts.helper == nullptr) continue;
        const char* const names[] = {"bpf_iter_num_new", "bpf_iter_num_next", "bpf_iter_num_destroy"};
        facts.kfunc = calls::find_kfunc(names[facts.helper->id - 1]);
        facts.helper = nullptr;
      }
      const auto program = test::load(std::move(code), way);
      const std::uint64_t got = test::run_of(*program, {program->entry(), {}, nullptr, services_}, way);
      if (!first) first = got;
      EXPECT_EQ(got, *first) << begin << " to " << end << ", way " << way;
    }
    return static_cast<std::int64_t>(*first);
  };
  constexpr std::int64_t round = 1000000007, least = -2147483648, most = 2147483647;
  EXPECT_EQ(sum(0, 10), 45 + 10 * round);
  EXPECT_EQ(sum(-3, 2), -5 + 5 * round);
  EXPECT_EQ(sum(5, 5), 0);
  EXPECT_EQ(sum(6, 5), -EINVAL * 100000);
  EXPECT_EQ(sum(0, 8388609), -E2BIG * 100000);
  EXPECT_EQ(sum(least, most), -E2BIG * 100000);
  EXPECT_EQ(sum(most, least), -EINVAL * 100000);
  EXPECT_EQ(sum(most - 2, most), 2 * most - 3 + 2 * round);
  EXPECT_EQ(sum(least, least + 2), 2 * least + 1 + 2 * round);
}

TEST_F(InlinedCalls, SayWhichCpuItIs) {
  EXPECT_EQ(result("call 8; r0 += 3; exit"), 3u);
}

// One run after the other on one seat is as good as runs that begin anew: after jumps, exceptions and stops, too.
TEST_F(Compiling, RepeatsRuns) {
  asked = &services_;
  const std::vector<calls::Helper> helpers = {
      {.id = 1, .name = "jump", .special = calls::Special::tail_call, .fn = jump},
      {.id = 2, .name = "ask", .fn = ask},
      {.id = 3,
       .name = "throws",
       .fn = [](CallEnv&, std::uint64_t cookie, std::uint64_t, std::uint64_t, std::uint64_t,
                std::uint64_t) { return CallResult{CallResult::Kind::exception, cookie}; }},
      {.id = 4,
       .name = "takes",
       .fn = [](CallEnv& env, std::uint64_t, std::uint64_t, std::uint64_t, std::uint64_t, std::uint64_t) {
         env.holdings.add(runtime::Held::reference, 1, [](std::uint64_t, void*) {});
         env.given.add(4096, 8);
         return CallResult::of(env.holdings.size());
       }}};
  for (const std::uint64_t way : test::ways_to_run({async::unlimited})) {
    const auto ends = test::make_program("r0 = *(u64 *)(r1 +8); r0 += 1; *(u64 *)(r1 +8) = r0; exit", helpers, way);
    // By its number: goes to its end, jumps, ends by an exception in a function, is stopped, or takes something.
    const auto program = test::make_program(
        "r6 = r1; r2 = *(u64 *)(r1 +0); r3 = *(u64 *)(r1 +16); if r3 == 1 goto jumps; if r3 == 2 goto throws;"
        "if r3 == 3 goto stops; if r3 == 4 goto takes; r0 = 100; exit\n"
        "jumps: call 1; r0 = 1; exit\n throws: r1 = 55; call f; r0 = 2; exit\n"
        "stops: call 2; r0 = 0\n again: r0 += 1; may_goto out; goto again\n out: exit\n"
        "takes: call 4; exit\nf: call 3; exit",
        helpers, way);
    std::array<std::uint64_t, 3> memory = {reinterpret_cast<std::uint64_t>(ends.get()), 0, 0};
    const auto r1 = reinterpret_cast<std::uint64_t>(memory.data());
    const auto run = program->executable()->make_run({program->entry(), {r1}, nullptr, services_});
    test::OneSeat seat;
    run->run_to_end(seat);
    EXPECT_EQ(run->result(), 100u);
    std::uint64_t jumped = 0;
    for (const std::uint64_t what : {0U, 0U, 1U, 1U, 0U, 2U, 2U, 0U, 3U, 0U, 1U, 3U, 2U, 4U, 4U, 0U, 1U, 0U}) {
      memory[2] = what;
      const std::uint64_t expected[] = {100, jumped + 1, 55, 0, 1};
      EXPECT_EQ(run->repeat(seat, r1), expected[what]) << what << ", way " << way;
      EXPECT_EQ(run->result(), expected[what]);
      EXPECT_EQ(run->stop_reason(), what == 3 ? StopReason::asked : StopReason::none) << what;
      EXPECT_TRUE(run->finished());
      jumped += what == 1 ? 1 : 0;
    }
    EXPECT_EQ(memory[1], jumped);
  }
}

// Memory of frozen maps is read when code is made. (Here it is changed all the same, which nobody can.)
TEST_F(Compiling, FoldsWhatNeverChanges) {
  maps::MapAttributes attributes;
  attributes.info.type = MapType::array;
  attributes.info.key_size = 4;
  attributes.info.value_size = 16;
  attributes.info.max_entries = 1;
  for (const bool frozen : {false, true}) {
    attributes.info.flags = map_flag::rdonly_prog;
    const auto map = maps::create(attributes).map;
    ASSERT_NE(map, nullptr);
    auto* const bytes = static_cast<std::uint8_t*>(map->value_area());
    for (unsigned i = 0; i < 16; ++i) bytes[i] = static_cast<std::uint8_t>(0xf1 + i);
    if (frozen) {
      ASSERT_EQ(map->freeze(), 0);
    }
    runtime::Code code =
        test::make_program(
            "r2 = 0 ll; r0 = *(u8 *)(r2 +2); r2 += 4; r3 = *(s16 *)(r2 +0); r0 += r3; r4 = r2; r4 -= -4;"
            "r3 = *(u64 *)(r4 +0); r0 += r3; if r1 == 0 goto other; r2 = r4\n other: r3 = *(u32 *)(r2 +0); r0 += r3; "
            "exit")
            ->code();
    const auto address = reinterpret_cast<std::uint64_t>(bytes);
    code.insns[0].src = pseudo::map_value;
    code.insns[0].imm = static_cast<std::int32_t>(address);
    code.insns[1].imm = static_cast<std::int32_t>(address >> 32);
    code.facts[0].map = map.get();
    code.maps = {map};
    const auto get = [&](const runtime::Program& program, std::uint64_t r1, std::uint64_t way) {
      return test::run_of(program, {program.entry(), {r1}, nullptr, services_}, way);
    };
    const auto interpreted = test::load(code);
    const std::array<std::uint64_t, 2> right = {get(*interpreted, 0, async::unlimited),
                                                get(*interpreted, 1, async::unlimited)};
    for (const std::uint64_t way : {test::native, test::unoptimized}) {
      const auto program = test::load(code, way);
      for (const std::uint64_t r1 : {0, 1}) EXPECT_EQ(get(*program, r1, way), right[r1]);
      bytes[2] += 1;
      EXPECT_EQ(get(*program, 0, way), right[0] + (frozen ? 0 : 1));
      bytes[2] -= 1;
    }
  }
}

#if defined(__SANITIZE_THREAD__) || defined(__SANITIZE_ADDRESS__)
constexpr bool forks = false;  // another thread may hold a lock of the sanitizer's
#else
constexpr bool forks = true;
#endif

// The thread that compiles is not in the child, and whatever it had locked stays so: there is no compiler, and that is
// said. Where it had ended before the fork, there is one.
TEST_F(Compiling, IsNotWaitedForInTheChildOfAFork) {
  if (!forks) GTEST_SKIP();
  constexpr int told_why = 77;
  static int round = 0;  // a program that is known already is not compiled
  std::string text = "r0 = r1; r0 += " + std::to_string(++round) + "; ";
  for (int i = 0; i < 1500; ++i) text += "r0 *= " + std::to_string(2 * i + 3) + "; r0 ^= r1; ";
  const std::uint64_t before = engine::native::Jit::compilations();
  std::atomic<bool> ended{false};
  std::thread compiles([&] {
    static_cast<void>(test::make_program(text + "exit", {}, test::native));
    ended = true;
  });
  while (engine::native::Jit::compilations() == before && !ended) std::this_thread::yield();
  const pid_t child = fork();
  if (child == 0) {
    alarm(60);
    std::string why;
    const auto engine = engine::make_compiler(1, {}, why);
    if (engine == nullptr) _exit(why.find("forked") != std::string::npos ? told_why : 1);
    const auto program = engine::load(*engine, test::make_program("r0 = 4711; exit")->code());
    _exit(Compiled::of(*program).code() != nullptr ? 0 : 2);
  }
  const bool was_compiling = !ended;
  int status = -1;
  waitpid(child, &status, 0);
  ASSERT_TRUE(WIFEXITED(status));
  EXPECT_EQ(WEXITSTATUS(status), was_compiling ? told_why : 0);
  compiles.join();
}

TEST_F(Compiling, GoesWithTheProgram) {
  std::string why;
  auto engine = engine::make_compiler(1, {}, why);
  auto first = engine::load(*engine, test::make_program("r0 = 1; exit")->code());
  const auto second = engine::load(*engine, test::make_program("r0 = 2; exit")->code());
  first.reset();
  engine.reset();
  EXPECT_EQ(test::run_of(*second, {second->entry(), {}, nullptr, services_}, test::native), 2u);
}

}  // namespace
}  // namespace skep
