// The tables of bpf_testmod whose members programs implement.
//
// A function named TABLE__MEMBER says of an argument by its name what its type does not: __nullable, __ref (the program
// owns a reference), __arena.
#include "testmod.hpp"

namespace testmod {
namespace {

// Many members at the end: their trampolines take more than a page.
constexpr std::string_view ops =
    "struct bpf_testmod_ops { int (*test_1)(void); void (*test_2)(int a, int b); "
    "int (*test_maybe_null)(int dummy, struct task_struct *task); int (*unsupported_ops)(void); "
    "int (*test_refcounted)(int dummy, struct task_struct *task); "
    "int (*test_refcounted_multi)(int dummy, struct task_struct *task, struct task_struct *task2); "
    "struct task_struct *(*test_return_ref_kptr)(int dummy, struct task_struct *task, struct cgroup *cgrp); "
    "char onebyte; struct { int a; int b; } unsupported; int data; "
    "int (*tramp_1)(int value); int (*tramp_2)(int value); int (*tramp_3)(int value); int "
    "(*tramp_4)(int value); int (*tramp_5)(int value); int (*tramp_6)(int value); int (*tramp_7)(int "
    "value); int (*tramp_8)(int value); int (*tramp_9)(int value); int (*tramp_10)(int value); int "
    "(*tramp_11)(int value); int (*tramp_12)(int value); int (*tramp_13)(int value); int "
    "(*tramp_14)(int value); int (*tramp_15)(int value); int (*tramp_16)(int value); int "
    "(*tramp_17)(int value); int (*tramp_18)(int value); int (*tramp_19)(int value); int "
    "(*tramp_20)(int value); int (*tramp_21)(int value); int (*tramp_22)(int value); int "
    "(*tramp_23)(int value); int (*tramp_24)(int value); int (*tramp_25)(int value); int "
    "(*tramp_26)(int value); int (*tramp_27)(int value); int (*tramp_28)(int value); int "
    "(*tramp_29)(int value); int (*tramp_30)(int value); int (*tramp_31)(int value); int "
    "(*tramp_32)(int value); int (*tramp_33)(int value); int (*tramp_34)(int value); int "
    "(*tramp_35)(int value); int (*tramp_36)(int value); int (*tramp_37)(int value); int "
    "(*tramp_38)(int value); int (*tramp_39)(int value); int (*tramp_40)(int value); "
    "}";

}  // namespace

void add_struct_ops(skep::HostModule& module) {
  module.types.insert(
      module.types.end(),
      {
          ops,
          "struct bpf_testmod_ops2 { int (*test_1)(void); }",
          "struct bpf_testmod_ops3 { int (*test_1)(void); int (*test_2)(void); int (*test_arena)(u64 *ptr); "
          "int (*test_arena_nullable)(u64 *ptr); "
          "int (*test_arena_stack)(u64 a, u64 b, u64 c, u64 d, u64 e, u64 f, u64 g, u64 h, u64 *ptr); "
          "int (*test_arena_multislot)(struct bpf_testmod_arena_pair p, u64 *ptr); }",
          "struct bpf_testmod_st_ops { int (*test_prologue)(struct st_ops_args *args); "
          "int (*test_epilogue)(struct st_ops_args *args); int (*test_pro_epilogue)(struct st_ops_args *args); "
          "struct module *owner; }",
          "struct bpf_testmod_multi_st_ops { int (*test_1)(struct st_ops_args *args); struct hlist_node node; int id; "
          "}",
      });
  module.struct_ops = {"bpf_testmod_ops", "bpf_testmod_ops2", "bpf_testmod_ops3", "bpf_testmod_st_ops",
                       "bpf_testmod_multi_st_ops"};
  module.functions.insert(
      module.functions.end(),
      {
          "int bpf_testmod_ops__test_maybe_null(int dummy, struct task_struct *task__nullable)",
          "int bpf_testmod_ops__test_refcounted(int dummy, struct task_struct *task__ref)",
          "int bpf_testmod_ops__test_refcounted_multi(int dummy, struct task_struct *task__nullable, "
          "struct task_struct *task__ref)",
          "struct task_struct *bpf_testmod_ops__test_return_ref_kptr(int dummy, struct task_struct *task__ref, "
          "struct cgroup *cgrp)",
          "int bpf_testmod_ops3__test_arena(u64 *ptr__arena)",
          "int bpf_testmod_ops3__test_arena_nullable(u64 *ptr__arena__nullable)",
          "int bpf_testmod_ops3__test_arena_stack(u64 a, u64 b, u64 c, u64 d, u64 e, u64 f, u64 g, u64 h, "
          "u64 *ptr__arena)",
          "int bpf_testmod_ops3__test_arena_multislot(struct bpf_testmod_arena_pair p, u64 *ptr__arena)",
          "int bpf_testmod_multi_st_ops__test_1(struct st_ops_args *args)",
      });
}

}  // namespace testmod
