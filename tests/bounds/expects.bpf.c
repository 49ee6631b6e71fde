// SPDX-License-Identifier: Apache-2.0
//
// What `skep test` runs: programs that never end, though they are expected to.
#include "endless.h"

#define EXPECTS(WORDS) __attribute__((btf_decl_tag("comment:" WORDS)))

SEC("tc") EXPECTS("test_expect_success") EXPECTS("test_retval=7") int ends(struct __sk_buff *skb)
{
	return 7;
}
SEC("tc") EXPECTS("test_expect_success") EXPECTS("test_retval=1") int expected_to_end(struct __sk_buff *skb)
{
	forever_and_a_day();
	return 1;
}
SEC("tc") EXPECTS("test_expect_success") EXPECTS("test_retval=1") int expected_too(struct __sk_buff *skb)
{
	forever_and_a_day();
	return 1;
}
