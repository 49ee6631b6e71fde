/* SPDX-License-Identifier: Apache-2.0 */
/* work.h as the machine's own code: what engine.cpp measures beside the engines. */
#include <linux/types.h>

#include "work.h"

volatile __u64 native_result;

#define OVER_THE_PACKET(NAME, EXPRESSION)                                                                              \
	__attribute__((noinline)) int native_##NAME(const __u8 *p, const __u8 *end)                                    \
	{                                                                                                              \
		if (p + BYTES > end)                                                                                   \
			return 1;                                                                                      \
		native_result = (EXPRESSION);                                                                          \
		return 0;                                                                                              \
	}
__attribute__((noinline)) int native_empty(const __u8 *p, const __u8 *end)
{
	(void)p, (void)end;
	return 0;
}
OVER_THE_PACKET(lcg, lcg(p))
OVER_THE_PACKET(popcount, popcount(p))
OVER_THE_PACKET(crc32, crc32(p))
OVER_THE_PACKET(fnv, fnv(p))
OVER_THE_PACKET(xxhash64, xxhash64(p))
OVER_THE_PACKET(jhash_64, jhash(p, 64))
OVER_THE_PACKET(jhash_1500, jhash(p, 1500))
OVER_THE_PACKET(parse, parse(p, end))
OVER_THE_PACKET(siphash, siphash(p))
OVER_THE_PACKET(states, states(p))
