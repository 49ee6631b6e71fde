/* SPDX-License-Identifier: Apache-2.0
 *
 * Programs by number: random_program(N) is the same program wherever it is made.
 *
 * A program is a sequence of small pieces (arithmetic, the stack, the context, maps, packets, ring buffer records,
 * dynptrs, atomics, calls, branches and loops) that each keep to what registers hold, so that many are accepted; one in
 * three is then changed in one place. Numbers from ten million on also call functions of the kernel's, iterate, and
 * hand over callbacks (random_calls.h). random_oracle.c asks a kernel, tests/kernel/random_programs_test.cpp asks Skep.
 * This is C and C++, so that both ask the same.
 */
#ifndef RANDOM_PROGRAMS_H
#define RANDOM_PROGRAMS_H

#include "attach_questions.h"

enum { RANDOM_ARRAY, RANDOM_HASH, RANDOM_RING, RANDOM_PROGS, RANDOM_PER_CPU, RANDOM_LRU, random_map_count };
struct random_map {
  unsigned type, key_size, value_size, entries;
};
static const struct random_map random_maps[random_map_count] = {
    {2, 4, 64, 4}, {1, 8, 48, 16}, {27, 0, 0, 4096}, {3, 4, 4, 4}, {6, 4, 32, 2}, {9, 4, 40, 8},
};

enum { most_random_insns = 400 };
struct random_program {
  unsigned prog_type, attach_type, flags;
  const char* function; /* which it is attached to, null: none */
  int count;
  struct raw_insn insns[most_random_insns];
};

/* What a register holds, as far as the generator follows it. */
enum holds { NOTHING, NUMBER, SMALL, CONTEXT, STACK, VALUE, PACKET, RECORD, SLICE, held_kinds };

struct random_maker {
  unsigned long long state;
  struct random_program* p;
  int holds[10], size[10]; /* SMALL: below size; others: bytes behind the pointer */
  int written[64];         /* stack slots of 8 bytes that were written whole; the holds of what was spilled */
  int loops, packets, usual, ctx_size, subprograms, calls[8], arg[8];
  int with_calls; /* of functions of the kernel's, and callbacks: random_calls.h */
};
enum { OF_LOOP = 1 << 16, OF_MAP = 1 << 17 }; /* arg: of a callback */

static inline unsigned random_number(struct random_maker* m, unsigned below) {
  m->state ^= m->state << 13;
  m->state ^= m->state >> 7;
  m->state ^= m->state << 17;
  return (unsigned)((m->state * 0x2545f4914f6cdd1dULL) >> 33) % below;
}
static inline int one_in(struct random_maker* m, unsigned n) {
  return random_number(m, n) == 0;
}

static inline void emit(struct random_maker* m, int code, int dst, int src, int off, int imm) {
  struct raw_insn insn;
  if (m->p->count >= most_random_insns) return;
  insn.code = (unsigned char)code;
  insn.registers = (unsigned char)(dst | src << 4);
  insn.off = (short)off;
  insn.imm = imm;
  m->p->insns[m->p->count++] = insn;
}

static inline int any_register(struct random_maker* m) {
  return (int)random_number(m, 10);
}
static inline int saved_register(struct random_maker* m) {
  return 6 + (int)random_number(m, 4);
}

/* A register that holds `kind`, -1: none does. */
static inline int holder(struct random_maker* m, int kind) {
  const int first = any_register(m);
  for (int i = 0; i < 10; i++)
    if (m->holds[(first + i) % 10] == kind) return (first + i) % 10;
  return -1;
}
static inline int number_register(struct random_maker* m) {
  int reg = holder(m, one_in(m, 2) ? NUMBER : SMALL);
  if (reg < 0) reg = holder(m, NUMBER);
  if (reg < 0) reg = holder(m, SMALL);
  return reg;
}
static inline void set_holds(struct random_maker* m, int reg, int kind, int size) {
  m->holds[reg] = kind;
  m->size[reg] = size;
}
static inline void after_call(struct random_maker* m, int result, int size) {
  for (int i = 1; i <= 5; i++) set_holds(m, i, NOTHING, 0);
  set_holds(m, 0, result, size);
}
static inline int some_constant(struct random_maker* m) {
  static const int known[] = {
      0, 1, -1, 2, 7, 8, 15, 16, 31, 32, 63, 64, 127, 128, 255, 256, 4095, 65535, -2147483647 - 1, 2147483647, -8, -64};
  return one_in(m, 3) ? (int)random_number(m, 100) : known[random_number(m, sizeof(known) / sizeof(known[0]))];
}
static inline void load_map(struct random_maker* m, int reg, int map) {
  emit(m, 0x18, reg, 1, 0, map);
  emit(m, 0, 0, 0, 0, 0);
}
/* Ends the program when the register holds null; the register is kept. */
static inline void exit_if_null(struct random_maker* m, int reg) {
  emit(m, 0x55, reg, 0, 2, 0);
  emit(m, 0xb7, 0, 0, 0, m->usual);
  emit(m, 0x95, 0, 0, 0, 0);
}

static inline void make_number(struct random_maker* m) {
  const int reg = any_register(m);
  switch (random_number(m, 4)) {
    case 0:
      emit(m, one_in(m, 2) ? 0xb7 : 0xb4, reg, 0, 0, some_constant(m));
      set_holds(m, reg, NUMBER, 0);
      return;
    case 1:
      emit(m, 0x18, reg, 0, 0, some_constant(m));
      emit(m, 0, 0, 0, 0, some_constant(m));
      set_holds(m, reg, NUMBER, 0);
      return;
    default: {
      static const int numbers[] = {5, 7, 8, 14, 15, 125};
      emit(m, 0x85, 0, 0, 0, numbers[random_number(m, one_in(m, 3) ? 6 : 2)]);
      after_call(m, NUMBER, 0);
    }
  }
}

static inline void arithmetic(struct random_maker* m) {
  static const int ops[] = {0x00, 0x10, 0x20, 0x30, 0x40, 0x50, 0x60, 0x70, 0x80, 0x90, 0xa0, 0xb0, 0xc0};
  const int dst = number_register(m), src = number_register(m), op = ops[random_number(m, 13)];
  const int wide = one_in(m, 2) ? 0x07 : 0x04;
  if (dst < 0) {
    make_number(m);
    return;
  }
  if (one_in(m, 12)) {
    static const int widths[] = {16, 32, 64};
    emit(m, one_in(m, 2) ? 0xd4 : one_in(m, 2) ? 0xdc : 0xd7, dst, 0, 0, widths[random_number(m, 3)]);
  } else if (op == 0x80) {
    emit(m, op | wide, dst, 0, 0, 0);
  } else if (one_in(m, 2) && src >= 0) {
    int off = (op == 0x30 || op == 0x90) && one_in(m, 3) ? 1 : 0;
    if (op == 0xb0 && one_in(m, 3)) off = one_in(m, 2) ? 8 : 16;
    emit(m, op | wide | 0x08, dst, src, off, 0);
  } else {
    int imm = some_constant(m);
    if (op == 0x60 || op == 0x70 || op == 0xc0) imm = (int)random_number(m, wide == 0x07 ? 64 : 32);
    if ((op == 0x30 || op == 0x90) && imm == 0) imm = 3;
    emit(m, op | wide, dst, 0, 0, imm);
  }
  set_holds(m, dst, NUMBER, 0);
}

static inline void make_small(struct random_maker* m) {
  const int reg = number_register(m), mask = (1 << random_number(m, 6)) - 1;
  if (reg < 0) {
    make_number(m);
    return;
  }
  switch (random_number(m, 4)) {
    case 0:
      emit(m, one_in(m, 2) ? 0x57 : 0x54, reg, 0, 0, mask);
      break;
    case 1: /* unless it is too large */
      emit(m, one_in(m, 2) ? 0x25 : 0x26, reg, 0, 1, mask);
      emit(m, 0x05, 0, 0, 2, 0);
      emit(m, 0xb7, 0, 0, 0, m->usual);
      emit(m, 0x95, 0, 0, 0, 0);
      break;
    case 2:
      emit(m, 0x97, reg, 0, 0, mask + 1);
      break;
    default: /* signed from below and above */
      emit(m, 0x65, reg, 0, 1, mask);
      emit(m, 0x75, reg, 0, 2, 0);
      emit(m, 0xb7, 0, 0, 0, m->usual);
      emit(m, 0x95, 0, 0, 0, 0);
  }
  set_holds(m, reg, SMALL, mask + 1);
}

static inline void the_stack(struct random_maker* m) {
  static const int loads[] = {0x71, 0x69, 0x61, 0x79, 0x91, 0x89, 0x81},
                   stores[] = {0x73, 0x6b, 0x63, 0x7b, 0x72, 0x6a, 0x62, 0x7a};
  const int slot = (int)random_number(m, 12), reg = any_register(m);
  if (one_in(m, 2)) { /* spill and fill */
    if (m->written[slot] && one_in(m, 2)) {
      emit(m, 0x79, reg, 10, -8 * (slot + 1), 0);
      set_holds(m, reg, m->written[slot] & 15, m->written[slot] >> 4);
    } else if (m->holds[reg] != NOTHING) {
      emit(m, 0x7b, 10, reg, -8 * (slot + 1), 0);
      m->written[slot] = m->holds[reg] | m->size[reg] << 4;
    }
    return;
  }
  if (m->written[slot] && one_in(m, 2)) {
    const int width = (int)random_number(m, 3), part = (int)random_number(m, 8U >> width) << width;
    emit(m, loads[width + (one_in(m, 4) ? 4 : 0)], reg, 10, -8 * (slot + 1) + part, 0);
    set_holds(m, reg, NUMBER, 0);
  } else {
    const int number = number_register(m), width = (int)random_number(m, 4),
              part = (int)random_number(m, 8U >> width) << width;
    const int by_register = number >= 0 && one_in(m, 2);
    emit(m, stores[width + (by_register ? 0 : 4)], 10, by_register ? number : 0, -8 * (slot + 1) + part,
         by_register ? 0 : some_constant(m));
    if (width == 3) m->written[slot] = NUMBER;
  }
}

static inline void stack_pointer(struct random_maker* m) {
  const int reg = any_register(m), slot = (int)random_number(m, 10);
  emit(m, 0xbf, reg, 10, 0, 0);
  emit(m, 0x07, reg, 0, 0, -8 * (slot + 1));
  set_holds(m, reg, STACK, 8);
}

static inline void the_context(struct random_maker* m) {
  static const int loads[] = {0x71, 0x69, 0x61, 0x79};
  const int ctx = holder(m, CONTEXT), reg = any_register(m), width = one_in(m, 2) ? 2 : (int)random_number(m, 4);
  if (ctx < 0) return;
  emit(m, loads[width], reg, ctx, (int)random_number(m, (unsigned)(m->ctx_size >> width)) << width, 0);
  set_holds(m, reg, NUMBER, 0);
}

static inline void packet(struct random_maker* m) {
  const int ctx = holder(m, CONTEXT), data = saved_register(m), end = (int)random_number(m, 6),
            length = 1 + (int)random_number(m, 40);
  int data_at = 76, end_at = 80, probe = (int)random_number(m, 6);
  if (ctx < 0 || !m->packets || ctx == data) return;
  if (probe == end) probe = (end + 1) % 6;
  if (ctx == end || ctx == probe) return;
  if (m->p->prog_type == 6) {
    data_at = 0;
    end_at = 4;
  }
  emit(m, 0x61, data, ctx, data_at, 0);
  emit(m, 0x61, end, ctx, end_at, 0);
  if (one_in(m, 4)) {
    const int small = holder(m, SMALL);
    if (small >= 0 && small != data && small != end) emit(m, 0x0f, data, small, 0, 0);
  }
  emit(m, 0xbf, probe, data, 0, 0);
  emit(m, 0x07, probe, 0, 0, length);
  switch (random_number(m, 4)) {
    case 0:
      emit(m, 0x2d, probe, end, 1, 0); /* > */
      emit(m, 0x05, 0, 0, 2, 0);
      break;
    case 1:
      emit(m, 0xbd, probe, end, 2, 0); /* <= */
      break;
    case 2:
      emit(m, 0x3d, end, probe, 2, 0); /* end >= probe */
      break;
    default:
      emit(m, 0xad, probe, end, 2, 0); /* < */
  }
  emit(m, 0xb7, 0, 0, 0, m->usual);
  emit(m, 0x95, 0, 0, 0, 0);
  set_holds(m, data, PACKET, length);
  set_holds(m, end, NOTHING, 0);
  set_holds(m, probe, NOTHING, 0);
}

static inline void map_value(struct random_maker* m) {
  static const int with_values[] = {RANDOM_ARRAY, RANDOM_HASH, RANDOM_PER_CPU, RANDOM_LRU};
  const int map = with_values[random_number(m, 4)], slot = (int)random_number(m, 12), key = (int)random_number(m, 6);
  emit(m, 0x7a, 10, 0, -8 * (slot + 1), key);
  m->written[slot] = NUMBER;
  emit(m, 0xbf, 2, 10, 0, 0);
  emit(m, 0x07, 2, 0, 0, -8 * (slot + 1));
  load_map(m, 1, map);
  if (one_in(m, 6)) { /* update or delete */
    emit(m, 0xbf, 3, 10, 0, 0);
    emit(m, 0x07, 3, 0, 0, -64);
    emit(m, 0xb7, 4, 0, 0, 0);
    emit(m, 0x85, 0, 0, 0, one_in(m, 2) ? 2 : 3);
    after_call(m, NUMBER, 0);
    return;
  }
  emit(m, 0x85, 0, 0, 0, 1);
  after_call(m, VALUE, (int)random_maps[map].value_size);
  if (one_in(m, 3)) {
    const int reg = saved_register(m);
    emit(m, 0xbf, reg, 0, 0, 0);
    set_holds(m, reg, VALUE, (int)random_maps[map].value_size);
  }
  exit_if_null(m, 0);
}

static inline void through_pointer(struct random_maker* m) {
  static const int loads[] = {0x71, 0x69, 0x61, 0x79, 0x91, 0x89, 0x81, 0x79}, stores[] = {0x73, 0x6b, 0x63, 0x7b};
  static const int kinds[] = {VALUE, PACKET, RECORD, SLICE, STACK};
  const int pointer = holder(m, kinds[random_number(m, 5)]), small = holder(m, SMALL), width = (int)random_number(m, 4);
  int reg = any_register(m), size, base = pointer;
  if (pointer < 0) {
    map_value(m);
    return;
  }
  size = m->size[pointer];
  if (one_in(m, 3) && small >= 0 && small != pointer) {
    base = one_in(m, 2) ? pointer : (int)random_number(m, 6);
    if (base == small) return;
    if (base != pointer) emit(m, 0xbf, base, pointer, 0, 0);
    emit(m, 0x0f, base, small, 0, 0);
    size -= m->size[small] - 1;
    if (size < 1) size = 1;
    set_holds(m, base, m->holds[pointer], size);
  }
  if (size < 1 << width) return;
  {
    const int off = (int)random_number(m, (unsigned)(size - (1 << width) + 1));
    const int number = number_register(m);
    switch (random_number(m, 5)) {
      case 0:
      case 1:
        emit(m, loads[width + (one_in(m, 4) ? 4 : 0)], reg, base, off, 0);
        set_holds(m, reg, NUMBER, 0);
        break;
      case 2:
        if (number >= 0) emit(m, stores[width], base, number, off, 0);
        break;
      case 3:
        emit(m, stores[width] - 1, base, 0, off, some_constant(m));
        break;
      default: {
        static const int ops[] = {0x00, 0x40, 0x50, 0xa0, 0x01, 0x41, 0x51, 0xa1, 0xe1, 0xf1};
        const int op = ops[random_number(m, 10)];
        if (number < 0 || (op == 0xf1 && m->holds[0] != NUMBER && m->holds[0] != SMALL)) break;
        emit(m, one_in(m, 2) ? 0xdb : 0xc3, base, number, off & ~7, op);
        if (op & 1) set_holds(m, op == 0xf1 ? 0 : number, NUMBER, 0);
      }
    }
  }
}

static inline void record(struct random_maker* m) {
  const int size = 8 << random_number(m, 4), reg = saved_register(m);
  load_map(m, 1, RANDOM_RING);
  emit(m, 0xb7, 2, 0, 0, size);
  emit(m, 0xb7, 3, 0, 0, 0);
  emit(m, 0x85, 0, 0, 0, 131);
  after_call(m, NOTHING, 0);
  exit_if_null(m, 0);
  emit(m, 0xbf, reg, 0, 0, 0);
  set_holds(m, reg, RECORD, size);
  for (int i = (int)random_number(m, 3); i > 0; i--) {
    emit(m, 0x7a, reg, 0, (int)random_number(m, (unsigned)size / 8) * 8, some_constant(m));
  }
  if (one_in(m, 12)) return; /* leaked */
  emit(m, 0xbf, 1, reg, 0, 0);
  emit(m, 0xb7, 2, 0, 0, 0);
  emit(m, 0x85, 0, 0, 0, one_in(m, 2) ? 132 : 133);
  after_call(m, NOTHING, 0);
  for (int i = 0; i < 10; i++)
    if (m->holds[i] == RECORD) set_holds(m, i, NOTHING, 0);
  for (int i = 0; i < 64; i++)
    if ((m->written[i] & 15) == RECORD) m->written[i] = 0;
}

static inline void dynptr(struct random_maker* m) {
  const int value = holder(m, VALUE), slot = 14 + 2 * (int)random_number(m, 3), size = value >= 0 ? m->size[value] : 0;
  const int reg = saved_register(m);
  if (value < 0 || size < 8) return;
  emit(m, 0xbf, 1, value, 0, 0);
  emit(m, 0xb7, 2, 0, 0, size);
  emit(m, 0xb7, 3, 0, 0, 0);
  emit(m, 0xbf, 4, 10, 0, 0);
  emit(m, 0x07, 4, 0, 0, -8 * (slot + 1));
  emit(m, 0x85, 0, 0, 0, 197);
  after_call(m, NUMBER, 0);
  switch (random_number(m, 3)) {
    case 0: /* a slice */
      emit(m, 0xbf, 1, 10, 0, 0);
      emit(m, 0x07, 1, 0, 0, -8 * (slot + 1));
      emit(m, 0xb7, 2, 0, 0, (int)random_number(m, 8));
      emit(m, 0xb7, 3, 0, 0, 8);
      emit(m, 0x85, 0, 0, 0, 203);
      after_call(m, SLICE, 8);
      exit_if_null(m, 0);
      emit(m, 0xbf, reg, 0, 0, 0);
      set_holds(m, reg, SLICE, 8);
      break;
    case 1: /* read it */
      emit(m, 0xbf, 1, 10, 0, 0);
      emit(m, 0x07, 1, 0, 0, -8);
      emit(m, 0xb7, 2, 0, 0, 8);
      emit(m, 0xbf, 3, 10, 0, 0);
      emit(m, 0x07, 3, 0, 0, -8 * (slot + 1));
      emit(m, 0xb7, 4, 0, 0, 0);
      emit(m, 0xb7, 5, 0, 0, 0);
      emit(m, 0x85, 0, 0, 0, 201);
      after_call(m, NUMBER, 0);
      m->written[0] = NUMBER;
      break;
    default: /* write over it */
      if (one_in(m, 2)) emit(m, 0x7a, 10, 0, -8 * (slot + (int)random_number(m, 2)), 0);
  }
}

static inline void memory_call(struct random_maker* m) {
  const int slot = 4 + (int)random_number(m, 6), size = 1 + (int)random_number(m, 24), reg = number_register(m);
  emit(m, 0xbf, 1, 10, 0, 0);
  emit(m, 0x07, 1, 0, 0, -8 * (slot + 1));
  if (one_in(m, 3)) {
    const int small = holder(m, SMALL);
    if (small > 2)
      emit(m, 0xbf, 2, small, 0, 0);
    else
      emit(m, 0xb7, 2, 0, 0, size);
  } else {
    emit(m, 0xb7, 2, 0, 0, size);
  }
  switch (random_number(m, 3)) {
    case 0:
      emit(m, 0x85, 0, 0, 0, 16); /* the task's name */
      break;
    case 1:
      if (reg > 2)
        emit(m, 0xbf, 3, reg, 0, 0);
      else
        emit(m, 0xb7, 3, 0, 0, 0);
      emit(m, 0x85, 0, 0, 0, 113); /* reading the kernel's memory */
      break;
    default: /* a number in text: reads and writes */
      emit(m, 0xb7, 3, 0, 0, 0);
      emit(m, 0xbf, 4, 10, 0, 0);
      emit(m, 0x07, 4, 0, 0, -8);
      emit(m, 0x85, 0, 0, 0, 105);
      m->written[0] = NUMBER;
  }
  after_call(m, NUMBER, 0);
  for (int i = slot - (size + 7) / 8 + 1; i <= slot; i++)
    if (i >= 0) m->written[i] = i == slot && size >= 8 ? NUMBER : 0;
}

static inline void piece(struct random_maker* m, int depth);

/* Some pieces, and what registers hold afterwards only where both ways agree. */
static inline void branch(struct random_maker* m, int depth) {
  static const int ops[] = {0x15, 0x55, 0x25, 0x35, 0xa5, 0xb5, 0x65, 0x75, 0xc5, 0xd5, 0x45};
  const int a = number_register(m), b = number_register(m), op = ops[random_number(m, 11)],
            by_register = b >= 0 && one_in(m, 3);
  struct random_maker before;
  int at;
  if (a < 0) return;
  at = m->p->count;
  emit(m, (op | (by_register ? 0x08 : 0)) + (one_in(m, 2) ? 0 : 1), a, by_register ? b : 0, 0,
       by_register ? 0 : some_constant(m));
  before = *m;
  for (int i = 1 + (int)random_number(m, 3); i > 0; i--) piece(m, depth + 1);
  if (at < most_random_insns) m->p->insns[at].off = (short)(m->p->count - at - 1);
  for (int i = 0; i < 10; i++) {
    if (m->holds[i] != before.holds[i]) {
      const int numbers =
          (m->holds[i] == SMALL || m->holds[i] == NUMBER) && (before.holds[i] == SMALL || before.holds[i] == NUMBER);
      set_holds(m, i, numbers ? NUMBER : one_in(m, 12) ? m->holds[i] : NOTHING, 0);
    } else if (m->holds[i] == SMALL ? m->size[i] < before.size[i] : m->size[i] > before.size[i]) {
      m->size[i] = before.size[i];
    }
  }
  for (int i = 0; i < 64; i++)
    if (m->written[i] != before.written[i]) m->written[i] = 0;
}

static inline void loop(struct random_maker* m, int depth) {
  const int counter = saved_register(m), times = 1 + (int)random_number(m, 6);
  int at;
  if (m->loops++ > 1) return;
  emit(m, 0xb7, counter, 0, 0, times);
  set_holds(m, counter, NOTHING, 0);
  at = m->p->count;
  for (int i = 1 + (int)random_number(m, 2); i > 0; i--) {
    piece(m, depth + 1);
    set_holds(m, counter, NOTHING, 0);
  }
  if (one_in(m, 3))
    emit(m, 0xe5, 0, 0, 1, 0), emit(m, 0x05, 0, 0, at - m->p->count - 1, 0); /* may_goto */
  else {
    emit(m, 0x07, counter, 0, 0, -1);
    emit(m, one_in(m, 2) ? 0x55 : 0x65, counter, 0, at - m->p->count - 1, 0);
  }
  set_holds(m, counter, NUMBER, 0);
}

static inline void call_subprogram(struct random_maker* m) {
  const int kinds[] = {NUMBER, VALUE, STACK, PACKET, CONTEXT};
  const int kind = kinds[random_number(m, 5)], reg = holder(m, kind), number = number_register(m);
  if (m->subprograms >= 4 || reg < 0 || number < 0) return;
  if (reg == 2 && number == 1) return;
  if (number == 1) {
    emit(m, 0xbf, 2, number, 0, 0);
    emit(m, 0xbf, 1, reg, 0, 0);
  } else {
    emit(m, 0xbf, 1, reg, 0, 0);
    emit(m, 0xbf, 2, number, 0, 0);
  }
  m->calls[m->subprograms] = m->p->count;
  m->arg[m->subprograms++] = kind | m->size[reg] << 4;
  emit(m, 0x85, 0, 1, 0, 0);
  after_call(m, NUMBER, 0);
}

#include "random_calls.h"

static inline void piece(struct random_maker* m, int depth) {
  if (m->p->count > most_random_insns - 120) return;
  if (m->with_calls && one_in(m, 3)) {
    piece_with_calls(m, depth);
    return;
  }
  switch (random_number(m, 22)) {
    case 0:
    case 1:
      make_number(m);
      break;
    case 2:
    case 3:
      arithmetic(m);
      break;
    case 4:
    case 5:
      make_small(m);
      break;
    case 6:
    case 7:
    case 8:
      the_stack(m);
      break;
    case 9:
      stack_pointer(m);
      break;
    case 10:
      the_context(m);
      break;
    case 11:
      packet(m);
      break;
    case 12:
      map_value(m);
      break;
    case 13:
    case 14:
    case 15:
      through_pointer(m);
      break;
    case 16:
      if (depth == 0) record(m);
      break;
    case 17:
      dynptr(m);
      break;
    case 18:
      memory_call(m);
      break;
    case 19:
    case 20:
      if (depth < 3) {
        if (one_in(m, 4))
          loop(m, depth);
        else
          branch(m, depth);
      }
      break;
    default:
      call_subprogram(m);
  }
}

/* Changes one place of the program. */
static inline void spoil(struct random_maker* m) {
  struct raw_insn* insn = &m->p->insns[random_number(m, (unsigned)m->p->count)];
  if (insn->code == 0) return;
  switch (random_number(m, 6)) {
    case 0:
      insn->off = (short)(insn->off + (int)random_number(m, 17) - 8);
      break;
    case 1:
      insn->imm = insn->code == 0x85 ? insn->imm : some_constant(m);
      break;
    case 2:
      insn->registers = (unsigned char)((insn->registers & 0xf0) | random_number(m, 11));
      break;
    case 3:
      if (insn->code != 0x18 && insn->code != 0x85)
        insn->registers = (unsigned char)((insn->registers & 0x0f) | random_number(m, 11) << 4);
      break;
    case 4:
      if ((insn->code & 7) >= 1 && (insn->code & 7) <= 3 && insn->code != 0x18)
        insn->code = (unsigned char)((insn->code & ~0x18) | random_number(m, 4) << 3);
      break;
    default:
      if ((insn->code & 7) >= 4) insn->code = (unsigned char)((insn->code & 0x0f) | random_number(m, 14) << 4);
      break;
  }
}

static inline void random_program(unsigned long long number, struct random_program* p) {
  static const struct {
    unsigned type, attach;
    int ctx_size, packets, usual;
  } types[] = {
      {1, 0, 192, 0, 0},  {3, 0, 192, 1, 0},  {3, 0, 192, 1, 0}, {6, 0, 24, 1, 2},   {6, 0, 24, 1, 2},
      {8, 1, 192, 1, 1},  {2, 0, 168, 0, 0},  {5, 0, 64, 0, 0},  {7, 0, 184, 0, 0},  {17, 0, 40, 0, 0},
      {10, 0, 192, 1, 0}, {14, 5, 192, 1, 1}, {9, 2, 80, 0, 1},  {18, 10, 72, 0, 1}, {25, 21, 40, 0, 1},
      {13, 3, 224, 0, 1}, {23, 18, 8, 0, 1},  {15, 6, 12, 0, 1}, {31, 0, 64, 0, 0},
  };
  struct random_maker maker;
  unsigned row;

  memset(p, 0, sizeof(*p));
  memset(&maker, 0, sizeof(maker));
  maker.state = (number + 1) * 0x9e3779b97f4a7c15ULL;
  maker.p = p;
  for (int i = 0; i < 8; i++) random_number(&maker, 2);
  row = random_number(&maker, sizeof(types) / sizeof(types[0]));
  p->prog_type = types[row].type;
  p->attach_type = types[row].attach;
  if (p->prog_type == 31) p->flags = SLEEPABLE;
  maker.ctx_size = types[row].ctx_size;
  maker.packets = types[row].packets;
  maker.usual = types[row].usual;
  maker.with_calls = number >= first_with_calls;
  if (maker.with_calls && one_in(&maker, 2)) {
    row = random_number(&maker, random_target_count);
    p->prog_type = random_targets[row].type;
    p->attach_type = random_targets[row].attach;
    p->flags = random_targets[row].flags;
    p->function = random_targets[row].function;
    maker.ctx_size = random_targets[row].ctx_size;
    maker.packets = 0;
    maker.usual = random_targets[row].usual;
  }
  set_holds(&maker, 1, CONTEXT, 0);
  if (!one_in(&maker, 4)) {
    emit(&maker, 0xbf, 6 + (int)random_number(&maker, 4), 1, 0, 0);
    set_holds(&maker, p->insns[0].registers & 15, CONTEXT, 0);
  }
  for (int i = 3 + (int)random_number(&maker, 14); i > 0; i--) piece(&maker, 0);
  emit(&maker, 0xb7, 0, 0, 0, maker.usual);
  emit(&maker, 0x95, 0, 0, 0, 0);
  for (int i = 0; i < maker.subprograms; i++) {
    struct random_maker inner = maker;
    p->insns[maker.calls[i]].imm = p->count - maker.calls[i] - 1;
    memset(inner.holds, 0, sizeof(inner.holds));
    memset(inner.written, 0, sizeof(inner.written));
    set_holds(&inner, 1, maker.arg[i] & 15, (maker.arg[i] & 0xffff) >> 4);
    set_holds(&inner, 2, NUMBER, 0);
    if (maker.arg[i] & (OF_LOOP | OF_MAP)) {
      set_holds(&inner, 1, maker.arg[i] & OF_MAP ? NOTHING : NUMBER, 0);
      set_holds(&inner, maker.arg[i] & OF_MAP ? 4 : 2, VALUE, (maker.arg[i] & 0xffff) >> 4);
      if (maker.arg[i] & OF_MAP) {
        set_holds(&inner, 2, VALUE, 4);
        set_holds(&inner, 3, VALUE, 48);
      }
    }
    inner.subprograms = 4; /* no further ones */
    inner.usual = 1;
    for (int k = 1 + (int)random_number(&inner, 5); k > 0; k--) piece(&inner, 1);
    if ((inner.holds[0] != NUMBER && inner.holds[0] != SMALL) || maker.arg[i] >> 16) emit(&inner, 0xb7, 0, 0, 0, 1);
    emit(&inner, 0x95, 0, 0, 0, 0);
    maker.state = inner.state;
  }
  if (one_in(&maker, 3)) spoil(&maker);
}

/* The maps that the program names by their place in random_maps, by descriptor. */
static inline void place_maps(struct random_program* p, const int* fds) {
  for (int i = 0; i < p->count; i++) {
    if (p->insns[i].code != 0x18) continue;
    if (p->insns[i].registers >> 4 == 1)
      p->insns[i].imm = p->insns[i].imm >= 0 && p->insns[i].imm < random_map_count ? fds[p->insns[i].imm] : -1;
    i++;
  }
}

#endif
