// SPDX-License-Identifier: Apache-2.0
// Ask a kernel what becomes of 100,000 operations on a map of each type, chosen by a fixed sequence of numbers.
//
//   map_operations        prints map-operations-7.3.txt: under each map how often each operation gave each result, and
//                         a digest of all results and values after each 10,000
//
// tests/loader/map_operations_test.cpp asks Skep the same and compares. To make the answers again:
//
//   cc -O2 -o map_operations map_operations.c && ./vm -k 7.3 -t 3000 -f map_operations -- ./map_operations
//   >map-operations-7.3.txt
//
// What differs from run to run is left out of the digest: the order of keys in hash maps, numbers of inner maps. LRU
// maps get fewer keys than they have room for.
#define _GNU_SOURCE
#include <errno.h>
#include <linux/bpf.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

enum { operations = 100000, part = 10000, most_value = 64, cpus = 2 };
enum traits { ordered = 1, per_cpu = 2, no_key = 4, inner = 8, prefixes = 16, devices = 32, only_pushed = 64 };

static const struct kind {
  const char* name;
  unsigned type, key, value, entries, flags, keys, traits;
} kinds[] = {
    {"hash", 1, 4, 8, 32, 0, 40, 0},
    {"hash-no-prealloc", 1, 8, 16, 32, 1, 40, 0},
    {"hash-rdonly", 1, 4, 8, 32, 1 << 3, 40, 0},
    {"array", 2, 4, 12, 16, 0, 20, ordered},
    {"percpu_hash", 5, 4, 5, 32, 0, 40, per_cpu},
    {"percpu_array", 6, 4, 12, 16, 0, 20, ordered | per_cpu},
    {"lru_hash", 9, 4, 8, 1024, 0, 40, 0},
    {"lru_percpu_hash", 10, 4, 8, 1024, 0, 40, per_cpu},
    {"lpm_trie", 11, 8, 8, 64, 1, 40, prefixes},
    {"array_of_maps", 12, 4, 4, 16, 0, 20, ordered | inner},
    {"hash_of_maps", 13, 4, 4, 16, 0, 20, inner},
    {"devmap", 14, 4, 8, 16, 0, 20, ordered | devices},
    {"devmap-4", 14, 4, 4, 16, 0, 20, ordered | devices},
    {"cpumap", 16, 4, 8, 16, 0, 20, ordered | devices},
    {"queue", 22, 0, 8, 16, 0, 1, no_key},
    {"stack", 23, 0, 8, 16, 0, 1, no_key},
    {"devmap_hash", 25, 4, 8, 16, 0, 20, devices},
    {"bloom_filter", 30, 0, 8, 64, 0, 1, no_key | only_pushed},
    {"prog_array", 3, 4, 4, 16, 0, 20, ordered | inner},
    {"perf_event_array", 4, 4, 4, 16, 0, 20, ordered | inner},
    {"stack_trace", 7, 4, 64, 16, 0, 20, ordered},
    {"cgroup_array", 8, 4, 4, 16, 0, 20, ordered | inner},
    {"sockmap", 15, 4, 4, 16, 0, 20, ordered | inner},
    {"xskmap", 17, 4, 4, 16, 0, 20, ordered | inner},
    {"sockhash", 18, 4, 4, 16, 0, 20, ordered | inner},
    {"reuseport_sockarray", 20, 4, 4, 16, 0, 20, ordered | inner},
    {"ringbuf", 27, 0, 0, 4096, 0, 1, no_key},
    {"user_ringbuf", 31, 0, 0, 4096, 0, 1, no_key},
    {"rhash", 35, 4, 8, 32, 1, 40, 0},
};

static FILE* out;
static unsigned long long state, digest;

static unsigned next_number(void) {
  state ^= state << 13, state ^= state >> 7, state ^= state << 17;
  return (unsigned)(state >> 16);
}
static void note(const void* bytes, unsigned size) {
  for (unsigned i = 0; i < size; i++) digest = (digest ^ ((const unsigned char*)bytes)[i]) * 1099511628211ull;
}

static long bpf(int command, void* attr, unsigned size) {
  const long result = syscall(__NR_bpf, command, attr, size);
  return result < 0 ? -errno : result;
}
static int create(unsigned type, unsigned key, unsigned value, unsigned entries, unsigned flags, int inner_fd) {
  union bpf_attr attr;
  memset(&attr, 0, sizeof attr);
  attr.map_type = type, attr.key_size = key, attr.value_size = value, attr.max_entries = entries,
  attr.map_flags = flags;
  if (type == 12 || type == 13) attr.inner_map_fd = inner_fd;
  if (type == 30) attr.map_extra = 3;
  return bpf(BPF_MAP_CREATE, &attr, sizeof attr);
}

enum { most_results = 16 };
struct count {
  long result;
  unsigned times;
};
static void tally(struct count* counts, long result) {
  for (int i = 0; i < most_results; i++) {
    if (counts[i].times != 0 && counts[i].result != result) continue;
    counts[i].result = result, counts[i].times++;
    return;
  }
}

static void choose_key(const struct kind* kind, unsigned char* key) {
  memset(key, 0, 16);
  unsigned number = next_number() % kind->keys;
  if (kind->traits & prefixes) {
    const unsigned length = number % 17 * 2;
    memcpy(key, &length, 4);
    key[4] = (unsigned char)(number * 37), key[5] = (unsigned char)(next_number() % 4 << 6);
  } else {
    memcpy(key, &number, 4);
  }
}
static void choose_value(const struct kind* kind, int inner_fd, unsigned char* value) {
  for (unsigned i = 0; i < most_value; i += 4) {
    const unsigned number = next_number();
    memcpy(value + i, &number, 4);
  }
  if (kind->traits & inner) {
    const int fd = next_number() % 8 ? inner_fd : -1;
    memcpy(value, &fd, 4);
  }
  if (kind->traits & devices) {
    const unsigned numbers[] = {0, 1, 1, 1, 77, 16384, 16385, 5}, number = numbers[next_number() % 8], none = 0;
    memcpy(value, &number, 4), memcpy(value + 4, &none, 4);
  }
}
static unsigned long long choose_flags(const struct kind* kind) {
  static const unsigned flags[] = {0, 0, 0, 0, 0, 1, 1, 2, 2, 3, 4, 5, 64, 8, 16, 24};
  unsigned long long chosen = flags[next_number() % 16];
  if (kind->traits & per_cpu) {
    const unsigned how = next_number() % 8;
    if (how < 3) chosen = 8 | (unsigned long long)how << 32;  // two CPUs, and one that there is not
    if (how == 3) chosen = 16;
  }
  return chosen;
}

static unsigned most;

static void ask_about(const struct kind* kind) {
  const int template = create(2, 4, 8, 1, 0, 0),
            fd = create(kind->type, kind->key, kind->value, kind->entries, kind->flags, template);
  fprintf(out, "%s made=%d\n", kind->name, fd < 0 ? fd : 0);
  if (fd < 0) return;
  static const char* const names[] = {"lookup", "update", "delete", "next", "take"};
  static const int commands[] = {BPF_MAP_LOOKUP_ELEM, BPF_MAP_UPDATE_ELEM, BPF_MAP_DELETE_ELEM, BPF_MAP_GET_NEXT_KEY,
                                 BPF_MAP_LOOKUP_AND_DELETE_ELEM};
  struct count counts[5][most_results];
  memset(counts, 0, sizeof counts);
  const unsigned shown = kind->traits & per_cpu ? (kind->value + 7) / 8 * 8 * cpus : kind->value;
  digest = 14695981039346656037ull;
  state = 88172645463325252ull + kind->type;
  for (unsigned i = 1; i <= most; i++) {
    static const unsigned char weights[] = {0, 0, 0, 1, 1, 1, 1, 2, 3, 4};
    unsigned what = weights[next_number() % sizeof weights];
    unsigned char key[16], value[most_value], next[16] = {0};
    choose_key(kind, key);
    choose_value(kind, template, value);
    const unsigned long long flags = choose_flags(kind);
    const int first = what == 3 && next_number() % 8 == 0;
    if (kind->traits & only_pushed) what = 1;
    union bpf_attr attr;
    memset(&attr, 0, sizeof attr);
    attr.map_fd = (unsigned)fd;
    attr.key = kind->traits & no_key || first ? 0 : (unsigned long)key;
    if (what == 3)
      attr.next_key = (unsigned long)next;
    else if (what != 2)
      attr.value = (unsigned long)value;
    if (what != 3 && what != 2) attr.flags = flags;
    if (what == 0 || what == 4) memset(value, 0, sizeof value);
    const long result = bpf(commands[what], &attr, sizeof attr);
    // Which key is the last depends on the order.
    const int known = what != 3 || kind->traits & ordered;
    if (known) tally(counts[what], result);
    if (known) note(&what, sizeof what), note(&result, sizeof result);
    const int gives = result == 0 && (what == 0 || what == 4) && !(kind->traits & inner);
    if (gives) note(value, flags & 8 && kind->traits & per_cpu ? kind->value : shown);
    if (result == 0 && what == 3 && kind->traits & ordered) note(next, kind->key);
    if (i % part == 0) fprintf(out, "  after %u: %016llx\n", i, digest);
  }
  for (unsigned what = 0; what < 5; what++) {
    fprintf(out, "  %s", names[what]);
    for (int i = 0; i < most_results && counts[what][i].times != 0; i++)
      fprintf(out, " %ld:%u", counts[what][i].result, counts[what][i].times);
    fprintf(out, "\n");
  }
  close(fd), close(template);
}

void operate_on_maps(FILE* to, unsigned count) {
  out = to, most = count;
  for (unsigned i = 0; i < sizeof kinds / sizeof *kinds; i++) ask_about(&kinds[i]);
}

#ifndef ASKED_BY_A_TEST
int main(void) {
  operate_on_maps(stdout, operations);
  return 0;
}
#endif
