// The ring buffer: records of any size from programs to one consumer in user space, through shared memory.
//
// The memory is what libbpf maps: a page with the consumer's position, which it writes; a page with the producers'; the
// data, and room for as much again behind it. A record that reaches over the end of the ring goes on in that room,
// where both sides address it: no page has to be mapped twice. A record's header is marked busy until it is committed;
// the consumer stops at a busy one, so records are seen in the order of their reservation. Tested by
// tests/maps/elements_test.cpp.
#include <sys/mman.h>

#include <atomic>
#include <cerrno>
#include <mutex>

#include "maps/attributes.hpp"
#include "maps/memory.hpp"
#include "maps/value_lock.hpp"
#include "maps/values.hpp"

namespace skep::maps {
namespace {

constexpr std::uint32_t busy_bit = 1U << 31, discard_bit = 1U << 30;
constexpr std::uint64_t header_bytes = 8, most_bytes = ~std::uint32_t{0} / 4;
constexpr std::uint64_t no_wakeup = 1, force_wakeup = 2;

class Ring final : public RingBuffer {
 public:
  Ring(const MapAttributes& attributes, Pages pages)
      : RingBuffer(attributes),
        pages_(std::move(pages)),
        consumer_page_(pages_.data()),
        producer_page_(consumer_page_ + Pages::page_size()),
        data_(producer_page_ + Pages::page_size()),
        size_(attributes.info.max_entries),
        overwrites_((attributes.info.flags & map_flag::rb_overwrite) != 0) {}

  void* lookup(const void*, unsigned) override { return nullptr; }
  int update(const void*, const void*, std::uint64_t, unsigned) override { return -EOPNOTSUPP; }
  int erase(const void*) override { return -EOPNOTSUPP; }
  int user_lookup(const void*, void*, std::uint64_t) override { return -enotsupp; }
  int user_update(const void*, const void*, std::uint64_t) override { return -enotsupp; }
  int user_delete(const void*) override { return -enotsupp; }
  int user_next_key(const void*, void*) override { return -enotsupp; }

  void* reserve(std::uint64_t size, std::uint64_t flags) override {
    if (flags != 0 || size > most_bytes) return nullptr;
    const std::uint64_t length = round_up(size + header_bytes, 8);
    if (length > size_) return nullptr;
    const std::lock_guard lock(lock_);
    const std::uint64_t producer = producer_pos().load(std::memory_order_relaxed);
    const std::uint64_t end = producer + length;
    if (overwrites_) {
      while (end - overwrite_pos_ > size_) {
        const std::uint32_t oldest = header(overwrite_pos_).load(std::memory_order_acquire);
        if ((oldest & busy_bit) != 0) return nullptr;
        overwrite_pos_ += round_up((oldest & ~discard_bit) + header_bytes, 8);
      }
      word(producer_page_, 16).store(overwrite_pos_, std::memory_order_release);
    } else if (end - consumer_pos().load(std::memory_order_acquire) > size_) {
      return nullptr;
    }
    header(producer).store(static_cast<std::uint32_t>(size) | busy_bit, std::memory_order_relaxed);
    producer_pos().store(end, std::memory_order_release);
    return data_ + (producer & (size_ - 1)) + header_bytes;
  }

  void commit(void* record, std::uint64_t flags, bool discard) override {
    char* at = static_cast<char*>(record) - header_bytes;
    std::atomic_ref header(*reinterpret_cast<std::uint32_t*>(at));
    std::uint32_t length = header.load(std::memory_order_relaxed) & ~busy_bit;
    if (discard) length |= discard_bit;
    header.store(length, std::memory_order_seq_cst);
    // Only the record that the consumer waits for, lest it be woken for each.
    const std::uint64_t next = consumer_pos().load(std::memory_order_seq_cst) & (size_ - 1);
    const bool waited_for = static_cast<std::uint64_t>(at - data_) == next;
    if (((flags & force_wakeup) != 0 || (waited_for && (flags & no_wakeup) == 0)) && on_wakeup) on_wakeup();
  }

  int output(const void* data, std::uint64_t size, std::uint64_t flags) override {
    if ((flags & ~(no_wakeup | force_wakeup)) != 0) return -EINVAL;
    void* record = reserve(size, 0);
    if (record == nullptr) return -EAGAIN;
    copy_shared(record, data, size);
    commit(record, flags, false);
    return 0;
  }

  std::uint64_t query(std::uint64_t what) override {
    switch (what) {
      case 0:
        return unread();
      case 1:
        return size_;
      case 2:
        return consumer_pos().load(std::memory_order_acquire);
      case 3:
        return producer_pos().load(std::memory_order_acquire);
      case 4:
        return word(producer_page_, 16).load(std::memory_order_acquire);
      default:
        return 0;
    }
  }

  std::uint64_t unread() const override {
    const std::uint64_t consumer = std::max(consumer_pos().load(std::memory_order_acquire),
                                            word(producer_page_, 16).load(std::memory_order_acquire));
    return producer_pos().load(std::memory_order_acquire) - consumer;
  }

  int mmap_source(std::uint64_t offset, std::uint64_t length, int protection, int& memory_fd,
                  std::uint64_t& memory_offset) override {
    const std::size_t page = Pages::page_size();
    if ((protection & PROT_WRITE) != 0 && (offset != 0 || length != page)) return -EPERM;
    if (offset % page != 0 || offset > pages_.size() || length > pages_.size() - offset) return -EINVAL;
    memory_fd = pages_.fd();
    memory_offset = offset;
    return 0;
  }

 private:
  static std::atomic_ref<std::uint64_t> word(char* page, std::size_t offset) {
    return std::atomic_ref(*reinterpret_cast<std::uint64_t*>(page + offset));
  }
  std::atomic_ref<std::uint64_t> consumer_pos() const { return word(consumer_page_, 0); }
  std::atomic_ref<std::uint64_t> producer_pos() const { return word(producer_page_, 0); }
  std::atomic_ref<std::uint32_t> header(std::uint64_t position) const {
    return std::atomic_ref(*reinterpret_cast<std::uint32_t*>(data_ + (position & (size_ - 1))));
  }

  const Pages pages_;
  char* const consumer_page_;
  char* const producer_page_;
  char* const data_;
  const std::uint64_t size_;
  const bool overwrites_;
  ShortLock lock_;
  std::uint64_t overwrite_pos_ = 0;
};

int check_ring(const MapInfo& info) {
  constexpr std::uint32_t flags = map_flag::numa_node | map_flag::rb_overwrite;
  if ((info.flags & ~flags) != 0 || info.key_size != 0 || info.value_size != 0 ||
      !std::has_single_bit(info.max_entries) || info.max_entries % Pages::page_size() != 0)
    return -EINVAL;
  return 0;
}

std::shared_ptr<Map> make_ring_buffer(const MapAttributes& attributes) {
  const std::size_t page = Pages::page_size();
  Pages pages = Pages::make(2 * page + 2 * std::size_t{attributes.info.max_entries}, true, attributes.account);
  if (pages.data() == nullptr) return nullptr;
  return std::make_shared<Ring>(attributes, std::move(pages));
}

}  // namespace

extern constinit const MapTypeDef ringbuf_type = {
    .type = MapType::ringbuf,
    .name = "ringbuf",
    .since = {5, 8},
    .summary = "records from programs to user space, in order across CPUs",
    .uses = map_use::ring,
    .holds = Holds::other,
    .in_sleepable_programs = true,
    .kernel_struct = "bpf_ringbuf_map",
    .check = check_ring,
    .make = make_ring_buffer,
};

}  // namespace skep::maps
