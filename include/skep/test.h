/*
 * Tests of BPF programs in three parts, in C: for `skep test FILE.bpf.o`.
 *
 *   #include <skep/test.h>
 *
 *   SKEP_PKTGEN("xdp", "drops_short") int make(struct xdp_md *context)      // optional: makes the packet
 *   {
 *           return bpf_xdp_adjust_tail(context, 20 - skep_length(context)) ? SKEP_ERROR : SKEP_PASS;
 *   }
 *   SKEP_SETUP("xdp", "drops_short") int act(struct xdp_md *context)         // optional: its result goes to the check
 *   {
 *           return filter(context);                                          // or a tail call
 *   }
 *   SKEP_CHECK("xdp", "drops_short") int check(struct xdp_md *context)
 *   {
 *           skep_expect_eq(skep_result(context), XDP_DROP);
 *           return SKEP_PASS;
 *   }
 *
 * The packet and the context pass from one part to the next; in front of the packet that the check sees stands the
 * setup's result, in four bytes. A check that fails says where, and ends. Needs bpf_helpers.h and the kernel's types before it.
 */
#ifndef SKEP_TEST_H
#define SKEP_TEST_H

#define SKEP_PKTGEN(type, name) SEC(type "/test/" name "/pktgen")
#define SKEP_SETUP(type, name) SEC(type "/test/" name "/setup")
#define SKEP_CHECK(type, name) SEC(type "/test/" name "/check")

/* What parts return: beyond what programs under test do. */
enum skep_status { SKEP_ERROR = 100, SKEP_PASS = 101, SKEP_FAIL = 102, SKEP_SKIP = 103 };

/* Where checks say what failed; see src/testbench/three_part.hpp for what is in it. */
struct {
	__uint(type, 2 /* BPF_MAP_TYPE_ARRAY */);
	__uint(max_entries, 1);
	__uint(key_size, 4);
	__uint(value_size, 8192);
} suite_result_map SEC(".maps");

#define SKEP_LINE_TEXT_(line) #line
#define SKEP_LINE_TEXT(line) SKEP_LINE_TEXT_(line)

/* Writes a line with two numbers, whose size is known to the compiler. */
static __attribute__((always_inline)) inline int skep_report(const char *text, unsigned int size, unsigned long long first,
							     unsigned long long second, int status)
{
	unsigned int zero = 0, inner = 3 + size + 18;
	unsigned char *to = bpf_map_lookup_elem(&suite_result_map, &zero);

	if (!to)
		return SKEP_ERROR;
	to[0] = 2 << 3 | 2;
	to[1] = (inner & 0x7f) | 0x80;
	to[2] = inner >> 7;
	to[3] = 1 << 3 | 2;
	to[4] = (size & 0x7f) | 0x80;
	to[5] = size >> 7;
	__builtin_memcpy(to + 6, text, size);
	to[6 + size] = 2 << 3 | 1;
	__builtin_memcpy(to + 7 + size, &first, 8);
	to[15 + size] = 2 << 3 | 1;
	__builtin_memcpy(to + 16 + size, &second, 8);
	return status;
}
#define skep_say_(status, what, first, second)                                                                   \
	({                                                                                                       \
		static const char skep_text_[] = __FILE__ ":" SKEP_LINE_TEXT(__LINE__) ": " what;                \
		skep_report(skep_text_, sizeof(skep_text_), first, second, status);                              \
	})

/* Each ends the program, with the source line, if what it says is not so. */
#define skep_expect(condition)                                                            \
	do {                                                                              \
		if (!(condition))                                                         \
			return skep_say_(SKEP_FAIL, #condition " does not hold", 0, 0);   \
	} while (0)
#define skep_expect_eq(actual, expected)                                                                               \
	do {                                                                                                           \
		unsigned long long skep_is_ = (actual), skep_wanted_ = (expected);                                     \
		if (skep_is_ != skep_wanted_)                                                                          \
			return skep_say_(SKEP_FAIL, #actual " is %lld, expected %lld", skep_is_, skep_wanted_);        \
	} while (0)
#define skep_skip(why) return skep_say_(SKEP_SKIP, why, 0, 0)

/* The packet's bytes from `offset` on, of which `size` are there; else null. In the check the setup's result comes first. */
#define skep_bytes(context, offset, size)                                                              \
	({                                                                                             \
		void *skep_begin_ = (void *)(long)(context)->data + (offset);                          \
		skep_begin_ + (size) > (void *)(long)(context)->data_end ? (void *)0 : skep_begin_;    \
	})
#define skep_length(context) ((context)->data_end - (context)->data)
/* What the setup returned, for checks; -1: the packet has no room for it. */
#define skep_result(context)                                                   \
	({                                                                     \
		int *skep_status_ = skep_bytes(context, 0, 4);                 \
		skep_status_ ? *skep_status_ : -1;                             \
	})

#endif
