// Loads of what a map says of itself.
#include "runtime/map_field.hpp"

#include <gtest/gtest.h>

#include <cerrno>

namespace skep::runtime {
namespace {

class Described final : public maps::Map {
 public:
  explicit Described(const maps::MapAttributes& attributes) : Map(attributes) {}
  void* lookup(const void*, unsigned) override { return nullptr; }
  int update(const void*, const void*, std::uint64_t, unsigned) override { return -EINVAL; }
  int erase(const void*) override { return -EINVAL; }
};

TEST(MapField, IsReadWholeOrInPart) {
  maps::MapAttributes attributes;
  maps::MapInfo& info = attributes.info;
  info.type = MapType::hash;
  info.key_size = 4;
  info.value_size = 0x01020304;
  info.max_entries = 3;
  info.flags = 0x11;
  info.id = 77;
  info.extra = 0x1122334455667788;
  info.user_vm_start = 0x7000'0000'0000;
  const Described map(attributes);
  struct Case {
    MapField field;
    unsigned skip, size;
    std::uint64_t value;
  };
  const Case cases[] = {
      {MapField::none, 0, 8, 0},
      {MapField::type, 0, 4, 1},
      {MapField::key_size, 0, 4, 4},
      {MapField::value_size, 0, 4, 0x01020304},
      {MapField::value_size, 1, 1, 0x03},
      {MapField::value_size, 2, 2, 0x0102},
      {MapField::max_entries, 0, 4, 3},
      {MapField::flags, 0, 4, 0x11},
      {MapField::id, 0, 4, 77},
      {MapField::extra, 0, 8, 0x1122334455667788},
      {MapField::extra, 4, 4, 0x11223344},
      {MapField::user_vm_start, 0, 8, 0x7000'0000'0000},
      {MapField::user_vm_end, 0, 8, 0x7000'0000'3000},
      {MapField::operations, 0, 8, 0xffff'ffff'8000'0000},
  };
  for (const Case& c : cases)
    EXPECT_EQ(load_map_field(map, c.field, c.skip, c.size), c.value) << static_cast<int>(c.field) << " from " << c.skip;
}

}  // namespace
}  // namespace skep::runtime
