/* SPDX-License-Identifier: Apache-2.0 */
/* What async.bpf.c and async.cpp tell each other. Include after the fixed-width types. */
#ifndef SKEP_BENCH_ASYNC_FIGURES_H
#define SKEP_BENCH_ASYNC_FIGURES_H

enum { ITEMS = 16384, TIMERS = 1 << 20 };

enum step { STEP_CLEAR, STEP_INIT, STEP_SET, STEP_SET_AGAIN, STEP_START, STEP_START_AGAIN, STEP_CANCEL };

struct async_figures {
	__u32 step, count; /* what `work` or `timers` does, with so many items */
	__u32 callback;    /* 0 counts, 1 restarts itself */
	__u32 failed;
	__u64 delay;       /* of timers, ns; each a little later than the one before */
	__u64 took;        /* ns, of the loop */
	__u64 runs, runs_wanted;
	__u64 first_at, last_at; /* when the first was started, and the last of runs_wanted ran */
};

#endif
