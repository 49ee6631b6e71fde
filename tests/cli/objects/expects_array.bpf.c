// SPDX-License-Identifier: Apache-2.0
// What each program of prog_array.bpf.c must answer: jumps lead to programs that load, and a refused one is no other's
// fault.
#define EXPECTS(TAG) __attribute__((btf_decl_tag("comment:" TAG)))
#define SEVEN EXPECTS("test_expect_success") EXPECTS("test_retval=7")
#define BAD EXPECTS("test_expect_failure")
#define CALLS_SEVEN EXPECTS("test_expect_success") EXPECTS("test_retval=7")
#define CALLS_BAD EXPECTS("test_expect_success") EXPECTS("test_retval=2")
#include "prog_array.bpf.c"
