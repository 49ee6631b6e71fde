// SPDX-License-Identifier: Apache-2.0
// Ask the running Linux kernel about random programs: those of random_programs.h.
//
//   random_oracle FIRST COUNT  a line a program: its number, how many instructions were walked, 0 or the errno, the
//   last
//                              line of the log; -11 when the walk took over two seconds
//
// To ask about more (150 programs a second under emulation):
//
//   cd tests/conformance && ./build-corpus -o
//   oracle=${SKEP_CORPUS:-$HOME/.cache/skep/corpus}/random_oracle
//   ./vm -k 7.3 -c 2 -t 3600 -f $oracle -- ./random_oracle 100000 20000 >more.txt
//   SKEP_RANDOM=$PWD/more.txt ../../build/release/test-kernel --gtest_filter='RandomPrograms*'
#define _GNU_SOURCE
#include <bpf/bpf.h>
#include <bpf/btf.h>
#include <errno.h>
#include <signal.h>
#include <sys/time.h>
#include <unistd.h>

#include "random_programs.h"

static void interrupt(int signal) {
  (void)signal;
}

int main(int argc, char** argv) {
  static char log[1 << 20];
  static struct random_program p;
  int fds[random_map_count];
  int ids[random_kfunc_count], targets[random_target_count];
  unsigned long long first, count;
  struct btf* types = btf__load_vmlinux_btf();

  if (argc != 3) return fprintf(stderr, "random_oracle FIRST COUNT\n"), 1;
  for (int i = 0; i < random_kfunc_count; i++) ids[i] = btf__find_by_name_kind(types, random_kfuncs[i], BTF_KIND_FUNC);
  for (int i = 0; i < random_target_count; i++)
    targets[i] =
        random_targets[i].function ? btf__find_by_name_kind(types, random_targets[i].function, BTF_KIND_FUNC) : 0;
  sigaction(SIGALRM, &(struct sigaction){.sa_handler = interrupt}, NULL);  // a pending signal ends a walk
  first = strtoull(argv[1], NULL, 0);
  count = strtoull(argv[2], NULL, 0);
  for (int i = 0; i < random_map_count; i++)
    fds[i] = bpf_map_create((enum bpf_map_type)random_maps[i].type, "m", random_maps[i].key_size,
                            random_maps[i].value_size, random_maps[i].entries, NULL);
  for (unsigned long long n = first; n < first + count; n++) {
    struct attach_question q;
    char answer[600];
    const char* processed;
    int fd;
    LIBBPF_OPTS(bpf_prog_load_opts, opts, .log_buf = log, .log_size = sizeof(log), .log_level = 4, .attempts = 1);
    const struct itimerval limit = {.it_value = {.tv_sec = 2}}, none = {};

    random_program(n, &p);
    place_maps(&p, fds);
    place_calls(&p, ids);
    for (int i = 0; i < random_target_count; i++)
      if (p.function && p.function == random_targets[i].function) opts.attach_btf_id = (__u32)targets[i];
    opts.expected_attach_type = (enum bpf_attach_type)p.attach_type;
    opts.prog_flags = p.flags;
    log[0] = 0;
    memset(&q, 0, sizeof(q));
    setitimer(ITIMER_REAL, &limit, NULL);
    fd = bpf_prog_load((enum bpf_prog_type)p.prog_type, NULL, "GPL", (const struct bpf_insn*)p.insns, p.count, &opts);
    setitimer(ITIMER_REAL, &none, NULL);
    if (fd >= 0) close(fd);
    processed = strstr(log, "processed ");
    for (const char* next = processed; next; next = strstr(next + 1, "processed ")) processed = next;
    printf("%llu %d ", n, processed ? atoi(processed + 10) : -1);
    attach_answer(&q, "(none)", 4294967295U, fd < 0 ? fd : 0, log, answer, sizeof(answer));
    puts(answer);
    fflush(stdout);
  }
  return 0;
}
