// The first half of loader/stand_in.hpp: the file. Tested by tests/loader/stand_in_test.cpp.
#include <bpf/libbpf.h>

#include <algorithm>
#include <string>
#include <utility>

#include "loader/elf_image.hpp"
#include "loader/stand_in.hpp"
#include "skep/abi.hpp"

namespace skep::loader {
namespace {

constexpr std::size_t insn_size = 8;
constexpr std::string_view jump_tables_name = ".jumptables";
constexpr std::string_view per_cpu_name = ".percpu";
// '$' is no character of a map's name, so libbpf makes '_' of it; see undress.cpp.
constexpr std::string_view per_cpu_stand_in = ".data.$";

template <typename T>
void put(std::vector<std::uint8_t>& out, const T& value) {
  const auto* bytes = reinterpret_cast<const std::uint8_t*>(&value);
  out.insert(out.end(), bytes, bytes + sizeof value);
}

template <typename T>
T get(std::span<const std::uint8_t> bytes, std::size_t at) {
  T value;
  std::memcpy(&value, bytes.data() + at, sizeof value);
  return value;
}

// ---- jump tables ----

struct Table {
  std::uint64_t start = 0, size = 0;
};

// The table that an address in `.jumptables` is in: the symbol's own, else (the section's symbol) the one that covers
// the address.
std::optional<Table> table_of(const std::vector<Elf64_Sym>& symbols, const Elf64_Sym& symbol, std::uint64_t address) {
  if (ELF64_ST_TYPE(symbol.st_info) != STT_SECTION) return Table{symbol.st_value, symbol.st_size};
  for (const Elf64_Sym& other : symbols)
    if (other.st_shndx == symbol.st_shndx && ELF64_ST_TYPE(other.st_info) != STT_SECTION && other.st_value <= address &&
        address - other.st_value < other.st_size)
      return Table{other.st_value, other.st_size};
  return std::nullopt;
}

// What the stand-in says of a table to the instruction at `place` in its section; false: it is not a table.
bool describe(std::span<const std::uint8_t> tables, Table table, std::uint64_t address, std::uint64_t place,
              std::vector<std::uint8_t>& out) {
  if (table.size == 0 || table.size % 8 != 0 || table.start % 8 != 0 || table.start > tables.size() ||
      table.size > tables.size() - table.start || address < table.start || address - table.start >= table.size)
    return false;
  put(out,
      JumpTable::Head{JumpTable::magic, static_cast<std::uint32_t>(table.start),
                      static_cast<std::uint32_t>(address - table.start), static_cast<std::uint32_t>(table.size / 8)});
  for (std::uint64_t at = table.start; at < table.start + table.size; at += 8) {
    const auto target = get<std::uint64_t>(tables, at);
    if (target % insn_size != 0 || target > INT32_MAX) return false;
    const auto distance = static_cast<std::int64_t>(target) - static_cast<std::int64_t>(place);
    put(out, static_cast<std::int32_t>(distance / static_cast<std::int64_t>(insn_size)));
  }
  out.resize((out.size() + 7) / 8 * 8);
  return true;
}

// Makes every load of a table's address one of a constant that describes the table.
bool dress_jump_tables(ElfImage& image, std::size_t tables_index) {
  const auto tables = image.content(tables_index);
  std::vector<std::uint8_t> content(tables.begin(), tables.end());
  content.resize((content.size() + 7) / 8 * 8);
  bool any = false;
  for (std::size_t i = 0; i < image.section_count(); ++i) {
    const Elf64_Shdr& relocations = image.section(i);
    if (relocations.sh_type != SHT_REL || relocations.sh_link >= image.section_count() ||
        relocations.sh_info >= image.section_count())
      continue;
    if ((image.section(relocations.sh_info).sh_flags & SHF_EXECINSTR) == 0) continue;
    const auto symbols = image.records<Elf64_Sym>(relocations.sh_link);
    const auto code = image.content(relocations.sh_info);
    for (const Elf64_Rel& relocation : image.records<Elf64_Rel>(i)) {
      const std::size_t which = ELF64_R_SYM(relocation.r_info);
      if (which >= symbols.size() || symbols[which].st_shndx != tables_index) continue;
      const std::uint64_t place = relocation.r_offset;
      if (place % insn_size != 0 || code.size() < 2 * insn_size || place > code.size() - 2 * insn_size) return false;
      const Elf64_Sym& symbol = symbols[which];
      const std::size_t imm = place + 4;  // where an instruction has its constant
      const auto address = symbol.st_value + get<std::uint32_t>(code, imm);
      const auto table = table_of(symbols, symbol, address);
      const std::size_t described_at = content.size();
      if (!table || !describe(tables, *table, address, place, content)) return false;
      const auto addend = static_cast<std::uint32_t>(described_at - symbol.st_value);  // libbpf adds the symbol's value
      std::memcpy(code.data() + imm, &addend, sizeof addend);
      any = true;
    }
  }
  if (!any) return false;
  image.replace(tables_index, content);
  image.rename(tables_index, JumpTable::section);
  return true;
}

// ---- per-CPU globals ----

// BTF's own layout, as far as finding the sections that it describes asks for it.
struct BtfHeader {
  std::uint16_t magic;
  std::uint8_t version, flags;
  std::uint32_t header_size, types_offset, types_size, strings_offset, strings_size;
};
struct BtfType {
  std::uint32_t name, info, size;
};
constexpr std::uint32_t kind_datasec = 15;

// How much follows a type of this kind; nothing for a kind that is not known.
std::optional<std::size_t> btf_tail(std::uint32_t kind, std::size_t count) {
  switch (kind) {
    case 1:   // int
    case 14:  // var
    case 17:  // declaration tag
      return 4;
    case 3:  // array
      return 12;
    case 4:   // struct
    case 5:   // union
    case 15:  // section
    case 19:  // 64-bit enum
      return 12 * count;
    case 6:   // enum
    case 13:  // function's prototype
      return 8 * count;
    case 2:  // pointer
    case 7:  // forward
    case 8:  // typedef, volatile, const, restrict
    case 9:
    case 10:
    case 11:
    case 12:  // function
    case 16:  // floating point
    case 18:  // type tag
      return 0;
    default:
      return std::nullopt;
  }
}

bool is_per_cpu(std::string_view name) {
  return name.starts_with(per_cpu_name) && (name.size() == per_cpu_name.size() || name[per_cpu_name.size()] == '.');
}
std::string per_cpu_dress(std::string_view name) {
  return std::string(per_cpu_stand_in).append(name.substr(1));
}

// Gives the sections in BTF the names that they now have in the file, where libbpf looks for their sizes.
void rename_in_btf(ElfImage& image, std::size_t index) {
  const auto original = image.content(index);
  std::vector<std::uint8_t> content(original.begin(), original.end());
  if (content.size() < sizeof(BtfHeader)) return;
  auto header = get<BtfHeader>(content, 0);
  const std::uint64_t types = std::uint64_t{header.header_size} + header.types_offset;
  const std::uint64_t strings = std::uint64_t{header.header_size} + header.strings_offset;
  const std::uint64_t types_end = types + header.types_size;
  const std::uint64_t strings_end = strings + header.strings_size;
  if (types_end > content.size() || strings_end != content.size() || header.strings_size == 0 || content.back() != 0)
    return;
  for (std::uint64_t at = types; at + sizeof(BtfType) <= types_end;) {
    auto type = get<BtfType>(content, at);
    const std::uint32_t kind = type.info >> 24 & 0x1f;
    const auto tail = btf_tail(kind, type.info & 0xffff);
    if (!tail) return;
    if (kind == kind_datasec && type.name < header.strings_size) {
      const std::string name(reinterpret_cast<const char*>(content.data()) + strings + type.name);
      if (is_per_cpu(name)) {
        type.name = header.strings_size;
        const std::string dressed = per_cpu_dress(name);
        content.insert(content.end(), dressed.begin(), dressed.end());
        content.push_back(0);
        header.strings_size = static_cast<std::uint32_t>(content.size() - strings);
        std::memcpy(content.data() + at, &type, sizeof type);
      }
    }
    at += sizeof type + *tail;
  }
  std::memcpy(content.data(), &header, sizeof header);
  image.replace(index, content);
}

bool dress_per_cpu(ElfImage& image) {
  bool any = false;
  for (std::size_t i = 0; i < image.section_count(); ++i) {
    const std::string name(image.name(i));
    if (image.section(i).sh_type != SHT_PROGBITS || !is_per_cpu(name)) continue;
    image.rename(i, per_cpu_dress(name));
    any = true;
  }
  if (!any) return false;
  for (std::size_t i = 0; i < image.section_count(); ++i)
    if (image.name(i) == ".BTF") rename_in_btf(image, i);
  return true;
}

}  // namespace

Dressing needed_dressing() {
  const auto insn_array = static_cast<bpf_map_type>(MapType::insn_array);
  const bool has_per_cpu = libbpf_major_version() > 1 || libbpf_minor_version() >= 8;
  return {.jump_tables = libbpf_bpf_map_type_str(insn_array) == nullptr, .per_cpu = !has_per_cpu, .liberties = true};
}

std::optional<std::vector<std::uint8_t>> dress(std::span<const std::uint8_t> file, Dressing wanted) {
  auto image = ElfImage::parse(file);
  if (!image) return std::nullopt;
  bool changed = false;
  if (wanted.jump_tables) {
    for (std::size_t i = 0; i < image->section_count(); ++i) {
      if (image->name(i) != jump_tables_name || image->section(i).sh_type != SHT_PROGBITS) continue;
      ElfImage dressed = *image;  // a table that is malformed leaves all as it was, for libbpf to refuse
      if (!dress_jump_tables(dressed, i)) break;
      image = std::move(dressed);
      changed = true;
      break;
    }
  }
  if (wanted.per_cpu) changed = dress_per_cpu(*image) || changed;
  if (wanted.liberties) changed = grant_liberties(*image) || changed;
  if (!changed) return std::nullopt;
  return std::move(*image).finish();
}

std::optional<JumpTable> jump_table_at(std::span<const std::uint8_t> content, std::size_t offset) {
  JumpTable found;
  if (content.size() < sizeof found.head || offset > content.size() - sizeof found.head) return std::nullopt;
  found.head = get<JumpTable::Head>(content, offset);
  const std::size_t left = content.size() - offset - sizeof found.head;
  if (found.head.magic != JumpTable::magic || found.head.count == 0 || found.head.count > left / 4) return std::nullopt;
  found.targets.resize(found.head.count);
  std::memcpy(found.targets.data(), content.data() + offset + sizeof found.head, found.targets.size() * 4);
  return found;
}

}  // namespace skep::loader
