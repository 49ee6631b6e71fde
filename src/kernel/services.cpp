// Clocks, identity, randomness and the process's memory, for running programs and for commands.
#include "kernel/services.hpp"

#include <fmt/format.h>
#include <pthread.h>
#include <sys/uio.h>
#include <time.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>

#include "async/executor.hpp"
#include "async/threads.hpp"
#include "kernel/guarded.hpp"
#include "kernel/impl.hpp"

namespace skep {
namespace {

// The stack of a thread, as far as it may reach.
struct Stack {
  std::uint64_t low = 0, high = 0;
  static Stack of_this_thread() {
    Stack stack;
    pthread_attr_t attributes;
    if (pthread_getattr_np(pthread_self(), &attributes) != 0) return stack;
    void* low = nullptr;
    std::size_t size = 0;
    if (pthread_attr_getstack(&attributes, &low, &size) == 0) {
      stack.low = reinterpret_cast<std::uint64_t>(low);
      stack.high = stack.low + size;
    }
    pthread_attr_destroy(&attributes);
    return stack;
  }
};

// Whether all of it is in that part of this thread's stack that is in use, which is mapped, and stays so: where callers
// of bpf(2) have their attributes, and mostly keys and values. On another stack (a signal's, a coroutine's) it is not.
bool on_own_stack(std::uint64_t address, std::size_t size) {
  thread_local const Stack stack = Stack::of_this_thread();
  const auto used = reinterpret_cast<std::uint64_t>(__builtin_frame_address(0));
  return used >= stack.low && used < stack.high && address >= used && address < stack.high &&
         size <= stack.high - address;
}

// Sanitizers look at neither end, as at a system call's.
[[gnu::no_sanitize("address", "thread", "undefined"), gnu::noinline]] void copy_plainly(void* to, const void* from,
                                                                                        std::size_t size) {
  const auto* source = static_cast<const volatile unsigned char*>(from);
  auto* target = static_cast<volatile unsigned char*>(to);
  using Word [[gnu::may_alias, gnu::aligned(1)]] = std::uint64_t;
  for (; size >= sizeof(Word); size -= sizeof(Word), source += sizeof(Word), target += sizeof(Word))
    *reinterpret_cast<volatile Word*>(target) = *reinterpret_cast<const volatile Word*>(source);
  for (; size > 0; --size) *target++ = *source++;
}

// The system call answers an unmapped address with an error where a plain copy would end the process. Where a sandbox
// forbids it, the copy is plain; and so it is where the address is known to be mapped, for the call takes most of a
// microsecond.
int copy(void* local, std::uint64_t remote, std::size_t size, bool to_local) {
  if (size == 0) return 0;
  if (on_own_stack(remote, size)) {
    auto* const there = reinterpret_cast<void*>(remote);  // NOLINT(performance-no-int-to-ptr)
    copy_plainly(to_local ? local : there, to_local ? there : local, size);
    return 0;
  }
  const iovec here{local, size};
  const iovec there{reinterpret_cast<void*>(remote), size};  // NOLINT(performance-no-int-to-ptr)
  const auto moved = to_local ? process_vm_readv(getpid(), &here, 1, &there, 1, 0)
                              : process_vm_writev(getpid(), &here, 1, &there, 1, 0);
  if (moved == static_cast<ssize_t>(size)) return 0;
  if (moved >= 0 || errno == EFAULT) return -EFAULT;
  if (to_local)
    std::memcpy(local, there.iov_base, size);
  else
    std::memcpy(there.iov_base, local, size);
  return 0;
}

}  // namespace

KernelServices::KernelServices(Kernel& kernel, async::Executor& executor)
    : kernel_(kernel), executor_(executor), random_(executor.cpus().count() + 1) {
  seed(0x9e3779b97f4a7c15);
}

void KernelServices::seed(std::uint64_t seed) {
  for (RandomState& its : random_) its.state = seed = seed * 0xd1342543de82ef95 + 1;
}

int copy_from_user(void* to, std::uint64_t from, std::size_t size) {
  return copy(to, from, size, true);
}
int copy_to_user(std::uint64_t to, const void* from, std::size_t size) {
  return copy(const_cast<void*>(from), to, size, false);
}

std::uint64_t KernelServices::monotonic_ns() {
  return executor_.now_ns();
}
// A clock that stands would let endless runs go on.
std::uint64_t KernelServices::limit_clock_ns() {
  return kernel_.impl().options.clock_ns ? async::monotonic_ns() : executor_.now_ns();
}
std::uint64_t KernelServices::boot_ns() {
  return executor_.now_ns();
}
std::uint64_t KernelServices::realtime_ns() {
  return executor_.realtime_ns();
}

// splitmix64, from a state for each CPU: who holds the CPU has it alone, so that it is read and written without more.
// The same numbers in every run of a Kernel.
std::uint32_t KernelServices::random_u32() {
  const async::Current& current = async::current_run();
  const std::size_t outside = random_.size() - 1;
  const bool inside = current.executor == &executor_ && current.cpu < outside;
  std::atomic<std::uint64_t>& state = random_[inside ? current.cpu : outside].state;
  std::uint64_t z = state.load(std::memory_order_relaxed);
  state.store(z + 0x9e3779b97f4a7c15, std::memory_order_relaxed);
  z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9;
  z = (z ^ (z >> 27)) * 0x94d049bb133111eb;
  return static_cast<std::uint32_t>(z >> 32);
}

std::uint64_t KernelServices::pid_tgid() {
  return static_cast<std::uint64_t>(getpid()) << 32 | static_cast<std::uint32_t>(gettid());
}
std::uint64_t KernelServices::uid_gid() {
  return static_cast<std::uint64_t>(getgid()) << 32 | getuid();
}

std::string_view KernelServices::comm() {
  return program_invocation_short_name;
}

unsigned KernelServices::cpu_count() {
  return executor_.cpus().count();
}

void KernelServices::trace_printk(std::string_view line) {
  trace_.tell(line, [this](const LineListener::Function& listener, std::string_view told) {
    guarded(kernel_, "the listener of on_trace", [&] { listener(told); });
  });
}
void KernelServices::answered_without_behavior(runtime::CallEnv& env, std::string_view call, int answer) {
  {
    const std::lock_guard guard(unanswered_lock_);
    if (!unanswered_.emplace(call).second) return;
  }
  kernel_.impl().log(fmt::format("program '{}' called {}, which has no behavior here: it answers {}",
                                 env.program().name(), call, answer));
}

void KernelServices::on_trace(std::function<void(std::string_view)> listener) {
  trace_.set(std::move(listener));
}

void KernelServices::run_stopped(const runtime::RunPlace& place) {
  if (memory::in_signal_handler) return watch_.count_stopped();  // the runner's error() tells of it
  const StoppedRun run = stopped_run(place);
  kernel_.impl().log(run.message);
  watch_.stopped(kernel_, run);
}

void KernelServices::use_types(std::shared_ptr<const btf::Btf> kernel) {
  types_ = std::move(kernel);
  world_ = std::make_unique<World>(types_, cpu_count(), account);
  tasks_ = std::make_unique<Tasks>(types_, cpu_count(), account->shared_territory(), world_->root_cgroup());
}

std::int64_t KernelServices::find_type(std::string_view name, std::uint32_t kind) {
  constexpr std::uint32_t last_kind = static_cast<std::uint32_t>(btf::Kind::enum64);
  if (kind > last_kind || kind == 0) return -ENOENT;
  const auto wanted = static_cast<btf::Kind>(kind);
  if (const btf::TypeId id = types_ ? types_->find(name, wanted) : 0; id != 0) return id;
  std::vector<std::shared_ptr<BtfObject>> modules;
  {
    const std::shared_lock guard(kernel_.impl().lock);
    modules = kernel_.impl().modules;
  }
  for (const auto& module : modules) {
    const btf::TypeId id = module->btf->find_own(name, wanted);
    if (id == 0) continue;
    const int fd = kernel_.impl().install(module);
    return fd < 0 ? fd : id | static_cast<std::int64_t>(fd) << 32;
  }
  return -ENOENT;
}

// Programs make maps, types, programs and links, and change elements.
std::int64_t KernelServices::bpf(std::uint32_t command, void* attributes, std::uint32_t size) {
  switch (static_cast<Command>(command)) {
    case Command::map_create:
    case Command::map_update_elem:
    case Command::map_delete_elem:
    case Command::map_freeze:
    case Command::map_get_fd_by_id:
    case Command::prog_load:
    case Command::btf_load:
    case Command::link_create:
    case Command::raw_tracepoint_open:
      return kernel_.bpf(static_cast<int>(command), attributes, size);
    default:
      return -EINVAL;
  }
}
int KernelServices::close(std::uint32_t fd) {
  return kernel_.close(static_cast<int>(fd));
}

int KernelServices::read_memory(void* to, std::uint64_t from, std::size_t size) {
  return copy_from_user(to, from, size);
}
int KernelServices::write_memory(std::uint64_t to, const void* from, std::size_t size) {
  return copy_to_user(to, from, size);
}

}  // namespace skep
