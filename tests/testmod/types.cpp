// Types of bpf_testmod that calls, functions and tracepoints take. Some are in kernels too, whose definition is then
// taken.
#include "testmod.hpp"

namespace testmod {

void add_types(skep::HostModule& module) {
  module.types = {
      // what the module's file is read and written with
      "struct bpf_testmod_test_read_ctx { char *buf; loff_t off; size_t len; }",
      "struct bpf_testmod_test_write_ctx { char *buf; loff_t off; size_t len; }",
      "struct bpf_testmod_test_writable_ctx { bool early_ret; int val; }",
      "struct bpf_iter_testmod_seq { s64 value; int cnt; }",

      // arguments by value, of sizes that take a register, two, or the stack
      "struct bpf_testmod_struct_arg_1 { int a; }",
      "struct bpf_testmod_struct_arg_2 { long a; long b; }",
      "struct bpf_testmod_struct_arg_3 { int a; int b[]; }",
      "struct bpf_testmod_struct_arg_4 { u64 a; int b; }",
      "struct bpf_testmod_struct_arg_5 { char a; short b; int c; long d; }",
      "union bpf_testmod_union_arg_1 { char a; short b; struct bpf_testmod_struct_arg_1 arg; }",
      "union bpf_testmod_union_arg_2 { int a; long b; struct bpf_testmod_struct_arg_2 arg; }",
      "struct bpf_testmod_btf_type_tag_1 { int a; }",
      "struct bpf_testmod_btf_type_tag_2 { struct bpf_testmod_btf_type_tag_1 *p; }",
      "struct bpf_testmod_btf_type_tag_3 { struct bpf_testmod_btf_type_tag_1 *p; }",
      "typedef int (*func_proto_typedef)(long)",
      "typedef int (*func_proto_typedef_nested1)(func_proto_typedef)",
      "typedef int (*func_proto_typedef_nested2)(func_proto_typedef_nested1)",

      // what calls take: structs of numbers alone, and structs that are not
      "struct prog_test_member1 { int a; }",
      "struct prog_test_member { struct prog_test_member1 m; int c; }",
      "struct prog_test_ref_kfunc { int a; int b; struct prog_test_member memb; struct prog_test_ref_kfunc *next; "
      "refcount_t cnt; }",
      "struct prog_test_pass1 { int x0; struct { int x1; struct { int x2; struct { int x3; }; }; }; }",
      "struct prog_test_pass2 { int len; short arr1[4]; struct { char arr2[4]; unsigned long arr3[8]; } x; }",
      "struct prog_test_big_arg { __u64 a; __u64 b; }",
      "struct prog_test_fail1 { void *p; int x; }",
      "struct prog_test_fail2 { int x8; struct prog_test_pass1 x; }",
      "struct prog_test_fail3 { int len; char arr1[2]; char arr2[]; }",
      "struct init_sock_args { int af; int type; }",
      "struct addr_args { char addr[128]; int addrlen; }",
      "struct sendmsg_args { struct addr_args addr; char msg[10]; int msglen; }",
      "struct bpf_testmod_ctx { struct callback_head rcu; refcount_t usage; }",
      "struct st_ops_args { u64 a; }",
      "struct bpf_testmod_arena_pair { u64 a; u64 b; }",
  };
}

}  // namespace testmod
