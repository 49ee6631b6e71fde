// Tasks in the kernel's layout.
#include "kernel/tasks.hpp"

#include <gtest/gtest.h>
#include <unistd.h>

#include <cstring>
#include <thread>

#include "btf/module_builder.hpp"

namespace skep {
namespace {

TEST(Tasks, AreTheThreadsOfThisProcess) {
  btf::ModuleBuilder builder(nullptr);
  std::string error;
  // Which pointers are never null, the kernel says by types of such names.
  for (const char* type :
       {"struct css_set { int count; }",
        "struct task_struct { int pad; int pid; int tgid; struct task_struct *group_leader; char comm[16]; "
        "struct css_set *cgroups; }",
        "struct task_struct__safe_rcu { struct css_set *cgroups; struct task_struct *group_leader; }"})
    ASSERT_TRUE(builder.add_struct(type, error)) << error;
  const std::vector<std::uint8_t> raw = builder.finish();
  btf::ParseError problem;
  const auto types = btf::Btf::parse(raw, nullptr, true, problem);
  ASSERT_TRUE(types) << problem.message;
  Tasks tasks(types, 2, nullptr);
  struct Task {
    std::int32_t pad, pid, tgid;
    Task* group_leader;
    char comm[16];
    const std::int32_t* cgroups;
  };
  auto* const mine = static_cast<Task*>(tasks.current("a-name-that-is-too-long"));
  EXPECT_EQ(mine->pid, gettid());
  EXPECT_EQ(mine->tgid, getpid());
  EXPECT_EQ(mine->group_leader, mine);
  EXPECT_STREQ(mine->comm, "a-name-that-is-");
  ASSERT_NE(mine->cgroups, nullptr);
  EXPECT_EQ(*mine->cgroups, 0);
  EXPECT_EQ(tasks.current(""), mine) << "always the same";
  EXPECT_EQ(tasks.find(gettid(), ""), mine);
  EXPECT_EQ(tasks.find(0, ""), nullptr);
  EXPECT_EQ(tasks.find(-1, ""), nullptr);
  void* other = nullptr;
  std::thread([&] { other = tasks.current(""); }).join();
  EXPECT_NE(other, mine);
}

TEST(Tasks, NeedNoTypes) {
  btf::ModuleBuilder builder(nullptr);
  std::string error;
  ASSERT_TRUE(builder.add_typedef("typedef unsigned int u32", error)) << error;
  const std::vector<std::uint8_t> raw = builder.finish();
  btf::ParseError problem;
  const auto types = btf::Btf::parse(raw, nullptr, true, problem);
  ASSERT_TRUE(types) << problem.message;
  Tasks tasks(types, 2, nullptr);
  EXPECT_NE(tasks.current("x"), nullptr);
}

}  // namespace
}  // namespace skep
