// Encryption with contexts made by syscall programs.
//
// Entries are in the order of their names. Tested by tests/calls/kfuncs_test.cpp.
#include "calls/kfuncs/kfuncs.hpp"

namespace skep::calls::impl {
// impl/keys.cpp
CallFunction bpf_crypto_ctx_acquire, bpf_crypto_ctx_create, bpf_crypto_ctx_release, bpf_crypto_decrypt,
    bpf_crypto_encrypt;
}  // namespace skep::calls::impl

namespace skep::calls::kfunc_tables {
namespace {

constexpr Kfunc entries[] = {
    Kfunc{
        .name = "bpf_crypto_ctx_acquire",
        .flags = call_flag::acquire | call_flag::ret_null | call_flag::rcu,
        .prog_types = bit(ProgType::syscall),
        .prototype = "struct bpf_crypto_ctx *bpf_crypto_ctx_acquire(struct bpf_crypto_ctx *ctx)",
        .since = {6, 10},
        .fn = impl::bpf_crypto_ctx_acquire,
        .doc = {.summary = "Takes one more reference to a cipher with its key."},
    },
    Kfunc{
        .name = "bpf_crypto_ctx_create",
        .flags = call_flag::acquire | call_flag::ret_null | call_flag::sleepable,
        .prog_types = bit(ProgType::syscall),
        .prototype = "struct bpf_crypto_ctx *bpf_crypto_ctx_create(const struct bpf_crypto_params *params, u32 "
                     "params__sz, int *err)",
        .since = {6, 10},
        .fn = impl::bpf_crypto_ctx_create,
        .doc = {.summary = "Makes a cipher with its key.",
                .details = "There are no ciphers here: NULL, and `*err` is -EOPNOTSUPP (-EINVAL for wrong "
                           "parameters, -ENOENT for a type other than skcipher)."},
    },
    Kfunc{
        .name = "bpf_crypto_ctx_release",
        .flags = call_flag::release,
        .prog_types = bit(ProgType::syscall),
        .prototype = "void bpf_crypto_ctx_release(struct bpf_crypto_ctx *ctx)",
        .since = {6, 10},
        .fn = impl::bpf_crypto_ctx_release,
        .doc = {.summary = "Gives up a reference to a cipher."},
        .destroys = {"bpf_crypto_ctx"},
    },
    Kfunc{
        .name = "bpf_crypto_decrypt",
        .flags = call_flag::rcu,
        .prog_types = bit(ProgType::sched_act) | bit(ProgType::sched_cls) | bit(ProgType::xdp),
        .prototype = "int bpf_crypto_decrypt(struct bpf_crypto_ctx *ctx, const struct bpf_dynptr *src, const struct "
                     "bpf_dynptr *dst, const struct bpf_dynptr *siv__nullable)",
        .since = {6, 10},
        .fn = impl::bpf_crypto_decrypt,
        .doc = {.summary = "Decrypts data.", .details = "No program gets a cipher here; -EINVAL."},
    },
    Kfunc{
        .name = "bpf_crypto_encrypt",
        .flags = call_flag::rcu,
        .prog_types = bit(ProgType::sched_act) | bit(ProgType::sched_cls) | bit(ProgType::xdp),
        .prototype = "int bpf_crypto_encrypt(struct bpf_crypto_ctx *ctx, const struct bpf_dynptr *src, const struct "
                     "bpf_dynptr *dst, const struct bpf_dynptr *siv__nullable)",
        .since = {6, 10},
        .fn = impl::bpf_crypto_encrypt,
        .doc = {.summary = "Encrypts data.", .details = "No program gets a cipher here; -EINVAL."},
    },
};

}  // namespace

std::span<const Kfunc> crypto_kfuncs() {
  return entries;
}

}  // namespace skep::calls::kfunc_tables
