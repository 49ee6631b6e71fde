// SPDX-License-Identifier: Apache-2.0
// Ask a kernel what calls answer: the programs of ../loader/call_questions.bpf.c.
//
//   call_oracle OBJECT        prints calls-7.3.txt, a line a program: what its run returned, and its answers
//
// tests/loader/call_oracle_test.cpp asks Skep the same and compares. To make the answers again:
//
//   clang-19 -g -O2 -target bpf -mcpu=v3 -I../../examples -c ../loader/call_questions.bpf.c -o call_questions.bpf.o
//   cc -O2 -o call_oracle call_oracle.c -lbpf
//   ./vm -k 7.3 -f call_oracle -f call_questions.bpf.o -- ./call_oracle call_questions.bpf.o >calls-7.3.txt
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

static int be_quiet(enum libbpf_print_level level, const char* format, va_list args) {
  (void)level, (void)format, (void)args;
  return 0;
}

static const char user_text[64] = "a text of user space";

struct notes {
  long answers[64];
  unsigned long long asked, user_text;
};

static void ask_about(struct bpf_object* object, struct bpf_program* program, FILE* out) {
  const int zero = 0, fd = bpf_map__fd(bpf_object__find_map_by_name(object, ".data.notes"));
  struct notes notes = {{0}, 0, (unsigned long long)(size_t)user_text};
  if (bpf_map_update_elem(fd, &zero, &notes, 0) != 0) return;
  // An IPv4 packet of UDP, with nothing in it.
  static unsigned char packet[64] = {0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 2, 8, 0, 0x45, 0, 0, 50, 0, 0, 0, 0, 64, 17};
  LIBBPF_OPTS(bpf_test_run_opts, options);
  if (bpf_program__type(program) != BPF_PROG_TYPE_SYSCALL)
    options.data_in = packet, options.data_size_in = sizeof packet, options.repeat = 1;
  const int error = bpf_prog_test_run_opts(bpf_program__fd(program), &options);
  fprintf(out, "%s %d:", bpf_program__name(program), error != 0 ? error : (int)options.retval);
  if (bpf_map_lookup_elem(fd, &zero, &notes) != 0) return;
  for (unsigned long long i = 0; i < notes.asked && i < 64; i++) fprintf(out, " %ld", notes.answers[i]);
  fprintf(out, "\n");
}

void ask_calls(const char* path, FILE* out) {
  libbpf_set_print(be_quiet);
  struct bpf_object* object = bpf_object__open(path);
  if (object == NULL) return;
  const int error = bpf_object__load(object);
  if (error != 0) fprintf(out, "the object cannot be loaded: %d\n", error);
  struct bpf_program* program;
  if (error == 0) bpf_object__for_each_program(program, object) ask_about(object, program, out);
  bpf_object__close(object);
}

#ifndef ASKED_BY_A_TEST
int main(int argc, char** argv) {
  if (argc != 2) return fprintf(stderr, "call_oracle OBJECT\n"), 2;
  ask_calls(argv[1], stdout);
  return 0;
}
#endif
