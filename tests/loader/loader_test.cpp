// Libbpf on Skep, through nothing but libbpf's and the C library's own calls: descriptors, mapped globals, ring
// buffers, pins, several Kernels in one process, and the examples in their three dialects.
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/utsname.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>

#include "work/machine.hpp"

namespace skep::test {
namespace {

const std::string example = std::string(EXAMPLE_OBJECTS) + "/wq.bpf.o";

// A Kernel that this thread's libbpf talks to, under the stepping executor.
struct Bound {
  explicit Bound(std::int64_t seed = 1) : kernel(make_work_kernel({.cpus = 2, .seed = seed})), binding(*kernel) {}
  std::unique_ptr<Kernel> kernel;
  KernelBinding binding;
};

int program_fd(const ObjectPtr& object, const char* name) {
  return bpf_program__fd(bpf_object__find_program_by_name(object.get(), name));
}
int map_fd(const ObjectPtr& object, const char* name) {
  return bpf_object__find_map_fd_by_name(object.get(), name);
}

// What a skeleton's generated code does: open, set data before loading, load, use the mapped data.
TEST(Loader, globals_are_mapped) {
  const Bound bound;
  std::uint64_t word = 0x1234;
  ASSERT_TRUE(bound.kernel->open_host_memory({&word, sizeof word}));
  const ObjectPtr object = load_object(*bound.kernel, example, [&](bpf_object* opened) {
    auto* address = variable<std::uint64_t>(opened, "user_address");
    ASSERT_NE(address, nullptr);
    *address = reinterpret_cast<std::uint64_t>(&word);
  });
  ASSERT_NE(object, nullptr);
  EXPECT_EQ(test_run(program_fd(object, "array_from_syscall"), false), 0);
  EXPECT_TRUE(bound.kernel->drain(no_limit));
  EXPECT_EQ(*variable<std::uint64_t>(object.get(), "user_value"), 0x1234U);
  EXPECT_EQ(*variable<std::uint32_t>(object.get(), "ok_sleepable"), 2U);
  // It is the program's own memory, both ways, and also what lookups read.
  *variable<std::uint32_t>(object.get(), "ok_sleepable") = 0x100;
  word = 0x99;
  const std::uint32_t zero = 0;
  std::vector<char> bytes(bpf_map__value_size(bpf_object__find_map_by_name(object.get(), ".bss")));
  EXPECT_EQ(bpf_map_lookup_elem(map_fd(object, ".bss"), &zero, bytes.data()), 0);
  std::uint32_t seen = 0;
  std::memcpy(&seen, bytes.data() + variable_offset(object.get(), ".bss", "ok_sleepable"), sizeof seen);
  EXPECT_EQ(seen, 0x100U);
}

int count_record(void* context, void* data, std::size_t size) {
  EXPECT_EQ(size, sizeof(int));
  static_cast<std::vector<int>*>(context)->push_back(*static_cast<int*>(data));
  return 0;
}

TEST(Loader, ring_buffer_is_polled) {
  const Bound bound;
  const ObjectPtr object = load_object(*bound.kernel, example);
  ASSERT_NE(object, nullptr);
  std::vector<int> records;
  ring_buffer* ring = ring_buffer__new(map_fd(object, "done"), count_record, &records, nullptr);
  ASSERT_NE(ring, nullptr);
  EXPECT_EQ(ring_buffer__poll(ring, 0), 0);
  EXPECT_EQ(test_run(program_fd(object, "array_from_tc"), true), 0);
  EXPECT_EQ(test_run(program_fd(object, "lru_from_syscall"), false), 0);
  EXPECT_TRUE(bound.kernel->drain(no_limit));
  EXPECT_EQ(ring_buffer__poll(ring, 1000), 2);
  EXPECT_THAT(records, testing::UnorderedElementsAre(0, 3));
  EXPECT_EQ(ring_buffer__poll(ring, 0), 0);
  ring_buffer__free(ring);
}

// With threads, a consumer that waits is woken.
TEST(Loader, ring_buffer_wakes_a_poll) {
  const Bound bound(-1);
  const ObjectPtr object = load_object(*bound.kernel, example);
  ASSERT_NE(object, nullptr);
  std::vector<int> records;
  ring_buffer* ring = ring_buffer__new(map_fd(object, "done"), count_record, &records, nullptr);
  ASSERT_NE(ring, nullptr);
  EXPECT_EQ(test_run(program_fd(object, "array_from_tc"), true), 0);
  while (records.empty()) ASSERT_GE(ring_buffer__poll(ring, 10'000), 0);
  EXPECT_THAT(records, testing::ElementsAre(0));
  ring_buffer__free(ring);
}

TEST(Loader, descriptors_are_duplicated_and_closed) {
  const Bound bound;
  ObjectPtr object = load_object(*bound.kernel, example);
  ASSERT_NE(object, nullptr);
  const int program = dup(program_fd(object, "array_from_tc"));
  const int second = fcntl(program, F_DUPFD_CLOEXEC, 3);
  const int map = dup(map_fd(object, "array"));
  ASSERT_TRUE(program >= 0 && second >= 0 && map >= 0);
  EXPECT_NE(fcntl(second, F_GETFD) & FD_CLOEXEC, 0);
  object.reset();
  EXPECT_EQ(test_run(program, true), 0);
  EXPECT_EQ(close(program), 0);
  EXPECT_EQ(close(program), -1);
  EXPECT_EQ(errno, EBADF);
  EXPECT_EQ(test_run(program, true), -EBADF);
  EXPECT_EQ(test_run(second, true), 0);
  // dup2 over a descriptor of ours closes what it was.
  const int plain = open("/dev/null", O_RDONLY);
  ASSERT_GE(plain, 0);
  EXPECT_EQ(dup2(plain, second), second);
  EXPECT_EQ(test_run(second, true), -EINVAL);
  EXPECT_EQ(dup2(map, plain), plain);
  const std::uint32_t zero = 0;
  std::uint64_t value[2] = {1, 1};
  EXPECT_EQ(bpf_map_lookup_elem(plain, &zero, value), 0);
  EXPECT_EQ(value[0], 0U);
  for (const int fd : {second, map, plain}) EXPECT_EQ(close(fd), 0);
  EXPECT_TRUE(bound.kernel->drain(no_limit));
}

TEST(Loader, pins) {
  const Bound bound;
  ObjectPtr object = load_object(*bound.kernel, example);
  ASSERT_NE(object, nullptr);
  bpf_map* map = bpf_object__find_map_by_name(object.get(), "lru");
  EXPECT_EQ(bpf_map__pin(map, "/sys/fs/bpf/dir/lru"), 0);
  EXPECT_EQ(access("/sys/fs/bpf/dir/lru", F_OK), 0);
  EXPECT_EQ(bpf_obj_pin(bpf_map__fd(map), "/sys/fs/bpf/dir/lru"), -EEXIST);
  const std::uint32_t key = 7;
  const std::uint64_t value[2] = {};
  EXPECT_EQ(bpf_map_update_elem(bpf_map__fd(map), &key, value, 0), 0);
  object.reset();
  const int fd = bpf_obj_get("/sys/fs/bpf/dir/lru");
  ASSERT_GE(fd, 0);
  std::uint64_t got[2];
  EXPECT_EQ(bpf_map_lookup_elem(fd, &key, got), 0);
  close(fd);
  EXPECT_EQ(unlink("/sys/fs/bpf/dir/lru"), 0);
  EXPECT_EQ(unlink("/sys/fs/bpf/dir/lru"), -1);
  EXPECT_EQ(bpf_obj_get("/sys/fs/bpf/dir/lru"), -ENOENT);
}

// An object whose map is pinned by name is given the map that is there.
TEST(Loader, pinned_maps_are_reused) {
  const Bound bound;
  const auto pin_lru = [](bpf_object* opened) {
    EXPECT_EQ(bpf_map__set_pin_path(bpf_object__find_map_by_name(opened, "lru"), "/sys/fs/bpf/shared_lru"), 0);
  };
  const ObjectPtr first = load_object(*bound.kernel, example, pin_lru);
  const ObjectPtr second = load_object(*bound.kernel, example, pin_lru);
  ASSERT_TRUE(first && second);
  const std::uint32_t key = 7;
  const std::uint64_t value[2] = {};
  std::uint64_t got[2];
  EXPECT_EQ(bpf_map_update_elem(map_fd(first, "lru"), &key, value, 0), 0);
  EXPECT_EQ(bpf_map_lookup_elem(map_fd(second, "lru"), &key, got), 0);
  EXPECT_EQ(unlink("/sys/fs/bpf/shared_lru"), 0);
}

TEST(Loader, kernels_are_apart) {
  const auto first = make_work_kernel({});
  const auto second = make_work_kernel({});
  ObjectPtr a, b;
  {
    const KernelBinding binding(*first);
    a = load_object(*first, example);
  }
  {
    const KernelBinding binding(*second);
    b = load_object(*second, example);
  }
  ASSERT_TRUE(a && b);
  // A command that names an object finds its Kernel, whatever the thread is bound to.
  const KernelBinding binding(*second);
  EXPECT_EQ(test_run(program_fd(a, "array_from_tc"), true), 0);
  EXPECT_TRUE(second->drain(no_limit));
  EXPECT_EQ(first->work().started, 1U);
  EXPECT_EQ(second->work().started, 0U);
  EXPECT_TRUE(first->drain(no_limit));
  EXPECT_EQ(*variable<std::uint32_t>(a.get(), "ok"), 1U);
  EXPECT_EQ(*variable<std::uint32_t>(b.get(), "ok"), 0U);
  EXPECT_TRUE(first->owns(program_fd(a, "array_from_tc")));
  EXPECT_FALSE(second->owns(program_fd(a, "array_from_tc")));
  EXPECT_EQ(bpf_obj_pin(map_fd(b, "lru"), "/sys/fs/bpf/mine"), 0);
  EXPECT_TRUE(second->pinned("/sys/fs/bpf/mine"));
  EXPECT_FALSE(first->pinned("/sys/fs/bpf/mine"));
}

TEST(Loader, the_release_is_the_kernels) {
  const Bound bound;
  utsname name{};
  EXPECT_EQ(uname(&name), 0);
  EXPECT_THAT(name.release, testing::StartsWith("7.3."));
}

TEST(Loader, dialects) {
  for (const char* dialect : {"wq", "wq-618", "wq-documentation"}) {
    SCOPED_TRACE(dialect);
    const Bound bound;
    const ObjectPtr object = load_object(*bound.kernel, std::string(EXAMPLE_OBJECTS) + "/" + dialect + ".bpf.o");
    ASSERT_NE(object, nullptr);
    bpf_program* program = nullptr;
    bpf_object__for_each_program(program, object.get()) {
      std::uint32_t retval = 1;
      EXPECT_EQ(test_run(bpf_program__fd(program), bpf_program__type(program) != BPF_PROG_TYPE_SYSCALL, &retval), 0);
      EXPECT_EQ(retval, 0U) << bpf_program__name(program);
    }
    EXPECT_TRUE(bound.kernel->drain(no_limit));
    EXPECT_EQ(*variable<std::uint32_t>(object.get(), "ok"), 0b1001U);
    EXPECT_EQ(*variable<std::uint32_t>(object.get(), "ok_sleepable"), 0b0110U);
  }
}

}  // namespace
}  // namespace skep::test
