/* SPDX-License-Identifier: Apache-2.0 */
/* What the timed programs and the program that times them tell each other. Include after the fixed-width types. */
#ifndef SKEP_BENCH_FIGURES_H
#define SKEP_BENCH_FIGURES_H

struct figures {
	__u64 sum;
	__u64 runs;         /* callbacks that ran */
	__u64 runs_wanted;  /* a callback that restarts itself stops there */
	__u64 started_at;   /* ns, before the start that is timed */
	__u64 latency;      /* ns, from there to the callback */
};

#endif
