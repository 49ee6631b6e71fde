// SPDX-License-Identifier: Apache-2.0
//
// An input device's dial that forgets to say when it is let go: an event with a button arms a timer, the timer starts a
// work item, and that one reports the release as if it had come from the device. Reports with an unknown number are
// dropped, and held buttons put the time off.
#include "vmlinux.h"
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>

char _license[] SEC("license") = "GPL";

typedef int s32;
enum hid_report_type { HID_INPUT_REPORT = 0 };
struct hid_device {
	unsigned int id;
} __attribute__((preserve_access_index));
struct hid_bpf_ctx {
	struct hid_device *hid;
	__u32 allocated_size;
	union {
		__s32 retval;
		__s32 size;
	};
} __attribute__((preserve_access_index));
struct bpf_timer {
	__u64 opaque[2];
} __attribute__((aligned(8)));

extern __u8 *hid_bpf_get_data(struct hid_bpf_ctx *ctx, unsigned int offset, const __u64 rdwr_buf_size) __ksym;
extern struct hid_bpf_ctx *hid_bpf_allocate_context(unsigned int hid_id) __ksym;
extern void hid_bpf_release_context(struct hid_bpf_ctx *ctx) __ksym;
extern int hid_bpf_input_report(struct hid_bpf_ctx *ctx, enum hid_report_type type, __u8 *buf, __u64 buf__sz) __ksym;
extern int bpf_wq_init(struct bpf_wq *wq, void *map, unsigned int flags) __ksym;
extern int bpf_wq_set_callback(struct bpf_wq *wq, int (*callback)(void *map, int *key, void *value),
			       unsigned int flags) __ksym;
extern int bpf_wq_start(struct bpf_wq *wq, unsigned int flags) __ksym;

enum { report_number = 5, report_size = 4, quiet_ns = 20000000 };
struct device {
	struct bpf_timer timer;
	struct bpf_wq work;
	__u8 button;
};
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 8);
	__type(key, __u32);
	__type(value, struct device);
} devices SEC(".maps");

__u64 armed, released, failed;

static int release_button(void *map, int *key, void *value)
{
	struct device *device = value;
	struct hid_bpf_ctx *ctx = hid_bpf_allocate_context(*key);
	__u8 report[report_size] = { report_number };

	if (!ctx) {
		__sync_fetch_and_add(&failed, 1);
		return 0;
	}
	device->button = 0;
	if (hid_bpf_input_report(ctx, HID_INPUT_REPORT, report, sizeof(report)) < 0)
		__sync_fetch_and_add(&failed, 1);
	else
		__sync_fetch_and_add(&released, 1);
	hid_bpf_release_context(ctx);
	return 0;
}

static int on_time(void *map, int *key, struct device *device)
{
	bpf_wq_start(&device->work, 0);
	return 0;
}

static struct device *device_of(__u32 id)
{
	static const struct device none;
	struct device *device = bpf_map_lookup_elem(&devices, &id);

	if (device)
		return device;
	bpf_map_update_elem(&devices, &id, &none, BPF_NOEXIST);
	device = bpf_map_lookup_elem(&devices, &id);
	if (!device || bpf_timer_init((void *)&device->timer, &devices, 1 /* CLOCK_MONOTONIC */) ||
	    bpf_timer_set_callback((void *)&device->timer, on_time) || bpf_wq_init(&device->work, &devices, 0) ||
	    bpf_wq_set_callback(&device->work, release_button, 0))
		return 0;
	return device;
}

SEC("struct_ops/hid_device_event")
int BPF_PROG(event, struct hid_bpf_ctx *hid, enum hid_report_type type, __u64 source)
{
	__u8 *report = hid_bpf_get_data(hid, 0, report_size);
	struct device *device;

	if (!report)
		return 0;
	if (report[0] != report_number)
		return -1;
	if (source || !report[1])
		return 0;
	device = device_of(hid->hid->id);
	if (!device)
		return 0;
	device->button = report[1];
	report[2] = 0x80 | report[1]; /* what user space knows the button by */
	if (!bpf_timer_start((void *)&device->timer, quiet_ns, 0))
		__sync_fetch_and_add(&armed, 1);
	return 0;
}

struct hid_bpf_ops {
	int hid_id;
	int (*hid_device_event)(struct hid_bpf_ctx *ctx, enum hid_report_type report_type, __u64 source);
};
SEC(".struct_ops.link") struct hid_bpf_ops buttons = {
	.hid_device_event = (void *)event,
};
