// Trust: whether an object that a pointer names cannot go away while the program uses it.
//
// A pointer read out of a trusted object is usually no longer trusted. The kernel lists the fields that are: as types
// named "STRUCT__safe_trusted", "STRUCT__safe_rcu" and so on in its BTF, whose members are those fields. Reading the
// list there gives each release's own. Tested by tests/conformance/.
#include "verifier/pointer/internal.hpp"

namespace skep::verifier {
namespace {

bool listed(const btf::Btf& btf, const btf::Type& owner, std::string_view suffix, std::string_view member,
            btf::TypeId pointee) {
  const btf::TypeId safe = btf.find(fmt::format("{}{}", owner.name, suffix), owner.kind);
  if (safe == 0) return false;
  for (const btf::Member& field : btf.members(btf.type(safe)))
    if (field.name == member && btf.pointee(field.type) == pointee) return true;
  return false;
}

}  // namespace

FieldTrust field_trust(const btf::Btf& btf, btf::TypeId struct_id, std::string_view member, btf::TypeId pointee) {
  FieldTrust trust;
  const btf::Type& owner = btf.type(struct_id);
  if (member.empty() || owner.name.empty()) return trust;
  trust.trusted = listed(btf, owner, "__safe_trusted", member, pointee);
  trust.trusted_or_null = listed(btf, owner, "__safe_trusted_or_null", member, pointee);
  trust.rcu = listed(btf, owner, "__safe_rcu", member, pointee);
  trust.rcu_or_null = listed(btf, owner, "__safe_rcu_or_null", member, pointee);
  return trust;
}

bool is_trusted(const RegState& reg) {
  if (reg.ref_id != 0) return true;
  switch (reg.type) {  // always as good as their owner, which the program cannot outlive
    case RegType::socket:
    case RegType::sock_common:
    case RegType::tcp_sock:
      return true;
    default:
      break;
  }
  constexpr std::uint32_t trusted = reg_flag::alloc | reg_flag::trusted | reg_flag::non_owning;
  return (reg.flags & trusted) != 0 && (reg.flags & ~trusted) == 0;
}

bool is_rcu_protected(const RegState& reg) {
  return reg.has(reg_flag::rcu);
}

}  // namespace skep::verifier
