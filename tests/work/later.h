/* SPDX-License-Identifier: Apache-2.0 */
/* What later.bpf.c and whoever runs its scripts say to each other through its global data. See later_rows.hpp. */
#ifndef SKEP_TESTS_WORK_LATER_H
#define SKEP_TESTS_WORK_LATER_H

enum { LATER_OPS = 16, LATER_NONE = -1000, LATER_UNKNOWN = -1001 };

enum later_code {
	LATER_END, LATER_UPDATE, LATER_DELETE, LATER_SAME, LATER_GET_B,
	LATER_TIMER_INIT, LATER_TIMER_SET, LATER_TIMER_START, LATER_TIMER_ABS, LATER_TIMER_CANCEL, LATER_TIMER_ASYNC,
	LATER_WQ_INIT, LATER_WQ_SET, LATER_WQ_START, LATER_SIGNAL, LATER_RESUME, LATER_AWAIT,
};

enum later_callback {
	LATER_QUICK, LATER_SPIN, LATER_REARM, LATER_REARM_LONG, LATER_OTHER, LATER_SET_OTHER, LATER_INIT_SELF, LATER_CANCEL_SELF,
	LATER_ASYNC_SELF, LATER_CANCEL_OTHER, LATER_UPDATE_SELF, LATER_DELETE_SELF, LATER_START_WQ, LATER_TIMER_FROM,
	LATER_AGAIN, LATER_SLEEP,
};

struct later_op {
	__u32 code, map, key, pad;
	__u64 arg, flags;
};

struct later_trace {
	__u32 hold;    /* spinning callbacks go on while it is set */
	__u32 awaited; /* LATER_AWAIT waits for so many to have been entered */
	__u32 rearms;  /* how often LATER_REARM starts itself */
	__u32 entered, exited, others, cpu, same_task, task;
	__u32 inside, most_inside;
	__u64 user_address, clock_ns, seen;
	__s64 got[4];
};

#endif
