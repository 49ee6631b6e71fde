// Maps themselves: their kernel structure may be read by its BTF, and never written.
//
// Tested by tests/verifier/pointer/arithmetic_test.cpp.
#include <cerrno>

#include "verifier/pointer/btf_object.hpp"

namespace skep::verifier {
int access_map_ptr(Env& env, const MemAccess& access) {
  if (!env.kernel_btf) return env.refuse(-enotsupp, "map_ptr access not supported without CONFIG_DEBUG_INFO_BTF");
  const std::string_view name = maps::map_type(access.reg.map->type).kernel_struct;
  const btf::TypeId id = env.kernel_btf->find(name, btf::Kind::struct_);
  if (id == 0)
    return env.refuse(-enotsupp, "map_ptr access not supported for map type {}",
                      static_cast<unsigned>(access.reg.map->type));
  if (access.off < 0)
    return env.refuse(-EACCES, "R{} is {} invalid negative access: off={}", access.regno, name, access.off);
  if (access.is_write()) return env.refuse(-EACCES, "only read from {} is supported", name);
  const BtfField field = walk_struct(env, *env.kernel_btf, id, access.off, access.size);
  if (field.error != 0) return env.refuse_text(field.error, field.message);
  if (access.value_reg >= 0)
    mark_btf_field(env, env.reg(static_cast<unsigned>(access.value_reg)), *env.kernel_btf, field, field.flags);
  return 0;
}

}  // namespace skep::verifier
