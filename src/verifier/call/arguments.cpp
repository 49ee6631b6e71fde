// The arguments of a helper: may this register be passed here?
//
// For each argument the helper's entry names a kind; a kind accepts some register types, and says what else must hold
// (the memory is there, the string ends, the map is the right one). Tested by tests/verifier/call/.
#include <optional>
#include <span>

#include "verifier/call/internal.hpp"
#include "verifier/insn/insn.hpp"
#include "verifier/path/path.hpp"
#include "verifier/pointer/internal.hpp"
#include "verifier/pointer/pointer.hpp"
#include "verifier/report/explain.hpp"
#include "verifier/report/reg_names.hpp"

namespace skep::verifier {

using calls::ArgKind;
using calls::ArgSpec;
using calls::Special;
namespace arg_flag = calls::arg_flag;

namespace {

// ---- which register types an argument kind accepts, in the order that messages name them

constexpr TypeAndFlags memory_types[] = {
    {RegType::stack},
    {RegType::packet},
    {RegType::packet_meta},
    {RegType::map_key},
    {RegType::map_value},
    {RegType::mem},
    {RegType::mem, reg_flag::ringbuf},
    {RegType::buf},
    {RegType::btf, reg_flag::trusted},
    {RegType::ctx},
};
constexpr TypeAndFlags object_types[] = {
    {RegType::btf}, {RegType::btf, reg_flag::trusted}, {RegType::btf, reg_flag::rcu}};
constexpr TypeAndFlags percpu_types[] = {{RegType::btf, reg_flag::percpu},
                                         {RegType::btf, reg_flag::percpu | reg_flag::rcu},
                                         {RegType::btf, reg_flag::percpu | reg_flag::trusted}};
constexpr TypeAndFlags sock_common_types[] = {
    {RegType::sock_common}, {RegType::socket}, {RegType::tcp_sock}, {RegType::xdp_sock}};
constexpr TypeAndFlags btf_sock_types[] = {{RegType::sock_common}, {RegType::socket},
                                           {RegType::tcp_sock},    {RegType::xdp_sock},
                                           {RegType::btf},         {RegType::btf, reg_flag::trusted}};
constexpr TypeAndFlags lock_types[] = {{RegType::map_value}, {RegType::btf, reg_flag::alloc}};
constexpr TypeAndFlags kptr_dest_types[] = {{RegType::map_value},
                                            {RegType::btf, reg_flag::alloc},
                                            {RegType::btf, reg_flag::alloc | reg_flag::non_owning},
                                            {RegType::btf, reg_flag::alloc | reg_flag::non_owning | reg_flag::rcu}};
constexpr TypeAndFlags dynptr_types[] = {{RegType::stack}, {RegType::dynptr}};
constexpr TypeAndFlags socket_types[] = {{RegType::socket}};
constexpr TypeAndFlags scalar_types[] = {{RegType::scalar}};
constexpr TypeAndFlags context_types[] = {{RegType::ctx}};
constexpr TypeAndFlags map_types[] = {{RegType::map_ptr}};
constexpr TypeAndFlags ringbuf_types[] = {{RegType::mem, reg_flag::ringbuf}};
constexpr TypeAndFlags func_types[] = {{RegType::func}};
constexpr TypeAndFlags stack_types[] = {{RegType::stack}};
constexpr TypeAndFlags map_value_types[] = {{RegType::map_value}};

std::span<const TypeAndFlags> accepted_types(ArgKind kind) {
  switch (kind) {
    case ArgKind::map_key:
    case ArgKind::map_value:
    case ArgKind::mem:
      return memory_types;
    case ArgKind::const_size:
    case ArgKind::const_size_or_zero:
    case ArgKind::const_alloc_size_or_zero:
      return scalar_types;
    case ArgKind::const_map:
      return map_types;
    case ArgKind::ctx:
      return context_types;
    case ArgKind::sock_common:
      return sock_common_types;
    case ArgKind::socket:
      return socket_types;
    case ArgKind::btf_id_sock_common:
      return btf_sock_types;
    case ArgKind::btf_id:
      return object_types;
    case ArgKind::percpu_btf_id:
      return percpu_types;
    case ArgKind::spin_lock:
      return lock_types;
    case ArgKind::ringbuf_mem:
      return ringbuf_types;
    case ArgKind::func:
      return func_types;
    case ArgKind::stack:
      return stack_types;
    case ArgKind::const_str:
    case ArgKind::timer:
      return map_value_types;
    case ArgKind::kptr_xchg_dest:
      return kptr_dest_types;
    case ArgKind::dynptr:
      return dynptr_types;
    case ArgKind::none:
    case ArgKind::anything:
      break;
  }
  return {};
}

bool is_memory_kind(ArgKind kind) {
  return kind == ArgKind::map_key || kind == ArgKind::map_value || kind == ArgKind::mem;
}

constexpr std::uint32_t dynptr_flags = reg_flag::dynptr_local | reg_flag::dynptr_ringbuf | reg_flag::dynptr_skb |
                                       reg_flag::dynptr_xdp | reg_flag::dynptr_skb_meta | reg_flag::dynptr_file;

int refuse_type(Env& env, std::string_view callee, unsigned regno, std::span<const TypeAndFlags> expected) {
  std::string names;
  for (const TypeAndFlags& t : expected) {
    if (!names.empty()) names += ", ";
    names += reg_type_name(t.type, t.flags);
  }
  const RegState& reg = env.reg(regno);
  return env.refuse(-EACCES, explain::argument_type(callee, regno, reg_type_name(reg.type, reg.flags), names),
                    "R{} type={} expected={}", regno, reg_type_name(reg.type, reg.flags), names);
}

// A kernel object is passed: is it of the type that the helper wants?
int check_object_type(Env& env, Call& call, const ArgSpec& spec, unsigned regno) {
  const RegState& reg = env.reg(regno);
  if (is_memory_kind(spec.kind)) {
    // A trusted object may be read as memory, and only read.
    if ((spec.flags & arg_flag::rdonly) == 0)
      return env.refuse(-EACCES, "{}() may write into memory pointed by R{} type={}", call.helper->name, regno,
                        reg_type_name(reg.type, reg.flags));
    return 0;
  }
  const bool release = (spec.flags & arg_flag::release) != 0;
  if (is_alloc(reg)) {
    if (call.special == Special::kptr_xchg && release) return check_kptr_value(env, call, regno);
    return 0;
  }
  if (reg.has(reg_flag::percpu)) return 0;
  if (reg.maybe_null() && ((spec.flags & arg_flag::maybe_null) == 0 || release))
    return env.refuse(-EACCES, explain::argument_null(call.name(), regno), "Possibly NULL pointer passed to helper R{}",
                      regno);
  if (call.special == Special::kptr_xchg) return check_kptr_value(env, call, regno);
  const std::string_view wanted = spec.kind == ArgKind::btf_id_sock_common ? "sock_common" : spec.btf_type;
  if (wanted.empty()) return unsupported(env, fmt::format("argument {} of {}", regno, call.helper->name));
  if (env.kernel_btf == nullptr) return env.refuse(-EINVAL, "in-kernel BTF is malformed");
  const btf::TypeId wanted_id = env.kernel_btf->find(wanted, btf::Kind::struct_);
  const bool strict = release && call.special != Special::sk_release;
  const bool same = wanted_id != 0 && reg.r.is_const() && reg.fixed_offset() >= 0 &&
                    (btf::Btf::same_type(*reg.btf, reg.btf_id, *env.kernel_btf, wanted_id)
                         ? reg.fixed_offset() == 0
                         : reg.btf->contains_at(reg.btf_id, static_cast<std::uint64_t>(reg.fixed_offset()),
                                                *env.kernel_btf, wanted_id, strict));
  if (!same)
    return env.refuse(-EACCES, "R{} is of type {} but {} is expected", regno, reg.btf->type(reg.btf_id).name, wanted);
  return 0;
}

int check_type(Env& env, Call& call, const ArgSpec& spec, unsigned regno) {
  const auto accepted = accepted_types(spec.kind);
  const RegState& reg = env.reg(regno);
  std::uint32_t flags = reg.flags;
  if (spec.flags & arg_flag::rdonly) flags &= ~reg_flag::rdonly;
  if (spec.flags & arg_flag::maybe_null) flags &= ~reg_flag::maybe_null;
  if (spec.kind == ArgKind::mem) flags &= ~dynptr_flags;
  if (spec.kind == ArgKind::dynptr) flags &= ~dynptr_flags;
  // What is put into a kptr field may be an allocation, per CPU or not.
  if (call.special == Special::kptr_xchg && spec.kind == ArgKind::btf_id) {
    if (reg.is(RegType::btf) && reg.has(reg_flag::alloc)) flags &= ~(reg_flag::alloc | reg_flag::percpu);
  }
  for (const TypeAndFlags& t : accepted) {
    if (reg.type != t.type || flags != t.flags) continue;
    return reg.is(RegType::btf) ? check_object_type(env, call, spec, regno) : 0;
  }
  return refuse_type(env, call.name(), regno, accepted);
}

// Which offsets a pointer may have when it is passed.
int check_arg_offset(Env& env, const ArgSpec& spec, unsigned regno) {
  const RegState& reg = env.reg(regno);
  if (spec.flags & arg_flag::release) {
    if (spec.kind == ArgKind::dynptr && reg.is(RegType::stack)) return 0;
    if (reg.is_scalar()) return 0;
    return check_release_offset(env, reg, regno);
  }
  return check_passed_offset(env, reg, regno, is_memory_kind(spec.kind));
}

// The key of a lookup, when the stack holds a constant there: zeros, or a spilled number of just that size.
void find_constant_key(Env& env, Call& call, unsigned regno) {
  const RegState& reg = env.reg(regno);
  if (!reg.is(RegType::stack) || !reg.r.is_const() || call.map->key_size != 4) return;
  if (call.map->flags & map_flag::inner_map) return;  // others in its place may be shorter
  const std::int64_t offset = reg.fixed_offset();
  if (offset >= 0 || offset < -static_cast<std::int64_t>(max_stack)) return;
  Frame& frame = *env.state->frames[reg.frame];
  const auto slot = static_cast<std::size_t>((-offset - 1) / 8);
  if (slot >= frame.stack.size()) return;
  const StackSlot& s = frame.stack[slot];
  const auto first = static_cast<int>((-offset - 1) % 8);  // types[] counts downward from the slot's highest address
  int zeros = 0, spilled = 0;
  while (zeros <= first && s.types[static_cast<std::size_t>(first - zeros)] == SlotType::zero) ++zeros;
  while (spilled <= first && s.types[static_cast<std::size_t>(first - spilled)] == SlotType::spill) ++spilled;
  if (zeros >= 4) {
    call.map_key_known = true;
    call.map_key = 0;
    return;
  }
  if (spilled != 4 || !s.is_spilled_scalar() || !s.spilled.is_const()) return;
  const std::uint64_t key = s.spilled.r.const_value();
  if (mark_precise_slot(env, reg.frame, static_cast<std::uint32_t>(slot)) != 0) return;
  call.map_key_known = true;
  call.map_key = key;
}

int check_map_arg(Env& env, Call& call, unsigned regno) {
  const RegState& reg = env.reg(regno);
  if (call.map != nullptr) {
    // The item in R1 came from a map value: it must be this map's.
    if (call.special == Special::timer_init) {
      if (const int err = check_item_map(env, call, regno)) return err;
    }
  }
  call.map = reg.map;
  call.map_uid = reg.map_uid;
  return 0;
}

// The call writes a number there as a whole, on machines that cannot store it anywhere.
int check_aligned(Env& env, const RegState& reg, unsigned regno, unsigned size) {
  const MemAccess access{.insn = env.insn_idx,
                         .regno = regno,
                         .reg = reg,
                         .size = size,
                         .access = Access::write,
                         .options = {.strict_alignment_once = true}};
  return check_alignment(env, access);
}

int check_memory(Env& env, const ArgSpec& spec, unsigned regno, std::uint64_t size) {
  CallMemory how;
  how.access = (spec.flags & (arg_flag::write | arg_flag::uninit)) ? Access::write : Access::read;
  how.uninit = (spec.flags & arg_flag::uninit) != 0;
  return check_call_memory(env, env.reg(regno), regno, size, how);
}

int check_size(Env& env, Call& call, const ArgSpec& memory, unsigned regno, bool zero_allowed) {
  const RegState& size = env.reg(regno);
  CallMemory how;
  how.access = (memory.flags & (arg_flag::write | arg_flag::uninit)) ? Access::write : Access::read;
  how.zero_size_allowed = zero_allowed;
  // A size that varies leaves some of the memory as it was.
  how.uninit = (memory.flags & arg_flag::uninit) != 0 && size.is_const();
  call.size_max = size.r.umax();
  return check_call_memory_sized(env, regno - 1, regno, how);
}

DynptrKind wanted_dynptr(const ArgSpec& spec) {
  if (spec.flags & arg_flag::dynptr_local) return DynptrKind::local;
  if (spec.flags & arg_flag::dynptr_ringbuf) return DynptrKind::ringbuf;
  if (spec.flags & arg_flag::dynptr_skb) return DynptrKind::skb;
  if (spec.flags & arg_flag::dynptr_xdp) return DynptrKind::xdp;
  return DynptrKind::invalid;
}

int note_release(Env& env, Call& call, const ArgSpec& spec, unsigned regno) {
  if ((spec.flags & arg_flag::release) == 0) return 0;
  call.release_reg = static_cast<int>(regno);
  if (spec.kind == ArgKind::dynptr) return 0;
  const RegState& reg = env.reg(regno);
  if (reg.ref_id == 0 && !reg.is_null())
    return env.refuse(-EINVAL, explain::release_unowned_helper(call.name(), regno),
                      "release helper {} expects referenced PTR_TO_BTF_ID passed to R{}", call.helper->name, regno);
  return 0;
}

// Maps of sockets are given sockets, not memory.
ArgSpec spec_of(const Call& call, unsigned index) {
  ArgSpec spec = call.helper->args[index];
  const bool sockets = call.map != nullptr && maps::map_type(call.map->type).holds == maps::Holds::sockets;
  if (spec.kind == ArgKind::map_value && sockets && call.special == Special::map_update) {
    spec.kind = ArgKind::btf_id_sock_common;
    spec.flags &= arg_flag::maybe_null;
  }
  return spec;
}

// How much a call fills of an argument's memory.
std::optional<std::uint64_t> filled_size(Env& env, const Call& call, const ArgSpec& spec, unsigned index) {
  if (spec.kind == ArgKind::map_value) return call.map != nullptr ? std::optional(call.map->value_size) : std::nullopt;
  if (spec.kind != ArgKind::mem) return std::nullopt;
  if ((spec.flags & arg_flag::fixed_size) != 0) return spec.size;
  const RegState& size = env.reg(index + 2);
  return size.r.is_const() ? std::optional(size.r.const_value()) : std::nullopt;
}

int fill_argument(Env& env, const Call& call, unsigned index) {
  const ArgSpec spec = spec_of(call, index);
  if ((spec.flags & arg_flag::uninit) == 0) return 0;
  const auto size = filled_size(env, call, spec, index);
  return size ? fill_call_memory(env, env.reg(index + 1), *size) : 0;
}

int check_arg(Env& env, Call& call, unsigned index) {
  const ArgSpec spec = spec_of(call, index);
  const unsigned regno = index + 1;
  if (spec.kind == ArgKind::none) return 0;
  if (const int err = check_reg(env, regno, RegUse::source)) return err;
  const bool is_loop_count = call.special == Special::loop && index == 0;
  if (is_loop_count && !env.reg(regno).is_scalar()) return refuse_type(env, call.name(), regno, scalar_types);
  if (spec.kind == ArgKind::anything) return 0;

  const RegState& reg = env.reg(regno);
  if (reg.is_packet() && !call.has(calls::call_flag::packet_args))
    return env.refuse(-EACCES, "helper access to the packet is not allowed");
  if (reg.is_packet() && !env.type().packet_access)
    return env.refuse(-EACCES, "helper access to the packet is not allowed");

  const bool null = reg.is_null() && (spec.flags & arg_flag::maybe_null);
  if (!null) {
    if (const int err = check_type(env, call, spec, regno)) return err;
    if (const int err = check_arg_offset(env, spec, regno)) return err;
  }
  if (null) {
    if (const int err = mark_precise(env, regno)) return err;  // that it is NULL is why it may be passed
  }
  if (const int err = note_release(env, call, spec, regno)) return err;
  if (reg.ref_id != 0 && spec.kind != ArgKind::kptr_xchg_dest && reg.is_pointer()) call.arg_ref = reg.ref_id;

  switch (spec.kind) {
    case ArgKind::const_map:
      return check_map_arg(env, call, regno);
    case ArgKind::map_key: {
      if (call.map == nullptr) return env.refuse(-EACCES, "invalid map_ptr to access map->key");
      if (const int err = check_memory(env, spec, regno, call.map->key_size)) return err;
      if (maps::map_type(call.map->type).all_exist) find_constant_key(env, call, regno);
      return 0;
    }
    case ArgKind::map_value:
      if (null) return 0;
      if (call.map == nullptr) return env.refuse(-EACCES, "invalid map_ptr to access map->value");
      // Whether a value is in a set is asked with that value; elsewhere the call fills it.
      if ((spec.flags & arg_flag::uninit) != 0 && reg.is(RegType::stack) && maps::map_type(call.map->type).is_set) {
        if (const int err = check_no_poison(env, reg, regno, call.map->value_size)) return err;
      }
      return check_memory(env, spec, regno, call.map->value_size);
    case ArgKind::mem:
      if ((spec.flags & arg_flag::fixed_size) == 0 || null) return 0;
      if (const int err = check_memory(env, spec, regno, spec.size)) return err;
      return (spec.flags & arg_flag::aligned) != 0 ? check_aligned(env, reg, regno, spec.size) : 0;
    case ArgKind::const_size:
    case ArgKind::const_size_or_zero:
      return check_size(env, call, call.helper->args[index - 1], regno, spec.kind == ArgKind::const_size_or_zero);
    case ArgKind::const_alloc_size_or_zero:
      if (!reg.is_const()) return env.refuse(-EINVAL, "R{} is not a const", regno);
      if (reg.r.const_value() > UINT32_MAX) return env.refuse(-EINVAL, "R{} allocation size exceeds u32 max", regno);
      call.mem_size = reg.r.const_value();
      return mark_precise(env, regno);
    case ArgKind::percpu_btf_id:
      if (reg.btf_id == 0) return env.refuse(-EACCES, "Helper has invalid btf_id in R{}", regno);
      call.arg_btf = reg.btf;
      call.arg_btf_id = reg.btf_id;
      call.arg_flags = reg.flags;
      return 0;
    case ArgKind::spin_lock:
      if (in_rbtree_callback(env)) return env.refuse(-EACCES, "can't spin_{{lock,unlock}} in rbtree cb");
      return call.special == Special::spin_lock ? take_lock(env, regno, LockKind::spin)
                                                : release_lock(env, regno, LockKind::spin);
    case ArgKind::func:
      call.callback = static_cast<int>(reg.subprogram);
      return 0;
    case ArgKind::timer:
      return check_map_field(env, call, regno, btf::FieldKind::timer);
    case ArgKind::const_str:
      return check_const_string(env, regno);
    case ArgKind::kptr_xchg_dest:
      return check_kptr_dest(env, call, regno);
    case ArgKind::dynptr:
      return check_dynptr_arg(env, call, regno, (spec.flags & arg_flag::uninit) != 0,
                              (spec.flags & (arg_flag::uninit | arg_flag::release)) == 0, wanted_dynptr(spec),
                              (spec.flags & arg_flag::release) != 0);
    case ArgKind::btf_id:
    case ArgKind::btf_id_sock_common:
      if (!null && reg.is(RegType::btf)) {
        call.arg_btf = reg.btf;
        call.arg_btf_id = reg.btf_id;
      }
      return 0;
    default:
      return 0;
  }
}

}  // namespace

std::string helper_label(const calls::Helper& helper) {
  return fmt::format("{}#{}", helper.name, helper.id);
}

bool is_alloc(const RegState& reg) {
  return reg.is(RegType::btf) && reg.has(reg_flag::alloc);
}

int refuse_register_type(Env& env, std::string_view callee, unsigned regno,
                         std::initializer_list<TypeAndFlags> expected) {
  return refuse_type(env, callee, regno, {expected.begin(), expected.size()});
}

int check_helper_args(Env& env, Call& call) {
  for (unsigned i = 0; i < 5; ++i)
    if (const int err = check_arg(env, call, i)) return err;
  for (unsigned i = 0; i < 5; ++i)
    if (const int err = fill_argument(env, call, i)) return err;
  return 0;
}

int check_const_string(Env& env, unsigned regno) {
  const RegState& reg = env.reg(regno);
  if (!reg.is(RegType::map_value)) return env.refuse(-EINVAL, "R{} doesn't point to a const string", regno);
  const maps::MapTypeDef& type = maps::map_type(reg.map->type);
  const bool other_addresses = type.holds == maps::Holds::instructions || (type.all_exist && type.per_cpu);
  if (other_addresses)
    return env.refuse(-EACCES, "R{} points to {} map which cannot be used as const string", regno, type.name);
  if (!reg.map->frozen || reg.map->writable_by_program())
    return env.refuse(-EACCES, "R{} does not point to a readonly map'", regno);
  if (!reg.r.is_const()) return env.refuse(-EACCES, "R{} is not a constant address'", regno);
  if (reg.map->value_address == 0) return env.refuse(-EACCES, "no direct value access support for this map type");
  const std::int64_t offset = reg.fixed_offset();
  const auto data = reg.map->constant_data;
  if (offset < 0 || static_cast<std::uint64_t>(offset) >= reg.map->value_size)
    return check_call_memory(env, reg, regno, 1, {});
  if (data.empty()) return env.refuse(-EACCES, "direct value access on string failed");
  for (std::size_t i = static_cast<std::size_t>(offset); i < data.size(); ++i)
    if (data[i] == 0) return 0;
  return env.refuse(-EINVAL, "string is not zero-terminated");
}

}  // namespace skep::verifier
