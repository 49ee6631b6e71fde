/* SPDX-License-Identifier: Apache-2.0
 *
 * Mutants of a program by number: mutate(…, N) changes the same places of the same program wherever it is loaded.
 *
 * A mutant differs from a program that somebody wrote in one to four places: an immediate, an offset, a register, a
 * size, an operation, an instruction that is left out, repeated, exchanged or put in, another helper, kernel function
 * or map. What differs between machines (descriptors, ids of types) is only ever exchanged for another of the program's
 * own, so that a mutant is the same question on every kernel. mutation_oracle.c asks.
 */
#ifndef MUTATIONS_H
#define MUTATIONS_H

#include "random_programs.h"

enum { most_mutated_insns = 4000 };

/* A program on its way to being loaded: the instructions, and where its functions begin (func_info's offsets). */
struct mutant {
  struct raw_insn insns[most_mutated_insns];
  int count;
  unsigned* functions;
  int function_count;
  const int* kfuncs; /* ids of functions that calls are exchanged for, 0: not there */
  int kfunc_count;
};

static inline int is_wide(const struct raw_insn* insn) {
  return insn->code == 0x18;
}
static inline int is_kfunc_call(const struct raw_insn* insn) {
  return insn->code == 0x85 && insn->registers >> 4 == 2;
}
static inline int is_local_call(const struct raw_insn* insn) {
  return insn->code == 0x85 && insn->registers >> 4 == 1;
}
static inline int is_helper_call(const struct raw_insn* insn) {
  return insn->code == 0x85 && insn->registers >> 4 == 0;
}
/* Jumps by their offset; those of 32 bits (0x06) by their immediate. */
static inline int is_jump(const struct raw_insn* insn) {
  const int class_of = insn->code & 7, op = insn->code & 0xf0;
  return (class_of == 5 && op != 0x80 && op != 0x90 && insn->code != 0x0d) ||
         (class_of == 6 && insn->code != 0x06 && op != 0x80 && op != 0x90);
}

/* An instruction that is no second half of another. */
static inline int some_place(struct random_maker* m, const struct mutant* p) {
  const int at = (int)random_number(m, (unsigned)p->count);
  return at > 0 && is_wide(&p->insns[at - 1]) ? at - 1 : at;
}
/* One that `fits`, -1: none found. */
static inline int place_of(struct random_maker* m, const struct mutant* p, int (*fits)(const struct raw_insn*)) {
  const int first = some_place(m, p);
  for (int i = 0; i < p->count; i++) {
    const int at = (first + i) % p->count;
    if (at > 0 && is_wide(&p->insns[at - 1])) continue;
    if (fits(&p->insns[at])) return at;
  }
  return -1;
}

static inline int moved(int target, int at, int by) {
  return target > at ? target + by : target;
}
/* Makes room for `by` instructions before `at`: jumps and calls to it reach what is put in. */
static inline int make_room(struct mutant* p, int at, int by) {
  if (p->count + by > most_mutated_insns) return 0;
  for (int i = 0; i < p->count; i++) {
    struct raw_insn* insn = &p->insns[i];
    const int from = moved(i, at - 1, by);
    if (is_jump(insn)) {
      insn->off = (short)(moved(i + 1 + insn->off, at, by) - from - 1);
    } else if (insn->code == 0x06 || is_local_call(insn) || (is_wide(insn) && insn->registers >> 4 == 4)) {
      insn->imm = moved(i + 1 + insn->imm, at, by) - from - 1;
    }
    if (is_wide(insn)) i++;
  }
  memmove(&p->insns[at + by], &p->insns[at], (size_t)(p->count - at) * sizeof(p->insns[0]));
  p->count += by;
  for (int i = 0; i < p->function_count; i++) p->functions[i] = (unsigned)moved((int)p->functions[i], at, by);
  return 1;
}

static inline struct raw_insn plain_insn(int code, int dst, int src, int off, int imm) {
  struct raw_insn insn;
  insn.code = (unsigned char)code;
  insn.registers = (unsigned char)(dst | src << 4);
  insn.off = (short)off;
  insn.imm = imm;
  return insn;
}

/* One that programs are made of. */
static inline struct raw_insn some_insn(struct random_maker* m) {
  static const int loads[] = {0x71, 0x69, 0x61, 0x79, 0x91, 0x89, 0x81}, stores[] = {0x73, 0x6b, 0x63, 0x7b},
                   atomics[] = {0x00, 0x40, 0x50, 0xa0, 0x01, 0x41, 0x51, 0xa1, 0xe1, 0xf1, 0x100, 0x110},
                   ops[] = {0x00, 0x10, 0x20, 0x40, 0x50, 0x60, 0x70, 0xa0, 0xb0, 0xc0};
  const int a = any_register(m), b = any_register(m), slot = -8 * (1 + (int)random_number(m, 8));
  switch (random_number(m, 14)) {
    case 0:
      return plain_insn(0xbf, a, b, 0, 0);
    case 1:
      return plain_insn(0xbc, a, b, 0, 0);
    case 2:
      return plain_insn(0xb7, a, 0, 0, some_constant(m));
    case 3:
      return plain_insn(0xbf, a, 10, 0, 0);
    case 4:
      return plain_insn(stores[random_number(m, 4)], 10, a, slot + (one_in(m, 4) ? 4 : 0), 0);
    case 5:
      return plain_insn(loads[random_number(m, 7)], a, 10, slot + (one_in(m, 4) ? 4 : 0), 0);
    case 6:
      return plain_insn(loads[random_number(m, 7)], a, b, (int)random_number(m, 8) * 4, 0);
    case 7:
      return plain_insn(stores[random_number(m, 4)], a, b, (int)random_number(m, 8) * 4, 0);
    case 8:
      return plain_insn(0x62 | (int)random_number(m, 4) << 3, one_in(m, 2) ? 10 : a, 0, slot, some_constant(m));
    case 9:
      return plain_insn(ops[random_number(m, 10)] | 0x0c | (one_in(m, 3) ? 0 : 3), a, b, 0, 0);
    case 10:
      return plain_insn(ops[random_number(m, 10)] | 0x04 | (one_in(m, 3) ? 0 : 3), a, 0, 0,
                        one_in(m, 3) ? some_constant(m) : (int)random_number(m, 32));
    case 11:
      return plain_insn(one_in(m, 2) ? 0xdb : 0xc3, one_in(m, 3) ? 10 : a, b, one_in(m, 2) ? slot : 0,
                        atomics[random_number(m, 12)]);
    case 12:
      return plain_insn(0x85, 0, 0, 0, 1 + (int)random_number(m, 211));
    default:
      return plain_insn(0xe5, 0, 0, 0, 0); /* may_goto */
  }
}

static inline int with_immediate(const struct raw_insn* insn) {
  const int class_of = insn->code & 7;
  if (class_of == 2) return 1;
  if (class_of == 4 || class_of == 7) return !(insn->code & 8);
  if (class_of == 5 || class_of == 6) return !(insn->code & 8) && insn->code != 0x85 && insn->code != 0x95;
  return is_wide(insn) && insn->registers >> 4 == 0;
}
static inline int with_memory(const struct raw_insn* insn) {
  const int class_of = insn->code & 7;
  return class_of >= 1 && class_of <= 3 && !is_wide(insn);
}
static inline int with_operation(const struct raw_insn* insn) {
  const int class_of = insn->code & 7, op = insn->code & 0xf0;
  if (class_of == 4 || class_of == 7) return op != 0xd0;
  return is_jump(insn) && op != 0 && op != 0xe0;
}
static inline int is_conditional(const struct raw_insn* insn) {
  return is_jump(insn) && insn->code != 0x05;
}
static inline int is_map(const struct raw_insn* insn) {
  const int kind = insn->registers >> 4;
  return is_wide(insn) && (kind == 1 || kind == 2);
}
static inline int is_map_value(const struct raw_insn* insn) {
  return is_wide(insn) && insn->registers >> 4 == 2;
}
static inline int is_atomic(const struct raw_insn* insn) {
  return (insn->code & 0xe7) == 0xc3;
}

/* Leaves the instruction at `at` out, without moving the others. */
static inline void leave_out(struct mutant* p, int at) {
  const int wide = is_wide(&p->insns[at]);
  p->insns[at] = plain_insn(0x05, 0, 0, 0, 0);
  if (wide && at + 1 < p->count) p->insns[at + 1] = plain_insn(0x05, 0, 0, 0, 0);
}

static inline void mutate_once(struct random_maker* m, struct mutant* p) {
  static const int steps[] = {1, -1, 2, -2, 4, -4, 8, -8, 16, -16, 3, 5, 7, -3, -5, 64};
  static const int alu[] = {0x00, 0x10, 0x20, 0x30, 0x40, 0x50, 0x60, 0x70, 0x90, 0xa0, 0xb0, 0xc0},
                   jumps[] = {0x10, 0x20, 0x30, 0x40, 0x50, 0x60, 0x70, 0xa0, 0xb0, 0xc0, 0xd0},
                   atomics[] = {0x00, 0x40, 0x50, 0xa0, 0x01, 0x41, 0x51, 0xa1, 0xe1, 0xf1, 0x100, 0x110};
  const unsigned what = random_number(m, 26);
  int at = -1, other;
  struct raw_insn* insn;
  switch (what) {
    case 0:
    case 1:
    case 2:
      if ((at = place_of(m, p, with_immediate)) < 0) return;
      insn = &p->insns[at];
      insn->imm = one_in(m, 2) ? some_constant(m) : (int)((unsigned)insn->imm + (unsigned)steps[random_number(m, 16)]);
      return;
    case 3:
    case 4:
      if ((at = place_of(m, p, with_memory)) < 0) return;
      p->insns[at].off = (short)(p->insns[at].off + steps[random_number(m, 16)]);
      return;
    case 5:
      if ((at = place_of(m, p, is_jump)) < 0) return;
      p->insns[at].off = (short)(p->insns[at].off + steps[random_number(m, 16)]);
      return;
    case 6:
    case 7: /* a register */
      at = some_place(m, p);
      insn = &p->insns[at];
      if (insn->code == 0x85 || insn->code == 0x95 || insn->code == 0x05) return;
      if (is_wide(insn) || one_in(m, 2))
        insn->registers = (unsigned char)((insn->registers & 0xf0) | random_number(m, 11));
      else
        insn->registers = (unsigned char)((insn->registers & 0x0f) | random_number(m, 11) << 4);
      return;
    case 8: /* both registers that it names become others that the neighbor names */
      at = some_place(m, p);
      other = some_place(m, p);
      if (is_wide(&p->insns[at]) || is_wide(&p->insns[other]) || p->insns[at].code == 0x85 ||
          p->insns[other].code == 0x85)
        return;
      p->insns[at].registers = p->insns[other].registers;
      return;
    case 9:
    case 10: /* a size, or its sign */
      if ((at = place_of(m, p, with_memory)) < 0) return;
      insn = &p->insns[at];
      if ((insn->code & 7) == 1 && one_in(m, 3))
        insn->code ^= 0xe0; /* MEM and MEMSX: 0x60 and 0x80 */
      else
        insn->code = (unsigned char)((insn->code & ~0x18) | random_number(m, 4) << 3);
      return;
    case 11: /* an operation */
      if ((at = place_of(m, p, with_operation)) < 0) return;
      insn = &p->insns[at];
      if (is_jump(insn))
        insn->code = (unsigned char)((insn->code & 0x0f) | jumps[random_number(m, 11)]);
      else
        insn->code = (unsigned char)((insn->code & 0x0f) | alu[random_number(m, 12)]);
      return;
    case 12: /* 32 or 64 bits */
      if ((at = place_of(m, p, with_operation)) < 0) return;
      p->insns[at].code ^= 3;
      return;
    case 13: /* a number for a register, or the other way */
      if ((at = place_of(m, p, with_operation)) < 0) return;
      insn = &p->insns[at];
      insn->code ^= 8;
      if (insn->code & 8)
        insn->registers = (unsigned char)((insn->registers & 0x0f) | any_register(m) << 4), insn->imm = 0;
      else
        insn->registers &= 0x0f, insn->imm = some_constant(m);
      return;
    case 14:
    case 15:
    case 16:
      leave_out(p, some_place(m, p));
      return;
    case 17: /* exchanged with the next */
      at = some_place(m, p);
      if (at + 1 >= p->count || is_wide(&p->insns[at]) || is_wide(&p->insns[at + 1])) return;
      {
        const struct raw_insn first = p->insns[at];
        p->insns[at] = p->insns[at + 1];
        p->insns[at + 1] = first;
      }
      return;
    case 18: /* another instruction of the program once more, here */
    case 19:
      at = some_place(m, p);
      other = one_in(m, 2) ? at : some_place(m, p);
      {
        const struct raw_insn first = p->insns[other], second = p->insns[other + 1 < p->count ? other + 1 : other];
        if (is_local_call(&first) || is_jump(&first) || (is_wide(&first) && first.registers >> 4 == 4)) return;
        if (!make_room(p, at, is_wide(&first) ? 2 : 1)) return;
        p->insns[at] = first;
        if (is_wide(&first)) p->insns[at + 1] = second;
      }
      return;
    case 20:
    case 21: { /* something new */
      struct raw_insn fresh = some_insn(m);
      at = some_place(m, p);
      if (one_in(m, 6)) { /* a call of the kernel's */
        const int id = p->kfunc_count ? p->kfuncs[random_number(m, (unsigned)p->kfunc_count)] : 0;
        if (id > 0) fresh = plain_insn(0x85, 0, 2, 0, id);
      }
      if (!make_room(p, at, 1)) return;
      p->insns[at] = fresh;
      return;
    }
    case 22: /* a branch always or never taken */
      if ((at = place_of(m, p, is_conditional)) < 0) return;
      p->insns[at] = plain_insn(0x05, 0, 0, one_in(m, 2) ? p->insns[at].off : 0, 0);
      return;
    case 23:
      if (one_in(m, 2)) { /* another helper */
        if ((at = place_of(m, p, is_helper_call)) < 0) return;
        p->insns[at].imm = 1 + (int)random_number(m, 211);
      } else { /* another function of the kernel's */
        const int id = p->kfunc_count ? p->kfuncs[random_number(m, (unsigned)p->kfunc_count)] : 0;
        if ((at = place_of(m, p, is_kfunc_call)) < 0) return;
        other = place_of(m, p, is_kfunc_call);
        if (one_in(m, 2) || id <= 0)
          p->insns[at] = p->insns[other];
        else
          p->insns[at] = plain_insn(0x85, 0, 2, 0, id);
      }
      return;
    case 24: /* another map, or place in its value */
      if (one_in(m, 2)) {
        if ((at = place_of(m, p, is_map_value)) < 0) return;
        p->insns[at + 1].imm += steps[random_number(m, 16)];
        return;
      }
      at = place_of(m, p, is_map);
      other = place_of(m, p, is_map);
      if (at < 0) return;
      {
        const unsigned char dst = p->insns[at].registers & 15;
        p->insns[at] = p->insns[other];
        p->insns[at].registers = (unsigned char)((p->insns[at].registers & 0xf0) | dst);
        p->insns[at + 1] = p->insns[other + 1];
      }
      return;
    default:
      if ((at = place_of(m, p, is_atomic)) < 0) return;
      p->insns[at].imm = atomics[random_number(m, 12)];
  }
}

static inline unsigned long long hashed(unsigned long long hash, const void* data, size_t size) {
  for (size_t i = 0; i < size; i++) hash = (hash ^ ((const unsigned char*)data)[i]) * 0x100000001b3ULL;
  return hash;
}

/* What the program is, whatever the descriptors and ids are that it was given. */
static inline unsigned long long identity_of(const struct mutant* p) {
  unsigned long long hash = 0xcbf29ce484222325ULL;
  for (int i = 0; i < p->count; i++) {
    struct raw_insn insn = p->insns[i];
    if (is_kfunc_call(&insn) || (is_wide(&insn) && insn.registers >> 4 != 0 && insn.registers >> 4 != 4))
      insn.imm = insn.off = 0;
    hash = hashed(hash, &insn, sizeof(insn));
    if (is_wide(&p->insns[i]) && i + 1 < p->count) {
      i++;
      if (p->insns[i - 1].registers >> 4 != 3) hash = hashed(hash, &p->insns[i], sizeof(insn));
    }
  }
  return hash;
}

/* Mutant `number` of the program that is called `name`. */
static inline void mutate(struct mutant* p, const char* name, unsigned number) {
  struct random_maker m;
  const unsigned long long before = identity_of(p);
  int places = 1;
  memset(&m, 0, sizeof(m));
  m.state = hashed(0xcbf29ce484222325ULL ^ number * 0x9e3779b97f4a7c15ULL, name, strlen(name)) | 1;
  for (int i = 0; i < 8; i++) random_number(&m, 2);
  while (places < 4 && one_in(&m, 3)) places++;
  /* until something has changed */
  for (int tries = 0; identity_of(p) == before && tries < 8; tries++)
    for (int i = 0; i < places; i++) mutate_once(&m, p);
}

#endif
