// A Linux BPF subsystem in user space: maps, programs, types and asynchronous work, behind bpf(2). This is the
// low-level interface, for loaders and for whoever speaks bpf(2); skep/skep.hpp is the one to embed.
//
// A Kernel is an object like any other: many may live in one process, none is global, none needs privilege. It takes
// the commands of bpf(2) with the UAPI's own structures (<linux/bpf.h> of any age) and answers as the kernel release
// that it was made for. Loaders such as libbpf reach it through the wrapped system calls of skep-libbpf; a C++
// program may call bpf() itself.
//
// Thread-safety: unless it says otherwise, a member function may be called from several threads at once; not while the
// Kernel is made or destroyed. Functions that run programs or wait for work may be called from a host function or a
// listener too, except drain() (see there) and the destructor. What the application registers is called on the thread
// on which the thing happens, and no exception leaves it: on_log is told instead.
//
// Descriptors are real ones (they can be closed, duplicated, polled), unique in the process, and belong to the Kernel
// that gave them. They end with it. Close them with Kernel::close, or with close() where it is wrapped.
//
// Units: times are nanoseconds, sizes are bytes. Errors are negative errno values, as bpf(2) has them.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "skep/abi.hpp"
#include "skep/export.h"
#include "skep/host.hpp"
#include "skep/host_memory.hpp"
#include "skep/limits.hpp"
#include "skep/redirection.hpp"
#include "skep/release.hpp"

namespace skep {

// What runs programs. The interpreter is the reference, and what every other must agree with; machine code is made by
// LLVM, if Skep was built with it and its library is there. A Kernel that steps interprets always.
enum class Engine : std::uint8_t {
  interpreter,
  compiled,  // machine code, made when a program is loaded; what cannot be compiled is interpreted, and on_log says why
  automatic,  // begins in the interpreter; machine code is made meanwhile of programs that run much
};

struct KernelOptions {
  Release release = reference_release;  // what to answer as; it must have rules: today 7.3 alone
  std::optional<unsigned> cpus = {};    // virtual CPUs, at least 1; not set: as many as the machine has
  // The kernel's types: a raw BTF file or an ELF with a .BTF section. Not set: see host_btf.
  std::optional<std::string> btf_path = {};
  // Without btf_path: the machine's own (/sys/kernel/btf/vmlinux) if its kernel is not older than `release`, else those
  // of Debian's build of `release`, which the library brings along. False: a small set of Skep's own, which is quicker
  // to load and has what work queues need, and little else. See Kernel::types_name().
  bool host_btf = true;
  // Who runs asynchronous work (work queues, timers, task work). Not more than one of the two; neither: worker threads
  // of the Kernel's own, which are started when there is work for them.
  //
  // stepping_seed: nobody but run, fire and drain, one instruction at a time, in virtual time; the schedule is a
  // function of the seed. For tests and replay.
  std::optional<std::uint64_t> stepping_seed = {};
  // pumped: the application, in pump(), on the thread that calls it.
  //
  // Threads of Skep's own have the normal scheduling policy and the affinity and nice value of the process's main
  // thread, whoever's work they were started for.
  bool pumped = false;
  // A clock that stands, for tests whose results are the same every time: it begins there, in nanoseconds, and goes on
  // in settle() and advance_clock() alone (skep/testing.hpp), which do not sleep. The work is pumped then; limits of
  // runs go by real time. `realtime_ns`: the time of day that belongs to it, since 1970.
  std::optional<std::uint64_t> clock_ns = {};
  std::uint64_t realtime_ns = 1'767'225'600'000'000'000;  // 2026-01-01
  // What the random numbers of programs begin with, and the order of keys in hash maps. Not set: the order is another
  // in each Kernel.
  std::optional<std::uint64_t> random_seed = {};
  // Of the worker threads. How long one that has no work left looks for more before it sleeps, at most; it does so only
  // while work comes in shorter intervals. 0: never.
  std::uint64_t worker_spin_ns = 50'000;
  // How many there may be at once beyond one a virtual CPU, for callbacks that sleep or hog their CPU; 0: as many as
  // are needed. At the limit work waits.
  unsigned more_workers = 0;
  std::string worker_name = "skep";  // at most 11 bytes; a number follows
  Engine engine = Engine::interpreter;
  std::vector<HostModule> modules = {};  // kfuncs, types and hooks of the embedding application
  // Of every run, callbacks included. Default: none.
  RunLimits run_limits = {};
  // How long the destructor lets runs go on that are under way, in real time; then it stops them, each at its next look
  // at the clock (some 100 microseconds; a single call of a program is not interrupted, nor is a function of the host).
  std::uint64_t close_limit_ns = 1'000'000'000;
  // What the destructor does about work items and task work that were started and have not run. False: they do not run
  // any more, as where the kernel frees their map. True: they run first, for close_limit_ns at most. Of maps
  // that nobody holds any more (descriptors, pins, programs) it is cancelled already.
  bool run_pending_at_close = false;
  // Bytes that maps, their elements, work items, timers, objects of programs, and programs and types that are loaded
  // may take together, counted as the kernel charges for them (a map at its full size when it is made); 0: no limit.
  // What goes beyond it is refused: -ENOMEM, or a null pointer to programs that allocate. The states that the verifier
  // keeps count while it verifies.
  std::uint64_t memory_limit = 0;
  // Whether programs may read and write the process's memory by addresses that nobody vouches for (bpf_probe_read and
  // its kin): see skep/host_memory.hpp. Kernel::open_host_memory() opens single ranges.
  HostMemory host_memory = HostMemory::closed;
};

// Numbers that `skep run` prints and tests rely on. Once drained, started = merged + ran + cancelled.
struct WorkStatistics {
  std::uint64_t started = 0;    // starts that returned 0
  std::uint64_t merged = 0;     // of those, into a run that was pending already
  std::uint64_t ran = 0;        // runs that ended
  std::uint64_t cancelled = 0;  // starts that will not run any more
  std::uint64_t timers = 0;     // timers' callbacks that ended; they are none of the starts
  std::uint64_t stopped = 0;    // runs that were stopped, of programs and of callbacks
  // The same account of timers: starts that returned 0 = timers + timers_merged (into the run of a later start) +
  // timers_cancelled, once none is armed or due. And of task work: scheduled = task_works (that ran) +
  // task_works_cancelled, once none waits for its thread.
  std::uint64_t timers_merged = 0, timers_cancelled = 0, task_works = 0, task_works_cancelled = 0;
};

// One run of an asynchronous callback. Times are nanoseconds of the Kernel's monotonic clock (virtual when it steps).
struct WorkRun {
  std::string program;  // whose callback it is
  std::string callback;
  std::string map;
  std::vector<std::uint8_t> key;  // of the element that holds the work item
  unsigned cpu = 0;
  std::uint64_t started_ns = 0, began_ns = 0, ended_ns = 0;
  bool timer = false;      // a timer's; started_ns is when it was due
  bool stopped = false;    // see Kernel::on_run_stopped
  bool task_work = false;  // a task work's; started_ns is when it was scheduled
};

// A timer whose callback will run.
struct ArmedTimer {
  std::string program, callback, map;
  std::vector<std::uint8_t> key;  // of the element that holds the timer
  unsigned cpu = 0;
  std::uint64_t due_in_ns = 0;  // 0: now
};

class SKEP_API Kernel {
 public:
  // Null and `error` (one line that says what to do) when there are no rules for the release, the options contradict
  // each other, the types cannot be read or a host module's declarations do not fit them.
  static std::unique_ptr<Kernel> make(const KernelOptions& options, std::string& error);
  // Waits for callbacks that run, for KernelOptions::close_limit_ns at most, and stops them then; what is pending runs
  // or does not, as KernelOptions::run_pending_at_close has it. All descriptors are closed. Not from a host function or
  // a listener.
  ~Kernel();
  Kernel(const Kernel&) = delete;
  Kernel& operator=(const Kernel&) = delete;

  // bpf(2): a descriptor, 0, or a negative errno. `attr` is the command's structure, `size` its size as the caller
  // knows it; it is read, and results are written to it, before the call returns. `common`: 7.3's fourth argument (with
  // BPF_COMMON_ATTRS in `command`), or null. Semantics: bpf(2) of the release. -EOPNOTSUPP: Skep does not have it;
  // on_log and refusal() say what.
  int bpf(int command, void* attr, unsigned size, void* common = nullptr, unsigned common_size = 0);
  // Why the last bpf(), fire(), call_hook() or call_struct_ops() of this thread was refused, as on_log has it; empty
  // when the errno is all there is to say. For any Kernel: it is the thread's.
  static std::string refusal();

  // Where the last run of this thread, a test run or a fired link, has asked for its packet to be sent.
  static Redirection last_redirection();

  Release release() const;
  unsigned cpus() const;

  // ---- descriptors: what the loader's wrapped calls need ----
  bool owns(int fd) const;
  int close(int fd);                                   // 0 or -EBADF
  int duplicate(int fd, int minimum, bool cloexec);    // F_DUPFD: a new descriptor of the same object
  int duplicate_to(int fd, int target, bool cloexec);  // dup2, dup3
  // mmap of a map's descriptor: the address, or a negative errno. The mapping outlives the descriptor and the Kernel.
  std::int64_t mmap(void* hint, std::size_t length, int protection, int flags, int fd, std::uint64_t offset);
  // Makes the descriptors of ring buffers readable exactly when there is something to read; before and after a poll.
  void refresh_poll_state();

  // The pin table, which stands for bpffs: OBJ_PIN's paths are names in it.
  bool pinned(std::string_view path) const;
  bool unpin(std::string_view path);  // what unlink does; false: nothing is pinned there

  // ---- the kernel's types as loaders may see them ----
  // Raw BTF; lives as long as the Kernel.
  std::span<const std::uint8_t> presented_btf() const;
  // What a loader made of these types, once for all objects: `make` is called the first time, and what it returns lives
  // as long as the Kernel.
  void* loader_part(const std::function<std::shared_ptr<void>()>& make);
  // The BTF id of a kernel function ("name", or "module:name" in that module alone) or of a tracepoint's type; in a
  // module, `module_fd` becomes a descriptor of its BTF, which the Kernel keeps. 0: there is none.
  int find_function(std::string_view name, std::uint32_t& module_fd);
  int find_tracepoint(std::string_view name, std::uint32_t& module_fd);
  // Whether these raw bytes are the BTF of the module of that name ("vmlinux": of the kernel as presented).
  bool has_types_of(std::string_view module, std::span<const std::uint8_t> raw) const;
  // What /proc/kallsyms holds: every function and variable that the kernel's and the modules' types name, and some that
  // they do not, at addresses where nothing is.
  std::string symbols() const;
  // Offers the kfuncs that Skep provides with the callback types that this object's BTF declares: the documentation's
  // dialect, whose callback takes `struct bpf_wq *`, resolves then. Raw bytes of the object's .BTF section.
  void adapt_to_object(std::span<const std::uint8_t> object_btf);

  // ---- asynchronous work ----
  // Waits until nothing is queued or runs (timers armed for later do not count); false after `limit_ns`: real time, or
  // virtual when the Kernel steps. A pumped or stepping Kernel runs the work on this thread meanwhile. Not from a host
  // function or a callback's listener: a pumped Kernel answers false there, and one with threads waits for itself until
  // the limit.
  bool drain(std::uint64_t limit_ns);
  // As drain(), and waits for what timers do that are due within the limit, too.
  bool settle(std::uint64_t limit_ns);
  WorkStatistics work() const;
  // Timers that are armed, the soonest first.
  std::vector<ArmedTimer> armed_timers() const;
  // For a pumped Kernel. Readable (POLLIN) exactly while pump() has something to do; for poll, select and epoll,
  // level-triggered; not to be read, closed or duplicated. -EOPNOTSUPP: the Kernel is not pumped.
  int pump_fd() const;
  // Runs what is queued and due on this thread until nothing is left or `limit_ns` of real time have passed; a callback
  // is not interrupted for it, and with 0 it takes one step, if there is one. How many runs ended; 0 when the Kernel is
  // not pumped, and from inside a run. Threads that call it at once take turns.
  std::size_t pump(std::uint64_t limit_ns);
  // As these two, for what is queued on one virtual CPU and for its timers: threads that share the CPUs out among
  // themselves run their work side by side (examples/two_pumps.cpp). pump() without a CPU waits for them, and they for
  // it. -EINVAL and 0: there is no such CPU. The descriptor is made when it is first asked for: -EMFILE, -ENFILE,
  // -ENOMEM.
  int pump_fd(unsigned cpu);
  std::size_t pump(std::uint64_t limit_ns, unsigned cpu);
  // Called after each run of a callback, on the thread that ran it, which holds no lock of Skep's. One listener at a
  // time, null for none; the one before may still be in a call when this returns: drain() first, where that matters.
  void on_work_run(std::function<void(const WorkRun&)> listener);

  // ---- bounds: see skep/limits.hpp ----
  // Stops all that runs now, programs and callbacks, each at its next look at the clock. Does not wait; may be called
  // from a signal handler. Whoever ran a program gets -EINTR, and work that is queued runs.
  void stop_runs();
  // Called on the thread of each run that was stopped, for whatever reason, before it gives back what it holds; on_log
  // is told its message too. One listener, as with on_log; it must not run programs.
  void on_run_stopped(std::function<void(const StoppedRun&)> listener);
  // Runs that have taken 100 ms or more and have not ended: programs, and callbacks of work items and timers.
  std::vector<LongRun> long_runs() const;
  MemoryStatistics memory() const;
  // Lets programs reach memory of the host's, at any time. False: the range is empty, or overlaps one that is open.
  bool open_host_memory(const HostMemoryRange& range);
  bool close_host_memory(const void* begin);  // false: no range that is open begins there
  // What programs were denied so far.
  DeniedAccesses denied() const;

  // ---- what happens inside ----
  // One listener each, null for none; when these return, the one before is in no call any more. Lines come without a
  // newline, one at a time, and live as long as the call. A listener may call back into the Kernel, and set another;
  // what it causes itself is not told it. What other threads have to say while one is in it waits until it returns, and
  // is told on the thread that is in it.
  void on_log(std::function<void(std::string_view line)> listener);    // refusals of commands, exceptions of the host
  void on_trace(std::function<void(std::string_view line)> listener);  // bpf_trace_printk, bpf_trace_vprintk
  // A verification's statistics and refusal, for tools that want more than the log. Whichever thread it was on.
  struct LoadReport {
    int error = 0;  // negative errno
    std::string message, messages, category, title, reason, suggestion, at;
    // Where: the instruction as it was loaded (-1: it is about none), and the line that it was made from, if the object
    // has line info; file is empty without. Lines and columns count from 1.
    std::int32_t instruction = -1;
    std::string instruction_text, function, file, source, annotation;
    std::uint32_t line = 0, column = 0;
    std::uint32_t insns_processed = 0;
    std::uint64_t usec = 0;
    bool verified = false;  // false: refused before verification
  };
  // Of the program of that name (as PROG_LOAD had it, cut to 15 characters) since forget_last_load(); without a name,
  // of the last one: loaders load programs of their own to find out what the kernel can do.
  LoadReport last_load(std::string_view program = {}) const;
  // Whose types objects were resolved against: the file's path, or "Linux 7.3, as Debian builds it".
  const std::string& types_name() const;
  void forget_last_load();
  // Verification of a program gives up (PROG_LOAD answers -ETIME) after so many nanoseconds; 0: never. Verdicts do not
  // depend on it. Not while another thread loads.
  void set_verification_limit(std::uint64_t ns);

  // ---- links: what the host application sees of attachments ----
  struct Link {
    std::uint32_t id = 0, program_id = 0;
    ProgType type{};
    AttachType attach{};
    std::string target;  // function, tracepoint, interface … as far as the attachment names one
  };
  // In the order in which they were made.
  std::vector<Link> links() const;
  // Runs the program of a link on bytes of the host's; the program's return value, or 0 and a negative errno in
  // `error`. For types that run on packets (xdp, classifiers, cgroup_skb, lwt, socket_filter, sk_skb, netfilter)
  // `context` is the packet, from its Ethernet header on; for others the context, in the layout that programs of the
  // type see. What the program makes of it is there afterwards, as far as `size` goes. -ENOENT: no such link, or it was
  // detached. -ETIME, -EINTR: the run was stopped. -EINVAL: a packet without an Ethernet header. -E2BIG: more than
  // 65,536 bytes. -EOPNOTSUPP: it came to a call without behavior, or it reads pointers from its context, which
  // bytes of the host's are never taken for.
  std::uint32_t fire(std::uint32_t link_id, void* context, std::size_t size, int& error);
  // The host calls a function or passes a tracepoint of its own (HostModule::functions, tracepoints) or of the kernel's
  // types: what is attached to that name runs on this thread, in the order of attachment, with `args` as the
  // trampolines of 7.3 pass them: tp_btf, raw_tp and fentry programs; then fmod_ret (and lsm) programs until one
  // returns other than 0; then, if none did, `body`; then fexit programs. The result is fmod_ret's, else the body's,
  // else 0. An fmod_ret or lsm program that is stopped counts as one that returns -ETIME (or -EINTR): what it was to
  // guard does not happen. At most 12 arguments; a pointer must point to what its type says as long as the call lasts.
  std::uint64_t call_hook(std::string_view name, std::span<const std::uint64_t> args,
                          const std::function<std::uint64_t()>& body = {});
  // Calls a member of a struct_ops table that programs implement: `map` is the name of the struct_ops map (cut to 15
  // characters), which must be registered (a map with BPF_F_LINK by a link, others by an update). The program's result,
  // or 0 and `error`: -ENOENT no such map is registered, -ENOSYS no program implements the member, -E2BIG too many
  // arguments (12), -EOPNOTSUPP, -ETIME and -EINTR as with fire.
  std::uint64_t call_struct_ops(std::string_view map, std::string_view member, std::span<const std::uint64_t> args,
                                int& error);

  struct SKEP_LOCAL Impl;
  Impl& impl() { return *impl_; }

 private:
  SKEP_LOCAL explicit Kernel(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

// ---- the process: which Kernel a descriptor or a thread belongs to ----

// The Kernel that gave this descriptor, or null.
SKEP_API Kernel* kernel_of(int fd);
// The Kernel bound to this thread, else the process's default one (made at first use, for the reference release, and
// never destroyed).
SKEP_API Kernel& current_kernel();
// refresh_poll_state() of every Kernel of the process.
SKEP_API void refresh_all_poll_states();
// Binds `kernel` to this thread while it lives. Bindings nest; they end on the thread and in the order in which they
// began, before the Kernel does.
class SKEP_API KernelBinding {
 public:
  explicit KernelBinding(Kernel& kernel);
  ~KernelBinding();
  KernelBinding(const KernelBinding&) = delete;
  KernelBinding& operator=(const KernelBinding&) = delete;

 private:
  Kernel* previous_;
};

}  // namespace skep
