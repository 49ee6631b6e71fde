// See kernel/perf_event.hpp.
#include "kernel/perf_event.hpp"

#include <fmt/format.h>
#include <linux/perf_event.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <bit>
#include <cerrno>
#include <cstddef>
#include <cstring>

#include "kernel/impl.hpp"
#include "maps/values.hpp"
#include "skep/perf_event.hpp"

namespace skep {
namespace {

constexpr std::uint32_t smallest_attr = PERF_ATTR_SIZE_VER0;
constexpr std::uint64_t known_flags = 0xf, known_samples = (std::uint64_t{1} << 25) - 1;
// What a record here can say of a sample, in the order in which it does.
constexpr std::uint64_t samples_here = PERF_SAMPLE_IDENTIFIER | PERF_SAMPLE_TID | PERF_SAMPLE_TIME | PERF_SAMPLE_ID |
                                       PERF_SAMPLE_STREAM_ID | PERF_SAMPLE_CPU | PERF_SAMPLE_PERIOD | PERF_SAMPLE_RAW;
constexpr std::size_t longest_record = 0xffff;

struct LostRecord {
  perf_event_header header{PERF_RECORD_LOST, 0, sizeof(LostRecord)};
  std::uint64_t number = 0, lost = 0;
};

std::uint64_t next_number() {
  static std::atomic<std::uint64_t> last{0};
  return ++last;
}

// The words of a ring's first page that both sides use.
std::atomic_ref<std::uint64_t> word_of(const maps::Pages& pages, std::size_t offset) {
  return std::atomic_ref(*reinterpret_cast<std::uint64_t*>(pages.data() + offset));
}

int unsupported(Kernel& kernel, std::string_view what) {
  kernel.impl().log(fmt::format("perf_event_open: {} not supported", what));
  return -EOPNOTSUPP;
}

// The caller's attributes, zeros behind what it knows of them. -E2BIG: a size that is none; it learns ours.
int read_attr(const void* from, perf_event_attr& attr) {
  attr = {};
  const auto at = reinterpret_cast<std::uint64_t>(from);
  if (const int error = copy_from_user(&attr, at, smallest_attr); error != 0) return error;
  const std::uint32_t size = attr.size == 0 ? smallest_attr : attr.size;
  if (size < smallest_attr || size > maps::Pages::page_size()) {
    const std::uint32_t ours = sizeof attr;
    const int error = copy_to_user(at + offsetof(perf_event_attr, size), &ours, sizeof ours);
    return error != 0 ? error : -E2BIG;
  }
  return copy_from_user(&attr, at, std::min<std::size_t>(size, sizeof attr));
}

}  // namespace

// The part of a record in front of the program's bytes, and how long all of it is.
struct PerfEventObject::Sample {
  std::array<std::uint8_t, 80> head{};
  std::size_t head_size = 0, size = 0;
  template <typename T>
  void add(T value) {
    std::memcpy(head.data() + head_size, &value, sizeof value);
    head_size += sizeof value;
  }
};

PerfEventObject::PerfEventObject(Kernel::Impl& kernel, const Settings& settings, unsigned cpu, int wake)
    : KernelObject(ObjectKind::perf_event),
      kernel_(kernel),
      settings_(settings),
      cpu_(cpu),
      wake_(wake),
      number_(next_number()),
      enabled_(!settings.disabled) {}

PerfEventObject::~PerfEventObject() {
  ::close(wake_);
}

PerfEventObject::Sample PerfEventObject::sample_of(std::size_t raw_size) const {
  const std::uint64_t samples = settings_.samples;
  Sample sample;
  sample.head_size = sizeof(perf_event_header);
  if ((samples & PERF_SAMPLE_IDENTIFIER) != 0) sample.add(number_);
  if ((samples & PERF_SAMPLE_TID) != 0) sample.add(std::rotl(kernel_.services->pid_tgid(), 32));
  if ((samples & PERF_SAMPLE_TIME) != 0) sample.add(kernel_.services->monotonic_ns());
  if ((samples & PERF_SAMPLE_ID) != 0) sample.add(number_);
  if ((samples & PERF_SAMPLE_STREAM_ID) != 0) sample.add(number_);
  if ((samples & PERF_SAMPLE_CPU) != 0) sample.add(std::uint64_t{cpu_});
  if ((samples & PERF_SAMPLE_PERIOD) != 0) sample.add(std::uint64_t{0});
  sample.size = sample.head_size;
  if ((samples & PERF_SAMPLE_RAW) != 0) {
    // The size counts the zeros that fill up to whole words.
    sample.size = (sample.head_size + sizeof(std::uint32_t) + raw_size + 7) & ~std::size_t{7};
    sample.add(static_cast<std::uint32_t>(sample.size - sample.head_size - sizeof(std::uint32_t)));
  }
  const perf_event_header header{PERF_RECORD_SAMPLE, PERF_RECORD_MISC_KERNEL, static_cast<std::uint16_t>(sample.size)};
  std::memcpy(sample.head.data(), &header, sizeof header);
  return sample;
}

int PerfEventObject::output(unsigned cpu, const void* data, std::size_t size) {
  const std::lock_guard guard(lock_);
  if (!enabled_ || cpu != cpu_) return -EOPNOTSUPP;
  if (size > longest_record) return -E2BIG;
  const Sample sample = sample_of(size);
  if (sample.size > longest_record) return -E2BIG;
  return write(sample, data, size);
}

int PerfEventObject::write(const Sample& sample, const void* data, std::size_t size) {
  if (size_ == 0) return -ENOSPC;
  const std::size_t all = sample.size + (lost_ != 0 ? sizeof(LostRecord) : 0);
  const std::uint64_t tail = word_of(pages_, offsetof(perf_event_mmap_page, data_tail)).load(std::memory_order_acquire);
  if (paused_ || ((tail - head_ - 1) & (size_ - 1)) < all) {
    ++lost_;
    return -ENOSPC;
  }
  char* const ring = pages_.data() + maps::Pages::page_size();
  const auto put = [&](const void* from, std::size_t length) {
    const std::size_t at = head_ & (size_ - 1), first = std::min(length, size_ - at);
    maps::copy_shared(ring + at, from, first);
    maps::copy_shared(ring, static_cast<const char*>(from) + first, length - first);
    head_ += length;
  };
  if (lost_ != 0) {
    LostRecord record;
    record.number = number_;
    record.lost = std::exchange(lost_, 0);
    put(&record, sizeof record);
  }
  put(sample.head.data(), sample.head_size);
  if ((settings_.samples & PERF_SAMPLE_RAW) != 0) {
    constexpr std::uint64_t zeros = 0;
    put(data, size);
    put(&zeros, sample.size - sample.head_size - size);
  }
  word_of(pages_, offsetof(perf_event_mmap_page, data_head)).store(head_, std::memory_order_release);
  note_wakeup();
  return 0;
}

// The reader is woken after so many records, and whenever half of the ring, or what it asked for, has been written.
void PerfEventObject::note_wakeup() {
  bool wakes = false;
  if (head_ - last_mark_ > watermark_) {
    last_mark_ += watermark_;
    wakes = true;
  }
  if (!settings_.by_bytes && settings_.wakeup != 0 && ++records_ >= settings_.wakeup) {
    records_ = 0;
    wakes = true;
  }
  if (!wakes) return;
  woken_at_ = head_;
  eventfd_write(wake_, 1);
}

void PerfEventObject::refresh_poll_state() {
  const std::lock_guard guard(lock_);
  if (size_ == 0) return;
  const std::uint64_t tail = word_of(pages_, offsetof(perf_event_mmap_page, data_tail)).load(std::memory_order_acquire);
  if (static_cast<std::int64_t>(woken_at_ - tail) > 0) return;
  std::uint64_t count = 0;
  [[maybe_unused]] const auto drained = ::read(wake_, &count, sizeof count);
}

int PerfEventObject::read(unsigned cpu, std::uint64_t& count) {
  count = 0;  // records are not counted
  return cpu == cpu_ ? 0 : -EINVAL;
}

int PerfEventObject::control(unsigned long request, unsigned long argument) {
  const std::lock_guard guard(lock_);
  switch (request) {
    case PERF_EVENT_IOC_ENABLE:
    case PERF_EVENT_IOC_DISABLE:
      enabled_ = request == PERF_EVENT_IOC_ENABLE;
      return 0;
    case PERF_EVENT_IOC_RESET:
      return 0;
    case PERF_EVENT_IOC_ID:
      return copy_to_user(argument, &number_, sizeof number_);
    case PERF_EVENT_IOC_PAUSE_OUTPUT:
      if (size_ == 0) return -EINVAL;
      paused_ = argument != 0;
      return 0;
    case PERF_EVENT_IOC_REFRESH:
    case PERF_EVENT_IOC_PERIOD:
    case PERF_EVENT_IOC_SET_OUTPUT:
    case PERF_EVENT_IOC_SET_FILTER:
    case PERF_EVENT_IOC_SET_BPF:
    case PERF_EVENT_IOC_QUERY_BPF:
    case PERF_EVENT_IOC_MODIFY_ATTRIBUTES:
      kernel_.log(fmt::format("the request {:#x} of a perf event is not supported", request));
      return -EOPNOTSUPP;
    default:
      return -ENOTTY;
  }
}

int PerfEventObject::mmap_source(std::uint64_t offset, std::uint64_t length, int protection, int flags,
                                 int& memory_fd) {
  const std::size_t page = maps::Pages::page_size();
  if ((flags & MAP_TYPE) == MAP_PRIVATE || offset != 0 || length < page) return -EINVAL;
  const std::uint64_t rounded = (length + page - 1) / page * page, data = rounded - page;
  if (data != 0 && !std::has_single_bit(data)) return -EINVAL;
  if ((protection & PROT_WRITE) == 0) {
    kernel_.log("rings of perf events that are mapped for reading alone, and so are overwritten, are not supported");
    return -EOPNOTSUPP;
  }
  const std::lock_guard guard(lock_);
  if (pages_.data() == nullptr) {
    maps::Pages pages = maps::Pages::make(rounded, true, kernel_.account, false);
    if (pages.data() == nullptr) return -ENOMEM;
    pages_ = std::move(pages);
    word_of(pages_, offsetof(perf_event_mmap_page, data_offset)).store(page);
    word_of(pages_, offsetof(perf_event_mmap_page, data_size)).store(data);
    size_ = data;
    watermark_ = settings_.by_bytes ? std::min<std::uint64_t>(settings_.wakeup, data) : 0;
    if (watermark_ == 0) watermark_ = data / 2;
  }
  if (pages_.size() != rounded) return -EINVAL;
  memory_fd = pages_.fd();
  return 0;
}

int open_perf_event(Kernel& kernel, const void* attr, int pid, int cpu, int group, unsigned long flags) {
  kernel.impl().begin_command();
  if ((flags & ~known_flags) != 0) return -EINVAL;
  perf_event_attr wanted;
  if (const int error = read_attr(attr, wanted); error != 0) return error;
  if ((wanted.sample_type & ~known_samples) != 0) return -EINVAL;
  if (group != -1) return kernel.owns(group) ? unsupported(kernel, "groups of events are") : -EBADF;
  if ((flags & ~std::uint64_t{PERF_FLAG_FD_CLOEXEC}) != 0)
    return unsupported(kernel, fmt::format("the flags {:#x} are", flags));
  if (wanted.type != PERF_TYPE_SOFTWARE || wanted.config != PERF_COUNT_SW_BPF_OUTPUT)
    return unsupported(kernel, fmt::format("events of type {} and configuration {} are", wanted.type,
                                           static_cast<std::uint64_t>(wanted.config)));
  if (pid != -1) return unsupported(kernel, "events of one task are");
  if (cpu < 0 || static_cast<unsigned>(cpu) >= kernel.cpus()) return -EINVAL;
  if ((wanted.sample_type & ~samples_here) != 0)
    return unsupported(kernel, fmt::format("the samples {:#x} are", wanted.sample_type & ~samples_here));
  perf_event_attr plain = wanted;  // without the bits that mean something here, or nothing
  plain.disabled = plain.watermark = plain.exclude_user = plain.exclude_kernel = plain.exclude_hv = plain.exclude_idle =
      0;
  std::uint64_t bits = 0;
  std::memcpy(&bits, reinterpret_cast<const char*>(&plain.read_format) + sizeof plain.read_format, sizeof bits);
  if (bits != 0) return unsupported(kernel, fmt::format("the attributes {:#x} are", bits));
  const int wake = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
  if (wake < 0) return -errno;
  const PerfEventObject::Settings settings{.samples = wanted.sample_type,
                                           .wakeup = wanted.wakeup_events,
                                           .by_bytes = wanted.watermark != 0,
                                           .disabled = wanted.disabled != 0};
  return kernel.impl().install(
      std::make_shared<PerfEventObject>(kernel.impl(), settings, static_cast<unsigned>(cpu), wake), 0, 0,
      (flags & PERF_FLAG_FD_CLOEXEC) != 0);
}

int control_perf_event(Kernel& kernel, int fd, unsigned long request, unsigned long argument) {
  kernel.impl().begin_command();
  int error = 0;
  const auto event = kernel.impl().find<PerfEventObject>(static_cast<std::uint32_t>(fd), ObjectKind::perf_event, error);
  return event ? event->control(request, argument) : error == -EBADF ? -EBADF : -ENOTTY;
}

}  // namespace skep
