// BTF: the type information of a kernel, of a module or of a program, parsed, validated and immutable.
//
// A `Btf` is made from the raw bytes that an ELF section, /sys/kernel/btf/vmlinux or BPF_BTF_LOAD hold. Everything is
// checked on the way in (header, every kind up to ENUM64, names, ids, cycles), so that nobody who holds a Btf checks
// again; hostile bytes are refused with the message that Linux 7.3 logs. A split BTF (a module's) continues the ids and
// strings of its base. Tested by tests/btf/, fuzzed by fuzz/btf.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace skep::btf {

enum class Kind : std::uint8_t {
  void_ = 0,
  int_ = 1,
  ptr = 2,
  array = 3,
  struct_ = 4,
  union_ = 5,
  enum_ = 6,
  fwd = 7,
  typedef_ = 8,
  volatile_ = 9,
  const_ = 10,
  restrict_ = 11,
  func = 12,
  func_proto = 13,
  var = 14,
  datasec = 15,
  float_ = 16,
  decl_tag = 17,
  type_tag = 18,
  enum64 = 19,
};

using TypeId = std::uint32_t;  // 0 is void

// One member of a struct or union. `bit_size` is 0 unless it is a bit field.
struct Member {
  std::string_view name;
  TypeId type = 0;
  std::uint32_t bit_offset = 0;
  std::uint32_t bit_size = 0;
  std::uint32_t byte_offset() const { return bit_offset / 8; }
};
struct Param {
  std::string_view name;
  TypeId type = 0;  // with an empty name: the `...` of a variadic function
};
struct Enumerator {
  std::string_view name;
  std::int64_t value = 0;
};
struct SectionVar {
  TypeId type = 0;
  std::uint32_t offset = 0;
  std::uint32_t size = 0;
};

enum class Linkage : std::uint8_t { static_ = 0, global = 1, extern_ = 2 };

// A type as it stands in the table. Which fields mean something depends on the kind.
struct Type {
  Kind kind = Kind::void_;
  bool kind_flag = false;  // FWD: a union; ENUM: signed; TYPE_TAG/DECL_TAG: an attribute
  std::uint32_t vlen = 0;  // how many members, parameters, enumerators or variables follow
  std::string_view name;   // empty: anonymous
  std::uint32_t size = 0;  // INT, STRUCT, UNION, ENUM, ENUM64, FLOAT, DATASEC: bytes
  TypeId type = 0;  // PTR, TYPEDEF, modifiers, FUNC, FUNC_PROTO (its result), VAR, DECL_TAG, TYPE_TAG; ARRAY: element
  std::uint32_t count = 0;             // ARRAY: elements (VAR: linkage as written)
  TypeId index_type = 0;               // ARRAY
  std::uint8_t int_encoding = 0;       // INT: 1 signed, 2 char, 4 bool
  std::uint8_t int_offset = 0;         // INT: bits
  std::uint8_t int_bits = 0;           // INT
  Linkage linkage = Linkage::static_;  // FUNC, VAR
  std::int32_t component = -1;         // DECL_TAG: member or parameter, or -1 for the type itself
  const void* parts = nullptr;         // private: the members, parameters, enumerators or variables

  bool is_modifier() const {
    return kind == Kind::volatile_ || kind == Kind::const_ || kind == Kind::restrict_ || kind == Kind::typedef_ ||
           kind == Kind::type_tag;
  }
  bool is_struct_or_union() const { return kind == Kind::struct_ || kind == Kind::union_; }
};

struct ParseError {
  int error = 0;        // negative errno: -EINVAL, -E2BIG, …
  std::string message;  // what the kernel's BTF log says of the refusal, without the final newline
};

// The whole text that BPF_BTF_LOAD writes to its log at level 1, of accepted and of refused types; `error` as parse().
std::string load_log(std::span<const std::uint8_t> raw, const std::shared_ptr<const class Btf>& base, int& error);

class Btf {
 public:
  // Parses and validates `raw`. `base`: the BTF whose ids and strings this one continues. `trusted`: kernel types, in
  // which a few things are allowed that a program's may not hold (as vmlinux BTF is not checked member by member).
  static std::shared_ptr<const Btf> parse(std::span<const std::uint8_t> raw, std::shared_ptr<const Btf> base,
                                          bool trusted, ParseError& error);
  // The same of bytes that `owner` keeps where they are and as they are (null: they always do): no copy is made.
  static std::shared_ptr<const Btf> parse(std::span<const std::uint8_t> raw, std::shared_ptr<const void> owner,
                                          std::shared_ptr<const Btf> base, bool trusted, ParseError& error);

  std::span<const std::uint8_t> raw() const;
  const std::shared_ptr<const Btf>& base() const;
  bool is_kernel() const;                  // given as kernel or module types
  std::string_view module_name() const;    // "vmlinux", a module's name, or empty for a program's
  void set_module_name(std::string name);  // before it is shared

  TypeId first_id() const;    // 1, or the base's type_count() for a split BTF
  TypeId type_count() const;  // ids below this are valid (with the base's)
  bool valid(TypeId id) const { return id < type_count(); }
  const Type& type(TypeId id) const;  // id must be valid; 0 is void
  // The same, of a type that nobody may have to look at: for those who go through all of them.
  Kind kind_of(TypeId id) const;
  std::string_view name_of(TypeId id) const;

  std::span<const Member> members(const Type& t) const;
  std::span<const Param> params(const Type& func_proto) const;
  std::span<const Enumerator> enumerators(const Type& t) const;
  std::span<const SectionVar> section_vars(const Type& t) const;
  std::string_view string(std::uint32_t offset) const;  // empty for an invalid offset
  std::optional<std::string_view> checked_string(std::uint32_t offset) const;

  // The first type of that kind and name, searching this BTF's own part after the base's; 0 when there is none.
  TypeId find(std::string_view name, Kind kind) const;
  TypeId find_own(std::string_view name, Kind kind) const;  // not in the base

  // Follows typedefs, const, volatile, restrict and type tags. `skip_modifiers_id` gives the id that is reached.
  TypeId skip_modifiers(TypeId id) const;
  const Type& resolved(TypeId id) const { return type(skip_modifiers(id)); }
  // Follows `id` if it is a pointer (behind modifiers): the pointed-to id without its modifiers; nullopt otherwise.
  std::optional<TypeId> pointee(TypeId id) const;
  std::optional<std::uint32_t> size_of(TypeId id) const;  // bytes; nullopt for void, functions, incomplete types
  std::optional<std::uint32_t> align_of(TypeId id) const;

  // Declaration tags on `id` (component -1) or on its member or parameter `component`.
  std::vector<std::string_view> decl_tags(TypeId id, std::int32_t component) const;
  bool has_decl_tag(TypeId id, std::int32_t component, std::string_view tag) const;
  // Type tags ("percpu", "rcu", "user", "kptr", …) that stand directly behind pointer `id` (modifiers skipped).
  std::vector<std::string_view> pointer_tags(TypeId pointer_id) const;

  // Whether a memory access of `size` bytes at `offset` in struct `id` stays within one member, and which it reaches.
  struct Access {
    enum class What { scalar, pointer, struct_, error } what = What::error;
    TypeId type = 0;                     // of the member reached (modifiers skipped); pointer: of the pointed-to struct
    std::string_view member;             // the innermost member's name
    std::vector<std::string_view> tags;  // type tags of the pointer
    bool through_union = false;  // a union of several members was passed on the way: nobody knows which is alive
    int error = 0;               // -EACCES, -EINVAL
    std::string message;         // what the verifier says of it
  };
  // As the verifier walks a kernel struct: nested structs, arrays, unions, flexible arrays, bit fields; a pointer must
  // be read whole. `offset` and `size` in bytes.
  Access access(TypeId struct_id, std::uint64_t offset, std::uint32_t size) const;
  // Whether two struct types of possibly different BTFs are the same one, or `offset` into `id` holds a `wanted` as its
  // first member chain does (strict: only the same type at offset 0).
  static bool same_type(const Btf& a, TypeId a_id, const Btf& b, TypeId b_id);
  bool contains_at(TypeId id, std::uint64_t offset, const Btf& wanted_btf, TypeId wanted, bool strict) const;

  // C text of a type as the kernel's messages print it ("struct task_struct"); for documentation and logs.
  std::string describe(TypeId id) const;

  struct Data;  // data.hpp; for this directory only

 private:
  friend class Parser;
  explicit Btf(std::unique_ptr<Data> data);
  std::unique_ptr<Data> data_;

 public:
  ~Btf();
};

}  // namespace skep::btf
