// Calls of functions that stand in the sections of programs, which libbpf refuses: it takes subprograms from .text
// alone.
//
// Objects of projects that bring their own loader have such calls (a test calls a program of the code under test). The
// sections that are called into are copied behind .text, whole, so that calls within them stay right, with their
// relocations and with what .BTF.ext says of them; the calls then go to the copies. As programs the originals remain.
// Tested by tests/loader/section_calls_test.cpp.
#include <bpf/btf.h>

#include <algorithm>
#include <map>
#include <string_view>
#include <utility>

#include "loader/elf_image.hpp"
#include "loader/stand_in.hpp"

namespace skep::loader {
namespace {

using Bytes = std::vector<std::uint8_t>;
constexpr std::uint32_t relocates_address = 1, relocates_call = 10;  // R_BPF_64_64, R_BPF_64_32
constexpr std::size_t insn_size = 8;

template <typename T>
T get(std::span<const std::uint8_t> bytes, std::size_t at) {
  T value;
  std::memcpy(&value, bytes.data() + at, sizeof value);
  return value;
}
template <typename T>
void put(Bytes& bytes, const T& value) {
  const auto* const from = reinterpret_cast<const std::uint8_t*>(&value);
  bytes.insert(bytes.end(), from, from + sizeof value);
}
template <typename T>
Bytes bytes_of(const std::vector<T>& records) {
  const auto* const from = reinterpret_cast<const std::uint8_t*>(records.data());
  return {from, from + records.size() * sizeof(T)};
}

class CalledSections {
 public:
  explicit CalledSections(ElfImage& image) : image_(image) {}

  // False: there are none, or the object is not as clang makes it, and nothing was done that would be kept.
  bool bring() {
    if (!find_tables()) return false;
    for (const auto& [section, relocations] : relocations_)
      for (const Elf64_Rel& relocation : relocations)
        if (const std::size_t callee = callee_section(relocation); callee != 0) copies_.emplace(callee, 0);
    if (copies_.empty()) return false;
    copy_code();
    copy_symbols();
    copy_relocations();
    return copy_debug_information();
  }

 private:
  bool is_code(std::size_t section) const {
    const Elf64_Shdr& header = image_.section(section);
    return header.sh_type == SHT_PROGBITS && (header.sh_flags & SHF_EXECINSTR) != 0;
  }

  bool find_tables() {
    for (std::size_t i = 0; i < image_.section_count(); ++i) {
      if (image_.name(i) == ".text" && is_code(i)) text_ = i;
      if (image_.section(i).sh_type == SHT_SYMTAB) symbol_table_ = i;
    }
    if (text_ == 0 || symbol_table_ == 0) return false;
    symbols_ = image_.records<Elf64_Sym>(symbol_table_);
    for (std::size_t i = 0; i < image_.section_count(); ++i) {
      const Elf64_Shdr& header = image_.section(i);
      if (header.sh_type != SHT_REL || header.sh_info >= image_.section_count() || !is_code(header.sh_info)) continue;
      if (relocations_.contains(header.sh_info)) return false;
      relocations_[header.sh_info] = image_.records<Elf64_Rel>(i);
      relocation_sections_[header.sh_info] = i;
    }
    return true;
  }

  // The section of programs in which the function stands that is meant; 0: none.
  std::size_t callee_section(const Elf64_Rel& relocation) const {
    const std::uint32_t kind = ELF64_R_TYPE(relocation.r_info);
    const std::size_t symbol = ELF64_R_SYM(relocation.r_info);
    if ((kind != relocates_call && kind != relocates_address) || symbol >= symbols_.size()) return 0;
    const Elf64_Sym& callee = symbols_[symbol];
    const std::size_t section = callee.st_shndx;
    if (ELF64_ST_TYPE(callee.st_info) != STT_FUNC || section >= image_.section_count() || section == text_ ||
        !is_code(section) || image_.section(section).sh_size % insn_size != 0)
      return 0;
    return section;
  }

  void copy_code() {
    const auto text = image_.content(text_);
    Bytes code(text.begin(), text.end());
    for (auto& [section, offset] : copies_) {
      offset = code.size();
      const auto content = image_.content(section);
      code.insert(code.end(), content.begin(), content.end());
    }
    image_.replace(text_, code);
  }
  void copy_symbols() {
    const std::size_t before = symbols_.size();
    for (std::size_t i = 0; i < before; ++i) {
      Elf64_Sym symbol = symbols_[i];
      const auto copy = copies_.find(symbol.st_shndx);
      if (ELF64_ST_TYPE(symbol.st_info) != STT_FUNC || copy == copies_.end()) continue;
      symbol.st_shndx = static_cast<Elf64_Section>(text_);
      symbol.st_value += copy->second;
      copy_of_[i] = symbols_.size();
      symbols_.push_back(symbol);
    }
    image_.replace(symbol_table_, bytes_of(symbols_));
  }
  void copy_relocations() {
    std::vector<Elf64_Rel>& of_text = relocations_[text_];
    for (const auto& [section, offset] : copies_) {
      const auto from = relocations_.find(section);
      if (from == relocations_.end()) continue;
      for (Elf64_Rel relocation : from->second) {
        relocation.r_offset += offset;
        of_text.push_back(relocation);
      }
    }
    for (auto& [section, relocations] : relocations_) {
      for (Elf64_Rel& relocation : relocations) {
        if (callee_section(relocation) == 0) continue;
        const std::size_t copy = copy_of_.at(ELF64_R_SYM(relocation.r_info));
        relocation.r_info = ELF64_R_INFO(copy, ELF64_R_TYPE(relocation.r_info));
      }
      const auto place = relocation_sections_.find(section);
      if (place != relocation_sections_.end())
        image_.replace(place->second, bytes_of(relocations));
      else if (!relocations.empty())
        image_.add({.sh_type = SHT_REL,
                    .sh_link = static_cast<Elf64_Word>(symbol_table_),
                    .sh_info = static_cast<Elf64_Word>(section),
                    .sh_addralign = 8,
                    .sh_entsize = sizeof(Elf64_Rel)},
                   ".rel.text", bytes_of(relocations));
    }
  }

  // ---- .BTF.ext: three tables, each a list of sections with records that begin with an offset in the section
  struct Table {
    std::uint32_t record_size = 0;
    std::vector<std::pair<std::uint32_t, Bytes>> sections;  // by the offset of their name in .BTF
  };
  static bool parse(std::span<const std::uint8_t> bytes, Table& table) {
    if (bytes.empty()) return true;
    if (bytes.size() < 4) return false;
    table.record_size = get<std::uint32_t>(bytes, 0);
    if (table.record_size < 4 || table.record_size > 256) return false;
    for (std::size_t at = 4; at < bytes.size();) {
      if (bytes.size() - at < 8) return false;
      const auto name = get<std::uint32_t>(bytes, at);
      const std::uint64_t size = std::uint64_t{get<std::uint32_t>(bytes, at + 4)} * table.record_size;
      at += 8;
      if (size > bytes.size() - at) return false;
      table.sections.emplace_back(name, Bytes(bytes.begin() + static_cast<std::ptrdiff_t>(at),
                                              bytes.begin() + static_cast<std::ptrdiff_t>(at + size)));
      at += size;
    }
    return true;
  }
  static Bytes write(const Table& table) {
    Bytes bytes;
    if (table.record_size == 0) return bytes;
    put(bytes, table.record_size);
    for (const auto& [name, records] : table.sections) {
      put(bytes, name);
      put(bytes, static_cast<std::uint32_t>(records.size() / table.record_size));
      bytes.insert(bytes.end(), records.begin(), records.end());
    }
    return bytes;
  }
  void copy_records(Table& table, std::uint32_t text_name, std::string_view names) {
    Bytes more;
    for (const auto& [section, offset] : copies_) {
      for (const auto& [name, records] : table.sections) {
        if (name >= names.size() || names.substr(name, names.find('\0', name) - name) != image_.name(section)) continue;
        for (std::size_t at = 0; at < records.size(); at += table.record_size) {
          put(more, get<std::uint32_t>(records, at) + static_cast<std::uint32_t>(offset));
          more.insert(more.end(), records.begin() + static_cast<std::ptrdiff_t>(at + 4),
                      records.begin() + static_cast<std::ptrdiff_t>(at + table.record_size));
        }
      }
    }
    if (more.empty()) return;
    auto of_text = std::ranges::find(table.sections, text_name, &std::pair<std::uint32_t, Bytes>::first);
    if (of_text == table.sections.end()) of_text = table.sections.insert(of_text, {text_name, {}});
    of_text->second.insert(of_text->second.end(), more.begin(), more.end());
  }

  bool copy_debug_information() {
    std::size_t types = 0, extension = 0;
    for (std::size_t i = 0; i < image_.section_count(); ++i) {
      if (image_.name(i) == ".BTF") types = i;
      if (image_.name(i) == ".BTF.ext") extension = i;
    }
    if (types == 0 || extension == 0) return true;  // there is nothing to be said of the copies
    const auto names_content = image_.content(types);
    Bytes btf(names_content.begin(), names_content.end());
    if (btf.size() < sizeof(btf_header)) return false;
    auto header = get<btf_header>(btf, 0);
    const std::uint64_t begin = std::uint64_t{header.hdr_len} + header.str_off;
    if (begin + header.str_len != btf.size() || header.str_len == 0 || btf.back() != 0) return false;
    constexpr std::string_view text{".text\0", 6};
    std::string_view names(reinterpret_cast<const char*>(btf.data()) + begin, header.str_len);
    std::size_t text_name = names.find(std::string_view("\0.text\0", 7));
    if (text_name == std::string_view::npos) {
      text_name = header.str_len;
      header.str_len += text.size();
      btf.insert(btf.end(), text.begin(), text.end());
      std::memcpy(btf.data(), &header, sizeof header);
      image_.replace(types, btf);
      names = {reinterpret_cast<const char*>(btf.data()) + begin, header.str_len};
    } else {
      ++text_name;
    }
    return copy_extension(extension, static_cast<std::uint32_t>(text_name), names);
  }
  bool copy_extension(std::size_t section, std::uint32_t text_name, std::string_view names) {
    struct Header {
      std::uint16_t magic;
      std::uint8_t version, flags;
      std::uint32_t size;
      struct {
        std::uint32_t offset, length;
      } tables[3];
    };
    const auto content = image_.content(section);
    if (content.size() < sizeof(Header)) return false;
    auto header = get<Header>(content, 0);
    if (header.size < sizeof header || header.size > content.size()) return false;
    Bytes written(content.begin(), content.begin() + static_cast<std::ptrdiff_t>(header.size));
    for (auto& [offset, length] : header.tables) {
      const auto tables = content.subspan(header.size);
      if (offset > tables.size() || length > tables.size() - offset) return false;
      Table table;
      if (!parse(tables.subspan(offset, length), table)) return false;
      copy_records(table, text_name, names);
      const Bytes bytes = write(table);
      offset = static_cast<std::uint32_t>(written.size() - header.size);
      length = static_cast<std::uint32_t>(bytes.size());
      written.insert(written.end(), bytes.begin(), bytes.end());
    }
    std::memcpy(written.data(), &header, sizeof header);
    image_.replace(section, written);
    return true;
  }

  ElfImage& image_;
  std::size_t text_ = 0, symbol_table_ = 0;
  std::vector<Elf64_Sym> symbols_;
  std::map<std::size_t, std::vector<Elf64_Rel>> relocations_;  // of each section of code
  std::map<std::size_t, std::size_t> relocation_sections_;
  std::map<std::size_t, std::size_t> copies_;   // sections that are called into: where in .text their copy begins
  std::map<std::size_t, std::size_t> copy_of_;  // of symbols
};

}  // namespace

bool bring_called_sections(ElfImage& image) {
  ElfImage changed = image;  // what is malformed leaves all as it was, for libbpf to refuse
  if (!CalledSections(changed).bring()) return false;
  image = std::move(changed);
  return true;
}

}  // namespace skep::loader
