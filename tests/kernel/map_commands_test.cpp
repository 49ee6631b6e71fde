// Map commands through bpf(2): results, order of checks, permissions.
#include <cerrno>

#include "support/commands.hpp"

namespace skep {
namespace {

class MapCommands : public testing::Test {
 protected:
  std::unique_ptr<Kernel> kernel = test::make_kernel();
  test::Bpf bpf{*kernel, {}};
};

TEST_F(MapCommands, CreateRefusesWhatTheKernelRefuses) {
  struct Row {
    const char* what;
    MapType type;
    std::uint32_t key, value, entries, flags;
    int result;
  };
  const Row rows[] = {
      {"no type", MapType::unspec, 4, 4, 1, 0, -EINVAL},
      {"array with a key of eight bytes", MapType::array, 8, 4, 1, 0, -EINVAL},
      {"array of nothing", MapType::array, 4, 0, 1, 0, -EINVAL},
      {"array without entries", MapType::array, 4, 4, 0, 0, -EINVAL},
      {"hash without a key", MapType::hash, 0, 4, 1, 0, -EINVAL},
      {"unknown flag", MapType::hash, 4, 4, 1, 1U << 31, -EINVAL},
      {"array that is not preallocated", MapType::array, 4, 4, 1, map_flag::no_prealloc, -EINVAL},
      {"table of operations of no type", MapType::struct_ops, 4, 64, 1, 0, -EINVAL},
      {"ring buffer of no power of two", MapType::ringbuf, 0, 0, 5000, 0, -EINVAL},
  };
  for (const Row& row : rows)
    EXPECT_EQ(bpf.map(row.type, row.key, row.value, row.entries, row.flags), row.result) << row.what;
}

// What 7.3 answers: only the types that wrap a table of operations will do, and they have their own size.
TEST_F(MapCommands, TablesOfOperationsNeedTheirType) {
  const auto create = [&](std::uint32_t type, std::uint32_t key = 4) {
    attr::MapCreate attr{};
    attr.map_type = static_cast<std::uint32_t>(MapType::struct_ops);
    attr.key_size = key;
    attr.value_size = 64;
    attr.max_entries = 1;
    attr.btf_vmlinux_value_type_id = type;
    return bpf.command(Command::map_create, attr);
  };
  EXPECT_EQ(create(0), -EINVAL);
  EXPECT_EQ(create(1, 8), -EINVAL);
  EXPECT_EQ(create(1), -enotsupp);
  EXPECT_EQ(create(99'999'999), -enotsupp);
}

TEST_F(MapCommands, ArrayElements) {
  const int fd = bpf.map(MapType::array, 4, 8, 2);
  ASSERT_GE(fd, 0);
  std::uint64_t value = 7;
  EXPECT_EQ(bpf.lookup(fd, 0U, value), 0);
  EXPECT_EQ(value, 0U);
  EXPECT_EQ(bpf.update(fd, 1U, std::uint64_t{9}), 0);
  EXPECT_EQ(bpf.lookup(fd, 1U, value), 0);
  EXPECT_EQ(value, 9U);
  EXPECT_EQ(bpf.lookup(fd, 2U, value), -ENOENT);
  EXPECT_EQ(bpf.update(fd, 2U, value), -E2BIG);
  EXPECT_EQ(bpf.update(fd, 0U, value, elem_flag::noexist), -EEXIST);
  EXPECT_EQ(bpf.erase(fd, 0U), -EINVAL);
}

TEST_F(MapCommands, HashElements) {
  const int fd = bpf.map(MapType::hash, 4, 8, 2);
  ASSERT_GE(fd, 0);
  std::uint64_t value = 7;
  EXPECT_EQ(bpf.lookup(fd, 1U, value), -ENOENT);
  EXPECT_EQ(bpf.update(fd, 1U, value, elem_flag::exist), -ENOENT);
  EXPECT_EQ(bpf.update(fd, 1U, value, elem_flag::noexist), 0);
  EXPECT_EQ(bpf.update(fd, 1U, value, elem_flag::noexist), -EEXIST);
  EXPECT_EQ(bpf.update(fd, 2U, value), 0);
  EXPECT_EQ(bpf.update(fd, 3U, value), -E2BIG);
  EXPECT_EQ(bpf.erase(fd, 1U), 0);
  EXPECT_EQ(bpf.erase(fd, 1U), -ENOENT);
  std::uint32_t key = 9, next = 0;
  EXPECT_EQ(bpf.element(Command::map_get_next_key, fd, nullptr, &next), 0);
  EXPECT_EQ(next, 2U);
  key = next;
  EXPECT_EQ(bpf.element(Command::map_get_next_key, fd, &key, &next), -ENOENT);
}

TEST_F(MapCommands, LookupAndDeleteGivesTheValueOnce) {
  const int fd = bpf.map(MapType::hash, 4, 8, 4);
  ASSERT_GE(fd, 0);
  ASSERT_EQ(bpf.update(fd, 1U, std::uint64_t{11}), 0);
  std::uint32_t key = 1;
  std::uint64_t value = 0;
  EXPECT_EQ(bpf.element(Command::map_lookup_and_delete_elem, fd, &key, &value), 0);
  EXPECT_EQ(value, 11U);
  EXPECT_EQ(bpf.element(Command::map_lookup_and_delete_elem, fd, &key, &value), -ENOENT);
}

TEST_F(MapCommands, DescriptorsThatMayNotWriteDoNot) {
  const int read_only = bpf.map(MapType::hash, 4, 8, 4, map_flag::rdonly);
  const int write_only = bpf.map(MapType::hash, 4, 8, 4, map_flag::wronly);
  ASSERT_GE(read_only, 0);
  ASSERT_GE(write_only, 0);
  std::uint64_t value = 0;
  EXPECT_EQ(bpf.update(read_only, 1U, value), -EPERM);
  EXPECT_EQ(bpf.erase(read_only, 1U), -EPERM);
  EXPECT_EQ(bpf.lookup(write_only, 1U, value), -EPERM);
  EXPECT_EQ(bpf.update(write_only, 1U, value), 0);
}

TEST_F(MapCommands, AFrozenMapIsNotWrittenByUserSpace) {
  const int fd = bpf.map(MapType::array, 4, 8, 1, map_flag::rdonly_prog);
  ASSERT_GE(fd, 0);
  attr::MapFreeze freeze{static_cast<std::uint32_t>(fd)};
  EXPECT_EQ(bpf.command(Command::map_freeze, freeze), 0);
  EXPECT_EQ(bpf.command(Command::map_freeze, freeze), -EBUSY);
  EXPECT_EQ(bpf.update(fd, 0U, std::uint64_t{1}), -EPERM);
}

TEST_F(MapCommands, BatchesVisitEveryElementOnce) {
  // Without a random seed: a bucket of more than three elements would not go into the room below.
  const int fd = bpf.map(MapType::hash, 4, 8, 16, map_flag::zero_seed);
  ASSERT_GE(fd, 0);
  std::uint32_t keys[10];
  std::uint64_t values[10];
  for (std::uint32_t i = 0; i < 10; ++i) {
    keys[i] = i;
    values[i] = i * std::uint64_t{3};
  }
  attr::MapBatch batch{};
  batch.map_fd = static_cast<std::uint32_t>(fd);
  batch.keys = test::address_of(keys);
  batch.values = test::address_of(values);
  batch.count = 10;
  ASSERT_EQ(bpf.command(Command::map_update_batch, batch), 0);
  std::uint32_t seen = 0, position = 0;
  bool first = true;
  for (int error = 0; error == 0;) {
    std::uint32_t some_keys[3];
    std::uint64_t some_values[3];
    batch = {};
    batch.map_fd = static_cast<std::uint32_t>(fd);
    batch.in_batch = first ? 0 : test::address_of(&position);
    batch.out_batch = test::address_of(&position);
    batch.keys = test::address_of(some_keys);
    batch.values = test::address_of(some_values);
    batch.count = 3;
    error = bpf.command(Command::map_lookup_batch, batch);
    ASSERT_TRUE(error == 0 || error == -ENOENT) << error;
    first = false;
    for (std::uint32_t i = 0; i < batch.count; ++i) {
      EXPECT_EQ(some_values[i], some_keys[i] * std::uint64_t{3});
      EXPECT_EQ(seen & (1U << some_keys[i]), 0U);
      seen |= 1U << some_keys[i];
    }
  }
  EXPECT_EQ(seen, 0x3ffU);
}

TEST_F(MapCommands, BadAddressesAreErrors) {
  const int fd = bpf.map(MapType::array, 4, 8, 1);
  ASSERT_GE(fd, 0);
  std::uint32_t key = 0;
  EXPECT_EQ(bpf.element(Command::map_lookup_elem, fd, reinterpret_cast<void*>(16), &key), -EFAULT);
  EXPECT_EQ(bpf.element(Command::map_lookup_elem, fd, &key, reinterpret_cast<void*>(16)), -EFAULT);
  EXPECT_EQ(bpf.element(Command::map_update_elem, fd, &key, reinterpret_cast<void*>(16)), -EFAULT);
}

}  // namespace
}  // namespace skep
