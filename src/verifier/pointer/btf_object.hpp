// What is found at an offset of an object that BTF describes.
#pragma once

#include "verifier/pointer/internal.hpp"

namespace skep::verifier {

struct BtfField {
  enum class Kind { scalar, object, memory } kind = Kind::scalar;
  btf::TypeId type = 0;     // object
  std::uint32_t flags = 0;  // what its type tags say; memory: read-only, untrusted
  std::string_view member;
  int error = 0;
  std::string message;
};

BtfField walk_struct(Env& env, const btf::Btf& btf, btf::TypeId id, std::int64_t off, unsigned size);
void mark_btf_field(Env& env, RegState& reg, const btf::Btf& btf, const BtfField& field, std::uint32_t flags);
// Stores into kernel objects that some program types may make (the state of a TCP congestion control, …).
int check_kernel_object_write(Env& env, const MemAccess& access, std::int64_t off);

}  // namespace skep::verifier
