// Objects of C types, laid out by BTF from a description: what arguments and contexts of programs lead to.
//
// A description names fields; a pointer is described by what it leads to, which becomes an object of its own:
//
//   {"f_path": {"dentry": {"d_name": {"name": "passwd"}}}}
//
// Numbers may be written as text ("0x10", or the name of an enumerator), network addresses as usual ("10.0.0.1",
// "::1"), and what is typed as big-endian (__be16), or known to be (user_port, remote_port), is turned round. A list
// fills an array, or what a pointer leads to; a text what a `char *` leads to, or a char array. {"$type": "sock", …}
// says the type where a pointer or a number does not, {"$text": "a"} that a text is meant; {"$name": "a", …} names an
// object, to which {"$ref": "a"} leads, from before or behind. Whatever is not described is zero; but pointers that
// programs follow without asking whether they are null (the kernel's types list them) lead to an empty object.
//
// In front of each object stands the header that calls look for in front of contexts. All objects end with their
// Objects. One thread at a time. Tested by tests/describe/objects_test.cpp.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "btf/btf.hpp"
#include "describe/value.hpp"
#include "memory/territory.hpp"

namespace skep::describe {

// A pointer within a struct that programs take for one that is never null.
struct SafePointer {
  std::uint32_t offset = 0;
  btf::TypeId to = 0;
};
// Those of a struct and of the structs within it.
std::vector<SafePointer> safe_pointers(const btf::Btf& types, btf::TypeId type);

class Objects {
 public:
  // `types` outlive this. `territory`: where the objects are known as the program's own, which may look at them by any
  // address; null: nowhere.
  explicit Objects(const btf::Btf& types, memory::TerritoryPtr territory = {})
      : types_(types), territory_(std::move(territory)) {}
  Objects(const Objects&) = delete;
  Objects& operator=(const Objects&) = delete;

  // A new object; null (and error()) when the type has no size. `path` is what reports call it.
  void* make(btf::TypeId type, std::string path);
  // A new block of bytes without a type; and it gets one, for reports.
  void* make_bytes(std::size_t size, std::string path);
  void set_type(const void* at, btf::TypeId type);
  // Describes a part, of `type`, of an object of ours. False: error() says what is wrong, and where.
  bool put(const Value& value, btf::TypeId type, void* at, const std::string& path);
  // What a pointer leads to when it is described so; `to`: the type, 0 for void.
  std::optional<std::uint64_t> target(const Value& value, btf::TypeId to, const std::string& path);
  // Lets the pointers lead to the objects that are named. After the last put().
  bool connect();
  const std::string& error() const { return error_; }

  // Notes that a program reads there; and what it has read of ours that nobody gave.
  void read(std::uint64_t address, std::size_t size);
  void written(std::uint64_t address, std::size_t size);
  const std::set<std::string>& read_without_being_given() const { return missed_; }
  // Everything between is given.
  void give(const void* at, std::size_t size);
  // The address of each object.
  template <typename Visit>
  void for_each(Visit&& visit) const {
    for (const auto& [begin, block] : blocks_) visit(begin);
  }

 private:
  struct Block {
    std::vector<std::uint64_t> words;
    std::size_t size = 0;
    btf::TypeId type = 0;
    std::string path;
    std::vector<bool> given;
    memory::Claim claim;
  };
  Block* block_at(std::uint64_t address);
  bool fail(const std::string& path, std::string_view what);
  bool put_number(const Value& value, const btf::Type& type, btf::TypeId declared, std::uint8_t* at,
                  std::uint32_t bit_offset, std::uint32_t bit_size, const std::string& path);
  bool put_pointer(const Value& value, btf::TypeId type, void* at, const std::string& path);
  bool put_fields(const Value& value, btf::TypeId type, std::uint8_t* at, const std::string& path);
  bool put_array(const Value& value, const btf::Type& type, std::uint8_t* at, const std::string& path);
  std::optional<std::uint64_t> number_of(const Value& value, const btf::Type& type, const std::string& path);
  void* empty(btf::TypeId type, const std::string& path);
  std::string name_at(const Block& block, std::size_t offset) const;

  struct Reference {
    void* at;
    std::string name, path;
  };
  const btf::Btf& types_;
  const memory::TerritoryPtr territory_;
  std::map<std::uint64_t, Block> blocks_;  // by where they begin
  std::map<std::string, std::uint64_t, std::less<>> named_;
  std::vector<Reference> references_;
  std::map<btf::TypeId, void*> empties_;
  std::set<std::string> missed_;
  std::string error_;
};

}  // namespace skep::describe
