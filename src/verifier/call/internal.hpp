// What the files of call/ share: the call under way, and the doors between them.
//
// A call is checked in three steps: its arguments (arguments.cpp, kfunc_args.cpp), what it does besides (its
// `Special`), its result. What the first step learns and the others need is in a `Call`.
#pragma once

#include <cstdint>
#include <initializer_list>
#include <string>
#include <string_view>

#include "verifier/env.hpp"

namespace skep::verifier {

// A register type with the flags that matter.
struct TypeAndFlags {
  RegType type;
  std::uint32_t flags = 0;
};

struct Call {
  const calls::Helper* helper = nullptr;
  const KfuncCall* kfunc = nullptr;
  calls::Special special = calls::Special::none;

  const maps::MapInfo* map = nullptr;  // the map argument, or the map of a map value that was passed
  std::uint32_t map_uid = 0;
  bool map_key_known = false;
  std::uint64_t map_key = 0;

  int release_reg = -1;               // the argument whose object is given up
  std::uint32_t arg_ref = 0;          // the reference behind the argument that has one
  int callback = -1;                  // subprogram
  std::uint64_t mem_size = 0;         // constant allocation size
  std::uint64_t size_max = 0;         // greatest value of the last size argument
  const btf::Field* field = nullptr;  // kptr, list head, tree root that an argument points to
  const btf::Btf* arg_btf = nullptr;  // object argument
  btf::TypeId arg_btf_id = 0;
  std::uint32_t arg_flags = 0;
  // dynptr
  DynptrKind dynptr = DynptrKind::invalid;
  bool dynptr_rdonly = false;
  std::uint32_t dynptr_id = 0, dynptr_ref = 0, dynptr_parent = 0;
  // iterators
  int iter_frame = -1, iter_slot = -1;
  // kfunc: constants by suffix
  bool const_known = false;
  std::uint64_t const_value = 0;
  bool result_size_known = false;
  std::uint64_t result_size = 0;
  bool result_rdonly = false;
  bool rcu_arg = false;
  bool arg_owning = false;     // bpf_refcount_acquire: the argument owns its object
  std::uint32_t node_ref = 0;  // the reference behind the node that is put into a list or tree

  bool is_kfunc() const { return kfunc != nullptr; }
  bool has(std::uint32_t flag) const { return kfunc != nullptr ? kfunc->entry->has(flag) : helper->has(flag); }
  std::string_view name() const { return kfunc != nullptr ? kfunc->name : helper->name; }
};

// ---- arguments.cpp
std::string helper_label(const calls::Helper& helper);  // "bpf_map_lookup_elem#1"
int check_helper_args(Env& env, Call& call);
int check_const_string(Env& env, unsigned regno);
int refuse_register_type(Env& env, std::string_view callee, unsigned regno,
                         std::initializer_list<TypeAndFlags> expected);
bool is_alloc(const RegState& reg);
// ---- offsets.cpp
// The object must be passed as it was received: no offset, or (`fixed_allowed`) a constant one that is not negative.
int check_offset(Env& env, const RegState& reg, unsigned regno, bool fixed_allowed);
int check_release_offset(Env& env, const RegState& reg, unsigned regno);
// Which offsets a pointer may have when it is passed; kfuncs bear more with some types.
int check_passed_offset(Env& env, const RegState& reg, unsigned regno, bool as_memory);
std::string tnum_text(const Tnum& bits);
// ---- map_compat.cpp
int check_map_for_helper(Env& env, const Call& call);
// ---- helper_effects.cpp
int apply_helper_effects(Env& env, Call& call);
void set_helper_result(Env& env, Call& call, int& error);
// ---- contexts.cpp: where calls may be made
// Where the program may not sleep now, in the kernel's words ("non-sleepable prog", "rcu_read_lock region"); null: it
// may.
const char* non_sleepable_context(const Env& env);
bool in_sleepable_context(const Env& env);
void clear_caller_saved(Env& env, Frame& frame);
// ---- callbacks.cpp
enum class CallbackKind : std::uint8_t {
  for_each_map_elem,
  loop,
  find_vma,
  user_ringbuf_drain,
  rbtree_less,
  map_item,     // timers
  map_item_wq,  // work queues
  map_item_task_work,
};
int push_callback(Env& env, const Call& call, CallbackKind kind);
// ---- subprograms.cpp
int enter_frame(Env& env, State& state, std::uint32_t subprogram, std::int32_t call_site);
// ---- global_args.cpp: what BTF says of a subprogram's parameters; -EINVAL and a note when it cannot be said
int prepare_subprogram_args(Env& env, std::uint32_t subprogram);
int check_global_args(Env& env, std::uint32_t subprogram);
// ---- subprograms.cpp
// Where a function of the program takes the place of the call at hand: whether it may, with what the call is given.
int check_stand_in(Env& env, const Call& call);
// ---- references.cpp
// Outside of every section that RCU waits for, what RCU protected can only be looked at with care.
void leave_rcu(Env& env);
void invalidate_reg(Env& env, RegState& reg);
void invalidate_non_owning(Env& env);
// Removes the reference without touching registers; false: there is none.
bool drop_reference(State& state, std::uint32_t id);
const Resource* find_resource(const State& state, ResourceKind kind, std::uint32_t id);
// ---- locks.cpp
enum class LockKind : std::uint8_t { spin, res, res_irq };
int take_lock(Env& env, unsigned regno, LockKind kind);
int release_lock(Env& env, unsigned regno, LockKind kind);
bool has_active_lock(const State& state, ResourceKind kind, std::uint32_t id, const void* object);
bool allowed_under_lock(const Call& call);
// ---- wq.cpp: fields of map values that are passed by pointer
int check_map_field(Env& env, Call& call, unsigned regno, btf::FieldKind kind);
// The map argument must be the one that holds the item passed before.
int check_item_map(Env& env, Call& call, unsigned regno);
// ---- kptr.cpp
int check_kptr_dest(Env& env, Call& call, unsigned regno);
int check_kptr_value(Env& env, const Call& call, unsigned regno);
// ---- dynptr.cpp
int check_dynptr_arg(Env& env, Call& call, unsigned regno, bool uninit, bool rdonly, DynptrKind wanted, bool release);
int create_dynptr(Env& env, Call& call, unsigned regno, DynptrKind kind, const RegState* clone_of);
int release_dynptr(Env& env, const Call& call);
std::string_view dynptr_kind_name(DynptrKind kind);
// The packet may have moved: pointers into it and slices of it are of no use any more.
void forget_packet(Env& env);
// ---- irq.cpp
int check_irq_flag(Env& env, Call& call, unsigned regno);
// ---- iterator.cpp
int check_iterator_arg(Env& env, Call& call, unsigned regno, btf::TypeId pointee);
int advance_iterator(Env& env, const Call& call);
// ---- graph.cpp
int check_graph_root(Env& env, Call& call, unsigned regno, btf::FieldKind head);
// `member`: the node is in a list or tree already, or may be.
int check_graph_node(Env& env, Call& call, unsigned regno, btf::FieldKind head, unsigned arg, bool member);
int check_lock_held_for(Env& env, const RegState& reg, std::string_view what);
bool in_rbtree_callback(const Env& env);
void set_non_owning(Env& env, RegState& reg);
int convert_to_non_owning(Env& env, std::uint32_t ref_id);
void set_graph_node_result(Env& env, RegState& result, const Call& call);
// The special fields of what a register points to; null: none.
const btf::Record* record_of(Env& env, const RegState& reg);
// ---- kfunc_types.cpp: trust, and whether one type may be passed for another
bool is_trusted_arg(const RegState& reg);
bool is_rcu_arg(const RegState& reg);
// The kernel type behind a register (a socket has one too); null: none.
const btf::Btf* btf_behind(Env& env, const RegState& reg, btf::TypeId& id);
int check_kfunc_object(Env& env, const Call& call, unsigned regno, const btf::Btf& btf, btf::TypeId wanted);
bool is_scalar_struct(const btf::Btf& btf, btf::TypeId id, unsigned depth = 0);
std::string_view kind_word(btf::Kind kind);
// A context type as programs see it may be asked for where the kernel's own is passed.
bool is_projection(std::string_view wanted, std::string_view given);
bool is_context_struct(const Env& env, const btf::Btf& btf, btf::TypeId pointee, bool tagged);
// ---- kfunc_args.cpp
int check_kfunc_args(Env& env, Call& call);
// ---- kfunc_effects.cpp
int apply_kfunc_effects(Env& env, Call& call);
// ---- ranges.cpp
// Refuses when scalar `reg` may be outside [min, max]: "At callback return the register R0 has ...".
int check_scalar_range(Env& env, const RegState& reg, unsigned regno, std::int64_t min, std::int64_t max,
                       std::string_view where);

inline int unsupported(Env& env, std::string_view what) {
  return env.refuse(-95, "skep: {} is not supported yet", what);
}

}  // namespace skep::verifier
