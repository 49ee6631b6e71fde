// What other loaders than libbpf allow, and for which it refuses the whole object: ways of pinning maps that it does
// not know (such maps are not pinned), programs that are static functions, and calls of functions in their sections
// (section_calls.cpp). Objects of projects that bring their own loader have all three. Tested by
// tests/testbench/test_test.py.
#include <bpf/btf.h>

#include <memory>

#include "loader/elf_image.hpp"
#include "loader/map_definitions.hpp"
#include "loader/stand_in.hpp"

namespace skep::loader {
namespace {

// Other loaders' ways of pinning are flags from here on. A smaller number that libbpf does not know is a slip, which it
// is right to refuse.
constexpr std::uint32_t least_of_others = 1U << 4;

// The place of each member that says how a map is pinned, in a way of another loader's.
template <typename Visit>
void each_foreign_pinning(const btf* types, Visit&& visit) {
  each_map_number(types, "pinning", [&](std::uint32_t map, std::uint32_t member, const struct btf_array& array) {
    if (array.nelems >= least_of_others) visit(map, member, array);
  });
}

// Programs are what functions outside of .text are.
bool show_static_programs(ElfImage& image) {
  bool any = false;
  for (std::size_t i = 0; i < image.section_count(); ++i) {
    if (image.section(i).sh_type != SHT_SYMTAB) continue;
    const auto bytes = image.content(i);
    for (std::size_t at = 0; at + sizeof(Elf64_Sym) <= bytes.size(); at += sizeof(Elf64_Sym)) {
      Elf64_Sym symbol;
      std::memcpy(&symbol, bytes.data() + at, sizeof symbol);
      if (ELF64_ST_TYPE(symbol.st_info) != STT_FUNC || ELF64_ST_BIND(symbol.st_info) != STB_LOCAL ||
          symbol.st_shndx >= image.section_count() || image.name(symbol.st_shndx) == ".text" ||
          (image.section(symbol.st_shndx).sh_flags & SHF_EXECINSTR) == 0)
        continue;
      symbol.st_info = ELF64_ST_INFO(STB_GLOBAL, STT_FUNC);
      std::memcpy(bytes.data() + at, &symbol, sizeof symbol);
      any = true;
    }
  }
  return any;
}

bool forget_foreign_pins(ElfImage& image) {
  for (std::size_t i = 0; i < image.section_count(); ++i) {
    if (image.name(i) != ".BTF") continue;
    const auto content = image.content(i);
    const std::unique_ptr<btf, decltype(&btf__free)> types(
        btf__new(content.data(), static_cast<std::uint32_t>(content.size())), btf__free);
    if (types == nullptr) return false;  // libbpf says what is wrong
    std::uint32_t element = 0, index = 0;
    each_foreign_pinning(types.get(), [&](std::uint32_t, std::uint32_t, const struct btf_array& array) {
      element = array.type;
      index = array.index_type;
    });
    if (element == 0) return false;
    const int none = btf__add_array(types.get(), static_cast<int>(index), static_cast<int>(element), 0);
    const int pointer = none > 0 ? btf__add_ptr(types.get(), none) : none;
    if (pointer <= 0) return false;
    each_foreign_pinning(types.get(), [&](std::uint32_t map, std::uint32_t member, const struct btf_array&) {
      btf_members(const_cast<btf_type*>(btf__type_by_id(types.get(), map)))[member].type =
          static_cast<std::uint32_t>(pointer);
    });
    std::uint32_t size = 0;
    const auto* const raw = static_cast<const std::uint8_t*>(btf__raw_data(types.get(), &size));
    if (raw == nullptr) return false;
    image.replace(i, {raw, size});
    return true;
  }
  return false;
}

}  // namespace

bool grant_liberties(ElfImage& image) {
  const bool brought = bring_called_sections(image);
  const bool shown = show_static_programs(image);
  return forget_foreign_pins(image) || shown || brought;
}

}  // namespace skep::loader
