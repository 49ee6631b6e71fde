// A Linux BPF subsystem in user space: maps, programs, types and asynchronous work, behind bpf(2).
//
// A Kernel is an object like any other: many may live in one process, none is global, none needs privilege. It takes
// the commands of bpf(2) with the UAPI's own structures (<linux/bpf.h> of any age) and answers as the kernel release
// that it was made for. Loaders such as libbpf reach it through the wrapped system calls of libskep-libbpf; a C++
// program may call bpf() itself.
//
// Thread-safety: every member function may be called from any thread at any time. Descriptors are real ones (they can
// be closed, duplicated, polled), unique in the process, and belong to the Kernel that gave them.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "skep/abi.hpp"
#include "skep/host.hpp"
#include "skep/release.hpp"

namespace skep {

struct KernelOptions {
  Release release = reference_release;
  unsigned cpus = 0;     // virtual CPUs; 0: as many as the machine has
  std::string btf_path;  // the kernel's types: a raw BTF file or an ELF with a .BTF section; empty: see below
  bool host_btf =
      true;  // without btf_path: use /sys/kernel/btf/vmlinux if it can be read, else a small one of Skep's own
  // A seed makes work run under the stepping executor: on one thread, one instruction at a time, the schedule being a
  // function of the seed. Nullopt-like: negative means worker threads.
  std::int64_t stepping_seed = -1;
  std::vector<HostModule> modules;  // kfuncs, types and hooks of the embedding application
};

// Numbers that `skep run` prints and tests rely on. Once drained, started = merged + ran + cancelled.
struct WorkStatistics {
  std::uint64_t started = 0, merged = 0, ran = 0, cancelled = 0;
};

// One run of an asynchronous callback. Times are nanoseconds of the Kernel's monotonic clock.
struct WorkRun {
  std::string program;  // whose callback it is
  std::string callback;
  std::string map;
  std::vector<std::uint8_t> key;
  unsigned cpu = 0;
  std::uint64_t started_ns = 0, began_ns = 0, ended_ns = 0;
};

class Kernel {
 public:
  // Null and `error` (one line that says what to do) when the types cannot be read.
  static std::unique_ptr<Kernel> make(const KernelOptions& options, std::string& error);
  ~Kernel();
  Kernel(const Kernel&) = delete;
  Kernel& operator=(const Kernel&) = delete;

  // bpf(2): a descriptor, 0, or a negative errno. `attr` is the command's structure, `size` its size as the caller
  // knows it. `common`: 7.3's fourth argument (with BPF_COMMON_ATTRS in `command`), or null.
  int bpf(int command, void* attr, unsigned size, void* common = nullptr, unsigned common_size = 0);

  Release release() const;

  // ---- descriptors: what the loader's wrapped calls need ----
  bool owns(int fd) const;
  int close(int fd);                                   // 0 or -EBADF
  int duplicate(int fd, int minimum, bool cloexec);    // F_DUPFD: a new descriptor of the same object
  int duplicate_to(int fd, int target, bool cloexec);  // dup2, dup3
  // mmap of a map's descriptor: the address, or a negative errno.
  std::int64_t mmap(void* hint, std::size_t length, int protection, int flags, int fd, std::uint64_t offset);
  // Makes the descriptors of ring buffers readable exactly when there is something to read; before and after a poll.
  void refresh_poll_state();

  // The pin table, which stands for bpffs: OBJ_PIN's paths are names in it.
  bool pinned(std::string_view path) const;
  bool unpin(std::string_view path);  // what unlink does; false: nothing is pinned there

  // ---- the kernel's types as loaders may see them ----
  std::span<const std::uint8_t> presented_btf() const;
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
  bool drain(std::uint64_t limit_ns);  // waits for scheduled work to finish; false at the limit
  WorkStatistics work() const;
  void on_work_run(std::function<void(const WorkRun&)> listener);

  // ---- what happens inside ----
  void on_log(std::function<void(std::string_view line)> listener);    // refusals of commands, one line each
  void on_trace(std::function<void(std::string_view line)> listener);  // bpf_trace_printk
  // The last verification's statistics and refusal on this thread, for tools that want more than the log.
  struct LoadReport {
    int error = 0;
    std::string message, messages, category, title, reason, suggestion, at;
    std::uint32_t insns_processed = 0;
    std::uint64_t usec = 0;
    bool verified = false;  // false: refused before verification
  };
  // Of the program of that name (as PROG_LOAD had it, cut to 15 characters) since forget_last_load(); without a name,
  // of the last one: loaders load programs of their own to find out what the kernel can do.
  LoadReport last_load(std::string_view program = {}) const;
  void forget_last_load();
  // Verification of a program gives up (with -EAGAIN) after so many nanoseconds; 0: never. Verdicts do not depend on
  // it.
  void set_verification_limit(std::uint64_t ns);

  // ---- links: what the host application sees of attachments ----
  struct Link {
    std::uint32_t id = 0, program_id = 0;
    ProgType type{};
    AttachType attach{};
    std::string target;  // function, tracepoint, interface … as far as the attachment names one
  };
  std::vector<Link> links() const;
  // Runs the program of a link on a context of the host's; the program's return value or a negative errno in `error`.
  std::uint32_t fire(std::uint32_t link_id, void* context, std::size_t size, int& error);

  struct Impl;
  Impl& impl() { return *impl_; }

 private:
  explicit Kernel(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

// ---- the process: which Kernel a descriptor or a thread belongs to ----

// The Kernel that gave this descriptor, or null.
Kernel* kernel_of(int fd);
// The Kernel bound to this thread, else the process's default one (made at first use, for the reference release).
Kernel& current_kernel();
// refresh_poll_state() of every Kernel of the process.
void refresh_all_poll_states();
// Binds `kernel` to this thread while it lives.
class KernelBinding {
 public:
  explicit KernelBinding(Kernel& kernel);
  ~KernelBinding();
  KernelBinding(const KernelBinding&) = delete;
  KernelBinding& operator=(const KernelBinding&) = delete;

 private:
  Kernel* previous_;
};

}  // namespace skep
