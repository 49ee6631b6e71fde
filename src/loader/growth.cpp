// realloc(3) as libbpf calls it while it opens an object that has an arena.
//
// libbpf before 1.5 keeps a pointer to the arena's map in an array of maps that it goes on to enlarge. When the array
// moves, globals of the arena are relocated with an index into nothing. So while such an object is opened, what libbpf
// enlarges gets room ahead and stays where it is; what does not find room there, does not grow, and the object is
// refused. Tested by tests/cli/command_test.py.
#include "loader/growth.hpp"

#include <errno.h>
#include <malloc.h>
#include <stdlib.h>
#include <string.h>

extern "C" {
void* __real_realloc(void* block, size_t size);
void* __wrap_realloc(void* block, size_t size);
}

namespace skep::loader {
namespace {

bool& keeps_room() {
  thread_local bool keeps = false;
  return keeps;
}

}  // namespace

void keep_room_for_growth(bool keep) {
  keeps_room() = keep;
}

}  // namespace skep::loader

void* __wrap_realloc(void* block, size_t size) {
  // For some 6,000 maps; memory that is not touched costs nothing.
  constexpr size_t room = 1 << 20;
  if (!skep::loader::keeps_room() || size == 0) return __real_realloc(block, size);
  const size_t has = block != nullptr ? malloc_usable_size(block) : 0;
  if (size <= has) return block;
  void* larger = has < room && size <= room ? malloc(room) : nullptr;
  if (larger == nullptr) {
    errno = ENOMEM;
    return nullptr;
  }
  if (block != nullptr) memcpy(larger, block, has);
  free(block);
  return larger;
}
