// What tests/conformance/explanations.bpf.c needs of the kernel's types, so that it compiles without a kernel's BTF.
#pragma once
#include "../../../../examples/vmlinux.h"

#define __ksym __attribute__((section(".ksyms")))

enum xdp_action { XDP_ABORTED, XDP_DROP, XDP_PASS, XDP_TX, XDP_REDIRECT };

extern int bpf_wq_init(struct bpf_wq *wq, void *p__const_map, unsigned int flags)
    __attribute__((weak)) __ksym;
extern int bpf_wq_set_callback(struct bpf_wq *wq, int (*callback_fn)(void *, int *, void *), unsigned int flags)
    __attribute__((weak)) __ksym;
