/* SPDX-License-Identifier: Apache-2.0
 *
 * What a kernel is asked about contexts, and about what their fields point to: one load or store, at each offset.
 *
 * A row of `context_bases` is a program type with the instructions that bring a pointer into R1; each is asked for
 * every `context_accesses`, from `first_offset` on to its limit. context_oracle.c asks a real kernel and prints
 * contexts-7.3.txt; tests/kernel/context_tables_test.cpp asks Skep and compares. This is C and C++, so that both ask
 * the same. What programs that are attached by BTF may do with their contexts is asked by attach_questions.h.
 */
#ifndef CONTEXT_QUESTIONS_H
#define CONTEXT_QUESTIONS_H

#include "attach_questions.h"

enum context_path {
  THE_CONTEXT,
  FIELD,     /* what a field points to */
  FULL_SOCK, /* … which is a socket, made a full one */
  TCP_SOCK,  /* … and that a TCP socket */
};

struct context_base {
  const char* name;
  unsigned prog_type, attach_type;
  enum context_path path;
  int field, limit, usual; /* the field's offset; how far to go; what the program returns */
};

static const struct context_base context_bases[] = {
    {"socket", 1, 0, THE_CONTEXT, 0, 192, 0},
    {"kprobe", 2, 0, THE_CONTEXT, 0, 176, 0},
    {"tc", 3, 0, THE_CONTEXT, 0, 200, 0},
    {"action", 4, 0, THE_CONTEXT, 0, 200, 0},
    {"tracepoint", 5, 0, THE_CONTEXT, 0, 64, 0},
    {"xdp", 6, 0, THE_CONTEXT, 0, 32, 0},
    {"xdp/devmap", 6, 33, THE_CONTEXT, 0, 32, 0},
    {"xdp/cpumap", 6, 35, THE_CONTEXT, 0, 32, 0},
    {"perf_event", 7, 0, THE_CONTEXT, 0, 200, 0},
    {"cgroup_skb/ingress", 8, 0, THE_CONTEXT, 0, 200, 1},
    {"cgroup_skb/egress", 8, 1, THE_CONTEXT, 0, 200, 1},
    {"cgroup/sock_create", 9, 2, THE_CONTEXT, 0, 96, 1},
    {"cgroup/sock_release", 9, 34, THE_CONTEXT, 0, 96, 1},
    {"cgroup/post_bind4", 9, 12, THE_CONTEXT, 0, 96, 1},
    {"cgroup/post_bind6", 9, 13, THE_CONTEXT, 0, 96, 1},
    {"lwt_in", 10, 0, THE_CONTEXT, 0, 200, 0},
    {"lwt_out", 11, 0, THE_CONTEXT, 0, 200, 0},
    {"lwt_xmit", 12, 0, THE_CONTEXT, 0, 200, 0},
    {"sockops", 13, 3, THE_CONTEXT, 0, 232, 1},
    {"sk_skb", 14, 0, THE_CONTEXT, 0, 200, 0},
    {"sk_skb/stream_parser", 14, 4, THE_CONTEXT, 0, 200, 0},
    {"sk_skb/stream_verdict", 14, 5, THE_CONTEXT, 0, 200, 0},
    {"sk_skb/verdict", 14, 38, THE_CONTEXT, 0, 200, 0},
    {"cgroup/dev", 15, 6, THE_CONTEXT, 0, 24, 1},
    {"sk_msg", 16, 7, THE_CONTEXT, 0, 96, 1},
    {"raw_tp", 17, 0, THE_CONTEXT, 0, 112, 0},
    {"cgroup/bind4", 18, 8, THE_CONTEXT, 0, 80, 1},
    {"cgroup/bind6", 18, 9, THE_CONTEXT, 0, 80, 1},
    {"cgroup/connect4", 18, 10, THE_CONTEXT, 0, 80, 1},
    {"cgroup/connect6", 18, 11, THE_CONTEXT, 0, 80, 1},
    {"cgroup/sendmsg4", 18, 14, THE_CONTEXT, 0, 80, 1},
    {"cgroup/sendmsg6", 18, 15, THE_CONTEXT, 0, 80, 1},
    {"cgroup/recvmsg4", 18, 19, THE_CONTEXT, 0, 80, 1},
    {"cgroup/recvmsg6", 18, 20, THE_CONTEXT, 0, 80, 1},
    {"cgroup/getpeername4", 18, 29, THE_CONTEXT, 0, 80, 1},
    {"cgroup/getpeername6", 18, 30, THE_CONTEXT, 0, 80, 1},
    {"cgroup/getsockname4", 18, 31, THE_CONTEXT, 0, 80, 1},
    {"cgroup/getsockname6", 18, 32, THE_CONTEXT, 0, 80, 1},
    {"cgroup/connect_unix", 18, 49, THE_CONTEXT, 0, 80, 1},
    {"cgroup/sendmsg_unix", 18, 50, THE_CONTEXT, 0, 80, 1},
    {"cgroup/recvmsg_unix", 18, 51, THE_CONTEXT, 0, 80, 1},
    {"lwt_seg6local", 19, 0, THE_CONTEXT, 0, 200, 0},
    {"lirc_mode2", 20, 16, THE_CONTEXT, 0, 16, 0},
    {"lirc_mode2 of no attach type", 20, 0, THE_CONTEXT, 0, 16, 0},
    {"sk_reuseport", 21, 39, THE_CONTEXT, 0, 80, 1},
    {"sk_reuseport/migrate", 21, 40, THE_CONTEXT, 0, 80, 1},
    {"flow_dissector", 22, 17, THE_CONTEXT, 0, 200, 0},
    {"cgroup/sysctl", 23, 18, THE_CONTEXT, 0, 16, 1},
    {"raw_tp.w", 24, 0, THE_CONTEXT, 0, 112, 0},
    {"cgroup/getsockopt", 25, 21, THE_CONTEXT, 0, 48, 1},
    {"cgroup/setsockopt", 25, 22, THE_CONTEXT, 0, 48, 1},
    {"sk_lookup", 30, 36, THE_CONTEXT, 0, 80, 1},
    {"syscall", 31, 0, THE_CONTEXT, 0, 16, 0},
    {"netfilter", 32, 45, THE_CONTEXT, 0, 32, 1},

    {"cgroup_skb: sock_common", 8, 1, FIELD, 168, 96, 1},
    {"cgroup_skb: sock", 8, 1, FULL_SOCK, 168, 96, 1},
    {"cgroup_skb: tcp_sock", 8, 1, TCP_SOCK, 168, 128, 1},
    {"tc: sock", 3, 0, FULL_SOCK, 168, 96, 0},
    {"sockops: sock", 13, 3, FIELD, 184, 96, 1},
    {"sockops: packet", 13, 3, FIELD, 192, 8, 1},
    {"cgroup/connect4: sock", 18, 10, FIELD, 64, 96, 1},
    {"cgroup/getsockopt: sock", 25, 21, FIELD, 0, 96, 1},
    {"cgroup/getsockopt: optval", 25, 21, FIELD, 8, 8, 1},
    {"sk_msg: sock", 16, 7, FIELD, 72, 96, 1},
    {"sk_lookup: sock", 30, 36, FIELD, 0, 96, 1},
    {"sk_reuseport: sock", 21, 39, FIELD, 40, 96, 1},
    {"sk_reuseport: migrating sock", 21, 40, FIELD, 48, 96, 1},
    {"flow_dissector: flow_keys", 22, 17, FIELD, 144, 72, 0},
    {"raw_tp.w: buffer", 24, 0, FIELD, 0, 48, 0},
};
enum { context_base_count = sizeof(context_bases) / sizeof(context_bases[0]), first_offset = -16 };

struct context_access {
  const char* name;
  unsigned char code;
  int size, writes;
};

static const struct context_access context_accesses[] = {
    {"read 1", 0x71, 1, 0},        {"read 2", 0x69, 2, 0},        {"read 4", 0x61, 4, 0},
    {"read 8", 0x79, 8, 0},        {"read signed 1", 0x91, 1, 0}, {"read signed 2", 0x89, 2, 0},
    {"read signed 4", 0x81, 4, 0}, {"write 1", 0x73, 1, 1},       {"write 2", 0x6b, 2, 1},
    {"write 4", 0x63, 4, 1},       {"write 8", 0x7b, 8, 1},       {"write a number of 4", 0x62, 4, 1},
};
enum { context_access_count = sizeof(context_accesses) / sizeof(context_accesses[0]) };

enum { most_context_insns = 12 };
struct context_question {
  int count;
  struct raw_insn insns[most_context_insns];
};

static inline void add_context_insn(struct context_question* q, unsigned char code, unsigned char registers, int off,
                                    int imm) {
  struct raw_insn insn;
  insn.code = code;
  insn.registers = registers;
  insn.off = (short)off;
  insn.imm = imm;
  q->insns[q->count++] = insn;
}

/* R1 = R0, or nothing is done when the pointer in it is null. */
static inline void unless_null(struct context_question* q, unsigned char reg) {
  add_context_insn(q, 0x15, reg, 0, 0); /* the distance is filled in */
}

static inline void context_question_at(const struct context_base* base, const struct context_access* access, int offset,
                                       struct context_question* q) {
  enum { r1_of_r1 = 0x11, r1_is_r0 = 0x01, r2_of_r1 = 0x12, r2_to_r1 = 0x21, sk_fullsock = 95, tcp_sock = 96 };
  int i;

  memset(q, 0, sizeof(*q));
  if (base->path != THE_CONTEXT) {
    add_context_insn(q,
                     base->prog_type == 25 || base->prog_type == 16 || base->prog_type == 30 || base->prog_type == 21 ||
                             base->prog_type == 18 || base->prog_type == 24 || base->prog_type == 22 ||
                             base->prog_type == 13 || base->prog_type == 8 || base->prog_type == 3
                         ? 0x79
                         : 0x61,
                     r1_of_r1, base->field, 0);
    unless_null(q, 1);
  }
  if (base->path == FULL_SOCK || base->path == TCP_SOCK) {
    add_context_insn(q, 0x85, 0, 0, sk_fullsock);
    add_context_insn(q, 0xbf, r1_is_r0, 0, 0);
    unless_null(q, 1);
  }
  if (base->path == TCP_SOCK) {
    add_context_insn(q, 0x85, 0, 0, tcp_sock);
    add_context_insn(q, 0xbf, r1_is_r0, 0, 0);
    unless_null(q, 1);
  }
  if (access->writes) add_context_insn(q, 0xb7, 2, 0, 1);
  add_context_insn(q, access->code, access->code == 0x62 ? 1 : access->writes ? r2_to_r1 : r2_of_r1, offset, 0);
  for (i = 0; i < q->count; i++)
    if (q->insns[i].code == 0x15) q->insns[i].off = (short)(q->count - i - 1);
  add_context_insn(q, 0xb7, 0, 0, base->usual);
  add_context_insn(q, 0x95, 0, 0, 0);
}

/* As attach_answer; the offset and the size become OFF and SIZE. */
static inline void context_answer(const struct context_access* access, int offset, int error, char* log, char* answer,
                                  size_t size) {
  struct attach_question shown;
  char text[32];

  memset(&shown, 0, sizeof(shown));
  shown.shows = access->writes ? NULL : "R2=";
  attach_answer(&shown, "(none)", 4294967295U, error, log, answer, size);
  if (error == 0) return;
  snprintf(text, sizeof(text), "%d", access->size);
  {
    char* at = strstr(answer, "size=");
    if (at && !strncmp(at + 5, text, strlen(text))) {
      memmove(at + 5 + 4, at + 5 + strlen(text), strlen(at + 5 + strlen(text)) + 1);
      memcpy(at + 5, "SIZE", 4);
    }
    snprintf(text, sizeof(text), "off=%d ", offset);
    at = strstr(answer, text);
    if (at) {
      memmove(at + 8, at + strlen(text), strlen(at + strlen(text)) + 1);
      memcpy(at, "off=OFF ", 8);
    }
  }
}

#endif
