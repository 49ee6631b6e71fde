// SPDX-License-Identifier: Apache-2.0
// Ask a kernel which elements LRU maps keep: sequences of updates, deletions and lookups from one or two CPUs.
//
//   lru_rows        prints lru-7.3.txt: a line a map, then what it holds after so many steps ("how many: keys")
//
// tests/loader/lru_rows_test.cpp asks Skep the same and compares. To make the answers again:
//
//   cc -O2 -o lru_rows lru_rows.c && ./vm -k 7.3 -f lru_rows -- ./lru_rows >lru-7.3.txt
//
// Lookups are a program's (a user's do not count as use). Elements are told as ranges of keys; of long ones a digest.
#define _GNU_SOURCE
#include <errno.h>
#include <linux/bpf.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

enum { lru_hash = 9, lru_percpu_hash = 10, no_common_lru = 2, cpus = 2, most_keys = 8192 };
enum how { in_order, again, existing, random_updates, random_mix };

static const struct row {
  unsigned type, entries, flags;
  enum how how;
  unsigned keys, steps, both_cpus;  // the CPU changes after so many steps; 0: never
} rows[] = {
    {lru_hash, 8, 0, in_order, 20, 20, 0},
    {lru_hash, 8, 0, again, 8, 20, 0},
    {lru_hash, 8, 0, existing, 8, 20, 0},
    {lru_hash, 1, 0, in_order, 20, 5, 0},
    {lru_hash, 2, 0, in_order, 20, 5, 1},
    {lru_hash, 3, 0, again, 4, 20, 1},
    {lru_hash, 256, 0, in_order, 600, 600, 0},
    {lru_hash, 256, 0, again, 256, 600, 0},
    {lru_hash, 256, 0, in_order, 600, 600, 7},
    {lru_hash, 2000, 0, in_order, 8000, 8000, 0},
    {lru_hash, 2000, 0, in_order, 8000, 8000, 100},
    {lru_hash, 8, 0, random_mix, 12, 200, 0},
    {lru_hash, 8, 0, random_mix, 12, 200, 3},
    {lru_hash, 64, 0, random_mix, 100, 1000, 0},
    {lru_hash, 64, 0, random_updates, 100, 1000, 5},
    {lru_hash, 64, 0, random_mix, 100, 1000, 5},
    {lru_hash, 1000, 0, random_mix, 3000, 20000, 0},
    {lru_hash, 1000, 0, random_mix, 3000, 20000, 11},
    {lru_hash, 1000, 0, random_mix, 1010, 20000, 200},
    {lru_percpu_hash, 8, 0, in_order, 20, 20, 0},
    {lru_percpu_hash, 8, 0, again, 8, 20, 0},
    {lru_percpu_hash, 8, 0, existing, 8, 20, 0},
    {lru_percpu_hash, 64, 0, random_mix, 100, 1000, 5},
    {lru_percpu_hash, 1000, 0, random_mix, 3000, 20000, 11},
    {lru_hash, 8, no_common_lru, in_order, 20, 20, 0},
    {lru_hash, 7, no_common_lru, in_order, 20, 20, 0},
    {lru_hash, 1, no_common_lru, in_order, 20, 5, 1},
    {lru_hash, 256, no_common_lru, in_order, 600, 600, 0},
    {lru_hash, 256, no_common_lru, again, 256, 600, 7},
    {lru_hash, 64, no_common_lru, random_mix, 100, 1000, 0},
    {lru_hash, 64, no_common_lru, random_mix, 100, 1000, 5},
    {lru_hash, 1000, no_common_lru, random_mix, 1010, 20000, 11},
    {lru_percpu_hash, 65, no_common_lru, random_mix, 100, 1000, 5},
    {lru_percpu_hash, 1000, no_common_lru, random_mix, 3000, 20000, 11},
};

static unsigned long long state;

static unsigned next_number(void) {
  state ^= state << 13, state ^= state >> 7, state ^= state << 17;
  return (unsigned)(state >> 16);
}

static long bpf(int command, union bpf_attr* attr) {
  const long result = syscall(__NR_bpf, command, attr, sizeof(*attr));
  return result < 0 ? -errno : result;
}
static int element(int command, int fd, unsigned key, void* value, unsigned long long flags) {
  union bpf_attr attr;
  memset(&attr, 0, sizeof(attr));
  attr.map_fd = (unsigned)fd, attr.key = (unsigned long)&key, attr.value = (unsigned long)value, attr.flags = flags;
  return (int)bpf(command, &attr);
}

// A program that looks up the key that is its context.
static int program_for(int map) {
  struct bpf_insn insns[] = {
      {0x61, 3, 1, 0, 0},                          // r3 = the key
      {0x63, 10, 3, -4, 0},                        // *(u32 *)(r10 - 4) = r3
      {0xbf, 2, 10, 0, 0},                         // r2 = r10 - 4
      {0x07, 2, 0, 0, -4},  {0x18, 1, 1, 0, map},  // r1 = the map
      {0, 0, 0, 0, 0},      {0x85, 0, 0, 0, 1},    // a lookup
      {0x55, 0, 0, 1, 0},   {0x95, 0, 0, 0, 0},   {0xb7, 0, 0, 0, 1}, {0x95, 0, 0, 0, 0},
  };
  union bpf_attr attr;
  memset(&attr, 0, sizeof(attr));
  attr.prog_type = 31, attr.prog_flags = 1 << 4;  // a system call, which may sleep
  attr.insns = (unsigned long)insns, attr.insn_cnt = sizeof(insns) / sizeof(insns[0]);
  attr.license = (unsigned long)"GPL";
  return (int)bpf(BPF_PROG_LOAD, &attr);
}
static unsigned look_up(int program, unsigned key) {
  union bpf_attr attr;
  memset(&attr, 0, sizeof(attr));
  attr.test.prog_fd = (unsigned)program, attr.test.ctx_in = (unsigned long)&key, attr.test.ctx_size_in = 4;
  return bpf(BPF_PROG_TEST_RUN, &attr) ? 99 : attr.test.retval;
}

static void run_on(int cpu) {
  cpu_set_t set;
  CPU_ZERO(&set);
  CPU_SET(cpu, &set);
  sched_setaffinity(0, sizeof(set), &set);
}

static void show(FILE* out, int map, unsigned keys, unsigned step) {
  char kept[most_keys], text[4000];
  unsigned long long value[cpus * 2], digest = 14695981039346656037ULL;
  unsigned count = 0, length = 0;

  for (unsigned key = 0; key < keys; key++) {
    kept[key] = element(BPF_MAP_LOOKUP_ELEM, map, key, value, 0) == 0;
    count += (unsigned)kept[key];
    digest = (digest ^ (unsigned)kept[key]) * 1099511628211ULL;
  }
  for (unsigned key = 0, end; key < keys && length < sizeof(text) - 40; key = end) {
    for (end = key + 1; end < keys && kept[end] && kept[key]; end++) {
    }
    if (kept[key]) length += (unsigned)sprintf(text + length, end - key > 1 ? " %u-%u" : " %u", key, end - 1);
  }
  text[length] = 0;
  fprintf(out, "  after %u, %u:", step, count);
  length < 400 ? fprintf(out, "%s\n", text) : fprintf(out, " digest %016llx\n", digest);
}

static void ask_row(FILE* out, const struct row* row) {
  unsigned long long value[cpus * 2] = {1, 1, 1, 1};
  const unsigned part = row->steps <= 20 ? 1 : row->steps / 20;
  union bpf_attr attr;
  struct bpf_map_info info;
  int map, program;

  memset(&attr, 0, sizeof(attr)), memset(&info, 0, sizeof(info));
  attr.map_type = row->type, attr.key_size = 4, attr.value_size = 8, attr.max_entries = row->entries,
  attr.map_flags = row->flags;
  map = (int)bpf(BPF_MAP_CREATE, &attr);
  program = program_for(map);
  memset(&attr, 0, sizeof(attr));
  attr.info.bpf_fd = (unsigned)map, attr.info.info_len = sizeof(info), attr.info.info = (unsigned long)&info;
  bpf(BPF_OBJ_GET_INFO_BY_FD, &attr);
  fprintf(out, "type %u, %u entries (%u), flags %u, order %u of %u keys, CPUs change after %u\n", row->type,
          row->entries, info.max_entries, row->flags, row->how, row->keys, row->both_cpus);
  state = 0x9e3779b97f4a7c15ULL ^ (row->entries * 1000003ULL + row->how);
  run_on(0);
  for (unsigned step = 0; step < row->steps; step++) {
    const unsigned key = row->how <= existing ? step % row->keys : next_number() % row->keys;
    const unsigned what = row->how == random_mix ? next_number() % 10 : 0;
    int result;
    if (row->both_cpus) run_on((int)(step / row->both_cpus % cpus));
    if (what < 4)
      result = element(BPF_MAP_UPDATE_ELEM, map, key, value, row->how == existing && step >= row->keys ? 2 : 0);
    else if (what < 7)
      result = (int)look_up(program, key);
    else if (what == 7)
      result = element(BPF_MAP_DELETE_ELEM, map, key, NULL, 0);
    else
      result = element(BPF_MAP_UPDATE_ELEM, map, key, value, what - 7);
    if (row->steps <= 20 && result) fprintf(out, "  %d", result);
    if ((step + 1) % part == 0) show(out, map, row->keys, step + 1);
  }
  close(program);
  close(map);
}

void ask_lru_maps(FILE* out) {
  cpu_set_t before;
  sched_getaffinity(0, sizeof(before), &before);
  for (unsigned i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) ask_row(out, &rows[i]);
  sched_setaffinity(0, sizeof(before), &before);
}

#ifndef ASKED_BY_A_TEST
int main(void) {
  ask_lru_maps(stdout);
  return 0;
}
#endif
