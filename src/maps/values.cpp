// See values.hpp.
#include "maps/values.hpp"

#include <atomic>
#include <cerrno>

#include "async/task_work.hpp"
#include "async/timer.hpp"
#include "async/work_item.hpp"
#include "maps/value_lock.hpp"

namespace skep::maps {
namespace {

template <typename Word>
void copy_words(char* to, const char* from, std::size_t size) {
  for (std::size_t i = 0; i + sizeof(Word) <= size; i += sizeof(Word)) {
    Word word = __atomic_load_n(reinterpret_cast<const Word*>(from + i), __ATOMIC_RELAXED);
    __atomic_store_n(reinterpret_cast<Word*>(to + i), word, __ATOMIC_RELAXED);
  }
}

}  // namespace

void copy_shared(void* to, const void* from, std::size_t size) {
  char* t = static_cast<char*>(to);
  const char* f = static_cast<const char*>(from);
  const auto alignment = reinterpret_cast<std::uintptr_t>(t) | reinterpret_cast<std::uintptr_t>(f);
  std::size_t done = 0;
  if (alignment % 8 == 0) {
    copy_words<std::uint64_t>(t, f, size);
    done = size / 8 * 8;
  }
  if (alignment % 4 == 0) {
    copy_words<std::uint32_t>(t + done, f + done, size - done);
    done = size / 4 * 4;
  }
  copy_words<std::uint8_t>(t + done, f + done, size - done);
}

void zero_shared(void* to, std::size_t size) {
  char* t = static_cast<char*>(to);
  std::size_t done = 0;
  if (reinterpret_cast<std::uintptr_t>(t) % 8 == 0) {
    for (; done + 8 <= size; done += 8)
      __atomic_store_n(reinterpret_cast<std::uint64_t*>(t + done), std::uint64_t{0}, __ATOMIC_RELAXED);
  }
  for (; done < size; ++done)
    __atomic_store_n(reinterpret_cast<std::uint8_t*>(t + done), std::uint8_t{0}, __ATOMIC_RELAXED);
}

Values::Values(const MapAttributes& attributes)
    : size_(attributes.info.value_size), release_field_(attributes.release_field) {
  std::uint32_t at = 0;
  if (const btf::Record* record = attributes.info.record.get()) {
    fields_ = record->fields;
    lock_offset_ = record->spin_lock_offset >= 0 ? record->spin_lock_offset : record->res_spin_lock_offset;
  }
  for (const btf::Field& field : fields_) {
    if (field.offset > at) plain_.push_back({at, field.offset - at});
    at = field.offset + field.size;
    has_async_ = has_async_ || field.kind == btf::FieldKind::wq || field.kind == btf::FieldKind::timer ||
                 field.kind == btf::FieldKind::task_work;
  }
  if (size_ > at) plain_.push_back({at, size_ - at});
  is_word_ = fields_.empty() && size_ == sizeof(std::uint64_t);
}

void Values::copy_parts_in(void* to, const void* from) const {
  for (const Part& part : plain_)
    copy_shared(static_cast<char*>(to) + part.offset, static_cast<const char*>(from) + part.offset, part.size);
}

void Values::copy_out(void* to, const void* from) const {
  copy_in(to, from);
  for (const btf::Field& field : fields_) zero_shared(static_cast<char*>(to) + field.offset, field.size);
}

int Values::copy_in_locked(void* to, const void* from, bool wait) const {
  if (!has_lock()) return -EINVAL;
  if (!(wait ? lock_value(lock_of(to)) : try_lock_value(lock_of(to)))) return wait ? -EBUSY : -EAGAIN;
  copy_in(to, from);
  unlock_value(lock_of(to));
  return 0;
}

int Values::copy_out_locked(void* to, void* from) const {
  if (!has_lock()) return -EINVAL;
  if (!lock_value(lock_of(from))) return -EBUSY;
  copy_out(to, from);
  unlock_value(lock_of(from));
  return 0;
}

void Values::cancel_async(void* value) const {
  if (!has_async_) return;
  for (const btf::Field& field : fields_) {
    void* address = static_cast<char*>(value) + field.offset;
    if (field.kind == btf::FieldKind::wq) {
      async::WorkSlot::at(address).cancel();
    } else if (field.kind == btf::FieldKind::timer) {
      async::TimerSlot::at(address).release();
    } else if (field.kind == btf::FieldKind::task_work) {
      async::TaskSlot::at(address).cancel();
    }
  }
}

void Values::release(void* value) const {
  cancel_async(value);
  if (release_field_ == nullptr) return;
  for (const btf::Field& field : fields_) {
    switch (field.kind) {
      case btf::FieldKind::kptr_ref:
      case btf::FieldKind::kptr_unref:
      case btf::FieldKind::kptr_percpu:
      case btf::FieldKind::uptr:
        release_field_(field, static_cast<char*>(value) + field.offset);
        break;
      case btf::FieldKind::list_head:
      case btf::FieldKind::rb_root:
        // A program may be at it. One that holds the lock for ever keeps what it has.
        if (has_lock() && !lock_value(lock_of(value))) break;
        release_field_(field, static_cast<char*>(value) + field.offset);
        if (has_lock()) unlock_value(lock_of(value));
        break;
      default:
        break;
    }
  }
}

int check_flags(const Values& values, std::uint64_t flags, std::uint64_t allowed, bool per_cpu, unsigned cpu_count) {
  return check_flags(values.has_lock(), flags, allowed, per_cpu, cpu_count);
}

int check_flags(bool has_lock, std::uint64_t flags, std::uint64_t allowed, bool per_cpu, unsigned cpu_count) {
  constexpr std::uint64_t cpu_flags = elem_flag::cpu | elem_flag::all_cpus;
  if ((static_cast<std::uint32_t>(flags) & ~allowed) != 0) return -EINVAL;
  if ((flags & elem_flag::lock) != 0 && !has_lock) return -EINVAL;
  if ((flags & elem_flag::cpu) == 0 && (flags >> 32) != 0) return -EINVAL;
  // Of all CPUs' values nothing else can be said.
  if (per_cpu && static_cast<std::uint32_t>(flags) > elem_flag::all_cpus) return -EINVAL;
  if ((flags & cpu_flags) == 0) return 0;
  if (!per_cpu || (flags & cpu_flags) == cpu_flags) return -EINVAL;
  if ((flags & elem_flag::cpu) != 0 && (flags >> 32) >= cpu_count) return -ERANGE;
  return 0;
}

std::uint64_t update_flags(std::uint64_t flags, bool per_cpu) {
  if (!per_cpu) return flags & (elem_flag::noexist | elem_flag::exist | elem_flag::lock);
  return flags == elem_flag::noexist || flags == elem_flag::exist ? flags : 0;
}

}  // namespace skep::maps
