// See loader/replaced_calls.hpp.
#include "loader/replaced_calls.hpp"

#include <cstring>
#include <string_view>

#include "isa/insn.hpp"
#include "loader/elf_image.hpp"

namespace skep::loader {
namespace {

constexpr std::int64_t insn_size = sizeof(Insn);

std::string_view name_in(std::span<const std::uint8_t> names, std::uint32_t at) {
  if (at >= names.size()) return {};
  const auto* const begin = reinterpret_cast<const char*>(names.data()) + at;
  return {begin, strnlen(begin, names.size() - at)};
}

// The object's functions and what they may be called by.
class Functions {
 public:
  explicit Functions(ElfImage& image) : image_(image) {
    for (std::size_t i = 0; i < image.section_count(); ++i) {
      if (image.name(i) == ".text" && (image.section(i).sh_flags & SHF_EXECINSTR) != 0) text_ = i;
      if (image.section(i).sh_type == SHT_SYMTAB && image.section(i).sh_link < image.section_count()) {
        symbols_index_ = i;
        symbols_ = image.records<Elf64_Sym>(i);
        const auto names = image.content(image.section(i).sh_link);
        names_.assign(names.begin(), names.end());
      }
    }
  }
  std::size_t text() const { return text_; }
  bool are_symbols(std::size_t section) const { return section == symbols_index_; }
  std::string_view name(std::size_t symbol) const {
    return symbol < symbols_.size() ? name_in(names_, symbols_[symbol].st_name) : std::string_view();
  }
  bool is_missing(std::size_t symbol) const {
    return symbol < symbols_.size() && symbols_[symbol].st_shndx == SHN_UNDEF;
  }
  const Elf64_Sym& symbol(std::size_t index) const { return symbols_[index]; }
  // Which function an instruction is in, and how far.
  std::optional<ReplacedPlace> place(std::size_t section, std::uint64_t at, const std::string& call) const {
    for (std::size_t i = 0; i < symbols_.size(); ++i) {
      const Elf64_Sym& symbol = symbols_[i];
      if (symbol.st_shndx == section && ELF64_ST_TYPE(symbol.st_info) == STT_FUNC && at >= symbol.st_value &&
          at - symbol.st_value < symbol.st_size)
        return ReplacedPlace{std::string(name(i)), static_cast<std::uint32_t>((at - symbol.st_value) / insn_size),
                             call};
    }
    return std::nullopt;
  }
  // The symbol of a global function that a program can call.
  std::optional<std::size_t> find(std::string_view wanted) const {
    for (std::size_t i = 0; i < symbols_.size(); ++i) {
      const Elf64_Sym& symbol = symbols_[i];
      if (text_ != 0 && symbol.st_shndx == text_ && ELF64_ST_TYPE(symbol.st_info) == STT_FUNC &&
          ELF64_ST_BIND(symbol.st_info) != STB_LOCAL && symbol.st_value % insn_size == 0 && name(i) == wanted)
        return i;
    }
    return std::nullopt;
  }

 private:
  ElfImage& image_;
  std::size_t text_ = 0, symbols_index_ = 0;
  std::vector<Elf64_Sym> symbols_;
  std::vector<std::uint8_t> names_;
};

// The helper of that number, in one section.
void replace_helper(ElfImage& image, std::size_t section, const Functions& functions, const ReplacedCall& call,
                    const Elf64_Sym& function, std::vector<ReplacedPlace>& places) {
  const auto code = image.content(section);
  for (std::size_t at = 0; at + insn_size <= code.size(); at += insn_size) {
    Insn insn;
    std::memcpy(&insn, code.data() + at, sizeof insn);
    if (insn.is_wide_load()) at += insn_size;
    const bool is_own =
        section == functions.text() && at >= function.st_value && at - function.st_value < function.st_size;
    if (is_own || insn.code != (insn_class::jmp | jmp_op::call) || insn.src != call_kind::helper ||
        insn.imm != static_cast<std::int32_t>(call.number))
      continue;
    const auto place = functions.place(section, at, call.call);
    if (!place) continue;
    // libbpf looks for the functions of calls without a relocation in .text, as if the calls were in it.
    insn.src = call_kind::subprogram;
    insn.imm = static_cast<std::int32_t>(static_cast<std::int64_t>(function.st_value) / insn_size -
                                         static_cast<std::int64_t>(at) / insn_size - 1);
    std::memcpy(code.data() + at, &insn, sizeof insn);
    places.push_back(*place);
  }
}

// The kfunc, where relocations name it.
void replace_kfunc(ElfImage& image, std::size_t relocations, const Functions& functions, const ReplacedCall& call,
                   std::size_t symbol, std::vector<ReplacedPlace>& places) {
  const Elf64_Shdr& header = image.section(relocations);
  const auto bytes = image.content(relocations);
  const auto code = image.content(header.sh_info);
  const Elf64_Sym& function = functions.symbol(symbol);
  for (std::size_t i = 0; i + sizeof(Elf64_Rel) <= bytes.size(); i += sizeof(Elf64_Rel)) {
    Elf64_Rel relocation;
    std::memcpy(&relocation, bytes.data() + i, sizeof relocation);
    const std::size_t named = ELF64_R_SYM(relocation.r_info), at = relocation.r_offset;
    if (!functions.is_missing(named) || functions.name(named) != call.call || at % insn_size != 0 ||
        code.size() < insn_size || at > code.size() - insn_size)
      continue;
    const bool is_own =
        header.sh_info == functions.text() && at >= function.st_value && at - function.st_value < function.st_size;
    Insn insn;
    std::memcpy(&insn, code.data() + at, sizeof insn);
    if (is_own || insn.code != (insn_class::jmp | jmp_op::call)) continue;
    const auto place = functions.place(header.sh_info, at, call.call);
    if (!place) continue;
    relocation.r_info = ELF64_R_INFO(symbol, ELF64_R_TYPE(relocation.r_info));
    std::memcpy(bytes.data() + i, &relocation, sizeof relocation);
    places.push_back(*place);
  }
}

}  // namespace

std::optional<std::vector<std::uint8_t>> replace_calls(std::span<const std::uint8_t> file,
                                                       std::span<const ReplacedCall> replaced,
                                                       std::vector<ReplacedPlace>& places) {
  if (replaced.empty()) return std::nullopt;
  auto image = ElfImage::parse(file);
  if (!image) return std::nullopt;
  const Functions functions(*image);
  for (const ReplacedCall& call : replaced) {
    const auto symbol = functions.find(call.function);
    if (!symbol) continue;  // the Kernel says so of programs that make the call
    for (std::size_t i = 0; i < image->section_count(); ++i) {
      const Elf64_Shdr& section = image->section(i);
      if (call.number != 0 && section.sh_type == SHT_PROGBITS && (section.sh_flags & SHF_EXECINSTR) != 0)
        replace_helper(*image, i, functions, call, functions.symbol(*symbol), places);
      if (call.number == 0 && section.sh_type == SHT_REL && functions.are_symbols(section.sh_link) &&
          section.sh_info < image->section_count() && (image->section(section.sh_info).sh_flags & SHF_EXECINSTR) != 0)
        replace_kfunc(*image, i, functions, call, *symbol, places);
    }
  }
  if (places.empty()) return std::nullopt;
  return std::move(*image).finish();
}

}  // namespace skep::loader
