// SPDX-License-Identifier: Apache-2.0
//
// An ordinary libbpf program: loads an object, runs each of its programs once, and waits until their callbacks have reported
// through the ring buffer. Built twice from this one source: against libbpf, for the kernel, and against skep-libbpf.
//
//   cc loader.c -lbpf -o loader                                            runs on the kernel, as root
//   cc loader.c $(pkg-config --cflags --libs skep-libbpf) -o loader        runs anywhere
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

static unsigned int finished;

static int on_record(void *context, void *data, size_t size)
{
	(void)context;
	if (size == sizeof(int))
		finished |= 1u << (*(int *)data & 31);
	return 0;
}

static int run(const struct bpf_program *program)
{
	char packet[64] = { 0 };
	LIBBPF_OPTS(bpf_test_run_opts, options);
	int error;

	if (bpf_program__type(program) != BPF_PROG_TYPE_SYSCALL) {
		options.data_in = packet;
		options.data_size_in = sizeof(packet);
		options.repeat = 1;
	}
	error = bpf_prog_test_run_opts(bpf_program__fd(program), &options);
	if (error) {
		fprintf(stderr, "%s: not run: %s\n", bpf_program__name(program), strerror(-error));
		return error;
	}
	printf("%s returned %d\n", bpf_program__name(program), (int)options.retval);
	return (int)options.retval;
}

int main(int argc, char **argv)
{
	struct ring_buffer *ring = NULL;
	struct bpf_program *program;
	struct bpf_object *object;
	struct bpf_map *done;
	unsigned int expected = 0;
	int failed = 0;

	if (argc != 2) {
		fprintf(stderr, "usage: %s wq.bpf.o\n", argv[0]);
		return 2;
	}
	object = bpf_object__open_file(argv[1], NULL);
	if (!object || bpf_object__load(object)) {
		fprintf(stderr, "%s: cannot be loaded\n", argv[1]);
		return 1;
	}
	done = bpf_object__find_map_by_name(object, "done");
	if (done)
		ring = ring_buffer__new(bpf_map__fd(done), on_record, NULL, NULL);
	bpf_object__for_each_program(program, object) {
		failed |= run(program) != 0;
		expected = expected << 1 | 1;
	}
	for (int tries = 0; ring && finished != expected && tries < 50; tries++)
		ring_buffer__poll(ring, 100);
	printf("callbacks that reported: 0x%x of 0x%x\n", finished, expected);
	failed |= finished != expected;
	ring_buffer__free(ring);
	bpf_object__close(object);
	return failed;
}
