// What a Btf holds, for the files that make one: the parser fills it, everyone else only reads it through btf.hpp.
// Lookups by name and by decorated type are indexed when first asked for, because most Btfs are never searched.
#pragma once

#include <cstdint>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

#include "btf/btf.hpp"

namespace skep::btf {

struct Btf::Data {
  std::vector<std::uint8_t> raw;
  std::shared_ptr<const Btf> base;
  bool kernel = false;
  std::string module_name;

  std::uint32_t string_begin = 0;  // offset of the first own string: where the base's strings end
  std::string_view strings;        // points into raw
  TypeId first_id = 1;             // id of the first own type
  std::vector<Type> types;         // own types only, from first_id; without a base, types[0] is void
  std::vector<Member> members;
  std::vector<Param> params;
  std::vector<Enumerator> enumerators;
  std::vector<SectionVar> section_vars;

  TypeId index_base() const { return base ? first_id : 0; }  // id of types[0]
  TypeId end_id() const { return index_base() + static_cast<TypeId>(types.size()); }

  // (kind, name) -> first own id, by open addressing; 0 is an empty slot.
  mutable std::once_flag name_index_once;
  mutable std::vector<TypeId> name_index;
  void build_name_index() const;

  // Own declaration tags, ordered by what they decorate and then by id.
  struct DeclTag {
    TypeId target;
    std::int32_t component;
    TypeId id;
  };
  mutable std::once_flag decl_tags_once;
  mutable std::vector<DeclTag> decl_tags;
  void build_decl_tags() const;
};

}  // namespace skep::btf
