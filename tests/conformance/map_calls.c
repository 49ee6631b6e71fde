// SPDX-License-Identifier: Apache-2.0
// Ask a kernel what becomes of 100,000 operations on a map of each type that a program makes by calls, in test runs.
//
//   map_calls OBJECT        prints map-calls-7.3.txt: under each program a digest of all results and values after each
//                           10,000 operations
//
// tests/loader/map_calls_test.cpp asks Skep the same and compares. To make the answers again:
//
//   clang-19 -g -O2 -target bpf -mcpu=v3 -I../../examples -c ../loader/map_calls.bpf.c -o map_calls.bpf.o
//   cc -O2 -o map_calls map_calls.c -lbpf
//   ./vm -k 7.3 -f map_calls -f map_calls.bpf.o -- ./map_calls map_calls.bpf.o >map-calls-7.3.txt
#define _GNU_SOURCE
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <sched.h>
#include <stdio.h>

enum { a_run = 500, part = 10000 };  // as the programs have it

void call_on_maps(FILE* out, const char* path, unsigned most) {
  struct bpf_object* object = bpf_object__open(path);
  struct bpf_program* program;
  cpu_set_t before, one;

  sched_getaffinity(0, sizeof(before), &before);
  CPU_ZERO(&one);
  CPU_SET(0, &one);
  sched_setaffinity(0, sizeof(one), &one);
  if (object == NULL || bpf_object__load(object) != 0) {
    fprintf(out, "the object does not load\n");
    bpf_object__close(object);
    return;
  }
  const int state = bpf_map__fd(bpf_object__find_map_by_name(object, ".data.run")), zero = 0;
  bpf_object__for_each_program(program, object) {
    struct {
      unsigned long long numbers, digest, results;
    } run = {0x9e3779b97f4a7c15ULL, 14695981039346656037ULL, 0};
    unsigned char packet[64] = {0};
    fprintf(out, "%s\n", bpf_program__name(program));
    bpf_map_update_elem(state, &zero, &run, 0);
    for (unsigned done = a_run; done <= most; done += a_run) {
      LIBBPF_OPTS(bpf_test_run_opts, options, .data_in = packet, .data_size_in = sizeof(packet), .repeat = 1);
      const int error = bpf_prog_test_run_opts(bpf_program__fd(program), &options);
      if (error) fprintf(out, "  it does not run: %d\n", error);
      if (done % part != 0) continue;
      bpf_map_lookup_elem(state, &zero, &run);
      fprintf(out, "  after %u: %llu answers, digest %016llx\n", done, run.results, run.digest);
    }
  }
  bpf_object__close(object);
  sched_setaffinity(0, sizeof(before), &before);
}

#ifndef ASKED_BY_A_TEST
int main(int count, char** arguments) {
  call_on_maps(stdout, count > 1 ? arguments[1] : "map_calls.bpf.o", 100000);
  return 0;
}
#endif
