// SPDX-License-Identifier: Apache-2.0
// Ask a kernel about maps of sockets: which sockets user space may put in, what it and programs find there, when they
// are gone. The programs are those of ../loader/socket_questions.bpf.c.
//
//   socket_rows OBJECT        prints sockets-7.3.txt: a line a question
//
// tests/loader/socket_rows_test.cpp asks Skep the same and compares. To make the answers again:
//
//   clang-19 -g -O2 -target bpf -mcpu=v3 -I../../examples -c ../loader/socket_questions.bpf.c -o socket_questions.bpf.o
//   cc -O2 -o socket_rows socket_rows.c -lbpf
//   ./vm -k 7.3 -f socket_rows -f socket_questions.bpf.o -- ./socket_rows socket_questions.bpf.o >sockets-7.3.txt
#include <arpa/inet.h>
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

static struct bpf_object* object;
static int by_index, by_key, seen_map;
static FILE* out;

static int put(int keyed, unsigned long long key, unsigned long long value, unsigned long long flags) {
  const unsigned index = (unsigned)key;
  return bpf_map_update_elem(keyed ? by_key : by_index, keyed ? (const void*)&key : &index, &value, flags) ? -errno : 0;
}
static int take_out(int keyed, unsigned long long key) {
  const unsigned index = (unsigned)key;
  return bpf_map_delete_elem(keyed ? by_key : by_index, keyed ? (const void*)&key : &index) ? -errno : 0;
}
static long long find(int keyed, unsigned long long key) {
  const unsigned index = (unsigned)key;
  unsigned long long value = 0;
  const int error = bpf_map_lookup_elem(keyed ? by_key : by_index, keyed ? (const void*)&key : &index, &value);
  return error ? -errno : value != 0;
}
static void tell(const char* what, long long answer) {
  fprintf(out, "%s: %lld\n", what, answer);
}

struct seen {
  unsigned key, keyed, found, family, type, protocol, src_ip4, src_port, dst_ip4, dst_port, state;
  long long assigned, again, replaced;
};
static struct seen run(const char* name, int keyed, unsigned key) {
  static unsigned char packet[64] = {0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 2, 8, 0, 0x45, 0, 0, 50, 0, 0, 0, 0, 64, 17};
  const int zero = 0;
  struct seen seen;
  memset(&seen, 0, sizeof(seen));
  seen.key = key, seen.keyed = (unsigned)keyed;
  bpf_map_update_elem(seen_map, &zero, &seen, 0);
  LIBBPF_OPTS(bpf_test_run_opts, options, .data_in = packet, .data_size_in = sizeof(packet), .repeat = 1);
  const int error = bpf_prog_test_run_opts(bpf_program__fd(bpf_object__find_program_by_name(object, name)), &options);
  if (error) fprintf(out, "%s does not run: %d\n", name, error);
  bpf_map_lookup_elem(seen_map, &zero, &seen);
  return seen;
}
static unsigned port_of(int fd, int peer) {
  struct sockaddr_in address;
  socklen_t length = sizeof(address);
  memset(&address, 0, sizeof(address));
  return (peer ? getpeername(fd, (struct sockaddr*)&address, &length)
               : getsockname(fd, (struct sockaddr*)&address, &length))
             ? 0
             : ntohs(address.sin_port);
}
static void look(int keyed, unsigned key, int fd) {
  const struct seen s = run("looks", keyed, key);
  if (!s.found) {
    fprintf(out, "  a program finds nothing\n");
    return;
  }
  fprintf(out, "  a program finds family %u type %u protocol %u from %08x to %08x state %u, ports %s %s\n", s.family,
          s.type, s.protocol, ntohl(s.src_ip4), ntohl(s.dst_ip4), s.state,
          s.src_port == port_of(fd, 0) ? "right" : "wrong",
          ntohs((unsigned short)s.dst_port) == port_of(fd, 1) ? "right" : "wrong");
}

static struct sockaddr_in loopback(void) {
  struct sockaddr_in address;
  memset(&address, 0, sizeof(address));
  address.sin_family = AF_INET, address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  return address;
}
static int bound(int family, int type) {
  const int fd = socket(family, type, 0);
  struct sockaddr_in address = loopback();
  bind(fd, (struct sockaddr*)&address, sizeof(address));
  return fd;
}
static int connected_to(int listener) {
  const int fd = socket(AF_INET, SOCK_STREAM, 0);
  struct sockaddr_in address;
  socklen_t length = sizeof(address);
  getsockname(listener, (struct sockaddr*)&address, &length);
  connect(fd, (struct sockaddr*)&address, length);
  return fd;
}

static void ask_which(int keyed) {
  int pair[2], datagrams[2];
  const int listener = bound(AF_INET, SOCK_STREAM);
  listen(listener, 5);
  socketpair(AF_UNIX, SOCK_STREAM, 0, pair);
  socketpair(AF_UNIX, SOCK_DGRAM, 0, datagrams);
  const int connection = connected_to(listener), accepted = accept(listener, NULL, NULL);
  const struct {
    const char* what;
    int fd;
  } rows[] = {{"a listener", listener},
              {"a connection", connection},
              {"an accepted connection", accepted},
              {"a new TCP socket", socket(AF_INET, SOCK_STREAM, 0)},
              {"a bound TCP socket", bound(AF_INET, SOCK_STREAM)},
              {"a new UDP socket", socket(AF_INET, SOCK_DGRAM, 0)},
              {"a bound UDP socket", bound(AF_INET, SOCK_DGRAM)},
              {"a new TCP socket of IPv6", socket(AF_INET6, SOCK_STREAM, 0)},
              {"a new UDP socket of IPv6", socket(AF_INET6, SOCK_DGRAM, 0)},
              {"a new stream of this machine", socket(AF_UNIX, SOCK_STREAM, 0)},
              {"a new datagram of this machine", socket(AF_UNIX, SOCK_DGRAM, 0)},
              {"a stream of this machine", pair[0]},
              {"a datagram of this machine", datagrams[0]},
              {"a socket of netlink", socket(AF_NETLINK, SOCK_RAW, 0)}};
  const unsigned count = sizeof(rows) / sizeof(rows[0]);
  for (unsigned i = 0; i < count; i++) {
    const int error = put(keyed, 1, (unsigned)rows[i].fd, 0);
    fprintf(out, "%s %s: %d, found %lld\n", keyed ? "by key" : "by index", rows[i].what, error, find(keyed, 1));
    if (error == 0) look(keyed, 1, rows[i].fd);
    tell("  and taken out", take_out(keyed, 1));
  }
  for (unsigned i = 0; i < count; i++) close(rows[i].fd);
  close(pair[1]), close(datagrams[1]);
}

static void ask_for_codes(int keyed) {
  const int one = bound(AF_INET, SOCK_DGRAM), other = bound(AF_INET, SOCK_DGRAM),
            stream = socket(AF_INET, SOCK_STREAM, 0);
  fprintf(out, "codes, %s\n", keyed ? "by key" : "by index");
  tell("no descriptor", put(keyed, 1, 999, 0));
  tell("a number that is none", put(keyed, 1, 1ULL << 32, 0));
  tell("another file", put(keyed, 1, 0, 0));
  tell("only if it exists", put(keyed, 1, (unsigned)one, 2));
  tell("flags", put(keyed, 1, (unsigned)one, 3));
  tell("more flags", put(keyed, 1, (unsigned)one, 4));
  tell("only if it does not exist", put(keyed, 1, (unsigned)one, 1));
  tell("again", put(keyed, 1, (unsigned)one, 1));
  tell("another one there", put(keyed, 1, (unsigned)other, 2));
  tell("it is found", find(keyed, 1));
  look(keyed, 1, other);
  tell("the same again", put(keyed, 1, (unsigned)other, 0));
  tell("the same at another place", put(keyed, 2, (unsigned)other, 0));
  tell("beyond", put(keyed, 4, (unsigned)one, 0));
  tell("beyond, a socket that may not", put(keyed, 4, (unsigned)stream, 0));
  tell("taken out beyond", take_out(keyed, 4));
  tell("one more", put(keyed, 3, (unsigned)one, 0));
  tell("and one more", put(keyed, 5, (unsigned)one, 0));
  tell("and one too many", put(keyed, 6, (unsigned)one, 0));
  tell("found there", find(keyed, 6));
  close(other);
  tell("closed", find(keyed, 1));
  look(keyed, 1, other);
  look(keyed, 2, other);
  tell("and taken out", take_out(keyed, 1));
  tell("its other place", take_out(keyed, 2));
  take_out(keyed, 5), take_out(keyed, 6), take_out(keyed, 3), take_out(keyed, 4);
  unsigned long long key = 0;
  tell("keys", bpf_map_get_next_key(keyed ? by_key : by_index, NULL, &key) ? -errno : 0);
  close(one), close(stream);
}

// What a program that selects the socket of a new connection, or packet, may select.
static void ask_to_assign(void) {
  const int listener = bound(AF_INET, SOCK_STREAM);
  listen(listener, 5);
  const int connection = connected_to(listener), datagrams = bound(AF_INET, SOCK_DGRAM);
  const int sockets[] = {listener, connection, datagrams, -1};
  static const char* const names[] = {"a listener", "a connection", "a UDP socket", "none"};
  for (unsigned i = 0; i < 4; i++)
    for (unsigned row = 0; row < 5; row++) {
      static const unsigned families[] = {AF_INET, AF_INET, AF_INET6, AF_INET, AF_INET};
      static const unsigned protocols[] = {IPPROTO_TCP, IPPROTO_UDP, IPPROTO_TCP, IPPROTO_TCP, IPPROTO_TCP};
      static const unsigned flags[] = {0, 0, 0, 2, 4};
      const int zero = 0;
      struct bpf_sk_lookup in, back;
      struct seen seen;
      memset(&in, 0, sizeof(in)), memset(&back, 0, sizeof(back)), memset(&seen, 0, sizeof(seen));
      take_out(0, 0);
      if (sockets[i] >= 0 && put(0, 0, (unsigned)sockets[i], 0) != 0) fprintf(out, "  it cannot be put in\n");
      seen.keyed = flags[row];
      bpf_map_update_elem(seen_map, &zero, &seen, 0);
      in.family = families[row], in.protocol = protocols[row];
      LIBBPF_OPTS(bpf_test_run_opts, options, .ctx_in = &in, .ctx_size_in = sizeof(in), .ctx_out = &back,
                  .ctx_size_out = sizeof(back));
      const int error =
          bpf_prog_test_run_opts(bpf_program__fd(bpf_object__find_program_by_name(object, "assigns")), &options);
      bpf_map_lookup_elem(seen_map, &zero, &seen);
      fprintf(out, "assign %s to family %u, protocol %u, flags %u: %d, %u, found %u, %lld %lld %lld, selected %d\n",
              names[i], families[row], protocols[row], flags[row], error, options.retval, seen.found, seen.assigned,
              seen.again, seen.replaced, back.cookie != 0);
    }
  close(listener), close(connection), close(datagrams);
}

void ask_about_sockets(FILE* to, const char* path) {
  out = to;
  object = bpf_object__open(path);
  bpf_program__set_autoload(bpf_object__find_program_by_name(object, "skb_redirects"), false);
  bpf_program__set_autoload(bpf_object__find_program_by_name(object, "message_redirects"), false);
  if (object == NULL || bpf_object__load(object) != 0) {
    fprintf(out, "the object does not load\n");
    bpf_object__close(object);
    return;
  }
  by_index = bpf_map__fd(bpf_object__find_map_by_name(object, "by_index"));
  by_key = bpf_map__fd(bpf_object__find_map_by_name(object, "by_key"));
  seen_map = bpf_map__fd(bpf_object__find_map_by_name(object, ".data.seen"));
  for (int keyed = 0; keyed < 2; keyed++) ask_which(keyed), ask_for_codes(keyed);
  ask_to_assign();
  bpf_object__close(object);
}

#ifndef ASKED_BY_A_TEST
int main(int count, char** arguments) {
  ask_about_sockets(stdout, count > 1 ? arguments[1] : "socket_questions.bpf.o");
  return 0;
}
#endif
