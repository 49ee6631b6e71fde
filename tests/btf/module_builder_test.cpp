// C text in, BTF out: the result parses, refers to the base, and says what the text said.
#include "btf/module_builder.hpp"

#include <gtest/gtest.h>

#include "btf/special_fields.hpp"

namespace skep::btf {
namespace {

std::shared_ptr<const Btf> kernel() {
  ParseError error;
  auto btf = Btf::parse(small_kernel_btf(), nullptr, true, error);
  EXPECT_NE(btf, nullptr) << error.message;
  return btf;
}

TEST(ModuleBuilder, FunctionsReferToTheBase) {
  const auto base = kernel();
  ModuleBuilder builder(base);
  std::string problem;
  ASSERT_TRUE(builder.add_function("int bpf_wq_init(struct bpf_wq *wq, void *p__map, unsigned int flags)", problem))
      << problem;
  ASSERT_TRUE(
      builder.add_function("int bpf_wq_set_callback(struct bpf_wq *wq, int (*callback_fn)(void *map, int *key, void "
                           "*value), unsigned int flags)",
                           problem))
      << problem;
  ParseError error;
  const auto module = Btf::parse(builder.finish(), base, true, error);
  ASSERT_NE(module, nullptr) << error.message;
  const TypeId init = module->find("bpf_wq_init", Kind::func);
  ASSERT_NE(init, 0u);
  EXPECT_TRUE(module->has_decl_tag(init, -1, "bpf_kfunc"));
  const auto params = module->params(module->type(module->type(init).type));
  ASSERT_EQ(params.size(), 3u);
  EXPECT_EQ(params[1].name, "p__map");
  EXPECT_EQ(module->pointee(params[0].type), base->find("bpf_wq", Kind::struct_));
  EXPECT_EQ(module->describe(params[0].type), "struct bpf_wq *");
}

TEST(ModuleBuilder, RefusesWhatItDoesNotKnow) {
  ModuleBuilder builder(nullptr);
  std::string problem;
  EXPECT_FALSE(builder.add_function("nosuch_t f(void)", problem));
  EXPECT_EQ(problem, "unknown type 'nosuch_t': nosuch_t f(void)");
  EXPECT_FALSE(builder.add_function("int f(int", problem));
}

TEST(HideFunctions, TheNameIsGoneAndIdsStay) {
  ModuleBuilder builder(nullptr);
  std::string problem;
  ASSERT_TRUE(builder.add_function("int seen(void)", problem) && builder.add_function("int hidden(void)", problem));
  const std::string_view names[] = {"hidden"};
  ParseError error;
  const auto before = Btf::parse(builder.finish(), nullptr, true, error);
  const auto after = Btf::parse(hide_functions(*before, names), nullptr, true, error);
  ASSERT_NE(after, nullptr) << error.message;
  EXPECT_NE(before->find("hidden", Kind::func), 0u);
  EXPECT_EQ(after->find("hidden", Kind::func), 0u);
  EXPECT_EQ(after->find("seen", Kind::func), before->find("seen", Kind::func));
}

TEST(Access, StaysWithinMembers) {
  const auto btf = kernel();
  const TypeId task = btf->find("task_struct", Kind::struct_);
  EXPECT_EQ(btf->access(task, 8, 8).what, Btf::Access::What::pointer);
  EXPECT_EQ(btf->access(task, 8, 4).message,
            "cannot access ptr member group_leader with moff 8 in struct task_struct with off 8 size 4");
  EXPECT_EQ(btf->access(task, 16, 16).what, Btf::Access::What::scalar);
  EXPECT_EQ(btf->access(task, 28, 8).message, "access beyond struct task_struct at off 28 size 8");
}

TEST(SpecialFields, OfValues) {
  struct Row {
    const char* members;
    int wq_offset;
  };
  const Row table[] = {
      {"struct bpf_wq w;", 0},
      {"int x; struct bpf_wq w;", 8},
      {"struct bpf_wq w[1];", 0},
      {"struct bpf_wq a; struct bpf_wq b;", -1},
      {"struct bpf_wq w[2];", -1},
      {"const struct bpf_wq w;", -1},
      {"struct bpf_timer t; struct bpf_wq w; struct bpf_spin_lock l;", 16},
  };
  for (const Row& row : table) {
    ModuleBuilder builder(nullptr);
    std::string problem;
    for (const char* type : {"bpf_wq { u64 o[2]; }", "bpf_timer { u64 o[2]; }", "bpf_spin_lock { u32 v; }"})
      ASSERT_TRUE(builder.add_struct(std::string("struct ") + type, problem)) << problem;
    ASSERT_TRUE(builder.add_struct(std::string("struct value { ") + row.members + " }", problem)) << problem;
    ParseError error;
    const auto btf = Btf::parse(builder.finish(), nullptr, false, error);
    ASSERT_NE(btf, nullptr) << error.message;
    const TypeId value = btf->find("value", Kind::struct_);
    const auto found = find_special_fields(btf, value, ~0u, btf->type(value).size, nullptr);
    EXPECT_EQ(found.error, 0);
    EXPECT_EQ(found.record ? found.record->wq_offset : -1, row.wq_offset) << row.members;
  }
}

}  // namespace
}  // namespace skep::btf
