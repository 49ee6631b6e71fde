// See runtime/reach.hpp.
#include "runtime/reach.hpp"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <mutex>

#include "maps/arena.hpp"
#include "runtime/call_env.hpp"
#include "runtime/context.hpp"
#include "runtime/program.hpp"

namespace skep::runtime {
namespace {

bool in_range(std::uint64_t from, std::uint64_t size, const void* begin, std::uint64_t bytes) {
  const std::uint64_t offset = from - reinterpret_cast<std::uint64_t>(begin);
  return offset <= bytes && size <= bytes - offset;
}

bool in_context(void* context, std::uint64_t from, std::uint64_t size) {
  if (context == nullptr) return false;
  const ContextHeader& header = Context::header_of(context);
  // The struct, and the pointers behind it.
  if (in_range(from, size, context, 3 * std::uint64_t{Context::shadow_offset(header.size)})) return true;
  if (header.packet != nullptr && in_range(from, size, header.packet->storage.data(), header.packet->storage.size()))
    return true;
  return header.beyond != nullptr && header.beyond->contains(from, size);
}

// What is the program's own. Arenas are not asked: they have their addresses to themselves.
bool belongs(CallEnv& env, std::uint64_t from, std::uint64_t size) {
  const auto& account = env.services().account;
  return (account && account->territory().contains(from, size)) || env.on_stack(from, size) ||
         in_context(env.context(), from, size) || env.given.contains(from, size);
}

bool may_read(CallEnv& env, std::uint64_t from, std::uint64_t size) {
  const OpenMemory& open = env.services().open_memory;
  return open.all() || belongs(env, from, size) || open.contains(from, size, false);
}

// The kernel's side of the program's own memory is none of the user's, which alone is written to by address: what the
// verifier knows of it (constants, records, locks) must stay so.
bool may_write(CallEnv& env, std::uint64_t to, std::uint64_t size) {
  const OpenMemory& open = env.services().open_memory;
  if (!open.all() && !open.contains(to, size, true)) return false;
  const auto& account = env.services().account;
  return !account || !account->territory().touches(to, size);
}

// How much of the start may be read.
std::uint64_t readable_start(CallEnv& env, std::uint64_t from, std::uint64_t size) {
  constexpr std::uint64_t unit = 8;
  if (may_read(env, from, size)) return size;
  std::uint64_t known = 0;
  while (known < size) {
    const std::uint64_t next = std::min(unit - (from + known) % unit, size - known);
    if (may_read(env, from + known, next)) {
      known += next;
      continue;
    }
    for (std::uint64_t i = 0; i < next && may_read(env, from + known, 1); ++i) ++known;
    break;
  }
  return known;
}

// Told only of what would have been there.
int deny(CallEnv& env, std::uint64_t address, bool write) {
  std::uint8_t byte = 0;
  if (env.services().read_memory(&byte, address, 1) == 0) env.services().memory_denied(env, address, write);
  return -EFAULT;
}

// Where everything is open the mapping of user space is, too.
maps::Arena* arena_at(CallEnv& env, std::uint64_t address) {
  if (env.services().open_memory.all()) return nullptr;
  maps::Arena* const arena = env.program().arena();
  return arena != nullptr && arena->is_address(address) ? arena : nullptr;
}

}  // namespace

bool OpenMemory::open(std::uint64_t begin, std::uint64_t size, bool writable) {
  const std::uint64_t end = begin + size;
  if (end <= begin) return false;
  const std::lock_guard guard(lock_);
  const auto next = ranges_.lower_bound(begin);
  if (next != ranges_.end() && next->first < end) return false;
  if (next != ranges_.begin() && std::prev(next)->second.end > begin) return false;
  ranges_.emplace_hint(next, begin, Range{end, writable});
  return true;
}
bool OpenMemory::close(std::uint64_t begin) {
  const std::lock_guard guard(lock_);
  return ranges_.erase(begin) != 0;
}
bool OpenMemory::contains(std::uint64_t from, std::uint64_t size, bool to_write) const {
  std::uint64_t at = from;
  const std::uint64_t end = from + size;
  if (end < from) return false;
  const std::shared_lock guard(lock_);
  auto it = ranges_.upper_bound(from);
  if (it == ranges_.begin()) return false;
  for (--it; it != ranges_.end() && it->first <= at && (!to_write || it->second.writable); ++it) {
    at = std::max(at, it->second.end);
    if (at >= end) return true;
  }
  return false;
}

int CallEnv::read_memory(void* to, std::uint64_t from, std::uint64_t size) {
  if (size == 0) return 0;
  if (maps::Arena* const arena = arena_at(*this, from)) return arena->copy_out(to, from, size) ? 0 : -EFAULT;
  if (!may_read(*this, from, size)) return deny(*this, from + readable_start(*this, from, size), false);
  return services().read_memory(to, from, size);
}

int CallEnv::read_start(void* to, std::uint64_t from, std::uint64_t& size) {
  if (arena_at(*this, from) == nullptr) {
    const std::uint64_t known = readable_start(*this, from, size);
    if (known == 0) return deny(*this, from, false);
    size = known;
  }
  return read_memory(to, from, size);
}

int CallEnv::write_memory(std::uint64_t to, const void* from, std::uint64_t size) {
  if (size == 0) return 0;
  if (maps::Arena* const arena = arena_at(*this, to)) return arena->copy_in(to, from, size) ? 0 : -EFAULT;
  if (!may_write(*this, to, size)) return deny(*this, to, true);
  return services().write_memory(to, from, size);
}

}  // namespace skep::runtime
