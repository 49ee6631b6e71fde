// What programs attach to in bpf_testmod: functions of every shape, and tracepoints.
#include "testmod.hpp"

namespace testmod {

void add_hooks(skep::HostModule& module) {
  module.functions.insert(
      module.functions.end(),
      {
          "int bpf_testmod_test_struct_arg_1(struct bpf_testmod_struct_arg_2 a, int b, int c)",
          "int bpf_testmod_test_struct_arg_2(int a, struct bpf_testmod_struct_arg_2 b, int c)",
          "int bpf_testmod_test_struct_arg_3(int a, int b, struct bpf_testmod_struct_arg_2 c)",
          "int bpf_testmod_test_struct_arg_4(struct bpf_testmod_struct_arg_1 a, int b, int c, int d, "
          "struct bpf_testmod_struct_arg_2 e)",
          "int bpf_testmod_test_struct_arg_5(void)",
          "int bpf_testmod_test_struct_arg_6(struct bpf_testmod_struct_arg_3 *a)",
          "int bpf_testmod_test_struct_arg_7(u64 a, void *b, short c, int d, void *e, "
          "struct bpf_testmod_struct_arg_4 f)",
          "int bpf_testmod_test_struct_arg_8(u64 a, void *b, short c, int d, void *e, "
          "struct bpf_testmod_struct_arg_4 f, int g)",
          "int bpf_testmod_test_struct_arg_9(u64 a, void *b, short c, int d, void *e, char f, short g, "
          "struct bpf_testmod_struct_arg_5 h, long i)",
          "int bpf_testmod_test_union_arg_1(union bpf_testmod_union_arg_1 a, int b, int c)",
          "int bpf_testmod_test_union_arg_2(int a, union bpf_testmod_union_arg_2 b)",
          "int bpf_testmod_test_arg_ptr_to_struct(struct bpf_testmod_struct_arg_1 *a)",
          "__int128 bpf_testmod_test_int128_ret(int a)",
          "void bpf_testmod_looooooooooooooooooooooooooooooong_name(void)",
          "int bpf_testmod_test_btf_type_tag_user_1(struct bpf_testmod_btf_type_tag_1 *arg)",
          "int bpf_testmod_test_btf_type_tag_user_2(struct bpf_testmod_btf_type_tag_2 *arg)",
          "int bpf_testmod_test_btf_type_tag_percpu_1(struct bpf_testmod_btf_type_tag_1 *arg)",
          "int bpf_testmod_test_btf_type_tag_percpu_2(struct bpf_testmod_btf_type_tag_3 *arg)",
          "int bpf_testmod_loop_test(int n)",
          "struct file *bpf_testmod_return_ptr(int arg)",
          "int bpf_testmod_fentry_test1(int a)",
          "int bpf_testmod_fentry_test2(int a, u64 b)",
          "int bpf_testmod_fentry_test3(char a, int b, u64 c)",
          "int bpf_testmod_fentry_test7(u64 a, void *b, short c, int d, void *e, char f, int g)",
          "int bpf_testmod_fentry_test11(u64 a, void *b, short c, int d, void *e, char f, int g, unsigned int h, "
          "long i, __u64 j, unsigned long k)",
          "void bpf_testmod_stacktrace_test(void)",
          "void bpf_testmod_stacktrace_test_1(void)",
          "void bpf_testmod_stacktrace_test_2(void)",
          "void bpf_testmod_stacktrace_test_3(void)",
          "int bpf_testmod_trampoline_count_test(void)",
          "ssize_t bpf_testmod_test_read(struct file *file, struct kobject *kobj, "
          "const struct bin_attribute *bin_attr, char *buf, loff_t off, size_t len)",
          "ssize_t bpf_testmod_test_write(struct file *file, struct kobject *kobj, "
          "const struct bin_attribute *bin_attr, char *buf, loff_t off, size_t len)",
          "int bpf_fentry_shadow_test(int a)",
          "void bpf_testmod_test_hardirq_fn(void)",
          "void bpf_testmod_test_softirq_fn(void)",
          "void bpf_testmod_ctx_release_dtor(void *ctx)",
      });
  module.modifiable = {"bpf_testmod_trampoline_count_test"};
  module.tracepoints = {
      "void bpf_testmod_test_read(struct task_struct *task, struct bpf_testmod_test_read_ctx *ctx)",
      "void bpf_testmod_test_write_bare_tp(struct task_struct *task, struct bpf_testmod_test_write_ctx *ctx)",
      "void bpf_testmod_test_nullable_bare_tp(struct bpf_testmod_test_read_ctx *ctx__nullable)",
      "void bpf_testmod_test_raw_tp_null_tp(struct sk_buff *skb)",
      "void bpf_testmod_test_writable_bare_tp(struct bpf_testmod_test_writable_ctx *ctx)",
      "void bpf_testmod_fentry_test1_tp(int a)",
      "void bpf_testmod_fentry_test2_tp(int a, u64 b)",
  };
}

}  // namespace testmod
