/*
 * Skep for an application that embeds it, in C: the same as skep/skep.hpp, whose head says what it is for.
 *
 *   static uint64_t shout(const struct skep_call *call) { return call->args[0] * 2; }
 *   static const struct skep_kfunc kfuncs[] = {
 *           { "u64 app_shout(u64 number)", .program_types = SKEP_ANY_PROGRAM, .function = shout } };
 *   static const struct skep_module app = { .size = sizeof(app), .name = "app", .kfuncs = kfuncs, .kfunc_count = 1 };
 *
 *   struct skep_kernel_options options = { .size = sizeof(options), .pumped = true, .modules = &app, .module_count = 1 };
 *   struct skep_kernel *kernel;
 *   struct skep_object *object;
 *   struct skep_program *filter;
 *   if (skep_kernel_open(&options, &kernel) || skep_object_load(kernel, "filter.bpf.o", &object) ||
 *       skep_object_program(object, "filter", &filter))
 *           return complain(skep_error());
 *   struct skep_run run = { .size = sizeof(run), .packet = bytes, .packet_size = count };
 *   if (!skep_program_run(filter, &run) && run.verdict == XDP_PASS) ...
 *   skep_kernel_pump(kernel, 1000000);
 *
 * examples/embed.c is compiled and run by the tests.
 *
 * Results: 0 (or what the function says) for success, else a negative errno value, and skep_error() has the words.
 * Nothing is thrown; a C++ exception out of a callback ends at the call, and on_log is told.
 *
 * Lifetimes: handles are opaque. Each is closed by its own function, once, in any order: what a handle needs of others
 * (a program its object, an object its Kernel) stays until the last is closed. Null may be closed. Strings and buffers
 * that are passed in are needed during the call only, but those of modules, which must outlive the Kernel.
 *
 * Thread-safety: handles may be used from several threads at once, but not closed while another thread uses them.
 * Units: times are nanoseconds, sizes are bytes. Behavior is bpf(2)'s of Linux 7.3 unless it is said to be Skep's own.
 *
 * Structures begin with their own size, which the caller sets: later versions add fields at the end, and what a caller
 * does not know counts as zero.
 */
#ifndef SKEP_SKEP_H
#define SKEP_SKEP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "skep/export.h"

#ifdef __cplusplus
extern "C" {
#endif

struct skep_kernel;
struct skep_object;
struct skep_program;
struct skep_map;
struct skep_link;
struct skep_ring;

/* "0.1.0"; forever valid. */
SKEP_API const char *skep_version(void);
/* Why the last function of this header that failed on this thread did; valid until the next call on this thread. */
SKEP_API const char *skep_error(void);

/* ---- what the application offers to programs: as skep/host.hpp describes it ---- */

/* One call of a host function by a program; valid during the call. */
struct skep_call {
	uint64_t args[5];  /* what the program passed */
	uint64_t sizes[5]; /* bytes at args[i] that the verifier has proved accessible (see __sz), or 0 */
	void *user;        /* of the kfunc */
	struct skep_kernel *kernel; /* whose program calls; valid during the call, and not to be closed */
};

#define SKEP_ANY_PROGRAM (~(uint64_t)0)

struct skep_kfunc {
	const char *prototype;  /* C: "u64 app_sum(const u8 *data, u32 data__sz)" */
	uint32_t flags;         /* enum HostKfuncFlags of skep/host.hpp: 1 acquire, 2 release, 4 ret_null, 16 sleepable … */
	uint64_t program_types; /* one bit a program type, 1 << BPF_PROG_TYPE_XDP, or SKEP_ANY_PROGRAM; 0: nobody */
	/* Called on the thread that runs the program, several at a time; must not block. Null: who calls it is stopped. */
	uint64_t (*function)(const struct skep_call *call);
	void *user;
};

struct skep_memory_range {
	const void *begin;
	size_t size;
	bool writable;
};

/* Lists of strings end with a null pointer; a null list is an empty one. See HostModule in skep/host.hpp. */
struct skep_module {
	size_t size;
	const char *name;
	const char *const *types;
	const struct skep_kfunc *kfuncs;
	size_t kfunc_count;
	const char *const *functions;   /* hooks: prototypes that fentry, fexit, fmod_ret programs attach to */
	const char *const *modifiable;  /* their names, for fmod_ret */
	const char *const *sleepable;
	const char *const *tracepoints;
	const char *const *struct_ops;
	const char *const *per_cpu;
	const struct skep_memory_range *memory; /* that programs may look at: see skep/host_memory.hpp */
	size_t memory_count;
};

/*
 * What a plugin (`skep --host FILE.so`) exports:  const struct skep_plugin *skep_plugin(void);
 * The result must stay valid while the plugin is loaded; it is never unloaded.
 */
struct skep_plugin {
	size_t size;
	const struct skep_module *const *modules;
	size_t module_count;
};

/* ---- kernels ---- */

/* What runs programs: Engine in kernel.hpp. */
enum skep_engine {
	SKEP_ENGINE_INTERPRETER,
	SKEP_ENGINE_COMPILED,  /* machine code, made when a program is loaded */
	SKEP_ENGINE_AUTOMATIC, /* machine code, made meanwhile of programs that run much */
};

struct skep_kernel_options {
	size_t size;
	unsigned int cpus;     /* virtual CPUs; 0: as many as the machine has */
	const char *btf_path;  /* the kernel's types: raw BTF, or an ELF file that has them; null: see no_host_btf */
	bool no_host_btf;      /* without btf_path: a small set of types only; see host_btf in kernel.hpp */
	bool pumped;           /* asynchronous work runs in skep_kernel_pump() only */
	bool stepping;         /* … under a schedule that stepping_seed chooses, in virtual time: for tests */
	uint64_t stepping_seed;
	const struct skep_module *modules;
	size_t module_count;
	/* Limits of every run, callbacks included; 0: none. See skep/limits.hpp. */
	uint64_t run_instructions, run_time_ns;
	uint64_t close_limit_ns; /* how long closing waits for runs before it stops them; 0: a second */
	uint64_t memory_limit;   /* bytes, as KernelOptions::memory_limit counts them; 0: none */
	bool open_host_memory;   /* programs may reach all of the process's memory: see skep/host_memory.hpp */
	/* A clock that stands at clock_ns until skep_kernel_advance_clock(): KernelOptions::clock_ns. realtime_ns 0: 2026. */
	bool standing_clock;
	uint64_t clock_ns, realtime_ns;
	bool seeded; /* random numbers begin with random_seed */
	uint64_t random_seed;
	bool run_pending_at_close; /* closing runs what was started first, for close_limit_ns at most */
	unsigned int engine; /* enum skep_engine */
};

/* Null options: all zero. -EINVAL: what they ask for is not possible. */
SKEP_API int skep_kernel_open(const struct skep_kernel_options *options, struct skep_kernel **kernel);
/* The last handle of a Kernel must not be closed from a host function or a listener. */
SKEP_API void skep_kernel_close(struct skep_kernel *kernel);
/* bpf(2): a descriptor, 0, or a negative errno. */
SKEP_API int skep_kernel_bpf(struct skep_kernel *kernel, int command, void *attr, unsigned int size);
/* Closes a descriptor that skep_kernel_bpf gave. */
SKEP_API int skep_kernel_close_fd(struct skep_kernel *kernel, int fd);

/* 1: nothing is queued or runs; 0: the limit has passed. */
SKEP_API int skep_kernel_drain(struct skep_kernel *kernel, uint64_t limit_ns);
/* Readable while skep_kernel_pump() has something to do; not to be read or closed. -EOPNOTSUPP: not pumped. */
SKEP_API int skep_kernel_pump_fd(struct skep_kernel *kernel);
/* Runs what is queued and due on this thread, for at most limit_ns; how many runs ended. */
SKEP_API size_t skep_kernel_pump(struct skep_kernel *kernel, uint64_t limit_ns);
/* As these two, for what is queued on one virtual CPU and for its timers: threads that pump different CPUs run side by
 * side. -EINVAL and 0: there is no such CPU. */
SKEP_API int skep_kernel_pump_cpu_fd(struct skep_kernel *kernel, unsigned int cpu);
SKEP_API size_t skep_kernel_pump_cpu(struct skep_kernel *kernel, unsigned int cpu, uint64_t limit_ns);

/* One run of an asynchronous callback; valid during the call. */
struct skep_work_run {
	size_t size;
	const char *program, *callback, *map;
	const void *key;
	size_t key_size;
	unsigned int cpu;
	uint64_t started_ns, began_ns, ended_ns;
	bool timer;   /* a timer's callback; started_ns is when it was due */
	bool stopped; /* by a limit, or by a request */
	bool task_work; /* a task work's callback; started_ns is when it was scheduled */
};

/* Stops all that runs now; see Kernel::stop_runs. May be called from a signal handler. */
SKEP_API void skep_kernel_stop_runs(struct skep_kernel *kernel);
/* Called for each run that was stopped, with one line that says which, why and where; see Kernel::on_run_stopped. */
SKEP_API void skep_kernel_on_run_stopped(struct skep_kernel *kernel, void (*listener)(void *user, const char *message),
					 void *user);
/* Bytes that are counted now, at the most so far, and how often the limit refused something; each may be null. */
SKEP_API void skep_kernel_memory(struct skep_kernel *kernel, uint64_t *used, uint64_t *peak, uint64_t *refused);
/* Lets programs reach a range of the process's memory. -EINVAL: it is empty, or overlaps one that is open. */
SKEP_API int skep_kernel_open_memory(struct skep_kernel *kernel, const struct skep_memory_range *range);
SKEP_API int skep_kernel_close_memory(struct skep_kernel *kernel, const void *begin); /* -ENOENT: none begins there */
/*
 * How often programs were denied the process's memory so far; each may be null. `listener`, if it is not null, is
 * called with one line for each instruction that was, before this returns.
 */
SKEP_API void skep_kernel_denied(struct skep_kernel *kernel, uint64_t *reads, uint64_t *writes,
				 void (*listener)(void *user, const char *message, uint64_t times), void *user);
/* Lets time pass on a clock that stands: see advance_clock() in skep/testing.hpp. -EOPNOTSUPP: it goes by itself. */
SKEP_API int skep_kernel_advance_clock(struct skep_kernel *kernel, uint64_t ns);
SKEP_API uint64_t skep_kernel_clock(struct skep_kernel *kernel);
/* As skep_kernel_drain(), and waits for what timers do that are due within the limit, too. */
SKEP_API int skep_kernel_settle(struct skep_kernel *kernel, uint64_t limit_ns);

/* One listener each, null for none; see Kernel::on_work_run, on_trace and on_log. A line has no newline. */
SKEP_API void skep_kernel_on_work_run(struct skep_kernel *kernel,
				      void (*listener)(void *user, const struct skep_work_run *run), void *user);
SKEP_API void skep_kernel_on_trace(struct skep_kernel *kernel, void (*listener)(void *user, const char *line), void *user);
SKEP_API void skep_kernel_on_log(struct skep_kernel *kernel, void (*listener)(void *user, const char *line), void *user);

/* As skep_kernel_on_trace(), with the program that says it and its CPU. */
SKEP_API void skep_kernel_on_trace_line(struct skep_kernel *kernel,
					void (*listener)(void *user, const char *line, const char *program, unsigned int cpu),
					void *user);
/* Records of perf event arrays: on_perf_record() in skep/testing.hpp. */
SKEP_API void skep_kernel_on_perf_record(struct skep_kernel *kernel,
					 void (*listener)(void *user, const char *map, const char *program, uint32_t index,
							  const void *record, size_t size),
					 void *user);
/* One call of a helper or kfunc that is replaced; valid during the call. See MockedCall. */
struct skep_mocked_call {
	size_t size;
	const char *call, *program;
	unsigned int cpu;
	uint64_t args[5], sizes[5];
};
/*
 * Replaces a call for programs that are loaded from now on: mock_call() in skep/testing.hpp. Null: ends that. -ENOENT:
 * there is no such call; -EOPNOTSUPP: nobody can stand in for it.
 */
SKEP_API int skep_kernel_mock(struct skep_kernel *kernel, const char *call,
			      int64_t (*function)(void *user, const struct skep_mocked_call *call), void *user);
/*
 * The same by a global function of the object, for objects that are opened from now on: mock_call_by() in
 * skep/testing.hpp. Null: ends that.
 */
SKEP_API int skep_kernel_mock_by(struct skep_kernel *kernel, const char *call, const char *function);
/* How often such a function has answered since then. */
SKEP_API uint64_t skep_kernel_mocked_calls(struct skep_kernel *kernel, const char *call);
/*
 * Which lines of C programs run: what `skep test --coverage` counts. Kernels whose runs are counted interpret them, until
 * they are detached or the coverage is closed, which no run may be under way for. An object is to be noted once while it is loaded, run or not.
 */
struct skep_coverage;
SKEP_API int skep_coverage_open(struct skep_coverage **coverage);
SKEP_API int skep_coverage_attach(struct skep_coverage *coverage, struct skep_kernel *kernel);
SKEP_API int skep_coverage_detach(struct skep_coverage *coverage, struct skep_kernel *kernel);
SKEP_API int skep_coverage_note(struct skep_coverage *coverage, struct skep_kernel *kernel, struct skep_object *object);
/*
 * lcov's tracefile of all that was counted, between runs. `add`: what such a file has already is added to it. Sources that
 * are not where they were compiled are looked for below `source_root`, if it is not null.
 */
SKEP_API int skep_coverage_write(struct skep_coverage *coverage, const char *path, const char *source_root, bool add);
/* A table of files and of lines that did not run. Texts as skep_map_show() gives them. */
SKEP_API long skep_coverage_summary(struct skep_coverage *coverage, char *text, size_t room);
SKEP_API void skep_coverage_close(struct skep_coverage *coverage);

/*
 * Why the last program that was loaded was refused, as JSON: {"program", "errno", "message", "category", "title", "reason",
 * "suggestion", "function", "file", "line", "column", "source"}; "{}": it was not. Texts as skep_map_show() gives them.
 */
SKEP_API long skep_kernel_refusal(struct skep_kernel *kernel, char *text, size_t room);

/*
 * The host calls a function or passes a tracepoint of its own: see Kernel::call_hook. `body` may be null. At most 12
 * arguments.
 */
SKEP_API uint64_t skep_kernel_call_hook(struct skep_kernel *kernel, const char *name, const uint64_t *args, size_t count,
					uint64_t (*body)(void *user), void *user);
/* Calls a function of a struct_ops map that is attached: see Kernel::call_struct_ops. `result` may be null. */
SKEP_API int skep_kernel_call_struct_ops(struct skep_kernel *kernel, const char *map, const char *member,
					 const uint64_t *args, size_t count, uint64_t *result);

/* ---- objects ---- */

SKEP_API int skep_object_load(struct skep_kernel *kernel, const char *path, struct skep_object **object);
SKEP_API int skep_object_load_bytes(struct skep_kernel *kernel, const void *bytes, size_t size, const char *name,
				    struct skep_object **object);
/* What LoadOptions of skep/skep.hpp has. Lists of strings end with a null pointer; null: an empty one. */
struct skep_load_options {
	size_t size;
	const char *name;             /* of an object from memory */
	const char *const *programs;  /* only these */
	const char *const *globals;   /* name, value, name, value … */
	const char *const *records;   /* map, type, map, type … */
};
/* From `path`, or from memory if it is null. */
SKEP_API int skep_object_load_with(struct skep_kernel *kernel, const char *path, const void *bytes, size_t size,
				   const struct skep_load_options *options, struct skep_object **object);
SKEP_API void skep_object_close(struct skep_object *object);
/* The names of what is loaded, one call each. */
SKEP_API void skep_object_each_program(struct skep_object *object, void (*visit)(void *user, const char *name), void *user);
SKEP_API void skep_object_each_map(struct skep_object *object, void (*visit)(void *user, const char *name), void *user);
/* -ENOENT: there is none of that name. */
SKEP_API int skep_object_program(struct skep_object *object, const char *name, struct skep_program **program);
SKEP_API int skep_object_map(struct skep_object *object, const char *name, struct skep_map **map);

/* ---- programs and links ---- */

struct skep_run {
	size_t size;
	const void *packet; /* from the Ethernet header on */
	size_t packet_size;
	void *context; /* read, and what the run gives back is written to it */
	size_t context_size;
	void *packet_out; /* where the packet goes as the run left it; may be null */
	size_t packet_out_size;
	uint32_t repeat; /* 0: once */
	/* results */
	uint32_t verdict;
	size_t packet_out_length; /* of the whole packet, even if it did not fit */
	uint64_t duration_ns;
	/* Limits of this run, if one is not 0, instead of the Kernel's. */
	uint64_t max_instructions, max_time_ns;
	/* The context or the arguments by name, in JSON, and what the program is attached to: RunInput::described. May be null. */
	const char *described, *target;
	bool on_cpu; /* of that virtual CPU alone */
	unsigned int cpu;
	size_t context_out_length; /* a result: how much of the context was given back */
};
/* -ETIME: a limit was reached, -EINTR: skep_kernel_stop_runs(); skep_error() says where it was stopped. -ENOSPC: it ran, and the packet did not fit into packet_out. */
SKEP_API int skep_program_run(struct skep_program *program, struct skep_run *run);
/* As its section says; `target` (may be null): a raw tracepoint. */
SKEP_API int skep_program_attach(struct skep_program *program, const char *target, struct skep_link **link);
/* … to an interface index or the descriptor of a cgroup; Skep only notes the number. */
SKEP_API int skep_program_attach_to(struct skep_program *program, int target_fd, struct skep_link **link);
/* "xdp", "sched_cls" …; forever valid. */
SKEP_API const char *skep_program_type(const struct skep_program *program);
/* "XDP_DROP"; "": results of such programs have no names, or this one has none. Forever valid. */
SKEP_API const char *skep_program_verdict_name(const struct skep_program *program, uint32_t verdict);
SKEP_API uint32_t skep_program_id(const struct skep_program *program);
SKEP_API int skep_program_fd(const struct skep_program *program); /* valid until the handle is closed */
SKEP_API void skep_program_close(struct skep_program *program);

/* Runs the program of a link on a context of the application's: see Link::fire. `verdict` may be null. */
SKEP_API int skep_link_fire(struct skep_link *link, void *context, size_t size, uint32_t *verdict);
SKEP_API int skep_link_detach(struct skep_link *link);
/* Detaches, too. */
SKEP_API void skep_link_close(struct skep_link *link);

/* ---- maps ---- */

SKEP_API uint32_t skep_map_id(const struct skep_map *map);
SKEP_API int skep_map_fd(const struct skep_map *map); /* valid until the handle is closed */
SKEP_API size_t skep_map_key_size(const struct skep_map *map);
/* What the functions below want: of a per-CPU map, round_up(size, 8) for each virtual CPU. */
SKEP_API size_t skep_map_value_size(const struct skep_map *map);
SKEP_API uint32_t skep_map_type(const struct skep_map *map); /* BPF_MAP_TYPE_… */
SKEP_API size_t skep_map_max_entries(const struct skep_map *map);
/* The CPUs that values of a per-CPU map are for, or 0: it is none. */
SKEP_API size_t skep_map_cpus(const struct skep_map *map);
/*
 * Keys, values and records as JSON by the types of the object, and back: Map::show and Map::lay of skep/skep.hpp. Of
 * per-CPU maps a value is one CPU's. How many bytes the text has without its final zero, whatever the room is; it is
 * written, and ends with a zero, as far as there is room.
 */
enum skep_map_part { SKEP_MAP_KEY, SKEP_MAP_VALUE, SKEP_MAP_RECORD };
SKEP_API long skep_map_show(const struct skep_map *map, enum skep_map_part part, const void *bytes, size_t size, char *text,
			    size_t room);
/* `bytes` are what is not described, before and after. -EINVAL: skep_error() says what is wrong, and where. */
SKEP_API int skep_map_lay(const struct skep_map *map, enum skep_map_part part, const char *json, void *bytes, size_t size);
/* Sizes must be the map's (-EINVAL). -ENOENT: no such key. */
SKEP_API int skep_map_lookup(struct skep_map *map, const void *key, size_t key_size, void *value, size_t value_size);
/* `flags`: BPF_ANY, BPF_NOEXIST, BPF_EXIST. */
SKEP_API int skep_map_update(struct skep_map *map, const void *key, size_t key_size, const void *value,
			     size_t value_size, uint64_t flags);
SKEP_API int skep_map_delete(struct skep_map *map, const void *key, size_t key_size);
/* The key after `key` (null: the first). -ENOENT: that was the last. */
SKEP_API int skep_map_next_key(struct skep_map *map, const void *key, void *next, size_t key_size);
/* Registers a struct_ops map. */
SKEP_API int skep_map_attach(struct skep_map *map, struct skep_link **link);
SKEP_API void skep_map_close(struct skep_map *map);

/* A ring buffer map's records, for one consumer; not to be used from two threads at once. */
SKEP_API int skep_ring_open(struct skep_map *map, struct skep_ring **ring);
/* Calls `consumer` for each record that is there; other than 0: stop. How many there were, or a negative errno. */
SKEP_API long skep_ring_consume(struct skep_ring *ring, int (*consumer)(void *user, const void *record, size_t size),
				void *user);
/* Readable when there may be records; not to be closed. */
SKEP_API int skep_ring_fd(const struct skep_ring *ring);
SKEP_API void skep_ring_close(struct skep_ring *ring);

#ifdef __cplusplus
}
#endif

#endif
