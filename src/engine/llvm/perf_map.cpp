// See engine/llvm/perf_map.hpp.
#include "engine/llvm/perf_map.hpp"

#include <elf.h>
#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cinttypes>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <utility>

namespace skep::engine::native {
namespace {

template <typename T>
bool read(std::span<const char> bytes, std::uint64_t at, T& value) {
  if (at > bytes.size() || sizeof value > bytes.size() - at) return false;
  std::memcpy(&value, bytes.data() + at, sizeof value);
  return true;
}

}  // namespace

std::vector<NamedCode> functions_of(std::span<const char> object) {
  std::vector<NamedCode> functions;
  Elf64_Ehdr header;
  if (!read(object, 0, header) || std::memcmp(header.e_ident, ELFMAG, SELFMAG) != 0) return functions;
  const auto section = [&](std::uint64_t index, Elf64_Shdr& found) {
    return index < header.e_shnum && read(object, header.e_shoff + index * sizeof found, found);
  };
  Elf64_Shdr symbols, names;
  for (std::uint64_t i = 0; section(i, symbols); ++i) {
    if (symbols.sh_type != SHT_SYMTAB || !section(symbols.sh_link, names)) continue;
    Elf64_Sym symbol;
    for (std::uint64_t n = 0; n < symbols.sh_size / sizeof symbol; ++n) {
      if (!read(object, symbols.sh_offset + n * sizeof symbol, symbol)) return {};
      if (ELF64_ST_TYPE(symbol.st_info) != STT_FUNC || symbol.st_shndx == SHN_UNDEF) continue;
      std::string name;
      char c = 0;
      for (std::uint64_t at = names.sh_offset + symbol.st_name; read(object, at, c) && c != 0; ++at) name += c;
      functions.push_back({symbol.st_value, symbol.st_size, std::move(name)});
    }
  }
  std::ranges::sort(functions, {}, &NamedCode::address);
  return functions;
}

bool perf_map_is_wanted() {
  const char* const wanted = std::getenv("SKEP_PERF_MAP");
  return wanted != nullptr && std::strcmp(wanted, "1") == 0;
}

// In /tmp anybody may have made a file of that name, or a link: one that is not ours is not written to.
void add_to_perf_map(std::span<const NamedCode> functions) {
  const std::string path = "/tmp/perf-" + std::to_string(getpid()) + ".map";
  const int fd = open(path.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_NOFOLLOW | O_CLOEXEC, 0600);
  if (fd < 0) return;
  std::string lines;
  for (const NamedCode& function : functions) {
    char place[40];
    std::snprintf(place, sizeof place, "%" PRIx64 " %" PRIx64 " ", function.address, function.bytes);
    lines += place + function.name + "\n";
  }
  if (write(fd, lines.data(), lines.size()) < 0) {  // a profile without names
  }
  close(fd);
}

}  // namespace skep::engine::native
