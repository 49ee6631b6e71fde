// SPDX-License-Identifier: Apache-2.0
// Ask a kernel about perf event arrays: opening events for a program's output, mapping their rings, what programs get,
// which bytes arrive, and who is woken. The programs are those of ../loader/perf_questions.bpf.c.
//
//   perf_rows OBJECT        prints perf-7.3.txt: a line a question
//
// tests/loader/perf_rows_test.cpp asks Skep the same and compares. To make the answers again:
//
//   clang-19 -g -O2 -target bpf -mcpu=v3 -I../../examples -c ../loader/perf_questions.bpf.c -o perf_questions.bpf.o
//   cc -O2 -o perf_rows perf_rows.c -lbpf
//   ./vm -k 7.3 -f perf_rows -f perf_questions.bpf.o -- ./perf_rows perf_questions.bpf.o >perf-7.3.txt
#define _GNU_SOURCE
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <linux/perf_event.h>
#include <poll.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

enum { page = 4096, this_cpu = -1 };

static struct bpf_object* object;
static int events, asked;
static FILE* out;
static unsigned long long sent;  // bytes, by the last question: what fills up to whole words is of any value

static void run_on(int cpu) {
  cpu_set_t set;
  CPU_ZERO(&set);
  CPU_SET(cpu, &set);
  sched_setaffinity(0, sizeof(set), &set);
}

static struct perf_event_attr output_event(void) {
  struct perf_event_attr attr;
  memset(&attr, 0, sizeof(attr));
  attr.size = sizeof(attr), attr.type = PERF_TYPE_SOFTWARE, attr.config = PERF_COUNT_SW_BPF_OUTPUT;
  attr.sample_type = PERF_SAMPLE_RAW, attr.wakeup_events = 1;
  return attr;
}
static int open_event(struct perf_event_attr* attr, int pid, int cpu, int group, unsigned long flags) {
  const int fd = (int)syscall(__NR_perf_event_open, attr, pid, cpu, group, flags);
  return fd < 0 ? -errno : fd;
}
static int open_output(int cpu) {
  struct perf_event_attr attr = output_event();
  return open_event(&attr, -1, cpu, -1, PERF_FLAG_FD_CLOEXEC);
}
static void* map_ring(int fd, size_t length, int protection, int flags, long offset) {
  void* at = mmap(NULL, length, protection, flags, fd, offset);
  return at == MAP_FAILED ? NULL : at;
}
static void* ring_of(int fd, unsigned pages) {
  return map_ring(fd, (pages + 1) * page, PROT_READ | PROT_WRITE, MAP_SHARED, 0);
}
static int put(int index, int fd, unsigned long long flags) {
  return bpf_map_update_elem(events, &index, &fd, flags) ? -errno : 0;
}
static int take_out(int index) {
  return bpf_map_delete_elem(events, &index) ? -errno : 0;
}

struct question {
  unsigned long long flags, size;
  long answer;
  unsigned long long value[3];
};
static long ask(const char* name, unsigned long long flags, unsigned long long size) {
  static unsigned char packet[100] = {0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 2, 8, 0, 0x45, 0, 0, 86, 0, 0, 0, 0, 64, 17};
  const int zero = 0;
  sent = size + (flags >> 32 & 0xfffff);
  struct question question = {flags, size, 12345, {7, 7, 7}};
  struct bpf_program* program = bpf_object__find_program_by_name(object, name);
  LIBBPF_OPTS(bpf_test_run_opts, options);
  const enum bpf_prog_type type = bpf_program__type(program);

  for (unsigned i = 24; i < sizeof(packet); i++) packet[i] = (unsigned char)i;
  if (type == BPF_PROG_TYPE_SCHED_CLS || type == BPF_PROG_TYPE_XDP)
    options.data_in = packet, options.data_size_in = sizeof(packet), options.repeat = 1;
  bpf_map_update_elem(asked, &zero, &question, 0);
  const int error = bpf_prog_test_run_opts(bpf_program__fd(program), &options);
  bpf_map_lookup_elem(asked, &zero, &question);
  return error ? 10000 + error : question.answer;
}

static void tell(const char* what, long answer) {
  fprintf(out, "%s: %ld\n", what, answer);
}

// What is new in a ring, as records; it counts as read.
static void show(struct perf_event_mmap_page* ring, unsigned pages) {
  unsigned char* data = (unsigned char*)ring + page;
  const unsigned long long size = (unsigned long long)pages * page, head = ring->data_head;
  unsigned long long tail = ring->data_tail;
  static unsigned char record[1 << 17];

  fprintf(out, "  head %llu:", head);
  while (tail < head) {
    struct perf_event_header header;
    memcpy(&header, data + tail % size, sizeof(header));
    for (unsigned i = 0; i < header.size; i++) record[i] = data[(tail + i) % size];
    fprintf(out, " [type %u misc %u size %u", header.type, header.misc, header.size);
    if (header.type == PERF_RECORD_LOST) {
      unsigned long long lost;
      memcpy(&lost, record + 16, sizeof(lost));
      fprintf(out, " lost %llu", lost);
    } else {
      unsigned raw, sum = 0;
      memcpy(&raw, record + 8, sizeof(raw));
      for (unsigned i = 12; i < header.size && i < 12 + sent; i++) sum = sum * 31 + record[i];
      fprintf(out, " raw %u digest %08x", raw, sum);
    }
    fprintf(out, "]");
    if (header.size == 0) break;
    tail += header.size;
  }
  fprintf(out, "\n");
  ring->data_tail = tail;
}
static int is_readable(int fd) {
  struct pollfd waiting = {.fd = fd, .events = POLLIN};
  poll(&waiting, 1, 0);
  return waiting.revents;
}

static void ask_to_open(void) {
  static const struct {
    const char* what;
    int pid, cpu, group;
    unsigned long flags;
  } rows[] = {{"a CPU", -1, 0, -1, 8},
              {"another CPU", -1, 1, -1, 8},
              {"no CPU and no task", -1, -1, -1, 8},
              {"a CPU beyond all", -1, 100000, -1, 8},
              {"unknown flags", -1, 0, -1, 1 << 10},
              {"no group of that descriptor", -1, 0, 999, 8}};
  struct perf_event_attr attr;
  for (unsigned i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
    attr = output_event();
    const int fd = open_event(&attr, rows[i].pid, rows[i].cpu, rows[i].group, rows[i].flags);
    fprintf(out, "open %s: %d\n", rows[i].what, fd < 0 ? fd : 0);
    if (fd >= 0) close(fd);
  }
  attr = output_event(), attr.size = 63;
  fprintf(out, "open with a size of 63: %d, then %u\n", open_event(&attr, -1, 0, -1, 8), attr.size > 63);
  attr = output_event(), attr.size = 5000;
  fprintf(out, "open with a size of 5000: %d\n", open_event(&attr, -1, 0, -1, 8));
  attr = output_event(), attr.sample_type = 1ULL << 40;
  fprintf(out, "open with an unknown sample: %d\n", open_event(&attr, -1, 0, -1, 8));
  attr = output_event(), attr.size = 0;
  int fd = open_event(&attr, -1, 0, -1, 8);
  fprintf(out, "open with no size: %d\n", fd < 0 ? fd : 0);
  if (fd >= 0) close(fd);
  attr = output_event(), attr.wakeup_events = 0;
  fd = open_event(&attr, -1, 0, -1, 8);
  fprintf(out, "open without wake-ups: %d\n", fd < 0 ? fd : 0);
  if (fd >= 0) close(fd);
}

static void ask_to_map(void) {
  const int fd = open_output(0);
  fprintf(out, "map private: %d\n", map_ring(fd, 2 * page, PROT_READ | PROT_WRITE, MAP_PRIVATE, 0) ? 0 : -errno);
  fprintf(out, "map 4 pages: %d\n", ring_of(fd, 3) ? 0 : -errno);
  fprintf(out, "map at an offset: %d\n", map_ring(fd, 2 * page, PROT_READ | PROT_WRITE, MAP_SHARED, page) ? 0 : -errno);
  struct perf_event_mmap_page* ring = ring_of(fd, 2);
  fprintf(out, "map 3 pages: %d\n", ring ? 0 : -errno);
  fprintf(out, "  version %u, offset %llu, size %llu, head %llu, tail %llu\n", ring->version,
          (unsigned long long)ring->data_offset, (unsigned long long)ring->data_size,
          (unsigned long long)ring->data_head, (unsigned long long)ring->data_tail);
  fprintf(out, "map 5 pages then: %d\n", ring_of(fd, 4) ? 0 : -errno);
  void* again = ring_of(fd, 2);
  fprintf(out, "map 3 pages again: %d\n", again ? 0 : -errno);
  munmap(again, 3 * page);
  munmap(ring, 3 * page);
  close(fd);
}

static void ask_for_results(void) {
  fprintf(out, "output where no event is: %ld\n", ask("from_tracepoint", 0, 8));
  fprintf(out, "output beyond the map: %ld\n", ask("from_tracepoint", 4, 8));
  fprintf(out, "output with flags: %ld\n", ask("from_tracepoint", 1ULL << 32, 8));
  tell("reads where none is", ask("reads", 0, 0));
  tell("reads beyond", ask("reads", 4, 0));
  tell("reads with flags", ask("reads", 1ULL << 32, 0));
  tell("reads a value where none is", ask("reads_value", 0, 0));
  tell("reads a value beyond", ask("reads_value", 4, 0));
  tell("reads a value with flags", ask("reads_value", 1ULL << 32, 0));
  struct perf_event_attr attr = output_event();
  attr.disabled = 1;
  const int fd = open_event(&attr, -1, 0, -1, 8);
  tell("put", put(0, fd, 0));
  tell("with flags", put(0, fd, 1));
  tell("with more flags", put(0, fd, 2));
  tell("beyond", put(4, fd, 0));
  tell("put what is none", put(1, -1, 0));
  tell("put another file", put(1, 0, 0));
  tell("put the map", put(1, events, 0));
  fprintf(out, "output to a disabled one: %ld\n", ask("from_tracepoint", 0, 8));
  fprintf(out, "enable: %d\n", ioctl(fd, PERF_EVENT_IOC_ENABLE, 0) ? -errno : 0);
  fprintf(out, "output without a ring: %ld\n", ask("from_tracepoint", 0, 8));
  fprintf(out, "reads: %ld\n", ask("reads", 0, 0));
  fprintf(out, "reads_value: %ld\n", ask("reads_value", 0, 0));
  struct perf_event_mmap_page* ring = ring_of(fd, 1);
  fprintf(out, "output: %ld\n", ask("from_tracepoint", 0, 8));
  show(ring, 1);
  fprintf(out, "output to this CPU: %ld\n", ask("from_tracepoint", 0xffffffff, 8));
  show(ring, 1);
  fprintf(out, "disable: %d\n", ioctl(fd, PERF_EVENT_IOC_DISABLE, 0) ? -errno : 0);
  fprintf(out, "output then: %ld\n", ask("from_tracepoint", 0, 8));
  fprintf(out, "an unknown request: %d\n", ioctl(fd, 0x2499, 0) ? -errno : 0);
  ioctl(fd, PERF_EVENT_IOC_ENABLE, 0);
  run_on(1);
  fprintf(out, "output from the other CPU: %ld\n", ask("from_tracepoint", 0, 8));
  fprintf(out, "output from it to its own: %ld\n", ask("from_tracepoint", 0xffffffff, 8));
  fprintf(out, "reads from there: %ld\n", ask("reads", 0, 0));
  run_on(0);
  fprintf(out, "pause: %d\n", ioctl(fd, PERF_EVENT_IOC_PAUSE_OUTPUT, 1) ? -errno : 0);
  fprintf(out, "output to a paused one: %ld\n", ask("from_tracepoint", 0, 8));
  fprintf(out, "resume: %d\n", ioctl(fd, PERF_EVENT_IOC_PAUSE_OUTPUT, 0) ? -errno : 0);
  show(ring, 1);
  tell("output then", ask("from_tracepoint", 0, 8));
  show(ring, 1);
  tell("take out", take_out(0));
  tell("again", take_out(0));
  tell("beyond", take_out(4));
  fprintf(out, "output then: %ld\n", ask("from_tracepoint", 0, 8));
  put(0, fd, 0);
  munmap(ring, 2 * page);
  close(fd);
  fprintf(out, "a closed one is still there: %d\n", take_out(0));
}

static void ask_for_records(void) {
  static const unsigned sizes[] = {0, 1, 3, 4, 5, 11, 12, 13, 100, 1000, 2047, 4000, 4068, 4069, 4076, 4077, 4100};
  const int fd = open_output(0);
  struct perf_event_mmap_page* ring = ring_of(fd, 1);
  put(0, fd, 0);
  for (unsigned i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
    fprintf(out, "output of %u: %ld\n", sizes[i], ask("from_tracepoint", 0, sizes[i]));
    show(ring, 1);
  }
  for (unsigned i = 0; i < 6; i++) fprintf(out, "filling: %ld\n", ask("from_tracepoint", 0, 1000));
  fprintf(out, "what still fits: %ld\n", ask("from_tracepoint", 0, 4));
  show(ring, 1);
  fprintf(out, "after a loss: %ld\n", ask("from_tracepoint", 0, 8));
  show(ring, 1);
  fprintf(out, "and another: %ld\n", ask("from_tracepoint", 0, 8));
  show(ring, 1);
  munmap(ring, 2 * page);
  take_out(0), close(fd);

  // Longer ones get a size that is cut off, which no reader understands.
  static const unsigned large[] = {60000, 65500, 65512, 65516};
  const int wide = open_output(0);
  ring = ring_of(wide, 64);
  put(0, wide, 0);
  for (unsigned i = 0; i < sizeof(large) / sizeof(large[0]); i++) {
    fprintf(out, "output of %u: %ld\n", large[i], ask("from_tracepoint", 0, large[i]));
    show(ring, 64);
  }
  static const unsigned lengths[] = {0, 1, 14, 42, 100, 101, 2000};
  for (unsigned i = 0; i < sizeof(lengths) / sizeof(lengths[0]); i++) {
    const unsigned long long flags = (unsigned long long)lengths[i] << 32 | 0xffffffff;
    fprintf(out, "with %u of a packet: tc %ld\n", lengths[i], ask("from_tc", flags, 10));
    show(ring, 64);
    fprintf(out, "with %u of a frame: xdp %ld\n", lengths[i], ask("from_xdp", flags, 10));
    show(ring, 64);
  }
  tell("tc with more flags", ask("from_tc", 1ULL << 52, 10));
  tell("xdp with more flags", ask("from_xdp", 1ULL << 63, 10));
  munmap(ring, 65 * page);
  take_out(0), close(wide);
}

static void ask_for_samples(void) {
  static const unsigned long long samples[] = {0,
                                               PERF_SAMPLE_TID,
                                               PERF_SAMPLE_TIME,
                                               PERF_SAMPLE_ID,
                                               PERF_SAMPLE_STREAM_ID,
                                               PERF_SAMPLE_CPU,
                                               PERF_SAMPLE_PERIOD,
                                               PERF_SAMPLE_IDENTIFIER,
                                               PERF_SAMPLE_RAW | PERF_SAMPLE_TIME | PERF_SAMPLE_CPU};
  for (unsigned i = 0; i < sizeof(samples) / sizeof(samples[0]); i++) {
    struct perf_event_attr attr = output_event();
    attr.sample_type = samples[i];
    const int fd = open_event(&attr, -1, 0, -1, 8);
    struct perf_event_mmap_page* ring = ring_of(fd, 1);
    put(0, fd, 0);
    fprintf(out, "samples %llx: %ld\n", samples[i], ask("from_tracepoint", 0, 8));
    fprintf(out, "  head %llu\n", (unsigned long long)ring->data_head);
    munmap(ring, 2 * page);
    take_out(0), close(fd);
  }
}

static void ask_for_wakeups(void) {
  static const struct {
    unsigned watermark, wakeup;
  } rows[] = {{0, 1}, {0, 2}, {0, 3}, {1, 100}, {1, 0}, {0, 0}};
  for (unsigned i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
    struct perf_event_attr attr = output_event();
    attr.watermark = rows[i].watermark, attr.wakeup_events = rows[i].wakeup;
    const int fd = open_event(&attr, -1, 0, -1, 8);
    struct perf_event_mmap_page* ring = ring_of(fd, 1);
    put(0, fd, 0);
    fprintf(out, "%s %u: %d", rows[i].watermark ? "watermark" : "wake-up after", rows[i].wakeup, is_readable(fd));
    for (unsigned step = 0; step < 7; step++) {
      const long answer = ask("from_tracepoint", 0, rows[i].wakeup != 0 ? 28 : 828);
      fprintf(out, ", %ld %d", answer, is_readable(fd));
      ring->data_tail = ring->data_head;
    }
    fprintf(out, "\n");
    munmap(ring, 2 * page);
    take_out(0), close(fd);
  }
}

// Which entries leave a map when descriptors of it are closed: those that were put in through them.
static void ask_for_closing(void) {
  enum { preserve_elems = 1 << 11 };
  for (int preserves = 0; preserves < 2; preserves++) {
    LIBBPF_OPTS(bpf_map_create_opts, options, .map_flags = preserves ? preserve_elems : 0);
    const int map = bpf_map_create(BPF_MAP_TYPE_PERF_EVENT_ARRAY, "closed", 4, 4, 8, &options);
    struct bpf_map_info info;
    unsigned length = sizeof(info);
    memset(&info, 0, sizeof(info));
    bpf_map_get_info_by_fd(map, &info, &length);
    const int by_id = bpf_map_get_fd_by_id(info.id), by_id_too = bpf_map_get_fd_by_id(info.id);
    const int copy = dup(map), copy_of_other = dup(by_id_too);
    const int through[] = {map, by_id, copy, by_id_too, copy_of_other};
    const int event = open_output(0);
    fprintf(out, "closing, %s\n", preserves ? "and the map preserves" : "by custom");
    for (int i = 0; i < 5; i++) {
      const int error = bpf_map_update_elem(through[i], &i, &event, 0) ? -errno : 0;
      fprintf(out, "put %d: %d\n", i, error);
    }
    close(by_id), close(copy), close(copy_of_other);
    for (int i = 0; i < 5; i++) fprintf(out, "take out %d: %d\n", i, bpf_map_delete_elem(map, &i) ? -errno : 0);
    for (int i = 0; i < 5; i++)
      if (i != 1 && i != 2 && i != 4) bpf_map_update_elem(through[i], &i, &event, 0);
    const int pinned = bpf_obj_pin(map, "/sys/fs/bpf/perf_rows_closed");
    close(map);
    fprintf(out, "pinned: %d\n", pinned);
    for (int i = 0; i < 5; i++) fprintf(out, "take out %d: %d\n", i, bpf_map_delete_elem(by_id_too, &i) ? -errno : 0);
    const int zero = 0;
    bpf_map_update_elem(by_id_too, &zero, &event, 0);
    close(by_id_too);
    const int again = bpf_obj_get("/sys/fs/bpf/perf_rows_closed");
    fprintf(out, "pinned alone: %d\n", bpf_map_delete_elem(again, &zero) ? -errno : 0);
    unlink("/sys/fs/bpf/perf_rows_closed");
    close(again), close(event);
  }
}

void ask_about_perf_events(FILE* to, const char* path) {
  cpu_set_t before;
  sched_getaffinity(0, sizeof(before), &before);
  out = to;
  run_on(0);
  object = bpf_object__open(path);
  if (object == NULL || bpf_object__load(object) != 0) {
    fprintf(out, "the object does not load\n");
  } else {
    events = bpf_map__fd(bpf_object__find_map_by_name(object, "events"));
    asked = bpf_map__fd(bpf_object__find_map_by_name(object, ".data.asked"));
    ask_to_open();
    ask_to_map();
    ask_for_results();
    ask_for_records();
    ask_for_samples();
    ask_for_wakeups();
    ask_for_closing();
  }
  bpf_object__close(object);
  sched_setaffinity(0, sizeof(before), &before);
}

#ifndef ASKED_BY_A_TEST
int main(int count, char** arguments) {
  ask_about_perf_events(stdout, count > 1 ? arguments[1] : "perf_questions.bpf.o");
  return 0;
}
#endif
