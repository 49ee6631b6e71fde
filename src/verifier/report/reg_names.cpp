// The names of register types, as messages and states have them: "trusted_ptr_or_null_", "rdonly_mem", "map_value".
#include "verifier/report/reg_names.hpp"

#include <array>

#include "verifier/env.hpp"

namespace skep::verifier {

namespace {

std::string_view base_name(RegType type) {
  switch (type) {
    case RegType::not_init:
      return "?";
    case RegType::scalar:
      return "scalar";
    case RegType::ctx:
      return "ctx";
    case RegType::map_ptr:
      return "map_ptr";
    case RegType::map_value:
      return "map_value";
    case RegType::map_key:
      return "map_key";
    case RegType::stack:
      return "fp";
    case RegType::packet_meta:
      return "pkt_meta";
    case RegType::packet:
      return "pkt";
    case RegType::packet_end:
      return "pkt_end";
    case RegType::flow_keys:
      return "flow_keys";
    case RegType::socket:
      return "sock";
    case RegType::sock_common:
      return "sock_common";
    case RegType::tcp_sock:
      return "tcp_sock";
    case RegType::tp_buffer:
      return "tp_buffer";
    case RegType::xdp_sock:
      return "xdp_sock";
    case RegType::btf:
      return "ptr_";
    case RegType::mem:
      return "mem";
    case RegType::arena:
      return "arena";
    case RegType::buf:
      return "buf";
    case RegType::func:
      return "func";
    case RegType::dynptr:
      return "dynptr_ptr";
    case RegType::insn:
      return "insn";
  }
  return "?";
}

struct Prefix {
  std::uint32_t flag;
  std::string_view text;
};
constexpr std::array<Prefix, 7> prefixes = {{{reg_flag::rdonly, "rdonly_"},
                                             {reg_flag::ringbuf, "ringbuf_"},
                                             {reg_flag::user, "user_"},
                                             {reg_flag::percpu, "percpu_"},
                                             {reg_flag::rcu, "rcu_"},
                                             {reg_flag::untrusted, "untrusted_"},
                                             {reg_flag::trusted, "trusted_"}}};

}  // namespace

std::string reg_type_name(RegType type, std::uint32_t flags) {
  std::string name;
  for (const Prefix& prefix : prefixes) {
    if ((flags & prefix.flag) != 0) name += prefix.text;
  }
  name += base_name(type);
  if ((flags & reg_flag::maybe_null) != 0) name += type == RegType::btf ? "or_null_" : "_or_null";
  return name;
}

std::string reg_type_string(Env&, const RegState& reg) {
  std::string text = reg_type_name(reg.type, reg.flags);
  if (reg.is(RegType::btf) && reg.btf != nullptr) text += reg.btf->type(reg.btf_id).name;
  return text;
}

}  // namespace skep::verifier
