// The ring buffer whose producer is user space: libbpf's, unmodified, to programs.
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <gtest/gtest.h>
#include <sys/mman.h>

#include <cerrno>
#include <cstring>
#include <memory>
#include <string>

#include "skep/kernel.hpp"

namespace skep {
namespace {

class UserRing : public testing::Test {
 protected:
  void SetUp() override {
    std::string error;
    kernel_ = Kernel::make({}, error);
    ASSERT_NE(kernel_, nullptr) << error;
    binding_ = std::make_unique<KernelBinding>(*kernel_);
    object_ = bpf_object__open(USER_RING_OBJECT);
    ASSERT_NE(object_, nullptr);
    ASSERT_EQ(bpf_object__load(object_), 0);
    fd_ = bpf_map__fd(bpf_object__find_map_by_name(object_, "from_user"));
    ring_ = user_ring_buffer__new(fd_, nullptr);
    ASSERT_NE(ring_, nullptr) << errno;
  }
  void TearDown() override {
    user_ring_buffer__free(ring_);
    bpf_object__close(object_);
  }
  int run(const char* program) {
    LIBBPF_OPTS(bpf_test_run_opts, options);
    const int error =
        bpf_prog_test_run_opts(bpf_program__fd(bpf_object__find_program_by_name(object_, program)), &options);
    return error != 0 ? error : static_cast<int>(options.retval);
  }
  struct Globals {
    std::uint64_t sum, bytes, stop_at;
  };
  Globals globals() const {
    Globals values = {};
    const int zero = 0;
    EXPECT_EQ(bpf_map_lookup_elem(bpf_map__fd(bpf_object__find_map_by_name(object_, ".bss")), &zero, &values), 0);
    return values;
  }
  void set_stop_at(std::uint64_t number) const {
    Globals values = globals();
    values.stop_at = number;
    const int zero = 0;
    EXPECT_EQ(bpf_map_update_elem(bpf_map__fd(bpf_object__find_map_by_name(object_, ".bss")), &zero, &values, 0), 0);
  }
  bool put(std::uint64_t number, std::uint32_t size = 8, bool discard = false) {
    void* const record = user_ring_buffer__reserve(ring_, size);
    if (record == nullptr) return false;
    std::memcpy(record, &number, sizeof number);
    if (discard)
      user_ring_buffer__discard(ring_, record);
    else
      user_ring_buffer__submit(ring_, record);
    return true;
  }
  std::unique_ptr<Kernel> kernel_;
  std::unique_ptr<KernelBinding> binding_;
  bpf_object* object_ = nullptr;
  user_ring_buffer* ring_ = nullptr;
  int fd_ = -1;
};

TEST_F(UserRing, CarriesRecordsToPrograms) {
  EXPECT_EQ(run("drain"), 0) << "nothing is there";
  EXPECT_TRUE(put(5));
  EXPECT_TRUE(put(1000, 8, true));
  EXPECT_TRUE(put(7, 24));
  EXPECT_EQ(run("drain"), 2) << "discarded ones are not counted";
  EXPECT_EQ(globals().sum, 12U);
  EXPECT_EQ(globals().bytes, 32U);
  EXPECT_EQ(run("drain"), 0);
  EXPECT_EQ(run("drain_with_unknown_flags"), -EINVAL);
}

TEST_F(UserRing, GoesRoundAndIsFullUntilItIsDrained) {
  std::uint64_t put_in = 0, drained = 0;
  for (int round = 0; round < 10; ++round) {
    while (put(1, 100)) ++put_in;
    EXPECT_EQ(errno, ENOSPC);
    const int taken = run("drain");
    ASSERT_GT(taken, 30);
    drained += static_cast<std::uint64_t>(taken);
  }
  EXPECT_EQ(put_in, drained);
  EXPECT_EQ(globals().sum, drained);
}

TEST_F(UserRing, IsDrainedAsFarAsTheFunctionWants) {
  set_stop_at(2);
  for (const std::uint64_t number : {1, 2, 3}) EXPECT_TRUE(put(number));
  EXPECT_EQ(run("drain"), 2);
  EXPECT_EQ(globals().sum, 3U);
  EXPECT_EQ(run("drain"), 1);
  EXPECT_EQ(globals().sum, 6U);
}

TEST_F(UserRing, BelievesNothingThatUserSpaceWrites) {
  EXPECT_EQ(mmap(nullptr, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, fd_, 0), MAP_FAILED);
  EXPECT_EQ(errno, EPERM);
  auto* const producer = static_cast<char*>(mmap(nullptr, 3 * 4096, PROT_READ | PROT_WRITE, MAP_SHARED, fd_, 4096));
  ASSERT_NE(producer, MAP_FAILED);
  const auto write = [&](std::size_t at, std::uint64_t value) { std::memcpy(producer + at, &value, sizeof value); };
  write(0, 12);
  EXPECT_EQ(run("drain"), -EINVAL) << "a position between words";
  write(0, 64);
  write(4096, 100);
  EXPECT_EQ(run("drain"), -EINVAL) << "a record that is longer than what was produced";
  write(0, 1 << 20);
  write(4096, 1 << 16);
  EXPECT_EQ(run("drain"), -E2BIG) << "a record that is longer than the ring";
  write(0, 64);
  write(4096, 8 | std::uint64_t{1} << 31);
  EXPECT_EQ(run("drain"), 0) << "a record that is not done yet";
  write(4096, 8);
  write(4096 + 16, 8);
  set_stop_at(99);
  EXPECT_EQ(run("drain"), 3) << "two records, and one of no bytes, at which the program stops";
  munmap(producer, 3 * 4096);
}

}  // namespace
}  // namespace skep
