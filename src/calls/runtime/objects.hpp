// Objects that programs allocate. In front of each stands what the program does not see: how often it is referred to.
#pragma once

#include <atomic>
#include <cstdint>

namespace skep::calls::runtime {

struct alignas(16) ObjectHeader {
  std::atomic<std::uint32_t> references{1};
  std::uint32_t size = 0;  // of one CPU's copy
};

void* new_object(std::uint32_t size, unsigned copies);
// Gives one reference up; the last frees the object after a grace period.
void drop_object(void* object);
ObjectHeader& header_of_object(void* object);

}  // namespace skep::calls::runtime
