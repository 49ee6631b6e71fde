// The ring buffer in which user space is the producer: what programs take out of it. See maps/user_ring.cpp.
#pragma once

#include <array>
#include <cstdint>

#include "maps/map.hpp"

namespace skep::maps {

class UserRing : public Map {
 public:
  struct Record {
    std::uint8_t* data = nullptr;
    std::uint32_t size = 0;
    std::uint32_t length = 0;  // in the ring
  };
  // One program at a time: false where another takes records out.
  virtual bool begin() = 0;
  virtual void end() = 0;
  // What is next: 0 and a record, which stays there until it is taken; -EAGAIN: one that was discarded, which is gone;
  // -ENODATA: nothing; -EINVAL, -E2BIG: what user space has written there is no record.
  virtual int next(Record& record) = 0;
  virtual void take(const Record& record) = 0;
  // For whoever has begun: what it lets the program's function see a record by.
  alignas(8) std::array<std::uint8_t, 16> handle = {};

 protected:
  using Map::Map;
};

}  // namespace skep::maps
