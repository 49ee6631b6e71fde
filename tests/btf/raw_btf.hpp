// An assembler of raw BTF for tests: words in, a BTF with its header out.
#pragma once

#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>
#include <vector>

namespace skep::btf::test {

inline std::uint32_t info(unsigned kind, unsigned vlen = 0, bool flag = false) {
  return kind << 24 | vlen | (flag ? 1u << 31 : 0u);
}

class RawBtf {
 public:
  std::uint32_t name(std::string_view text) {
    const auto at = static_cast<std::uint32_t>(strings_.size());
    strings_.append(text);
    strings_.push_back('\0');
    return at;
  }
  RawBtf& words(std::initializer_list<std::uint32_t> list) {
    for (const std::uint32_t word : list) words_.push_back(word);
    return *this;
  }
  RawBtf& integer() { return words({name("int"), info(1), 4, 1u << 24 | 32}); }
  std::vector<std::uint8_t> bytes() const {
    const auto types = static_cast<std::uint32_t>(words_.size() * 4);
    const std::uint32_t header[] = {0x0001eb9f, 24, 0, types, types, static_cast<std::uint32_t>(strings_.size())};
    std::vector<std::uint8_t> raw(sizeof(header) + types + strings_.size());
    std::memcpy(raw.data(), header, sizeof(header));
    if (types != 0) std::memcpy(raw.data() + sizeof(header), words_.data(), types);
    std::memcpy(raw.data() + sizeof(header) + types, strings_.data(), strings_.size());
    return raw;
  }

 private:
  std::vector<std::uint32_t> words_;
  std::string strings_ = std::string(1, '\0');
};

}  // namespace skep::btf::test
