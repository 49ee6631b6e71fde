// How the verifier walks into a kernel struct: which member a memory access reaches, and whether it stays within it. A
// nested struct is entered, an array of structs is entered at the right element, a pointer has to be read whole, and an
// array of integers may be read across its elements, but nothing may cross the end of its member. Behind the end of a
// struct only a flexible array goes on. Tested by tests/btf/walk_test.cpp.
#include <fmt/format.h>

#include <cerrno>

#include "btf/btf.hpp"

namespace skep::btf {

namespace {

using Access = Btf::Access;

Access refused(int error, std::string message) {
  Access result;
  result.error = error;
  result.message = std::move(message);
  return result;
}

std::string_view shown(std::string_view name) {
  return name.empty() ? std::string_view("(anon)") : name;
}

// `enter_structs`: go into a nested struct that begins at the offset, rather than stop at it.
Access walk(const Btf& btf, TypeId id, std::uint64_t off, std::uint32_t size, bool enter_structs) {
  bool through_union = false;
  for (;;) {
    const Type& t = btf.type(id);
    if (!t.is_struct_or_union())
      return refused(-EINVAL, fmt::format("access beyond struct {} at off {} size {}", shown(t.name), off, size));
    if (t.kind == Kind::union_ && t.vlen != 1) through_union = true;
    const auto members = btf.members(t);
    if (off + size > t.size) {
      const auto beyond = [&] {
        return refused(-EACCES, fmt::format("access beyond struct {} at off {} size {}", shown(t.name), off, size));
      };
      if (members.empty()) return beyond();
      const Type& last = btf.resolved(members.back().type);
      const std::uint32_t begin = members.back().byte_offset();
      if (last.kind != Kind::array || last.count != 0 || off < begin) return beyond();
      const TypeId element_id = btf.skip_modifiers(last.type);
      const Type& element = btf.type(element_id);
      if (element.kind == Kind::int_) {
        Access result;
        result.what = Access::What::scalar;
        result.type = element_id;
        result.member = members.back().name;
        result.through_union = through_union;
        return result;
      }
      if (!element.is_struct_or_union() || element.size == 0) return beyond();
      off = (off - begin) % element.size;
      id = element_id;
      continue;
    }

    bool descended = false;
    for (const Member& m : members) {
      std::uint64_t begin = m.byte_offset();
      if (off + size <= begin) break;  // members come in order: this one and all that follow are too far
      TypeId member_id = btf.skip_modifiers(m.type);
      if (m.bit_size != 0) {
        // All of the field must be read; what reads a part of it may mean another member.
        const std::uint64_t end = (std::uint64_t{m.bit_offset} + m.bit_size + 7) / 8;
        if (off > begin || off + size < end) continue;
        Access result;
        result.what = Access::What::scalar;
        result.type = member_id;
        result.member = m.name;
        result.through_union = through_union;
        return result;
      }
      if (off < begin) break;  // a hole before it
      const auto whole = btf.size_of(member_id);
      if (!whole)
        return refused(-EFAULT, fmt::format("member {} of struct {} has no size", shown(m.name), shown(t.name)));
      std::uint64_t end = begin + *whole;
      if (off >= end) continue;
      std::uint64_t element_size = *whole;
      if (btf.type(member_id).kind == Kind::array) {
        while (btf.type(member_id).kind == Kind::array) member_id = btf.skip_modifiers(btf.type(member_id).type);
        element_size = btf.size_of(member_id).value_or(0);
        if (element_size == 0) continue;
        const std::uint64_t index = (off - begin) / element_size;
        begin += index * element_size;
        // Only an array of plain values may be read across its elements.
        if (btf.type(member_id).is_struct_or_union()) end = begin + element_size;
      }
      const Type& type = btf.type(member_id);
      if (type.is_struct_or_union()) {
        if (off == begin && !enter_structs) {
          Access result;
          result.what = Access::What::struct_;
          result.type = member_id;
          result.member = m.name;
          result.through_union = through_union;
          return result;
        }
        off -= begin;
        id = member_id;
        descended = true;
        break;
      }
      if (type.kind == Kind::ptr) {
        if (element_size != size || off != begin)
          return refused(-EACCES,
                         fmt::format("cannot access ptr member {} with moff {} in struct {} with off {} size {}",
                                     shown(m.name), begin, shown(t.name), off, size));
        Access result;
        result.member = m.name;
        result.through_union = through_union;
        result.what = Access::What::pointer;
        result.type = btf.skip_modifiers(type.type);
        if (btf.type(result.type).is_struct_or_union()) result.tags = btf.pointer_tags(member_id);
        return result;
      }
      // What lies in a union may be read across its plain members: another member may be what is there.
      if (off + size > end && !through_union)
        return refused(-EACCES,
                       fmt::format("access beyond the end of member {} (mend:{}) in struct {} with off {} size {}",
                                   shown(m.name), end, shown(t.name), off, size));
      Access result;
      result.what = Access::What::scalar;
      result.type = member_id;
      result.member = m.name;
      result.through_union = through_union;
      return result;
    }
    if (!descended)
      return refused(-EINVAL, fmt::format("struct {} doesn't have field at offset {}", shown(t.name), off));
  }
}

}  // namespace

Btf::Access Btf::access(TypeId struct_id, std::uint64_t offset, std::uint32_t size) const {
  return walk(*this, skip_modifiers(struct_id), offset, size, true);
}

bool Btf::contains_at(TypeId id, std::uint64_t offset, const Btf& wanted_btf, TypeId wanted, bool strict) const {
  if (offset == 0 && same_type(*this, id, wanted_btf, wanted)) return true;
  if (strict) return false;
  for (;;) {
    const Access reached = walk(*this, id, offset, 1, false);
    if (reached.what != Access::What::struct_) return false;
    if (same_type(*this, reached.type, wanted_btf, wanted)) return true;
    id = reached.type;
    offset = 0;
  }
}

}  // namespace skep::btf
