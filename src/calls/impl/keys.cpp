// Keys, signatures and ciphers: there are the three keyrings that every kernel has, and nothing in them; no cipher.
// Tested by tests/loader/call_oracle_test.cpp.
#include "calls/impl/dynptr.hpp"
#include "calls/impl/objects.hpp"
#include "calls/impl/support.hpp"

namespace skep::calls::impl {
namespace {

// What programs hold for a keyring is opaque to them.
alignas(8) constexpr std::array<std::uint64_t, 3> keyrings = {};

}  // namespace

SKEP_CALL(bpf_lookup_user_key) {
  return CallResult::of(0);
}
SKEP_CALL(bpf_lookup_system_key) {
  return r1 < keyrings.size() ? result_of(&keyrings[r1]) : CallResult::of(0);
}
SKEP_CALL(bpf_key_put) {
  return CallResult::of(0);
}
SKEP_CALL(bpf_verify_pkcs7_signature) {
  constexpr std::uint8_t sequence = 0x30;  // with which a message begins
  const Dynptr& signature = *pointer<Dynptr>(r2);
  const std::uint8_t* const begin = signature.range(0, 1);
  return CallResult::error(begin == nullptr || *begin != sequence ? -EBADMSG : -ENOKEY);
}

SKEP_CALL(bpf_crypto_ctx_create) {
  struct Parameters {
    char type[14];
    std::uint8_t reserved[2];
    char algorithm[128];
    std::uint8_t key[256];
    std::uint32_t key_length, tag_length;
  };
  const auto& parameters = *pointer<const Parameters>(r1);
  auto& error = *pointer<std::int32_t>(r3);
  if (u32(r2) != sizeof parameters || parameters.reserved[0] != 0 || parameters.reserved[1] != 0)
    error = -EINVAL;
  else
    error = std::strncmp(parameters.type, "skcipher", sizeof parameters.type) != 0 ? -ENOENT : -EOPNOTSUPP;
  return CallResult::of(0);
}
SKEP_CALL(bpf_crypto_ctx_acquire) {
  return CallResult::of(r1);
}
SKEP_CALL(bpf_crypto_ctx_release) {
  object_given_up(env, r1);
  return CallResult::of(0);
}
SKEP_CALL(bpf_crypto_encrypt) {
  return CallResult::error(-EINVAL);
}
SKEP_CALL(bpf_crypto_decrypt) {
  return CallResult::error(-EINVAL);
}

}  // namespace skep::calls::impl
