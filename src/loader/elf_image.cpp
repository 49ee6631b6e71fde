// See loader/elf_image.hpp.
#include "loader/elf_image.hpp"

namespace skep::loader {
namespace {

constexpr std::size_t alignment = 8;

std::size_t append(std::vector<std::uint8_t>& bytes, std::span<const std::uint8_t> more) {
  bytes.resize((bytes.size() + alignment - 1) / alignment * alignment);
  const std::size_t at = bytes.size();
  bytes.insert(bytes.end(), more.begin(), more.end());
  return at;
}

}  // namespace

bool ElfImage::may_be_bpf(std::span<const std::uint8_t> beginning) {
  Elf64_Ehdr header;
  if (beginning.size() < sizeof header) return false;
  std::memcpy(&header, beginning.data(), sizeof header);
  return std::memcmp(header.e_ident, ELFMAG, SELFMAG) == 0 && header.e_ident[EI_CLASS] == ELFCLASS64 &&
         header.e_ident[EI_DATA] == ELFDATA2LSB && header.e_type == ET_REL && header.e_machine == EM_BPF;
}

std::optional<ElfImage> ElfImage::parse(std::span<const std::uint8_t> file) {
  if (!may_be_bpf(file)) return std::nullopt;
  Elf64_Ehdr header;
  std::memcpy(&header, file.data(), sizeof header);
  const std::size_t count = header.e_shnum;
  if (header.e_shentsize != sizeof(Elf64_Shdr) || header.e_shstrndx >= count || header.e_shoff > file.size() ||
      count > (file.size() - header.e_shoff) / sizeof(Elf64_Shdr))
    return std::nullopt;
  ElfImage image;
  image.headers_.resize(count);
  std::memcpy(image.headers_.data(), file.data() + header.e_shoff, count * sizeof(Elf64_Shdr));
  for (const Elf64_Shdr& section : image.headers_)
    if (section.sh_type != SHT_NOBITS &&
        (section.sh_offset > file.size() || section.sh_size > file.size() - section.sh_offset))
      return std::nullopt;
  image.bytes_.assign(file.begin(), file.end());
  image.names_index_ = header.e_shstrndx;
  const auto names = image.content(image.names_index_);
  const bool compressed = (image.headers_[image.names_index_].sh_flags & SHF_COMPRESSED) != 0;
  if (names.empty() || names.back() != 0 || compressed) return std::nullopt;
  image.names_.assign(names.begin(), names.end());
  for (const Elf64_Shdr& section : image.headers_)
    if (section.sh_name >= names.size()) return std::nullopt;
  return image;
}

std::string_view ElfImage::name(std::size_t index) const {
  return reinterpret_cast<const char*>(names_.data()) + headers_[index].sh_name;
}

std::span<std::uint8_t> ElfImage::content(std::size_t index) {
  const Elf64_Shdr& section = headers_[index];
  if (section.sh_type == SHT_NOBITS) return {};
  return {bytes_.data() + section.sh_offset, section.sh_size};
}

void ElfImage::rename(std::size_t index, std::string_view name) {
  headers_[index].sh_name = static_cast<Elf64_Word>(names_.size());
  names_.insert(names_.end(), name.begin(), name.end());
  names_.push_back(0);
}

void ElfImage::replace(std::size_t index, std::span<const std::uint8_t> content) {
  headers_[index].sh_offset = append(bytes_, content);
  headers_[index].sh_size = content.size();
}

void ElfImage::add(Elf64_Shdr section, std::string_view name, std::span<const std::uint8_t> content) {
  headers_.push_back(section);
  rename(headers_.size() - 1, name);
  replace(headers_.size() - 1, content);
}

std::vector<std::uint8_t> ElfImage::finish() && {
  replace(names_index_, names_);
  const std::size_t table =
      append(bytes_, {reinterpret_cast<const std::uint8_t*>(headers_.data()), headers_.size() * sizeof(Elf64_Shdr)});
  Elf64_Ehdr header;
  std::memcpy(&header, bytes_.data(), sizeof header);
  header.e_shoff = table;
  header.e_shnum = static_cast<Elf64_Half>(headers_.size());
  std::memcpy(bytes_.data(), &header, sizeof header);
  return std::move(bytes_);
}

}  // namespace skep::loader
