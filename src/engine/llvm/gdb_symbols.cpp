// See engine/llvm/gdb_symbols.hpp.
#include "engine/llvm/gdb_symbols.hpp"

#include <elf.h>

#include <algorithm>
#include <array>
#include <cstdlib>
#include <cstring>
#include <map>
#include <mutex>
#include <vector>

// Names and layouts are the debuggers'. Exported, so that they are found in a library without its symbol table too, but
// nobody else's; weak, for another JIT compiler may be linked into the same program.
extern "C" {
struct jit_code_entry {
  jit_code_entry* next;
  jit_code_entry* before;
  const char* symbol_file;
  std::uint64_t bytes;
};
struct jit_descriptor {
  std::uint32_t version;
  std::uint32_t action;  // 0: none, 1: added, 2: taken away
  jit_code_entry* relevant;
  jit_code_entry* first;
};
// NOLINTBEGIN(bugprone-reserved-identifier,cppcoreguidelines-avoid-non-const-global-variables)
__attribute__((weak, visibility("protected"))) jit_descriptor __jit_debug_descriptor = {1, 0, nullptr, nullptr};
// Debuggers stop here.
__attribute__((weak, noinline, visibility("protected"))) void __jit_debug_register_code() {
  asm volatile("" ::: "memory");
}
// NOLINTEND(bugprone-reserved-identifier,cppcoreguidelines-avoid-non-const-global-variables)
}

namespace skep::engine::native {
namespace {

constexpr std::uint32_t added = 1, taken_away = 2;

std::mutex& lock_of_list() {
  static std::mutex& lock = *std::make_unique<std::mutex>().release();
  return lock;
}

void tell(std::uint32_t action, jit_code_entry* entry) {
  __jit_debug_descriptor.action = action;
  __jit_debug_descriptor.relevant = entry;
  __jit_debug_register_code();
}

// ---- what is in the file ----

template <typename T>
void add(std::string& to, T number) {
  to.append(reinterpret_cast<const char*>(&number), sizeof number);
}
void add_text(std::string& to, std::string_view text) {
  to.append(text);
  to.push_back('\0');
}
void add_unsigned(std::string& to, std::uint64_t number) {
  do {
    const auto low = static_cast<std::uint8_t>(number & 0x7f);
    number >>= 7;
    add(to, static_cast<std::uint8_t>(low | (number != 0 ? 0x80 : 0)));
  } while (number != 0);
}
void add_signed(std::string& to, std::int64_t number) {
  for (;;) {
    const auto low = static_cast<std::uint8_t>(number & 0x7f);
    number >>= 7;
    const bool last = (number == 0 && (low & 0x40) == 0) || (number == -1 && (low & 0x40) != 0);
    add(to, static_cast<std::uint8_t>(low | (last ? 0 : 0x80)));
    if (last) return;
  }
}
// A part of DWARF, behind its length.
std::string with_length(std::string_view content) {
  std::string whole;
  add(whole, static_cast<std::uint32_t>(content.size()));
  return whole.append(content);
}

constexpr std::uint16_t dwarf_version = 4;

// Two kinds of entries: the unit and its functions.
std::string abbreviations() {
  constexpr std::uint8_t unit = 0x11, function = 0x2e;
  constexpr std::uint8_t name = 0x03, line_program = 0x10, begin = 0x11, end = 0x12, language = 0x13;
  constexpr std::uint8_t address = 0x01, text = 0x08, one_byte = 0x0b, eight_bytes = 0x07, offset = 0x17;
  const std::array<std::uint8_t, 25> bytes = {
      1, unit,     1, name, text, language, one_byte, begin, address,     end, eight_bytes, line_program, offset, 0, 0,
      2, function, 0, name, text, begin,    address,  end,   eight_bytes, 0};
  std::string all(bytes.begin(), bytes.end());
  return all.append(2, '\0');
}

std::string unit(std::span<const PlacedCode> functions, std::uint64_t begin, std::uint64_t end) {
  constexpr std::uint8_t language_c = 0x0c;
  std::string content;
  add(content, dwarf_version), add(content, std::uint32_t{0}), add(content, std::uint8_t{sizeof begin});
  add_unsigned(content, 1);
  add_text(content, functions.front().lines.empty() ? std::string_view("bpf") : functions.front().lines.front().file);
  add(content, language_c), add(content, begin), add(content, end - begin), add(content, std::uint32_t{0});
  for (const PlacedCode& function : functions) {
    add_unsigned(content, 2);
    add_text(content, function.name);
    add(content, function.address), add(content, function.bytes);
  }
  add_unsigned(content, 0);
  return with_length(content);
}

std::string line_program(std::span<const PlacedCode> functions) {
  std::map<std::string_view, std::uint64_t> files;
  std::string names;
  for (const PlacedCode& function : functions)
    for (const PlacedLine& line : function.lines)
      if (files.try_emplace(line.file, files.size() + 1).second) {
        add_text(names, line.file);
        names.append(3, '\0');  // directory, time, length
      }
  std::string header;  // behind its length
  constexpr std::array<std::uint8_t, 12> operands = {0, 1, 1, 1, 1, 0, 0, 0, 1, 0, 0, 1};
  add(header, std::uint8_t{1}), add(header, std::uint8_t{1}), add(header, std::uint8_t{1});
  add(header, std::int8_t{-5}), add(header, std::uint8_t{14}), add(header, std::uint8_t{operands.size() + 1});
  header.append(operands.begin(), operands.end());
  header.push_back('\0');  // no directories
  header += names;
  header.push_back('\0');

  constexpr std::uint8_t row = 1, advance_line = 3, set_file = 4, extended = 0, end_sequence = 1, set_address = 2;
  std::string program;
  const auto go_to = [&program](std::uint64_t address) {
    add(program, extended), add_unsigned(program, 1 + sizeof address), add(program, set_address);
    add(program, address);
  };
  for (const PlacedCode& function : functions) {
    if (function.lines.empty()) continue;
    std::int64_t line = 1;
    for (const PlacedLine& placed : function.lines) {
      go_to(placed.address);
      add(program, set_file), add_unsigned(program, files[placed.file]);
      add(program, advance_line), add_signed(program, std::int64_t{placed.line} - line);
      add(program, row);
      line = placed.line;
    }
    go_to(function.address + function.bytes);
    add(program, extended), add_unsigned(program, 1), add(program, end_sequence);
  }
  std::string content;
  add(content, dwarf_version);
  return with_length(content + with_length(header) + program);
}

// ---- the file ----

class File {
 public:
  File() { add_section("", SHT_NULL, {}); }
  Elf64_Shdr& add_section(std::string_view name, std::uint32_t type, std::string_view content) {
    Elf64_Shdr section{};
    section.sh_name = static_cast<std::uint32_t>(names_.size());
    section.sh_type = type;
    section.sh_addralign = 1;
    section.sh_offset = sizeof(Elf64_Ehdr) + content_.size();
    section.sh_size = content.size();
    add_text(names_, name);
    content_ += content;
    content_.resize((content_.size() + 7) / 8 * 8);
    sections_.push_back(section);
    return sections_.back();
  }
  std::uint16_t sections() const { return static_cast<std::uint16_t>(sections_.size()); }
  std::string finished() {
    const std::uint16_t names = sections();
    const std::string text = names_ + std::string(".names") + '\0';
    add_section(".names", SHT_STRTAB, text);
    Elf64_Ehdr header{};
    std::memcpy(header.e_ident, ELFMAG, SELFMAG);
    header.e_ident[EI_CLASS] = ELFCLASS64;
    header.e_ident[EI_DATA] = __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__ ? ELFDATA2LSB : ELFDATA2MSB;
    header.e_ident[EI_VERSION] = EV_CURRENT;
    header.e_type = ET_REL;
#if defined(__aarch64__)
    header.e_machine = EM_AARCH64;
#else
    header.e_machine = EM_X86_64;
#endif
    header.e_version = EV_CURRENT;
    header.e_shoff = sizeof header + content_.size();
    header.e_ehsize = sizeof header;
    header.e_shentsize = sizeof(Elf64_Shdr);
    header.e_shnum = sections();
    header.e_shstrndx = names;
    std::string all(reinterpret_cast<const char*>(&header), sizeof header);
    all += content_;
    all.append(reinterpret_cast<const char*>(sections_.data()), sections_.size() * sizeof(Elf64_Shdr));
    return all;
  }

 private:
  std::string content_, names_;
  std::vector<Elf64_Shdr> sections_;
};

}  // namespace

// One section that is where the code is and has no content, and the functions in it.
std::string symbol_file(std::span<const PlacedCode> functions) {
  if (functions.empty()) return {};
  std::uint64_t begin = functions.front().address, end = begin;
  for (const PlacedCode& function : functions) {
    begin = std::min(begin, function.address);
    end = std::max(end, function.address + function.bytes);
  }
  File file;
  const std::uint16_t text = file.sections();
  Elf64_Shdr& code = file.add_section(".text", SHT_NOBITS, {});
  code.sh_flags = SHF_ALLOC | SHF_EXECINSTR;
  code.sh_addr = begin;
  code.sh_size = end - begin;

  std::vector<Elf64_Sym> symbols(1);
  std::string names(1, '\0');
  for (const PlacedCode& function : functions) {
    Elf64_Sym symbol{};
    symbol.st_name = static_cast<std::uint32_t>(names.size());
    symbol.st_info = ELF64_ST_INFO(STB_GLOBAL, STT_FUNC);
    symbol.st_shndx = text;
    symbol.st_value = function.address - begin;
    symbol.st_size = function.bytes;
    add_text(names, function.name);
    symbols.push_back(symbol);
  }
  const std::uint16_t strings = file.sections();
  file.add_section(".strtab", SHT_STRTAB, names);
  Elf64_Shdr& table = file.add_section(
      ".symtab", SHT_SYMTAB, {reinterpret_cast<const char*>(symbols.data()), symbols.size() * sizeof(Elf64_Sym)});
  table.sh_link = strings;
  table.sh_info = 1;  // the first that is not local
  table.sh_entsize = sizeof(Elf64_Sym);
  table.sh_addralign = 8;
  if (std::ranges::any_of(functions, [](const PlacedCode& function) { return !function.lines.empty(); })) {
    file.add_section(".debug_abbrev", SHT_PROGBITS, abbreviations());
    file.add_section(".debug_info", SHT_PROGBITS, unit(functions, begin, end));
    file.add_section(".debug_line", SHT_PROGBITS, line_program(functions));
  }
  return file.finished();
}

struct GdbSymbols::Entry {
  std::string file;
  jit_code_entry in_list{};
};

GdbSymbols::GdbSymbols(std::span<const PlacedCode> functions) : entry_(std::make_unique<Entry>()) {
  entry_->file = symbol_file(functions);
  jit_code_entry& entry = entry_->in_list;
  entry.symbol_file = entry_->file.data();
  entry.bytes = entry_->file.size();
  const std::lock_guard guard(lock_of_list());
  entry.next = __jit_debug_descriptor.first;
  if (entry.next != nullptr) entry.next->before = &entry;
  __jit_debug_descriptor.first = &entry;
  tell(added, &entry);
}

GdbSymbols::~GdbSymbols() {
  jit_code_entry& entry = entry_->in_list;
  const std::lock_guard guard(lock_of_list());
  (entry.before != nullptr ? entry.before->next : __jit_debug_descriptor.first) = entry.next;
  if (entry.next != nullptr) entry.next->before = entry.before;
  tell(taken_away, &entry);
  __jit_debug_descriptor.action = 0;
  __jit_debug_descriptor.relevant = nullptr;
}

bool gdb_symbols_are_wanted() {
  const char* const wanted = std::getenv("SKEP_GDB");
  return wanted != nullptr && std::strcmp(wanted, "1") == 0;
}

}  // namespace skep::engine::native
