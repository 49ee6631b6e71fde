// SPDX-License-Identifier: Apache-2.0
// Ask the running Linux kernel about contexts: the questions of context_questions.h, at each offset.
//
//   context_oracle        prints contexts-7.3.txt
//
// To make the table again (some minutes under emulation):
//
//   cd tests/conformance && ./build-corpus -o
//   oracle=${SKEP_CORPUS:-$HOME/.cache/skep/corpus}/context_oracle
//   ./vm -k 7.3 -t 3600 -f $oracle -- ./context_oracle >contexts-7.3.txt
//
// Under each question stand its answers, "* ANSWER" for the most frequent and "- ANSWER" with the offsets that gave it
// for each other: "8", or "8-24/4" for 8, 12, 16, 20 and 24. An answer is 0, with what the log shows of a register that
// was loaded, or an errno and the kernel's message.
#define _GNU_SOURCE
#include <bpf/bpf.h>
#include <errno.h>
#include <unistd.h>

#include "context_questions.h"

enum { most_offsets = 512, most_answers = 512 };

static char answers[most_answers][600];
static int answer_count, answer_of[most_offsets];

static int intern(const char* answer) {
  for (int i = 0; i < answer_count; i++)
    if (!strcmp(answers[i], answer)) return i;
  if (answer_count == most_answers) abort();
  strcpy(answers[answer_count], answer);
  return answer_count++;
}

static int ask(const struct context_base* base, const struct context_access* access, int offset) {
  static char log[1 << 16];
  struct context_question q;
  char answer[600];
  int fd;
  LIBBPF_OPTS(bpf_prog_load_opts, opts, .log_buf = log, .log_size = sizeof(log), .log_level = 2);

  opts.expected_attach_type = (enum bpf_attach_type)base->attach_type;
  context_question_at(base, access, offset, &q);
  log[0] = 0;
  fd = bpf_prog_load((enum bpf_prog_type)base->prog_type, NULL, "GPL", (const struct bpf_insn*)q.insns, q.count, &opts);
  if (fd >= 0) close(fd);
  context_answer(access, offset, fd < 0 ? fd : 0, log, answer, sizeof(answer));
  return intern(answer);
}

// The offsets with this answer, in runs.
static void print_offsets(int count, int answer) {
  int of[most_offsets], n = 0, column = 0;

  for (int i = 0; i < count; i++)
    if (answer_of[i] == answer) of[n++] = first_offset + i;
  for (int i = 0, last; i < n; i = last + 1) {
    char text[48];

    for (last = i + 1; last + 1 < n && of[last + 1] - of[last] == of[i + 1] - of[i];) last++;
    if (last < i + 2 || last >= n) {
      last = i;
      snprintf(text, sizeof(text), "%d", of[i]);
    } else {
      snprintf(text, sizeof(text), "%d-%d/%d", of[i], of[last], of[i + 1] - of[i]);
    }
    if (!column || column + 1 + (int)strlen(text) > 116) column = printf("%s     ", column ? "\n" : "") - (column != 0);
    column += printf(" %s", text);
  }
  putchar('\n');
}

int main(void) {
  printf(
      "# What Linux 7.3 says of a load or store at each offset of a context, or of what one of its fields points to.\n"
      "# Made by context_oracle.c, which says how to read it; the programs are in context_questions.h.\n");
  for (const struct context_base* base = context_bases; base < context_bases + context_base_count; base++) {
    for (int k = 0; k < context_access_count; k++) {
      const int count = base->limit - first_offset;
      int counts[most_answers] = {0}, most = 0;

      answer_count = 0;
      for (int i = 0; i < count; i++) counts[answer_of[i] = ask(base, &context_accesses[k], first_offset + i)]++;
      for (int a = 1; a < answer_count; a++)
        if (counts[a] > counts[most]) most = a;
      printf("%s: %s\n  * %s\n", base->name, context_accesses[k].name, answers[most]);
      for (int a = 0; a < answer_count; a++) {
        if (a == most) continue;
        printf("  - %s\n", answers[a]);
        print_offsets(count, a);
      }
      fflush(stdout);
    }
  }
  return 0;
}
