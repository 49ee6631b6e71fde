// SPDX-License-Identifier: Apache-2.0
// Ask a kernel what calls answer: the programs of ../loader/call_questions.bpf.c.
//
//   call_oracle OBJECT        prints calls-7.3.txt, a line a program: what its run returned, and its answers
//
// tests/loader/call_oracle_test.cpp asks Skep the same and compares. To make the answers again:
//
//   clang-19 -g -O2 -target bpf -mcpu=v3 -I../../examples -c ../loader/call_questions.bpf.c -o call_questions.bpf.o
//   cc -O2 -o call_oracle call_oracle.c -lbpf
//   ./vm -k 7.3 -f call_oracle -f call_questions.bpf.o -- ./call_oracle call_questions.bpf.o >calls-7.3.txt
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

static int be_quiet(enum libbpf_print_level level, const char* format, va_list args) {
  (void)level, (void)format, (void)args;
  return 0;
}

static const char user_text[64] = "a text of user space";

struct notes {
  long answers[64];
  unsigned long long asked, user_text;
};

static void ask_about(struct bpf_object* object, struct bpf_program* program, FILE* out) {
  const int zero = 0, fd = bpf_map__fd(bpf_object__find_map_by_name(object, ".data.notes"));
  struct notes notes = {{0}, 0, (unsigned long long)(size_t)user_text};
  if (bpf_map_update_elem(fd, &zero, &notes, 0) != 0) return;
  // An IPv4 packet of UDP, with nothing in it.
  static unsigned char packet[64] = {0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 2, 8, 0, 0x45, 0, 0, 50, 0, 0, 0, 0, 64, 17};
  unsigned char pieces[9000];
  for (unsigned i = 0; i < sizeof pieces; i++) pieces[i] = (unsigned char)(i % 251);
  LIBBPF_OPTS(bpf_test_run_opts, options);
  if (strncmp(bpf_program__name(program), "frames_", 7) == 0)
    options.data_in = pieces, options.data_size_in = sizeof pieces, options.repeat = 1;
  else if (bpf_program__type(program) != BPF_PROG_TYPE_SYSCALL)
    options.data_in = packet, options.data_size_in = sizeof packet, options.repeat = 1;
  struct __sk_buff several = {.gso_segs = 2, .gso_size = 1000, .wire_len = 3000};
  if (strncmp(bpf_program__name(program), "large_", 6) == 0)
    options.ctx_in = &several, options.ctx_size_in = sizeof several;
  const int error = bpf_prog_test_run_opts(bpf_program__fd(program), &options);
  fprintf(out, "%s %d:", bpf_program__name(program), error != 0 ? error : (int)options.retval);
  if (bpf_map_lookup_elem(fd, &zero, &notes) != 0) return;
  for (unsigned long long i = 0; i < notes.asked && i < 64; i++) fprintf(out, " %ld", notes.answers[i]);
  fprintf(out, "\n");
}

// What test runs of frames answer by their sizes and flags, with how many runs they counted.
struct frame_run {
  unsigned size, flags, repeat, batch, data_out, linear, meta;
};
static void ask_about_frames(struct bpf_object* object, const char* name, FILE* out) {
  static const struct frame_run runs[] = {
      {13, 0, 1, 0, 0, 0, 0},         {14, 0, 1, 0, 0, 0, 0},         {3520, 0, 1, 0, 9000, 0, 0},
      {3521, 0, 1, 0, 9000, 0, 0},    {3521, 0, 1, 0, 3521, 0, 0},    {3521, 0, 1, 0, 3520, 0, 0},
      {3521, 0, 1, 0, 1, 0, 0},       {9000, 0, 1, 0, 60000, 0, 0},   {9000, 0, 3, 0, 9000, 0, 0},
      {60000, 0, 1, 0, 60000, 0, 0},  {73152, 0, 1, 0, 0, 0, 0},      {73153, 0, 1, 0, 0, 0, 0},
      {90000, 0, 1, 0, 0, 0, 0},      {9000, 0, 1, 0, 9000, 100, 0},  {9000, 0, 1, 0, 9000, 100, 32},
      {9000, 0, 1, 0, 9000, 10, 0},   {9000, 0, 1, 0, 9000, 3520, 0}, {9000, 0, 1, 0, 9000, 3519, 0},
      {9000, 0, 1, 0, 9000, 9000, 0}, {64, 0, 1, 0, 64, 65, 0},       {64, 0, 1, 0, 64, 32, 0},
      {64, 0, 1, 0, 64, 8, 12},       {64, 0, 1, 0, 64, 13, 0},       {64, 0, 1, 5, 0, 0, 0},
      {64, 2, 1, 0, 0, 0, 0},         {64, 2, 1, 0, 64, 0, 0},        {64, 2, 10, 3, 0, 0, 0},
      {64, 2, 10, 256, 0, 0, 0},      {64, 2, 10, 257, 0, 0, 0},      {3408, 2, 1, 0, 0, 0, 0},
      {3409, 2, 1, 0, 0, 0, 0},       {9000, 2, 1, 0, 0, 0, 0},       {64, 2, 2, 0, 0, 64, 0},
      {64, 2, 2, 0, 64, 64, 0},       {64, 2, 0, 0, 0, 0, 0},         {64, 1, 1, 0, 0, 0, 0},
      {64, 4, 1, 0, 0, 0, 0},         {13, 2, 1, 0, 0, 0, 0},         {64, 2, 1, 0, 0, 64, 32},
  };
  static unsigned char in[90000], back[90000];
  const int zero = 0, notes_fd = bpf_map__fd(bpf_object__find_map_by_name(object, ".data.notes"));
  struct bpf_program* program = bpf_object__find_program_by_name(object, name);
  for (unsigned i = 0; i < sizeof in; i++) in[i] = (unsigned char)(i % 251);
  for (unsigned i = 0; i < sizeof runs / sizeof *runs; i++) {
    const struct frame_run* run = &runs[i];
    struct notes notes = {{0}, 0, 0};
    struct xdp_md md = {.data = run->meta, .data_end = run->linear}, md_back = {0};
    if (bpf_map_update_elem(notes_fd, &zero, &notes, 0) != 0) return;
    memset(back, 0, sizeof back);
    LIBBPF_OPTS(bpf_test_run_opts, options, .data_in = in, .data_size_in = run->size, .flags = run->flags,
                .repeat = (int)run->repeat, .batch_size = run->batch);
    if (run->data_out != 0) options.data_out = back, options.data_size_out = run->data_out;
    if (run->linear != 0) {
      options.ctx_in = &md, options.ctx_size_in = sizeof md;
      if (run->flags == 0) options.ctx_out = &md_back, options.ctx_size_out = sizeof md_back;
    }
    const int error = bpf_prog_test_run_opts(bpf_program__fd(program), &options);
    unsigned same = 0;
    while (same < sizeof back && back[same] == in[same]) same++;
    bpf_map_lookup_elem(notes_fd, &zero, &notes);
    fprintf(out, "%s %u 0x%x %u %u %u %u %u: %d %d, %llu runs, %u bytes, %u as given, context %u %u %u\n", name,
            run->size, run->flags, run->repeat, run->batch, run->data_out, run->linear, run->meta, error,
            (int)options.retval, notes.asked, options.data_size_out, same, md_back.data, md_back.data_end,
            md_back.data_meta);
  }
}

// What test runs at a hook of the network answer by the state and the packet, and what the program saw.
static void ask_about_hooks(struct bpf_object* object, const char* name, FILE* out) {
  static const unsigned char families[] = {0, 2, 3, 5, 7, 10, 11, 12}, hooks[] = {0, 1, 2, 3, 4, 5, 6, 7, 8, 255};
  static const unsigned short kinds[] = {0x0800, 0x86dd, 0x0806};
  static const unsigned sizes[] = {19, 20, 33, 34, 53, 54, 64};
  const int zero = 0, notes_fd = bpf_map__fd(bpf_object__find_map_by_name(object, ".data.notes"));
  struct bpf_program* program = bpf_object__find_program_by_name(object, name);
  for (unsigned hook = 0; hook < sizeof hooks; hook++)
    for (unsigned family = 0; family < sizeof families; family++)
      for (unsigned kind = 0; kind < 3; kind++)
        for (unsigned size = 0; size < sizeof sizes / sizeof *sizes; size++) {
          unsigned char packet[64] = {0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 2}, state[48] = {0};
          struct notes notes = {{0}, 0, 0};
          if (((family > 1 && family != 5) || (hook > 0 && hook != 3)) && size < 6) continue;
          packet[12] = (unsigned char)(kinds[kind] >> 8), packet[13] = (unsigned char)kinds[kind];
          state[0] = hooks[hook], state[1] = families[family];
          if (bpf_map_update_elem(notes_fd, &zero, &notes, 0) != 0) return;
          LIBBPF_OPTS(bpf_test_run_opts, options, .data_in = packet, .data_size_in = sizes[size], .repeat = 1,
                      .ctx_in = state, .ctx_size_in = sizeof state);
          const int error = bpf_prog_test_run_opts(bpf_program__fd(program), &options);
          bpf_map_lookup_elem(notes_fd, &zero, &notes);
          fprintf(out, "%s %u %u 0x%x %u: %d", name, hooks[hook], families[family], kinds[kind], sizes[size], error);
          for (unsigned long long i = 0; i < notes.asked && i < 64; i++) fprintf(out, " %ld", notes.answers[i]);
          fprintf(out, "\n");
        }
}

void ask_calls(const char* path, FILE* out) {
  libbpf_set_print(be_quiet);
  struct bpf_object* object = bpf_object__open(path);
  if (object == NULL) return;
  const int error = bpf_object__load(object);
  if (error != 0) fprintf(out, "the object cannot be loaded: %d\n", error);
  struct bpf_program* program;
  if (error == 0) bpf_object__for_each_program(program, object) ask_about(object, program, out);
  if (error == 0) ask_about_frames(object, "frames_counted", out), ask_about_frames(object, "frame_counted", out);
  if (error == 0) ask_about_hooks(object, "behind_hook", out);
  bpf_object__close(object);
}

#ifndef ASKED_BY_A_TEST
int main(int argc, char** argv) {
  if (argc != 2) return fprintf(stderr, "call_oracle OBJECT\n"), 2;
  ask_calls(argv[1], stdout);
  return 0;
}
#endif
