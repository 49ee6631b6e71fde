// Every instruction is a point at which something else may happen: for 1,000 seeds the stepping executor must come to
// the same end as worker threads do, for every example and for steps.bpf.c.
#include <atomic>
#include <filesystem>
#include <thread>

#include "work/machine.hpp"

namespace skep::test {
namespace {

constexpr std::int64_t seeds = 1000;

// What a run of all programs of an object has left: return values, and the contents of its maps.
struct Outcome {
  std::vector<std::uint32_t> retvals;
  std::map<std::string, std::map<std::string, std::string>> maps;
  std::uint64_t ran = 0;
  bool operator==(const Outcome&) const = default;
};

std::map<std::string, std::string> contents(int fd, std::uint32_t key_size, std::uint32_t value_size) {
  std::map<std::string, std::string> found;
  // Of per-CPU maps a value is each CPU's, rounded up.
  std::string key(key_size, '\0'), next(key_size, '\0'), value((value_size + 7) / 8 * 8 * 2, '\0');
  for (const void* at = nullptr; bpf_map_get_next_key(fd, at, next.data()) == 0; at = key.data()) {
    key = next;
    EXPECT_EQ(bpf_map_lookup_elem(fd, key.data(), value.data()), 0);
    found[key] = value;
  }
  return found;
}

Outcome run_all(const std::string& path, const MachineOptions& options) {
  Outcome outcome;
  const auto kernel = make_work_kernel(options);
  const KernelBinding binding(*kernel);
  const ObjectPtr object = load_object(*kernel, path);
  if (!object) return outcome;
  bpf_program* program = nullptr;
  bpf_object__for_each_program(program, object.get()) {
    std::uint32_t retval = 0;
    const bool packet = bpf_program__type(program) != BPF_PROG_TYPE_SYSCALL;
    EXPECT_EQ(test_run(bpf_program__fd(program), packet, &retval), 0) << bpf_program__name(program);
    outcome.retvals.push_back(retval);
  }
  EXPECT_TRUE(kernel->drain(no_limit));
  bpf_map* map = nullptr;
  bpf_object__for_each_map(map, object.get()) {
    if (bpf_map__type(map) == BPF_MAP_TYPE_RINGBUF) continue;     // records come in the order of their making
    if (bpf_map__type(map) == BPF_MAP_TYPE_PROG_ARRAY) continue;  // programs have other ids each time
    outcome.maps[bpf_map__name(map)] = contents(bpf_map__fd(map), bpf_map__key_size(map), bpf_map__value_size(map));
  }
  outcome.ran = kernel->work().ran;
  return outcome;
}

void compare(const std::string& path) {
  SCOPED_TRACE(path);
  const Outcome expected = run_all(path, {.cpus = 2, .seed = -1});
  EXPECT_FALSE(expected.retvals.empty());
  // Many at a time, since a Kernel that ends waits for grace periods.
  std::atomic<std::int64_t> next = 0;
  std::atomic<std::int64_t> differs = -1;
  std::vector<std::thread> threads;
  for (int i = 0; i < 64; ++i) {
    threads.emplace_back([&] {
      for (std::int64_t seed = next++; seed < seeds && differs < 0; seed = next++) {
        if (run_all(path, {.cpus = 2, .seed = seed}) != expected) differs = seed;
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  if (differs < 0) return;
  SCOPED_TRACE(fmt::format("seed {}", differs.load()));
  const Outcome got = run_all(path, {.cpus = 2, .seed = differs});
  EXPECT_EQ(got.retvals, expected.retvals);
  EXPECT_EQ(got.ran, expected.ran);
  EXPECT_EQ(got.maps, expected.maps);
  ADD_FAILURE() << "another end than with threads";
}

TEST(Stepping, examples) {
  unsigned found = 0;
  for (const auto& entry : std::filesystem::directory_iterator(EXAMPLE_OBJECTS)) {
    if (!entry.path().string().ends_with(".bpf.o")) continue;
    const std::string name = entry.path().stem().stem();
    if (name == "embed") continue;          // needs the kfuncs of its application
    if (name == "bench") continue;          // notes times, and starts items that may be running already
    if (name == "firewall") continue;       // counts by CPU, and keeps times
    if (name == "firewall_test") continue;  // … and its test has calls replaced
    if (name == "calls") continue;          // asks for the time, the CPU and random numbers
    ++found;
    compare(entry.path());
  }
  EXPECT_GE(found, 3U);
}

TEST(Stepping, awkward_places) {
  const std::string path = std::string(WORK_OBJECTS) + "/steps.bpf.o";
  compare(path);
  const Outcome outcome = run_all(path, {.cpus = 2, .seed = 7});
  EXPECT_THAT(outcome.retvals, testing::ElementsAre(0, 0, 0, 45));
  EXPECT_EQ(outcome.ran, 4U);
}

}  // namespace
}  // namespace skep::test
