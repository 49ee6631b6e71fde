/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the engines are timed with: functions of plain C over bytes, the same source for BPF (engine.bpf.c) and for the
 * machine itself (native.c). Include after the fixed-width types. Sizes are constants, so that the verifier sees bounds.
 */
#ifndef SKEP_BENCH_WORK_H
#define SKEP_BENCH_WORK_H

#define BYTES 1500
#define FRAME 60
#define OPAQUE(X) asm volatile("" : "+r"(X))
#define WORK static __attribute__((always_inline)) inline

WORK __u64 lcg(const __u8 *p)
{
	__u64 x = p[0];

	for (int i = 0; i < 64; i++)
		x = x * 6364136223846793005ULL + 1442695040888963407ULL;
	return x;
}

WORK __u64 popcount(const __u8 *p)
{
	__u64 sum = 0;

	for (int i = 0; i < BYTES; i++) {
		__u32 x = p[i];

		x = x - ((x >> 1) & 0x55);
		x = (x & 0x33) + ((x >> 2) & 0x33);
		sum += (x + (x >> 4)) & 0x0f;
	}
	return sum;
}

WORK __u64 crc32(const __u8 *p)
{
	__u32 crc = 0xffffffff;

	for (int i = 0; i < 256; i++) {
		crc ^= p[i];
		for (int bit = 0; bit < 8; bit++) {
			__u32 lowest = crc & 1;

			OPAQUE(lowest); /* a mask of it would give the verifier two paths */
			crc = (crc >> 1) ^ lowest * 0xedb88320;
		}
	}
	return ~crc;
}

WORK __u64 fnv(const __u8 *p)
{
	__u64 hash = 0xcbf29ce484222325ULL;

	for (int i = 0; i < BYTES; i++)
		hash = (hash ^ p[i]) * 0x100000001b3ULL;
	return hash;
}

WORK __u64 rotate64(__u64 x, int by)
{
	return x << by | x >> (64 - by);
}
WORK __u32 rotate32(__u32 x, int by)
{
	return x << by | x >> (32 - by);
}

#define P1 0x9e3779b185ebca87ULL
#define P2 0xc2b2ae3d27d4eb4fULL
#define P3 0x165667b19e3779f9ULL
#define P4 0x85ebca77c2b2ae63ULL
#define P5 0x27d4eb2f165667c5ULL

/* xxHash64, seed 0, of 1,496 bytes. */
WORK __u64 xxhash64(const __u8 *p)
{
	__u64 a = P1 + P2, b = P2, c = 0, d = 0 - P1, hash;
	int i;

	for (i = 0; i + 32 <= 1496; i += 32) {
		a = rotate64(a + *(const __u64 *)(p + i) * P2, 31) * P1;
		b = rotate64(b + *(const __u64 *)(p + i + 8) * P2, 31) * P1;
		c = rotate64(c + *(const __u64 *)(p + i + 16) * P2, 31) * P1;
		d = rotate64(d + *(const __u64 *)(p + i + 24) * P2, 31) * P1;
	}
	hash = rotate64(a, 1) + rotate64(b, 7) + rotate64(c, 12) + rotate64(d, 18);
	hash = (hash ^ rotate64(a * P2, 31) * P1) * P1 + P4;
	hash = (hash ^ rotate64(b * P2, 31) * P1) * P1 + P4;
	hash = (hash ^ rotate64(c * P2, 31) * P1) * P1 + P4;
	hash = (hash ^ rotate64(d * P2, 31) * P1) * P1 + P4;
	hash += 1496;
	for (; i + 8 <= 1496; i += 8)
		hash = rotate64(hash ^ rotate64(*(const __u64 *)(p + i) * P2, 31) * P1, 27) * P1 + P4;
	hash = (hash ^ hash >> 33) * P2;
	hash = (hash ^ hash >> 29) * P3;
	return hash ^ hash >> 32;
}

/* Bob Jenkins's hash of three words a step. */
WORK __u64 jhash(const __u8 *p, int size)
{
	__u32 a = 0xdeadbeef + size, b = a, c = a;

	for (int i = 0; i + 12 <= size; i += 12) {
		a += *(const __u32 *)(p + i);
		b += *(const __u32 *)(p + i + 4);
		c += *(const __u32 *)(p + i + 8);
		a = (a - c) ^ rotate32(c, 4), c += b;
		b = (b - a) ^ rotate32(a, 6), a += c;
		c = (c - b) ^ rotate32(b, 8), b += a;
		a = (a - c) ^ rotate32(c, 16), c += b;
		b = (b - a) ^ rotate32(a, 19), a += c;
		c = (c - b) ^ rotate32(b, 4), b += a;
	}
	c = (c ^ b) - rotate32(b, 14);
	a = (a ^ c) - rotate32(c, 11);
	b = (b ^ a) - rotate32(a, 25);
	c = (c ^ b) - rotate32(b, 16);
	return c;
}

/* Ethernet, IPv4, TCP: the sum of the ports, the addresses and the flags, or 0. */
WORK __u64 parse_frame(const __u8 *p, const __u8 *end)
{
	const __u8 *ip = p + 14, *tcp;

	if (p + 34 > end || p[12] != 8 || p[13] != 0 || ip[0] >> 4 != 4 || ip[9] != 6)
		return 0;
	tcp = ip + (ip[0] & 15) * 4;
	if (tcp + 20 > end)
		return 0;
	return (tcp[0] << 8 | tcp[1]) + (tcp[2] << 8 | tcp[3]) + *(const __u32 *)(ip + 12) + *(const __u32 *)(ip + 16) + tcp[13];
}

/* One frame's headers after the other: of those that engine.cpp makes some are no TCP, and some have options. */
WORK __u64 parse(const __u8 *p, const __u8 *end)
{
	__u64 sum = 0;

	for (int i = 0; i + FRAME <= BYTES; i += FRAME) {
		OPAQUE(p); /* else a compiler may count from behind, where the verifier knows of no bytes */
		sum = sum * 31 + parse_frame(p, end);
		p += FRAME;
	}
	return sum;
}

#define SIP_ROUND                                                                                                      \
	a += b, b = rotate64(b, 13) ^ a, a = rotate64(a, 32);                                                          \
	c += d, d = rotate64(d, 16) ^ c;                                                                               \
	a += d, d = rotate64(d, 21) ^ a;                                                                               \
	c += b, b = rotate64(b, 17) ^ c, c = rotate64(c, 32)

/* SipHash-2-4 of 64 bytes. */
WORK __u64 siphash(const __u8 *p)
{
	__u64 a = 0x736f6d6570736575ULL, b = 0x646f72616e646f6dULL, c = 0x6c7967656e657261ULL, d = 0x7465646279746573ULL;

	for (int i = 0; i < 64; i += 8) {
		__u64 m = *(const __u64 *)(p + i);

		d ^= m;
		SIP_ROUND;
		SIP_ROUND;
		a ^= m;
	}
	d ^= 64ULL << 56;
	SIP_ROUND;
	SIP_ROUND;
	a ^= 64ULL << 56;
	c ^= 0xff;
	SIP_ROUND;
	SIP_ROUND;
	SIP_ROUND;
	SIP_ROUND;
	return a ^ b ^ c ^ d;
}

/* A machine of eight states over 64 bytes, with a branch for each. */
WORK __u64 states(const __u8 *p)
{
	__u32 state = 0, seen = 0;

	for (int i = 0; i < 64; i++) {
		__u8 byte = p[i];

		switch (state & 7) {
		case 0: state = byte & 1 ? 3 : 1; seen += byte; break;
		case 1: state = byte > 100 ? 2 : 5; seen ^= byte; break;
		case 2: state = byte & 4 ? 0 : 7; seen += 3; break;
		case 3: state = byte < 50 ? 4 : 6; seen ^= byte << 3; break;
		case 4: state = 1; seen -= byte; break;
		case 5: state = byte & 2 ? 6 : 0; seen += byte * 5; break;
		case 6: state = byte & 8 ? 7 : 2; seen ^= 0x55; break;
		default: state = byte & 16; seen = seen << 1 | seen >> 31; break;
		}
	}
	return seen;
}

#endif
