// What kptrs may point to, and that what a map gives up reaches the call that lets go of it.
#include "calls/kptr_targets.hpp"

#include <gtest/gtest.h>

#include <set>
#include <string_view>

#include "btf/special_fields.hpp"
#include "btf/text_btf.hpp"
#include "calls/impl/objects.hpp"

namespace skep::calls {
namespace {

std::uint64_t given_up = 0;

class Remembers final : public HostCallee {
 public:
  std::uint64_t call(const std::array<std::uint64_t, 5>& args) const override { return given_up = args[0]; }
};

// A module's kfunc that lets go of a `foo`.
class WithHost final : public KfuncRegistry {
 public:
  WithHost() {
    release_.name = "foo_release";
    release_.flags = call_flag::release;
    release_.host_fn = &callee_;
    release_.destroys.type = "foo";
  }
  const Kfunc* find(std::string_view name) const override {
    return name == release_.name ? &release_ : find_kfunc(name);
  }
  const Kfunc* destructor(std::string_view type) const override {
    return type == release_.destroys.type ? &release_ : find_destructor(type);
  }

 private:
  Remembers callee_;
  Kfunc release_;
};

class KptrTarget : public testing::Test {
 protected:
  const std::shared_ptr<const btf::Btf> kernel_ =
      btf::test::btf_of({"struct task_struct { int pid; }", "struct inode { int number; }"});
  const std::shared_ptr<const btf::Btf> module_ = btf::test::btf_of({"struct foo { int a; }"});
  const WithHost kfuncs_;
  const KptrTargets targets_{kernel_, {module_}, kfuncs_};
};

TEST_F(KptrTarget, IsAStructOfTheKernelOrOfAModule) {
  EXPECT_EQ(targets_.find("task_struct", btf::Kind::struct_).btf, kernel_);
  EXPECT_EQ(targets_.find("foo", btf::Kind::struct_).btf, module_);
  EXPECT_EQ(targets_.find("bar", btf::Kind::struct_).btf, nullptr);
  EXPECT_EQ(targets_.find("foo", btf::Kind::union_).btf, nullptr);
}

TEST_F(KptrTarget, HasADestructorIfACallLetsGoOfIt) {
  EXPECT_TRUE(targets_.find("task_struct", btf::Kind::struct_).destructor);
  EXPECT_TRUE(targets_.find("foo", btf::Kind::struct_).destructor);
  EXPECT_FALSE(targets_.find("inode", btf::Kind::struct_).destructor);
}

TEST_F(KptrTarget, OfAHostIsGivenToItsCall) {
  btf::Field field;
  field.kind = btf::FieldKind::kptr_ref;
  auto target = targets_.find("foo", btf::Kind::struct_);
  field.btf = target.btf;
  field.type = target.type;
  field.destructor = target.destructor;
  std::uint64_t value = 0x1234;
  impl::release_field(field, &value);
  EXPECT_EQ(value, 0U);
  EXPECT_EQ(given_up, 0x1234U);
  given_up = 0;
  impl::release_field(field, &value);  // nothing is held any more
  EXPECT_EQ(given_up, 0U);
}

TEST(Kfuncs, LetGoOfTheTypesThatTheReferenceKeepsInMaps) {
  std::multiset<std::string_view> types;
  for (const Kfunc& kfunc : kfuncs()) {
    if (kfunc.destroys.type.empty()) continue;
    EXPECT_TRUE(kfunc.has(call_flag::release)) << kfunc.name;
    types.insert(kfunc.destroys.type);
  }
  EXPECT_EQ(types,
            (std::multiset<std::string_view>{"bpf_cpumask", "bpf_crypto_ctx", "bpf_ksock", "cgroup", "nf_conn",
                                             "prog_test_member", "prog_test_ref_kfunc", "sk_buff", "task_struct"}));
  EXPECT_EQ(find_destructor(""), nullptr);
}

}  // namespace
}  // namespace skep::calls
