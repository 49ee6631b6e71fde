// Whose types objects are resolved against: a file's, the machine's, those that the library brings along, a small set.
#include <cstdio>
#include <fstream>

#include "btf/btf.hpp"
#include "btf/kernel_index.hpp"
#include "kernel/reference_types.hpp"
#include "support/commands.hpp"

namespace skep {
namespace {

std::string types_of(const KernelOptions& options) {
  std::string error;
  const auto kernel = Kernel::make(options, error);
  EXPECT_NE(kernel, nullptr) << error;
  return kernel ? kernel->types_name() : error;
}

TEST(KernelTypes, OfTheReferenceReleaseAreBroughtAlong) {
  btf::ParseError problem;
  const auto types = btf::Btf::parse(reference_types(), nullptr, true, problem);
  ASSERT_NE(types, nullptr) << problem.message;
  EXPECT_NE(types->find("task_struct", btf::Kind::struct_), 0U);
  EXPECT_NE(types->find("bpf_lsm_file_open", btf::Kind::func), 0U);
  EXPECT_NE(types->find("bpf_strcasestr", btf::Kind::func), 0U) << "a call that 6.18 lacks";
}

TEST(KernelTypes, OfTheReferenceReleaseAreReadByTheirIndexAsWithout) {
  btf::ParseError problem;
  const auto by_index = parsed_reference_types();
  const auto at_once = btf::parse_at_once(reference_types(), problem);
  ASSERT_TRUE(by_index != nullptr && at_once != nullptr) << problem.message;
  ASSERT_EQ(by_index->type_count(), at_once->type_count());
  for (btf::TypeId id = 0; id < at_once->type_count(); ++id) {
    const btf::Type &a = by_index->type(id), &b = at_once->type(id);
    ASSERT_TRUE(a.kind == b.kind && a.name == b.name && a.type == b.type && a.size == b.size && a.vlen == b.vlen) << id;
    ASSERT_TRUE(by_index->kind_of(id) == b.kind && by_index->name_of(id) == b.name) << id;
    const auto one = by_index->members(a), other = at_once->members(b);
    for (std::size_t i = 0; i < one.size(); ++i)
      ASSERT_TRUE(one[i].name == other[i].name && one[i].type == other[i].type &&
                  one[i].bit_offset == other[i].bit_offset)
          << id;
    ASSERT_EQ(by_index->find(b.name, b.kind), at_once->find(b.name, b.kind)) << id;
  }
}

TEST(KernelTypes, OfAnOlderMachineAreNotTaken) {
  const std::string machine = "/sys/kernel/btf/vmlinux", brought = "Linux 7.3, as Debian builds it";
  unsigned major = 0, minor = 0;
  std::string text;
  std::getline(std::ifstream("/proc/sys/kernel/osrelease"), text);
  ASSERT_EQ(std::sscanf(text.c_str(), "%u.%u", &major, &minor), 2) << text;
  const bool older = Release{static_cast<std::uint16_t>(major), static_cast<std::uint16_t>(minor)} < reference_release;
  const bool shown = std::ifstream(machine).good();
  EXPECT_EQ(types_of({}), older || !shown ? brought : machine);
}

TEST(KernelTypes, OfAFileAreWhatWasAskedFor) {
  const std::string path = testing::TempDir() + "/types.btf";
  const auto bytes = reference_types();
  std::ofstream(path, std::ios::binary)
      .write(reinterpret_cast<const char*>(bytes.data()), static_cast<std::streamsize>(bytes.size()));
  EXPECT_EQ(types_of({.btf_path = path}), path);
  std::remove(path.c_str());
  EXPECT_EQ(types_of({.host_btf = false}), "Skep's own small set");
}

}  // namespace
}  // namespace skep
