// A work item, timer or task work of one map, given with another map: which of them the message names.
#include "vmlinux.h"
#include <bpf/bpf_helpers.h>

char LICENSE[] SEC("license") = "GPL";

#define MAP(name, ...) \
  struct name##_value { \
    __u64 first; \
    __VA_ARGS__ \
  }; \
  struct { \
    __uint(type, BPF_MAP_TYPE_ARRAY); \
    __uint(max_entries, 1); \
    __type(key, __u32); \
    __type(value, struct name##_value); \
  } name SEC(".maps")
#define WQ struct bpf_wq wq;
#define TIMER struct bpf_timer timer;
#define WORK struct bpf_task_work work;

MAP(m_plain, );
MAP(m_wq, WQ);
MAP(m_timer, TIMER);
MAP(m_work, WORK);
MAP(m_wq_timer, WQ TIMER);
MAP(m_wq_work, WQ WORK);
MAP(m_timer_work, TIMER WORK);
MAP(m_all, WQ TIMER WORK);

static int callback(struct bpf_map *map, void *key, void *value) { return 0; }
#define LOOK(name) \
  __u32 key = 0; \
  struct name##_value *v = bpf_map_lookup_elem(&name, &key); \
  if (!v) return 0

SEC("?tc") int wq_of_wq_with_plain(void *ctx) { LOOK(m_wq); return bpf_wq_init(&v->wq, &m_plain, 0); }
SEC("?tc") int wq_of_wq_with_timer(void *ctx) { LOOK(m_wq); return bpf_wq_init(&v->wq, &m_timer, 0); }
SEC("?tc") int wq_of_wq_with_work(void *ctx) { LOOK(m_wq); return bpf_wq_init(&v->wq, &m_work, 0); }
SEC("?tc") int wq_of_wq_with_wq_timer(void *ctx) { LOOK(m_wq); return bpf_wq_init(&v->wq, &m_wq_timer, 0); }
SEC("?tc") int wq_of_wq_with_wq_work(void *ctx) { LOOK(m_wq); return bpf_wq_init(&v->wq, &m_wq_work, 0); }
SEC("?tc") int wq_of_wq_with_timer_work(void *ctx) { LOOK(m_wq); return bpf_wq_init(&v->wq, &m_timer_work, 0); }
SEC("?tc") int wq_of_wq_with_all(void *ctx) { LOOK(m_wq); return bpf_wq_init(&v->wq, &m_all, 0); }
SEC("?tc") int timer_of_timer_with_plain(void *ctx) { LOOK(m_timer); return bpf_timer_init(&v->timer, &m_plain, 1); }
SEC("?tc") int timer_of_timer_with_wq(void *ctx) { LOOK(m_timer); return bpf_timer_init(&v->timer, &m_wq, 1); }
SEC("?tc") int timer_of_timer_with_work(void *ctx) { LOOK(m_timer); return bpf_timer_init(&v->timer, &m_work, 1); }
SEC("?tc") int timer_of_timer_with_wq_timer(void *ctx) { LOOK(m_timer); return bpf_timer_init(&v->timer, &m_wq_timer, 1); }
SEC("?tc") int timer_of_timer_with_wq_work(void *ctx) { LOOK(m_timer); return bpf_timer_init(&v->timer, &m_wq_work, 1); }
SEC("?tc") int timer_of_timer_with_timer_work(void *ctx) { LOOK(m_timer); return bpf_timer_init(&v->timer, &m_timer_work, 1); }
SEC("?tc") int timer_of_timer_with_all(void *ctx) { LOOK(m_timer); return bpf_timer_init(&v->timer, &m_all, 1); }
SEC("?fentry/bpf_fentry_test1") int work_of_work_with_plain(void *ctx) { LOOK(m_work); return bpf_task_work_schedule_signal(bpf_get_current_task_btf(), &v->work, &m_plain, callback); }
SEC("?fentry/bpf_fentry_test1") int work_of_work_with_wq(void *ctx) { LOOK(m_work); return bpf_task_work_schedule_signal(bpf_get_current_task_btf(), &v->work, &m_wq, callback); }
SEC("?fentry/bpf_fentry_test1") int work_of_work_with_timer(void *ctx) { LOOK(m_work); return bpf_task_work_schedule_signal(bpf_get_current_task_btf(), &v->work, &m_timer, callback); }
SEC("?fentry/bpf_fentry_test1") int work_of_work_with_wq_timer(void *ctx) { LOOK(m_work); return bpf_task_work_schedule_signal(bpf_get_current_task_btf(), &v->work, &m_wq_timer, callback); }
SEC("?fentry/bpf_fentry_test1") int work_of_work_with_wq_work(void *ctx) { LOOK(m_work); return bpf_task_work_schedule_signal(bpf_get_current_task_btf(), &v->work, &m_wq_work, callback); }
SEC("?fentry/bpf_fentry_test1") int work_of_work_with_timer_work(void *ctx) { LOOK(m_work); return bpf_task_work_schedule_signal(bpf_get_current_task_btf(), &v->work, &m_timer_work, callback); }
SEC("?fentry/bpf_fentry_test1") int work_of_work_with_all(void *ctx) { LOOK(m_work); return bpf_task_work_schedule_signal(bpf_get_current_task_btf(), &v->work, &m_all, callback); }
SEC("?tc") int wq_of_wq_timer_with_plain(void *ctx) { LOOK(m_wq_timer); return bpf_wq_init(&v->wq, &m_plain, 0); }
SEC("?tc") int timer_of_wq_timer_with_plain(void *ctx) { LOOK(m_wq_timer); return bpf_timer_init(&v->timer, &m_plain, 1); }
SEC("?tc") int wq_of_wq_timer_with_wq(void *ctx) { LOOK(m_wq_timer); return bpf_wq_init(&v->wq, &m_wq, 0); }
SEC("?tc") int timer_of_wq_timer_with_wq(void *ctx) { LOOK(m_wq_timer); return bpf_timer_init(&v->timer, &m_wq, 1); }
SEC("?tc") int wq_of_wq_timer_with_timer(void *ctx) { LOOK(m_wq_timer); return bpf_wq_init(&v->wq, &m_timer, 0); }
SEC("?tc") int timer_of_wq_timer_with_timer(void *ctx) { LOOK(m_wq_timer); return bpf_timer_init(&v->timer, &m_timer, 1); }
SEC("?tc") int wq_of_wq_timer_with_work(void *ctx) { LOOK(m_wq_timer); return bpf_wq_init(&v->wq, &m_work, 0); }
SEC("?tc") int timer_of_wq_timer_with_work(void *ctx) { LOOK(m_wq_timer); return bpf_timer_init(&v->timer, &m_work, 1); }
SEC("?tc") int wq_of_wq_timer_with_wq_work(void *ctx) { LOOK(m_wq_timer); return bpf_wq_init(&v->wq, &m_wq_work, 0); }
SEC("?tc") int timer_of_wq_timer_with_wq_work(void *ctx) { LOOK(m_wq_timer); return bpf_timer_init(&v->timer, &m_wq_work, 1); }
SEC("?tc") int wq_of_wq_timer_with_timer_work(void *ctx) { LOOK(m_wq_timer); return bpf_wq_init(&v->wq, &m_timer_work, 0); }
SEC("?tc") int timer_of_wq_timer_with_timer_work(void *ctx) { LOOK(m_wq_timer); return bpf_timer_init(&v->timer, &m_timer_work, 1); }
SEC("?tc") int wq_of_wq_timer_with_all(void *ctx) { LOOK(m_wq_timer); return bpf_wq_init(&v->wq, &m_all, 0); }
SEC("?tc") int timer_of_wq_timer_with_all(void *ctx) { LOOK(m_wq_timer); return bpf_timer_init(&v->timer, &m_all, 1); }
SEC("?tc") int wq_of_wq_work_with_plain(void *ctx) { LOOK(m_wq_work); return bpf_wq_init(&v->wq, &m_plain, 0); }
SEC("?fentry/bpf_fentry_test1") int work_of_wq_work_with_plain(void *ctx) { LOOK(m_wq_work); return bpf_task_work_schedule_signal(bpf_get_current_task_btf(), &v->work, &m_plain, callback); }
SEC("?tc") int wq_of_wq_work_with_wq(void *ctx) { LOOK(m_wq_work); return bpf_wq_init(&v->wq, &m_wq, 0); }
SEC("?fentry/bpf_fentry_test1") int work_of_wq_work_with_wq(void *ctx) { LOOK(m_wq_work); return bpf_task_work_schedule_signal(bpf_get_current_task_btf(), &v->work, &m_wq, callback); }
SEC("?tc") int wq_of_wq_work_with_timer(void *ctx) { LOOK(m_wq_work); return bpf_wq_init(&v->wq, &m_timer, 0); }
SEC("?fentry/bpf_fentry_test1") int work_of_wq_work_with_timer(void *ctx) { LOOK(m_wq_work); return bpf_task_work_schedule_signal(bpf_get_current_task_btf(), &v->work, &m_timer, callback); }
SEC("?tc") int wq_of_wq_work_with_work(void *ctx) { LOOK(m_wq_work); return bpf_wq_init(&v->wq, &m_work, 0); }
SEC("?fentry/bpf_fentry_test1") int work_of_wq_work_with_work(void *ctx) { LOOK(m_wq_work); return bpf_task_work_schedule_signal(bpf_get_current_task_btf(), &v->work, &m_work, callback); }
SEC("?tc") int wq_of_wq_work_with_wq_timer(void *ctx) { LOOK(m_wq_work); return bpf_wq_init(&v->wq, &m_wq_timer, 0); }
SEC("?fentry/bpf_fentry_test1") int work_of_wq_work_with_wq_timer(void *ctx) { LOOK(m_wq_work); return bpf_task_work_schedule_signal(bpf_get_current_task_btf(), &v->work, &m_wq_timer, callback); }
SEC("?tc") int wq_of_wq_work_with_timer_work(void *ctx) { LOOK(m_wq_work); return bpf_wq_init(&v->wq, &m_timer_work, 0); }
SEC("?fentry/bpf_fentry_test1") int work_of_wq_work_with_timer_work(void *ctx) { LOOK(m_wq_work); return bpf_task_work_schedule_signal(bpf_get_current_task_btf(), &v->work, &m_timer_work, callback); }
SEC("?tc") int wq_of_wq_work_with_all(void *ctx) { LOOK(m_wq_work); return bpf_wq_init(&v->wq, &m_all, 0); }
SEC("?fentry/bpf_fentry_test1") int work_of_wq_work_with_all(void *ctx) { LOOK(m_wq_work); return bpf_task_work_schedule_signal(bpf_get_current_task_btf(), &v->work, &m_all, callback); }
SEC("?tc") int timer_of_timer_work_with_plain(void *ctx) { LOOK(m_timer_work); return bpf_timer_init(&v->timer, &m_plain, 1); }
SEC("?fentry/bpf_fentry_test1") int work_of_timer_work_with_plain(void *ctx) { LOOK(m_timer_work); return bpf_task_work_schedule_signal(bpf_get_current_task_btf(), &v->work, &m_plain, callback); }
SEC("?tc") int timer_of_timer_work_with_wq(void *ctx) { LOOK(m_timer_work); return bpf_timer_init(&v->timer, &m_wq, 1); }
SEC("?fentry/bpf_fentry_test1") int work_of_timer_work_with_wq(void *ctx) { LOOK(m_timer_work); return bpf_task_work_schedule_signal(bpf_get_current_task_btf(), &v->work, &m_wq, callback); }
SEC("?tc") int timer_of_timer_work_with_timer(void *ctx) { LOOK(m_timer_work); return bpf_timer_init(&v->timer, &m_timer, 1); }
SEC("?fentry/bpf_fentry_test1") int work_of_timer_work_with_timer(void *ctx) { LOOK(m_timer_work); return bpf_task_work_schedule_signal(bpf_get_current_task_btf(), &v->work, &m_timer, callback); }
SEC("?tc") int timer_of_timer_work_with_work(void *ctx) { LOOK(m_timer_work); return bpf_timer_init(&v->timer, &m_work, 1); }
SEC("?fentry/bpf_fentry_test1") int work_of_timer_work_with_work(void *ctx) { LOOK(m_timer_work); return bpf_task_work_schedule_signal(bpf_get_current_task_btf(), &v->work, &m_work, callback); }
SEC("?tc") int timer_of_timer_work_with_wq_timer(void *ctx) { LOOK(m_timer_work); return bpf_timer_init(&v->timer, &m_wq_timer, 1); }
SEC("?fentry/bpf_fentry_test1") int work_of_timer_work_with_wq_timer(void *ctx) { LOOK(m_timer_work); return bpf_task_work_schedule_signal(bpf_get_current_task_btf(), &v->work, &m_wq_timer, callback); }
SEC("?tc") int timer_of_timer_work_with_wq_work(void *ctx) { LOOK(m_timer_work); return bpf_timer_init(&v->timer, &m_wq_work, 1); }
SEC("?fentry/bpf_fentry_test1") int work_of_timer_work_with_wq_work(void *ctx) { LOOK(m_timer_work); return bpf_task_work_schedule_signal(bpf_get_current_task_btf(), &v->work, &m_wq_work, callback); }
SEC("?tc") int timer_of_timer_work_with_all(void *ctx) { LOOK(m_timer_work); return bpf_timer_init(&v->timer, &m_all, 1); }
SEC("?fentry/bpf_fentry_test1") int work_of_timer_work_with_all(void *ctx) { LOOK(m_timer_work); return bpf_task_work_schedule_signal(bpf_get_current_task_btf(), &v->work, &m_all, callback); }
SEC("?tc") int wq_of_all_with_plain(void *ctx) { LOOK(m_all); return bpf_wq_init(&v->wq, &m_plain, 0); }
SEC("?tc") int timer_of_all_with_plain(void *ctx) { LOOK(m_all); return bpf_timer_init(&v->timer, &m_plain, 1); }
SEC("?fentry/bpf_fentry_test1") int work_of_all_with_plain(void *ctx) { LOOK(m_all); return bpf_task_work_schedule_signal(bpf_get_current_task_btf(), &v->work, &m_plain, callback); }
SEC("?tc") int wq_of_all_with_wq(void *ctx) { LOOK(m_all); return bpf_wq_init(&v->wq, &m_wq, 0); }
SEC("?tc") int timer_of_all_with_wq(void *ctx) { LOOK(m_all); return bpf_timer_init(&v->timer, &m_wq, 1); }
SEC("?fentry/bpf_fentry_test1") int work_of_all_with_wq(void *ctx) { LOOK(m_all); return bpf_task_work_schedule_signal(bpf_get_current_task_btf(), &v->work, &m_wq, callback); }
SEC("?tc") int wq_of_all_with_timer(void *ctx) { LOOK(m_all); return bpf_wq_init(&v->wq, &m_timer, 0); }
SEC("?tc") int timer_of_all_with_timer(void *ctx) { LOOK(m_all); return bpf_timer_init(&v->timer, &m_timer, 1); }
SEC("?fentry/bpf_fentry_test1") int work_of_all_with_timer(void *ctx) { LOOK(m_all); return bpf_task_work_schedule_signal(bpf_get_current_task_btf(), &v->work, &m_timer, callback); }
SEC("?tc") int wq_of_all_with_work(void *ctx) { LOOK(m_all); return bpf_wq_init(&v->wq, &m_work, 0); }
SEC("?tc") int timer_of_all_with_work(void *ctx) { LOOK(m_all); return bpf_timer_init(&v->timer, &m_work, 1); }
SEC("?fentry/bpf_fentry_test1") int work_of_all_with_work(void *ctx) { LOOK(m_all); return bpf_task_work_schedule_signal(bpf_get_current_task_btf(), &v->work, &m_work, callback); }
SEC("?tc") int wq_of_all_with_wq_timer(void *ctx) { LOOK(m_all); return bpf_wq_init(&v->wq, &m_wq_timer, 0); }
SEC("?tc") int timer_of_all_with_wq_timer(void *ctx) { LOOK(m_all); return bpf_timer_init(&v->timer, &m_wq_timer, 1); }
SEC("?fentry/bpf_fentry_test1") int work_of_all_with_wq_timer(void *ctx) { LOOK(m_all); return bpf_task_work_schedule_signal(bpf_get_current_task_btf(), &v->work, &m_wq_timer, callback); }
SEC("?tc") int wq_of_all_with_wq_work(void *ctx) { LOOK(m_all); return bpf_wq_init(&v->wq, &m_wq_work, 0); }
SEC("?tc") int timer_of_all_with_wq_work(void *ctx) { LOOK(m_all); return bpf_timer_init(&v->timer, &m_wq_work, 1); }
SEC("?fentry/bpf_fentry_test1") int work_of_all_with_wq_work(void *ctx) { LOOK(m_all); return bpf_task_work_schedule_signal(bpf_get_current_task_btf(), &v->work, &m_wq_work, callback); }
SEC("?tc") int wq_of_all_with_timer_work(void *ctx) { LOOK(m_all); return bpf_wq_init(&v->wq, &m_timer_work, 0); }
SEC("?tc") int timer_of_all_with_timer_work(void *ctx) { LOOK(m_all); return bpf_timer_init(&v->timer, &m_timer_work, 1); }
SEC("?fentry/bpf_fentry_test1") int work_of_all_with_timer_work(void *ctx) { LOOK(m_all); return bpf_task_work_schedule_signal(bpf_get_current_task_btf(), &v->work, &m_timer_work, callback); }
