// The verifier, with the engine as judge: what it accepts is run, and what it believed is compared with what happens.
// Under libFuzzer the bytes are the generator's choices; programs/main.cpp makes programs from seeds without it.
#include <cstdint>
#include <cstdio>
#include <cstdlib>

#include "programs/judge.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace skep::fuzz;
  static const Types types;
  Choices choices(std::span(data, size));
  const Generated program = generate(choices, types);
  const Verdict verdict = judge(program, types, size, nullptr);
  if (verdict.fault.empty()) return 0;
  std::fprintf(stderr, "%s%s\n", listing(program.insns).c_str(), verdict.fault.c_str());
  std::abort();
}
