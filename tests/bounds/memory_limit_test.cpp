// Memory is bounded: what is counted, what a limit refuses, and that a long run gives back what it deletes.
#include <bpf/bpf.h>
#include <malloc.h>

#include "bounds/support.hpp"
#include "rcu/rcu.hpp"

namespace skep::test {
namespace {

constexpr std::uint64_t megabyte = 1 << 20;

// A run holds off grace periods to its end; what it deletes and creates again must not pile up until then. Without a
// limit on what waits this is 18 MB.
TEST(Memory, OfElementsThatALongRunRecreatesDoesNotGrow) {
  const Bounded b({.host_btf = false});
  const std::uint64_t before = b.kernel->memory().used;
  const auto run = b.run("recreate_many");
  ASSERT_TRUE(run) << run.message();
  EXPECT_EQ(run->verdict, 0U);
  EXPECT_LT(b.kernel->memory().peak, before + 2 * megabyte);
}

// What is started and deleted at once does not wait for the run's end either.
TEST(Memory, OfItemsThatALongRunRecreatesDoesNotGrow) {
  const Bounded b({.host_btf = false});
  const std::uint64_t before = b.kernel->memory().used;
  const auto run = b.run("recreate_and_start_many");
  ASSERT_TRUE(run) << run.message();
  EXPECT_EQ(run->verdict, 0U);
  EXPECT_LT(b.kernel->memory().peak, before + 16 * megabyte);
}

TEST(Memory, OfWorkItemsMeetsTheLimit) {
  Bounded b({.host_btf = false, .memory_limit = 40 * megabyte});
  const std::uint64_t before = b.kernel->memory().used;
  const auto run = b.run("start_many");
  ASSERT_TRUE(run) << run.message();
  const MemoryStatistics memory = b.kernel->memory();
  EXPECT_GT(run->verdict, 0U);  // bpf_wq_init() and bpf_wq_set_callback() said -ENOMEM
  EXPECT_GT(memory.refused, 0U);
  EXPECT_LE(memory.peak, memory.limit);
  // All of it comes back.
  EXPECT_TRUE(b.kernel->drain(a_minute));
  b.object = {};
  rcu::barrier();
  EXPECT_LT(b.kernel->memory().used, before);
}

TEST(Memory, OfElementsMeetsTheLimit) {
  const Bounded b({.host_btf = false, .memory_limit = 32 * megabyte});
  const auto full = b.run("fill_many");
  ASSERT_TRUE(full) << full.message();
  const MemoryStatistics memory = b.kernel->memory();
  EXPECT_LE(memory.peak, memory.limit);
  EXPECT_EQ(full->verdict > 0, memory.refused > 0);
  // User space is refused the same way, and may delete.
  auto elements = b.object.map("elements");
  ASSERT_TRUE(elements) << elements.message();
  int error = 0;
  std::uint32_t key = 200'000;
  const std::vector<std::uint8_t> value(elements->value_size());
  for (; key < 1'000'000 && error == 0; ++key) error = bpf_map_update_elem(elements->fd(), &key, value.data(), 0);
  EXPECT_EQ(error, -ENOMEM);
  key = 0;
  EXPECT_EQ(bpf_map_delete_elem(elements->fd(), &key), 0);
}

// A program with a full stack and 4,000 branches that wait for their turn.
TEST(Memory, OfVerificationMeetsTheLimit) {
  std::vector<bpf_insn> program;
  for (std::int16_t offset = -512; offset < 0; offset += 8) program.push_back({0x7a, 10, 0, offset, 1});
  for (std::int32_t number = 0; number < 4000; ++number) {
    program.push_back({0x85, 0, 0, 0, BPF_FUNC_get_prandom_u32});
    program.push_back({0x15, 0, 0, 1, number});  // if r0 == number goto +1
    program.push_back({0xb7, 6, 0, 0, number});  // r6 = number
  }
  for (std::int16_t offset = -512; offset < 0; offset += 8) program.push_back({0x79, 0, 10, offset, 0});
  program.push_back({0x95, 0, 0, 0, 0});
  const auto limited = make_kernel({.host_btf = false, .memory_limit = 8 * megabyte});
  const auto unlimited = make_kernel({.host_btf = false});
  ASSERT_TRUE(limited && unlimited);
  const auto load = [&](Kernel& kernel) {
    const KernelBinding binding(kernel);
    return bpf_prog_load(BPF_PROG_TYPE_SOCKET_FILTER, "wide", "GPL", program.data(), program.size(), nullptr);
  };
  EXPECT_GE(load(**unlimited), 0);
  EXPECT_GT((*unlimited)->memory().peak, 16 * megabyte);
  EXPECT_LT((*unlimited)->memory().used, 8 * megabyte);  // the program
  EXPECT_EQ(load(**limited), -ENOMEM);
  EXPECT_LT((*limited)->memory().used, megabyte);
}

// What a refusal is explained with is remembered along all paths, in a second walk that needs more than the first: it
// takes no more than there is, and the program stays refused for what it does.
TEST(Memory, OfExplanationsMeetsTheLimit) {
  std::vector<bpf_insn> program;
  for (std::int32_t number = 0; number < 4000; ++number) {
    program.push_back({0x85, 0, 0, 0, BPF_FUNC_get_prandom_u32});
    program.push_back({0xbf, 6, 0, 0, 0});       // r6 = r0
    program.push_back({0x07, 6, 0, 0, number});  // r6 += number
  }
  program.push_back({0x79, 0, 9, 0, 0});  // r0 = *(u64 *)(r9 + 0), which nobody has set
  program.push_back({0x95, 0, 0, 0, 0});
  // The most that was needed at once.
  const auto load = [&](std::uint64_t limit, std::uint32_t level) {
    const auto kernel = make_kernel({.host_btf = false, .memory_limit = limit});
    EXPECT_TRUE(kernel) << kernel.message();
    const KernelBinding binding(**kernel);
    std::vector<char> log(level == 0 ? 0 : 16 * megabyte);
    LIBBPF_OPTS(bpf_prog_load_opts, options, .log_level = level, .log_size = static_cast<__u32>(log.size()),
                .log_buf = log.empty() ? nullptr : log.data());
    EXPECT_EQ(bpf_prog_load(BPF_PROG_TYPE_SOCKET_FILTER, "told", "GPL", program.data(), program.size(), &options),
              -EACCES);
    if (level != 0) {
      EXPECT_THAT(log.data(), testing::HasSubstr("R9 !read_ok"));
    }
    return (*kernel)->memory().peak;
  };
  const std::uint64_t unexplained = load(0, 0), explained = load(0, 4);
  EXPECT_GT(explained, unexplained + megabyte);
  for (const std::uint64_t limit : {unexplained, (unexplained + explained) / 2, explained})
    EXPECT_LE(load(limit, 4), limit);
}

// Who replaces inner maps while somebody reads meets the limit, too, and has it all back when nobody does.
TEST(Memory, OfReplacedInnerMapsCountsUntilNobodyReadsThem) {
  for (const bpf_map_type type : {BPF_MAP_TYPE_ARRAY_OF_MAPS, BPF_MAP_TYPE_HASH_OF_MAPS}) {
    const auto kernel = make_kernel({.host_btf = false, .memory_limit = 2 * megabyte});
    ASSERT_TRUE(kernel) << kernel.message();
    const KernelBinding binding(**kernel);
    const int inner = bpf_map_create(BPF_MAP_TYPE_ARRAY, "inner", 4, 8, 1, nullptr);
    ASSERT_GE(inner, 0);
    LIBBPF_OPTS(bpf_map_create_opts, options, .inner_map_fd = static_cast<__u32>(inner));
    const int outer = bpf_map_create(type, "outer", 4, 4, 4, &options);
    ASSERT_GE(outer, 0);
    const std::uint32_t key = 0;
    int error = 0;
    {
      const rcu::ReadGuard reading;
      for (int i = 0; i < 1'000'000 && error == 0; ++i) error = bpf_map_update_elem(outer, &key, &inner, 0);
    }
    EXPECT_EQ(error, -ENOMEM);
    rcu::barrier();
    EXPECT_EQ(bpf_map_update_elem(outer, &key, &inner, 0), 0);
    EXPECT_LT((*kernel)->memory().used, megabyte);
  }
}

// Whatever part of it there is no memory for, and whatever its values hold.
TEST(Memory, OfAMapIsTakenWholeOrNotAtAll) {
  std::size_t made = 0, refused = 0;
  for (std::uint64_t limit = 12 * megabyte; limit < 40 * megabyte; limit += limit / 8) {
    const Bounded b({.host_btf = false, .memory_limit = limit});
    const auto like = b.object.map("elements");
    ASSERT_TRUE(like) << like.message();
    const KernelBinding binding(*b.kernel);
    bpf_map_info info{};
    __u32 size = sizeof info;
    ASSERT_EQ(bpf_map_get_info_by_fd(like->fd(), &info, &size), 0);
    const int types = bpf_btf_get_fd_by_id(info.btf_id);
    ASSERT_GE(types, 0);
    for (const bpf_map_type type : {BPF_MAP_TYPE_HASH, BPF_MAP_TYPE_LRU_HASH, BPF_MAP_TYPE_ARRAY}) {
      LIBBPF_OPTS(bpf_map_create_opts, options, .btf_fd = static_cast<__u32>(types),
                  .btf_key_type_id = info.btf_key_type_id, .btf_value_type_id = info.btf_value_type_id);
      const std::uint64_t before = b.kernel->memory().used;
      const int map = bpf_map_create(type, "m", 4, info.value_size, 100'000, &options);
      ++(map >= 0 ? made : refused);
      EXPECT_TRUE(map >= 0 || map == -ENOMEM) << map;
      if (map >= 0) b.kernel->close(map);
      rcu::barrier();
      EXPECT_EQ(b.kernel->memory().used, before);
    }
    b.kernel->close(types);
  }
  EXPECT_GT(made, 0U);
  EXPECT_GT(refused, 0U);
}

// What is not counted must not grow either. (Under a sanitizer this looks at nothing.)
TEST(Memory, OfTheProcessDoesNotGrowWithWhatIsLoadedAndClosed) {
  constexpr int rounds = 40;
  const auto kernel = make_kernel({.host_btf = false});
  ASSERT_TRUE(kernel) << kernel.message();
  std::size_t warm = 0;
  for (int i = 0; i < 2 * rounds; ++i) {
    const auto object = Object::load(*kernel, std::string(BOUNDS_OBJECTS) + "/command.bpf.o");
    ASSERT_TRUE(object) << object.message();
    if (i == rounds) warm = mallinfo2().uordblks;
  }
  rcu::barrier();
  EXPECT_LT(mallinfo2().uordblks, warm + rounds * std::size_t{1024});
}

TEST(Memory, OfMapsIsCountedWhenTheyAreMade) {
  const Bounded b({.host_btf = false, .memory_limit = 64 * megabyte});
  const KernelBinding binding(*b.kernel);
  const std::uint64_t before = b.kernel->memory().used;
  const int array = bpf_map_create(BPF_MAP_TYPE_ARRAY, "a", 4, 4096, 1024, nullptr);
  ASSERT_GE(array, 0);
  EXPECT_GE(b.kernel->memory().used, before + 4 * megabyte);
  EXPECT_EQ(bpf_map_create(BPF_MAP_TYPE_ARRAY, "b", 4, 4096, 1 << 20, nullptr), -ENOMEM);
  EXPECT_EQ(bpf_map_create(BPF_MAP_TYPE_HASH, "c", 4, 4096, 1 << 20, nullptr), -ENOMEM);
  EXPECT_EQ(bpf_map_create(BPF_MAP_TYPE_RINGBUF, "d", 0, 0, 1 << 26, nullptr), -ENOMEM);
  EXPECT_EQ(bpf_map_create(BPF_MAP_TYPE_PROG_ARRAY, "e", 4, 4, 1 << 28, nullptr), -ENOMEM);
  EXPECT_EQ(b.kernel->memory().refused, 4U);
  ASSERT_EQ(b.kernel->close(array), 0);
  EXPECT_EQ(b.kernel->memory().used, before);
}

}  // namespace
}  // namespace skep::test
