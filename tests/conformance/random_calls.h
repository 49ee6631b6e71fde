/* SPDX-License-Identifier: Apache-2.0
 *
 * Pieces of random programs that call the kernel's functions, iterate, and hand over callbacks: those of the numbers
 * from first_with_calls on. Part of random_programs.h, which says the rest.
 */
#ifndef RANDOM_CALLS_H
#define RANDOM_CALLS_H

enum { first_with_calls = 10000000 };

/* Named by their place here until place_calls() knows their types. */
static const char* const random_kfuncs[] = {
    "bpf_iter_num_new",      "bpf_iter_num_next",   "bpf_iter_num_destroy", "bpf_rcu_read_lock",
    "bpf_rcu_read_unlock",   "bpf_preempt_disable", "bpf_preempt_enable",   "bpf_task_acquire",
    "bpf_task_release",      "bpf_task_from_pid",   "bpf_cast_to_kern_ctx", "bpf_dynptr_slice",
    "bpf_dynptr_slice_rdwr", "bpf_dynptr_from_skb", "bpf_dynptr_from_xdp",  "bpf_local_irq_save",
    "bpf_local_irq_restore", "bpf_dynptr_adjust",   "bpf_dynptr_is_null",   "bpf_dynptr_size",
    "bpf_dynptr_clone",      "bpf_cgroup_from_id",  "bpf_cgroup_release",   "bpf_get_kmem_cache",
};
enum {
  NUM_NEW,
  NUM_NEXT,
  NUM_DESTROY,
  RCU_LOCK,
  RCU_UNLOCK,
  PREEMPT_OFF,
  PREEMPT_ON,
  TASK_ACQUIRE,
  TASK_RELEASE,
  TASK_FROM_PID,
  KERNEL_CONTEXT,
  DYNPTR_SLICE,
  DYNPTR_SLICE_RDWR,
  DYNPTR_FROM_SKB,
  DYNPTR_FROM_XDP,
  IRQ_SAVE,
  IRQ_RESTORE,
  DYNPTR_ADJUST,
  DYNPTR_IS_NULL,
  DYNPTR_SIZE,
  DYNPTR_CLONE,
  CGROUP_FROM_ID,
  CGROUP_RELEASE,
  KMEM_CACHE,
  random_kfunc_count
};

/* Where programs of these numbers may be attached, beside the others. */
static const struct {
  unsigned type, attach, flags;
  const char* function;
  int ctx_size, usual;
} random_targets[] = {
    {26, 24, 0, "bpf_fentry_test1", 8, 0},
    {26, 24, 0, "bpf_fentry_test3", 24, 0},
    {26, 25, 0, "bpf_fentry_test1", 16, 0},
    {29, 27, 0, "bpf_lsm_file_open", 16, 0},
    {29, 27, SLEEPABLE, "bpf_lsm_file_open", 16, 0},
    {26, 26, 0, "bpf_modify_return_test", 24, 0},
    {31, 0, SLEEPABLE, 0, 64, 0},
    {31, 0, SLEEPABLE, 0, 64, 0},
};

enum { random_target_count = sizeof(random_targets) / sizeof(random_targets[0]) };

static inline void call_kfunc(struct random_maker* m, int which) {
  emit(m, 0x85, 0, 2, 0, which);
}
static inline void stack_address(struct random_maker* m, int reg, int slot) {
  emit(m, 0xbf, reg, 10, 0, 0);
  emit(m, 0x07, reg, 0, 0, -8 * (slot + 1));
}
static inline void forget_slots(struct random_maker* m, int from, int count) {
  for (int i = from; i < from + count; i++) m->written[i] = 0;
}

static inline void numbers_iterator(struct random_maker* m, int depth) {
  const int slot = 20 + (int)random_number(m, 4), reg = saved_register(m);
  int begin, out;
  stack_address(m, 1, slot);
  emit(m, 0xb7, 2, 0, 0, (int)random_number(m, 4));
  emit(m, 0xb7, 3, 0, 0, (int)random_number(m, 12));
  call_kfunc(m, NUM_NEW);
  after_call(m, NUMBER, 0);
  begin = m->p->count;
  stack_address(m, 1, slot);
  call_kfunc(m, NUM_NEXT);
  after_call(m, NOTHING, 0);
  out = m->p->count;
  emit(m, one_in(m, 8) ? 0x16 : 0x15, 0, 0, 0, 0);
  emit(m, one_in(m, 8) ? 0x81 : 0x61, reg, 0, 0, 0);
  set_holds(m, reg, NUMBER, 0);
  for (int i = 1 + (int)random_number(m, 3); i > 0; i--) piece(m, depth + 1);
  emit(m, 0x05, 0, 0, begin - m->p->count - 1, 0);
  if (out < most_random_insns) m->p->insns[out].off = (short)(m->p->count - out - 1);
  memset(m->holds, 0, sizeof(m->holds));
  memset(m->written, 0, sizeof(m->written));
  if (one_in(m, 12)) return;
  stack_address(m, 1, one_in(m, 16) ? slot - 1 : slot);
  call_kfunc(m, NUM_DESTROY);
  after_call(m, NOTHING, 0);
}

/* Enters a region of code, does something, and leaves it. */
static inline void region(struct random_maker* m, int depth) {
  const int kind = (int)random_number(m, 3), slot = 24 + (int)random_number(m, 2);
  if (kind == 2) stack_address(m, 1, slot);
  call_kfunc(m, kind == 0 ? RCU_LOCK : kind == 1 ? PREEMPT_OFF : IRQ_SAVE);
  after_call(m, NOTHING, 0);
  for (int i = (int)random_number(m, 3); i > 0; i--) piece(m, depth + 1);
  if (one_in(m, 12)) return;
  if (kind == 2) stack_address(m, 1, slot);
  call_kfunc(m, kind == 0 ? RCU_UNLOCK : kind == 1 ? PREEMPT_ON : IRQ_RESTORE);
  after_call(m, NOTHING, 0);
}

/* Reads a kernel's object, and what it points to. */
static inline void look_at(struct random_maker* m, int reg, int size) {
  static const int loads[] = {0x61, 0x69, 0x71, 0x79, 0x79, 0x79};
  int from = reg;
  for (int i = 1 + (int)random_number(m, 3); i > 0; i--) {
    const int to = saved_register(m), code = loads[random_number(m, 6)];
    emit(m, code, to, from, (int)random_number(m, (unsigned)size / 4) * 4, 0);
    set_holds(m, to, NOTHING, 0);
    if (to == reg) return;
    if (one_in(m, 3)) {
      exit_if_null(m, to);
    }
    if (one_in(m, 8)) emit(m, 0x7b, from, to, 8 * (int)random_number(m, 8), 0);
    from = one_in(m, 2) ? to : reg;
  }
}

static inline void objects(struct random_maker* m, int depth) {
  const int reg = saved_register(m), context = holder(m, CONTEXT);
  switch (random_number(m, 5)) {
    case 0:
      emit(m, 0x85, 0, 0, 0, 158); /* the current task */
      after_call(m, NOTHING, 0);
      emit(m, 0xbf, reg, 0, 0, 0);
      set_holds(m, reg, NOTHING, 0);
      look_at(m, reg, 3000);
      if (one_in(m, 2)) return;
      emit(m, 0xbf, 1, reg, 0, 0);
      call_kfunc(m, TASK_ACQUIRE);
      after_call(m, NOTHING, 0);
      break;
    case 1:
      emit(m, 0xb7, 1, 0, 0, 1);
      call_kfunc(m, TASK_FROM_PID);
      after_call(m, NOTHING, 0);
      break;
    case 2:
      if (context < 0) return;
      if (context != 1) emit(m, 0xbf, 1, context, 0, 0);
      call_kfunc(m, KERNEL_CONTEXT);
      after_call(m, NOTHING, 0);
      emit(m, 0xbf, reg, 0, 0, 0);
      set_holds(m, reg, NOTHING, 0);
      look_at(m, reg, 240);
      return;
    case 3:
      emit(m, 0xb7, 1, 0, 0, 1);
      call_kfunc(m, CGROUP_FROM_ID);
      after_call(m, NOTHING, 0);
      if (!one_in(m, 8)) exit_if_null(m, 0);
      emit(m, 0xbf, reg, 0, 0, 0);
      set_holds(m, reg, NOTHING, 0);
      look_at(m, reg, 400);
      emit(m, 0xbf, 1, reg, 0, 0);
      call_kfunc(m, CGROUP_RELEASE);
      after_call(m, NOTHING, 0);
      return;
    default: {
      const int value = holder(m, VALUE);
      if (context < 0) return;
      /* what the context points to, as programs of tracing and security see it */
      emit(m, 0x79, reg, context, 8 * (int)random_number(m, 3), 0);
      set_holds(m, reg, NOTHING, 0);
      look_at(m, reg, 200);
      if (value >= 0 && one_in(m, 2)) emit(m, 0x7b, value, reg, 0, 0);
      return;
    }
  }
  if (!one_in(m, 10)) exit_if_null(m, 0);
  emit(m, 0xbf, reg, 0, 0, 0);
  set_holds(m, reg, NOTHING, 0);
  if (one_in(m, 2)) look_at(m, reg, 3000);
  if (one_in(m, 3)) piece(m, depth + 1);
  if (one_in(m, 12)) return;
  emit(m, 0xbf, 1, reg, 0, 0);
  call_kfunc(m, TASK_RELEASE);
  after_call(m, NOTHING, 0);
  if (one_in(m, 6)) look_at(m, reg, 3000);
}

static inline void dynptr_calls(struct random_maker* m) {
  const int slot = 26 + 2 * (int)random_number(m, 2), other = 30, reg = saved_register(m), context = holder(m, CONTEXT),
            value = holder(m, VALUE);
  const int rdwr = one_in(m, 2);
  if (value >= 0 && m->size[value] >= 16 && one_in(m, 2)) {
    emit(m, 0xbf, 1, value, 0, 0);
    emit(m, 0xb7, 2, 0, 0, m->size[value]);
    emit(m, 0xb7, 3, 0, 0, 0);
    stack_address(m, 4, slot);
    emit(m, 0x85, 0, 0, 0, 197);
  } else if (context >= 0) {
    if (context != 1) emit(m, 0xbf, 1, context, 0, 0);
    emit(m, 0xb7, 2, 0, 0, 0);
    stack_address(m, 3, slot);
    call_kfunc(m, m->p->prog_type == 6 ? DYNPTR_FROM_XDP : DYNPTR_FROM_SKB);
  } else {
    return;
  }
  after_call(m, NUMBER, 0);
  forget_slots(m, slot, 2);
  switch (random_number(m, 4)) {
    case 0:
      stack_address(m, 1, slot);
      emit(m, 0xb7, 2, 0, 0, (int)random_number(m, 4));
      emit(m, 0xb7, 3, 0, 0, (int)random_number(m, 16));
      call_kfunc(m, DYNPTR_ADJUST);
      after_call(m, NUMBER, 0);
      break;
    case 1:
      stack_address(m, 1, slot);
      stack_address(m, 2, other);
      call_kfunc(m, DYNPTR_CLONE);
      after_call(m, NUMBER, 0);
      forget_slots(m, other, 2);
      break;
    case 2:
      stack_address(m, 1, slot);
      call_kfunc(m, one_in(m, 2) ? DYNPTR_IS_NULL : DYNPTR_SIZE);
      after_call(m, NUMBER, 0);
      break;
    default:
      break;
  }
  stack_address(m, 1, one_in(m, 4) ? other : slot);
  emit(m, 0xb7, 2, 0, 0, (int)random_number(m, 8));
  if (one_in(m, 3)) {
    emit(m, 0xb7, 3, 0, 0, 0);
  } else {
    stack_address(m, 3, 1);
    emit(m, 0x7a, 10, 0, -8, 0);
    emit(m, 0x7a, 10, 0, -16, 0);
  }
  emit(m, 0xb7, 4, 0, 0, 8 << random_number(m, 2));
  call_kfunc(m, rdwr ? DYNPTR_SLICE_RDWR : DYNPTR_SLICE);
  after_call(m, NOTHING, 0);
  if (!one_in(m, 10)) exit_if_null(m, 0);
  emit(m, 0xbf, reg, 0, 0, 0);
  set_holds(m, reg, SLICE, 8);
  if (rdwr || one_in(m, 6)) emit(m, 0x7a, reg, 0, (int)random_number(m, 2) * 4, 1);
}

/* A callback for each number or element. */
static inline void callback(struct random_maker* m) {
  const int value = holder(m, VALUE), of_map = one_in(m, 2);
  if (m->subprograms >= 4) return;
  if (of_map)
    load_map(m, 1, one_in(m, 2) ? RANDOM_ARRAY : RANDOM_HASH);
  else
    emit(m, 0xb7, 1, 0, 0, 1 + (int)random_number(m, 8));
  m->calls[m->subprograms] = m->p->count;
  emit(m, 0x18, 2, 4, 0, 0);
  emit(m, 0, 0, 0, 0, 0);
  if (value > 2 && one_in(m, 4)) {
    emit(m, 0xbf, 3, value, 0, 0);
    m->arg[m->subprograms] = VALUE | m->size[value] << 4;
  } else {
    emit(m, 0x7a, 10, 0, -8, 0);
    stack_address(m, 3, 0);
    m->written[0] = NUMBER;
    m->arg[m->subprograms] = STACK | 8 << 4;
  }
  m->arg[m->subprograms++] |= of_map ? OF_MAP : OF_LOOP;
  emit(m, 0xb7, 4, 0, 0, 0);
  emit(m, 0x85, 0, 0, 0, of_map ? 164 : 181);
  after_call(m, NUMBER, 0);
  for (int i = 0; i < 64; i++)
    if (m->written[i] != NUMBER) m->written[i] = 0;
}

/* Any helper, with arguments that many take. */
static inline void any_helper(struct random_maker* m) {
  const int context = holder(m, CONTEXT), helper = 1 + (int)random_number(m, 211);
  emit(m, 0x7a, 10, 0, -8, 0);
  emit(m, 0x7a, 10, 0, -16, 0);
  for (int reg = 5; reg >= 2; reg--) {
    switch (random_number(m, 4)) {
      case 0:
        stack_address(m, reg, 1);
        break;
      case 1:
        emit(m, 0xb7, reg, 0, 0, (int)random_number(m, 17));
        break;
      default:
        emit(m, 0xb7, reg, 0, 0, 0);
    }
  }
  switch (random_number(m, 4)) {
    case 0:
      load_map(m, 1, (int)random_number(m, random_map_count));
      break;
    case 1:
      stack_address(m, 1, 1);
      break;
    default:
      if (context > 5) emit(m, 0xbf, 1, context, 0, 0);
  }
  emit(m, 0x85, 0, 0, 0, helper);
  after_call(m, NOTHING, 0);
  m->written[0] = m->written[1] = NUMBER;
}

static inline void piece_with_calls(struct random_maker* m, int depth) {
  switch (random_number(m, 8)) {
    case 0:
      if (depth < 2) numbers_iterator(m, depth);
      break;
    case 1:
      if (depth < 2) region(m, depth);
      break;
    case 2:
    case 3:
      objects(m, depth);
      break;
    case 4:
    case 5:
      dynptr_calls(m);
      break;
    case 6:
      callback(m);
      break;
    default:
      if (one_in(m, 2)) any_helper(m);
  }
}

/* The kernel's functions, by the ids that a kernel's types give them. */
static inline void place_calls(struct random_program* p, const int* ids) {
  for (int i = 0; i < p->count; i++) {
    struct raw_insn* insn = &p->insns[i];
    if (insn->code == 0x85 && insn->registers >> 4 == 2)
      insn->imm = insn->imm >= 0 && insn->imm < random_kfunc_count ? ids[insn->imm] : -1;
    if (insn->code == 0x18) i++;
  }
}

#endif
