// Where each type of a kernel's BTF lies in its bytes, and that all of them are well formed.
//
// Reading all types of a kernel takes ten times as long as most programs take to verify, and writes 25 megabytes. Here
// the bytes are gone through once and nothing is kept of them but where each type begins and its kind. The check is
// stricter than the parser's: what it lets pass, the parser would let pass too, so that types may be read later, one by
// one; of what it does not let pass nothing is known, and the parser reads all and says what is wrong. Tested by
// tests/btf/kernel_index_test.cpp.
#pragma once

#include <cstdint>
#include <cstring>
#include <memory>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

namespace skep::btf {

class Btf;
enum class Kind : std::uint8_t;
struct ParseError;

// Bytes of the parts that follow a type; `count`: what its head says there are.
std::size_t size_of_parts(Kind kind, std::uint32_t count);

// Of raw BTF whose header is known to be right.
std::span<const std::uint8_t> section_of_types(std::span<const std::uint8_t> raw);
std::string_view section_of_strings(std::span<const std::uint8_t> raw);

class KernelIndex {
 public:
  KernelIndex(KernelIndex&&) = default;
  KernelIndex& operator=(KernelIndex&&) = default;
  // `types`: the section of types of a BTF without a base; `strings`: that of names, which begins and ends with a zero.
  // Both must stay as they are and where they are.
  static std::optional<KernelIndex> make(std::span<const std::uint8_t> types, std::string_view strings);
  // The index of `types` that make() made once, as bytes() gave it: for types that never change, which must be the
  // same.
  static KernelIndex made_before(std::span<const std::uint8_t> types, std::span<const std::uint8_t> bytes);
  std::vector<std::uint8_t> bytes() const;

  std::size_t count() const { return kinds_.size(); }  // with void
  bool in_order() const { return in_order_; }          // of names, the nameless first: kernels since 7.0
  Kind kind(std::size_t id) const { return static_cast<Kind>(kinds_[id]); }
  // What precedes a type's parts; not of void.
  std::span<const std::uint8_t> type(std::size_t id) const { return types_.subspan(begins_[id]); }
  std::uint32_t name_offset(std::size_t id) const { return id == 0 ? 0 : word(id, 0); }

 private:
  KernelIndex() = default;
  std::uint32_t word(std::size_t id, std::size_t which) const {
    std::uint32_t value;
    std::memcpy(&value, types_.data() + begins_[id] + which * 4, sizeof value);
    return value;
  }
  bool go_through(std::string_view strings);
  bool kinds_fit() const;
  bool nothing_holds_itself() const;

  std::span<const std::uint8_t> types_;
  std::span<const std::uint32_t> begins_;
  std::span<const std::uint8_t> kinds_;
  bool in_order_ = false;
  std::vector<std::uint32_t> own_begins_;  // which the spans are of, unless the index was made before
  std::vector<std::uint8_t> own_kinds_;
};

// A kernel's types of which there is an index.
std::shared_ptr<const Btf> parse_indexed(std::span<const std::uint8_t> raw, KernelIndex index, ParseError& error);

// A kernel's types as the parser reads them without an index, all at once: what an index is measured against. `raw`
// must stay where it is.
std::shared_ptr<const Btf> parse_at_once(std::span<const std::uint8_t> raw, ParseError& error);

}  // namespace skep::btf
