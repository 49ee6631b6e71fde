// Pointers to kernel objects that are kept in a map value: which may be stored where, and what a load gives.
//
// A referenced kptr is only exchanged (bpf_kptr_xchg); an untrusted one may be stored if its type is the field's.
// Tested by tests/conformance/.
#include <cerrno>

#include "verifier/call/call.hpp"
#include "verifier/path/path.hpp"
#include "verifier/pointer/internal.hpp"
#include "verifier/pointer/pointer.hpp"
#include "verifier/report/reg_names.hpp"

namespace skep::verifier {
namespace {

using btf::FieldKind;

std::string_view struct_name(const btf::Field& field) {
  return field.btf->type(field.type).name;
}

// Only these kinds of object pointers may be stored, by the field's kind.
bool storable(const RegState& reg, FieldKind kind) {
  if (!reg.is(RegType::btf)) return false;
  const bool percpu = kind == FieldKind::kptr_percpu;
  std::uint32_t allowed = reg_flag::maybe_null;
  if (reg.btf->is_kernel() && !percpu)
    allowed |= reg_flag::trusted | reg_flag::rcu | (kind == FieldKind::kptr_unref ? reg_flag::untrusted : 0);
  else
    allowed |= reg_flag::alloc | (percpu ? reg_flag::percpu : 0);
  return (reg.flags & ~allowed) == 0 && (!percpu || reg.has(reg_flag::percpu));
}

}  // namespace

// Whether the object in `reg` may be kept in `field`; also asked by bpf_kptr_xchg (call/).
int check_kptr_match(Env& env, const btf::Field& field, const RegState& reg, unsigned regno) {
  const bool kind_fits = storable(reg, field.kind);
  const auto refuse = [&] {
    std::string actual{reg_type_name(reg.type, reg.flags)};
    if (kind_fits) actual += reg.btf->type(reg.btf_id).name;
    std::string expected = fmt::format("{}{}", reg_type_name(RegType::btf, 0), struct_name(field));
    if (field.kind == FieldKind::kptr_unref)
      expected += fmt::format(" or {}{}", reg_type_name(RegType::btf, reg_flag::untrusted), struct_name(field));
    return env.refuse(-EACCES, "invalid kptr access, R{} type={} expected={}", regno, actual, expected);
  };
  if (!kind_fits) return refuse();
  // A known place: what lies there decides. An owned kptr takes the object itself alone, another a member of its type.
  if (!reg.r.is_const() || reg.fixed_offset() < 0) return check_fixed_offset(env, reg, regno, 0);
  const bool strict = field.kind != FieldKind::kptr_unref;
  const auto at = static_cast<std::uint64_t>(reg.fixed_offset());
  const bool same = reg.btf->contains_at(reg.btf_id, at, *field.btf, field.type, strict);
  return same ? 0 : refuse();
}

namespace {

// What a load gives depends on whether the object can go away under the program's eyes.
std::uint32_t loaded_flags(Env& env, const btf::Field& field) {
  std::uint32_t flags = reg_flag::maybe_null;
  if (field.kind == FieldKind::uptr) return flags;  // see load_kptr: memory
  const bool kernel_type = field.btf->is_kernel();
  if (field.kind != FieldKind::kptr_unref && in_rcu_section(env)) {
    // Objects of the program's own types, and the few kernel types whose memory outlives a grace period.
    static constexpr std::string_view rcu_types[] = {"prog_test_ref_kfunc", "cgroup",         "bpf_cpumask",
                                                     "task_struct",         "bpf_crypto_ctx", "bpf_ksock"};
    bool rcu = !kernel_type;
    for (std::string_view name : rcu_types) rcu = rcu || struct_name(field) == name;
    if (rcu) {
      flags |= reg_flag::rcu;
      if (field.kind == FieldKind::kptr_percpu)
        flags |= reg_flag::percpu;
      else if (!kernel_type)
        flags |= reg_flag::alloc;
      // A node may be in a list or tree, from where others remove it once the lock is dropped.
      const btf::Record* record = kernel_type ? nullptr : record_of_allocated(env, field.btf.get(), field.type);
      if (record != nullptr && (record->has(FieldKind::list_node) || record->has(FieldKind::rb_node)))
        flags |= reg_flag::non_owning;
      return flags;
    }
  }
  return flags | reg_flag::untrusted;
}

void load_kptr(Env& env, RegState& result, const btf::Field& field) {
  if (field.kind == FieldKind::uptr) {
    result.mark_pointer(RegType::mem, reg_flag::maybe_null);
    result.mem_size = field.btf->size_of(field.type).value_or(0);
    result.id = env.new_id();
    return;
  }
  mark_btf_pointer(env, result, field.btf.get(), field.type, loaded_flags(env, field));
}

}  // namespace

int access_map_kptr(Env& env, const MemAccess& access, const btf::Field& field) {
  const Insn& insn = env.insns[access.insn];
  if (insn.mode() != mem_mode::mem || access.options.is_atomic)
    return env.refuse(-EACCES, "kptr in map can only be accessed using BPF_MEM instruction mode");
  if (access.is_read()) {
    if (access.value_reg >= 0) load_kptr(env, env.reg(static_cast<unsigned>(access.value_reg)), field);
    return 0;
  }
  if (field.kind == FieldKind::kptr_ref || field.kind == FieldKind::kptr_percpu)
    return env.refuse(-EACCES, "store to referenced kptr disallowed");
  if (field.kind == FieldKind::uptr) return env.refuse(-EACCES, "store to uptr disallowed");
  if (insn.insn_class() == insn_class::st) {
    if (insn.imm != 0) return env.refuse(-EACCES, "BPF_ST imm must be 0 when storing to kptr at off={}", field.offset);
    return 0;
  }
  const auto value_reg = static_cast<unsigned>(access.value_reg);
  const RegState& value = env.reg(value_reg);
  return value.is_null() ? mark_precise(env, value_reg) : check_kptr_match(env, field, value, value_reg);
}

}  // namespace skep::verifier
