// What libbpf asks of the machine when a program names `__kconfig` externs: it gets the release's answers.
#include <gtest/gtest.h>
#include <linux/perf_event.h>
#include <sys/syscall.h>
#include <unistd.h>
#include <zlib.h>

#include <cerrno>
#include <cstdint>
#include <cstdio>
#include <string>

namespace skep {
namespace {

TEST(Configuration, IsTheReleasesAndNotTheMachines) {
  gzFile file = gzopen("/proc/config.gz", "re");
  ASSERT_NE(file, nullptr);
  std::string text;
  char line[512];
  while (gzgets(file, line, sizeof line) != nullptr) text += line;
  gzclose(file);
  EXPECT_NE(text.find("CONFIG_NR_CPUS=8192\n"), std::string::npos);
  EXPECT_EQ(gzopen("/nonexistent/config.gz", "re"), nullptr);
}

long open_probe(const char* function, int pid) {
  unsigned type = 0;
  FILE* file = fopen("/sys/bus/event_source/devices/kprobe/type", "re");
  if (file == nullptr) return -1;
  const bool read = fscanf(file, "%u", &type) == 1;
  fclose(file);
  if (!read) return -1;
  perf_event_attr attr{};
  attr.size = sizeof attr;
  attr.type = type;
  attr.config1 = reinterpret_cast<std::uintptr_t>(function);
  return syscall(__NR_perf_event_open, &attr, pid, -1, -1, 0);
}

TEST(SystemCallWrapper, IsFoundByAProbeOfOnesOwnProcess) {
  const long fd = open_probe("__x64_sys_bpf", getpid());
  ASSERT_GE(fd, 0);
  close(static_cast<int>(fd));
}

TEST(SystemCallWrapper, NothingIsAttachedToTheMachine) {
  EXPECT_EQ(open_probe("__x64_sys_bpf", -1), -1);
  EXPECT_EQ(errno, EOPNOTSUPP);
  EXPECT_EQ(open_probe("schedule", getpid()), -1);
}

}  // namespace
}  // namespace skep
