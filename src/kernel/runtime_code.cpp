// From a verified program to one that an engine can run. See kernel/runtime_code.hpp.
#include "kernel/runtime_code.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cerrno>

#include "calls/prototype.hpp"
#include "kernel/map_fields.hpp"
#include "kernel/mocks.hpp"
#include "verifier/report/source.hpp"

namespace skep {
namespace {

// A load of what a map says of itself.
void read_map_field(const btf::Btf& kernel_types, const verifier::InsnFacts& proved, const Insn& insn,
                    runtime::InsnFacts& facts, std::string& obstacle) {
  std::string name;
  const auto found = proved.map_field_type == MapType::unspec
                         ? std::nullopt
                         : find_map_field(kernel_types, maps::map_type(proved.map_field_type).kernel_struct,
                                          static_cast<std::uint32_t>(insn.off), access_bytes(insn.size()), name);
  if (!found) {
    if (obstacle.empty()) obstacle = fmt::format("reading {} of a map", name.empty() ? "different fields" : name);
    return;
  }
  facts.map_field = found->field;
  facts.map_field_skip = static_cast<std::uint8_t>(found->skip);
}

// Per-CPU globals have an address on each CPU: the immediate is the offset alone.
bool is_per_cpu_value(const Insn& insn, const verifier::InsnFacts& facts) {
  return insn.is_wide_load() && (insn.src == pseudo::map_value || insn.src == pseudo::map_idx_value) &&
         facts.map != nullptr && maps::map_type(facts.map->type).per_cpu;
}

void set_variable(const CodeSurroundings& surroundings, Insn& low, Insn& high) {
  if (!surroundings.variable) return;
  const auto address = surroundings.variable(static_cast<btf::TypeId>(low.imm), static_cast<std::uint32_t>(high.imm));
  if (!address) return;
  low.imm = static_cast<std::int32_t>(*address);
  high.imm = static_cast<std::int32_t>(*address >> 32);
}

// Where the instructions that were loaded are now.
std::vector<std::uint32_t> moved_to(const verifier::Verified& verified) {
  std::vector<std::uint32_t> moved(verified.original.empty() ? 0 : verified.original.back() + 1);
  for (std::uint32_t now = 0; now < verified.original.size(); ++now) moved[verified.original[now]] = now;
  return moved;
}

std::shared_ptr<const runtime::SourceLines> source_lines(const ProgramObject& program) {
  if (program.line_info.empty() || program.btf == nullptr) return nullptr;
  auto source = std::make_shared<runtime::SourceLines>();
  source->keep = program.btf->btf;
  source->lines.reserve(program.line_info.size());
  for (const verifier::LineInfo& info : program.line_info) {
    const verifier::SourceLine line = verifier::source_line(*program.btf->btf, info);
    source->lines.push_back({info.insn_off, line.line, line.column, line.file, line.text});
  }
  return source;
}

// How many bytes a function's result has, with a sign less than 0.
std::int8_t result_bytes(const ProgramObject& program, const std::string& function) {
  if (program.btf == nullptr) return 8;
  const btf::Btf& types = *program.btf->btf;
  const btf::TypeId id = types.find(function, btf::Kind::func);
  if (id == 0) return 8;
  const btf::TypeId result = types.type(types.type(id).type).type;
  const auto size = types.size_of(result);
  if (!size || *size == 0 || *size > 8) return 8;
  const auto bytes = static_cast<std::int8_t>(*size);
  const btf::Type& type = types.resolved(result);
  const bool is_signed = type.kind == btf::Kind::int_ ? (type.int_encoding & 1) != 0 : type.kind_flag;
  return is_signed ? static_cast<std::int8_t>(-bytes) : bytes;
}

// A call whose place a function is to take that the program does not have. Such a function's own calls are real.
std::string missing_stand_in(const CodeSurroundings& surroundings, const verifier::Verified& verified, std::size_t at) {
  const verifier::InsnFacts& call = verified.facts[at];
  if (surroundings.mocks == nullptr || (call.helper == nullptr && call.kfunc == nullptr)) return {};
  const std::string_view name = call.helper != nullptr ? call.helper->name : call.kfunc->name;
  const std::string function = surroundings.mocks->function_of(name);
  if (function.empty()) return {};
  for (const verifier::SubprogramFacts& subprogram : verified.subprograms)
    if (subprogram.name == function && at >= subprogram.start && at < subprogram.end) return {};
  return fmt::format("a call of {} that {}() is to answer, which is no global function of its object", name, function);
}

bool is_pointer_field(std::uint8_t field) {
  return static_cast<progtypes::CtxField>(field) != progtypes::CtxField::scalar;
}

}  // namespace

runtime::Code make_runtime_code(const CodeSurroundings& surroundings, const ProgramObject& program,
                                const verifier::Verified& verified, std::vector<std::shared_ptr<const void>> keep) {
  const auto is_mocked = [mocks = surroundings.mocks](const verifier::InsnFacts& call) {
    if (call.stand_in >= 0) return true;
    return mocks != nullptr && ((call.helper != nullptr && mocks->has(call.helper->name)) ||
                                (call.kfunc != nullptr && mocks->has(call.kfunc->name)));
  };
  runtime::Code code;
  code.name = program.name;
  code.type = program.type->type;
  code.context_size = program.type->context_size;
  code.insns = verified.insns;
  code.arguments = verified.arguments;
  code.facts.resize(verified.insns.size());
  code.might_sleep = verified.might_sleep || program.sleepable;
  code.writes_packets =
      program.type->packet_write_allowed != nullptr && program.type->packet_write_allowed(program.traits);
  code.keep = std::move(keep);
  for (const auto& map : program.maps) code.maps.push_back(map->map);
  const auto map_of = [&](const maps::MapInfo* info) -> maps::Map* {
    for (const auto& map : code.maps)
      if (info != nullptr && &map->info() == info) return map.get();
    return nullptr;
  };
  // The verifier, as the kernel's, goes on to trust what is read back there: an address that the program made up.
  const bool writes_arguments = program.type->writes_arguments;
  for (std::size_t i = 0; i < verified.insns.size(); ++i) {
    const verifier::InsnFacts& proved = verified.facts[i];
    const Insn& insn = code.insns[i];
    runtime::InsnFacts& facts = code.facts[i];
    facts.helper = proved.helper;
    facts.kfunc = proved.kfunc;
    facts.stand_in = proved.stand_in;
    facts.mocked = is_mocked(proved);
    if (facts.stand_in >= 0) facts.stand_in_bytes = result_bytes(program, verified.subprograms[facts.stand_in].name);
    if (facts.stand_in < 0 && code.obstacle.empty()) code.obstacle = missing_stand_in(surroundings, verified, i);
    facts.callee = proved.callee;
    facts.arguments = proved.arguments;
    facts.map = map_of(proved.map);
    facts.original = verified.original[i];
    facts.result_not_null = proved.result_not_null;
    facts.fault_protected = proved.fault_protected;
    facts.zero_extend = proved.zero_extend;
    facts.arena = proved.arena;
    facts.value = proved.value;
    facts.record = proved.record;
    facts.field = proved.field;
    if (proved.kfunc != nullptr) {
      if (proved.needs_aux) facts.aux_register = static_cast<std::uint8_t>(calls::aux_register_of(*proved.kfunc));
      facts.arena_arguments = calls::arena_arguments_of(proved.kfunc->prototype);
    }
    // 64-bit fields (tracing arguments) are eight bytes wide in the context itself.
    facts.pointer_field = proved.is_ctx_access && insn.insn_class() == insn_class::ldx && insn.size() == mem_size::w &&
                          is_pointer_field(proved.ctx_field);
    code.context_pointers |= proved.is_ctx_access && is_pointer_field(proved.ctx_field);
    facts.per_cpu_value = is_per_cpu_value(insn, proved);
    if (insn.is_wide_load() && insn.src == pseudo::btf_id) set_variable(surroundings, code.insns[i], code.insns[i + 1]);
    if (proved.map_field) read_map_field(surroundings.kernel_types, proved, insn, facts, code.obstacle);
    if (proved.is_ctx_access && writes_arguments &&
        (insn.insn_class() == insn_class::st || insn.insn_class() == insn_class::stx))
      code.obstacle = "a write over the arguments that it was given";
  }
  const auto is_table = [](const auto& map) {
    return maps::map_type(map->info().type).holds == maps::Holds::instructions;
  };
  if (std::any_of(code.maps.begin(), code.maps.end(), is_table)) code.moved_to = moved_to(verified);
  code.source = source_lines(program);
  std::uint32_t index = 0;
  for (const verifier::SubprogramFacts& facts : verified.subprograms) {
    code.subprograms.push_back({nullptr, index, facts.name, facts.start, facts.end, facts.stack_depth});
    if (facts.is_exception_callback) code.exception_callback = static_cast<std::int32_t>(index);
    ++index;
  }
  return code;
}

int find_attach_target(Kernel::Impl& kernel, std::uint32_t btf_id, std::uint32_t fd, AttachType attach_type,
                       ProgramObject& program, std::optional<verifier::AttachTarget>& found) {
  using progtypes::AttachedTo;
  const AttachedTo to = progtypes::attached_to(*program.type, program.traits);
  if (to == AttachedTo::nothing) return -EINVAL;
  verifier::AttachTarget target;
  int error = 0;
  if (fd != 0) {
    if (const auto other = kernel.find<ProgramObject>(fd, ObjectKind::program, error); other != nullptr) {
      if (to != AttachedTo::program && !progtypes::traces(to)) return -EINVAL;
      if (!other->btf) return -EINVAL;
      target.btf = other->btf->btf;
      verifier::AttachTarget::TargetProgram of{};
      of.type = other->type->type;
      of.def = other->type;
      of.attach_type = other->attach_type;
      of.sleepable = other->sleepable;
      of.changes_packet = other->changes_packet;
      of.subprogram = ~0U;
      for (std::uint32_t i = 0; i < other->func_info.size(); ++i)
        if (other->func_info[i].type == btf_id) of.subprogram = i;
      program.extends = other;
      program.extends_function = of.subprogram;
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
  if (btf_id == 0) return to == AttachedTo::program || target.program ? -EINVAL : 0;
  if (!target.btf->valid(btf_id)) return -EINVAL;
  target.type = btf_id;
  const btf::Type& named = target.btf->type(btf_id);
  target.name = named.name;
  program.attach_function = target.name;
  if (to == AttachedTo::operation) {
    target.member = static_cast<std::uint32_t>(attach_type);
    program.struct_ops_type = target.name;
    const auto members = named.is_struct_or_union() ? target.btf->members(named) : std::span<const btf::Member>{};
    if (target.member < members.size()) program.struct_ops_member = members[target.member].name;
    program.traits.struct_ops_type = program.struct_ops_type;
    program.traits.struct_ops_member = program.struct_ops_member;
  } else if (to == AttachedTo::tracepoint && target.name.starts_with("btf_trace_")) {
    program.attach_function = target.name.substr(sizeof("btf_trace_") - 1);
  }
  program.traits.attach_function = program.attach_function;
  found = std::move(target);
  return 0;
}

}  // namespace skep
