// SPDX-License-Identifier: Apache-2.0
// Ask a kernel about arrays of sockets: which ones user space may put into a reuseport_sockarray and an xskmap, what it
// and programs find there, when they are gone. The programs are those of ../loader/socket_questions.bpf.c.
//
//   socket_array_rows groups|xdp OBJECT        prints socket-groups-7.3.txt, xdp-sockets-7.3.txt: a line a question
//
// tests/loader/socket_rows_test.cpp asks Skep the same and compares. To make the answers again:
//
//   clang-19 -g -O2 -target bpf -mcpu=v3 -I../../examples -c ../loader/socket_questions.bpf.c -o socket_questions.bpf.o
//   cc -O2 -o socket_array_rows socket_array_rows.c -lbpf
//   ./vm -k 7.3 -f socket_array_rows -f socket_questions.bpf.o -- ./socket_array_rows groups
//   socket_questions.bpf.o >socket-groups-7.3.txt
#include <arpa/inet.h>
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <linux/if_xdp.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

static FILE* out;
static int map;

static void tell(const char* what, long long answer) {
  fprintf(out, "%s: %lld\n", what, answer);
}
static long long put(unsigned key, unsigned long long value, unsigned long long flags) {
  return bpf_map_update_elem(map, &key, &value, flags) ? -errno : 0;
}
static long long take_out(unsigned key) {
  return bpf_map_delete_elem(map, &key) ? -errno : 0;
}
static long long find(unsigned key) {
  unsigned long long value = 0;
  return bpf_map_lookup_elem(map, &key, &value) ? -errno : value != 0;
}

static int open_socket(int family, int type, int shares, int binds, int listens) {
  const int fd = socket(family, type, 0), one = 1;
  struct sockaddr_in address;
  memset(&address, 0, sizeof(address));
  address.sin_family = AF_INET, address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  if (shares) setsockopt(fd, SOL_SOCKET, SO_REUSEPORT, &one, sizeof(one));
  if (binds) bind(fd, (struct sockaddr*)&address, sizeof(address));
  if (listens) listen(fd, 5);
  return fd;
}

void ask_about_groups(FILE* to, const char* unused) {
  out = to;
  (void)unused;
  int pair[2];
  socketpair(AF_UNIX, SOCK_STREAM, 0, pair);
  const struct {
    const char* what;
    int fd;
  } rows[] = {{"a listener that shares", open_socket(AF_INET, SOCK_STREAM, 1, 1, 1)},
              {"a listener that does not", open_socket(AF_INET, SOCK_STREAM, 0, 1, 1)},
              {"a bound TCP socket that shares", open_socket(AF_INET, SOCK_STREAM, 1, 1, 0)},
              {"a UDP socket that shares", open_socket(AF_INET, SOCK_DGRAM, 1, 1, 0)},
              {"a UDP socket that does not", open_socket(AF_INET, SOCK_DGRAM, 0, 1, 0)},
              {"a UDP socket that is not bound", open_socket(AF_INET, SOCK_DGRAM, 1, 0, 0)},
              {"a new TCP socket", open_socket(AF_INET, SOCK_STREAM, 1, 0, 0)},
              {"a stream of this machine", pair[0]},
              {"a socket of netlink", socket(AF_NETLINK, SOCK_RAW, 0)}};
  const unsigned count = sizeof(rows) / sizeof(rows[0]);
  map = bpf_map_create(BPF_MAP_TYPE_REUSEPORT_SOCKARRAY, "group", 4, 8, 4, NULL);
  for (unsigned i = 0; i < count; i++) {
    fprintf(out, "%s: %lld", rows[i].what, put(1, (unsigned)rows[i].fd, 0));
    fprintf(out, ", found %lld", find(1));
    fprintf(out, ", taken out %lld\n", take_out(1));
  }
  const int one = rows[0].fd, other = rows[3].fd;
  tell("no descriptor", put(1, 999, 0));
  tell("a number that is none", put(1, 1ULL << 32, 0));
  tell("a negative number", put(1, 0xffffffff, 0));
  tell("another file", put(1, 0, 0));
  tell("flags", put(1, (unsigned)one, 3));
  tell("more flags", put(1, (unsigned)one, 4));
  tell("beyond", put(4, (unsigned)one, 0));
  tell("beyond, no descriptor", put(4, 999, 0));
  tell("only if it exists", put(1, (unsigned)one, 2));
  tell("only if it exists, no descriptor", put(1, 999, 2));
  tell("only if it exists, one that may not", put(1, (unsigned)pair[0], 2));
  tell("only if it does not exist", put(1, (unsigned)one, 1));
  tell("again", put(1, (unsigned)one, 1));
  tell("the same again", put(1, (unsigned)one, 0));
  tell("the same at another place", put(2, (unsigned)one, 0));
  tell("another one there", put(1, (unsigned)other, 2));
  tell("what was there, elsewhere", put(2, (unsigned)one, 0));
  tell("taken out", take_out(1));
  tell("taken out again", take_out(1));
  tell("taken out beyond", take_out(4));
  tell("found", find(2));
  tell("found beyond", find(4));
  unsigned key = 3, next = 77;
  const int first = bpf_map_get_next_key(map, NULL, &next) ? -errno : 0;
  fprintf(out, "keys: %d, %u", first, next);
  fprintf(out, ", behind the last %d\n", bpf_map_get_next_key(map, &key, &next) ? -errno : 0);
  close(one);
  tell("closed", find(2));
  tell("put where it was, if nothing is there", put(2, (unsigned)other, 1));
  tell("taken out for another map", take_out(2));
  close(map);
  map = bpf_map_create(BPF_MAP_TYPE_REUSEPORT_SOCKARRAY, "group_of_4", 4, 4, 4, NULL);
  tell("with values of four bytes", put(1, (unsigned)other, 0));
  tell("found there", find(1));
  tell("a negative number there", put(2, 0xffffffff, 0));
  tell("frozen", bpf_map_freeze(map) ? -errno : 0);
  tell("put into a frozen one", put(2, (unsigned)other, 0));
  tell("taken out of a frozen one", take_out(1));
  close(map);
  for (unsigned i = 1; i < count; i++) close(rows[i].fd);
  close(pair[1]);
}

static int rings(int receives, int sends) {
  const int fd = socket(AF_XDP, SOCK_RAW, 0), entries = 64;
  if (receives) setsockopt(fd, SOL_XDP, XDP_RX_RING, &entries, sizeof(entries));
  if (sends) setsockopt(fd, SOL_XDP, XDP_TX_RING, &entries, sizeof(entries));
  return fd;
}
// A socket with rings, bound to the first queue of the loopback device; no questions of this file, for there can be
// but one in a machine.
int bound_xdp_socket(void);
int bound_xdp_socket(void) {
  enum { chunk = 4096, chunks = 16 };
  static _Alignas(chunk) unsigned char frames[chunk * chunks];
  const int entries = 64, fd = rings(1, 1);
  struct xdp_umem_reg memory;
  struct sockaddr_xdp address;
  memset(&memory, 0, sizeof(memory)), memset(&address, 0, sizeof(address));
  memory.addr = (unsigned long long)(unsigned long)frames;
  memory.len = chunk * chunks, memory.chunk_size = chunk;
  setsockopt(fd, SOL_XDP, XDP_UMEM_REG, &memory, sizeof(memory));
  setsockopt(fd, SOL_XDP, XDP_UMEM_FILL_RING, &entries, sizeof(entries));
  setsockopt(fd, SOL_XDP, XDP_UMEM_COMPLETION_RING, &entries, sizeof(entries));
  address.sxdp_family = AF_XDP, address.sxdp_ifindex = 1, address.sxdp_queue_id = 0, address.sxdp_flags = XDP_COPY;
  const int error = bind(fd, (struct sockaddr*)&address, sizeof(address)) ? -errno : 0;
  if (error) close(fd);
  return error ? error : fd;
}

void ask_about_xdp_sockets(FILE* to, const char* path) {
  out = to;
  struct bpf_object* const object = bpf_object__open(path);
  struct bpf_program* program = NULL;
  bpf_object__for_each_program(program, object)
      bpf_program__set_autoload(program, !strcmp(bpf_program__name(program), "frame_redirects"));
  if (object == NULL || bpf_object__load(object) != 0) {
    fprintf(out, "the object does not load\n");
    bpf_object__close(object);
    return;
  }
  map = bpf_map__fd(bpf_object__find_map_by_name(object, "xdp_sockets"));
  const int run = bpf_program__fd(bpf_object__find_program_by_name(object, "frame_redirects"));
  const int one = rings(1, 0), both = rings(1, 1), sends = rings(0, 1), none = rings(0, 0),
            udp = socket(AF_INET, SOCK_DGRAM, 0);
  static unsigned char frame[64];
#define RUN(what)                                                                                          \
  do {                                                                                                     \
    LIBBPF_OPTS(bpf_test_run_opts, options, .data_in = frame, .data_size_in = sizeof(frame), .repeat = 1); \
    const int error = bpf_prog_test_run_opts(run, &options);                                               \
    fprintf(out, "%s: %d, %u\n", what, error, options.retval);                                             \
  } while (0)
  RUN("a program redirects where none is");
  tell("one that receives", put(0, (unsigned)one, 0));
  RUN("a program redirects to it");
  tell("found", find(0));
  tell("the same again, only if it does not exist", put(0, (unsigned)one, 1));
  tell("another there, only if it does not exist", put(0, (unsigned)both, 1));
  tell("another there", put(0, (unsigned)both, 0));
  tell("another there, only if it exists", put(0, (unsigned)one, 2));
  tell("the same at another place", put(1, (unsigned)one, 0));
  tell("only if it exists", put(2, (unsigned)both, 2));
  tell("one that sends", put(2, (unsigned)sends, 0));
  tell("one that has no rings", put(2, (unsigned)none, 0));
  tell("a UDP socket", put(2, (unsigned)udp, 0));
  tell("no descriptor", put(2, 999, 0));
  tell("another file", put(2, 0, 0));
  tell("flags", put(2, (unsigned)both, 3));
  tell("more flags", put(2, (unsigned)both, 4));
  tell("beyond", put(4, (unsigned)both, 0));
  tell("beyond, no descriptor", put(4, 999, 0));
  tell("found beyond", find(4));
  tell("taken out", take_out(1));
  tell("taken out again", take_out(1));
  tell("taken out beyond", take_out(4));
  close(one);
  RUN("a program redirects to one that was closed");
  tell("put where it was, if nothing is there", put(0, (unsigned)both, 1));
  RUN("a program redirects to the other one");
  close(both), close(sends), close(none), close(udp);
  bpf_object__close(object);
}

#ifndef ASKED_BY_A_TEST
int main(int count, char** arguments) {
  const char* const path = count > 2 ? arguments[2] : "socket_questions.bpf.o";
  if (count > 1 && !strcmp(arguments[1], "xdp"))
    ask_about_xdp_sockets(stdout, path);
  else
    ask_about_groups(stdout, path);
  return 0;
}
#endif
