// Maps of what there is none of here: cgroups, groups of sockets that share a port, sockets of XDP, stacks of a kernel.
// They are looked at, iterated and cleared as maps in which nothing is; what user space would put into them is refused
// as what it is not (no socket, no cgroup), or, where it is one, as not supported. The answers are Linux 7.3's
// (tests/conformance/map-operations-7.3.txt). Tested by tests/loader/map_operations_test.cpp.
#include "maps/unfilled.hpp"

#include <fcntl.h>
#include <linux/magic.h>
#include <sys/stat.h>
#include <sys/statfs.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

namespace skep::maps {
namespace {

// What a descriptor that user space gives must be of.
enum class Wants : std::uint8_t { nothing, cgroup, socket };

struct Answers {
  MapType type;
  int lookup;               // of a key
  int lookup_wide;          // … where values have eight bytes
  int erase, erase_beyond;  // of a key in the map's range, and beyond it
  bool by_index;            // all indices are keys
  bool limited;             // an index beyond the range is refused before the descriptor is looked at
  std::uint64_t most_flags;
  Wants wants;
};
constexpr Answers all[] = {
    {MapType::cgroup_array, -enotsupp, -enotsupp, -ENOENT, -E2BIG, true, true, elem_flag::any, Wants::cgroup},
    {MapType::stack_trace, -ENOENT, -ENOENT, -ENOENT, -E2BIG, false, false, elem_flag::any, Wants::nothing},
    {MapType::reuseport_sockarray, -ENOSPC, -ENOENT, -ENOENT, -E2BIG, true, true, elem_flag::exist, Wants::socket},
    {MapType::xskmap, -EOPNOTSUPP, -EOPNOTSUPP, 0, -EINVAL, true, true, elem_flag::exist, Wants::socket},
};

const Answers& answers_of(MapType type) {
  for (const Answers& answers : all)
    if (answers.type == type) return answers;
  return all[0];
}

bool is_cgroup(int fd) {
  struct statfs system{};
  return fstatfs(fd, &system) == 0 && system.f_type == CGROUP2_SUPER_MAGIC;
}

int refusal_of(Wants wants, int fd) {
  struct stat status{};
  switch (wants) {
    case Wants::cgroup:
      return is_cgroup(fd) ? -EOPNOTSUPP : -EBADF;
    case Wants::socket:
      if (fstat(fd, &status) != 0) return -EBADF;
      return S_ISSOCK(status.st_mode) ? -EOPNOTSUPP : -ENOTSOCK;
    case Wants::nothing:
      break;
  }
  return -EINVAL;
}

class Unfilled final : public Map {
 public:
  explicit Unfilled(const MapAttributes& attributes) : Map(attributes), answers_(answers_of(attributes.info.type)) {}

  void* lookup(const void*, unsigned) override { return nullptr; }
  int update(const void*, const void*, std::uint64_t, unsigned) override { return -EOPNOTSUPP; }
  int erase(const void* key) override { return in_range(key) ? answers_.erase : answers_.erase_beyond; }

  int user_lookup(const void*, void*, std::uint64_t flags) override {
    if (flags != 0) return -EINVAL;
    return info_->value_size == sizeof(std::uint64_t) ? answers_.lookup_wide : answers_.lookup;
  }
  int user_lookup_and_delete(const void*, void*, std::uint64_t) override {
    return info_->type == MapType::stack_trace ? -ENOENT : -enotsupp;
  }
  int user_update(const void* key, const void* value, std::uint64_t flags) override {
    if (frozen()) return -EPERM;
    constexpr std::uint64_t of_others = elem_flag::lock | elem_flag::cpu | elem_flag::all_cpus;
    if (answers_.wants == Wants::nothing || (flags & of_others) != 0) return -EINVAL;
    int fd = -1;
    std::memcpy(&fd, value, sizeof fd);
    const bool bad_flags = flags > answers_.most_flags;
    if (answers_.limited) {
      if (bad_flags) return -EINVAL;
      return in_range(key) ? refusal_of(answers_.wants, fd) : -E2BIG;
    }
    // Maps of sockets look at the socket before anything else.
    const int refused = fd < 0 ? -EINVAL : refusal_of(answers_.wants, fd);
    return bad_flags && refused == -EOPNOTSUPP ? -EINVAL : refused;
  }
  int user_delete(const void* key) override { return frozen() ? -EPERM : erase(key); }
  int user_next_key(const void* key, void* next) override {
    if (!answers_.by_index) return -ENOENT;
    const std::uint32_t index = key == nullptr ? info_->max_entries : index_of(key);
    if (index == info_->max_entries - 1) return -ENOENT;
    const std::uint32_t following = index >= info_->max_entries ? 0 : index + 1;
    std::memcpy(next, &following, sizeof following);
    return 0;
  }

 private:
  static std::uint32_t index_of(const void* key) {
    std::uint32_t index = 0;
    std::memcpy(&index, key, sizeof index);
    return index;
  }
  bool in_range(const void* key) const { return index_of(key) < info_->max_entries; }

  const Answers& answers_;
};

}  // namespace

std::shared_ptr<Map> make_unfilled(const MapAttributes& attributes) {
  return std::make_shared<Unfilled>(attributes);
}

}  // namespace skep::maps
