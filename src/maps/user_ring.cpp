// The user ring buffer: records of any size from one producer in user space to programs, through shared memory.
//
// The memory is what libbpf maps: a page with the consumer's position, which only programs move; a page with the
// producer's, and the data, which user space writes; and room for as much again behind it, as in maps/ring_buffer.cpp.
// All that user space writes may be wrong, or change meanwhile: it is read once and checked. Tested by
// tests/loader/user_ring_test.cpp.
#include "maps/user_ring.hpp"

#include <sys/mman.h>

#include <atomic>
#include <bit>
#include <cerrno>

#include "maps/attributes.hpp"
#include "maps/memory.hpp"
#include "maps/values.hpp"

namespace skep::maps {
namespace {

constexpr std::uint32_t busy_bit = 1U << 31, discard_bit = 1U << 30;
constexpr std::uint64_t header_bytes = 8;

class Ring final : public UserRing {
 public:
  Ring(const MapAttributes& attributes, Pages pages)
      : UserRing(attributes), pages_(std::move(pages)), size_(attributes.info.max_entries) {}

  void* lookup(const void*, unsigned) override { return nullptr; }
  int update(const void*, const void*, std::uint64_t, unsigned) override { return -EOPNOTSUPP; }
  int erase(const void*) override { return -EOPNOTSUPP; }
  int user_lookup(const void*, void*, std::uint64_t) override { return -enotsupp; }
  int user_update(const void*, const void*, std::uint64_t) override { return -enotsupp; }
  int user_delete(const void*) override { return -enotsupp; }
  int user_next_key(const void*, void*) override { return -enotsupp; }

  bool begin() override { return !busy_.exchange(true, std::memory_order_acquire); }
  void end() override { busy_.store(false, std::memory_order_release); }

  int next(Record& record) override {
    const std::uint64_t produced = position(1).load(std::memory_order_acquire);
    if (produced % 8 != 0) return -EINVAL;
    const std::uint64_t consumed = position(0).load(std::memory_order_acquire);
    if (consumed >= produced) return -ENODATA;
    std::uint8_t* const at = data() + (consumed & (size_ - 1));
    const std::uint32_t header = std::atomic_ref(*reinterpret_cast<std::uint32_t*>(at)).load(std::memory_order_acquire);
    if ((header & busy_bit) != 0) return -ENODATA;
    const std::uint32_t size = header & ~discard_bit;
    const std::uint64_t length = round_up(size + header_bytes, 8);
    if (length > produced - consumed) return -EINVAL;
    if (length > size_) return -E2BIG;
    record = {at + header_bytes, size, static_cast<std::uint32_t>(length)};
    if ((header & discard_bit) == 0) return 0;
    take(record);
    return -EAGAIN;
  }
  void take(const Record& record) override {
    position(0).store(position(0).load(std::memory_order_relaxed) + record.length, std::memory_order_release);
  }

  int mmap_source(std::uint64_t offset, std::uint64_t length, int protection, int& memory_fd,
                  std::uint64_t& memory_offset) override {
    const std::size_t page = Pages::page_size();
    if ((protection & PROT_WRITE) != 0 && offset == 0) return -EPERM;
    if (offset % page != 0 || offset > pages_.size() || length > pages_.size() - offset) return -EINVAL;
    memory_fd = pages_.fd();
    memory_offset = offset;
    return 0;
  }

 private:
  // 0: the consumer's, 1: the producer's.
  std::atomic_ref<std::uint64_t> position(std::size_t page) const {
    return std::atomic_ref(*reinterpret_cast<std::uint64_t*>(pages_.data() + page * Pages::page_size()));
  }
  std::uint8_t* data() const { return reinterpret_cast<std::uint8_t*>(pages_.data()) + 2 * Pages::page_size(); }

  const Pages pages_;
  const std::uint64_t size_;
  std::atomic<bool> busy_{false};
};

int check_ring(const MapInfo& info) {
  if ((info.flags & ~std::uint32_t{map_flag::numa_node}) != 0 || info.key_size != 0 || info.value_size != 0 ||
      !std::has_single_bit(info.max_entries) || info.max_entries % Pages::page_size() != 0)
    return -EINVAL;
  return 0;
}

std::shared_ptr<Map> make_ring(const MapAttributes& attributes) {
  Pages pages =
      Pages::make(2 * Pages::page_size() + 2 * std::size_t{attributes.info.max_entries}, true, attributes.account);
  if (pages.data() == nullptr) return nullptr;
  return std::make_shared<Ring>(attributes, std::move(pages));
}

}  // namespace

extern constinit const MapTypeDef user_ringbuf_type = {
    .type = MapType::user_ringbuf,
    .name = "user_ringbuf",
    .since = {6, 1},
    .summary = "records from user space to programs",
    .uses = map_use::user_ring,
    .holds = Holds::other,
    .in_sleepable_programs = true,
    .kernel_struct = "bpf_ringbuf_map",
    .check = check_ring,
    .make = make_ring,
};

}  // namespace skep::maps
