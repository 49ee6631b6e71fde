// SPDX-License-Identifier: Apache-2.0
//
// A small daemon that embeds Skep, in C: what examples/embed.cpp is. Packets arrive on a socket; a BPF program judges each of
// them, asking the daemon's own function what it is (a kfunc) and putting work off (a work queue, which this loop runs when
// it has time); before a packet is delivered the programs on the daemon's own hook may object.
//
//   cc embed.c $(pkg-config --cflags --libs skep) -o embed && ./embed embed.bpf.o
#include <skep/skep.h>
#include <stdio.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

struct daemon {
	unsigned long long classified, delivered, dropped;
} daemon_state;

// The last byte of the Ethernet header.
static uint64_t classify(const struct skep_call *call)
{
	((struct daemon *)call->user)->classified++;
	return ((const uint8_t *)(uintptr_t)call->args[0])[call->sizes[0] - 1];
}

static const struct skep_kfunc kfuncs[] = {
	{ "u32 app_classify(const u8 *bytes, u32 bytes__sz)", 0, SKEP_ANY_PROGRAM, classify, &daemon_state },
};
static const char *const hooks[] = { "int app_deliver(u32 length)", NULL };
static const char *const modifiable[] = { "app_deliver", NULL };
static const struct skep_module module = {
	.size = sizeof(module), .name = "app", .kfuncs = kfuncs, .kfunc_count = 1, .functions = hooks, .modifiable = modifiable,
};

static void told(void *user, const struct skep_work_run *run)
{
	(void)user;
	printf("ran %s\n", run->callback);
}

static void handle(struct skep_kernel *kernel, struct skep_program *filter, const void *packet, size_t size)
{
	struct skep_run run = { .size = sizeof(run), .packet = packet, .packet_size = size };
	uint64_t length = size;

	if (skep_program_run(filter, &run) || run.verdict != 0 ||
	    skep_kernel_call_hook(kernel, "app_deliver", &length, 1, NULL, NULL) != 0)
		daemon_state.dropped++;
	else
		daemon_state.delivered++;
}

// What a network would send: a byte of the header says the kind.
static void send_packets(int socket)
{
	static const int kinds[] = { 1, 2, 13, 1 }, sizes[] = { 60, 80, 60, 200 };

	for (int i = 0; i < 4; i++)
		send(socket, (uint8_t[256]){ [13] = (uint8_t)kinds[i] }, (size_t)sizes[i], 0);
	close(socket);
}

static int watch(int loop, int fd)
{
	return epoll_ctl(loop, EPOLL_CTL_ADD, fd, &(struct epoll_event){ .events = EPOLLIN, .data = { .fd = fd } });
}

int main(int argc, char **argv)
{
	struct skep_kernel_options options = {
		.size = sizeof(options), .pumped = true, .no_host_btf = true, .modules = &module, .module_count = 1,
	};
	struct skep_kernel *kernel = NULL;
	struct skep_object *object = NULL;
	struct skep_program *filter = NULL, *deliver = NULL;
	struct skep_link *link = NULL;
	struct skep_map *counts = NULL;
	int packets[2], loop = epoll_create1(EPOLL_CLOEXEC), open = 1;
	uint32_t kind;
	uint64_t bytes = 0;

	if (argc != 2 || skep_kernel_open(&options, &kernel) || skep_object_load(kernel, argv[1], &object) ||
	    skep_object_program(object, "filter", &filter) || skep_object_program(object, "deliver", &deliver) ||
	    skep_program_attach(deliver, NULL, &link) || skep_object_map(object, "bytes_by_kind", &counts) ||
	    socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, packets)) {
		fprintf(stderr, "embed: %s\n", argc != 2 ? "usage: embed embed.bpf.o" : skep_error());
		return 1;
	}
	skep_kernel_on_work_run(kernel, told, NULL);
	send_packets(packets[1]);
	if (watch(loop, packets[0]) || watch(loop, skep_kernel_pump_fd(kernel)))
		return 1;
	while (open) {
		struct epoll_event event;
		uint8_t packet[2048];
		ssize_t size;

		if (epoll_wait(loop, &event, 1, -1) != 1)
			continue;
		if (event.data.fd != packets[0]) {
			skep_kernel_pump(kernel, 1000000); // for at most a millisecond
		} else {
			size = recv(packets[0], packet, sizeof(packet), 0);
			open = size > 0;
			if (open)
				handle(kernel, filter, packet, (size_t)size);
		}
	}
	skep_kernel_drain(kernel, 1000000000);

	for (void *key = NULL; !skep_map_next_key(counts, key, &kind, sizeof(kind)); key = &kind)
		if (!skep_map_lookup(counts, &kind, sizeof(kind), &bytes, sizeof(bytes)))
			printf("kind %u: %llu bytes\n", kind, (unsigned long long)bytes);
	printf("%llu classified, %llu delivered, %llu dropped\n", daemon_state.classified, daemon_state.delivered,
	       daemon_state.dropped);
	skep_link_close(link), skep_map_close(counts), skep_program_close(deliver), skep_program_close(filter);
	skep_object_close(object), skep_kernel_close(kernel);
	return daemon_state.delivered == 2 && daemon_state.dropped == 2 ? 0 : 1;
}
