// SPDX-License-Identifier: Apache-2.0
// Ask a kernel about mutants of the programs of BPF objects: those of mutations.h.
//
//   mutation_oracle FIRST COUNT OBJECT[:PROGRAM]...
//                        a line a mutant: object, program, number, the program's identity, how many instructions were
//                        walked, 0 or the errno, the last line of the log. Number 0 is the program as it is; -11: the
//                        walk took over two seconds
//   mutation_oracle -v LEVEL NUMBER OBJECT PROGRAM
//                        the whole log of one mutant
//
// libbpf loads an object once; in the place of each of its programs COUNT mutants are loaded, and libbpf is then given
// another program, so that an object whose programs are refused is asked about too. Built twice from this one source:
// for a real kernel (gcc, libbpf.a, -Wl,--wrap=bpf_prog_load), and on Skep (target mutation-oracle), so that both are
// asked the same, and lines that differ are disagreements.
#define _GNU_SOURCE
#include <bpf/bpf.h>
#include <bpf/btf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <unistd.h>

#include "mutations.h"

static const char* const more_kfuncs[] = {
    "bpf_obj_new_impl",
    "bpf_obj_drop_impl",
    "bpf_refcount_acquire_impl",
    "bpf_list_push_front_impl",
    "bpf_list_pop_front",
    "bpf_rbtree_remove",
    "bpf_rbtree_first",
    "bpf_cgroup_acquire",
    "bpf_cgroup_ancestor",
    "bpf_task_under_cgroup",
    "bpf_throw",
    "bpf_iter_task_new",
    "bpf_iter_task_next",
    "bpf_iter_task_destroy",
    "bpf_iter_css_new",
    "bpf_iter_css_next",
    "bpf_iter_css_destroy",
    "bpf_iter_bits_new",
    "bpf_iter_bits_next",
    "bpf_iter_bits_destroy",
    "bpf_map_sum_elem_count",
    "bpf_wq_init",
    "bpf_wq_start",
    "bpf_cpumask_create",
    "bpf_cpumask_acquire",
    "bpf_cpumask_release",
    "bpf_cpumask_set_cpu",
    "bpf_cpumask_test_cpu",
    "bpf_rdonly_cast",
    "bpf_get_task_exe_file",
    "bpf_put_file",
    "bpf_path_d_path",
    "bpf_dynptr_is_rdonly",
    "bpf_dynptr_copy",
    "bpf_copy_from_user_str",
    "bpf_strcmp",
    "bpf_strlen",
    "bpf_sock_destroy",
    "bpf_arena_alloc_pages",
    "bpf_arena_free_pages",
    "bpf_res_spin_lock",
    "bpf_res_spin_unlock",
    "bpf_get_fsverity_digest",
    "bpf_xdp_metadata_rx_hash",
    "bpf_ct_release",
    "bpf_percpu_obj_new_impl",
    "bpf_task_get_cgroup1",
    "bpf_session_is_return",
    "bpf_dynptr_memset",
};
enum {
  more_kfunc_count = sizeof(more_kfuncs) / sizeof(more_kfuncs[0]),
  kfunc_count = random_kfunc_count + more_kfunc_count
};

static int kfunc_ids[kfunc_count];
static unsigned first, count;
static int level = 4;  // of the log: only what the verifier ends with
static const char *object_name, *only;
static bool asked_any;
static char asked[2048][128];  // programs of the object
static int asked_count;
static int placeholder = -1;
static char log_text[64 << 20];

static int silent(enum libbpf_print_level of, const char* format, va_list list) {
  (void)of, (void)format, (void)list;
  return 0;
}
static void interrupt(int signal) {
  (void)signal;
}

static bool is_asked(const char* name) {
  for (int i = 0; i < asked_count; i++)
    if (!strcmp(asked[i], name)) return true;
  return false;
}
static void note_asked(const char* name) {
  if (asked_count < 2048) snprintf(asked[asked_count++], sizeof(asked[0]), "%s", name);
}

int __real_bpf_prog_load(enum bpf_prog_type type, const char* name, const char* license, const struct bpf_insn* insns,
                         size_t insn_count, struct bpf_prog_load_opts* options);

static void ask(enum bpf_prog_type type, const char* name, const char* license, const struct bpf_insn* insns,
                size_t insn_count, struct bpf_prog_load_opts* given, unsigned number) {
  static struct mutant p;
  static unsigned functions[512];
  static char infos[512 * 64];
  struct bpf_prog_load_opts options = *given;
  const struct itimerval limit = {.it_value = {.tv_sec = 2}}, none = {};
  struct attach_question question;
  char seed[400], answer[600];
  const char* processed;
  int fd;

  if (insn_count > most_mutated_insns / 2 || options.func_info_cnt > 512 || options.func_info_rec_size > 64) return;
  memcpy(p.insns, insns, insn_count * sizeof(p.insns[0]));
  p.count = (int)insn_count;
  p.functions = functions;
  p.function_count = (int)options.func_info_cnt;
  p.kfuncs = kfunc_ids;
  p.kfunc_count = kfunc_count;
  if (p.function_count) memcpy(infos, options.func_info, (size_t)p.function_count * options.func_info_rec_size);
  for (int i = 0; i < p.function_count; i++)
    memcpy(&functions[i], infos + (size_t)i * options.func_info_rec_size, sizeof(unsigned));
  snprintf(seed, sizeof(seed), "%s/%s", object_name, name);
  if (number) mutate(&p, seed, number);
  for (int i = 0; i < p.function_count; i++)
    memcpy(infos + (size_t)i * options.func_info_rec_size, &functions[i], sizeof(unsigned));
  options.func_info = p.function_count ? infos : NULL;
  options.line_info = NULL;
  options.line_info_cnt = 0;
  options.log_level = (__u32)level;
  options.log_buf = log_text;
  options.log_size = level == 4 ? 1 << 20 : sizeof(log_text);
  options.attempts = 1;
  log_text[0] = 0;
  setitimer(ITIMER_REAL, &limit, NULL);
  fd = __real_bpf_prog_load(type, NULL, license, (const struct bpf_insn*)p.insns, (size_t)p.count, &options);
  setitimer(ITIMER_REAL, &none, NULL);
  if (fd >= 0) close(fd);
  if (level != 4) {
    for (int i = 0; i < p.count; i++)
      printf("%d: %02x dst=%d src=%d off=%d imm=%d\n", i, p.insns[i].code, p.insns[i].registers & 15,
             p.insns[i].registers >> 4, p.insns[i].off, p.insns[i].imm);
    printf("=== %s %u: %d\n%s", name, number, fd < 0 ? fd : 0, log_text);
    return;
  }
  processed = strstr(log_text, "processed ");
  for (const char* next = processed; next; next = strstr(next + 1, "processed ")) processed = next;
  printf("%s %s %u %016llx %d ", object_name, name, number, identity_of(&p), processed ? atoi(processed + 10) : -1);
  memset(&question, 0, sizeof(question));
  attach_answer(&question, "(none)", 4294967295U, fd < 0 ? fd : 0, log_text, answer, sizeof(answer));
  for (char* c = answer; *c; c++)
    if (*c == '\n') *c = ' ';
  puts(answer);
}

int __wrap_bpf_prog_load(enum bpf_prog_type type, const char* name, const char* license, const struct bpf_insn* insns,
                         size_t insn_count, struct bpf_prog_load_opts* options) {
  // libbpf loads programs of its own, without types, to learn what the kernel can do.
  if (!name || !options || !object_name || (!strncmp(name, "libbpf_", 7) || !strcmp(name, "det_arg_ctx")) ||
      is_asked(name))
    return __real_bpf_prog_load(type, name, license, insns, insn_count, options);
  note_asked(name);
  asked_any = true;
  if (!only || !strcmp(only, name)) {
    if (level == 4) ask(type, name, license, insns, insn_count, options, 0);
    for (unsigned n = first; n < first + count; n++) ask(type, name, license, insns, insn_count, options, n);
    fflush(stdout);
  }
  return dup(placeholder);
}

// One more load of what was not asked yet; false when nothing was.
static bool load_once(const char* path) {
  struct bpf_object* object = bpf_object__open_file(path, NULL);
  struct bpf_program *program, *next = NULL;
  struct bpf_map* map;
  bool loaded;

  if (!object) return false;
  bpf_object__for_each_program(program, object) {
    const bool wanted = !is_asked(bpf_program__name(program)) && (!only || !strcmp(only, bpf_program__name(program)));
    bpf_program__set_autoload(program, wanted);
    if (wanted && !next) next = program;
  }
  bpf_object__for_each_map(map, object) {
    const unsigned type = bpf_map__type(map);
    // storage of sockets, inodes, tasks and cgroups must say 0; older headers have no names for all of these
    const bool storage = type == 19 || type == 21 || type == 24 || type == 28 || type == 29 || type == 32;
    if (type == BPF_MAP_TYPE_STRUCT_OPS)
      bpf_map__set_autocreate(map, true);
    else if (!storage && !bpf_map__max_entries(map))
      bpf_map__set_max_entries(map, 4096);
  }
  asked_any = false;
  loaded = next && bpf_object__load(object) == 0;
  // What stopped libbpf is the first program that was not reached.
  if (next && !loaded) {
    bpf_object__for_each_program(program, object) {
      if (!bpf_program__autoload(program) || is_asked(bpf_program__name(program))) continue;
      note_asked(bpf_program__name(program));
      break;
    }
  }
  bpf_object__close(object);
  return next && !loaded;
}

// On a kernel in a process of its own, which may be killed for want of memory.
static void ask_object(char* argument) {
  char* colon = strchr(argument, ':');
  const char* slash;
  int loads = 0;

  only = colon ? colon + 1 : NULL;
  if (colon) *colon = 0;
  slash = strrchr(argument, '/');
  object_name = slash ? slash + 1 : argument;
  asked_count = 0;
#ifndef MUTANTS_ON_SKEP
  const pid_t child = fork();
  if (child != 0) {
    waitpid(child, NULL, 0);
    return;
  }
#endif
  while (load_once(argument) && loads++ < 60) {
  }
#ifndef MUTANTS_ON_SKEP
  fflush(stdout);
  _exit(0);
#endif
}

int ask_mutants(int argc, char** argv) {
  const bool one = argc == 6 && !strcmp(argv[1], "-v");
  static const struct bpf_insn zero[] = {{0xb7, 0, 0, 0, 0}, {0x95, 0, 0, 0, 0}};
  struct btf* types = btf__load_vmlinux_btf();

  if (argc < 4) return fprintf(stderr, "mutation_oracle FIRST COUNT OBJECT[:PROGRAM]...\n"), 1;
  for (int i = 0; i < kfunc_count; i++)
    kfunc_ids[i] = btf__find_by_name_kind(
        types, i < random_kfunc_count ? random_kfuncs[i] : more_kfuncs[i - random_kfunc_count], BTF_KIND_FUNC);
  libbpf_set_print(silent);
  sigaction(SIGALRM, &(struct sigaction){.sa_handler = interrupt}, NULL);  // a pending signal ends a walk
  placeholder = bpf_prog_load(BPF_PROG_TYPE_SOCKET_FILTER, NULL, "GPL", zero, 2, NULL);
  if (placeholder < 0) return perror("mutation_oracle"), 1;
  if (one) {
    char path[4096];
    level = atoi(argv[2]);
    first = (unsigned)atoi(argv[3]);
    count = 1;
    snprintf(path, sizeof(path), "%s:%s", argv[4], argv[5]);
    ask_object(path);
    return 0;
  }
  first = (unsigned)atoi(argv[1]);
  count = (unsigned)atoi(argv[2]);
  for (int i = 3; i < argc; i++) ask_object(argv[i]);
  btf__free(types);
  return 0;
}

#ifndef MUTANTS_ON_SKEP
int main(int argc, char** argv) {
  return ask_mutants(argc, argv);
}
#endif
