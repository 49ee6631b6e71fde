// Kernels by name of option, and loading: from files and memory, whole and in part, and what a failure says.
#include "api/support.hpp"

namespace skep::test {
namespace {

using testing::HasSubstr;

TEST(MakeKernel, ImpossibleOptionsAreRefusedInWords) {
  const auto refused = [](const KernelOptions& options) {
    const auto made = make_kernel(options);
    EXPECT_FALSE(made);
    EXPECT_EQ(made.error(), EINVAL);
    return made.message();
  };
  EXPECT_THAT(refused({.cpus = 0}), HasSubstr("virtual CPUs"));
  EXPECT_THAT(refused({.stepping_seed = 1, .pumped = true}), HasSubstr("exclude each other"));
  EXPECT_THAT(refused({.btf_path = "/nowhere/vmlinux"}), HasSubstr("/nowhere/vmlinux: cannot be read"));
}

TEST(Object, LoadsFromAFileAndFromMemory) {
  const Loaded from_file;
  EXPECT_EQ(from_file.object.programs().size(), 8U);
  const auto bytes = file(api_object);
  const auto from_memory = Object::load(from_file.kernel, bytes, {.programs = {"twice"}});
  ASSERT_TRUE(from_memory) << from_memory.message();
  ASSERT_EQ(from_memory->programs().size(), 1U);
  EXPECT_EQ(from_memory->programs()[0].name(), "twice");
  EXPECT_EQ(from_memory->programs()[0].type(), ProgType::syscall);
}

TEST(Object, SaysWhatIsWrong) {
  const Loaded loaded;
  const auto load = [&](const std::string& path, const LoadOptions& options = {}) {
    return Object::load(loaded.kernel, path, options).status();
  };
  EXPECT_EQ(load("/nowhere.bpf.o").error(), ENOENT);
  EXPECT_THAT(load("/nowhere.bpf.o").message(), HasSubstr("/nowhere.bpf.o: No such file"));
  EXPECT_THAT(load("/proc/self/status").message(), HasSubstr("not a BPF object"));
  EXPECT_THAT(load(api_object, {.programs = {"absent"}}).message(), HasSubstr("has no program 'absent'"));
  const Status refused = load(api_object, {.programs = {"refused"}});
  EXPECT_EQ(refused.error(), EACCES);
  EXPECT_THAT(refused.message(), HasSubstr("program 'refused' was refused: R"));
  EXPECT_THAT(refused.message(), HasSubstr("invalid mem access 'scalar'"));
  const auto absent = loaded.object.program("refused");
  EXPECT_EQ(absent.error(), ENOENT);
  EXPECT_THAT(absent.message(), HasSubstr("count, "));
  EXPECT_EQ(Object::load(nullptr, api_object).error(), EINVAL);
}

TEST(Object, HandlesKeepWhatTheyNameAlive) {
  Program twice;
  Map counts;
  std::weak_ptr<Kernel> kernel;
  {
    const Loaded loaded;
    twice = loaded.program("twice");
    counts = loaded.map("counts");
    kernel = loaded.kernel;
  }
  const std::uint64_t number = 21;
  const auto run = twice.run({.context = {reinterpret_cast<const std::uint8_t*>(&number), sizeof number}});
  ASSERT_TRUE(run) << run.message();
  EXPECT_TRUE(counts.update(std::uint32_t{1}, std::uint64_t{2}));
  twice = {};
  counts = {};
  EXPECT_TRUE(kernel.expired());
}

TEST(Object, EmptyHandlesAnswer) {
  EXPECT_EQ(Object().program("x").error(), EBADF);
  EXPECT_EQ(Program().run().error(), EBADF);
  EXPECT_EQ(Program().name(), "");
  EXPECT_EQ(Map().lookup<int>(1).error(), EBADF);
  EXPECT_EQ(Map().attach().error(), EBADF);
  EXPECT_EQ(Link().detach().error(), EBADF);
  EXPECT_EQ(RingBuffer().fd(), -1);
  EXPECT_EQ(StructOps(nullptr, "x").call("y").error(), EBADF);
}

}  // namespace
}  // namespace skep::test
