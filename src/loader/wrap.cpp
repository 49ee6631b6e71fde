// The system calls that libbpf makes around BPF objects, led to a Kernel.
//
// A program that links libbpf statically with the linker's --wrap for the functions below (pkg-config skep-libbpf gives
// the flags) runs on Skep unchanged: bpf(2) goes to the Kernel bound to the thread, what concerns a descriptor goes to
// the Kernel that gave it, the files in which libbpf looks for the kernel's types and symbols are ours, and everything
// else goes on to the C library. Both spellings of the large-file functions are wrapped, for an application uses one
// and libbpf the other. Tested by tests/loader/.
#include <errno.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <linux/perf_event.h>
#include <poll.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/utsname.h>
#include <sys/vfs.h>
#include <unistd.h>
#include <zlib.h>

#include <string>
#include <string_view>

#include "loader/sections.hpp"
#include "loader/stand_in.hpp"
#include "rules/configuration.hpp"
#include "skep/kernel.hpp"
#include "skep/perf_event.hpp"

using skep::Kernel;
using skep::kernel_of;

extern "C" {
// The C library's own, as the linker renames them.
long __real_syscall(long number, ...);
int __real_close(int fd);
int __real_dup(int fd);
int __real_dup2(int fd, int target);
int __real_dup3(int fd, int target, int flags);
int __real_fcntl(int fd, int command, ...);
int __real_fcntl64(int fd, int command, ...);
int __real_ioctl(int fd, unsigned long request, ...);
void* __real_mmap(void* hint, size_t length, int protection, int flags, int fd, off_t offset);
void* __real_mmap64(void* hint, size_t length, int protection, int flags, int fd, off64_t offset);
int __real_epoll_wait(int epfd, struct epoll_event* events, int most, int timeout);
int __real_poll(struct pollfd* fds, nfds_t count, int timeout);
int __real_access(const char* path, int mode);
int __real_faccessat(int dir, const char* path, int mode, int flags);
int __real_open(const char* path, int flags, ...);
int __real_open64(const char* path, int flags, ...);
FILE* __real_fopen(const char* path, const char* mode);
FILE* __real_fopen64(const char* path, const char* mode);
gzFile __real_gzopen(const char* path, const char* mode);
gzFile __real_gzopen64(const char* path, const char* mode);
int __real_uname(struct utsname* name);
int __real_statfs(const char* path, struct statfs* result);
int __real_statfs64(const char* path, struct statfs64* result);
int __real_mkdir(const char* path, mode_t mode);
int __real_unlink(const char* path);
}

namespace {

constexpr std::string_view kernel_types_path = "/sys/kernel/btf/vmlinux";
constexpr std::string_view kernel_symbols_path = "/proc/kallsyms";
constexpr std::string_view kprobe_type_path = "/sys/bus/event_source/devices/kprobe/type";
constexpr std::string_view possible_cpus_path = "/sys/devices/system/cpu/possible";
constexpr std::string_view online_cpus_path = "/sys/devices/system/cpu/online";
constexpr unsigned kprobe_type = 8;
constexpr std::string_view pin_root = "/sys/fs/bpf";
constexpr long bpf_number = __NR_bpf;

// A result in the kernel's convention, as the C library returns it.
template <typename T>
T as_libc(T result) {
  if (result >= 0) return result;
  errno = static_cast<int>(-result);
  return -1;
}

// The files of the kernel's that are ours.
bool is_ours(const char* path) {
  return path != nullptr && (path == kernel_types_path || path == kernel_symbols_path || path == kprobe_type_path ||
                             path == possible_cpus_path || path == online_cpus_path);
}
bool in_pin_root(const char* path) {
  const std::string_view text = path == nullptr ? "" : path;
  return text == pin_root || (text.starts_with(pin_root) && text[pin_root.size()] == '/');
}

// A descriptor from which `content` can be read.
int open_content(const char* name, const void* content, size_t size) {
  const int fd = memfd_create(name, MFD_CLOEXEC);
  if (fd < 0) return -1;
  for (size_t at = 0; at < size;) {
    const ssize_t wrote = write(fd, static_cast<const char*>(content) + at, size - at);
    if (wrote <= 0) {
      __real_close(fd);
      return -1;
    }
    at += static_cast<size_t>(wrote);
  }
  lseek(fd, 0, SEEK_SET);
  return fd;
}

int open_ours(std::string_view path) {
  if (path == kernel_types_path) {
    const auto types = skep::current_kernel().presented_btf();
    return open_content("vmlinux-btf", types.data(), types.size());
  }
  if (path == kprobe_type_path) {
    const std::string number = std::to_string(kprobe_type) + "\n";
    return open_content("kprobe-type", number.data(), number.size());
  }
  if (path == possible_cpus_path || path == online_cpus_path) {
    // By them libbpf knows how large the values of per-CPU maps are, and which CPUs may send records.
    const unsigned last = skep::current_kernel().cpus() - 1;
    const std::string range = (last == 0 ? "0" : "0-" + std::to_string(last)) + "\n";
    return open_content("cpus", range.data(), range.size());
  }
  const std::string symbols = skep::current_kernel().symbols();
  return open_content("kallsyms", symbols.data(), symbols.size());
}

// A command that names an object goes to the Kernel that has it, whatever the thread is bound to.
Kernel& kernel_for(int command, const void* attr, unsigned size) {
  const auto fd_at = [&](unsigned offset) -> Kernel* {
    int fd = -1;
    if (attr == nullptr || size < offset + sizeof fd) return nullptr;
    memcpy(&fd, static_cast<const char*>(attr) + offset, sizeof fd);
    return kernel_of(fd);
  };
  Kernel* named = nullptr;
  switch (static_cast<skep::Command>(command & 0xffff)) {
    case skep::Command::map_lookup_elem:
    case skep::Command::map_update_elem:
    case skep::Command::map_delete_elem:
    case skep::Command::map_get_next_key:
    case skep::Command::map_lookup_and_delete_elem:
    case skep::Command::map_freeze:
    case skep::Command::prog_test_run:
    case skep::Command::obj_get_info_by_fd:
    case skep::Command::link_create:
    case skep::Command::link_update:
    case skep::Command::link_detach:
    case skep::Command::prog_bind_map:
      named = fd_at(0);
      break;
    case skep::Command::map_lookup_batch:
    case skep::Command::map_lookup_and_delete_batch:
    case skep::Command::map_update_batch:
    case skep::Command::map_delete_batch:
      named = fd_at(36);
      break;
    case skep::Command::obj_pin:
    case skep::Command::raw_tracepoint_open:
      named = fd_at(8);
      break;
    case skep::Command::prog_attach:
      named = fd_at(4);
      break;
    default:
      break;
  }
  return named != nullptr ? *named : skep::current_kernel();
}

int duplicate_onto(int fd, int target, bool cloexec) {
  if (Kernel* owner = kernel_of(fd); owner != nullptr) return as_libc(owner->duplicate_to(fd, target, cloexec));
  if (fd != target)
    if (Kernel* replaced = kernel_of(target); replaced != nullptr) replaced->close(target);
  return __real_dup3(fd, target, cloexec ? O_CLOEXEC : 0);
}

bool duplicates(int command) {
  return command == F_DUPFD || command == F_DUPFD_CLOEXEC;
}

// Before main, since an application that is only relinked calls nothing of ours.
__attribute__((constructor)) void begin() {
  skep::loader::teach_sections();
}

// Attaching touches nothing of the machine: of events only those for the output of programs can be had. But libbpf asks
// by one whether the kernel's system calls have wrappers (a probe at __x64_sys_bpf, of its own process), and those of
// the kernels that Skep answers for have.
int open_event(const perf_event_attr* attr, int pid, int cpu, int group, unsigned long flags) {
  const auto* function = attr != nullptr && attr->type == kprobe_type
                             ? reinterpret_cast<const char*>(attr->config1)  // NOLINT(performance-no-int-to-ptr)
                             : nullptr;
  if (function != nullptr && pid > 0 && std::string_view(function).starts_with("__x64_sys_"))
    return eventfd(0, EFD_CLOEXEC);
  return as_libc(skep::open_perf_event(skep::current_kernel(), attr, pid, cpu, group, flags));
}

// The kernel's configuration, under the names that libbpf looks for.
bool is_configuration(const char* path) {
  utsname name{};
  return path != nullptr && uname(&name) == 0 &&
         (path == std::string_view("/proc/config.gz") || path == std::string("/boot/config-") + name.release);
}
gzFile open_configuration(const char* mode) {
  const std::string text = skep::configuration_text(skep::configurations::linux_7_3);
  const int fd = open_content("config", text.data(), text.size());
  return fd < 0 ? nullptr : gzdopen(fd, mode);
}

void refresh(int fd) {
  if (Kernel* owner = kernel_of(fd); owner != nullptr) owner->refresh_poll_state();
}

}  // namespace

extern "C" {

// How many arguments there are, only the call knows: what is read beyond them is handed on, and used by nobody.
[[gnu::no_sanitize("address")]] long __wrap_syscall(long number, ...) {
  va_list list;
  va_start(list, number);
  long a[6];
  for (long& argument : a) argument = va_arg(list, long);
  va_end(list);
  if (number == bpf_number) {
    auto* attr = reinterpret_cast<void*>(a[1]);  // NOLINT(performance-no-int-to-ptr)
    const auto size = static_cast<unsigned>(a[2]);
    const auto command = static_cast<int>(a[0]);
    const bool common = (command & (1 << 16)) != 0;
    return as_libc(skep::loader::undressed_bpf(kernel_for(command, attr, size), command, attr, size,
                                               common ? reinterpret_cast<void*>(a[3]) : nullptr,  // NOLINT
                                               common ? static_cast<unsigned>(a[4]) : 0));
  }
  if (number == __NR_dup3)
    return duplicate_onto(static_cast<int>(a[0]), static_cast<int>(a[1]), (a[2] & O_CLOEXEC) != 0);
  if (number == __NR_perf_event_open)
    return open_event(reinterpret_cast<const perf_event_attr*>(a[0]), static_cast<int>(a[1]),  // NOLINT
                      static_cast<int>(a[2]), static_cast<int>(a[3]), static_cast<unsigned long>(a[4]));
  return __real_syscall(number, a[0], a[1], a[2], a[3], a[4], a[5]);
}

int __wrap_close(int fd) {
  if (Kernel* owner = kernel_of(fd); owner != nullptr) return as_libc(owner->close(fd));
  return __real_close(fd);
}

int __wrap_dup(int fd) {
  if (Kernel* owner = kernel_of(fd); owner != nullptr) return as_libc(owner->duplicate(fd, 0, false));
  return __real_dup(fd);
}
int __wrap_dup2(int fd, int target) {
  return fd == target ? __real_dup2(fd, target) : duplicate_onto(fd, target, false);
}
int __wrap_dup3(int fd, int target, int flags) {
  if (fd == target) return __real_dup3(fd, target, flags);
  return duplicate_onto(fd, target, (flags & O_CLOEXEC) != 0);
}

int __wrap_fcntl(int fd, int command, ...) {
  va_list list;
  va_start(list, command);
  const long argument = va_arg(list, long);
  va_end(list);
  if (duplicates(command))
    if (Kernel* owner = kernel_of(fd); owner != nullptr)
      return as_libc(owner->duplicate(fd, static_cast<int>(argument), command == F_DUPFD_CLOEXEC));
  return __real_fcntl(fd, command, argument);
}
int __wrap_fcntl64(int fd, int command, ...) {
  va_list list;
  va_start(list, command);
  const long argument = va_arg(list, long);
  va_end(list);
  return __wrap_fcntl(fd, command, argument);
}

int __wrap_ioctl(int fd, unsigned long request, ...) {
  va_list list;
  va_start(list, request);
  const unsigned long argument = va_arg(list, unsigned long);
  va_end(list);
  if (Kernel* owner = kernel_of(fd); owner != nullptr)
    return as_libc(skep::control_perf_event(*owner, fd, request, argument));
  return __real_ioctl(fd, request, argument);
}

void* __wrap_mmap64(void* hint, size_t length, int protection, int flags, int fd, off64_t offset) {
  if ((flags & MAP_ANONYMOUS) == 0)
    if (Kernel* owner = kernel_of(fd); owner != nullptr) {
      const int64_t at = owner->mmap(hint, length, protection, flags, fd, static_cast<uint64_t>(offset));
      if (at < 0 && at > -4096) {
        errno = static_cast<int>(-at);
        return MAP_FAILED;
      }
      return reinterpret_cast<void*>(at);  // NOLINT(performance-no-int-to-ptr)
    }
  return __real_mmap64(hint, length, protection, flags, fd, offset);
}
void* __wrap_mmap(void* hint, size_t length, int protection, int flags, int fd, off_t offset) {
  return __wrap_mmap64(hint, length, protection, flags, fd, offset);
}

// Ring buffers are readable exactly while they hold unread data: the eventfds behind them are set right before a wait.
int __wrap_epoll_wait(int epfd, struct epoll_event* events, int most, int timeout) {
  skep::refresh_all_poll_states();
  return __real_epoll_wait(epfd, events, most, timeout);
}
int __wrap_poll(struct pollfd* fds, nfds_t count, int timeout) {
  for (nfds_t i = 0; i < count; ++i) refresh(fds[i].fd);
  return __real_poll(fds, count, timeout);
}

int __wrap_faccessat(int dir, const char* path, int mode, int flags) {
  if (is_ours(path)) return 0;
  if (in_pin_root(path) && skep::current_kernel().pinned(path)) return 0;
  return __real_faccessat(dir, path, mode, flags);
}
int __wrap_access(const char* path, int mode) {
  if (is_ours(path)) return 0;
  if (in_pin_root(path) && skep::current_kernel().pinned(path)) return 0;
  return __real_access(path, mode);
}

int __wrap_open64(const char* path, int flags, ...) {
  va_list list;
  va_start(list, flags);
  const mode_t mode = va_arg(list, mode_t);
  va_end(list);
  return is_ours(path) ? open_ours(path) : __real_open64(path, flags, mode);
}
int __wrap_open(const char* path, int flags, ...) {
  va_list list;
  va_start(list, flags);
  const mode_t mode = va_arg(list, mode_t);
  va_end(list);
  return is_ours(path) ? open_ours(path) : __real_open(path, flags, mode);
}
FILE* __wrap_fopen64(const char* path, const char* mode) {
  if (!is_ours(path)) return __real_fopen64(path, mode);
  const int fd = open_ours(path);
  return fd < 0 ? nullptr : fdopen(fd, "rb");
}
FILE* __wrap_fopen(const char* path, const char* mode) {
  return __wrap_fopen64(path, mode);
}

gzFile __wrap_gzopen(const char* path, const char* mode) {
  return is_configuration(path) ? open_configuration(mode) : __real_gzopen(path, mode);
}
gzFile __wrap_gzopen64(const char* path, const char* mode) {
  return is_configuration(path) ? open_configuration(mode) : __real_gzopen64(path, mode);
}

// libbpf asks for the kernel's version to decide what to try: the Kernel's, not the machine's.
int __wrap_uname(struct utsname* name) {
  const int result = __real_uname(name);
  if (result == 0) {
    const skep::Release release = skep::current_kernel().release();
    snprintf(name->release, sizeof name->release, "%u.%u.0-skep", release.major, release.minor);
  }
  return result;
}

int __wrap_statfs64(const char* path, struct statfs64* result) {
  if (!in_pin_root(path)) return __real_statfs64(path, result);
  *result = {};
  result->f_type = BPF_FS_MAGIC;
  return 0;
}
int __wrap_statfs(const char* path, struct statfs* result) {
  if (!in_pin_root(path)) return __real_statfs(path, result);
  *result = {};
  result->f_type = BPF_FS_MAGIC;
  return 0;
}
int __wrap_mkdir(const char* path, mode_t mode) {
  return in_pin_root(path) ? 0 : __real_mkdir(path, mode);
}
int __wrap_unlink(const char* path) {
  if (!in_pin_root(path)) return __real_unlink(path);
  if (skep::current_kernel().unpin(path)) return 0;
  errno = ENOENT;
  return -1;
}
}
