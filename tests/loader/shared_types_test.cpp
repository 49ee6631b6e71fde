// The kernel's types are parsed for libbpf once for each Kernel, and live as long as anybody uses them.
#include <bpf/btf.h>
#include <gtest/gtest.h>

#include <memory>
#include <string>

#include "skep/kernel.hpp"

namespace skep {
namespace {

std::unique_ptr<Kernel> kernel() {
  std::string error;
  return Kernel::make({.host_btf = false}, error);
}

TEST(SharedTypes, AreParsedOnceForEachKernel) {
  const auto one = kernel(), other = kernel();
  btf *first = nullptr, *second = nullptr;
  {
    const KernelBinding binding(*one);
    first = btf__load_vmlinux_btf();
    second = btf__load_vmlinux_btf();
  }
  ASSERT_NE(first, nullptr);
  EXPECT_EQ(first, second);
  const KernelBinding binding(*other);
  btf* others = btf__load_vmlinux_btf();
  EXPECT_NE(others, first);
  for (btf* each : {first, second, others}) btf__free(each);
}

TEST(SharedTypes, OutliveTheFreeingByOneUser) {
  const auto one = kernel();
  const KernelBinding binding(*one);
  btf__free(btf__load_vmlinux_btf());
  btf* again = btf__load_vmlinux_btf();
  EXPECT_GT(btf__find_by_name_kind(again, "task_struct", BTF_KIND_STRUCT), 0);
  btf__free(again);
}

TEST(SharedTypes, OutliveTheirKernelWhileSomebodyUsesThem) {
  auto one = kernel();
  btf* kept = nullptr;
  {
    const KernelBinding binding(*one);
    kept = btf__load_vmlinux_btf();
  }
  one.reset();
  EXPECT_GT(btf__find_by_name_kind(kept, "task_struct", BTF_KIND_STRUCT), 0);
  btf__free(kept);
}

TEST(SharedTypes, NamesAreFoundAgainByKind) {
  const auto one = kernel();
  const KernelBinding binding(*one);
  btf* types = btf__load_vmlinux_btf();
  for (int i = 0; i < 3; ++i) {
    const auto id = btf__find_by_name_kind(types, "task_struct", BTF_KIND_STRUCT);
    ASSERT_GT(id, 0);
    EXPECT_STREQ(btf__name_by_offset(types, btf__type_by_id(types, static_cast<__u32>(id))->name_off), "task_struct");
    EXPECT_EQ(btf__find_by_name_kind(types, "task_struct", BTF_KIND_FUNC), -ENOENT);
    EXPECT_EQ(btf__find_by_name_kind(types, "there is none", BTF_KIND_STRUCT), -ENOENT);
  }
  btf__free(types);
}

TEST(SharedTypes, OthersAreFreedAsTheyWere) {
  btf* empty = btf__new_empty();
  ASSERT_NE(empty, nullptr);
  btf__free(empty);
  btf__free(nullptr);
}

}  // namespace
}  // namespace skep
