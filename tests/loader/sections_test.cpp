// Sections, names and symbols that libbpf 1.4 does not know.
#include "loader/newer.hpp"
#include "skep/abi.hpp"

namespace skep::test {
namespace {

TEST(Sections, programs_on_tracepoints_may_sleep) {
  struct Row {
    const char* program;
    ProgType type;
  };
  for (const Row& row :
       {Row{"raw_tp_sleeps", ProgType::raw_tracepoint}, Row{"raw_tracepoint_sleeps", ProgType::raw_tracepoint},
        Row{"tp_sleeps", ProgType::tracepoint}, Row{"tracepoint_sleeps", ProgType::tracepoint}}) {
    SCOPED_TRACE(row.program);
    Newer newer;
    ASSERT_EQ(newer.load(row.program), 0) << newer.kernel->last_load().message;
    EXPECT_EQ(newer.info().type, static_cast<std::uint32_t>(row.type));
  }
  // A tracepoint by its type: the verifier has it, and says that not every one lets a program sleep.
  Newer newer;
  EXPECT_EQ(newer.load("tp_btf_sleeps"), -EINVAL);
  EXPECT_EQ(newer.kernel->last_load("tp_btf_sleeps").message,
            "Sleepable program cannot attach to non-faultable tracepoint one_event");
  EXPECT_EQ(newer.load("tp_btf_unknown"), -ESRCH);
}

// "module:function" is that module's, also where another has the name.
TEST(Sections, function_of_a_module) {
  Newer newer;
  ASSERT_EQ(newer.load("in_one"), 0) << newer.kernel->last_load().message;
  const auto one = newer.info();
  ASSERT_EQ(newer.load("in_two"), 0) << newer.kernel->last_load().message;
  const auto two = newer.info();
  EXPECT_NE(one.attach_btf_obj_id, two.attach_btf_obj_id);
  EXPECT_EQ(newer.load("not_in_two"), -ESRCH);
  EXPECT_EQ(newer.load("in_no_module"), -ESRCH);
}

// What find_function lends is the Kernel's, one descriptor however often it is asked.
TEST(Sections, descriptors_of_modules_are_lent) {
  Newer newer;
  std::uint32_t first = 0, second = 0, tracepoint = 0;
  const int id = newer.kernel->find_function("one:same_name", first);
  EXPECT_GT(id, 0);
  EXPECT_GT(newer.kernel->find_function("one:only_in_one", second), 0);
  EXPECT_GT(newer.kernel->find_tracepoint("one_event", tracepoint), 0);
  EXPECT_EQ(first, second);
  EXPECT_EQ(first, tracepoint);
  EXPECT_TRUE(newer.kernel->owns(static_cast<int>(first)));
  EXPECT_GT(newer.kernel->find_function("two:same_name", second), 0);
  EXPECT_NE(first, second);
  EXPECT_EQ(newer.kernel->find_function("two:only_in_one", second), 0);
  EXPECT_EQ(newer.kernel->find_function(":same_name", second), 0);
  EXPECT_EQ(newer.kernel->find_tracepoint("same_name", second), 0);
}

TEST(Symbols, have_addresses_without_types) {
  Newer newer;
  EXPECT_EQ(newer.load("symbols"), 0) << newer.kernel->last_load().message;
}

TEST(Symbols, file) {
  Newer newer;
  FILE* file = fopen("/proc/kallsyms", "re");
  ASSERT_NE(file, nullptr);
  std::map<std::string, std::vector<std::string>> modules;
  char name[512], rest[128], kind = 0;
  unsigned long long address = 0, last = 0;
  char line[1024];
  while (fgets(line, sizeof line, file) != nullptr) {
    rest[0] = 0;
    ASSERT_GE(sscanf(line, "%llx %c %511s %127s", &address, &kind, name, rest), 3) << line;
    EXPECT_NE(address, last);
    EXPECT_GE(address, 0xffffffff80000000U) << line;
    last = address;
    modules[name].push_back(rest);
  }
  fclose(file);
  EXPECT_THAT(modules["same_name"], testing::ElementsAre("[one]", "[two]"));
  EXPECT_THAT(modules["only_in_one"], testing::ElementsAre("[one]"));
  EXPECT_THAT(modules["bpf_wq_start"], testing::ElementsAre("")) << "a call that Skep provides is the kernel's";
  EXPECT_THAT(modules["__per_cpu_start"], testing::ElementsAre(""));
  EXPECT_EQ(modules.count("no_such_symbol"), 0U);
}

}  // namespace
}  // namespace skep::test
