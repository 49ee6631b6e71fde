// A BPF object's ELF file in memory, to be read, and to be changed before libbpf sees it.
//
// Bytes are only ever added at the end, and headers pointed there, so what is not changed stays where it was. Every
// offset of the file is checked once, when it is parsed. Tested by tests/loader/stand_in_test.cpp.
#pragma once

#include <elf.h>

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace skep::loader {

class ElfImage {
 public:
  // Nothing for what is not a relocatable little-endian BPF object with sound section headers.
  static std::optional<ElfImage> parse(std::span<const std::uint8_t> file);
  // Whether a file that begins so may be one.
  static bool may_be_bpf(std::span<const std::uint8_t> beginning);

  std::size_t section_count() const { return headers_.size(); }
  const Elf64_Shdr& section(std::size_t index) const { return headers_[index]; }
  std::string_view name(std::size_t index) const;
  std::span<std::uint8_t> content(std::size_t index);

  // The table of records that a section holds, by value: the file need not be aligned.
  template <typename Record>
  std::vector<Record> records(std::size_t index) {
    const auto bytes = content(index);
    std::vector<Record> all(bytes.size() / sizeof(Record));
    if (!all.empty()) std::memcpy(all.data(), bytes.data(), all.size() * sizeof(Record));
    return all;
  }

  void rename(std::size_t index, std::string_view name);
  void replace(std::size_t index, std::span<const std::uint8_t> content);
  void add(Elf64_Shdr section, std::string_view name, std::span<const std::uint8_t> content);
  // The file with its changes.
  std::vector<std::uint8_t> finish() &&;

 private:
  std::vector<std::uint8_t> bytes_;
  std::vector<Elf64_Shdr> headers_;
  std::vector<std::uint8_t> names_;  // the section that holds names
  std::size_t names_index_ = 0;
};

}  // namespace skep::loader
