// From a verified program to one that an engine can run. See kernel/runtime_code.hpp.
#include "kernel/runtime_code.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cerrno>

#include "engine/arena_access.hpp"
#include "engine/context.hpp"
#include "engine/map_field.hpp"
#include "kernel/map_fields.hpp"

namespace skep {
namespace {

// A load of a context field that is a pointer reads the eight bytes in the shadow instead of the four of the struct.
Insn shadow_load(Insn insn, std::uint32_t context_size) {
  const auto field = static_cast<std::uint32_t>(insn.off);
  insn.code = insn_class::ldx | mem_mode::mem | mem_size::dw;
  insn.off = static_cast<std::int16_t>(engine::Context::shadow_offset(context_size) + 2 * field);
  return insn;
}

bool arithmetic(const Insn& insn) {
  return insn.insn_class() == insn_class::alu64 || insn.insn_class() == insn_class::alu;
}
// Of an address in an arena only the lower half counts.
Insn on_lower_half(Insn insn) {
  insn.code = static_cast<std::uint8_t>((insn.code & ~7) | insn_class::alu);
  return insn;
}

// A load of what a map says of itself.
void read_map_field(const btf::Btf& kernel_types, const verifier::InsnFacts& facts, Insn& insn, engine::InsnMeta& meta,
                    std::string& obstacle) {
  std::string name;
  const auto found = facts.map_field_type == MapType::unspec
                         ? std::nullopt
                         : find_map_field(kernel_types, facts.map_field_type, static_cast<std::uint32_t>(insn.off),
                                          access_bytes(insn.size()), name);
  if (!found) {
    if (obstacle.empty()) obstacle = fmt::format("reading {} of a map", name.empty() ? "different fields" : name);
    return;
  }
  insn.code = static_cast<std::uint8_t>(insn_class::ldx | engine::map_field_mode | insn.size());
  meta.value = *found;
}

// Per-CPU globals have an address on each CPU.
bool is_per_cpu_value(const Insn& insn, const verifier::InsnFacts& facts) {
  return insn.is_wide_load() && (insn.src == pseudo::map_value || insn.src == pseudo::map_idx_value) &&
         facts.map != nullptr && facts.map->type == MapType::percpu_array;
}
void load_per_cpu_value(const std::vector<std::shared_ptr<maps::Map>>& maps, const verifier::InsnFacts& facts,
                        Insn& first, Insn& second, engine::InsnMeta& meta, std::string& obstacle) {
  const auto it = std::find_if(maps.begin(), maps.end(), [&](const auto& map) { return &map->info() == facts.map; });
  if (it == maps.end()) {
    obstacle = "the address of an unknown map";
    return;
  }
  meta.value = static_cast<std::uint32_t>(first.imm);  // the map has no address of its own: the immediate is the offset
  const auto map = reinterpret_cast<std::uint64_t>(it->get());
  first.src = engine::per_cpu_value;
  first.imm = static_cast<std::int32_t>(map);
  second.imm = static_cast<std::int32_t>(map >> 32);
}

// Where the instructions that were loaded are now.
std::vector<std::uint32_t> moved_to(const verifier::Verified& verified) {
  std::vector<std::uint32_t> moved(verified.original.empty() ? 0 : verified.original.back() + 1);
  for (std::uint32_t now = 0; now < verified.original.size(); ++now) moved[verified.original[now]] = now;
  return moved;
}

bool is_pointer_field(std::uint8_t field) {
  return static_cast<progtypes::CtxField>(field) != progtypes::CtxField::scalar;
}

}  // namespace

std::shared_ptr<const engine::Program> make_runtime_code(const ProgramObject& program,
                                                         const verifier::Verified& verified,
                                                         const btf::Btf& kernel_types,
                                                         std::vector<std::shared_ptr<const void>> keep) {
  engine::Code code;
  code.name = program.name;
  code.type = program.type->type;
  code.insns = verified.insns;
  code.meta.resize(verified.insns.size());
  code.might_sleep = verified.might_sleep || program.sleepable;
  code.keep = std::move(keep);
  for (const auto& map : program.maps) code.maps.push_back(map->map);
  for (std::size_t i = 0; i < verified.insns.size(); ++i) {
    const verifier::InsnFacts& facts = verified.facts[i];
    engine::InsnMeta& meta = code.meta[i];
    meta.helper = facts.helper;
    meta.kfunc = facts.kfunc;
    meta.callee = facts.callee;
    meta.fault_protected = facts.fault_protected;
    meta.needs_aux = facts.needs_aux;
    meta.value = facts.value;
    meta.record = facts.record;
    Insn& insn = code.insns[i];
    // 64-bit fields (tracing arguments) are eight bytes wide in the context itself.
    if (facts.is_ctx_access && insn.insn_class() == insn_class::ldx && insn.size() == mem_size::w &&
        is_pointer_field(facts.ctx_field))
      insn = shadow_load(insn, program.type->context_size);
    if (facts.arena) insn = arithmetic(insn) ? on_lower_half(insn) : engine::through_arena(insn);
    if (is_per_cpu_value(insn, facts) && i + 1 < verified.insns.size())
      load_per_cpu_value(code.maps, facts, insn, code.insns[i + 1], meta, code.obstacle);
    if (facts.map_field) read_map_field(kernel_types, facts, insn, meta, code.obstacle);
  }
  const auto is_table = [](const auto& map) { return map->info().type == MapType::insn_array; };
  if (std::any_of(code.maps.begin(), code.maps.end(), is_table)) code.moved_to = moved_to(verified);
  std::uint32_t index = 0;
  for (const verifier::SubprogramFacts& facts : verified.subprograms) {
    code.subprograms.push_back({nullptr, index, facts.name, facts.start, facts.end, facts.stack_depth});
    if (facts.is_exception_callback) code.exception_callback = static_cast<std::int32_t>(index);
    ++index;
  }
  return engine::Program::make(std::move(code));
}

int find_attach_target(Kernel::Impl& kernel, std::uint32_t btf_id, std::uint32_t fd, AttachType attach_type,
                       ProgramObject& program, std::optional<verifier::AttachTarget>& found) {
  const ProgType type = program.type->type;
  if (type != ProgType::tracing && type != ProgType::lsm && type != ProgType::struct_ops && type != ProgType::ext)
    return -EINVAL;
  verifier::AttachTarget target;
  int error = 0;
  if (fd != 0) {
    if (const auto other = kernel.find<ProgramObject>(fd, ObjectKind::program, error); other != nullptr) {
      if (type != ProgType::tracing && type != ProgType::ext) return -EINVAL;
      if (!other->btf) return -EINVAL;
      target.btf = other->btf->btf;
      verifier::AttachTarget::TargetProgram of{};
      of.type = other->type->type;
      of.def = other->type;
      of.attach_type = other->attach_type;
      of.sleepable = other->sleepable;
      of.changes_packet = other->changes_packet;
      of.is_tracing = of.type == ProgType::tracing;
      of.is_extension = of.type == ProgType::ext;
      of.subprogram = ~0U;
      for (std::uint32_t i = 0; i < other->func_info.size(); ++i)
        if (other->func_info[i].type == btf_id) of.subprogram = i;
      if (of.subprogram < other->subprograms.size()) of.might_sleep = other->subprograms[of.subprogram].might_sleep;
      target.program = of;
    } else {
      const auto types = kernel.find<BtfObject>(fd, ObjectKind::btf, error);
      if (!types) return -EINVAL;
      if (!types->kernel) return -ENOTSUP;
      target.btf = types->btf;
      program.attach_btf_obj_id = types->id;
    }
  } else {
    target.btf = kernel.vmlinux->btf;
    program.attach_btf_obj_id = kernel.vmlinux->id;
  }
  program.attach_btf_id = btf_id;
  if (btf_id == 0) return type == ProgType::ext || target.program ? -EINVAL : 0;
  if (!target.btf->valid(btf_id)) return -EINVAL;
  target.type = btf_id;
  const btf::Type& named = target.btf->type(btf_id);
  target.name = named.name;
  program.attach_function = target.name;
  if (type == ProgType::struct_ops) {
    target.member = static_cast<std::uint32_t>(attach_type);
    program.struct_ops_type = target.name;
    const auto members = named.is_struct_or_union() ? target.btf->members(named) : std::span<const btf::Member>{};
    if (target.member < members.size()) program.struct_ops_member = members[target.member].name;
    program.traits.struct_ops_type = program.struct_ops_type;
    program.traits.struct_ops_member = program.struct_ops_member;
  } else if (type == ProgType::tracing && attach_type == AttachType::trace_raw_tp &&
             target.name.starts_with("btf_trace_")) {
    program.attach_function = target.name.substr(sizeof("btf_trace_") - 1);
  }
  program.traits.attach_function = program.attach_function;
  found = std::move(target);
  return 0;
}

}  // namespace skep
