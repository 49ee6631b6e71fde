// The commands on many elements at once: LOOKUP_BATCH, LOOKUP_AND_DELETE_BATCH, UPDATE_BATCH, DELETE_BATCH.
//
// Where a batch goes on is a token that the caller gets and gives back unread. Its size and meaning are the map type's
// (maps::batch), and the caller's buffer is as large as the kernel's documentation says, so they cannot be chosen
// freely: 4 bytes, the number of a bucket, for hash maps, which give whole buckets or -ENOSPC; the key given last for
// others; the key that comes next for resizable hashes. Tested by tests/loader/map_oracle_test.cpp against the answers
// of Linux 7.3.
#include <algorithm>
#include <cerrno>

#include "kernel/impl.hpp"
#include "kernel/map_target.hpp"
#include "maps/map_types.hpp"
#include "rcu/rcu.hpp"

namespace skep {
namespace {

constexpr std::size_t most_value_bytes = std::size_t{1} << 29;

bool offers(const maps::Map& map, unsigned what) {
  return (maps::map_type(map.info().type).batches & what) == what;
}

// What a lookup has given so far, and where the caller wants it.
class Output {
 public:
  Output(const attr::MapBatch& a, std::size_t key_bytes, std::size_t value_bytes)
      : keys_(a.keys), values_(a.values), key_bytes_(key_bytes), value_bytes_(value_bytes) {}
  int give(const void* keys, const void* values, std::uint32_t count) {
    int error = copy_to_user(keys_ + done * key_bytes_, keys, count * key_bytes_);
    if (error == 0) error = copy_to_user(values_ + done * value_bytes_, values, count * value_bytes_);
    if (error == 0) done += count;
    return error;
  }
  std::uint32_t done = 0;

 private:
  const std::uint64_t keys_, values_;
  const std::size_t key_bytes_, value_bytes_;
};

}  // namespace

// Whole buckets, from the one that the token names on.
int Kernel::Impl::batch_by_bucket(Call<attr::MapBatch>& call, MapObject& object, bool take) {
  const attr::MapBatch a = call.attr;
  maps::Map& map = *object.map;
  std::uint32_t bucket = 0;
  if (a.in_batch != 0)
    if (const int error = copy_from_user(&bucket, a.in_batch, sizeof bucket); error != 0) return error;
  if (bucket >= map.bucket_count()) return -ENOENT;
  Output output(a, map.info().key_size, value_bytes(map, a.elem_flags));
  int error = 0;
  for (; bucket < map.bucket_count(); ++bucket) {
    maps::BucketContent content;
    {
      const rcu::ReadGuard section;
      error = map.read_bucket(bucket, a.count - output.done, take, a.elem_flags, content);
    }
    if (error == 0 && content.count != 0)
      error = output.give(content.keys.data(), content.values.data(), content.count);
    if (error != 0) break;
  }
  if (error == -EFAULT) return error;
  if (error == 0) error = -ENOENT;                      // the last bucket was given
  if (error == -ENOSPC && output.done != 0) error = 0;  // the next call gets the bucket that was too large
  if (const int bad = copy_to_user(a.out_batch, &bucket, sizeof bucket); bad != 0) return bad;
  const int bad = call.give(&attr::MapBatch::count, output.done);
  return bad != 0 ? bad : error;
}

// From the key that the token names on; the token is the key that comes next, if there is one.
int Kernel::Impl::batch_by_next_key(Call<attr::MapBatch>& call, MapObject& object, bool take) {
  const attr::MapBatch a = call.attr;
  maps::Map& map = *object.map;
  const std::size_t key_size = map.info().key_size;
  std::vector<std::uint8_t> key(key_size), next(key_size), value(value_bytes(map, a.elem_flags));
  if (a.in_batch != 0)
    if (const int error = copy_from_user(key.data(), a.in_batch, key_size); error != 0) return error;
  Output output(a, key_size, value.size());
  const rcu::ReadGuard section;
  int error = a.in_batch != 0 ? 0 : map.user_next_key(nullptr, key.data());
  while (error == 0 && output.done < a.count) {
    error = lookup_one(object, key.data(), value.data(), a.elem_flags, false);
    if (error == -ENOENT) error = -EAGAIN;  // where it was is not known any more
    if (error != 0) break;
    const int more = map.user_next_key(key.data(), next.data());
    error = output.give(key.data(), value.data(), 1);
    if (error != 0) break;
    if (take) map.user_delete(key.data());
    error = more;
    key.swap(next);
  }
  if (error == -EFAULT) return error;
  if (const int bad = call.give(&attr::MapBatch::count, output.done); bad != 0) return bad;
  if (error == 0)
    if (const int bad = copy_to_user(a.out_batch, key.data(), key_size); bad != 0) return bad;
  return error;
}

// From the key after the one that the token names on; the token is the key given last.
int Kernel::Impl::batch_by_last_key(Call<attr::MapBatch>& call, MapObject& object) {
  const attr::MapBatch a = call.attr;
  maps::Map& map = *object.map;
  const std::size_t key_size = map.info().key_size;
  std::vector<std::uint8_t> key(key_size), next(key_size), value(value_bytes(map, a.elem_flags));
  if (a.in_batch != 0)
    if (const int error = copy_from_user(key.data(), a.in_batch, key_size); error != 0) return error;
  const void* position = a.in_batch != 0 ? key.data() : nullptr;
  Output output(a, key_size, value.size());
  int error = 0;
  while (output.done < a.count) {
    const rcu::ReadGuard section;
    error = map.user_next_key(position, next.data());
    if (error != 0) break;
    error = lookup_one(object, next.data(), value.data(), a.elem_flags, false);
    if (error == 0) error = output.give(next.data(), value.data(), 1);
    if (error == -ENOENT) error = 0;  // deleted meanwhile, or an index without a map
    if (error != 0) break;
    key = next;
    position = key.data();
  }
  if (error == -EFAULT) return error;
  if (const int bad = call.give(&attr::MapBatch::count, output.done); bad != 0) return bad;
  if (output.done != 0)
    if (const int bad = copy_to_user(a.out_batch, key.data(), key_size); bad != 0) return bad;
  return error;
}

int Kernel::Impl::batch_lookup(Call<attr::MapBatch>& call, bool take) {
  const attr::MapBatch a = call.attr;
  MapTarget target;
  const std::uint32_t forbidden = take ? map_flag::rdonly | map_flag::wronly : map_flag::wronly;
  if (const int error = open_target(*this, a.map_fd, forbidden, target); error != 0) return error;
  maps::Map& map = *target.object->map;
  if (take && map.frozen()) return -EPERM;
  if (!offers(map, take ? maps::batch::take : maps::batch::lookup)) return -enotsupp;
  const std::uint64_t allowed = take ? elem_flag::lock : elem_flag::lock | elem_flag::cpu;
  if (const int bad = check_elem_flags(map, a.elem_flags, allowed, cpu_count()); bad != 0) return bad;
  const bool by_bucket = offers(map, maps::batch::by_bucket), by_next = offers(map, maps::batch::by_next_key);
  if ((by_bucket || by_next) && a.flags != 0) return -EINVAL;
  if (a.count == 0) return 0;
  if (const int error = call.give(&attr::MapBatch::count, 0U); error != 0) return error;
  if (value_bytes(map, a.elem_flags) > most_value_bytes) return -E2BIG;
  call.attr.count = a.count;
  if (by_bucket) return batch_by_bucket(call, *target.object, take);
  return by_next ? batch_by_next_key(call, *target.object, take) : batch_by_last_key(call, *target.object);
}

int Kernel::Impl::map_lookup_batch(Call<attr::MapBatch>& call) {
  return batch_lookup(call, false);
}
int Kernel::Impl::map_lookup_and_delete_batch(Call<attr::MapBatch>& call) {
  return batch_lookup(call, true);
}

int Kernel::Impl::map_update_batch(Call<attr::MapBatch>& call) {
  const attr::MapBatch a = call.attr;
  MapTarget target;
  if (const int error = open_target(*this, a.map_fd, map_flag::rdonly, target); error != 0) return error;
  maps::Map& map = *target.object->map;
  if (map.frozen()) return -EPERM;
  if (!offers(map, maps::batch::update)) return -enotsupp;
  constexpr std::uint64_t allowed = elem_flag::lock | elem_flag::cpu | elem_flag::all_cpus;
  if (const int bad = check_elem_flags(map, a.elem_flags, allowed, cpu_count()); bad != 0) return bad;
  if (a.count == 0) return 0;
  const std::size_t key_size = map.info().key_size, value_size = value_bytes(map, a.elem_flags);
  std::vector<std::uint8_t> key(key_size), value(value_size);
  std::uint32_t done = 0;
  int error = 0;
  for (; done < a.count; ++done) {
    error = copy_from_user(key.data(), a.keys + done * key_size, key_size);
    if (error == 0) error = copy_from_user(value.data(), a.values + done * value_size, value_size);
    const rcu::ReadGuard section;
    if (error == 0) error = update_one(*target.object, key.data(), value.data(), a.elem_flags, target.file.get());
    if (error != 0) break;
  }
  const int bad = call.give(&attr::MapBatch::count, done);
  return bad != 0 ? bad : error;
}

int Kernel::Impl::map_delete_batch(Call<attr::MapBatch>& call) {
  const attr::MapBatch a = call.attr;
  MapTarget target;
  if (const int error = open_target(*this, a.map_fd, map_flag::rdonly, target); error != 0) return error;
  maps::Map& map = *target.object->map;
  if (map.frozen()) return -EPERM;
  if (!offers(map, maps::batch::erase)) return -enotsupp;
  if (const int bad = check_elem_flags(map, a.elem_flags, elem_flag::lock, cpu_count()); bad != 0) return bad;
  if (a.count == 0) return 0;
  const std::size_t key_size = map.info().key_size;
  std::vector<std::uint8_t> key(key_size);
  std::uint32_t done = 0;
  int error = 0;
  for (; done < a.count; ++done) {
    error = copy_from_user(key.data(), a.keys + done * key_size, key_size);
    const rcu::ReadGuard section;
    if (error == 0) error = map.user_delete(key.data());
    if (error != 0) break;
  }
  const int bad = call.give(&attr::MapBatch::count, done);
  return bad != 0 ? bad : error;
}

}  // namespace skep
