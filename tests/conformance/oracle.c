// SPDX-License-Identifier: Apache-2.0
// Ask the running Linux kernel what it makes of every program in each given .bpf.o.
//
//   oracle OBJECT...                      the verdicts, as below
//   oracle -v|-vv OBJECT [PROGRAM]...     the verifier's whole log, at level 1 or 2
//
// Each program is loaded alone and never attached: all others are switched off, and left out of the struct_ops tables and
// the prog arrays that the object fills with them. One JSON line per program:
//   object, program, section, type      where it is and its BPF program type
//   expect, messages, not_messages,      what the object itself asks for in its "comment:test_*" (6.12) or
//   retval, unpriv                       "comment:N:test_*" (7.x) declaration tags; {{...}} is a regular expression
//   verdict, errno                       accept | reject | refused-before-verification (no verifier log was written)
//   processed, usec                      instructions the verifier walked, and its time with statistics-only logging
//   run_retval                           what BPF_PROG_TEST_RUN returned, where the object asks for a retval
//   loader                               libbpf's first warning, where it was refused before verification
//   tail                                 the last lines of the verifier's log when it rejects (without its explanation)
//   diagnosis, reason, at, suggestion,   7.x: the parts of the verifier's explanation, and how many steps its causal
//   causal_steps                         path has
//
// Build: gcc -O2 oracle.c -o oracle -lbpf -lelf      (libbpf 1.4 or newer; run as root)
#define _GNU_SOURCE
#include <bpf/bpf.h>
#include <bpf/btf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>

#define MAX_PROGS 2048

// Libbpf's system calls. It fills slots of a prog array with a negative descriptor where the program was not loaded: those
// stay empty.
long syscall(long number, ...) {
  va_list list;
  long result;
  long args[5];

  va_start(list, number);
  for (int i = 0; i < 5; i++) args[i] = va_arg(list, long);
  va_end(list);
  if (number == __NR_bpf && args[0] == BPF_MAP_UPDATE_ELEM) {
    const union bpf_attr* attr = (const union bpf_attr*)args[1];
    const int* value = (const int*)(unsigned long)attr->value;
    struct bpf_map_info info = {};
    __u32 size = sizeof(info);

    if (value && *value < 0 && !bpf_map_get_info_by_fd(attr->map_fd, &info, &size) &&
        info.type == BPF_MAP_TYPE_PROG_ARRAY)
      return 0;
  }
  register long fourth asm("r10") = args[3];
  register long fifth asm("r8") = args[4];
  asm volatile("syscall"
               : "=a"(result)
               : "a"(number), "D"(args[0]), "S"(args[1]), "d"(args[2]), "r"(fourth), "r"(fifth)
               : "rcx", "r11", "memory");
  if (result >= 0) return result;
  errno = -result;
  return -1;
}

static char log_buf[64 << 20];

static char first_warning[400];

static int keep_warning(enum libbpf_print_level level, const char* fmt, va_list args) {
  return level == LIBBPF_WARN && !first_warning[0] ? vsnprintf(first_warning, sizeof(first_warning), fmt, args) : 0;
}

static void put_json(const char* text, size_t max) {
  putchar('"');
  for (size_t i = 0; text[i] && i < max; i++) {
    unsigned char c = text[i];
    if (c == '"' || c == '\\')
      printf("\\%c", c);
    else if (c == '\n')
      fputs("\\n", stdout);
    else if (c < 32 || c > 126)
      putchar(c == '\t' ? ' ' : '?');
    else
      putchar(c);
  }
  putchar('"');
}

static const char* after(const char* tag, const char* prefix) {
  size_t n = strlen(prefix);
  return strncmp(tag, prefix, n) ? NULL : tag + n;
}

// "comment:test_x" or "comment:12:test_x": what follows, and the number (0 without one)
static const char* test_tag(const char* tag, int* order) {
  const char* body = after(tag, "comment:");
  char* end;

  *order = 0;
  if (body && *body >= '0' && *body <= '9') {
    *order = strtol(body, &end, 10);
    body = *end == ':' ? end + 1 : NULL;
  }
  return body;
}

struct message {
  int order;
  const char* text;
};

static int by_order(const void* a, const void* b) {
  return ((const struct message*)a)->order - ((const struct message*)b)->order;
}

static void put_messages(const char* name, struct message* list, int count) {
  qsort(list, count, sizeof(*list), by_order);
  printf(",\"%s\":[", name);
  for (int i = 0; i < count; i++) {
    if (i) putchar(',');
    put_json(list[i].text, 4000);
  }
  putchar(']');
}

// the paragraph after `head` in `text`, its lines joined
static void put_paragraph(const char* name, const char* text, const char* head) {
  static char joined[4000];
  const char *at = strstr(text, head), *end;
  size_t n = 0;

  if (!at) return;
  at += strlen(head);
  end = strstr(at, "\n\n");
  for (; *at && at != end && n < sizeof(joined) - 1; at++)
    if (*at != '\n' && !(*at == ' ' && (!n || joined[n - 1] == ' ')))
      joined[n++] = *at;
    else if (*at == '\n' && n && joined[n - 1] != ' ')
      joined[n++] = ' ';
  joined[n] = 0;
  printf("\"%s\":", name);
  put_json(joined, sizeof(joined));
  putchar(',');
}

// Linux 7.x explains a refusal in the log, before or after its message: report that, and take it out of the log
static void take_explanation(char* log) {
  char *start = strstr(log, "\nVerification failed: "), *end, *step;
  int steps = 0;

  if (!start) return;
  start++;
  end = strstr(start, "\nSuggestion:\n");
  end = end ? strstr(end + 1, "\n\n") : NULL;
  put_paragraph("diagnosis", start, "Verification failed: ");
  put_paragraph("reason", start, "Reason:\n");
  put_paragraph("suggestion", start, "Suggestion:\n");
  step = strstr(start, "\nAt:\n");
  if (step) {
    step += 5 + strspn(step + 5, " ");
    printf("\"at\":");
    put_json(step, strcspn(step, "\n"));
    putchar(',');
  }
  for (step = strstr(start, "\nCausal path:\n"); step && (!end || step < end); steps++)
    step = strstr(step + 1, "Source context:\n");
  printf("\"causal_steps\":%d,", steps ? steps - 1 : 0);
  memmove(start, end ? end + 2 : "", strlen(end ? end + 2 : "") + 1);
}

static bool is_auxiliary(const struct btf* btf, const char* name) {
  int func = btf ? btf__find_by_name_kind(btf, name, BTF_KIND_FUNC) : -1, order;

  for (__u32 i = 1; func > 0 && i < btf__type_cnt(btf); i++) {
    const struct btf_type* t = btf__type_by_id(btf, i);
    const char* tag;

    if (!btf_is_decl_tag(t) || (int)t->type != func) continue;
    tag = test_tag(btf__name_by_offset(btf, t->name_off), &order);
    if (tag && !strcmp(tag, "test_auxiliary")) return true;
  }
  return false;
}

static __u32 flag_named(const char* name) {
  static const struct {
    const char* name;
    __u32 flag;
  } flags[] = {
      {"BPF_F_STRICT_ALIGNMENT", BPF_F_STRICT_ALIGNMENT},
      {"BPF_F_ANY_ALIGNMENT", BPF_F_ANY_ALIGNMENT},
      {"BPF_F_TEST_RND_HI32", BPF_F_TEST_RND_HI32},
      {"BPF_F_TEST_STATE_FREQ", BPF_F_TEST_STATE_FREQ},
      {"BPF_F_SLEEPABLE", BPF_F_SLEEPABLE},
      {"BPF_F_XDP_HAS_FRAGS", BPF_F_XDP_HAS_FRAGS},
      {"BPF_F_TEST_REG_INVARIANTS", 1U << 7},
  };
  for (size_t i = 0; i < sizeof(flags) / sizeof(flags[0]); i++)
    if (!strcmp(name, flags[i].name)) return flags[i].flag;
  return strtoul(name, NULL, 0);
}

// Takes programs that are switched off out of a table, which libbpf would load after all. It shows the members as
// pointers to its programs.
static void clear_table(struct bpf_object* obj, struct bpf_map* table) {
  size_t size = 0;
  char* words = (char*)bpf_map__initial_value(table, &size);
  struct bpf_program* prog;

  for (size_t at = 0; words && at + sizeof(prog) <= size; at += sizeof(prog))
    bpf_object__for_each_program(prog, obj) {
      if (!memcmp(words + at, &prog, sizeof(prog)) && !bpf_program__autoload(prog)) memset(words + at, 0, sizeof(prog));
    }
}

static struct bpf_object* open_only(const char* path, const char* name, struct bpf_program** found) {
  struct bpf_object* obj = bpf_object__open_file(path, NULL);
  struct bpf_program* prog;
  struct bpf_map* map;

  if (!obj) return NULL;
  bpf_object__for_each_program(prog, obj) {
    bool wanted = !strcmp(bpf_program__name(prog), name);
    bpf_program__set_autoload(prog, wanted || is_auxiliary(bpf_object__btf(obj), bpf_program__name(prog)));
    if (wanted) *found = prog;
  }
  bpf_object__for_each_map(map, obj) {
    switch (bpf_map__type(map)) {
      case BPF_MAP_TYPE_STRUCT_OPS:
        bpf_map__set_autocreate(map, true);
        clear_table(obj, map);
        break;
      case BPF_MAP_TYPE_SK_STORAGE:
      case BPF_MAP_TYPE_INODE_STORAGE:
      case BPF_MAP_TYPE_TASK_STORAGE:
      case BPF_MAP_TYPE_CGRP_STORAGE:
      case BPF_MAP_TYPE_CGROUP_STORAGE_DEPRECATED:
      case BPF_MAP_TYPE_PERCPU_CGROUP_STORAGE_DEPRECATED:
        break;  // these must say 0
      default:
        if (!bpf_map__max_entries(map)) bpf_map__set_max_entries(map, 4096);
    }
  }
  return obj;
}

static void report(const char* path, const char* name) {
  const char* base = strrchr(path, '/') ? strrchr(path, '/') + 1 : path;
  const char *expect = "none", *retval = NULL;
  struct bpf_program* prog = NULL;
  struct bpf_object* obj = open_only(path, name, &prog);
  const struct btf* btf;
  __u32 flags = 0;
  bool unpriv = false;
  struct message wanted[256], unwanted[64];
  int func = -1, err, want = 0, unwant = 0, order;

  if (!obj || !prog) return;
  btf = bpf_object__btf(obj);
  if (btf) func = btf__find_by_name_kind(btf, name, BTF_KIND_FUNC);
  printf("{\"object\":\"%s\",\"program\":\"%s\",\"section\":", base, name);
  put_json(bpf_program__section_name(prog), 200);
  printf(",\"type\":%d", bpf_program__type(prog));
  for (__u32 i = 1; func > 0 && i < btf__type_cnt(btf); i++) {
    const struct btf_type* t = btf__type_by_id(btf, i);
    const char *tag, *v;

    if (!btf_is_decl_tag(t) || (int)t->type != func || btf_decl_tag(t)->component_idx != -1) continue;
    tag = test_tag(btf__name_by_offset(btf, t->name_off), &order);
    if (!tag) continue;
    if (!strcmp(tag, "test_expect_success"))
      expect = "success";
    else if (!strcmp(tag, "test_expect_failure"))
      expect = "failure";
    else if ((v = after(tag, "test_retval=")))
      retval = v;
    else if ((v = after(tag, "test_prog_flags=")))
      flags |= flag_named(v);
    else if ((v = after(tag, "test_expect_not_msg=")) && unwant < 64)
      unwanted[unwant++] = (struct message){order, v};
    else if ((v = after(tag, "test_expect_msg=")) && want < 256) {
      if (!order && strchr(v, '='))  // 6.12: the number follows the name
        order = strtol(v, NULL, 10), v = strchr(v, '=') + 1;
      wanted[want++] = (struct message){order, v};
    }
    unpriv |= strstr(tag, "_unpriv") != NULL;
  }
  put_messages("messages", wanted, want);
  put_messages("not_messages", unwanted, unwant);
  printf(",\"expect\":\"%s\",\"retval\":", expect);
  retval ? put_json(retval, 200) : (void)fputs("null", stdout);
  printf(",\"unpriv\":%s,\"flags\":%u,", unpriv ? "true" : "false", flags);

  log_buf[0] = 0;
  bpf_program__set_log_buf(prog, log_buf, sizeof(log_buf));
  bpf_program__set_log_level(prog, 1);
  if (flags) bpf_program__set_flags(prog, bpf_program__flags(prog) | flags);
  first_warning[0] = 0;
  err = bpf_object__load(obj);
  printf("\"verdict\":\"%s\",\"errno\":%d,",
         !err         ? "accept"
         : log_buf[0] ? "reject"
                      : "refused-before-verification",
         -err);
  if (err) {
    char *end, *start;
    char* stats;

    take_explanation(log_buf);
    end = log_buf + strlen(log_buf);
    stats = strstr(log_buf, "\nprocessed ");
    if (stats) end = stats + 1;
    while (end - log_buf > 1 && end[-1] == '\n' && end[-2] == '\n') end--;
    *end = 0;
    start = end;
    for (int lines = 0; start > log_buf && lines < 4; start--) lines += start[-1] == '\n';
    fputs("\"tail\":", stdout);
    put_json(start, 600);
    if (!log_buf[0]) {
      fputs(",\"loader\":", stdout);
      put_json(first_warning, sizeof(first_warning));
    }
  } else {
    unsigned processed = 0, usec = 0;
    struct bpf_program* again = NULL;
    struct bpf_object* timed = open_only(path, name, &again);
    char* at;

    if (retval) {
      unsigned char packet[64] = {0};
      LIBBPF_OPTS(bpf_test_run_opts, opts, .data_in = packet, .data_size_in = sizeof(packet), .repeat = 1);
      int run;

      if (bpf_program__type(prog) == BPF_PROG_TYPE_SYSCALL || bpf_program__type(prog) == BPF_PROG_TYPE_TRACING ||
          bpf_program__type(prog) == BPF_PROG_TYPE_RAW_TRACEPOINT ||
          bpf_program__type(prog) == BPF_PROG_TYPE_STRUCT_OPS)
        opts.data_in = NULL, opts.data_size_in = 0, opts.repeat = 0;
      run = bpf_prog_test_run_opts(bpf_program__fd(prog), &opts);
      run ? printf("\"run_error\":%d,", -run) : printf("\"run_retval\":%d,", (int)opts.retval);
    }
    log_buf[0] = 0;
    if (timed) {
      bpf_program__set_log_buf(again, log_buf, sizeof(log_buf));
      bpf_program__set_log_level(again, 4);
      if (flags) bpf_program__set_flags(again, bpf_program__flags(again) | flags);
      bpf_object__load(timed);
      if ((at = strstr(log_buf, "processed "))) sscanf(at, "processed %u", &processed);
      if ((at = strstr(log_buf, "verification time "))) sscanf(at, "verification time %u", &usec);
      bpf_object__close(timed);
    }
    printf("\"processed\":%u,\"usec\":%u", processed, usec);
  }
  puts("}");
  fflush(stdout);
  bpf_object__close(obj);
}

// oracle -v|-vv OBJECT [PROGRAM]...: the verifier's whole log, at level 1 or 2
static int print_logs(int level, const char* path, char** only, int count) {
  struct bpf_object* all = bpf_object__open_file(path, NULL);
  struct bpf_program* each;

  if (!all) return fprintf(stderr, "%s: cannot be opened\n", path), 1;
  bpf_object__for_each_program(each, all) {
    const char* name = bpf_program__name(each);
    struct bpf_program* prog = NULL;
    struct bpf_object* obj;
    int err, wanted = !count;

    for (int i = 0; i < count; i++) wanted |= !strcmp(only[i], name);
    if (!wanted || !(obj = open_only(path, name, &prog)) || !prog) continue;
    log_buf[0] = first_warning[0] = 0;
    bpf_program__set_log_buf(prog, log_buf, sizeof(log_buf));
    bpf_program__set_log_level(prog, level);
    err = bpf_object__load(obj);
    printf("=== %s: %s (%d)\n%s%s", name, err ? "refused" : "accepted", err, log_buf, log_buf[0] ? "" : first_warning);
    bpf_object__close(obj);
  }
  bpf_object__close(all);
  return 0;
}

int main(int argc, char** argv) {
  libbpf_set_print(keep_warning);
  if (argc > 2 && argv[1][0] == '-' && argv[1][1] == 'v')
    return print_logs(strlen(argv[1]) - 1, argv[2], argv + 3, argc - 3);
  for (int i = 1; i < argc; i++) {
    static char names[MAX_PROGS][128];
    const char* base = strrchr(argv[i], '/') ? strrchr(argv[i], '/') + 1 : argv[i];
    struct bpf_object* obj = bpf_object__open_file(argv[i], NULL);
    struct bpf_program* prog;
    int count = 0;

    if (!obj) {
      printf("{\"object\":\"%s\",\"verdict\":\"not-opened\",\"errno\":%d}\n", base, errno);
      continue;
    }
    bpf_object__for_each_program(prog, obj) if (count < MAX_PROGS)
        snprintf(names[count++], sizeof(names[0]), "%s", bpf_program__name(prog));
    bpf_object__close(obj);
    for (int k = 0; k < count; k++) report(argv[i], names[k]);
  }
  return 0;
}
