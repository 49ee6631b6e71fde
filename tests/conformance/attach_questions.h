/* SPDX-License-Identifier: Apache-2.0
 *
 * What a kernel is asked about everything that a program may be attached to: small programs, the same for each target.
 *
 * A kind ("lsm.s") says how its programs are loaded and which types of the kernel's BTF they are attached to; a
 * question is one program. The first question of a kind is whether a program that returns the usual value loads at all;
 * the others are asked of the targets where it does. attach_oracle.c asks a real kernel and prints the tables
 * attach-TABLE-7.3.txt; tests/kernel/attach_tables_test.cpp asks Skep and compares. This is C and C++, so that both ask
 * the same.
 */
#ifndef ATTACH_QUESTIONS_H
#define ATTACH_QUESTIONS_H

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum target_form { TARGET_STRUCT = 4, TARGET_TYPEDEF = 8, TARGET_FUNC = 12 }; /* as BTF numbers them */

/* What is asked besides whether a program loads. */
enum { ASKS_RETURNS = 1, ASKS_ARGUMENTS = 2, ASKS_WRITES = 4, ASKS_HELPERS = 8, ASKS_PATHS = 16 };

struct attach_kind {
  const char* table;
  const char* name;
  unsigned prog_type, attach_type, flags;
  enum target_form form;
  const char* prefix; /* of the names of targets; the table leaves it out */
  int asks;
  int usual; /* what programs return that are asked about something else */
};

enum { SLEEPABLE = 16 };

static const struct attach_kind attach_kinds[] = {
    {"lsm", "lsm", 29, 27, 0, TARGET_FUNC, "bpf_lsm_", 15, 0},
    {"lsm", "lsm.s", 29, 27, SLEEPABLE, TARGET_FUNC, "bpf_lsm_", 15, 0},
    {"lsm", "lsm_cgroup", 29, 43, 0, TARGET_FUNC, "bpf_lsm_", 15, 1},
    {"iter", "iter", 26, 28, 0, TARGET_FUNC, "bpf_iter_", 15, 0},
    {"iter", "iter.s", 26, 28, SLEEPABLE, TARGET_FUNC, "bpf_iter_", 15, 0},
    {"tracepoints", "tp_btf", 26, 23, 0, TARGET_TYPEDEF, "btf_trace_", 0, 0},
    {"tracepoints", "tp_btf.s", 26, 23, SLEEPABLE, TARGET_TYPEDEF, "btf_trace_", 0, 0},
    {"functions", "fentry", 26, 24, 0, TARGET_FUNC, "", ASKS_PATHS, 0},
    {"functions", "fexit", 26, 25, 0, TARGET_FUNC, "", 0, 0},
    {"functions", "fmod_ret", 26, 26, 0, TARGET_FUNC, "", 0, 0},
    {"functions", "fsession", 26, 58, 0, TARGET_FUNC, "", 0, 0},
    {"functions", "fentry.s", 26, 24, SLEEPABLE, TARGET_FUNC, "", 0, 0},
    {"functions", "fmod_ret.s", 26, 26, SLEEPABLE, TARGET_FUNC, "", 0, 0},
    /* Members of the tables that the kernel has for programs: a target is TABLE.MEMBER. */
    {"struct_ops", "struct_ops", 27, 0, 0, TARGET_STRUCT, "bpf_struct_ops_", 0, 0},
    {"struct_ops", "struct_ops.s", 27, 0, SLEEPABLE, TARGET_STRUCT, "bpf_struct_ops_", 0, 0},
};
enum { attach_kind_count = sizeof(attach_kinds) / sizeof(attach_kinds[0]) };

struct raw_insn {
  unsigned char code, registers;
  short off;
  int imm;
};

struct attach_question {
  char name[80];
  const char* shows; /* what the log says of this register is the answer */
  int count;
  struct raw_insn insns[6];
};

static inline void add_insn(struct attach_question* q, unsigned char code, unsigned char registers, int off, int imm) {
  struct raw_insn insn;
  insn.code = code;
  insn.registers = registers;
  insn.off = (short)off;
  insn.imm = imm;
  q->insns[q->count++] = insn;
}

/* Question N of a kind; 0: there are no more. */
static inline int attach_question_at(const struct attach_kind* kind, int n, struct attach_question* q) {
  static const int returns[] = {0, 1, -1, 2, -4095, -4096};
  enum { return_count = 6, argument_count = 9, read_count = 6, write_count = 14, helper_count = 212 };
  enum { r2_of_r1 = 0x12, r3_of_r1 = 0x13, r4_of_r3 = 0x34, r2_to_r1 = 0x21, r10_to_r1 = 0xa1 };

  memset(q, 0, sizeof(*q));
  if (n-- == 0) {
    snprintf(q->name, sizeof(q->name), "%s: load", kind->name);
    add_insn(q, 0xb7, 0, 0, kind->usual);
    add_insn(q, 0x95, 0, 0, 0);
    return 1;
  }
  if (kind->asks & ASKS_RETURNS) {
    if (n < return_count) {
      snprintf(q->name, sizeof(q->name), "%s: return %d", kind->name, returns[n]);
      add_insn(q, 0xb7, 0, 0, returns[n]);
      add_insn(q, 0x95, 0, 0, 0);
      return 1;
    }
    n -= return_count;
  }
  if (kind->asks & ASKS_ARGUMENTS) {
    static const struct {
      const char* name;
      unsigned char code;
      int off;
    } reads[read_count] = {
        {"read the lower half of word 0", 0x61, 0},
        {"read the lower half of word 1", 0x61, 8},
        {"read the upper half of word 1", 0x61, 12},
        {"read the second byte of word 1", 0x71, 9},
        {"read between words", 0x79, 1},
        {"read word 12", 0x79, 96},
    };
    if (n < argument_count) {
      snprintf(q->name, sizeof(q->name), "%s: read word %d", kind->name, n);
      q->shows = "R2=";
      add_insn(q, 0x79, r2_of_r1, 8 * n, 0);
      add_insn(q, 0xb7, 0, 0, kind->usual);
      add_insn(q, 0x95, 0, 0, 0);
      return 1;
    }
    n -= argument_count;
    if (n < read_count) {
      snprintf(q->name, sizeof(q->name), "%s: %s", kind->name, reads[n].name);
      add_insn(q, reads[n].code, r2_of_r1, reads[n].off, 0);
      add_insn(q, 0xb7, 0, 0, kind->usual);
      add_insn(q, 0x95, 0, 0, 0);
      return 1;
    }
    n -= read_count;
  }
  if (kind->asks & ASKS_WRITES) {
    static const struct {
      const char* name;
      unsigned char code, registers;
      int off, imm;
    } writes[write_count] = {
        {"write word 0", 0x7b, r2_to_r1, 0, 0},
        {"write word 1", 0x7b, r2_to_r1, 8, 0},
        {"write word 2", 0x7b, r2_to_r1, 16, 0},
        {"write word 3", 0x7b, r2_to_r1, 24, 0},
        {"write word 5", 0x7b, r2_to_r1, 40, 0},
        {"write word 12", 0x7b, r2_to_r1, 96, 0},
        {"write half of word 1", 0x63, r2_to_r1, 8, 0},
        {"write a byte of word 0", 0x73, r2_to_r1, 0, 0},
        {"write before word 0", 0x7b, r2_to_r1, -8, 0},
        {"write between words", 0x7b, r2_to_r1, 1, 0},
        {"write a number to word 0", 0x7a, 0x01, 0, 1},
        {"write an address to word 0", 0x7b, r10_to_r1, 0, 0},
        {"write the upper half of word 1", 0x63, r2_to_r1, 12, 0},
        {"add to word 0", 0xdb, r2_to_r1, 0, 0},
    };
    if (n < write_count) {
      snprintf(q->name, sizeof(q->name), "%s: %s", kind->name, writes[n].name);
      add_insn(q, 0xb7, 2, 0, 1);
      add_insn(q, writes[n].code, writes[n].registers, writes[n].off, writes[n].imm);
      add_insn(q, 0xb7, 0, 0, kind->usual);
      add_insn(q, 0x95, 0, 0, 0);
      return 1;
    }
    n -= write_count;
    if (n == 0) {
      snprintf(q->name, sizeof(q->name), "%s: write word 0, read it back, and read where it points", kind->name);
      add_insn(q, 0xb7, 2, 0, 1);
      add_insn(q, 0x7b, r2_to_r1, 0, 0);
      add_insn(q, 0x79, r3_of_r1, 0, 0);
      add_insn(q, 0x79, r4_of_r3, 0, 0);
      add_insn(q, 0xb7, 0, 0, kind->usual);
      add_insn(q, 0x95, 0, 0, 0);
      return 1;
    }
    n -= 1;
  }
  /* No arguments are made for the helper: a refusal of these says that it may be called. */
  if (kind->asks & (ASKS_HELPERS | ASKS_PATHS)) {
    const int helper = kind->asks & ASKS_HELPERS ? n + 1 : 147;
    if (n < (kind->asks & ASKS_HELPERS ? helper_count : 1)) {
      snprintf(q->name, sizeof(q->name), "%s: call %d", kind->name, helper);
      add_insn(q, 0x85, 0, 0, helper);
      add_insn(q, 0xb7, 0, 0, kind->usual);
      add_insn(q, 0x95, 0, 0, 0);
      return 1;
    }
  }
  return 0;
}

/* Puts `with` in the place of each whole `word` in the text. */
static inline void replace_word(char* text, size_t size, const char* word, const char* with) {
  const size_t length = strlen(word);
  char* at = text;
  while (length && (at = strstr(at, word))) {
    const char before = at == text ? ' ' : at[-1], behind = at[length];
#define IN_WORD(c) \
  ((c) == '_' || ((c) >= '0' && (c) <= '9') || ((c) >= 'a' && (c) <= 'z') || ((c) >= 'A' && (c) <= 'Z'))
    if (IN_WORD(before) || IN_WORD(behind) || strlen(text) - length + strlen(with) >= size) {
      at += length;
      continue;
    }
#undef IN_WORD
    memmove(at + strlen(with), at + length, strlen(at + length) + 1);
    memcpy(at, with, strlen(with));
    at += strlen(with);
  }
}

/* The answer, from what the load returned (0 or a negative errno) and the log, which is changed: "0", or the errno and
 * the last line before "processed ...", without the explanation that 7.3 adds; for a register that is shown, what it
 * holds. The target's name and number (its id, or a member's place in its table) become NAME and NUMBER, and the name
 * of a member's table TABLE, so that targets with the same answer can be told together. */
static inline void attach_answer(const struct attach_question* q, const char* target, unsigned number, int error,
                                 char* log, char* answer, size_t size) {
  const char* member = strchr(target, '.');
  char digits[16], table[64];
  char* end = log;
  char* explained;
  char* line;

  if (error == 0 && q->shows) {
    line = strstr(log, q->shows);
    if (!line) line = (char*)"(not shown)";
    snprintf(answer, size, "0 %.*s", (int)strcspn(line, "\n"), line);
    return;
  }
  if (error == 0) {
    snprintf(answer, size, "0");
    return;
  }
  explained = strstr(log, "Verification failed: ");
  if (explained && (explained == log || explained[-1] == '\n')) {
    char* behind = strstr(explained, "\nSuggestion:\n");
    behind = behind ? strstr(behind + 1, "\n\n") : NULL;
    if (behind)
      memmove(explained, behind + 2, strlen(behind + 2) + 1);
    else
      *explained = 0;
  }
  end = strstr(log, "\nverification time ");
  if (!end) end = strstr(log, "\nprocessed ");
  if (!end) end = log + strlen(log);
  while (end > log && (end[-1] == '\n' || end[-1] == ' ')) end--;
  *end = 0;
  line = strrchr(log, '\n');
  line = line ? line + 1 : log;
  if (!strncmp(line, "processed ", 10)) line = (char*)"";
  snprintf(answer, size, "%d %s", error, line);
  if (!strncmp(target, "btf_trace_", 10)) target += 10; /* messages name the event */
  if (member) {
    snprintf(table, sizeof(table), "%.*s", (int)(member - target), target);
    replace_word(answer, size, table, "TABLE");
  }
  replace_word(answer, size, member ? member + 1 : target, "NAME");
  snprintf(digits, sizeof(digits), "%u", number);
  replace_word(answer, size, digits, "NUMBER");
}

#endif
