// SPDX-License-Identifier: Apache-2.0
// Ask the running Linux kernel about everything that a program may be attached to: the questions of attach_questions.h,
// each of every target that the kernel's BTF names.
//
//   attach_oracle TABLE        prints attach-TABLE-7.3.txt: lsm, iter, tracepoints, functions or struct_ops
//
// To make a table again (functions takes some ten minutes under emulation):
//
//   cd tests/conformance && ./build-corpus -o
//   oracle=${SKEP_CORPUS:-$HOME/.cache/skep/corpus}/attach_oracle
//   for t in lsm iter tracepoints functions struct_ops; do
//     ./vm -k 7.3 -t 3600 -f $oracle -- ./attach_oracle $t >attach-$t-7.3.txt
//   done
//
// Under each question stand its answers, "* ANSWER" for the most frequent and "- ANSWER" with the targets that gave it
// for each other. An answer is 0, with what the log shows where that was asked, or an errno and the kernel's message.
// Only targets where the first program of a kind loads are asked the other questions.
#define _GNU_SOURCE
#include <bpf/bpf.h>
#include <bpf/btf.h>
#include <errno.h>
#include <unistd.h>

#include "attach_questions.h"

struct target {
  char name[96];
  unsigned id, member;
  int open;  // programs load
  int answer;
};

static struct target* targets;
static int target_count;
static char** answers;
static int answer_count;

static void add_target(const char* name, const char* member, unsigned id, unsigned index) {
  struct target* t;

  if (target_count % 1024 == 0) targets = realloc(targets, (target_count + 1024) * sizeof(*targets));
  t = &targets[target_count++];
  memset(t, 0, sizeof(*t));
  snprintf(t->name, sizeof(t->name), "%s%s%s", name, member ? "." : "", member ? member : "");
  t->id = id;
  t->member = index;
}

// bpf_struct_ops_NAME holds a `struct NAME data` where the kernel takes a table of programs
static void add_members(const struct btf* btf, const struct btf_type* wrapper) {
  const struct btf_member* members = btf_members(wrapper);

  for (unsigned i = 0; i < btf_vlen(wrapper); i++) {
    const struct btf_type* table = btf__type_by_id(btf, members[i].type);
    if (strcmp(btf__name_by_offset(btf, members[i].name_off), "data") || !btf_is_struct(table)) continue;
    for (unsigned k = 0; k < btf_vlen(table); k++)
      add_target(btf__name_by_offset(btf, table->name_off), btf__name_by_offset(btf, btf_members(table)[k].name_off),
                 members[i].type, k);
  }
}

static int by_name(const void* a, const void* b) {
  return strcmp(((const struct target*)a)->name, ((const struct target*)b)->name);
}

static void find_targets(const struct btf* btf, const struct attach_kind* kind) {
  target_count = 0;
  for (unsigned id = 1; id < btf__type_cnt(btf); id++) {
    const struct btf_type* type = btf__type_by_id(btf, id);
    const char* name = btf__name_by_offset(btf, type->name_off);

    if (btf_kind(type) != kind->form || strncmp(name, kind->prefix, strlen(kind->prefix))) continue;
    if (kind->form == TARGET_STRUCT)
      add_members(btf, type);
    else
      add_target(name, NULL, id, 0);
  }
  qsort(targets, target_count, sizeof(*targets), by_name);
}

static int intern(const char* answer) {
  for (int i = 0; i < answer_count; i++)
    if (!strcmp(answers[i], answer)) return i;
  answers = realloc(answers, (answer_count + 1) * sizeof(*answers));
  answers[answer_count] = strdup(answer);
  return answer_count++;
}

static int ask(const struct attach_kind* kind, const struct attach_question* q, const struct target* target) {
  static char log[1 << 16];
  char answer[600];
  int fd;
  LIBBPF_OPTS(bpf_prog_load_opts, opts, .log_buf = log, .log_size = sizeof(log), .log_level = q->shows ? 2 : 1,
              .prog_flags = kind->flags, .attach_btf_id = target->id);

  opts.expected_attach_type = (enum bpf_attach_type)(kind->form == TARGET_STRUCT ? target->member : kind->attach_type);
  log[0] = 0;
  fd = bpf_prog_load((enum bpf_prog_type)kind->prog_type, NULL, "GPL", (const struct bpf_insn*)q->insns, q->count,
                     &opts);
  if (fd >= 0) close(fd);
  attach_answer(q, target->name, kind->form == TARGET_STRUCT ? target->member : target->id, fd < 0 ? fd : 0, log,
                answer, sizeof(answer));
  return intern(answer);
}

// the names of those with this answer, wrapped
static void print_targets(const char* prefix, int answer) {
  int column = 0;

  for (int i = 0; i < target_count; i++) {
    const char* name = targets[i].name + (targets[i].name[0] && !strchr(targets[i].name, '.') ? strlen(prefix) : 0);

    if (targets[i].answer != answer) continue;
    if (!column || column + 1 + strlen(name) > 116) column = printf("%s     ", column ? "\n" : "") - (column != 0);
    column += printf(" %s", name);
  }
  if (column) putchar('\n');
}

static void report(const struct attach_kind* kind, const struct attach_question* q) {
  int *counts = calloc(answer_count, sizeof(*counts)), most = -1;

  for (int i = 0; i < target_count; i++)
    if (targets[i].answer >= 0) counts[targets[i].answer]++;
  for (int a = 0; a < answer_count; a++)
    if (counts[a] && (most < 0 || counts[a] > counts[most])) most = a;
  puts(q->name);
  if (most >= 0) printf("  * %s\n", answers[most]);
  for (int i = 0; i < target_count; i++) {  // in the order of the first name that has it
    const int a = targets[i].answer;

    if (a < 0 || a == most || !counts[a]) continue;
    counts[a] = 0;
    printf("  - %s\n", answers[a]);
    print_targets(kind->prefix, a);
  }
  fflush(stdout);
  free(counts);
}

int main(int argc, char** argv) {
  struct btf* btf = btf__load_vmlinux_btf();
  struct attach_question q;

  if (argc != 2 || !btf) return fprintf(stderr, "attach_oracle TABLE, on a kernel with BTF\n"), 1;
  printf(
      "# What Linux 7.3 says of small programs at everything that they may be attached to. Made by attach_oracle.c, "
      "which\n"
      "# says how to read it; the programs are in attach_questions.h.\n");
  for (const struct attach_kind* kind = attach_kinds; kind < attach_kinds + attach_kind_count; kind++) {
    if (strcmp(kind->table, argv[1])) continue;
    find_targets(btf, kind);
    for (int n = 0; attach_question_at(kind, n, &q); n++) {
      for (int i = 0; i < target_count; i++) {
        targets[i].answer = n == 0 || targets[i].open ? ask(kind, &q, &targets[i]) : -1;
        if (n == 0) targets[i].open = !strcmp(answers[targets[i].answer], "0");
      }
      report(kind, &q);
    }
  }
  return 0;
}
