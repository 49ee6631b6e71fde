// 64-bit immediate loads name maps, variables of the kernel and functions of the program: here they get their meaning.
// On the way every instruction's shape is checked (insn_fields.cpp), and every map against the program that uses it
// (map_use.cpp). Tested by tests/conformance/.
#include <algorithm>

#include "verifier/program/insn_fields.hpp"
#include "verifier/program/map_use.hpp"
#include "verifier/program/program.hpp"

namespace skep::verifier {

namespace {

void set_immediate(Env& env, std::uint32_t at, std::uint64_t value) {
  env.insns[at].imm = static_cast<std::int32_t>(value);
  env.insns[at + 1].imm = static_cast<std::int32_t>(value >> 32);
}

// ---- variables and functions of the kernel --------------------------------------------------------------------------

bool is_percpu(const btf::Btf& btf, btf::TypeId var) {
  const btf::TypeId section = btf.find_own(".data..percpu", btf::Kind::datasec);
  if (section == 0) return false;
  const auto vars = btf.section_vars(btf.type(section));
  return std::any_of(vars.begin(), vars.end(), [&](const btf::SectionVar& v) { return v.type == var; });
}

int resolve_variable(Env& env, InsnAux& aux, const btf::Btf& btf, btf::TypeId id) {
  const btf::TypeId of = btf.skip_modifiers(btf.type(id).type);
  const btf::Type& type = btf.type(of);
  if (is_percpu(btf, id)) {
    aux.names.ldimm_type = RegType::btf;
    aux.names.ldimm_flags = reg_flag::percpu;
  } else if (type.is_struct_or_union()) {
    aux.names.ldimm_type = RegType::btf;
  } else {
    const auto size = btf.size_of(of);
    if (!size) {
      return env.refuse(-EINVAL, "ldimm64 unable to resolve the size of type '{}': {}", type.name, -EINVAL);
    }
    aux.names.ldimm_type = RegType::mem;
    aux.names.ldimm_flags = reg_flag::rdonly;
    aux.names.btf_var_mem_size = *size;
    return 0;
  }
  aux.names.btf = &btf;
  aux.names.btf_id = of;
  return 0;
}

int resolve_kernel_symbol(Env& env, std::uint32_t at) {
  InsnAux& aux = env.aux[at];
  const btf::Btf* btf = env.kernel_btf.get();
  if (env.insns[at + 1].imm != 0) {
    int error = -EBADF;
    const auto module = env.input.resolver->btf_by_fd(env.insns[at + 1].imm, error);
    if (!module) return env.refuse(-EINVAL, "invalid module BTF object FD specified.");
    btf = module.get();
    env.module_types.push_back(module);
  } else if (btf == nullptr) {
    return env.refuse(-EINVAL, "kernel is missing BTF, make sure CONFIG_DEBUG_INFO_BTF=y is specified in Kconfig.");
  }
  const std::int32_t id = env.insns[at].imm;
  if (id <= 0 || !btf->valid(static_cast<btf::TypeId>(id))) {
    return env.refuse(-ENOENT, "ldimm64 insn specifies invalid btf_id {}.", id);
  }
  const btf::Type& symbol = btf->type(static_cast<btf::TypeId>(id));
  if (symbol.kind == btf::Kind::func) {
    aux.names.ldimm_type = RegType::mem;
    aux.names.ldimm_flags = reg_flag::rdonly;
    return 0;
  }
  if (symbol.kind != btf::Kind::var) {
    return env.refuse(-EINVAL, "pseudo btf_id {} in ldimm64 isn't KIND_VAR or KIND_FUNC.", id);
  }
  return resolve_variable(env, aux, *btf, static_cast<btf::TypeId>(id));
}

// ---- maps -----------------------------------------------------------------------------------------------------------

// Only these keep their values where an address can point to.
int direct_value_error(const maps::MapInfo& map, std::uint32_t offset) {
  using maps::DirectValues;
  switch (maps::map_type(map.type).direct_values) {
    case DirectValues::element:
      if (map.max_entries != 1) return -enotsupp;
      return offset >= map.value_size ? -EINVAL : 0;
    case DirectValues::instructions:
      return offset % 8 != 0 || offset / 8 >= map.max_entries ? -EINVAL : 0;
    case DirectValues::pages:
      return offset >= std::uint64_t{map.max_entries} << 12 ? -EINVAL : 0;
    case DirectValues::none:
      return 0;
  }
  return 0;
}

bool has_direct_values(const maps::MapInfo& map) {
  return maps::map_type(map.type).direct_values != maps::DirectValues::none;
}

const maps::MapInfo* find_map(Env& env, std::uint32_t at, int& error) {
  const Insn& insn = env.insns[at];
  const bool by_index = insn.src == pseudo::map_idx || insn.src == pseudo::map_idx_value;
  error = 0;
  const maps::MapInfo* map = by_index ? env.input.resolver->map_by_index(static_cast<std::uint32_t>(insn.imm), error)
                                      : env.input.resolver->map_by_fd(insn.imm, error);
  if (map != nullptr) return map;
  if (error == -EPROTO) {
    env.refuse(error, "fd_idx without fd_array is invalid");
  } else if (error != -EFAULT) {
    env.refuse(error, "fd {} is not pointing to valid bpf_map", insn.imm);
  } else {
    env.refuse(error, "skep: the descriptor array cannot be read");
  }
  return nullptr;
}

int resolve_map(Env& env, std::uint32_t at) {
  int error = 0;
  const maps::MapInfo* map = find_map(env, at, error);
  if (map == nullptr) return error;
  if ((error = use_map(env, *map)) != 0) return error;
  const Insn& insn = env.insns[at];
  InsnAux& aux = env.aux[at];
  aux.names.map = map;
  if (insn.src == pseudo::map_fd || insn.src == pseudo::map_idx) {
    set_immediate(env, at, env.input.resolver->map_address(*map));
    return 0;
  }
  const auto offset = static_cast<std::uint32_t>(env.insns[at + 1].imm);
  if (!has_direct_values(*map)) return env.refuse(-EINVAL, "no direct value access support for this map type");
  if ((error = direct_value_error(*map, offset)) != 0) {
    return env.refuse(error, "invalid access to map value pointer, value_size={} off={}", map->value_size, offset);
  }
  aux.names.map_value_offset = offset;
  set_immediate(env, at, map->value_address + offset);
  return 0;
}

// ---- the load -------------------------------------------------------------------------------------------------------

int resolve_wide_load(Env& env, std::uint32_t at) {
  const Insn& insn = env.insns[at];
  if (at + 1 == env.insns.size()) return env.refuse(-EINVAL, "invalid bpf_ld_imm64 insn");
  const Insn& second = env.insns[at + 1];
  if (second.code != 0 || second.dst != 0 || second.src != 0 || second.off != 0) {
    return env.refuse(-EINVAL, "invalid bpf_ld_imm64 insn");
  }
  if (insn.off != 0) return env.refuse(-EINVAL, "BPF_LD_IMM64 uses reserved fields");
  switch (insn.src) {
    case 0:
      return 0;
    case pseudo::btf_id:
      return resolve_kernel_symbol(env, at);
    case pseudo::func:
      env.aux[at].names.ldimm_type = RegType::func;
      return 0;
    case pseudo::map_fd:
    case pseudo::map_idx:
      if (second.imm != 0) return env.refuse(-EINVAL, "unrecognized bpf_ld_imm64 insn");
      return resolve_map(env, at);
    case pseudo::map_value:
    case pseudo::map_idx_value:
      return resolve_map(env, at);
    default:
      return env.refuse(-EINVAL, "unrecognized bpf_ld_imm64 insn");
  }
}

}  // namespace

int resolve_pseudo_loads(Env& env) {
  const std::bitset<256> known = known_opcodes(*env.input.rules);
  for (std::uint32_t at = 0; at < env.insns.size(); ++at) {
    env.insn_idx = at;
    const Insn& insn = env.insns[at];
    if (insn.is_wide_load()) {
      if (const int error = resolve_wide_load(env, at)) return error;
      ++at;
      continue;
    }
    if (!known.test(insn.code)) return env.refuse(-EINVAL, "unknown opcode {:02x}", insn.code);
    if (const int error = check_insn_fields(env, at)) return error;
  }
  env.insn_idx = 0;
  return 0;
}

}  // namespace skep::verifier
