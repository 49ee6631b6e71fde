// Threads that initialize, start, update, delete and evict items on the same elements, through programs and through
// user space's commands, and at the end an account: whatever was started has run, was merged, or was cancelled.
// SKEP_STRESS_SECONDS says for how long (1). What data races the thread sanitizer finds here are bugs of Skep: accesses
// by programs to the same value are none.
#include <unistd.h>

#include <chrono>
#include <cstdlib>
#include <random>
#include <thread>

#include "work/machine.hpp"

namespace skep::test {
namespace {

constexpr unsigned elements = 64;

std::chrono::duration<double> stress_time() {
  const char* text = std::getenv("SKEP_STRESS_SECONDS");
  return std::chrono::duration<double>(text != nullptr ? std::strtod(text, nullptr) : 1.0);
}

void command(const std::vector<int>& maps, std::mt19937& random) {
  const int map = maps[random() % maps.size()];
  const std::uint32_t key = random() % elements;
  Elem value{random(), {~0ULL, ~0ULL}, random()};
  std::uint32_t next = 0;
  switch (random() % 6) {
    case 0:
      bpf_map_update_elem(map, &key, &value, 0);
      break;
    case 1:
      bpf_map_delete_elem(map, &key);
      break;
    case 2:
      bpf_map_lookup_and_delete_elem(map, &key, &value);
      break;
    case 3:
      bpf_map_get_next_key(map, &key, &next);
      break;
    default:
      if (bpf_map_lookup_elem(map, &key, &value) == 0) {
        EXPECT_EQ(value.item[0], 0U);
        EXPECT_EQ(value.item[1], 0U);
      }
  }
}

TEST(Work, stress) {
  const auto kernel = make_work_kernel({.cpus = 4, .seed = -1});
  const KernelBinding binding(*kernel);
  ObjectPtr object = load_object(*kernel, std::string(WORK_OBJECTS) + "/stress.bpf.o");
  ASSERT_NE(object, nullptr);
  const int program = bpf_program__fd(bpf_object__find_program_by_name(object.get(), "stress"));
  std::vector<int> maps;
  for (const char* name : {"array", "hash", "hash_no_prealloc", "lru"})
    maps.push_back(bpf_object__find_map_fd_by_name(object.get(), name));
  const auto end = std::chrono::steady_clock::now() + stress_time();
  std::vector<std::thread> threads;
  for (unsigned i = 0; i < 4; ++i) {
    threads.emplace_back([&, i] {
      std::mt19937 random(i);
      do {
        EXPECT_EQ(test_run(program, true), 0);
        for (unsigned j = 0; j < 16; ++j) command(maps, random);
      } while (std::chrono::steady_clock::now() < end);
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_TRUE(kernel->drain(no_limit));
  const WorkStatistics work = kernel->work();
  EXPECT_EQ(work.started, work.merged + work.ran + work.cancelled);
  EXPECT_GT(work.ran, 0U);
  EXPECT_GT(work.cancelled, 0U);
  // Skep's account is the programs' own.
  EXPECT_EQ(*variable<std::uint64_t>(object.get(), "started"), work.started);
  EXPECT_EQ(*variable<std::uint64_t>(object.get(), "ran"), work.ran);
  EXPECT_EQ(*variable<std::uint64_t>(object.get(), "wrong"), 0U);
}

// The map goes, with all that is pending and running on it, while programs start more.
TEST(Work, stress_close) {
  const auto end = std::chrono::steady_clock::now() + stress_time();
  do {
    const auto kernel = make_work_kernel({.cpus = 4, .seed = -1});
    const KernelBinding binding(*kernel);
    ObjectPtr object = load_object(*kernel, std::string(WORK_OBJECTS) + "/stress.bpf.o");
    ASSERT_NE(object, nullptr);
    const int program = dup(bpf_program__fd(bpf_object__find_program_by_name(object.get(), "stress")));
    std::vector<std::thread> threads;
    for (unsigned i = 0; i < 3; ++i) {
      threads.emplace_back([program] {
        for (unsigned j = 0; j < 20; ++j) EXPECT_EQ(test_run(program, true), 0);
      });
    }
    object.reset();
    for (std::thread& thread : threads) thread.join();
    EXPECT_TRUE(kernel->drain(no_limit));
    const WorkStatistics work = kernel->work();
    EXPECT_EQ(work.started, work.merged + work.ran + work.cancelled);
    close(program);
  } while (std::chrono::steady_clock::now() < end);
}

}  // namespace
}  // namespace skep::test
