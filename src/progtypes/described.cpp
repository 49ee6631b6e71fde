// See progtypes/described.hpp.
#include "progtypes/described.hpp"

namespace skep::progtypes {

std::unique_ptr<DescribedInvocation> make_described(const ProgTypeDef& type, const ProgramTraits& traits) {
  const AttachedTo target = attached_to(type, traits);
  if (target != AttachedTo::nothing || type.opened_by_name) return make_typed_invocation(traits);
  // Lookups and dissectors: their test runs take less than their programs see, or another struct.
  const bool sees_more =
      type.kernel_context_type == "bpf_sk_lookup_kern" || type.kernel_context_type == "bpf_flow_dissector";
  return type.make_invocation == nullptr || sees_more ? make_field_invocation(type, traits) : nullptr;
}

}  // namespace skep::progtypes
