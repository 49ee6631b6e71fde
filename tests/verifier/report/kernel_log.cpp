// Whole logs at level 1, line by line, against those that Linux 7.3 wrote of the same programs
// (tests/conformance/explanations.bpf.c and explanations-7.3.txt).
//
// What differs between any two kernels is put aside: addresses of maps, and the numbers that BTF gives to types and
// kfuncs. Programs whose log is not 7.3's are named here, with the reason; once one of them agrees, the test says so.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdio>
#include <fstream>
#include <map>
#include <memory>
#include <regex>
#include <sstream>
#include <string>

namespace {

using Logs = std::map<std::string, std::string>;  // by program

const std::map<std::string, std::string>& known_differences() {
  static const std::map<std::string, std::string> differences = {};
  return differences;
}

// Both `skep` and the kernel pad behind what is put aside here.
std::string comparable(const std::string& line) {
  static const std::regex address(R"((\(18\) r\d = )0x[0-9a-f]{9,16}\b)"), kfunc(R"((call \w+#)\d{5,})"),
      type(R"(btf_id \d+)"), padding(R"( +; )");
  std::string text = std::regex_replace(line, address, "$1ADDRESS");
  text = std::regex_replace(text, kfunc, "$1ID");
  if (text != line) text = std::regex_replace(text, padding, " ; ");
  return std::regex_replace(text, type, "btf_id N");
}

Logs kernel_logs() {
  Logs logs;
  std::ifstream file(KERNEL_LOGS);
  std::string line, program;
  while (std::getline(file, line)) {
    if (line.starts_with("=== ")) {
      program = line.substr(4, line.find(':') - 4);
      logs[program];
    } else {
      logs[program] += comparable(line) + '\n';
    }
  }
  return logs;
}

// `skep verify` ends each program's log with a line of its own: "reject   OBJECT PROGRAM (type): …".
Logs skep_logs() {
  Logs logs;
  const std::unique_ptr<FILE, int (*)(FILE*)> output(
      popen("'" SKEP_PROGRAM "' verify --log-level 1 '" LOG_OBJECT "' 2>/dev/null", "r"), pclose);
  if (!output) return logs;
  std::string all;
  char part[4096];
  for (std::size_t n; (n = fread(part, 1, sizeof part, output.get())) != 0;) all.append(part, n);
  static const std::regex verdict(R"((?:accept|reject|gave-up) +\S+\.bpf\.o (\S+) \()");
  std::istringstream lines(all);
  std::string line, log;
  while (std::getline(lines, line)) {
    std::smatch found;
    if (std::regex_search(line, found, verdict, std::regex_constants::match_continuous)) {
      logs[found[1]] = std::exchange(log, {});
    } else {
      log += comparable(line) + '\n';
    }
  }
  return logs;
}

TEST(KernelLog, ProgramsAreThoseThatTheKernelWasAskedAbout) {
  const Logs kernel = kernel_logs(), skep = skep_logs();
  ASSERT_GE(kernel.size(), 17U);
  for (const auto& [program, log] : kernel) EXPECT_TRUE(skep.contains(program)) << program;
  for (const auto& [program, reason] : known_differences()) EXPECT_TRUE(kernel.contains(program)) << program;
}

TEST(KernelLog, EveryLineIsTheKernels) {
  const Logs kernel = kernel_logs(), skep = skep_logs();
  for (const auto& [program, log] : kernel) {
    const auto ours = skep.find(program);
    if (ours == skep.end()) continue;
    SCOPED_TRACE(program);
    if (const auto known = known_differences().find(program); known != known_differences().end())
      EXPECT_NE(ours->second, log) << "is the kernel's now, though this was the reason why not: " << known->second;
    else
      EXPECT_EQ(ours->second, log);
  }
}

}  // namespace
