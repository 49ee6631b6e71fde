// See engine/llvm/object.hpp.
#include "engine/llvm/object.hpp"

#include <elf.h>

#include <algorithm>
#include <cstdio>
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

bool find_section(std::span<const char> object, const Elf64_Ehdr& header, std::uint64_t index, Elf64_Shdr& found) {
  return index < header.e_shnum && read(object, header.e_shoff + index * sizeof found, found);
}

// Calls back with each symbol, its name, and where in the object that name is. False: it is not understood.
template <typename Each>
bool for_each_symbol(std::span<const char> object, const Elf64_Ehdr& header, Each&& each) {
  Elf64_Shdr symbols, names;
  for (std::uint64_t i = 0; find_section(object, header, i, symbols); ++i) {
    if (symbols.sh_type != SHT_SYMTAB || !find_section(object, header, symbols.sh_link, names)) continue;
    Elf64_Sym symbol;
    for (std::uint64_t n = 0; n < symbols.sh_size / sizeof symbol; ++n) {
      if (!read(object, symbols.sh_offset + n * sizeof symbol, symbol)) return false;
      const std::uint64_t at = names.sh_offset + symbol.st_name;
      if (at >= object.size()) return false;
      const auto* const begin = object.data() + at;
      each(symbol, std::string_view(begin, strnlen(begin, object.size() - at)), at);
    }
  }
  return true;
}

bool is_elf(std::span<const char> object, Elf64_Ehdr& header) {
  return read(object, 0, header) && std::memcmp(header.e_ident, ELFMAG, SELFMAG) == 0;
}

}  // namespace

std::string numbered(std::uint32_t number) {
  char text[unnumbered.size() + 1];
  std::snprintf(text, sizeof text, "p%08x_", number);
  return text;
}

std::vector<NamedCode> functions_of(std::span<const char> object) {
  std::vector<NamedCode> functions;
  Elf64_Ehdr header;
  const auto note = [&](const Elf64_Sym& symbol, std::string_view name, std::uint64_t) {
    if (ELF64_ST_TYPE(symbol.st_info) == STT_FUNC && symbol.st_shndx != SHN_UNDEF)
      functions.push_back({symbol.st_value, symbol.st_size, std::string(name)});
  };
  if (!is_elf(object, header) || !for_each_symbol(object, header, note)) return {};
  std::ranges::sort(functions, {}, &NamedCode::address);
  return functions;
}

std::string_view section_named(std::span<const char> object, std::string_view name) {
  Elf64_Ehdr header;
  Elf64_Shdr names, section;
  if (!is_elf(object, header) || !find_section(object, header, header.e_shstrndx, names)) return {};
  for (std::uint64_t i = 0; find_section(object, header, i, section); ++i) {
    const std::uint64_t at = names.sh_offset + section.sh_name;
    if (at >= object.size() || section.sh_offset > object.size() || section.sh_size > object.size() - section.sh_offset)
      continue;
    if (std::string_view(object.data() + at, strnlen(object.data() + at, object.size() - at)) == name)
      return {object.data() + section.sh_offset, section.sh_size};
  }
  return {};
}

bool make_ready(std::span<char> object, std::uint32_t number, std::span<const std::uint64_t> table) {
  Elf64_Ehdr header;
  if (!is_elf(object, header)) return false;
  const std::string prefix = numbered(number);
  std::vector<std::uint64_t> names;
  bool filled = table.empty();
  const bool understood =
      for_each_symbol(object, header, [&](const Elf64_Sym& symbol, std::string_view name, std::uint64_t at) {
        if (!name.starts_with(unnumbered)) return;
        names.push_back(at);
        Elf64_Shdr section;
        if (name.substr(unnumbered.size()) != table_name || symbol.st_size != table.size_bytes() ||
            !find_section(object, header, symbol.st_shndx, section) || section.sh_type != SHT_PROGBITS ||
            symbol.st_value > section.sh_size || table.size_bytes() > section.sh_size - symbol.st_value ||
            section.sh_offset > object.size() || section.sh_size > object.size() - section.sh_offset)
          return;
        std::memcpy(object.data() + section.sh_offset + symbol.st_value, table.data(), table.size_bytes());
        filled = true;
      });
  for (const std::uint64_t at : names) std::memcpy(object.data() + at, prefix.data(), prefix.size());
  return understood && filled;
}

}  // namespace skep::engine::native
