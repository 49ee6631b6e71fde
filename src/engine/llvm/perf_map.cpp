// See engine/llvm/perf_map.hpp.
#include "engine/llvm/perf_map.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <cinttypes>
#include <cstdio>
#include <cstdlib>
#include <cstring>

namespace skep::engine::native {

bool perf_map_is_wanted() {
  const char* const wanted = std::getenv("SKEP_PERF_MAP");
  return wanted != nullptr && std::strcmp(wanted, "1") == 0;
}

// In /tmp anybody may have made a file of that name, or a link: one that is not ours is not written to.
void add_to_perf_map(std::span<const PlacedCode> functions) {
  const std::string path = "/tmp/perf-" + std::to_string(getpid()) + ".map";
  const int fd = open(path.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_NOFOLLOW | O_CLOEXEC, 0600);
  if (fd < 0) return;
  std::string lines;
  for (const PlacedCode& function : functions) {
    char place[40];
    std::snprintf(place, sizeof place, "%" PRIx64 " %" PRIx64 " ", function.address, function.bytes);
    lines += place + function.name + "\n";
  }
  if (write(fd, lines.data(), lines.size()) < 0) {  // a profile without names
  }
  close(fd);
}

}  // namespace skep::engine::native
