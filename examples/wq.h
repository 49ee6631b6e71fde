/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The work-queue calls in the three ways in which objects declare them; choose with -DWQ_DIALECT=…
 *
 *   73    Linux 7.0 and later: bpf_wq_set_callback is a kfunc (the default)
 *   618   Linux 6.10 to 6.19: it is a macro over bpf_wq_set_callback_impl
 *   0     as the public documentation has it: the same, and the callback's third argument is a struct bpf_wq *
 */
#ifndef SKEP_EXAMPLES_WQ_H
#define SKEP_EXAMPLES_WQ_H

#ifndef WQ_DIALECT
#define WQ_DIALECT 73
#endif

extern int bpf_wq_init(struct bpf_wq *wq, void *p__map, unsigned int flags) __ksym;
extern int bpf_wq_start(struct bpf_wq *wq, unsigned int flags) __ksym;

#if WQ_DIALECT == 0
typedef struct bpf_wq wq_value;
#else
typedef void wq_value;
#endif
typedef int wq_callback(void *map, int *key, wq_value *value);

#if WQ_DIALECT == 73
extern int bpf_wq_set_callback(struct bpf_wq *wq, wq_callback *callback, unsigned int flags) __ksym;
#else
extern int bpf_wq_set_callback_impl(struct bpf_wq *wq, wq_callback *callback, unsigned int flags,
				    void *aux__ign) __ksym;
#define bpf_wq_set_callback(wq, callback, flags) bpf_wq_set_callback_impl(wq, callback, flags, (void *)0)
#endif

#endif
