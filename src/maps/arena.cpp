// Arena: memory that programs and user space share. Here it can be mapped by user space, so that loaders make it and
// programs that use it are verified; running programs that allocate in it is refused by the calls, which are not
// implemented. Tested by tests/maps/arena_test.cpp.
#include <cerrno>

#include "maps/factories.hpp"
#include "maps/memory.hpp"

namespace skep::maps {
namespace {

class Arena final : public Map {
 public:
  explicit Arena(const MapAttributes& attributes)
      : Map(attributes), pages_(Pages::make(attributes.info.max_entries * Pages::page_size(), true)) {
    info_->user_vm_start = info_->extra;
  }
  bool valid() const { return pages_.data() != nullptr; }

  void* lookup(const void*, unsigned) override { return nullptr; }
  int update(const void*, const void*, std::uint64_t, unsigned) override { return -EOPNOTSUPP; }
  int erase(const void*) override { return -EOPNOTSUPP; }
  int user_next_key(const void*, void*) override { return -EOPNOTSUPP; }

  int mmap_source(std::uint64_t offset, std::uint64_t length, int, int& memory_fd,
                  std::uint64_t& memory_offset) override {
    if (offset != 0 || length > pages_.size()) return -EINVAL;
    memory_fd = pages_.fd();
    memory_offset = 0;
    return 0;
  }
  void mapped_at(std::uint64_t address) override {
    if (info_->user_vm_start == 0) info_->user_vm_start = address;
  }

 private:
  Pages pages_;
};

}  // namespace

std::shared_ptr<Map> make_arena(const MapAttributes& attributes) {
  auto arena = std::make_shared<Arena>(attributes);
  return arena->valid() ? arena : nullptr;
}

}  // namespace skep::maps
