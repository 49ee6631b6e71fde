// SPDX-License-Identifier: Apache-2.0
// An object that holds another, left in a map: both are taken apart when everything else has ended.
#define BPF_NO_KFUNC_PROTOTYPES
#include "vmlinux.h"
#include <bpf/bpf_core_read.h>
#include <bpf/bpf_helpers.h>

extern void *bpf_obj_new_impl(__u64 type, void *meta) __ksym;
extern void bpf_obj_drop_impl(void *object, void *meta) __ksym;
#define NEW(TYPE) ((TYPE *)bpf_obj_new_impl(bpf_core_type_id_local(TYPE), NULL))

struct plain {
  long number;
};
struct holder {
  struct plain __kptr *held;
};
struct value {
  struct holder __kptr *holder;
};

struct {
  __uint(type, BPF_MAP_TYPE_ARRAY);
  __uint(max_entries, 1);
  __type(key, int);
  __type(value, struct value);
} values SEC(".maps");

SEC("tc")
int stash(struct __sk_buff *ctx) {
  int key = 0;
  struct value *value = bpf_map_lookup_elem(&values, &key);
  if (!value) return 1;
  struct holder *holder = NEW(struct holder);
  if (!holder) return 2;
  struct plain *plain = NEW(struct plain);
  if (plain) {
    plain = bpf_kptr_xchg(&holder->held, plain);
    if (plain) bpf_obj_drop_impl(plain, NULL);
  }
  holder = bpf_kptr_xchg(&value->holder, holder);
  if (holder) bpf_obj_drop_impl(holder, NULL);
  return 0;
}

char LICENSE[] SEC("license") = "GPL";
