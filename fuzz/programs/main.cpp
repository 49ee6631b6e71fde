// fuzz-verifier without libFuzzer: programs from seeds, one after the other.
//
//   fuzz-verifier [--seed N] [--count N] [--compile N] [--keep-going] [--list] [--log] [--reasons] [--save FILE]
//   fuzz-verifier --seed N (--record FILE | --replay FILE)
//
// --compile: machine code is made of one program in N, which takes ten times as long as all else (1; 0: of none).
// Ends with 1 at the first program of which the verifier was wrong, having printed it. --list prints every program and
// what became of it, --log also the verifier's log, --reasons why programs were refused, and how often; --save writes
// the last one's instructions as they are given to bpf(2). --record writes the generator's choices for one seed, and
// --replay makes its program of such a file; the seed then says with what it is run.
#include <signal.h>
#include <unistd.h>

#include <atomic>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <map>
#include <string>

#include "programs/judge.hpp"

namespace {
constexpr unsigned longest_verification = 10;  // seconds
std::atomic<bool> too_long{false};
}  // namespace

int main(int count, char** words) {
  using namespace skep::fuzz;
  std::uint64_t seed = 1, programs = 1000, compiled = 1;
  bool keep_going = false, list = false, reasons = false, log = false;
  std::string save, record, replay;
  for (int i = 1; i < count; ++i) {
    const std::string word = words[i];
    const char* next = i + 1 < count ? words[i + 1] : "";
    if (word == "--seed")
      seed = std::strtoull(next, nullptr, 0), ++i;
    else if (word == "--count")
      programs = std::strtoull(next, nullptr, 0), ++i;
    else if (word == "--compile")
      compiled = std::strtoull(next, nullptr, 0), ++i;
    else if (word == "--save")
      save = next, ++i;
    else if (word == "--record")
      record = next, programs = 1, ++i;
    else if (word == "--replay")
      replay = next, programs = 1, ++i;
    else if (word == "--keep-going")
      keep_going = true;
    else if (word == "--list")
      list = true;
    else if (word == "--log")
      log = true;
    else if (word == "--reasons")
      reasons = true;
    else
      return std::fprintf(stderr, "fuzz-verifier: unknown word %s\n", words[i]), 2;
  }
  signal(SIGALRM, [](int) { too_long = true; });
  const Types types;
  std::uint64_t accepted = 0, wrong = 0, runs = 0, finished = 0, steps = 0, compared = 0;
  std::map<std::string, unsigned> refusals;
  for (std::uint64_t n = 0; n < programs; ++n) {
    Choices choices = !record.empty()   ? Choices::recorded(seed, record)
                      : !replay.empty() ? Choices::replayed(replay)
                                        : Choices(seed + n);
    const Generated program = generate(choices, types);
    if (!save.empty()) {
      std::ofstream file(save, std::ios::binary);
      file.write(reinterpret_cast<const char*>(program.insns.data()),
                 static_cast<std::streamsize>(program.insns.size() * sizeof(program.insns[0])));
    }
    if (list) std::printf("%s", listing(program.insns).c_str());
    if (log) std::printf("%s", log_of(program, types).c_str());
    too_long = false;
    alarm(longest_verification);
    const bool compile = compiled != 0 && (seed + n) % compiled == 0;
    const Verdict verdict = judge(program, types, seed + n, &too_long, compile);
    alarm(0);
    if (too_long) std::printf("seed %llu takes long\n", static_cast<unsigned long long>(seed + n));
    if (too_long) std::fflush(stdout);
    accepted += verdict.accepted;
    runs += verdict.runs, finished += verdict.finished, steps += verdict.steps, compared += verdict.compared;
    if (!verdict.accepted) {
      if (list) std::printf("refused: %s\n", verdict.refusal.c_str());
      std::string last = verdict.refusal.substr(verdict.refusal.rfind('\n') + 1);
      for (char& c : last)
        if (std::strchr("0123456789", c) != nullptr) c = '#';
      ++refusals[last];
    }
    if (verdict.fault.empty()) continue;
    ++wrong;
    if (!list && !keep_going) std::printf("%s", listing(program.insns).c_str());
    std::printf("seed %llu: %s\n", static_cast<unsigned long long>(seed + n), verdict.fault.c_str());
    std::fflush(stdout);
    if (!keep_going) break;
  }
  if (reasons) {
    std::multimap<unsigned, std::string> by_count;
    for (const auto& [text, times] : refusals) by_count.emplace(times, text);
    for (const auto& [times, text] : by_count) std::printf("%6u %s\n", times, text.c_str());
  }
  std::printf("%llu programs, %llu accepted, %llu runs, %llu to the end, %llu steps, %llu compared, %llu wrong\n",
              static_cast<unsigned long long>(programs), static_cast<unsigned long long>(accepted),
              static_cast<unsigned long long>(runs), static_cast<unsigned long long>(finished),
              static_cast<unsigned long long>(steps), static_cast<unsigned long long>(compared),
              static_cast<unsigned long long>(wrong));
  return wrong != 0 ? 1 : 0;
}
