// Maps of what there is none of here: cgroups, stacks of a kernel. They are looked at, iterated and cleared as maps in
// which nothing is; what user space would put into them is refused as what it is not (no cgroup), or, where it is one,
// as not supported. The answers are Linux 7.3's (tests/conformance/map-operations-7.3.txt). Tested by
// tests/loader/map_operations_test.cpp.
#include "maps/unfilled.hpp"

#include <linux/magic.h>
#include <sys/statfs.h>

#include <cerrno>
#include <cstring>

namespace skep::maps {
namespace {

struct Answers {
  MapType type;
  int lookup;     // of a key
  bool by_index;  // all indices are keys, and user space may put cgroups there
};
constexpr Answers all[] = {{MapType::cgroup_array, -enotsupp, true}, {MapType::stack_trace, -ENOENT, false}};

const Answers& answers_of(MapType type) {
  for (const Answers& answers : all)
    if (answers.type == type) return answers;
  return all[0];
}

int refusal_of_cgroup(int fd) {
  struct statfs system{};
  const bool is_one = fstatfs(fd, &system) == 0 && system.f_type == CGROUP2_SUPER_MAGIC;
  return is_one ? -EOPNOTSUPP : -EBADF;
}

class Unfilled final : public Map {
 public:
  explicit Unfilled(const MapAttributes& attributes) : Map(attributes), answers_(answers_of(attributes.info.type)) {}

  void* lookup(const void*, unsigned) override { return nullptr; }
  int update(const void*, const void*, std::uint64_t, unsigned) override { return -EOPNOTSUPP; }
  int erase(const void* key) override { return in_range(key) ? -ENOENT : -E2BIG; }

  int user_lookup(const void*, void*, std::uint64_t flags) override { return flags != 0 ? -EINVAL : answers_.lookup; }
  int user_lookup_and_delete(const void*, void*, std::uint64_t) override {
    return info_->type == MapType::stack_trace ? -ENOENT : -enotsupp;
  }
  int user_update(const void* key, const void* value, std::uint64_t flags) override {
    if (frozen()) return -EPERM;
    if (!answers_.by_index || flags != elem_flag::any) return -EINVAL;
    if (!in_range(key)) return -E2BIG;
    int fd = -1;
    std::memcpy(&fd, value, sizeof fd);
    return refusal_of_cgroup(fd);
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
