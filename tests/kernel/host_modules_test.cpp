// Mistakes in a host's modules: each refused, with the module and the text in the message, and none a crash.
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>
#include <string>
#include <vector>

#include "skep/kernel.hpp"

namespace skep {
namespace {

using testing::AllOf;
using testing::HasSubstr;

std::string refusal_of(std::vector<HostModule> modules) {
  KernelOptions options;
  options.cpus = 1;
  options.host_btf = false;
  options.modules = std::move(modules);
  std::string error;
  return Kernel::make(options, error) != nullptr ? "accepted" : error;
}

HostModule named(std::string_view name) {
  HostModule module;
  module.name = name;
  return module;
}

std::string nested(const char* open, const char* inside, const char* close, int times) {
  std::string text;
  for (int i = 0; i < times; ++i) text += open;
  text += inside;
  for (int i = 0; i < times; ++i) text += close;
  return text;
}

struct Mistake {
  const char* what;
  std::function<void(HostModule&)> make;
  const char* list;
  const char* words;
};

const std::string deep_struct = "struct deep { " + nested("struct { ", "int x; ", "} b; ", 20000) + "};";
const std::string deep_function = "int f(" + nested("int (*a)(", "int b", ")", 20000) + ")";
const std::string many_dimensions = "struct array { int a" + nested("[1]", "", "", 100000) + "; };";
const std::string many_stars = "int f(int " + nested("*", "", "", 100000) + "a)";
std::string many_members() {
  std::string text = "struct many { ";
  for (int i = 0; i < 70000; ++i) text += fmt::format("int a{}; ", i);
  return text + "};";
}
const std::string too_many_members = many_members();
const std::string huge = "struct huge { long a[99999999][99999999]; };";

std::uint64_t nothing(const HostCall&) {
  return 0;
}

const Mistake mistakes[] = {
    {"deep structs", [](HostModule& m) { m.types = {deep_struct}; }, "types", "nested more than 32 deep"},
    {"deep functions", [](HostModule& m) { m.functions = {deep_function}; }, "functions", "nested more than 32 deep"},
    {"many dimensions", [](HostModule& m) { m.types = {many_dimensions}; }, "types", "dimensions"},
    {"many stars", [](HostModule& m) { m.functions = {many_stars}; }, "functions", "pointers more than 32 deep"},
    {"many members", [](HostModule& m) { m.types = {too_many_members}; }, "types", "too large"},
    {"a huge array", [](HostModule& m) { m.types = {huge}; }, "types", "too large"},
    {"seven arguments",
     [](HostModule& m) {
       m.kfuncs = {{"int seven(int a, int b, int c, int d, int e, int f, int g)", 0, all_program_types, nothing}};
     },
     "kfuncs", "7 arguments, and programs can pass 5: 'int seven"},
    {"thirteen arguments",
     [](HostModule& m) {
       m.functions = {
           "int h(int a, int b, int c, int d, int e, int f, int g, int i, int j, int k, int l, int o, int p)"};
     },
     "functions", "13 arguments, and programs can be given 12"},
    {"two kfuncs of a name",
     [](HostModule& m) {
       m.kfuncs = {{"int twice(int a)", 0, all_program_types, nothing},
                   {"int twice(int a)", 0, all_program_types, nothing}};
     },
     "kfuncs", "'twice' is declared twice"},
    {"two functions of a name", [](HostModule& m) { m.functions = {"int f(void)", "int f(int a)"}; }, "functions",
     "'f' is declared twice"},
    {"two tracepoints of a name", [](HostModule& m) { m.tracepoints = {"void t(int a)", "void t(int a)"}; },
     "tracepoints", "already: 'void t(int a)'"},
    {"two variables of a name", [](HostModule& m) { m.per_cpu = {"int v", "int v"}; }, "per_cpu",
     "'v' is declared twice"},
    {"a tracepoint that is no prototype", [](HostModule& m) { m.tracepoints = {"nosuch"}; }, "tracepoints", "'nosuch'"},
    {"an empty tracepoint", [](HostModule& m) { m.tracepoints = {""}; }, "tracepoints", "expected a prototype, not ''"},
    {"an empty type", [](HostModule& m) { m.types = {""}; }, "types", "expected struct"},
    {"modifiable and not there", [](HostModule& m) { m.modifiable = {"nosuch"}; }, "modifiable",
     "'nosuch' is not among"},
    {"sleepable and not there", [](HostModule& m) { m.sleepable = {"nosuch"}; }, "sleepable", "'nosuch' is not among"},
    {"a table of no struct", [](HostModule& m) { m.struct_ops = {"nosuch"}; }, "struct_ops",
     "there is no struct 'nosuch'"},
    {"an unknown type", [](HostModule& m) { m.kfuncs = {{"int f(nosuch_t a)", 0, all_program_types, nothing}}; },
     "kfuncs", "unknown type 'nosuch_t'"},
    {"flags that do not exist",
     [](HostModule& m) { m.kfuncs = {{"int f(int a)", 1U << 31, all_program_types, nothing}}; }, "kfuncs",
     "flags 0x80000000 that do not exist"},
    {"lets go of nothing",
     [](HostModule& m) {
       m.kfuncs = {{"void f(struct task_struct *p)", host_release, all_program_types, nothing, nullptr, "nosuch"}};
     },
     "kfuncs", "lets go of 'nosuch'"},
};

TEST(HostModules, MistakesAreRefusedInWords) {
  for (const Mistake& mistake : mistakes) {
    HostModule module = named("mine");
    mistake.make(module);
    const std::string said = refusal_of({module});
    EXPECT_THAT(said, AllOf(HasSubstr("module 'mine'"), HasSubstr(mistake.list), HasSubstr(mistake.words)))
        << mistake.what;
    EXPECT_LT(said.size(), 500U) << mistake.what;
    EXPECT_EQ(said.find('\n'), std::string::npos) << mistake.what;
  }
}

// A chain of names may be as long as somebody likes; a chain of pointers behind names too.
TEST(HostModules, LongChainsAreNoTrouble) {
  std::vector<std::string> names, pointers;
  for (int i = 0; i < 20'000; ++i) {
    names.push_back(i == 0 ? std::string("typedef int t0") : fmt::format("typedef t{} t{}", i - 1, i));
    pointers.push_back(i == 0 ? std::string("typedef int *p0") : fmt::format("typedef p{} *p{}", i - 1, i));
  }
  for (const auto& [texts, last] :
       {std::pair{&names, "struct s { t19999 a[2]; };"}, {&pointers, "struct s { p19999 a; };"}}) {
    HostModule module = named("mine");
    module.types.assign(texts->begin(), texts->end());
    module.types.emplace_back(last);
    EXPECT_EQ(refusal_of({module}), "accepted");
  }
}

TEST(HostModules, NamesAreNamesAndTheModulesOwn) {
  for (const char* name : {"", "with space", "a/b", "vmlinux", "skep"})
    EXPECT_NE(refusal_of({named(name)}), "accepted") << name;
  EXPECT_THAT(refusal_of({named("one"), named("two"), named("one")}),
              AllOf(HasSubstr("module 'one'"), HasSubstr("already")));
  HostModule one = named("one"), two = named("two");
  one.kfuncs = two.kfuncs = {{"int f(int a)", 0, all_program_types, nothing}};
  EXPECT_THAT(refusal_of({one, two}), AllOf(HasSubstr("module 'two'"), HasSubstr("another module has a kfunc")));
}

TEST(HostModules, WhatIsRightIsTaken) {
  HostModule module = named("fine-1");
  module.types = {" typedef int mine_t", "struct s { struct { struct { int a; } b; } c; int d[3][4]; };",
                  "struct ops { int (*call)(int (*f)(int a)); };"};
  module.kfuncs = {{"int\nnamed_so (mine_t a)", host_sleepable, all_program_types, nothing}};
  module.functions = {"int f(void)", "int g(int a)"};
  module.modifiable = module.sleepable = {"g"};
  module.tracepoints = {"void none( void )", "void some(struct s *p)", "void no_argument()"};
  module.struct_ops = {"ops"};
  module.per_cpu = {"int counter"};
  EXPECT_EQ(refusal_of({module}), "accepted");
}

}  // namespace
}  // namespace skep
