// Descriptors: real ones (each is an eventfd, so that it can be polled, duplicated and passed to select), what they
// name, and the process-wide registry from descriptor to Kernel. Tested by tests/kernel/front_door_test.cpp.
#include <fcntl.h>
#include <fmt/format.h>
#include <pthread.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "kernel/impl.hpp"
#include "kernel/perf_event.hpp"
#include "kernel/process.hpp"

// The C library's dup2 by its other name: the usual one leads here when libbpf's calls are wrapped.
extern "C" int __dup2(int fd, int target);  // NOLINT(bugprone-reserved-identifier)

namespace skep {
namespace {

// The process's own facts: the only state outside a Kernel. Never destroyed, because programs may close descriptors at
// exit.
struct Process {
  std::shared_mutex lock;
  std::unordered_map<int, Kernel*> owners;
  std::mutex default_lock;
  std::unique_ptr<Kernel> default_kernel;
  std::vector<std::unique_ptr<Kernel::Impl>> parents;  // Kernels of a parent that ended in this child
  const Process* before = nullptr;                     // the parent's own, which nobody uses any more
};
Process*& the_process();
Process& process() {
  return *the_process();
}

// Locks are a thread's; the child of a fork, which is another thread, takes what they guard to new ones.
void lock_for_fork() {
  process().default_lock.lock();
  process().lock.lock();
}
void unlock_after_fork() {
  process().lock.unlock();
  process().default_lock.unlock();
}
void renew_after_fork() {
  auto renewed = std::make_unique<Process>();
  renewed->before = &process();
  renewed->owners = std::move(process().owners);
  renewed->default_kernel = std::move(process().default_kernel);
  renewed->parents = std::move(process().parents);
  the_process() = renewed.release();
}

Process*& the_process() {
  static Process* process = [] {
    pthread_atfork(lock_for_fork, unlock_after_fork, renew_after_fork);
    return std::make_unique<Process>().release();
  }();
  return process;
}

Kernel*& bound_kernel() {
  thread_local Kernel* bound = nullptr;
  return bound;
}

}  // namespace

void claim_descriptor(int fd, Kernel& kernel) {
  Kernel* previous = nullptr;
  {
    const std::unique_lock guard(process().lock);
    auto& owner = process().owners[fd];
    previous = owner;
    owner = &kernel;
  }
  if (previous != nullptr && previous != &kernel) {
    const std::unique_lock guard(previous->impl().lock);
    previous->impl().descriptors.erase(fd);
  }
}

void abandon(std::unique_ptr<Kernel::Impl> impl, const Kernel& kernel) {
  const std::unique_lock guard(process().lock);
  std::erase_if(process().owners, [&](const auto& owned) { return owned.second == &kernel; });
  process().parents.push_back(std::move(impl));
}

void disclaim_descriptor(int fd, const Kernel& kernel) {
  const std::unique_lock guard(process().lock);
  const auto it = process().owners.find(fd);
  if (it != process().owners.end() && it->second == &kernel) process().owners.erase(it);
}

Kernel* kernel_of(int fd) {
  const std::shared_lock guard(process().lock);
  const auto it = process().owners.find(fd);
  return it == process().owners.end() ? nullptr : it->second;
}

Kernel& current_kernel() {
  if (bound_kernel() != nullptr) return *bound_kernel();
  const std::lock_guard guard(process().default_lock);
  if (!process().default_kernel) {
    std::string error;
    process().default_kernel = Kernel::make({}, error);
    if (!process().default_kernel) process().default_kernel = Kernel::make({.host_btf = false}, error);
  }
  return *process().default_kernel;
}

Kernel* existing_kernel() {
  if (bound_kernel() != nullptr) return bound_kernel();
  const std::lock_guard guard(process().default_lock);
  return process().default_kernel.get();
}

void refresh_all_poll_states() {
  std::vector<Kernel*> kernels;
  {
    const std::shared_lock guard(process().lock);
    for (const auto& [fd, kernel] : process().owners)
      if (std::find(kernels.begin(), kernels.end(), kernel) == kernels.end()) kernels.push_back(kernel);
  }
  for (Kernel* kernel : kernels) kernel->refresh_poll_state();
}

KernelBinding::KernelBinding(Kernel& kernel) : previous_(bound_kernel()) {
  bound_kernel() = &kernel;
}
KernelBinding::~KernelBinding() {
  bound_kernel() = previous_;
}

void Kernel::Impl::add(const std::shared_ptr<KernelObject>& object) {
  const std::unique_lock guard(lock);
  table(object->kind).add(object);
}

int Kernel::Impl::not_ours(std::uint32_t fd) {
  return fcntl(static_cast<int>(fd), F_GETFD) < 0 ? -EBADF : -EINVAL;
}

int Kernel::Impl::install(const Descriptor& descriptor, int minimum, bool cloexec) {
  KernelObject& object = *descriptor.object;
  int fd = -1;
  if (object.poll_fd() >= 0)
    fd = fcntl(object.poll_fd(), cloexec ? F_DUPFD_CLOEXEC : F_DUPFD, minimum);
  else
    fd = eventfd(0, EFD_NONBLOCK | (cloexec ? EFD_CLOEXEC : 0));
  if (fd < 0) return -errno;
  if (fd < minimum) {
    const int higher = fcntl(fd, cloexec ? F_DUPFD_CLOEXEC : F_DUPFD, minimum);
    const int error = -errno;
    ::close(fd);
    if (higher < 0) return error;
    fd = higher;
  }
  object.get_user_ref();
  std::optional<Descriptor> stale;  // closed behind our back; its object must not die under the lock
  {
    const std::unique_lock guard(lock);
    auto& slot = descriptors[fd];
    if (slot.object) stale = std::move(slot);
    slot = descriptor;
  }
  if (stale) stale->object->put_user_ref();
  claim_descriptor(fd, kernel);
  return fd;
}

std::optional<Kernel::Impl::Descriptor> Kernel::Impl::find_descriptor(int fd) const {
  const std::shared_lock guard(lock);
  const auto it = descriptors.find(fd);
  if (it == descriptors.end()) return std::nullopt;
  return it->second;
}

bool Kernel::owns(int fd) const {
  return impl_->find_descriptor(fd).has_value();
}

int Kernel::close(int fd) {
  std::optional<Impl::Descriptor> gone;
  {
    const std::unique_lock guard(impl_->lock);
    const auto it = impl_->descriptors.find(fd);
    if (it == impl_->descriptors.end()) return -EBADF;
    gone = std::move(it->second);
    impl_->descriptors.erase(it);
  }
  disclaim_descriptor(fd, *this);
  ::close(fd);
  gone->object->put_user_ref();
  return 0;
}

int Kernel::duplicate(int fd, int minimum, bool cloexec) {
  const auto found = impl_->find_descriptor(fd);
  return found ? impl_->install(*found, minimum, cloexec) : -EBADF;
}

int Kernel::duplicate_to(int fd, int target, bool cloexec) {
  const auto found = impl_->find_descriptor(fd);
  if (!found) return -EBADF;
  if (fd == target) return target;
  if (Kernel* owner = kernel_of(target); owner != nullptr) owner->close(target);
  const int made = __dup2(fd, target);
  if (made < 0) return -errno;
  if (cloexec) fcntl(made, F_SETFD, FD_CLOEXEC);
  found->object->get_user_ref();
  {
    const std::unique_lock guard(impl_->lock);
    impl_->descriptors[made] = *found;
  }
  claim_descriptor(made, *this);
  return made;
}

namespace {

// The addresses in an arena share their upper halves.
constexpr std::uint64_t address_window = std::uint64_t{1} << 32;

bool in_one_window(const void* at, std::size_t length) {
  const auto first = reinterpret_cast<std::uint64_t>(at);
  return first / address_window == (first + length - 1) / address_window;
}

void* map_in_one_window(std::size_t length, int protection, int flags, int memory) {
  const std::size_t page = static_cast<std::size_t>(sysconf(_SC_PAGESIZE));
  length = (length + page - 1) / page * page;
  const std::size_t size = length + address_window;
  void* const room = ::mmap(nullptr, size, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  if (room == MAP_FAILED) return room;
  const auto first = reinterpret_cast<std::uint64_t>(room);
  const std::size_t before = (address_window - first % address_window) % address_window;
  char* const begin = static_cast<char*>(room) + before;
  void* const at = ::mmap(begin, length, protection, flags | MAP_FIXED, memory, 0);
  if (at == MAP_FAILED) {
    ::munmap(room, size);
    return at;
  }
  if (before != 0) ::munmap(room, before);
  if (size - before != length) ::munmap(begin + length, size - before - length);
  return at;
}

}  // namespace

namespace {

// A descriptor of the same memory that does not allow to write.
class ReadOnlyCopy {
 public:
  // None of a negative one.
  explicit ReadOnlyCopy(int fd) {
    if (fd < 0) return;
    fd_ = ::openat(AT_FDCWD, fmt::format("/proc/self/fd/{}", fd).c_str(), O_RDONLY | O_CLOEXEC);
    if (fd_ < 0) fd_ = -errno;
  }
  ~ReadOnlyCopy() {
    if (fd_ >= 0) ::close(fd_);
  }
  ReadOnlyCopy(const ReadOnlyCopy&) = delete;
  ReadOnlyCopy& operator=(const ReadOnlyCopy&) = delete;
  int fd() const { return fd_; }  // or a negative errno

 private:
  int fd_ = -1;
};

}  // namespace

static std::int64_t map_event(PerfEventObject& event, void* hint, std::size_t length, int protection, int flags,
                              std::uint64_t offset) {
  int memory = -1;
  if (const int error = event.mmap_source(offset, length, protection, flags, memory); error != 0) return error;
  void* const at = ::mmap(hint, length, protection, flags, memory, 0);
  return at == MAP_FAILED ? -errno : reinterpret_cast<std::int64_t>(at);
}

std::int64_t Kernel::mmap(void* hint, std::size_t length, int protection, int flags, int fd, std::uint64_t offset) {
  int error = 0;
  if (const auto event = impl_->find<PerfEventObject>(static_cast<std::uint32_t>(fd), ObjectKind::perf_event, error))
    return map_event(*event, hint, length, protection, flags, offset);
  const auto map = impl_->find<MapObject>(static_cast<std::uint32_t>(fd), ObjectKind::map, error);
  if (!map) return error == -EBADF ? -EBADF : -ENODEV;
  int memory = -1;
  std::uint64_t memory_offset = 0;
  error = map->map->mmap_source(offset, length, protection, memory, memory_offset);
  if (error != 0) return error;
  // What is mapped for reading alone stays so: a later mprotect() fails, as on the kernel. Programs and Skep trust what
  // is written there (constants, the headers of a ring's records), and nobody else may write it.
  const ReadOnlyCopy reading((protection & PROT_WRITE) == 0 ? memory : -1);
  if ((protection & PROT_WRITE) == 0) {
    memory = reading.fd();
    if (memory < 0) {
      impl_->log(fmt::format("a mapping for reading needs /proc/self/fd: {}", std::strerror(-memory)));
      return memory;
    }
  }
  const bool arena = maps::map_type(map->map->info().type).direct_values == maps::DirectValues::pages;
  bool elsewhere = false;  // if it must be
#ifdef SKEP_SANITIZED
  // Programs ask for addresses that are the sanitizer's own; it would not survive that they get them.
  elsewhere = arena && (flags & MAP_FIXED) != 0;
  if (elsewhere) flags = (flags & ~MAP_FIXED) | MAP_FIXED_NOREPLACE;
#endif
  void* at = ::mmap(hint, length, protection, flags, memory, static_cast<off_t>(memory_offset));
  const bool taken = at == MAP_FAILED && errno == EEXIST && elsewhere;
  if (at == MAP_FAILED && !taken) return -errno;
  if (taken || (arena && (flags & (MAP_FIXED | MAP_FIXED_NOREPLACE)) == 0 && !in_one_window(at, length))) {
    if (!taken) ::munmap(at, length);
    at = map_in_one_window(length, protection, flags & ~MAP_FIXED_NOREPLACE, memory);
    if (at == MAP_FAILED) return -ENOMEM;
  }
  map->map->mapped_at(reinterpret_cast<std::uint64_t>(at));
  return reinterpret_cast<std::int64_t>(at);
}

void Kernel::refresh_poll_state() {
  std::vector<std::shared_ptr<MapObject>> rings;
  std::vector<std::shared_ptr<PerfEventObject>> events;
  {
    const std::shared_lock guard(impl_->lock);
    for (const auto& [fd, descriptor] : impl_->descriptors)
      if (descriptor.object->kind == ObjectKind::perf_event)
        events.push_back(std::static_pointer_cast<PerfEventObject>(descriptor.object));
    impl_->table(ObjectKind::map).for_each([&](const std::shared_ptr<KernelObject>& object) {
      auto map = std::static_pointer_cast<MapObject>(object);
      if (map->wake_fd >= 0) rings.push_back(std::move(map));
    });
  }
  for (const auto& event : events) event->refresh_poll_state();
  for (const auto& ring : rings) {
    const auto& buffer = static_cast<const maps::RingBuffer&>(*ring->map);
    std::uint64_t count = 0;
    if (!buffer.has_data()) {
      [[maybe_unused]] const auto drained = read(ring->wake_fd, &count, sizeof count);
      // A record that was committed in between has been signaled before or is seen now.
      if (buffer.has_data()) eventfd_write(ring->wake_fd, 1);
    }
  }
}

std::shared_ptr<const void> MapObject::open_file() {
  if (!maps::map_type(map->info().type).offers(maps::map_use::perf_events)) return nullptr;
  struct File {
    explicit File(std::shared_ptr<maps::Map> events) : events(std::move(events)) {}
    ~File() { maps::take_out_events(*events, this); }
    File(const File&) = delete;
    File& operator=(const File&) = delete;
    std::shared_ptr<maps::Map> events;
  };
  return std::make_shared<const File>(map);
}

bool MapObject::takes(ProgramFamily family) {
  const maps::OneKind kind = maps::map_type(map->info().type).one_kind;
  if (kind == maps::OneKind::no) return true;
  if (kind == maps::OneKind::of_type) family.attach_type = {};
  const std::lock_guard guard(lock_);
  if (!family_) family_ = family;
  return *family_ == family;
}

MapObject::~MapObject() {
  if (map && wake_fd >= 0) static_cast<maps::RingBuffer&>(*map).on_wakeup = nullptr;
  if (wake_fd >= 0) ::close(wake_fd);
}

}  // namespace skep
