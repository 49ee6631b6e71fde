// A map reads as many bytes of a key, and reads and writes as many of a value, as it says that they have: buffers end
// where they say, which the address sanitizer sees.
#include <gtest/gtest.h>

#include <vector>

#include "maps/map.hpp"
#include "maps/support.hpp"

namespace skep::maps::test {
namespace {

// The kernel's numbers of map types; what cannot be created with such sizes is passed over.
constexpr unsigned first_type = 1, last_type = 40;

TEST(KeySize, NoBufferIsReadBeyondItsEnd) {
  const rcu::ReadGuard reading;
  unsigned made = 0;
  for (unsigned type = first_type; type <= last_type; ++type) {
    for (const std::uint32_t key_size : {0U, 1U, 2U, 3U, 4U, 5U, 8U}) {
      for (const std::uint32_t value_size : {0U, 1U, 4U, 8U}) {
        const std::shared_ptr<Map> map =
            make({.type = static_cast<MapType>(type), .key_size = key_size, .value_size = value_size}).map;
        if (map == nullptr) continue;
        SCOPED_TRACE(testing::Message() << "type " << type << ", key " << key_size << ", value " << value_size);
        ++made;
        const Bytes key(key_size, 0);
        Bytes next(key_size), value(map->user_value_size(), 0);
        map->user_lookup(key.data(), value.data(), 0);
        map->user_update(key.data(), value.data(), 0);
        map->user_lookup(key.data(), value.data(), 0);
        map->user_next_key(nullptr, next.data());
        map->user_next_key(key.data(), next.data());
        map->user_delete(key.data());
        map->user_lookup_and_delete(key.data(), value.data(), 0);
        map->erase(key.data());
      }
    }
  }
  EXPECT_GT(made, 60U);
}

}  // namespace
}  // namespace skep::maps::test
