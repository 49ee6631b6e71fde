// Pages of arenas: who has which. See maps/arena.hpp.
#include "maps/arena.hpp"

#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>

#include "maps/attributes.hpp"
#include "maps/values.hpp"

namespace skep::maps {
namespace {

constexpr std::size_t guard = std::size_t{1} << 16;  // more than an instruction's offset

}  // namespace

Arena::Arena(const MapAttributes& attributes)
    : Map(attributes),
      pages_(Pages::make(std::uint64_t{attributes.info.max_entries} * page_size, true, nullptr)),
      account_(attributes.account),
      bytes_(std::uint64_t{attributes.info.max_entries} * page_size),
      converts_((attributes.info.flags & map_flag::no_user_conv) == 0),
      present_((attributes.info.max_entries + 63) / 64),
      free_(attributes.info.max_entries) {
  if (info_->extra != 0) set_user_start(info_->extra);
}

Arena::~Arena() {
  if (host_window_ != nullptr) munmap(host_window_, window + 2 * guard);
}

void Arena::set_user_start(std::uint64_t address) {
  info_->user_vm_start = address;
  info_->value_address = address;
  first_low_ = static_cast<std::uint32_t>(address);
}

void Arena::set_present(std::uint32_t first, std::uint32_t count, bool value) {
  for (std::uint32_t page = first; page < first + count; ++page) {
    const std::uint64_t bit = std::uint64_t{1} << (page % 64);
    if (value)
      present_[page / 64].fetch_or(bit, std::memory_order_release);
    else
      present_[page / 64].fetch_and(~bit, std::memory_order_release);
  }
}

bool Arena::note_touched(std::uint32_t first, std::uint32_t count) {
  const off_t end = static_cast<off_t>(std::uint64_t{first} + count) * page_size;
  off_t at = static_cast<off_t>(first) * page_size;
  bool any = false;
  while (at < end) {
    const off_t data = lseek(pages_.fd(), at, SEEK_DATA);
    if (data < 0 || data >= end) break;
    const off_t hole = std::min(lseek(pages_.fd(), data, SEEK_HOLE), end);
    if (hole <= data) break;
    const auto begin = static_cast<std::uint32_t>(data / page_size);
    const auto pages = static_cast<std::uint32_t>((hole - data) / page_size);
    free_.take(begin, pages);
    set_present(begin, pages, true);
    any = true;
    at = hole;
  }
  return any;
}

bool Arena::touched_by_user(std::uint32_t page) {
  const std::lock_guard guard_(lock_);
  if (present(page)) return true;
  return free_.contains(page, 1) && note_touched(page, 1);
}

std::uint64_t Arena::allocate(std::uint64_t address, std::uint32_t count) {
  if (count == 0 || address % page_size != 0 || count > info_->max_entries) return 0;
  const std::lock_guard guard_(lock_);
  std::uint32_t first = 0;
  if (address != 0) {
    const std::uint64_t offset = static_cast<std::uint32_t>(address) - first_low_;
    if (static_cast<std::uint32_t>(address) < first_low_ || offset >= bytes_ ||
        bytes_ - offset < std::uint64_t{count} * page_size)
      return 0;
    first = static_cast<std::uint32_t>(offset / page_size);
    if (!free_.contains(first, count) || note_touched(first, count)) return 0;
  } else {
    do {
      const auto found = free_.find(count);
      if (!found) return 0;
      first = *found;
    } while (note_touched(first, count));
  }
  const auto at = static_cast<off_t>(first) * page_size;
  const auto length = static_cast<off_t>(count) * page_size;
  if (!charge_.take(account_, static_cast<std::uint64_t>(length))) return 0;
  if (fallocate(pages_.fd(), 0, at, length) != 0) {  // memory now, or none: not a signal later
    fallocate(pages_.fd(), FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, at, length);
    charge_.give(static_cast<std::uint64_t>(length));
    return 0;
  }
  free_.take(first, count);
  set_present(first, count, true);
  return user_address(first_low_ + static_cast<std::uint64_t>(at));
}

// The pages from the one that `address` is in, as far as the arena goes. False: none.
bool Arena::clip(std::uint64_t address, std::uint32_t& first, std::uint32_t& count) const {
  const std::uint64_t low = static_cast<std::uint32_t>(address) & ~(page_size - 1);
  if (low < first_low_ || low - first_low_ >= bytes_) return false;
  first = static_cast<std::uint32_t>((low - first_low_) / page_size);
  count = std::min(count, info_->max_entries - first);
  return count != 0;
}

void Arena::release(std::uint64_t address, std::uint32_t count) {
  std::uint32_t first = 0;
  if (address == 0 || !clip(address, first, count)) return;
  const std::lock_guard guard_(lock_);
  std::uint64_t there = 0;
  for (std::uint32_t page = first; page < first + count; ++page) there += present(page) ? page_size : 0;
  charge_.give(there);  // pages that user space has touched first are charged to nobody
  set_present(first, count, false);
  fallocate(pages_.fd(), FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, static_cast<off_t>(first) * page_size,
            static_cast<off_t>(count) * page_size);
  free_.give(first, count);
}

int Arena::reserve(std::uint64_t address, std::uint32_t count) {
  if (count == 0) return 0;
  const std::uint32_t wanted = count;
  std::uint32_t first = 0;
  if (!clip(address, first, count) || count != wanted) return -EINVAL;
  const std::lock_guard guard_(lock_);
  if (!free_.contains(first, count) || note_touched(first, count)) return -EBUSY;
  free_.take(first, count);
  return 0;
}

template <typename Copy>
bool Arena::for_pages(std::uint64_t address, std::uint64_t size, Copy&& copy) {
  for (std::uint64_t done = 0; done < size;) {
    const std::uint64_t at = address + done;
    const std::uint64_t step = std::min<std::uint64_t>(size - done, page_size - at % page_size);
    void* const there = is_address(at) ? access(static_cast<std::uint32_t>(at), static_cast<unsigned>(step)) : nullptr;
    if (there == nullptr) return false;
    copy(there, done, step);
    done += step;
  }
  return true;
}
bool Arena::copy_out(void* to, std::uint64_t from, std::uint64_t size) {
  return for_pages(from, size, [&](const void* there, std::uint64_t done, std::uint64_t step) {
    copy_shared(static_cast<char*>(to) + done, there, step);
  });
}
bool Arena::copy_in(std::uint64_t to, const void* from, std::uint64_t size) {
  return for_pages(to, size, [&](void* there, std::uint64_t done, std::uint64_t step) {
    copy_shared(there, static_cast<const char*>(from) + done, step);
  });
}

std::uint64_t Arena::to_host(std::uint64_t address) {
  const std::uint64_t low = static_cast<std::uint32_t>(address);
  for (const std::uint64_t near : {low, low + page_size}) access(static_cast<std::int64_t>(near), 1);  // the user's?
  const std::lock_guard guard_(lock_);
  if (host_window_ == nullptr) {
    const std::size_t size = window + 2 * guard;
    const Pages scratch = Pages::make(size, true, nullptr);
    void* const room = mmap(nullptr, size, PROT_READ | PROT_WRITE, MAP_SHARED, scratch.fd(), 0);
    if (room == MAP_FAILED) return 0;
    if (mmap(static_cast<char*>(room) + guard + first_low_, bytes_, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_FIXED,
             pages_.fd(), 0) == MAP_FAILED) {
      munmap(room, size);
      return 0;
    }
    host_window_ = room;
  }
  return reinterpret_cast<std::uint64_t>(host_window_) + guard + low;
}

void Arena::forget_host_access(std::uint64_t address) {
  std::uint32_t first = 0, count = 2;
  if (!clip(address, first, count)) return;
  const std::lock_guard guard_(lock_);
  for (std::uint32_t page = first; page < first + count; ++page)
    if (!present(page))
      fallocate(pages_.fd(), FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, static_cast<off_t>(page) * page_size,
                page_size);
}

void* Arena::lookup(const void*, unsigned) {
  return nullptr;
}
int Arena::update(const void*, const void*, std::uint64_t, unsigned) {
  return -EOPNOTSUPP;
}
int Arena::erase(const void*) {
  return -EOPNOTSUPP;
}
int Arena::user_next_key(const void*, void*) {
  return -EOPNOTSUPP;
}

int Arena::mmap_source(std::uint64_t offset, std::uint64_t length, int, int& memory_fd, std::uint64_t& memory_offset) {
  if (offset != 0 || length > pages_.size()) return -EINVAL;
  memory_fd = pages_.fd();
  memory_offset = 0;
  return 0;
}

void Arena::mapped_at(std::uint64_t address) {
  const std::lock_guard guard_(lock_);
  if (info_->user_vm_start == 0) set_user_start(address);
}

namespace {

int check_arena(const MapInfo& info) {
  constexpr std::uint32_t flags = map_flag::mmapable | map_flag::segv_on_fault | map_flag::no_user_conv;
  const std::uint64_t page = Pages::page_size();
  if (info.key_size != 0 || info.value_size != 0 || info.max_entries == 0 || (info.flags & map_flag::mmapable) == 0 ||
      (info.flags & ~flags) != 0 || info.extra % page != 0)
    return -EINVAL;
  const std::uint64_t size = info.max_entries * page;
  if (size > std::uint64_t{1} << 32) return -E2BIG;
  if (info.extra != 0 && (info.extra >> 32) != ((info.extra + size - 1) >> 32)) return -ERANGE;
  return 0;
}

std::shared_ptr<Map> make_arena(const MapAttributes& attributes) {
  auto arena = std::make_shared<Arena>(attributes);
  return arena->valid() ? arena : nullptr;
}

}  // namespace

extern constinit const MapTypeDef arena_type = {
    .type = MapType::arena,
    .name = "arena",
    .since = {6, 9},
    .summary = "memory that programs and user space share, pointers included",
    .holds = Holds::other,
    .in_sleepable_programs = true,
    .direct_values = DirectValues::pages,
    .kernel_struct = "bpf_arena",
    .check = check_arena,
    .make = make_arena,
    .key_btf = KeyBtf::refused,
    .takes_extra = true,
};

}  // namespace skep::maps
