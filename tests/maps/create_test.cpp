// MAP_CREATE: attributes by type, and which values may hold a work item (docs/work-queues.md, "What may hold one").
#include <fcntl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "maps/support.hpp"

namespace skep::maps::test {
namespace {

using namespace map_flag;

struct Case {
  Wanted wanted;
  int error;
};

void check(const std::vector<Case>& cases) {
  int line = 0;
  for (const Case& c : cases) {
    const MapResult result = make(c.wanted);
    EXPECT_EQ(result.error, c.error) << "row " << line << ", type " << static_cast<int>(c.wanted.type) << ": "
                                     << result.message;
    EXPECT_EQ(result.map != nullptr, c.error == 0);
    ++line;
  }
}

TEST(Create, AttributesOfEachType) {
  const auto page = 4096U;
  check({
      {{MapType::unspec}, -EINVAL},
      {{MapType::array}, 0},
      {{MapType::array, 8}, -EINVAL},
      {{MapType::array, 4, 0}, -EINVAL},
      {{MapType::array, 4, 8, 0}, -EINVAL},
      {{MapType::array, 4, 8, 4, no_prealloc}, -EINVAL},
      {{MapType::array, 4, 8, 4, rdonly_prog | wronly_prog}, -EINVAL},
      {{MapType::array, 4, 8, 4, mmapable}, 0},
      {{MapType::array, 4, 8, 4, inner_map}, 0},
      {{MapType::array, 4, 8, 4, preserve_elems}, -EINVAL},
      {{.type = MapType::array, .extra = 1}, -EINVAL},
      {{MapType::percpu_array, 4, 8, 4, mmapable}, -EINVAL},
      {{MapType::percpu_array, 4, 1 << 16}, -E2BIG},
      {{MapType::hash}, 0},
      {{MapType::hash, 0}, -EINVAL},
      {{MapType::hash, 4, 8, 4, no_prealloc}, 0},
      {{MapType::hash, 4, 8, 4, no_common_lru}, -EINVAL},
      {{MapType::hash, 4, 1 << 22}, -E2BIG},
      {{MapType::lru_hash, 4, 8, 4, no_common_lru}, 0},
      {{MapType::lru_hash, 4, 8, 4, no_prealloc}, -524},
      {{MapType::rhash, 4, 8, 4, no_prealloc}, 0},
      {{MapType::rhash, 4, 8, 4}, -EINVAL},
      {{.type = MapType::rhash, .flags = no_prealloc, .extra = 0x10000}, -EINVAL},
      {{MapType::prog_array, 4, 4}, 0},
      {{MapType::prog_array, 4, 8}, -EINVAL},
      {{MapType::prog_array, 4, 4, 4, rdonly_prog}, -EINVAL},
      {{MapType::perf_event_array, 4, 4, 4, preserve_elems}, 0},
      {{MapType::queue, 0}, 0},
      {{MapType::queue, 4}, -EINVAL},
      {{MapType::stack, 0, 8, 0}, -EINVAL},
      {{.type = MapType::bloom_filter, .key_size = 0, .extra = 15}, 0},
      {{.type = MapType::bloom_filter, .key_size = 0, .extra = 16}, -EINVAL},
      {{MapType::lpm_trie, 8, 8, 4, no_prealloc}, 0},
      {{MapType::lpm_trie, 8, 8, 4}, -EINVAL},
      {{MapType::lpm_trie, 4, 8, 4, no_prealloc}, -EINVAL},
      {{MapType::lpm_trie, 261, 8, 4, no_prealloc}, -EINVAL},
      {{MapType::ringbuf, 0, 0, page}, 0},
      {{MapType::ringbuf, 0, 0, 3 * page}, -EINVAL},
      {{MapType::ringbuf, 0, 0, page / 2}, -EINVAL},
      {{MapType::ringbuf, 4, 0, page}, -EINVAL},
      {{MapType::ringbuf, 0, 0, page, rb_overwrite}, 0},
      {{MapType::user_ringbuf, 0, 0, page}, 0},
      {{MapType::user_ringbuf, 0, 0, page, rb_overwrite}, -EINVAL},
      {{MapType::stack_trace, 4, 64}, 0},
      {{MapType::stack_trace, 4, 12}, -EINVAL},
      {{MapType::devmap, 4, 4}, 0},
      {{MapType::devmap, 4, 16}, -EINVAL},
      {{MapType::cpumap, 4, 8}, 0},
      {{MapType::xskmap, 4, 8}, -EINVAL},
      {{MapType::sockmap, 4, 8}, 0},
      {{MapType::sockhash, 16, 4}, 0},
      {{MapType::cgroup_storage, 8, 8, 0}, 0},
      {{MapType::cgroup_storage, 8, 8, 1}, -EINVAL},
      {{MapType::task_storage, 4, 8, 0, no_prealloc}, -EINVAL},  // needs BTF
      {{MapType::array_of_maps, 4, 4}, -EINVAL},                 // needs an inner map
      {{MapType::arena, 0, 0, 4, mmapable}, 0},
      {{MapType::arena, 0, 0, 4}, -EINVAL},
      {{MapType::insn_array, 4, 16}, 0},
      {{MapType::insn_array, 4, 8}, -EINVAL},
  });
}

TEST(Create, WhatMayHoldAWorkItem) {
  const auto with = [](MapType type, std::uint32_t flags = 0, std::uint32_t key = 4, std::uint32_t entries = 4) {
    return Wanted{
        .type = type, .key_size = key, .value_size = 24, .max_entries = entries, .flags = flags, .field = wq_type};
  };
  check({
      {with(MapType::array), 0},
      {with(MapType::array, mmapable), 0},
      {with(MapType::hash), 0},
      {with(MapType::hash, no_prealloc), 0},
      {with(MapType::lru_hash), 0},
      {with(MapType::lru_hash, no_common_lru), 0},
      {with(MapType::rhash, no_prealloc), 0},
      {with(MapType::array, rdonly_prog), -EACCES},
      {with(MapType::hash, wronly_prog), -EACCES},
      {with(MapType::percpu_array), -EOPNOTSUPP},
      {with(MapType::percpu_hash), -EOPNOTSUPP},
      {with(MapType::lru_percpu_hash), -EOPNOTSUPP},
      {with(MapType::bloom_filter, 0, 0), -EOPNOTSUPP},
      {with(MapType::task_storage, no_prealloc, 4, 0), -EOPNOTSUPP},
      {with(MapType::sk_storage, no_prealloc, 4, 0), -EOPNOTSUPP},
      {with(MapType::inode_storage, no_prealloc, 4, 0), -EOPNOTSUPP},
      {with(MapType::cgrp_storage, no_prealloc, 4, 0), -EOPNOTSUPP},
      {with(MapType::stack_trace), -EOPNOTSUPP},
      {with(MapType::queue), -EINVAL},
      {with(MapType::stack), -EINVAL},
      {with(MapType::sockmap), -EINVAL},
      {with(MapType::devmap), -EINVAL},
      {with(MapType::perf_event_array), -EINVAL},
      {with(MapType::prog_array), -EINVAL},
      {with(MapType::reuseport_sockarray), -EINVAL},
      {{.type = MapType::hash, .value_size = 32, .lock_and_work = true}, 0},
      {{.type = MapType::array, .value_size = 32, .lock_and_work = true}, 0},
      {{.type = MapType::lru_hash, .value_size = 32, .lock_and_work = true}, -EOPNOTSUPP},
      {{.type = MapType::hash, .value_size = 16, .field = wq_type}, -EINVAL},  // not the size of its BTF
      {{.type = MapType::hash, .key_size = 8, .value_size = 24, .field = wq_type}, -EINVAL},
  });
}

TEST(Create, AValueWithItemKnowsWhereItIs) {
  const auto map = made({.type = MapType::array, .value_size = 32, .lock_and_work = true});
  ASSERT_TRUE(map->info().record);
  EXPECT_EQ(map->info().record->wq_offset, 8);
  EXPECT_EQ(map->info().record->spin_lock_offset, 0);
  EXPECT_EQ(map->freeze(), -524);
  int fd = -1;
  std::uint64_t offset = 0;
  EXPECT_EQ(map->mmap_source(0, 4096, 1, fd, offset), -524);
}

TEST(Create, MapsOfWhatThereIsNoneOfAreUnfilled) {
  const auto map = made({.type = MapType::sockmap, .value_size = 4});
  const int ends[] = {socket(AF_UNIX, SOCK_STREAM, 0), open("/dev/null", O_RDONLY)};
  std::uint64_t value = 0;
  EXPECT_EQ(map->user_lookup(Num(0), &value, 0), -ENOSPC);
  EXPECT_EQ(map->user_update(Num(0), &ends[0], 0), -EOPNOTSUPP) << "a socket, which Skep has no use for";
  EXPECT_EQ(map->user_update(Num(0), &ends[1], 0), -ENOTSOCK);
  EXPECT_EQ(map->update(Num(0), &value, 0, 0), -EOPNOTSUPP);
  for (const int fd : ends) close(fd);
}

TEST(Create, AsTheRulesOfTheReleaseSay) {
  Rules rules = reference_rules();
  const Wanted ring{.type = MapType::ringbuf,
                    .key_size = 0,
                    .value_size = 0,
                    .max_entries = 4096,
                    .flags = rb_overwrite,
                    .rules = &rules};
  const Wanted rhash{.type = MapType::rhash, .flags = no_prealloc, .rules = &rules};
  const Wanted per_cpu{.type = MapType::percpu_hash, .value_size = 24, .field = wq_type, .rules = &rules};
  check({{ring, 0}, {rhash, 0}, {per_cpu, -EOPNOTSUPP}});
  rules.map_flags &= ~rb_overwrite;
  check({{ring, -EINVAL}});
  rules.release = {7, 1};
  check({{rhash, -EINVAL}, {per_cpu, -EOPNOTSUPP}});
  rules.release = {6, 9};  // before there were work items: the value is bytes
  check({{per_cpu, 0}});
}

}  // namespace
}  // namespace skep::maps::test
