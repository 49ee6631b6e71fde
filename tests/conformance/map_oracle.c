// SPDX-License-Identifier: Apache-2.0
// Ask a kernel what the batch commands of bpf(2) do with maps of every type, and which maps may be inner maps.
//
//   map_oracle        prints map-commands-7.3.txt, a line a question: what was asked, the answers, what was written
//
// tests/loader/map_oracle_test.cpp asks Skep the same and compares. To make the answers again:
//
//   cc -O2 -o map_oracle map_oracle.c && ./vm -k 7.3 -f map_oracle -- ./map_oracle >map-commands-7.3.txt
//
// Keys come in an order that depends on the map's seed, so answers name how many came and whether they are all there.
#define _GNU_SOURCE
#include <errno.h>
#include <linux/bpf.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

static FILE* out;

enum { lookup = 24, lookup_and_delete = 25, update = 26, delete_ = 27 };
enum { guard = 0xaa, buffer_size = 1 << 16 };

struct batch {
  __u64 in, out, keys, values;
  __u32 count, fd;
  __u64 elem_flags, flags;
};
struct kind {
  const char* name;
  unsigned type, key, value, entries, flags, filled;
};

static const struct kind kinds[] = {
    {"hash", 1, 4, 8, 8, 0, 5},
    {"hash-no-prealloc", 1, 4, 8, 8, 1, 5},
    {"hash-16", 1, 16, 8, 8, 0, 5},
    {"hash-2", 1, 2, 8, 8, 0, 5},
    {"hash-one", 1, 4, 8, 1, 0, 1},
    {"hash-empty", 1, 4, 8, 8, 0, 0},
    {"array", 2, 4, 8, 5, 0, 5},
    {"prog_array", 3, 4, 4, 4, 0, 0},
    {"perf_event_array", 4, 4, 4, 4, 0, 0},
    {"percpu_hash", 5, 4, 8, 8, 0, 5},
    {"percpu_hash-5", 5, 4, 5, 8, 0, 5},
    {"percpu_array", 6, 4, 8, 5, 0, 5},
    {"percpu_array-5", 6, 4, 5, 5, 0, 5},
    {"stack_trace", 7, 4, 64, 8, 0, 0},
    {"cgroup_array", 8, 4, 4, 4, 0, 0},
    {"lru_hash", 9, 4, 8, 64, 0, 5},
    {"lru_percpu_hash", 10, 4, 8, 64, 0, 5},
    {"lpm_trie", 11, 8, 8, 8, 1, 5},
    {"array_of_maps", 12, 4, 4, 4, 0, 3},
    {"hash_of_maps", 13, 4, 4, 8, 0, 3},
    {"hash_of_maps-8", 13, 8, 4, 8, 0, 3},
    {"devmap", 14, 4, 4, 4, 0, 0},
    {"sockmap", 15, 4, 4, 4, 0, 0},
    {"cpumap", 16, 4, 4, 4, 0, 0},
    {"xskmap", 17, 4, 4, 4, 0, 0},
    {"sockhash", 18, 4, 4, 4, 0, 0},
    {"reuseport_sockarray", 20, 4, 4, 4, 0, 0},
    {"queue", 22, 0, 8, 8, 0, 0},
    {"stack", 23, 0, 8, 8, 0, 0},
    {"devmap_hash", 25, 4, 4, 4, 0, 0},
    {"ringbuf", 27, 0, 0, 4096, 0, 0},
    {"bloom_filter", 30, 0, 8, 8, 0, 0},
    {"user_ringbuf", 31, 0, 0, 4096, 0, 0},
    {"arena", 33, 0, 0, 4, 1 << 10, 0},
    {"insn_array", 34, 4, 16, 4, 0, 0},
    {"rhash", 35, 4, 8, 8, 1, 5},
};

static unsigned char keys[buffer_size], values[buffer_size], token[64];

static long bpf(int command, void* attr, unsigned size) {
  const long result = syscall(__NR_bpf, command, attr, size);
  return result < 0 ? -errno : result;
}

static int make(const struct kind* kind, int inner, unsigned more_flags) {
  struct {
    __u32 type, key, value, entries, flags, inner;
  } attr = {kind->type, kind->key, kind->value, kind->entries, kind->flags | more_flags, inner};
  return bpf(0, &attr, sizeof attr);
}

static const struct kind inner_kind = {"inner", 2, 4, 4, 1, 0, 0};
static int inner_fd;

static int has_inner(const struct kind* kind) { return kind->type == 12 || kind->type == 13; }

static void key_at(const struct kind* kind, unsigned i, unsigned char* to) {
  memset(to, 0, kind->key);
  if (kind->type == 11) {  // a prefix length, and what it is of
    to[0] = 32;
    to[4] = i + 1;
  } else {
    to[0] = i;
  }
}

static int fill(const struct kind* kind, int fd) {
  for (unsigned i = 0; i < kind->filled; i++) {
    unsigned char key[64] = {0}, value[1024] = {0};
    struct {
      __u32 fd;
      __u64 key, value, flags;
    } attr = {fd, (unsigned long)key, (unsigned long)value, 0};
    key_at(kind, i, key);
    if (has_inner(kind))
      memcpy(value, &inner_fd, 4);
    else
      value[0] = i + 100;
    const long error = bpf(2, &attr, sizeof attr);
    if (error) return error;
  }
  return 0;
}

static int made(const struct kind* kind) {
  const int fd = make(kind, has_inner(kind) ? inner_fd : 0, 0);
  if (fd >= 0) fill(kind, fd);
  return fd;
}

static struct batch batch_of(int fd, void* in, unsigned count) {
  struct batch b = {(unsigned long)in, (unsigned long)token, (unsigned long)keys, (unsigned long)values, count, fd, 0, 0};
  return b;
}

// what a call wrote to the token: how many bytes from the front are not the guard's, as far as it can be seen
static int written(void) {
  int n = 0;
  for (int i = 0; i < (int)sizeof token; i++)
    if (token[i] != guard) n = i + 1;
  return n;
}

static long ask(const char* what, int command, struct batch b) {
  memset(token, guard, sizeof token);
  const unsigned before = b.count;
  const long result = bpf(command, &b, sizeof b);
  fprintf(out, " %s=%ld", what, result);
  if (b.count != before) fprintf(out, "/%u", b.count);
  if (written()) fprintf(out, "+%d", written());
  return result;
}

static void take_turns(const char* name, const struct kind* kind, int command, unsigned step) {
  const int fd = made(kind);
  unsigned total = 0, turns = 0;
  unsigned char at[64] = {0};
  long result = 0;
  unsigned seen = 0;
  int most_written = 0;
  const unsigned wanted = step;
  for (; turns < 40; turns++) {
    struct batch b = batch_of(fd, turns ? at : NULL, step);
    memset(token, guard, sizeof token);
    result = bpf(command, &b, sizeof b);
    if (result == -ENOSPC) {  // as many as one bucket holds
      step++;
      memcpy(at, token, sizeof at);
      continue;
    }
    if (result && result != -ENOENT) break;
    for (unsigned i = 0; i < b.count && kind->key; i++) seen |= 1u << keys[(size_t)i * kind->key + (kind->type == 11 ? 4 : 0)] % 32;
    total += b.count;
    memcpy(at, token, sizeof at);
    if (written() > most_written) most_written = written();
    if (result) break;
  }
  fprintf(out, " %s-by-%u=%ld/%u:%x", name, wanted, result, total, seen);
  if (most_written) fprintf(out, "+%d", most_written);
  close(fd);
}

static int extent(const unsigned char* bytes, int size) {
  int n = 0;
  for (int i = 0; i < size; i++)
    if (bytes[i] != guard) n = i + 1;
  return n;
}

// How much of the caller's memory is a value: what a lookup writes, and whether an update reads past it.
static void ask_sizes(const struct kind* kind) {
  const int fd = made(kind);
  const unsigned long page = 4096;
  unsigned char* end = (unsigned char*)mmap(NULL, 2 * page, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0) + page;
  unsigned char key[64] = {0};
  struct {
    __u32 fd;
    __u64 key, value, flags;
  } attr = {fd, (unsigned long)key, 0, 0};

  munmap(end, page);
  key_at(kind, 0, key);
  fprintf(out, "\n  sizes");
  for (unsigned flags = 0; flags <= 24; flags += 8) {
    memset(values, guard, 4096);
    attr.value = (unsigned long)values, attr.flags = flags;
    const long result = bpf(1, &attr, sizeof attr);
    fprintf(out, " lookup_%u=%ld+%d", flags, result, extent(values, 4096));
    for (unsigned size = 4; size <= 16; size++) {
      memset(end - size, 0, size);
      attr.value = (unsigned long)end - size;
      const long error = bpf(2, &attr, sizeof attr);
      if (error == -EFAULT) continue;
      fprintf(out, " update_%u=%ld-%u", flags, error, size);
      break;
    }
    struct batch b = batch_of(fd, NULL, 100);
    b.elem_flags = flags;
    memset(values, guard, 4096);
    const long batch_result = bpf(lookup, &b, sizeof b);
    fprintf(out, " batch_%u=%ld/%u+%d", flags, batch_result, b.count, extent(values, 4096));
  }
  attr.flags = 8ull | 77ull << 32, attr.value = (unsigned long)values;
  fprintf(out, " far_cpu=%ld/%ld", bpf(1, &attr, sizeof attr), bpf(2, &attr, sizeof attr));
  attr.flags = 77ull << 32;
  fprintf(out, " cpu_without_flag=%ld/%ld", bpf(1, &attr, sizeof attr), bpf(2, &attr, sizeof attr));
  struct batch b = batch_of(fd, NULL, 100);
  b.elem_flags = 8ull | 77ull << 32;
  ask("far_cpu", lookup, b);
  ask("far_cpu", lookup_and_delete, b);
  ask("far_cpu", update, b);
  close(fd);
}

static void ask_map(const struct kind* kind) {
  int fd = made(kind);

  fprintf(out, "%s made=%d", kind->name, fd < 0 ? fd : 0);
  if (fd < 0) {
    fprintf(out, "\n");
    return;
  }
  fprintf(out, "\n  lookup");
  for (int command = lookup; command <= lookup_and_delete; command++) {
    unsigned int big = 0xffffffff, last = 0x00ffffff, zero = 0;
    struct batch b;
    if (command == lookup_and_delete) fprintf(out, "\n  lookup_and_delete");
    ask("none", command, batch_of(fd, NULL, 0));
    b = batch_of(fd, NULL, 1), b.flags = 1;
    ask("flags", command, b);
    for (unsigned flag = 1; flag <= 16; flag *= 2) {
      char name[32];
      snprintf(name, sizeof name, "elem_flags%u", flag);
      b = batch_of(fd, NULL, 0), b.elem_flags = flag;
      ask(name, command, b);
    }
    b = batch_of(fd, NULL, 0), b.elem_flags = 1ull << 32;
    ask("elem_flags_cpu", command, b);
    b = batch_of(fd, NULL, 100), b.out = 1;
    ask("bad_out", command, b);
    if (command == lookup_and_delete) close(fd), fd = made(kind);
    b = batch_of(fd, NULL, 100), b.out = 0;
    ask("no_out", command, b);
    if (command == lookup_and_delete) close(fd), fd = made(kind);
    b = batch_of(fd, NULL, 100), b.keys = 1;
    ask("bad_keys", command, b);
    if (command == lookup_and_delete) close(fd), fd = made(kind);
    b = batch_of(fd, NULL, 100), b.values = 1;
    ask("bad_values", command, b);
    if (command == lookup_and_delete) close(fd), fd = made(kind);
    b = batch_of(fd, NULL, 1), b.in = 1;
    ask("bad_in", command, b);
    ask("in_max", command, batch_of(fd, &big, 100));
    ask("in_far", command, batch_of(fd, &last, 100));
    if (command == lookup && kind->type != 35) ask("in_zero", command, batch_of(fd, &zero, 100));
    b = batch_of(fd, NULL, 100), b.fd = 9999;
    ask("bad_fd", command, b);
    ask("all", command, batch_of(fd, NULL, 100));
    close(fd), fd = made(kind);
  }
  fprintf(out, "\n  turns");
  for (unsigned step = 1; step <= 64; step *= 2) {
    take_turns("lookup", kind, lookup, step);
    if (kind->type == 35 && step < kind->filled) continue;  // 7.3 loses elements when the table shrinks meanwhile
    take_turns("lookup_and_delete", kind, lookup_and_delete, step);
  }
  fprintf(out, "\n  update");
  {
    struct batch b;
    memset(keys, 0, sizeof keys);
    memset(values, 0, sizeof values);
    for (unsigned i = 0; i < 2; i++) {
      key_at(kind, i, keys + (size_t)i * kind->key);
      if (has_inner(kind)) memcpy(values + i * 4, &inner_fd, 4);
    }
    ask("none", update, batch_of(fd, NULL, 0));
    b = batch_of(fd, NULL, 0), b.in = 1;
    ask("in", update, b);
    ask("two", update, batch_of(fd, NULL, 2));
    b = batch_of(fd, NULL, 2), b.flags = 1;
    ask("flags", update, b);
    for (unsigned flag = 1; flag <= 16; flag *= 2) {
      char name[32];
      snprintf(name, sizeof name, "elem_flags%u", flag);
      b = batch_of(fd, NULL, 2), b.elem_flags = flag;
      ask(name, update, b);
    }
    b = batch_of(fd, NULL, 2), b.keys = 1;
    ask("bad_keys", update, b);
    b = batch_of(fd, NULL, 2), b.values = 1;
    ask("bad_values", update, b);
    fprintf(out, "\n  delete");
    ask("none", delete_, batch_of(fd, NULL, 0));
    b = batch_of(fd, NULL, 2), b.flags = 1;
    ask("flags", delete_, b);
    for (unsigned flag = 1; flag <= 16; flag *= 2) {
      char name[32];
      snprintf(name, sizeof name, "elem_flags%u", flag);
      b = batch_of(fd, NULL, 0), b.elem_flags = flag;
      ask(name, delete_, b);
    }
    b = batch_of(fd, NULL, 2), b.keys = 1;
    ask("bad_keys", delete_, b);
    ask("two", delete_, batch_of(fd, NULL, 2));
    ask("again", delete_, batch_of(fd, NULL, 2));
  }
  fprintf(out, "\n  access");
  for (unsigned flag = 1 << 3; flag <= 1 << 4; flag *= 2) {  // read-only and write-only descriptors
    const int other = make(kind, has_inner(kind) ? inner_fd : 0, flag);
    fprintf(out, " %s=%d", flag == 8 ? "rdonly" : "wronly", other < 0 ? other : 0);
    if (other < 0) continue;
    ask("lookup", lookup, batch_of(other, NULL, 0));
    ask("lookup_and_delete", lookup_and_delete, batch_of(other, NULL, 0));
    ask("update", update, batch_of(other, NULL, 0));
    ask("delete", delete_, batch_of(other, NULL, 0));
    close(other);
  }
  if (kind->type == 5 || kind->type == 6 || kind->type == 1 || kind->type == 2) ask_sizes(kind);
  fprintf(out, "\n  frozen");
  __u32 freeze = fd;
  fprintf(out, " freeze=%ld", bpf(22, &freeze, 4));
  ask("lookup", lookup, batch_of(fd, NULL, 0));
  ask("lookup_and_delete", lookup_and_delete, batch_of(fd, NULL, 0));
  ask("update", update, batch_of(fd, NULL, 0));
  ask("delete", delete_, batch_of(fd, NULL, 0));
  fprintf(out, "\n");
  close(fd);
}

static void ask_inner(void) {
  fprintf(out, "inner\n");
  for (unsigned i = 0; i < sizeof kinds / sizeof kinds[0]; i++) {
    const struct kind* kind = &kinds[i];
    const struct kind array = {"array", 12, 4, 4, 4, 0, 0}, hash = {"hash", 13, 4, 4, 4, 0, 0};
    const int fd = make(kind, has_inner(kind) ? inner_fd : 0, 0);
    if (fd < 0) continue;
    const int in_array = make(&array, fd, 0), in_hash = make(&hash, fd, 0);
    fprintf(out, "  %s in_array=%d in_hash=%d", kind->name, in_array < 0 ? in_array : 0, in_hash < 0 ? in_hash : 0);
    if (in_array >= 0) {  // the map itself, and one of twice as many entries
      for (unsigned times = 1; times <= 2; times++) {
        struct kind other_kind = *kind;
        other_kind.entries *= times;
        const int other = make(&other_kind, 0, 0);
        __u32 key = 0;
        struct {
          __u32 fd;
          __u64 key, value, flags;
        } attr = {in_array, (unsigned long)&key, (unsigned long)&other, 0};
        fprintf(out, " put_%u=%ld", times, bpf(2, &attr, sizeof attr));
        close(other);
      }
    }
    fprintf(out, "\n");
    close(in_array);
    close(in_hash);
    close(fd);
  }
  for (unsigned type = 12; type <= 13; type++) {
    const struct kind kind = {"", type, 4, 4, 4, 0, 0};
    fprintf(out, "  of_%u", type);
    fprintf(out, " no_inner=%d", make(&kind, 0, 0));
    fprintf(out, " closed=%d", make(&kind, 9999, 0));
    fprintf(out, " minus_one=%d\n", make(&kind, -1, 0));
  }
}

void ask_kernel(FILE* to) {
  out = to;
  inner_fd = make(&inner_kind, 0, 0);
  for (unsigned i = 0; i < sizeof kinds / sizeof kinds[0]; i++) ask_map(&kinds[i]);
  ask_inner();
  close(inner_fd);
}

#ifndef ASKED_BY_A_TEST
int main(void) {
  ask_kernel(stdout);
  return 0;
}
#endif
