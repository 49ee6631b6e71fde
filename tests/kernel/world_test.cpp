// What programs get hold of by asking: cgroups, files and their paths, variables; and what there is none of.
#include "kernel/world.hpp"

#include <gtest/gtest.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <filesystem>

#include "calls/impl/kernel_fields.hpp"
#include "kernel/impl.hpp"
#include "support/call_env.hpp"
#include "support/commands.hpp"

namespace skep {
namespace {

class TheWorld : public testing::Test {
 protected:
  void SetUp() override {
    KernelOptions options;
    options.cpus = 3;
    std::string error;
    kernel_ = Kernel::make(options, error);
    ASSERT_NE(kernel_, nullptr) << error;
    env_ = std::make_unique<test::BareEnv>(services());
  }
  KernelServices& services() { return *kernel_->impl().services; }
  std::uint64_t field(void* object, std::string_view type, std::initializer_list<std::string_view> names) {
    return calls::impl::read_field(*env_, reinterpret_cast<std::uint64_t>(object), type, names);
  }
  // A path of dentries, the last first.
  std::string path_of(std::string_view description, int& length) {
    describe::Objects objects(*services().kernel_types(), kernel_->impl().account->shared_territory());
    std::string complaint;
    const auto described = describe::parse(description, complaint);
    const btf::TypeId id = services().kernel_types()->find("path", btf::Kind::struct_);
    void* const path = objects.make(id, "path");
    EXPECT_TRUE(described && objects.put(*described, id, path, "path")) << complaint << objects.error();
    std::array<char, 16> text = {};
    length = static_cast<int>(env_->call("bpf_d_path", path, text.data(), text.size()));
    return text.data();
  }
  std::unique_ptr<Kernel> kernel_;
  std::unique_ptr<test::BareEnv> env_;
};

TEST_F(TheWorld, HasOneCgroupInWhichAllTasksAre) {
  void* const root = services().root_cgroup();
  ASSERT_NE(root, nullptr);
  EXPECT_EQ(services().root_cgroup(), root) << "always the same";
  const auto kn = field(root, "cgroup", {"kn"});
  ASSERT_NE(kn, 0U);
  EXPECT_EQ(calls::impl::read_field(*env_, kn, "kernfs_node", {"id"}), 1U);
  const auto css_set = field(services().current_task(), "task_struct", {"cgroups"});
  EXPECT_EQ(calls::impl::read_field(*env_, css_set, "css_set", {"dfl_cgrp"}), reinterpret_cast<std::uint64_t>(root));
  EXPECT_EQ(env_->call("bpf_task_under_cgroup", services().current_task(), root), 1);
  EXPECT_EQ(env_->call("bpf_task_under_cgroup", services().current_task(), root == nullptr), 0);
}

TEST_F(TheWorld, NamesPathsByTheirDentries) {
  int length = 0;
  EXPECT_EQ(path_of(R"({"dentry": {"d_name": {"name": "passwd"}, "d_parent": {"d_name": {"name": "etc"},
                        "d_parent": {"d_name": {"name": "/"}}}}})",
                    length),
            "/etc/passwd");
  EXPECT_EQ(length, 12);
  EXPECT_EQ(path_of(R"({"dentry": {"d_name": {"name": "/"}}})", length), "/");
  EXPECT_EQ(length, 2);
  path_of(R"({"dentry": {"d_name": {"name": "a name that is too long"}}})", length);
  EXPECT_EQ(length, -ENAMETOOLONG);
}

TEST_F(TheWorld, KnowsWhatItsTasksExecute) {
  const auto file = env_->call("bpf_get_task_exe_file", services().current_task());
  ASSERT_NE(file, 0);
  const auto place = calls::impl::find_field(services().kernel_types(), "file", {"f_path"});
  ASSERT_TRUE(place);
  std::array<char, 4096> text = {};
  const auto length = env_->call("bpf_path_d_path", file + place->offset, text.data(), text.size());
  EXPECT_EQ(text.data(), std::filesystem::read_symlink("/proc/self/exe").string());
  EXPECT_EQ(static_cast<std::size_t>(length), std::strlen(text.data()) + 1);
  EXPECT_EQ(env_->call("bpf_get_task_exe_file", text.data()), 0) << "no task";
}

TEST_F(TheWorld, HasAVariableOfEachCpu) {
  const auto& types = kernel_->impl().vmlinux->btf;
  const btf::TypeId variable = types->find("runqueues", btf::Kind::var);
  if (variable == 0) GTEST_SKIP() << "the kernel's types have no variables";
  const std::uint64_t first = services().world().variable(types, variable);
  ASSERT_NE(first, 0U);
  EXPECT_EQ(services().world().variable(types, variable), first);
  for (int cpu = 0; cpu < 3; ++cpu) {
    const auto at = static_cast<std::uint64_t>(env_->call("bpf_per_cpu_ptr", first, cpu));
    EXPECT_EQ(calls::impl::read_field(*env_, at, "rq", {"cpu"}), static_cast<std::uint64_t>(cpu));
  }
  EXPECT_EQ(env_->call("bpf_per_cpu_ptr", first, 3), 0);
  EXPECT_EQ(env_->call("bpf_this_cpu_ptr", first), env_->call("bpf_per_cpu_ptr", first, 1));
  int other = 0;
  EXPECT_EQ(env_->call("bpf_per_cpu_ptr", &other, 0), 0) << "what is no such variable has no copies";
}

TEST_F(TheWorld, TracksNoConnections) {
  struct Options {
    std::int32_t namespace_id = -1, error = 0;
    std::uint8_t protocol = 6, direction = 0, rest[6] = {};
  };
  std::array<std::uint8_t, 36> tuple = {};
  const auto error_of = [&](Options options, std::uint32_t tuple_size = 12, std::uint32_t size = 12) {
    EXPECT_EQ(env_->call("bpf_skb_ct_lookup", 0, tuple.data(), tuple_size, &options, size), 0);
    return options.error;
  };
  EXPECT_EQ(error_of({}), -ENOENT);
  EXPECT_EQ(error_of({}, 36, 16), -ENOENT);
  EXPECT_EQ(error_of({}, 13), -EAFNOSUPPORT);
  EXPECT_EQ(error_of({}, 12, 13), -EINVAL);
  EXPECT_EQ(error_of({.protocol = 1}), -EPROTO);
  EXPECT_EQ(error_of({.namespace_id = -2}), -EINVAL);
  EXPECT_EQ(error_of({.namespace_id = 77}), -ENONET);
}

TEST_F(TheWorld, TakesNoCommandsThatLeadToMemoryWhichIsClosed) {
  struct {
    std::uint32_t fd = 77, pad = 0;
    std::uint64_t key = 1, value = 2, flags = 0;
  } update;
  constexpr int update_elem = 2, lookup_elem = 1;
  EXPECT_EQ(env_->call("bpf_sys_bpf", update_elem, &update, sizeof update), -EPERM);
  EXPECT_EQ(env_->call("bpf_sys_bpf", lookup_elem, &update, sizeof update), -EINVAL) << "programs never may";
  services().open_memory.open_all(true);
  EXPECT_EQ(env_->call("bpf_sys_bpf", update_elem, &update, sizeof update), -EBADF);
}

TEST_F(TheWorld, HasAnEmptyListOfWakeupSources) {
  const auto head = static_cast<std::uint64_t>(env_->call("bpf_wakeup_sources_get_head"));
  std::uint64_t next = 0;
  ASSERT_EQ(env_->read_memory(&next, head, sizeof next), 0) << "programs may look at it";
  EXPECT_EQ(next, head);
}

TEST_F(TheWorld, GoesThroughTheTasks) {
  std::array<std::uint64_t, 3> it = {};
  ASSERT_EQ(env_->call("bpf_iter_task_new", it.data(), 0, 1), 0);
  int threads = 0;
  bool mine = false;
  while (const auto task = env_->call("bpf_iter_task_next", it.data())) {
    ++threads;
    mine |= field(reinterpret_cast<void*>(task), "task_struct", {"pid"}) == static_cast<std::uint64_t>(gettid());
  }
  EXPECT_GE(threads, 1);
  EXPECT_TRUE(mine);
  ASSERT_EQ(env_->call("bpf_iter_task_new", it.data(), 0, 0), 0);
  const auto process = env_->call("bpf_iter_task_next", it.data());
  EXPECT_EQ(field(reinterpret_cast<void*>(process), "task_struct", {"pid"}), static_cast<std::uint64_t>(getpid()));
  EXPECT_EQ(env_->call("bpf_iter_task_next", it.data()), 0);
}

}  // namespace
}  // namespace skep
