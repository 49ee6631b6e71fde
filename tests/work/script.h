/* SPDX-License-Identifier: Apache-2.0 */
/* What rows.bpf.c and the tests say to each other through its global data: scripts in, results and traces out. */
#ifndef SKEP_TESTS_WORK_SCRIPT_H
#define SKEP_TESTS_WORK_SCRIPT_H

enum { MAX_OPS = 32, MAX_ORDER = 64, NO_ELEMENT = -1000, UNKNOWN = -1001 };

enum script_code {
	OP_END, OP_INIT, OP_SET, OP_START, OP_UPDATE, OP_DELETE, OP_EXISTS, OP_SET_B, OP_GET_B, OP_ADDRESS, OP_AWAIT,
	OP_TIMER_INIT, OP_TIMER_SET, OP_TIMER_START, OP_TIMER_CANCEL,
};

enum script_callback {
	CB_QUICK, CB_SPIN, CB_SPIN_START, CB_REARM, CB_INIT_SELF, CB_SET_OTHER, CB_UPDATE_SELF, CB_DELETE_SELF, CB_SLEEPER,
};

enum script_map {
	MAP_ARRAY, MAP_HASH, MAP_HASH_NO_PREALLOC, MAP_LRU, MAP_RHASH, MAP_LOCKED_ARRAY, MAP_LOCKED_HASH,
	MAP_LOCKED_HASH_NO_PREALLOC, MAP_TIMERS, MAP_INNER,
};

struct op {
	__u32 code, map, key, arg, flags;
};

struct trace {
	__u32 hold;    /* spinning callbacks go on while it is set */
	__u32 awaited; /* OP_AWAIT waits for so many to have been entered */
	__u32 rearms;  /* how often CB_REARM starts itself */
	__u32 cpu;     /* where the last script ran */
	__u64 user_address;
	__u32 entered, exited, inside, most_inside, others, timers, entered_before_wake;
	__u32 order[MAX_ORDER], cpus[MAX_ORDER];
	__u64 seen;
	__s64 got[4];
};

#endif
