/* SPDX-License-Identifier: Apache-2.0 */
/* The global data of scenario.bpf.c, as its programs and scenario.cpp see it. */
#ifndef SKEP_FUZZ_COUNTS_H
#define SKEP_FUZZ_COUNTS_H

struct counts {
	unsigned long long started; /* starts of work that returned 0 */
	unsigned long long timers;  /* … of timers */
	unsigned long long wrong;   /* results that no race explains */
	unsigned long long turns;   /* of a run */
};

#endif
