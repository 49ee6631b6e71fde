// What may hold a work item: docs/work-queues.md, "What may hold one". Each test bears its row's name.
#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <fstream>
#include <set>

#include "work/machine.hpp"

namespace skep::test {
namespace {

// Numbers that the C library's headers may not have yet.
constexpr std::uint32_t type_rhash = 35, type_bloom = 30, type_cgrp_storage = 32;
constexpr std::uint32_t no_prealloc = 1, no_common_lru = 2, rdonly_prog = 1 << 7, wronly_prog = 1 << 8;

// Creates maps with the BTF of rows.bpf.o (or of an object of the test's own).
struct Maker {
  bpf_object* object;

  std::uint32_t type_id(const char* name, unsigned kind = BTF_KIND_STRUCT) const {
    return static_cast<std::uint32_t>(btf__find_by_name_kind(bpf_object__btf(object), name, kind));
  }
  int create(std::uint32_t type, std::uint32_t flags, const char* value = "elem", std::uint32_t key_size = 4,
             std::uint32_t entries = 16, std::uint32_t extra_value = 0) const {
    LIBBPF_OPTS(bpf_map_create_opts, options);
    const bpf_map* array = bpf_object__find_map_by_name(object, "array");
    const std::uint32_t value_id = type_id(value);
    options.btf_fd = static_cast<__u32>(bpf_object__btf_fd(object));
    options.btf_key_type_id = key_size != 0 ? bpf_map__btf_key_type_id(array) : 0;
    options.btf_value_type_id = value_id;
    options.map_flags = flags;
    const auto size = static_cast<std::uint32_t>(btf__resolve_size(bpf_object__btf(object), value_id));
    const int fd =
        bpf_map_create(static_cast<bpf_map_type>(type), "m", key_size, size + extra_value, entries, &options);
    if (fd < 0) return fd;
    close(fd);
    return 0;
  }
};

TEST(Holders, map_allowed) {
  Machine m;
  ASSERT_TRUE(m.ready());
  const Maker maker{m.object()};
  EXPECT_EQ(maker.create(BPF_MAP_TYPE_ARRAY, 0), 0);
  EXPECT_EQ(maker.create(BPF_MAP_TYPE_ARRAY, BPF_F_MMAPABLE), 0);
  EXPECT_EQ(maker.create(BPF_MAP_TYPE_HASH, 0), 0);
  EXPECT_EQ(maker.create(BPF_MAP_TYPE_HASH, no_prealloc), 0);
  EXPECT_EQ(maker.create(BPF_MAP_TYPE_LRU_HASH, 0), 0);
  EXPECT_EQ(maker.create(BPF_MAP_TYPE_LRU_HASH, no_common_lru), 0);
  EXPECT_EQ(maker.create(type_rhash, no_prealloc), 0);
  EXPECT_EQ(maker.create(type_rhash, 0), -EINVAL);
}

TEST(Holders, map_access_flags) {
  Machine m;
  ASSERT_TRUE(m.ready());
  const Maker maker{m.object()};
  for (const auto type : {BPF_MAP_TYPE_ARRAY, BPF_MAP_TYPE_HASH})
    for (const std::uint32_t flags : {rdonly_prog, wronly_prog}) EXPECT_EQ(maker.create(type, flags), -EACCES);
}

TEST(Holders, map_not_supported) {
  Machine m;
  ASSERT_TRUE(m.ready());
  const Maker maker{m.object()};
  for (const auto type : {BPF_MAP_TYPE_PERCPU_ARRAY, BPF_MAP_TYPE_PERCPU_HASH, BPF_MAP_TYPE_LRU_PERCPU_HASH})
    EXPECT_EQ(maker.create(type, 0), -EOPNOTSUPP) << type;
  for (const std::uint32_t type : {std::uint32_t{BPF_MAP_TYPE_SK_STORAGE}, std::uint32_t{BPF_MAP_TYPE_TASK_STORAGE},
                                   std::uint32_t{BPF_MAP_TYPE_INODE_STORAGE}, type_cgrp_storage})
    EXPECT_EQ(maker.create(type, no_prealloc, "elem", 4, 0), -EOPNOTSUPP) << type;
  EXPECT_EQ(maker.create(type_bloom, 0, "elem", 0), -EOPNOTSUPP);
}

TEST(Holders, map_without_value_types) {
  Machine m;
  ASSERT_TRUE(m.ready());
  const Maker maker{m.object()};
  for (const auto type : {BPF_MAP_TYPE_QUEUE, BPF_MAP_TYPE_STACK}) EXPECT_EQ(maker.create(type, 0, "elem", 0), -EINVAL);
  for (const auto type : {BPF_MAP_TYPE_SOCKMAP, BPF_MAP_TYPE_SOCKHASH, BPF_MAP_TYPE_DEVMAP,
                          BPF_MAP_TYPE_PERF_EVENT_ARRAY, BPF_MAP_TYPE_PROG_ARRAY, BPF_MAP_TYPE_REUSEPORT_SOCKARRAY})
    EXPECT_EQ(maker.create(type, 0), -EINVAL) << type;
}

TEST(Holders, map_lru_spin_lock) {
  Machine m;
  ASSERT_TRUE(m.ready());
  const Maker maker{m.object()};
  EXPECT_EQ(maker.create(BPF_MAP_TYPE_LRU_HASH, 0, "locked"), -EOPNOTSUPP);
  EXPECT_EQ(maker.create(BPF_MAP_TYPE_ARRAY, 0, "locked"), 0);
  EXPECT_EQ(maker.create(BPF_MAP_TYPE_HASH, 0, "locked"), 0);
  EXPECT_EQ(maker.create(type_rhash, no_prealloc, "locked"), 0);
}

TEST(Holders, value_btf_mismatch) {
  Machine m;
  ASSERT_TRUE(m.ready());
  const Maker maker{m.object()};
  EXPECT_EQ(maker.create(BPF_MAP_TYPE_ARRAY, 0, "elem", 4, 16, 8), -EINVAL);
  LIBBPF_OPTS(bpf_map_create_opts, options);
  options.btf_fd = static_cast<__u32>(bpf_object__btf_fd(m.object()));
  options.btf_value_type_id = maker.type_id("elem");
  EXPECT_EQ(bpf_map_create(BPF_MAP_TYPE_ARRAY, "m", 4, sizeof(Elem), 16, &options), -EINVAL);
}

// shapes.bpf.c has one map and one program for each shape of value; what loads, and what is said of the rest.
struct Shape {
  const char* program;
  const char* refusal;  // null: loads
};

void load_shapes(const std::vector<Shape>& shapes) {
  for (const Shape& shape : shapes) {
    SCOPED_TRACE(shape.program);
    const auto kernel = make_work_kernel({});
    const KernelBinding binding(*kernel);
    libbpf_set_print(say_nothing);
    const ObjectPtr object(bpf_object__open_file((std::string(WORK_OBJECTS) + "/shapes.bpf.o").c_str(), nullptr));
    ASSERT_NE(object, nullptr);
    bpf_program* program = nullptr;
    bpf_object__for_each_program(program, object.get())
        bpf_program__set_autoload(program, std::string_view(bpf_program__name(program)) == shape.program);
    program = bpf_object__find_program_by_name(object.get(), shape.program);
    ASSERT_NE(program, nullptr);
    std::vector<char> log(1 << 20);
    bpf_program__set_log_buf(program, log.data(), log.size());
    bpf_program__set_log_level(program, 1);
    const int error = bpf_object__load(object.get());
    if (shape.refusal == nullptr) {
      EXPECT_EQ(error, 0) << log.data();
      if (error != 0) continue;
      std::uint32_t retval = 1;
      EXPECT_EQ(test_run(bpf_program__fd(program), true, &retval), 0);
      EXPECT_EQ(retval, 0U);
      EXPECT_TRUE(kernel->drain(no_limit));
      EXPECT_EQ(kernel->work().ran, 1U);
    } else {
      EXPECT_EQ(error, -EINVAL);
      EXPECT_THAT(log.data(), testing::HasSubstr(shape.refusal));
    }
  }
}

TEST(Holders, value_ill_formed) {
  load_shapes({{"use_two", "map 'two' has no valid bpf_wq"},
               {"use_pair", "map 'pair' has no valid bpf_wq"},
               {"use_misaligned", "map 'misaligned' has no valid bpf_wq"},
               {"use_united", "map 'united' has no valid bpf_wq"}});
}

TEST(Holders, value_well_formed) {
  load_shapes({{"use_with_timer", nullptr}, {"use_nested", nullptr}, {"use_single", nullptr}});
}

// An item that is the whole value: the map can be made.
TEST(Holders, value_is_the_item) {
  Machine m;
  ASSERT_TRUE(m.ready());
  EXPECT_EQ((Maker{m.object()}.create(BPF_MAP_TYPE_ARRAY, 0, "bpf_wq")), 0);
}

TEST(Holders, map_without_btf) {
  load_shapes({{"use_per_cpu", "map 'per_cpu' has to have BTF in order to use bpf_wq"}});
}

TEST(Holders, global_data) {
  load_shapes({{"use_global", "workqueue pointer in R1"}});
}

TEST(Holders, outer_map_layout) {
  Machine m;
  ASSERT_TRUE(m.ready());
  LIBBPF_OPTS(bpf_map_create_opts, options);
  const int plain = bpf_map_create(BPF_MAP_TYPE_ARRAY, "plain", 4, sizeof(Elem), 16, &options);
  ASSERT_GE(plain, 0);
  const std::uint32_t zero = 0;
  EXPECT_EQ(bpf_map_update_elem(m.map_fd("outer"), &zero, &plain, 0), -EINVAL);
  close(plain);
  const int array = m.map_fd("array");
  EXPECT_EQ(bpf_map_update_elem(m.map_fd("outer"), &zero, &array, 0), 0);
}

// Every row of every table has the test of its name.
TEST(Rows, every_row_has_its_test) {
  std::set<std::string> tests;
  const testing::UnitTest& all = *testing::UnitTest::GetInstance();
  for (int i = 0; i < all.total_test_suite_count(); ++i) {
    const testing::TestSuite& suite = *all.GetTestSuite(i);
    for (int j = 0; j < suite.total_test_count(); ++j) {
      std::string name = suite.GetTestInfo(j)->name();
      // The rows of later_rows.hpp: Timer/Later.AnswersAsTheKernel/cancel_armed.
      if (suite.GetTestInfo(j)->value_param() != nullptr) name = name.substr(name.rfind('/') + 1);
      tests.insert(std::string(suite.name()).substr(0, std::string(suite.name()).find('/')) + "." + name);
      tests.insert(name);
    }
  }
  tests.insert("init_no_memory");  // is caused in tests/bounds/memory_limit_test.cpp
  const struct {
    const char* page;
    const char* suite;  // of the tests; null: any
    unsigned rows;
  } pages[] = {{"work-queues.md", nullptr, 75}, {"timers.md", "Timer.", 40}, {"task-work.md", "TaskWork.", 16}};
  for (const auto& [name, suite, least] : pages) {
    std::ifstream page(fmt::format("{}/docs/{}", SKEP_SOURCE_DIR, name));
    ASSERT_TRUE(page) << name;
    unsigned rows = 0;
    for (std::string line; std::getline(page, line);) {
      if (!line.starts_with("| `")) continue;
      std::string row = line.substr(3, line.find('`', 3) - 3);
      std::replace(row.begin(), row.end(), '-', '_');
      ++rows;
      EXPECT_TRUE(tests.contains(suite != nullptr ? suite + row : row)) << name << ": no test named " << row;
    }
    EXPECT_GE(rows, least) << name;
  }
}

}  // namespace
}  // namespace skep::test
