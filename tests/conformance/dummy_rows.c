// SPDX-License-Identifier: Apache-2.0
// Ask a kernel about test runs of members of tables of operations: bpf_dummy_ops, which is there for that, and another.
// The programs are those of ../loader/dummy_questions.bpf.c.
//
//   dummy_rows OBJECT        prints dummy-7.3.txt: a line a question
//
// tests/loader/dummy_rows_test.cpp asks Skep the same and compares. To make the answers again:
//
//   clang-19 -g -O2 -target bpf -mcpu=v3 -I../../examples -c ../loader/dummy_questions.bpf.c -o dummy_questions.bpf.o
//   cc -O2 -o dummy_rows dummy_rows.c -lbpf
//   ./vm -k 7.3 -f dummy_rows -f dummy_questions.bpf.o -- ./dummy_rows dummy_questions.bpf.o >dummy-7.3.txt
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

static struct bpf_object* object;
static FILE* out;

static void run(const char* what, const char* name, const void* context, unsigned size,
                const struct bpf_test_run_opts* more) {
  struct bpf_test_run_opts options;
  memset(&options, 0, sizeof(options));
  if (more != NULL) options = *more;
  options.sz = sizeof(options);
  options.ctx_in = context, options.ctx_size_in = size, options.retval = 999;
  const int error = bpf_prog_test_run_opts(bpf_program__fd(bpf_object__find_program_by_name(object, name)), &options);
  fprintf(out, "%s, %s: %d, %d\n", name, what, error, (int)options.retval);
}

void ask_about_dummy_operations(FILE* to, const char* path) {
  int state = 40, other = 7;
  const unsigned long long address = (unsigned long long)(size_t)&state;
  unsigned long long one[2] = {address, 0}, none[1] = {0}, five[6] = {address, 11, 12, 13, 14, 15};
  unsigned long long nowhere[1] = {16}, five_without[5] = {0, 11, 12, 13, 14};
  unsigned char data[64] = {0};
  const int zero = 0;
  struct bpf_test_run_opts more;

  out = to;
  object = bpf_object__open(path);
  if (object == NULL || bpf_object__load(object) != 0) {
    fprintf(out, "the object does not load\n");
    bpf_object__close(object);
    return;
  }
  run("a state", "test_1", one, 8, NULL);
  fprintf(out, "  state %d\n", state);
  run("again", "test_1", one, 8, NULL);
  fprintf(out, "  state %d\n", state);
  run("a null state", "test_1", none, 8, NULL);
  run("no context", "test_1", NULL, 0, NULL);
  run("half a context", "test_1", one, 4, NULL);
  run("a longer context", "test_1", one, 16, NULL);
  run("a state that is not mapped", "test_1", nowhere, 8, NULL);
  fprintf(out, "  state %d\n", state);
  memset(&more, 0, sizeof(more)), more.flags = 1;
  run("flags", "test_1", one, 8, &more);
  memset(&more, 0, sizeof(more)), more.cpu = 1;
  run("a CPU", "test_1", one, 8, &more);
  memset(&more, 0, sizeof(more)), more.batch_size = 1;
  run("a batch", "test_1", one, 8, &more);
  memset(&more, 0, sizeof(more)), more.repeat = 3;
  run("repeated", "test_1", one, 8, &more);
  fprintf(out, "  state %d\n", state);
  memset(&more, 0, sizeof(more)), more.data_in = data, more.data_size_in = sizeof(data);
  run("data", "test_1", one, 8, &more);
  fprintf(out, "  state %d\n", state);
  memset(&more, 0, sizeof(more)), more.ctx_out = &other, more.ctx_size_out = sizeof(other);
  run("a context back", "test_1", one, 8, &more);
  fprintf(out, "  state %d, context %d of %u\n", state, other, more.ctx_size_out);
  run("five arguments", "test_2", five, 40, NULL);
  fprintf(out, "  state %d\n", state);
  unsigned long long seen[5] = {0};
  bpf_map_lookup_elem(bpf_map__fd(bpf_object__find_map_by_name(object, ".bss")), &zero, seen);
  for (unsigned i = 0; i < 5; i++) fprintf(out, "  %lld\n", (long long)seen[i]);
  run("four arguments", "test_2", five, 32, NULL);
  run("six arguments", "test_2", five, 48, NULL);
  run("a null state", "test_2", five_without, 40, NULL);
  state = 21;
  run("a state", "test_sleepable", one, 8, NULL);
  fprintf(out, "  state %d\n", state);
  run("a null state", "test_sleepable", none, 8, NULL);
  run("another table's, a socket", "undo", one, 8, NULL);
  run("another table's, without a context", "undo", NULL, 0, NULL);
  bpf_object__close(object);
}

#ifndef ASKED_BY_A_TEST
int main(int count, char** arguments) {
  ask_about_dummy_operations(stdout, count > 1 ? arguments[1] : "dummy_questions.bpf.o");
  return 0;
}
#endif
