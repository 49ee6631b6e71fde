// The life of a work item: docs/work-queues.md, "Life of a work item". Each test bears its row's name, and holds what
// the running kernels answered (tests/conformance/wq-runtime-7.3.txt).
#include <sys/mman.h>
#include <unistd.h>

#include <vector>

#include "work/machine.hpp"

namespace skep::test {
namespace {

constexpr const char* all_maps[] = {"array", "hash", "hash_no_prealloc", "lru", "rhash"};
constexpr const char* hashes[] = {"hash", "hash_no_prealloc", "lru", "rhash"};
const std::string arm = "update 1; init 1; set 1 quick; start 1";
constexpr Elem filled{~0ULL, {~0ULL, ~0ULL}, ~0ULL};

bool is_array(const char* map) {
  return std::string_view(map) == "array";
}

// Its element stays the same one when it is updated.
bool updates_in_place(const char* map) {
  return is_array(map) || std::string_view(map) == "rhash";
}

// A machine with two CPUs, on one of which the callback of element 2 now runs and will not end before release().
void run_spinning(Machine& m, const char* map, const char* callback) {
  m.hold();
  ASSERT_EQ(m.run(map, fmt::format("update 2; init 2; set 2 {}; start 2", callback)), "0 0 0 0");
  ASSERT_TRUE(m.await(1));
  ASSERT_EQ(m.trace().entered, 1U);
}

TEST(Life, start_while_pending) {
  for (const char* map : all_maps) {
    SCOPED_TRACE(map);
    Machine m;
    EXPECT_EQ(m.run(map, arm + "; start 1; start 1"), "0 0 0 0 0 0");
    EXPECT_EQ(m.trace().entered, 0U);
    EXPECT_TRUE(m.drain());
    EXPECT_EQ(m.trace().entered, 1U);
    EXPECT_EQ(m.merged(), 2U);
  }
}

TEST(Life, start_while_running) {
  for (const char* map : all_maps) {
    SCOPED_TRACE(map);
    Machine m({.cpus = 2});
    run_spinning(m, map, "spin");
    EXPECT_EQ(m.run(map, "start 2; start 2; set 2 spin; init 2; start 2"), "0 0 0 EBUSY 0");
    EXPECT_EQ(m.trace().entered, 1U);
    m.release();
    EXPECT_TRUE(m.drain());
    EXPECT_EQ(m.trace().entered, 2U);
    EXPECT_EQ(m.trace().exited, 2U);
    EXPECT_EQ(m.trace().most_inside, 1U);
  }
}

TEST(Life, update_while_pending) {
  for (const char* map : all_maps) {
    SCOPED_TRACE(map);
    Machine m;
    EXPECT_EQ(m.run(map, arm), "0 0 0 0");
    EXPECT_EQ(m.update(map, 1, filled), 0);
    Elem seen;
    EXPECT_EQ(m.lookup(map, 1, seen), 0);
    EXPECT_EQ(seen, (Elem{~0ULL, {0, 0}, ~0ULL}));
    EXPECT_EQ(m.run(map, "start 1; set 1 quick; init 1"), "EINVAL EINVAL 0");
    EXPECT_TRUE(m.drain());
    EXPECT_EQ(m.trace().entered, 0U);
    EXPECT_EQ(m.run(map, "set 1 quick; start 1"), "0 0");
    EXPECT_TRUE(m.drain());
    EXPECT_EQ(m.trace().entered, 1U);
    // By a program.
    EXPECT_EQ(m.run(map, "start 1; address 1; update 1; address 1; start 1; get_b 1").substr(0, 2), "0 ");
    EXPECT_EQ(m.result(1) == m.result(3), updates_in_place(map));
    EXPECT_EQ(m.result(4), -EINVAL);
    EXPECT_EQ(m.result(5), 0xb0b0);
    EXPECT_TRUE(m.drain());
    EXPECT_EQ(m.trace().entered, 1U);
    EXPECT_EQ(m.cancelled(), 2U);
  }
}

TEST(Life, update_flags_of_arrays) {
  Machine m;
  EXPECT_EQ(m.erase("array", 1), -EINVAL);
  EXPECT_EQ(m.run("array", "delete 1; update 1 1; update 1 2"), "EINVAL EEXIST 0");
}

TEST(Life, delete_while_pending) {
  for (const char* map : hashes) {
    SCOPED_TRACE(map);
    Machine m;
    EXPECT_EQ(m.run(map, arm + "; delete 1; start 1"), "0 0 0 0 0 none");
    EXPECT_TRUE(m.drain());
    EXPECT_EQ(m.run(map, arm), "0 0 0 0");
    EXPECT_EQ(m.erase(map, 1), 0);
    EXPECT_TRUE(m.drain());
    EXPECT_EQ(m.run(map, arm), "0 0 0 0");
    Elem seen;
    EXPECT_EQ(m.lookup_and_delete(map, 1, seen), 0);
    EXPECT_EQ(seen, (Elem{0xa0a0, {0, 0}, 0xb0b0}));
    EXPECT_TRUE(m.drain());
    EXPECT_EQ(m.trace().entered, 0U);
    EXPECT_EQ(m.cancelled(), 3U);
  }
}

// What a program has looked at stays, in 7.3, while there are others that none has: its work runs. That of an element
// which does go is cancelled: WorkInLru.EvictionCancels, in tests/maps/.
TEST(Life, evict_while_pending) {
  Machine m;
  EXPECT_EQ(m.run("lru", arm), "0 0 0 0");
  for (std::uint32_t key = 100; key < 100 + 512; ++key) EXPECT_EQ(m.update("lru", key, filled), 0);
  EXPECT_EQ(m.run("lru", "exists 1"), "1");
  EXPECT_EQ(m.run("lru", "exists 100"), "0");
  EXPECT_TRUE(m.drain());
  EXPECT_EQ(m.trace().entered, 1U);
  EXPECT_EQ(m.cancelled(), 0U);
}

TEST(Life, delete_while_running) {
  for (const char* map : hashes) {
    SCOPED_TRACE(map);
    Machine m({.cpus = 2});
    run_spinning(m, map, "spin_start");
    EXPECT_EQ(m.erase(map, 2), 0);
    EXPECT_EQ(m.run(map, "exists 2; update 2; set_b 2 0x4242; init 2; get_b 2"), "0 0 0 0 16962");
    m.release();
    EXPECT_TRUE(m.drain());
    EXPECT_EQ(m.trace().entered, 1U);
    EXPECT_EQ(m.trace().exited, 1U);
    const auto seen = m.trace().seen;
    EXPECT_TRUE(seen == 0xb0b0 || seen == 0x4242) << seen;
    // Where the old memory serves the new element, start finds the new item, which has no callback.
    EXPECT_EQ(m.trace().got[0], -EINVAL);
  }
}

TEST(Life, update_while_running) {
  Machine m({.cpus = 3});
  run_spinning(m, "array", "spin");
  EXPECT_EQ(m.run("array", "update 2; init 2; set 2 spin; start 2"), "0 0 0 0");
  ASSERT_TRUE(m.await(2));
  EXPECT_EQ(m.trace().most_inside, 2U);
  m.release();
  EXPECT_TRUE(m.drain());
  EXPECT_EQ(m.trace().exited, 2U);
}

TEST(Life, start_of_an_overwritten_item_while_running) {
  Machine m({.cpus = 2});
  run_spinning(m, "array", "spin_start");
  EXPECT_EQ(m.update("array", 2, Elem{1, {}, 2}), 0);
  EXPECT_EQ(m.run("array", "set_b 2 0x4242; init 2"), "0 0");
  m.release();
  EXPECT_TRUE(m.drain());
  EXPECT_EQ(m.trace().seen, 0x4242U);
  EXPECT_EQ(m.trace().got[0], -EINVAL);
  EXPECT_EQ(m.trace().entered, 1U);
  EXPECT_EQ(m.run("array", "get_b 2"), "20817");  // 0x5151: the callback wrote to the element that is there
}

TEST(Life, recreate_while_pending) {
  for (const char* map : hashes) {
    SCOPED_TRACE(map);
    Machine m;
    EXPECT_EQ(m.run(map, arm + "; delete 1; " + arm), "0 0 0 0 0 0 0 0 0");
    EXPECT_TRUE(m.drain());
    EXPECT_EQ(m.trace().entered, 1U);
    EXPECT_EQ(m.cancelled(), 1U);
  }
}

TEST(Life, value_read) {
  for (const char* map : all_maps) {
    SCOPED_TRACE(map);
    Machine m;
    EXPECT_EQ(m.run(map, arm), "0 0 0 0");
    const Elem expected{0xa0a0, {0, 0}, 0xb0b0};
    Elem seen = filled;
    EXPECT_EQ(m.lookup(map, 1, seen), 0);
    EXPECT_EQ(seen, expected);
    if (std::string_view(map) != "rhash") {  // which has no batches
      std::vector<std::uint32_t> keys(32);
      std::vector<Elem> values(32, filled);
      __u32 count = 16, batch = 0;
      LIBBPF_OPTS(bpf_map_batch_opts, options);
      const int error =
          bpf_map_lookup_batch(m.map_fd(map), nullptr, &batch, keys.data(), values.data(), &count, &options);
      EXPECT_TRUE(error == 0 || error == -ENOENT) << error;
      bool found = false;
      for (__u32 i = 0; i < count; ++i) {
        if (keys[i] != 1) continue;
        found = true;
        EXPECT_EQ(values[i], expected);
      }
      EXPECT_TRUE(found);
    }
    // Reading does not touch the item.
    EXPECT_TRUE(m.drain());
    EXPECT_EQ(m.trace().entered, 1U);
    if (is_array(map)) continue;
    seen = filled;
    EXPECT_EQ(m.lookup_and_delete(map, 1, seen), 0);
    EXPECT_EQ(seen, expected);
  }
}

TEST(Life, value_write) {
  for (const char* map : all_maps) {
    SCOPED_TRACE(map);
    Machine m;
    EXPECT_EQ(m.run(map, arm), "0 0 0 0");
    EXPECT_EQ(m.update(map, 1, filled), 0);
    EXPECT_TRUE(m.drain());
    EXPECT_EQ(m.trace().entered, 0U);
    // Had the item's bytes been taken, this would have followed a wild pointer.
    EXPECT_EQ(m.run(map, "start 1; init 1; set 1 quick; start 1"), "EINVAL 0 0 0");
    EXPECT_TRUE(m.drain());
    EXPECT_EQ(m.trace().entered, 1U);
  }
}

// Keeps descriptors of programs when the object that they came from, and with it every descriptor of its maps, is
// closed: the programs hold the maps then, and user space holds nothing.
class Released {
 public:
  explicit Released(Machine& m) : script_(dup(m.program_fd("script"))), globals_(dup(m.map_fd(".bss"))) {
    for (const char* map : all_maps) {
      bpf_map_info info{};
      __u32 size = sizeof info;
      EXPECT_EQ(bpf_map_get_info_by_fd(m.map_fd(map), &info, &size), 0);
      ids_[map] = info.id;
    }
    ops_offset_ = static_cast<std::size_t>(variable_offset(m.object(), ".bss", "ops"));
    results_offset_ = static_cast<std::size_t>(variable_offset(m.object(), ".bss", "results"));
    trace_offset_ = static_cast<std::size_t>(variable_offset(m.object(), ".bss", "trace"));
    size_ = bpf_map__value_size(bpf_object__find_map_by_name(m.object(), ".bss"));
    bytes_ = static_cast<char*>(mmap(nullptr, size_, PROT_READ | PROT_WRITE, MAP_SHARED, globals_, 0));
    m.close_object();
  }
  ~Released() {
    munmap(bytes_, size_);
    close(globals_);
    if (script_ >= 0) close(script_);
  }
  std::vector<std::int64_t> run(const std::vector<op>& wanted) const {
    std::memset(bytes_ + ops_offset_, 0, sizeof(op) * MAX_OPS);
    std::memcpy(bytes_ + ops_offset_, wanted.data(), wanted.size() * sizeof(op));
    EXPECT_EQ(test_run(script_, false), 0);
    std::vector<std::int64_t> results(wanted.size());
    std::memcpy(results.data(), bytes_ + results_offset_, results.size() * sizeof(std::int64_t));
    return results;
  }
  int reopen(const char* map) const { return bpf_map_get_fd_by_id(ids_.at(map)); }
  volatile struct trace& trace() const { return *reinterpret_cast<struct trace*>(bytes_ + trace_offset_); }

 private:
  int script_, globals_;
  std::map<std::string, std::uint32_t> ids_;
  std::size_t ops_offset_ = 0, results_offset_ = 0, trace_offset_ = 0, size_ = 0;
  char* bytes_ = nullptr;
};

TEST(Life, map_released) {
  const std::pair<const char*, std::uint32_t> maps[] = {{"array", MAP_ARRAY},
                                                        {"hash", MAP_HASH},
                                                        {"hash_no_prealloc", MAP_HASH_NO_PREALLOC},
                                                        {"lru", MAP_LRU},
                                                        {"rhash", MAP_RHASH}};
  for (const auto& [map, number] : maps) {
    SCOPED_TRACE(map);
    Machine m;
    EXPECT_EQ(m.run(map, arm), "0 0 0 0");
    const Released after(m);
    EXPECT_THAT(after.run({{OP_START, number, 1},
                           {OP_SET, number, 1},
                           {OP_INIT, number, 1},
                           {OP_START, number, 1},
                           {OP_EXISTS, number, 1}}),
                testing::ElementsAre(-EINVAL, -EINVAL, -EPERM, -EINVAL, 1));
    EXPECT_TRUE(m.drain());
    EXPECT_EQ(after.trace().entered, 0U);
    EXPECT_EQ(m.cancelled(), 1U);
    const int fd = after.reopen(map);
    ASSERT_GE(fd, 0);
    EXPECT_THAT(after.run({{OP_INIT, number, 1}, {OP_SET, number, 1}, {OP_START, number, 1}}),
                testing::ElementsAre(0, 0, 0));
    EXPECT_TRUE(m.drain());
    EXPECT_EQ(after.trace().entered, 1U);
    close(fd);
  }
}

TEST(Life, map_released_while_rearming) {
  Machine m({.cpus = 2});
  m.trace().rearms = ~0U;
  EXPECT_EQ(m.run("hash", "update 1; init 1; set 1 rearm; start 1"), "0 0 0 0");
  EXPECT_FALSE(m.drain(10'000));
  EXPECT_GT(m.trace().entered, 10U);
  const Released after(m);
  EXPECT_TRUE(m.drain());  // it ends, although nothing told it to
}

TEST(Life, map_pinned) {
  Machine m;
  EXPECT_EQ(bpf_obj_pin(m.map_fd("hash"), "/sys/fs/bpf/kept"), 0);
  EXPECT_EQ(m.run("hash", arm), "0 0 0 0");
  const Released after(m);
  EXPECT_TRUE(m.drain());
  EXPECT_EQ(after.trace().entered, 1U);
  EXPECT_THAT(after.run({{OP_START, MAP_HASH, 1}}), testing::ElementsAre(0));
  EXPECT_TRUE(m.drain());
  EXPECT_EQ(after.trace().entered, 2U);
  EXPECT_EQ(unlink("/sys/fs/bpf/kept"), 0);
  EXPECT_THAT(after.run({{OP_START, MAP_HASH, 1}, {OP_INIT, MAP_HASH, 1}}), testing::ElementsAre(-EINVAL, -EPERM));
}

TEST(Life, inner_map_released) {
  Machine m;
  LIBBPF_OPTS(bpf_map_create_opts, options);
  const bpf_map* array = bpf_object__find_map_by_name(m.object(), "array");
  options.btf_fd = static_cast<__u32>(bpf_object__btf_fd(m.object()));
  options.btf_key_type_id = bpf_map__btf_key_type_id(array);
  options.btf_value_type_id = bpf_map__btf_value_type_id(array);
  const int inner = bpf_map_create(BPF_MAP_TYPE_ARRAY, "inner", 4, sizeof(Elem), 16, &options);
  ASSERT_GE(inner, 0);
  const std::uint32_t zero = 0;
  ASSERT_EQ(bpf_map_update_elem(m.map_fd("outer"), &zero, &inner, 0), 0);
  EXPECT_EQ(m.run("inner", "init 1; set 1; start 1"), "0 0 0");
  EXPECT_TRUE(m.drain());
  EXPECT_EQ(m.trace().entered, 1U);
  close(inner);
  EXPECT_EQ(m.run("inner", "init 1; set 1; start 1"), "EPERM EINVAL EINVAL");
  EXPECT_TRUE(m.drain());
  EXPECT_EQ(m.trace().entered, 1U);
}

TEST(Life, program_released) {
  Machine m({.cpus = 2});
  m.trace().rearms = ~0U;
  EXPECT_EQ(m.run("hash", "update 1; init 1; set 1 rearm; start 1"), "0 0 0 0");
  const int kept = dup(m.map_fd("hash"));
  {
    // Everything is closed but the map; the globals stay mapped by the programs that use them.
    const std::uint64_t before = m.kernel().work().ran;
    m.close_object();
    EXPECT_FALSE(m.drain(10'000));
    EXPECT_GT(m.kernel().work().ran, before + 10);
  }
  const std::uint32_t key = 1;
  EXPECT_EQ(bpf_map_delete_elem(kept, &key), 0);
  EXPECT_TRUE(m.drain());
  close(kept);
}

TEST(Life, two_programs) {
  for (const char* map : all_maps) {
    SCOPED_TRACE(map);
    Machine m;
    EXPECT_EQ(m.run(map, "update 1; init 1; set 1 spin", "script_tc"), "0 0 0");
    std::vector<std::string> ran;
    m.kernel().on_work_run(
        [&ran](const WorkRun& run) { ran.push_back(run.program + " " + run.callback + " " + run.map); });
    EXPECT_EQ(m.run(map, "set 1 quick; start 1", "script"), "0 0");
    EXPECT_TRUE(m.drain());
    m.kernel().on_work_run(nullptr);
    const std::string name = std::string("script quick ") + std::string(map).substr(0, 15);
    EXPECT_THAT(ran, testing::ElementsAre(name));
  }
}

TEST(Life, callback_restarts_itself) {
  for (const char* map : all_maps) {
    SCOPED_TRACE(map);
    Machine m;
    m.trace().rearms = 5;
    EXPECT_EQ(m.run(map, "update 3; init 3; set 3 rearm; start 3"), "0 0 0 0");
    EXPECT_TRUE(m.drain());
    EXPECT_EQ(m.trace().entered, 6U);
    EXPECT_EQ(m.trace().got[0], 0);
  }
}

TEST(Life, callback_inits_itself) {
  for (const char* map : all_maps) {
    SCOPED_TRACE(map);
    Machine m;
    EXPECT_EQ(m.run(map, "update 3; init 3; set 3 init_self; start 3"), "0 0 0 0");
    EXPECT_TRUE(m.drain());
    EXPECT_EQ(m.trace().got[0], -EBUSY);
    EXPECT_EQ(m.trace().entered, 1U);
  }
}

TEST(Life, callback_sets_another) {
  for (const char* map : all_maps) {
    SCOPED_TRACE(map);
    Machine m;
    EXPECT_EQ(m.run(map, "update 3; init 3; set 3 set_other; start 3"), "0 0 0 0");
    EXPECT_TRUE(m.drain());
    EXPECT_EQ(m.trace().got[0], 0);
    EXPECT_EQ(m.trace().got[1], 0);
    EXPECT_EQ(m.trace().entered, 2U);
    EXPECT_EQ(m.trace().others, 1U);
  }
}

TEST(Life, callback_updates_itself) {
  for (const char* map : all_maps) {
    SCOPED_TRACE(map);
    Machine m;
    EXPECT_EQ(m.run(map, "update 3; init 3; set 3 update_self; start 3"), "0 0 0 0");
    EXPECT_TRUE(m.drain());
    EXPECT_EQ(m.trace().got[0], 0);
    EXPECT_EQ(m.trace().got[1], -EINVAL);
    EXPECT_EQ(m.trace().got[2], updates_in_place(map) ? 0xbb : 0xb0b0);
    EXPECT_EQ(m.trace().got[3], updates_in_place(map) ? 1 : 0);
    EXPECT_EQ(m.trace().entered, 1U);
  }
}

TEST(Life, callback_deletes_itself) {
  for (const char* map : hashes) {
    SCOPED_TRACE(map);
    Machine m;
    EXPECT_EQ(m.run(map, "update 3; init 3; set 3 delete_self; start 3"), "0 0 0 0");
    EXPECT_TRUE(m.drain());
    EXPECT_EQ(m.trace().got[0], 0);
    EXPECT_EQ(m.trace().got[1], 0x77);
    EXPECT_EQ(m.trace().got[2], -EINVAL);
    EXPECT_EQ(m.trace().got[3], -ENOENT);
    EXPECT_EQ(m.trace().entered, 1U);
    EXPECT_EQ(m.run(map, "exists 3"), "0");
  }
}

TEST(Life, callback_of_an_array_cannot_delete_its_element) {
  Machine m;
  EXPECT_EQ(m.run("array", "update 3; init 3; set 3 delete_self; start 3"), "0 0 0 0");
  m.drain(100'000);
  EXPECT_EQ(m.trace().got[0], -EINVAL);
  EXPECT_EQ(m.trace().got[2], 0);  // it has started itself again, and goes on so
  EXPECT_GT(m.trace().entered, 1U);
  EXPECT_EQ(m.update("array", 3, {}), 0);
  EXPECT_TRUE(m.drain());
}

TEST(Life, cpu_and_order) {
  // The program runs on any CPU; what it starts runs there.
  for (std::int64_t seed = 0; seed < 8; ++seed) {
    SCOPED_TRACE(seed);
    Machine m({.cpus = 4, .seed = seed});
    EXPECT_EQ(m.run("array",
                    "init 7; set 7 quick; init 6; set 6 quick; init 5; set 5 quick; init 4; set 4 quick; "
                    "start 5; start 7; start 4; start 6; start 5"),
              "0 0 0 0 0 0 0 0 0 0 0 0 0");
    EXPECT_TRUE(m.drain());
    ASSERT_EQ(m.trace().entered, 4U);
    EXPECT_EQ(m.trace().order[0], 5U);
    EXPECT_EQ(m.trace().order[1], 7U);
    EXPECT_EQ(m.trace().order[2], 4U);
    EXPECT_EQ(m.trace().order[3], 6U);
    for (unsigned i = 0; i < 4; ++i) EXPECT_EQ(m.trace().cpus[i], m.trace().cpu);
  }
}

TEST(Life, callback_sleeps) {
  // On one CPU: the second can only begin while the first sleeps, if the first is still there when it begins.
  unsigned overlapped = 0;
  for (std::int64_t seed = 0; seed < 20; ++seed) {
    Machine m({.cpus = 1, .seed = seed});
    const std::uint64_t word = 0x3333;
    ASSERT_TRUE(m.kernel().open_host_memory({&word, sizeof word}));
    m.trace().user_address = reinterpret_cast<std::uint64_t>(&word);
    EXPECT_EQ(m.run("array", "init 4; set 4 sleeper; init 5; set 5 quick; start 4; start 5"), "0 0 0 0 0 0");
    EXPECT_TRUE(m.drain());
    EXPECT_EQ(m.trace().got[0], 0);
    EXPECT_EQ(m.trace().seen, 0x3333U);
    EXPECT_EQ(m.trace().exited, 2U);
    overlapped += m.trace().entered_before_wake == 2;
  }
  EXPECT_GT(overlapped, 0U);
}

TEST(Life, callback_sleeps_on_a_bad_address) {
  Machine m;
  m.trace().user_address = 0xff;
  EXPECT_EQ(m.run("array", "init 4; set 4 sleeper; start 4"), "0 0 0");
  EXPECT_TRUE(m.drain());
  EXPECT_EQ(m.trace().got[0], -EFAULT);
}

// Threads, since noticing is a matter of real time: with one item hogging its CPU, the next one of its queue comes to
// run, or this test waits until it does.
TEST(Life, callback_hogs) {
  Machine m({.cpus = 2, .seed = -1});
  m.hold();
  EXPECT_EQ(m.run("array", "init 4; set 4 spin; init 5; set 5 quick; start 4; start 5"), "0 0 0 0 0 0");
  ASSERT_TRUE(m.await(2));
  EXPECT_EQ(m.trace().exited, 1U);
  m.release();
  EXPECT_TRUE(m.drain());
  EXPECT_EQ(m.trace().exited, 2U);
}

TEST(Life, start_from_timer) {
  Machine m;
  EXPECT_EQ(m.run("timers", "init 1; set 1; timer_init 1 1; timer_set 1; timer_start 1"), "0 0 0 0 0");
  EXPECT_TRUE(m.drain(1'000'000'000));
  EXPECT_EQ(m.trace().timers, 1U);
  EXPECT_EQ(m.trace().got[0], 0);
  EXPECT_EQ(m.trace().entered, 1U);
}

TEST(Life, lock_update_array) {
  Machine m;
  EXPECT_EQ(m.run("locked_array", "init 1; set 1 quick; start 1"), "0 0 0");
  EXPECT_EQ(m.update("locked_array", 1, filled, BPF_F_LOCK), 0);
  EXPECT_TRUE(m.drain());
  EXPECT_EQ(m.trace().entered, 0U);
  EXPECT_EQ(m.run("locked_array", "start 1; init 1; set 1 quick; start 1"), "EINVAL 0 0 0");
}

TEST(Life, lock_update_hash) {
  for (const char* map : {"locked_hash", "locked_hash_no_prealloc"}) {
    SCOPED_TRACE(map);
    Machine m;
    EXPECT_EQ(m.run(map, "update 1; init 1; set 1 quick; start 1"), "0 0 0 0");
    EXPECT_EQ(m.update(map, 1, filled, BPF_F_LOCK), 0);
    Elem seen;
    EXPECT_EQ(m.lookup(map, 1, seen), 0);
    EXPECT_EQ(seen, (Elem{0xffffffff00000000, {0, 0}, ~0ULL}));
    EXPECT_TRUE(m.drain());
    EXPECT_EQ(m.trace().entered, 1U);
    EXPECT_EQ(m.run(map, "init 1; start 1"), "EBUSY 0");
    EXPECT_TRUE(m.drain());
    EXPECT_EQ(m.trace().entered, 2U);
  }
}

TEST(Life, lock_update_without_lock) {
  for (const char* map : all_maps) {
    SCOPED_TRACE(map);
    Machine m;
    EXPECT_EQ(m.run(map, arm), "0 0 0 0");
    EXPECT_EQ(m.update(map, 1, filled, BPF_F_LOCK), -EINVAL);
    Elem seen;
    EXPECT_EQ(m.lookup(map, 1, seen), 0);
    EXPECT_EQ(seen.b, 0xb0b0U);
    EXPECT_TRUE(m.drain());
    EXPECT_EQ(m.trace().entered, 1U);
  }
}

TEST(Life, map_mmap_freeze) {
  Machine m;
  EXPECT_EQ(bpf_map_freeze(m.map_fd("array")), -524);
  LIBBPF_OPTS(bpf_map_create_opts, options);
  const bpf_map* array = bpf_object__find_map_by_name(m.object(), "array");
  options.btf_fd = static_cast<__u32>(bpf_object__btf_fd(m.object()));
  options.btf_key_type_id = bpf_map__btf_key_type_id(array);
  options.btf_value_type_id = bpf_map__btf_value_type_id(array);
  options.map_flags = BPF_F_MMAPABLE;
  const int fd = bpf_map_create(BPF_MAP_TYPE_ARRAY, "m", 4, sizeof(Elem), 16, &options);
  ASSERT_GE(fd, 0);
  EXPECT_EQ(mmap(nullptr, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0), MAP_FAILED);
  EXPECT_EQ(errno, 524);
  close(fd);
}

}  // namespace
}  // namespace skep::test
