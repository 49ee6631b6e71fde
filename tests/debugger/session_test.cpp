// A session over a program that is really run: where it is held, forward and back, and that it is the same each time.
// What people see of it is debug_test.py's.
#include "debugger/session.hpp"

#include <gtest/gtest.h>

#include <set>
#include <utility>

namespace skep::debugger {
namespace {

using Kind = Motion::Kind;
using State = Playback::State;

std::vector<std::uint8_t>& packet() {
  static std::vector<std::uint8_t> bytes(64);
  return bytes;
}

const char* program = "steps";  // that is played

void play(Stage& stage, const std::function<void(bool, std::string)>& curtain) {
  KernelOptions options;
  options.cpus = 1;
  options.clock_ns = 1'000'000'000;
  options.random_seed = 1;
  const auto kernel = make_kernel(options);
  if (!kernel) return curtain(false, kernel.message());
  stage.made(**kernel);
  const auto object = Object::load(*kernel, STEPS_OBJECT);
  if (!object) return curtain(false, object.message());
  stage.loaded(*kernel, *object);
  const auto ran = stage.abandoned() ? Result<RunResult>(Status(ECANCELED, "abandoned"))
                                     : object->program(program)->run({.packet = packet()});
  curtain(true, ran ? "ran" : ran.message());
}

// Where it is, told apart from every other moment that this program has.
std::pair<std::string, std::uint32_t> place(Session& session) {
  const auto frames = session.frames();
  if (frames.empty()) return {"", 0};
  return {session.function(frames.front()), frames.front().program->code().facts[frames.front().pc].original};
}

TEST(Session, IsHeldBeforeTheFirstInstructionAndEnds) {
  Session session(play);
  EXPECT_EQ(session.stop().state, State::held);
  EXPECT_EQ(session.stop().tick, 1U);
  EXPECT_EQ(place(session), (std::pair<std::string, std::uint32_t>("steps", 0)));
  EXPECT_EQ(session.go({Kind::resume}).state, State::ended);
  EXPECT_EQ(session.stop().reason, "ran");
  EXPECT_TRUE(session.frames().empty());
  EXPECT_EQ(session.go({Kind::line}).state, State::ended) << "there is nothing further";
}

TEST(Session, EveryMomentCanBeComeBackTo) {
  Session session(play);
  std::vector<std::pair<std::string, std::uint32_t>> places;
  for (; session.held(); session.go({Kind::instruction})) places.push_back(place(session));
  ASSERT_GT(places.size(), 60U);
  EXPECT_EQ(session.stop().tick, places.size() + 1);
  for (const std::size_t tick : {places.size(), places.size() / 2, std::size_t{7}, std::size_t{1}, places.size() - 3}) {
    session.seek(tick);
    EXPECT_EQ(session.stop().tick, tick);
    EXPECT_EQ(place(session), places[tick - 1]) << tick;
  }
  const std::set<std::string> functions = [&] {
    std::set<std::string> all;
    for (const auto& one : places) all.insert(one.first);
    return all;
  }();
  EXPECT_EQ(functions, (std::set<std::string>{"steps", "twice", "each", "after"}));
}

TEST(Session, LinesForwardAreLinesBack) {
  for (const Kind kind : {Kind::line, Kind::over_line}) {
    Session session(play);
    std::vector<std::uint64_t> there;
    for (; session.held(); session.go({kind})) there.push_back(session.stop().tick);
    std::vector<std::uint64_t> back;
    while (session.stop().tick > 1) back.push_back(session.go({kind, true}).tick);
    EXPECT_EQ(std::vector(back.rbegin(), back.rend()), there) << static_cast<int>(kind);
  }
}

TEST(Session, OutReturnsToTheCallerAndBackToTheCall) {
  Session session(play);
  std::string error;
  ASSERT_NE(session.add_breakpoint("twice", error), 0) << error;
  session.go({Kind::resume});
  ASSERT_EQ(session.frames().size(), 2U);
  const std::uint32_t call = session.frames()[1].pc;
  EXPECT_EQ(session.frames()[1].registers[1], 64U) << "what the call was made with";
  session.go({Kind::out});
  EXPECT_EQ(session.frames().size(), 1U);
  EXPECT_EQ(session.frames().front().pc, call + 1);
  session.go({Kind::resume, true});
  session.go({Kind::out, true});
  EXPECT_EQ(session.frames().front().pc, call);
}

TEST(Session, CallbacksAreFramesAndTailCallsTakeOver) {
  Session session(play);
  std::string error;
  session.add_breakpoint("each", error);
  session.add_breakpoint("after", error);
  for (std::uint64_t index = 0; index < 3; ++index) {
    session.go({Kind::resume});
    ASSERT_EQ(place(session).first, "each");
    EXPECT_EQ(session.frames().size(), 2U);
    EXPECT_EQ(session.frames().front().arguments[0], index);
  }
  session.go({Kind::resume});
  EXPECT_EQ(place(session).first, "after");
  EXPECT_EQ(session.frames().size(), 1U);
}

TEST(Session, AsideComesBackToWhereItWas) {
  Session session(play);
  for (int i = 0; i < 20; ++i) session.go({Kind::instruction});
  const auto before = place(session);
  bool done = false;
  session.aside([&] { done = true; });
  EXPECT_TRUE(done);
  EXPECT_EQ(place(session), before);
  EXPECT_EQ(session.stop().tick, 21U);
}

TEST(Session, WhatCannotBeginFails) {
  const Session session([](Stage&, const std::function<void(bool, std::string)>& curtain) { curtain(false, "no"); });
  EXPECT_EQ(session.stop().state, State::failed);
  EXPECT_EQ(session.stop().reason, "no");
}

// A run that depends on what changes from one play to the next cannot be gone back in: it is said, and not guessed.
TEST(Session, ARunThatIsAnotherTheSecondTimeIsNoticed) {
  int plays = 0;
  Session session([&](Stage& stage, const std::function<void(bool, std::string)>& curtain) {
    program = ++plays == 1 ? "steps" : "after";
    play(stage, curtain);
    program = "steps";
  });
  session.go({Kind::instruction});
  EXPECT_NE(session.go({Kind::over_instruction, true}).reason.find("not the same"), std::string::npos);
}

TEST(Session, InterruptsHoldARunSoon) {
  Session session(play);
  session.interrupt();
  EXPECT_EQ(session.go({Kind::resume}).reason, "interrupted");
  EXPECT_EQ(session.stop().tick, 2U);
}

TEST(Files, AreCalledByTheEndsOfTheirPaths) {
  EXPECT_TRUE(is_file("/a/b/c.c", "c.c"));
  EXPECT_TRUE(is_file("/a/b/c.c", "b/c.c"));
  EXPECT_TRUE(is_file("/a/b/c.c", ""));
  EXPECT_FALSE(is_file("/a/b/xc.c", "c.c"));
}

}  // namespace
}  // namespace skep::debugger
