// Objects passed to kfuncs: whether they may be trusted, and whether one type may stand for another.
//
// Tested by tests/conformance/.
#include "verifier/call/internal.hpp"
#include "verifier/report/reg_names.hpp"

namespace skep::verifier {

using btf::Kind;

std::string_view kind_word(Kind kind) {
  switch (kind) {
    case Kind::int_:
      return "INT";
    case Kind::ptr:
      return "PTR";
    case Kind::array:
      return "ARRAY";
    case Kind::struct_:
      return "STRUCT";
    case Kind::union_:
      return "UNION";
    case Kind::enum_:
      return "ENUM";
    case Kind::fwd:
      return "FWD";
    case Kind::typedef_:
      return "TYPEDEF";
    case Kind::func:
      return "FUNC";
    case Kind::func_proto:
      return "FUNC_PROTO";
    case Kind::float_:
      return "FLOAT";
    case Kind::enum64:
      return "ENUM64";
    default:
      return "UNKNOWN";
  }
}

// Whether a pointer to `pointee` (modifiers kept) is the context of this program type.
bool is_context_struct(const Env& env, const btf::Btf& btf, btf::TypeId pointee, bool tagged) {
  const auto& type = env.type();
  const progtypes::TaggedContext& tags = type.tagged_context;
  const auto is_tagged_name = [&](std::string_view name) {
    return std::ranges::find(tags.names, name) != tags.names.end();
  };
  // Typedefs on the way may carry the name that counts.
  btf::TypeId id = pointee;
  std::string_view name = btf.type(btf.skip_modifiers(pointee)).name;
  while (btf.type(id).is_modifier()) {
    if (btf.type(id).kind == Kind::typedef_ && btf.type(id).name == "bpf_user_pt_regs_t")
      return type.context_type == "bpf_user_pt_regs_t" || (tagged && is_tagged_name("bpf_user_pt_regs_t"));
    id = btf.type(id).type;
  }
  const btf::Type& t = btf.type(id);
  if (!tagged) {
    if (t.kind != Kind::struct_ || name.empty()) return false;
    return name == type.context_type || name == type.other_context_type;
  }
  if (t.kind == Kind::void_ || tags.anything || is_tagged_name(name)) return true;
  if (tags.iterators && t.kind == Kind::struct_ && name.starts_with("bpf_iter__")) return true;
  if (tags.words && t.kind == Kind::int_ && t.size == 8) return true;
  if (tags.words && t.kind == Kind::struct_ && name == "bpf_raw_tracepoint_args") return true;
  return t.kind == Kind::struct_ && name == type.context_type;
}

namespace {

constexpr std::uint32_t trusted_modifiers = reg_flag::alloc | reg_flag::trusted | reg_flag::non_owning;

// Kernel types of the pointers that have a register type of their own.
std::string_view type_name_of(RegType type) {
  switch (type) {
    case RegType::socket:
      return "sock";
    case RegType::sock_common:
      return "sock_common";
    case RegType::tcp_sock:
      return "tcp_sock";
    case RegType::map_ptr:
      return "bpf_map";
    default:
      return {};
  }
}

// `x` and `x___init` are the same bytes and not the same type.
bool nocast_alias(std::string_view a, std::string_view b) {
  constexpr std::string_view suffix = "___init";
  const bool a_init = a.ends_with(suffix), b_init = b.ends_with(suffix);
  if (a_init == b_init) return false;
  if (a_init) a.remove_suffix(suffix.size());
  if (b_init) b.remove_suffix(suffix.size());
  return a == b;
}

}  // namespace

bool is_projection(std::string_view wanted, std::string_view given) {
  return (wanted == "__sk_buff" && given == "sk_buff") || (wanted == "xdp_md" && given == "xdp_buff");
}

bool is_trusted_arg(const RegState& reg) {
  if (reg.ref_id != 0) return true;
  if (!type_name_of(reg.type).empty() && (reg.flags & ~trusted_modifiers) == 0) return true;
  return (reg.flags & trusted_modifiers) != 0 && (reg.flags & ~trusted_modifiers) == 0;
}

bool is_rcu_arg(const RegState& reg) {
  return reg.has(reg_flag::rcu);
}

const btf::Btf* btf_behind(Env& env, const RegState& reg, btf::TypeId& id) {
  if (reg.is(RegType::btf)) {
    id = reg.btf_id;
    return reg.btf;
  }
  const std::string_view name = type_name_of(reg.type);
  if (name.empty() || env.kernel_btf == nullptr) return nullptr;
  id = env.kernel_btf->find(name, Kind::struct_);
  return id == 0 ? nullptr : env.kernel_btf.get();
}

int check_kfunc_object(Env& env, const Call& call, unsigned regno, const btf::Btf& btf, btf::TypeId wanted) {
  const RegState& reg = env.reg(regno);
  const btf::Type& wanted_type = btf.type(wanted);
  btf::TypeId given = 0;
  const btf::Btf* given_btf = btf_behind(env, reg, given);
  const std::uint32_t unsafe = reg.flags & ~(trusted_modifiers | reg_flag::rcu);
  if (given_btf == nullptr || (reg.is(RegType::btf) && unsafe != 0 && !is_rcu_arg(reg)))
    return env.refuse(-EINVAL, "R{} is {} expected {} {}", regno, reg_type_name(reg.type, reg.flags),
                      kind_word(wanted_type.kind), wanted_type.name);
  const btf::TypeId given_id = given_btf->skip_modifiers(given);
  const btf::Type& given_type = given_btf->type(given_id);
  const bool strict =
      (call.has(calls::call_flag::release) && reg.ref_id != 0) || nocast_alias(given_type.name, wanted_type.name);
  const std::int64_t offset = reg.r.is_const() ? reg.fixed_offset() : -1;
  const bool same =
      offset >= 0 && given_btf->contains_at(given_id, static_cast<std::uint64_t>(offset), btf, wanted, strict);
  if (same || is_projection(wanted_type.name, given_type.name)) return 0;
  return env.refuse(-EINVAL, "kernel function {} R{} expected pointer to {} {} but R{} has a pointer to {} {}",
                    call.name(), regno, kind_word(wanted_type.kind), wanted_type.name, regno,
                    kind_word(given_type.kind), given_type.name);
}

bool is_scalar_struct(const btf::Btf& btf, btf::TypeId id, unsigned depth) {
  if (depth > 4) return false;
  const btf::Type& t = btf.resolved(id);
  if (!t.is_struct_or_union()) return false;
  for (const btf::Member& m : btf.members(t)) {
    btf::TypeId member = btf.skip_modifiers(m.type);
    if (btf.type(member).kind == Kind::array) member = btf.skip_modifiers(btf.type(member).type);
    const btf::Type& mt = btf.type(member);
    if (mt.is_struct_or_union()) {
      if (!is_scalar_struct(btf, member, depth + 1)) return false;
    } else if (mt.kind != Kind::int_ && mt.kind != Kind::enum_ && mt.kind != Kind::enum64) {
      return false;
    }
  }
  return true;
}

}  // namespace skep::verifier
