// SPDX-License-Identifier: Apache-2.0
// Ask a kernel what the programs of BPF objects do with generated inputs.
//
//   run_oracle SHIFT LIST        LIST: a line a program, "FILE PROGRAM"; SHIFT: that many process ids are used up first
//
// Each program is loaded alone, in a process of its own, and given 8 test runs: packets, contexts or both, as its type
// takes them. A program that traces is attached first where it traces the functions that exist for test runs, and
// nowhere else. Of each run a line tells the error, the return value, the packet and the context that came back, and at
// the end of each map what it holds:
//
//   = OBJECT.PROGRAM
//   N: ERROR RETVAL data SIZE WORDS context SIZE WORDS      only what came back; WORDS: "INDEX:HEX" of 8 bytes each, of
//                                                           which a packet has those that differ from the one given
//   map NAME KEY: WORDS                                     a line an element that is not all zeros, or a record of a
//   ring
//
// Not shown are maps whose values are numbers of other objects, which have no two times the same: of these only the
// keys. Built twice from this one source: for a real kernel, and on Skep (target run-oracle); scripts/compare-run
// compares.
#define _GNU_SOURCE
#include <bpf/bpf.h>
#include <bpf/btf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <sched.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

enum {
  inputs = 8,
  most_data = 4096,
  most_elements = 64,
  most_words = 512,
  cpus = 2,
  no_test_run = -524,
  netfilter = 32
};

static unsigned long long state;

static unsigned next_number(void) {
  state ^= state << 13, state ^= state >> 7, state ^= state << 17;
  return (unsigned)(state >> 16);
}

static int silent(enum libbpf_print_level of, const char* format, va_list list) {
  if (getenv("RUN_ORACLE_LOUD")) vfprintf(stderr, format, list);
  return (void)of, 0;
}

static void words(const void* bytes, size_t size, const void* but) {
  unsigned shown = 0;
  unsigned long long rest = 14695981039346656037ULL;

  for (size_t at = 0; at < size; at += 8) {
    const size_t part = size - at < 8 ? size - at : 8;
    unsigned long long word = 0, before = 0;

    memcpy(&word, (const char*)bytes + at, part);
    if (but) memcpy(&before, (const char*)but + at, part);
    if (word == before) continue;
    if (shown++ < most_words)
      printf(" %zx:%llx", at / 8, word);
    else
      rest = (rest ^ word ^ at) * 1099511628211ULL;
  }
  if (shown > most_words) printf(" rest:%llx", rest);
}

// A packet: what its other bytes are, and how long it is, is the number's.
static unsigned packet_of(unsigned number, unsigned char* to) {
  static const unsigned sizes[inputs] = {64, 74, 100, 96, 64, 1500, 42, 128};
  static const unsigned char macs[12] = {2, 0, 0, 0, 0, 1, 2, 0, 0, 0, 0, 2};
  const unsigned size = sizes[number];
  unsigned char* ip = to + 14;

  memset(to, 0, size);
  if (number == 0) return size;
  state = 0x9e3779b97f4a7c15ULL * (number + 1);
  for (unsigned i = 0; i < size; i++) to[i] = (unsigned char)next_number();
  if (number == 4) return size;
  memcpy(to, macs, sizeof(macs));
  if (number == 3) {  // a VLAN's tag
    to[12] = 0x81, to[13] = 0, to[14] = 0, to[15] = 5;
    ip += 4;
  }
  ip[-2] = number == 2 ? 0x86 : 0x08, ip[-1] = number == 2 ? 0xdd : 0;
  if (number == 2) {
    ip[0] = 0x60, ip[1] = ip[2] = ip[3] = 0;
    ip[4] = 0, ip[5] = (unsigned char)(size - 54), ip[6] = 17, ip[7] = 64;
    memset(ip + 8, 0, 32);
    ip[23] = ip[39] = 1;
  } else {
    const unsigned length = size - (unsigned)(ip - to);
    ip[0] = number == 7 ? 0x46 : 0x45, ip[1] = 0, ip[2] = (unsigned char)(length >> 8), ip[3] = (unsigned char)length;
    ip[4] = 0, ip[5] = 1, ip[6] = 0x40, ip[7] = 0, ip[8] = 64, ip[9] = number == 1 || number == 5 ? 6 : 17;
    ip[12] = ip[16] = 127, ip[13] = ip[14] = ip[17] = ip[18] = 0, ip[15] = ip[19] = 1;
  }
  return size;
}

// The words of a context that is no packet's.
static void context_of(unsigned number, unsigned long long* to, unsigned count) {
  state = 0x2545f4914f6cdd1dULL + number;
  for (unsigned i = 0; i < count; i++) to[i] = number == 0 ? 0 : next_number() % (number < 4 ? 16 : 65536);
}

static void show_run(const struct bpf_test_run_opts* run, int error, unsigned number, const void* packet) {
  printf("%u: %d %x", number, error, run->retval);
  if (run->data_out && error == 0) {
    printf(" data %u", run->data_size_out);
    words(run->data_out, run->data_size_out < most_data ? run->data_size_out : most_data,
          run->data_size_out == run->data_size_in ? packet : NULL);
  }
  if (run->ctx_out && error == 0) {
    printf(" context %u", run->ctx_size_out);
    words(run->ctx_out, run->ctx_size_out, NULL);
  }
  putchar('\n');
}

// False: programs of this type have no test runs.
static bool run_on(int fd, unsigned type, unsigned number) {
  static unsigned char packet[most_data], out[most_data + 64], context_out[512];
  static unsigned long long context[16];
  struct __sk_buff skb = {};
  struct xdp_md xdp = {};
  struct bpf_sk_lookup lookup = {};
  LIBBPF_OPTS(bpf_test_run_opts, run);
  int error;

  memset(packet, 0, sizeof(packet)), memset(out, 0, sizeof(out)), memset(context_out, 0, sizeof(context_out));
  switch (type) {
    case BPF_PROG_TYPE_TRACING:
    case BPF_PROG_TYPE_STRUCT_OPS:
    case BPF_PROG_TYPE_EXT:
      break;
    case BPF_PROG_TYPE_RAW_TRACEPOINT:
    case BPF_PROG_TYPE_RAW_TRACEPOINT_WRITABLE:
    case BPF_PROG_TYPE_SYSCALL:
      context_of(number, context, 12);
      run.ctx_in = context, run.ctx_size_in = 96;
      break;
    case BPF_PROG_TYPE_SK_LOOKUP:
      lookup.family = number & 1 ? 10 : 2;
      lookup.protocol = number & 2 ? 17 : 6;
      lookup.local_port = 100 * number;
      lookup.remote_port = 0x100 * number;
      lookup.local_ip4 = number & 1 ? 0 : 0x0100007f;
      if (number & 1) lookup.local_ip6[3] = 0x01000000;
      run.ctx_in = &lookup, run.ctx_size_in = sizeof(lookup);
      run.ctx_out = context_out, run.ctx_size_out = sizeof(lookup);
      break;
    default:
      run.data_in = packet, run.data_size_in = packet_of(number, packet);
      run.data_out = out, run.data_size_out = most_data;
      run.repeat = number == 7 ? 2 : 1;
      if (type == BPF_PROG_TYPE_XDP) {
        xdp.data = number == 3 ? 8 : 0, xdp.data_end = run.data_size_in;
        if (number & 1) run.ctx_in = &xdp, run.ctx_size_in = sizeof(xdp);
        run.ctx_out = context_out, run.ctx_size_out = sizeof(xdp);
      } else if (type != BPF_PROG_TYPE_FLOW_DISSECTOR && type != netfilter) {
        skb.mark = number, skb.priority = 2 * number, skb.cb[0] = 3 * number, skb.cb[4] = 0x1234567,
        skb.tstamp = 1000 + number;
        if (number == 5) skb.gso_segs = 2, skb.gso_size = 1000, skb.wire_len = 3000;
        if (number & 1) run.ctx_in = &skb, run.ctx_size_in = sizeof(skb);
        run.ctx_out = context_out, run.ctx_size_out = sizeof(skb);
      }
  }
  error = bpf_prog_test_run_opts(fd, &run);
  if (error == no_test_run) return printf("none\n"), false;
  if (type == BPF_PROG_TYPE_SYSCALL || type == BPF_PROG_TYPE_RAW_TRACEPOINT_WRITABLE)  // it is changed in place
    run.ctx_out = context, run.ctx_size_out = 96;
  show_run(&run, error, number, packet);
  return true;
}

static int show_record(void* name, void* data, size_t size) {
  printf("map %s record %zu:", (const char*)name, size);
  words(data, size, NULL);
  putchar('\n');
  return 0;
}

// Whose elements belong to other objects, or that have none to look up. Older headers have no names for all of these.
static bool is_storage(unsigned type) {
  return type == 19 || type == 21 || type == 24 || type == 28 || type == 29 || type == 32;  // of sockets, cgroups, ...
}
static bool has_no_elements(unsigned type) {
  return is_storage(type) || type == 26 || type == 30 || type == 31 ||
         type == 33;  // struct_ops, bloom, user_ring, arena
}

static bool holds_objects(unsigned type) {
  switch (type) {
    case BPF_MAP_TYPE_PROG_ARRAY:
    case BPF_MAP_TYPE_PERF_EVENT_ARRAY:
    case BPF_MAP_TYPE_CGROUP_ARRAY:
    case BPF_MAP_TYPE_ARRAY_OF_MAPS:
    case BPF_MAP_TYPE_HASH_OF_MAPS:
    case BPF_MAP_TYPE_SOCKMAP:
    case BPF_MAP_TYPE_SOCKHASH:
    case BPF_MAP_TYPE_REUSEPORT_SOCKARRAY:
    case BPF_MAP_TYPE_XSKMAP:
    case BPF_MAP_TYPE_STACK_TRACE:
      return true;
    default:
      return false;
  }
}

struct element {
  unsigned char *key, *value;
};
static size_t compared_bytes;
static int by_key(const void* a, const void* b) {
  return memcmp(((const struct element*)a)->key, ((const struct element*)b)->key, compared_bytes);
}

static void show_map(struct bpf_map* map) {
  static struct element elements[most_elements * 1024];
  const unsigned type = bpf_map__type(map);
  const char* name = bpf_map__name(map);
  const bool per_cpu =
      type == BPF_MAP_TYPE_PERCPU_HASH || type == BPF_MAP_TYPE_PERCPU_ARRAY || type == BPF_MAP_TYPE_LRU_PERCPU_HASH;
  const size_t key_size = bpf_map__key_size(map);
  const size_t value_size = per_cpu ? (bpf_map__value_size(map) + 7) / 8 * 8 * cpus : bpf_map__value_size(map);
  unsigned char* value = calloc(1, value_size + 8);
  unsigned char *key = calloc(1, key_size + 8), *next = calloc(1, key_size + 8);
  const int fd = bpf_map__fd(map);
  unsigned count = 0;

  if (fd < 0 || strstr(name, ".rodata") || strstr(name, ".kconfig") || has_no_elements(type)) return;
  switch (type) {
    case BPF_MAP_TYPE_RINGBUF: {
      struct ring_buffer* ring = ring_buffer__new(fd, show_record, (void*)name, NULL);
      if (ring) ring_buffer__consume(ring);
      ring_buffer__free(ring);
      return;
    }
    case BPF_MAP_TYPE_QUEUE:
    case BPF_MAP_TYPE_STACK:
      while (count++ < most_elements && bpf_map_lookup_and_delete_elem(fd, NULL, value) == 0) {
        printf("map %s record:", name);
        words(value, value_size, NULL);
        putchar('\n');
      }
      return;
    default:
      break;
  }
  for (int more = bpf_map_get_next_key(fd, NULL, next); more == 0 && count < most_elements * 1024;
       more = bpf_map_get_next_key(fd, key, next)) {
    memcpy(key, next, key_size);
    memset(value, 0, value_size);
    if (bpf_map_lookup_elem(fd, key, value)) continue;
    if (holds_objects(type)) memset(value, 1, value_size);
    bool any = type != BPF_MAP_TYPE_ARRAY && type != BPF_MAP_TYPE_PERCPU_ARRAY;
    for (size_t i = 0; i < value_size && !any; i++) any = value[i] != 0;
    if (!any) continue;
    elements[count].key = memcpy(malloc(key_size), key, key_size);
    elements[count++].value = memcpy(malloc(value_size), value, value_size);
  }
  compared_bytes = key_size;
  qsort(elements, count, sizeof(elements[0]), by_key);
  if (count > most_elements) printf("map %s elements: %u\n", name, count);
  for (unsigned i = 0; i < count && i < most_elements; i++) {
    printf("map %s ", name);
    for (size_t k = 0; k < key_size; k++) printf("%02x", elements[i].key[k]);
    putchar(':');
    words(elements[i].value, value_size, NULL);
    putchar('\n');
  }
}

static bool is_auxiliary(const struct btf* btf, const char* name) {
  const int func = btf ? btf__find_by_name_kind(btf, name, BTF_KIND_FUNC) : -1;

  for (__u32 i = 1; func > 0 && i < btf__type_cnt(btf); i++) {
    const struct btf_type* t = btf__type_by_id(btf, i);
    if (btf_is_decl_tag(t) && (int)t->type == func && strstr(btf__name_by_offset(btf, t->name_off), ":test_auxiliary"))
      return true;
  }
  return false;
}

// Its functions are called by test runs and by nothing else.
static bool is_of_test_runs(const char* section) {
  const char* target = strchr(section, '/');
  return target && (!strncmp(target + 1, "bpf_fentry_test", 15) || !strncmp(target + 1, "bpf_modify_return_test", 22));
}

int ask_program(const char* path, const char* name) {
  const char* base = strrchr(path, '/') ? strrchr(path, '/') + 1 : path;
  struct bpf_object* object;
  struct bpf_program *each, *program = NULL;
  struct bpf_map* map;
  cpu_set_t first;

  libbpf_set_print(silent);
  CPU_ZERO(&first);
  CPU_SET(0, &first);
  sched_setaffinity(0, sizeof(first), &first);
  printf("= %.*s.%s\n", (int)(strlen(base) - strlen(".bpf.o")), base, name);
  fflush(stdout);
  object = bpf_object__open_file(path, NULL);
  if (!object) return printf("not opened\n"), 1;
  bpf_object__for_each_program(each, object) {
    const bool wanted = !strcmp(bpf_program__name(each), name);
    bpf_program__set_autoload(each, wanted || is_auxiliary(bpf_object__btf(object), bpf_program__name(each)));
    if (wanted) program = each;
  }
  bpf_object__for_each_map(map, object) {
    const unsigned type = bpf_map__type(map);
    if (type == BPF_MAP_TYPE_STRUCT_OPS)
      bpf_map__set_autocreate(map, program && bpf_program__type(program) == BPF_PROG_TYPE_STRUCT_OPS);
    else if (!is_storage(type) && !bpf_map__max_entries(map))
      bpf_map__set_max_entries(map, 4096);  // storages must say 0
  }
  if (!program || bpf_object__load(object)) return printf("not loaded\n"), 1;
  if (bpf_program__type(program) == BPF_PROG_TYPE_TRACING && is_of_test_runs(bpf_program__section_name(program)) &&
      !bpf_program__attach(program))
    printf("not attached\n");
  for (unsigned i = 0; i < inputs; i++)
    if (!run_on(bpf_program__fd(program), bpf_program__type(program), i)) return 0;
  usleep(20000);  // for what it left to be done
  bpf_object__for_each_map(map, object) show_map(map);
  return 0;
}

// The list's programs, each in a process of its own; `ask` is what happens there.
int ask_list(const char* list, int (*ask)(const char* path, const char* name)) {
  FILE* lines = fopen(list, "r");
  char path[1024], name[256];

  if (!lines) return perror(list), 1;
  while (fscanf(lines, "%1023s %255s", path, name) == 2) {
    int status = 0;
    fflush(stdout);
    const pid_t child = fork();
    if (child == 0) {
      alarm(20);
      ask(path, name);
      fflush(stdout);
      _exit(0);
    }
    waitpid(child, &status, 0);
    if (status) printf("died: %x\n", status);
  }
  fclose(lines);
  return 0;
}

#ifndef RUNS_ON_SKEP
int main(int argc, char** argv) {
  if (argc != 3) return fprintf(stderr, "run_oracle SHIFT LIST\n"), 2;
  setvbuf(stdout, NULL, _IOFBF, 1 << 20);
  for (int i = atoi(argv[1]); i > 0; i--) {
    const pid_t child = fork();
    if (child == 0) _exit(0);
    waitpid(child, NULL, 0);
  }
  return ask_list(argv[2], ask_program);
}
#endif
