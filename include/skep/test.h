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
 *           return filter(context);                                          // a function; a program by bpf_tail_call()
 *   }
 *   SKEP_CHECK("xdp", "drops_short") int check(struct xdp_md *context)
 *   {
 *           skep_expect_eq(skep_result(context), XDP_DROP);
 *           return SKEP_PASS;
 *   }
 *
 * The packet and the context pass from one part to the next; in front of the packet that the check sees stands the
 * setup's result, in four bytes. A check that fails says where, and ends. Needs bpf_helpers.h and the kernel's types before it.
 *
 * Packets are built layer by layer:
 *
 *   struct skep_packet packet = skep_new_packet(context, 54);                // zeros of that length
 *   skep_put_eth(&packet, 0x0800);
 *   skep_put_ipv4(&packet, SKEP_IPV4(10, 0, 0, 1), SKEP_IPV4(10, 0, 0, 2), 6, 20);
 *   skep_put_tcp(&packet, 1234, 80, SKEP_TCP_SYN);
 *   return skep_packet_is_built(&packet);
 *
 * A test that goes through a table is run once for each row, all its parts:
 *
 *   static const struct { int sport, verdict; } rows[] = { { 80, XDP_PASS }, { 81, XDP_DROP } };
 *   … in any part: skep_row_of(rows)->sport
 *   … at the end of the check: skep_next_row(rows);
 *
 * A global function of the object answers in place of a helper or kfunc, which the verifier checks all the same:
 *
 *   SKEP_MOCK(bpf_ktime_get_ns) __u64 standing_clock(void) { return 7; }
 */
#ifndef SKEP_TEST_H
#define SKEP_TEST_H

#define SKEP_PKTGEN(type, name) SEC(type "/test/" name "/pktgen")
#define SKEP_SETUP(type, name) SEC(type "/test/" name "/setup")
#define SKEP_CHECK(type, name) SEC(type "/test/" name "/check")

/* What parts return: beyond what programs under test do. */
enum skep_status { SKEP_ERROR = 100, SKEP_PASS = 101, SKEP_FAIL = 102, SKEP_SKIP = 103, SKEP_NEXT_ROW = 104 };

#define SKEP_MOCK(call) __attribute__((noinline, btf_decl_tag("skep:mock=" #call)))

/* Where checks say what failed; see src/testbench/three_part.hpp for what is in it. */
struct {
	__uint(type, 2 /* BPF_MAP_TYPE_ARRAY */);
	__uint(max_entries, 1);
	__uint(key_size, 4);
	__uint(value_size, 8192);
} suite_result_map SEC(".maps");

static unsigned int skep_row; /* of a table, see below */

#define SKEP_LINE_TEXT_(line) #line
#define SKEP_LINE_TEXT(line) SKEP_LINE_TEXT_(line)

/* Writes a line with two numbers, whose size is known to the compiler. */
static __attribute__((always_inline)) inline int skep_report(const char *text, unsigned int size, unsigned long long first,
							     unsigned long long second, int status)
{
	unsigned int zero = 0, inner = 3 + size + 18;
	unsigned char *to = bpf_map_lookup_elem(&suite_result_map, &zero);

	skep_row = 0;
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
/* What a map has at a key: of the same size as what is expected there, byte by byte. */
#define skep_expect_map(map, key, expected)                                                                            \
	do {                                                                                                           \
		__typeof__(expected) *skep_value_ = bpf_map_lookup_elem(map, key), skep_it_should_ = (expected);        \
		if (!skep_value_)                                                                                      \
			return skep_say_(SKEP_FAIL, #map " has no such key, expected " #expected, 0, 0);               \
		if (!skep_same_(skep_value_, &skep_it_should_, sizeof(skep_it_should_)))                               \
			return skep_say_(SKEP_FAIL, #map " begins with %llx, expected " #expected,                     \
					 skep_begin_of_(skep_value_, sizeof(skep_it_should_)), 0);                     \
	} while (0)
#define skep_expect_no_key(map, key)                                                                                   \
	do {                                                                                                           \
		if (bpf_map_lookup_elem(map, key))                                                                     \
			return skep_say_(SKEP_FAIL, #map " has the key, expected none", 0, 0);                         \
	} while (0)
static __attribute__((always_inline)) inline int skep_same_(const void *one, const void *other, unsigned int size)
{
	const unsigned char *a = one, *b = other;

	for (unsigned int i = 0; i < size; i++)
		if (a[i] != b[i])
			return 0;
	return 1;
}
static __attribute__((always_inline)) inline unsigned long long skep_begin_of_(const void *value, unsigned int size)
{
	unsigned long long begin = 0;

	__builtin_memcpy(&begin, value, size < 8 ? size : 8);
	return begin;
}

#define skep_skip(why) return skep_say_(SKEP_SKIP, why, 0, 0)

/* The packet's bytes from `offset` on, of which `size` are there; else null. In the check the setup's result comes first. */
#define skep_bytes(context, offset, size)                                                              \
	({                                                                                             \
		void *skep_begin_ = (void *)(long)(context)->data + (offset);                          \
		skep_begin_ + (size) > (void *)(long)(context)->data_end ? (void *)0 : skep_begin_;    \
	})
/* In 64 bits, as the verifier wants it of pointers, whatever becomes of the result. */
#define skep_length(context)                                                                                   \
	({                                                                                                     \
		long skep_length_ = (void *)(long)(context)->data_end - (void *)(long)(context)->data;         \
		__asm__ volatile("" : "+r"(skep_length_));                                                     \
		skep_length_;                                                                                  \
	})
/* What the setup returned, for checks; -1: the packet has no room for it. */
#define skep_result(context)                                                   \
	({                                                                     \
		int *skep_status_ = skep_bytes(context, 0, 4);                 \
		skep_status_ ? *skep_status_ : -1;                             \
	})

/* The row of a table that this run is about, and the end of a check that goes on to the next one. */
#define SKEP_ROWS_(table) (sizeof(table) / sizeof((table)[0]))
#define skep_row_of(table)                                                     \
	({                                                                     \
		unsigned int skep_now_ = *(volatile unsigned int *)&skep_row;  \
		&(table)[skep_now_ < SKEP_ROWS_(table) ? skep_now_ : 0];       \
	})
#define skep_next_row(table)                                            \
	do {                                                            \
		if (++skep_row < SKEP_ROWS_(table))                     \
			return SKEP_NEXT_ROW;                           \
		skep_row = 0;                                           \
		return SKEP_PASS;                                       \
	} while (0)

/* ---- packets ---- */

struct xdp_md;
struct __sk_buff;
struct skep_packet {
	unsigned char *at, *end;
	int is_short; /* something had no room */
};

/* Addresses and ports are given as people write them, and stand in the packet in its order of bytes. */
#define SKEP_IPV4(a, b, c, d) ((unsigned int)(a) << 24 | (b) << 16 | (c) << 8 | (d))
enum { SKEP_TCP_FIN = 1, SKEP_TCP_SYN = 2, SKEP_TCP_RST = 4, SKEP_TCP_PSH = 8, SKEP_TCP_ACK = 16 };

static __attribute__((always_inline)) inline long skep_resize_xdp_(struct xdp_md *context, int length)
{
	return bpf_xdp_adjust_tail(context, length - (int)skep_length(context));
}
static __attribute__((always_inline)) inline long skep_resize_skb_(struct __sk_buff *context, int length)
{
	return bpf_skb_change_tail(context, length, 0);
}

/* A packet of that length, whose bytes are as the test got them: zero, if nobody wrote there. */
#define skep_new_packet(context, length)                                                                     \
	({                                                                                                   \
		struct skep_packet skep_new_ = { 0, 0, 1 };                                                  \
		if (!_Generic((context), struct xdp_md *: skep_resize_xdp_, struct __sk_buff *: skep_resize_skb_)( \
			    context, length)) {                                                              \
			skep_new_.at = (void *)(long)(context)->data;                                        \
			skep_new_.end = (void *)(long)(context)->data_end;                                   \
			skep_new_.is_short = 0;                                                              \
		}                                                                                            \
		skep_new_;                                                                                   \
	})
#define skep_packet_is_built(packet) ((packet)->is_short ? SKEP_ERROR : SKEP_PASS)

/* Bytes at the end of what is there; null: there is no room. */
static __attribute__((always_inline)) inline unsigned char *skep_put_bytes(struct skep_packet *packet, const void *bytes,
									   unsigned int size)
{
	unsigned char *to = packet->at;

	if (packet->is_short || to + size > packet->end) {
		packet->is_short = 1;
		return 0;
	}
	__builtin_memcpy(to, bytes, size);
	packet->at = to + size;
	return to;
}
#define SKEP_16_(number) (unsigned char)((number) >> 8), (unsigned char)(number)
#define SKEP_32_(number) SKEP_16_((number) >> 16), SKEP_16_(number)

static __attribute__((always_inline)) inline void skep_put_eth(struct skep_packet *packet, unsigned short type)
{
	const unsigned char header[14] = { 2, 0, 0, 0, 0, 2, 2, 0, 0, 0, 0, 1, SKEP_16_(type) };

	skep_put_bytes(packet, header, sizeof(header));
}
/* After an Ethernet header of the type 0x8100 (or another tag). */
static __attribute__((always_inline)) inline void skep_put_vlan(struct skep_packet *packet, unsigned short id,
								unsigned short type)
{
	const unsigned char tag[4] = { SKEP_16_(id), SKEP_16_(type) };

	skep_put_bytes(packet, tag, sizeof(tag));
}
/* `length` is that of what follows. */
static __attribute__((always_inline)) inline void skep_put_ipv4(struct skep_packet *packet, unsigned int source,
								unsigned int destination, unsigned char protocol,
								unsigned short length)
{
	unsigned short whole = 20 + length;
	unsigned int sum = 0x4500 + whole + 1 + 0x4000 + (64 << 8 | protocol) + (source >> 16) + (source & 0xffff) +
			   (destination >> 16) + (destination & 0xffff);

	sum = (sum >> 16) + (sum & 0xffff);
	sum = ~((sum >> 16) + sum);
	const unsigned char header[20] = { 0x45, 0, SKEP_16_(whole), 0, 1, 0x40, 0, 64, protocol, SKEP_16_(sum),
					   SKEP_32_(source), SKEP_32_(destination) };

	skep_put_bytes(packet, header, sizeof(header));
}
/* Addresses of 16 bytes. */
static __attribute__((always_inline)) inline void skep_put_ipv6(struct skep_packet *packet, const void *source,
								const void *destination, unsigned char next,
								unsigned short length)
{
	const unsigned char header[8] = { 0x60, 0, 0, 0, SKEP_16_(length), next, 64 };

	skep_put_bytes(packet, header, sizeof(header));
	skep_put_bytes(packet, source, 16);
	skep_put_bytes(packet, destination, 16);
}
/* Checksums of TCP and UDP are left 0. */
static __attribute__((always_inline)) inline void skep_put_tcp(struct skep_packet *packet, unsigned short source,
							       unsigned short destination, unsigned char flags)
{
	const unsigned char header[20] = { SKEP_16_(source), SKEP_16_(destination), 0, 0, 0, 0, 0, 0, 0, 0, 0x50, flags, 0xff,
					   0xff };

	skep_put_bytes(packet, header, sizeof(header));
}
static __attribute__((always_inline)) inline void skep_put_udp(struct skep_packet *packet, unsigned short source,
							       unsigned short destination, unsigned short length)
{
	const unsigned char header[8] = { SKEP_16_(source), SKEP_16_(destination), SKEP_16_(8 + length) };

	skep_put_bytes(packet, header, sizeof(header));
}

#endif
