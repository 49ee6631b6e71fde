// What other loaders than libbpf allow, and for which it refuses the whole object: ways of pinning maps that it does
// not know (such maps are not pinned), programs that are static functions, and calls of functions in their sections
// (section_calls.cpp). Objects of projects that bring their own loader have all three. Tested by
// tests/testbench/test_test.py.
#include <bpf/btf.h>

#include <memory>
#include <string_view>

#include "loader/elf_image.hpp"
#include "loader/stand_in.hpp"

namespace skep::loader {
namespace {

// Other loaders' ways of pinning are flags from here on. A smaller number that libbpf does not know is a slip, which it
// is right to refuse.
constexpr std::uint32_t least_of_others = 1U << 4;

std::string_view name_of(const btf* types, std::uint32_t offset) {
  const char* const name = btf__name_by_offset(types, offset);
  return name != nullptr ? name : "";
}

// What `__uint(pinning, N)` makes: a pointer to an array of so many; null for what is none.
const struct btf_array* array_behind(const btf* types, std::uint32_t pointer) {
  const btf_type* const type = btf__type_by_id(types, pointer);
  if (type == nullptr || !btf_is_ptr(type)) return nullptr;
  const btf_type* const array = btf__type_by_id(types, type->type);
  return array != nullptr && btf_is_array(array) ? btf_array(array) : nullptr;
}

// The place of each member that says how a map is pinned, in a way of another loader's.
template <typename Visit>
void each_foreign_pinning(const btf* types, Visit&& visit) {
  for (std::uint32_t id = 1; id < btf__type_cnt(types); ++id) {
    const btf_type* const section = btf__type_by_id(types, id);
    if (!btf_is_datasec(section) || name_of(types, section->name_off) != ".maps") continue;
    for (std::uint32_t i = 0; i < btf_vlen(section); ++i) {
      const btf_type* const variable = btf__type_by_id(types, btf_var_secinfos(section)[i].type);
      if (variable == nullptr || !btf_is_var(variable)) continue;
      const std::int32_t resolved = btf__resolve_type(types, variable->type);
      const btf_type* const map = resolved > 0 ? btf__type_by_id(types, static_cast<std::uint32_t>(resolved)) : nullptr;
      if (map == nullptr || !btf_is_struct(map)) continue;
      for (std::uint32_t j = 0; j < btf_vlen(map); ++j) {
        const btf_member& member = btf_members(map)[j];
        if (name_of(types, member.name_off) != "pinning") continue;
        const struct btf_array* const array = array_behind(types, member.type);
        if (array != nullptr && array->nelems >= least_of_others)
          visit(static_cast<std::uint32_t>(resolved), j, *array);
      }
    }
  }
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
