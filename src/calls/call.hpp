// The one definition of each call that a program can make: helpers (by number) and kfuncs (by name).
//
// An entry says what the verifier must check (argument kinds, result, flags, who may call it, since when), what runs
// (`fn`), and what the reference documentation prints. Verifier, engines, `skep doc` and docs/reference/ all read this
// entry; nothing about a call is written anywhere else. A program may have calls without `fn`: it is verified, and runs
// until it makes one (no_behavior). The tables are in calls/helpers/*.cpp and calls/kfuncs/*.cpp. Tested by
// tests/calls/.
#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <string_view>
#include <type_traits>

#include "maps/map_types.hpp"
#include "rules/rules.hpp"
#include "runtime/call_env.hpp"
#include "skep/abi.hpp"
#include "skep/release.hpp"

namespace skep::calls {

using runtime::CallFn;
// What runs, one function a call; a table of entries declares those that its entries name, calls/impl/ has them.
using CallFunction = std::remove_pointer_t<CallFn>;
// What runs where an entry has no `fn`: the run ends there, and the message names the call.
CallFunction no_behavior;

// ---- helpers: arguments and results by kind ------------------------------------------------------------------------

enum class ArgKind : std::uint8_t {
  none,        // the helper takes fewer arguments
  anything,    // any initialized value
  const_map,   // a map, known at verification
  map_key,     // memory of the map's key size
  map_value,   // memory of the map's value size
  mem,         // memory whose size the next argument gives, or `ArgSpec::size` with the fixed_size flag
  const_size,  // size of the memory before it, > 0
  const_size_or_zero,
  const_alloc_size_or_zero,
  ctx,        // the program's context
  spin_lock,  // a bpf_spin_lock in a map value or allocated object
  sock_common,
  socket,
  btf_id_sock_common,
  btf_id,  // a kernel object of type `ArgSpec::btf_type`
  ringbuf_mem,
  func,       // one of the program's own functions
  stack,      // the stack (bpf_loop's context: ANY pointer to stack or null)
  const_str,  // zero-terminated constant string in a read-only map
  timer,
  kptr_xchg_dest,  // a kptr field
  percpu_btf_id,
  dynptr,
};

namespace arg_flag {
inline constexpr std::uint16_t maybe_null = 1 << 0;  // the pointer may be NULL
inline constexpr std::uint16_t rdonly = 1 << 1;  // the helper only reads the memory (mem), or takes read-only dynptrs
inline constexpr std::uint16_t uninit = 1 << 2;  // the memory need not be initialized; the helper fills it
inline constexpr std::uint16_t write = 1 << 3;   // the helper writes the memory
inline constexpr std::uint16_t fixed_size = 1 << 4;  // `size` bytes
inline constexpr std::uint16_t aligned = 1 << 5;     // aligned to its size
inline constexpr std::uint16_t release = 1 << 6;     // the reference is given up
inline constexpr std::uint16_t dynptr_local = 1 << 7, dynptr_ringbuf = 1 << 8, dynptr_skb = 1 << 9,
                               dynptr_xdp = 1 << 10;
}  // namespace arg_flag

struct ArgSpec {
  ArgKind kind = ArgKind::none;
  std::uint16_t flags = 0;
  std::uint32_t size = 0;          // fixed_size
  std::string_view btf_type = {};  // btf_id: struct name in the kernel's BTF
};

enum class RetKind : std::uint8_t {
  integer,
  length,  // at most the last size argument, or a negative errno
  errno_,  // 0 or a negative errno, where results of the hook are such
  cpu,     // the number of one
  void_,
  map_value,  // of the map argument
  socket,
  tcp_sock,
  sock_common,
  ringbuf_mem,    // size from the const_alloc_size argument
  mem,            // of `ret_size` bytes
  mem_or_btf_id,  // of the type that a pseudo_btf_id argument names (bpf_per_cpu_ptr)
  btf_id,         // a kernel object of type `ret_btf_type`
};

namespace ret_flag {
inline constexpr std::uint16_t maybe_null = 1 << 0;
inline constexpr std::uint16_t trusted = 1 << 1;
inline constexpr std::uint16_t rdonly = 1 << 2;
}  // namespace ret_flag

// ---- what a call needs and does: flags of helpers and kfuncs alike -------------------------------------------------

namespace call_flag {
// References and results
inline constexpr std::uint32_t acquire = 1 << 0;   // the result is a reference that must be released
inline constexpr std::uint32_t release = 1 << 1;   // kfuncs: the first argument's reference is given up
inline constexpr std::uint32_t ret_null = 1 << 2;  // kfuncs: the result may be NULL
inline constexpr std::uint32_t arena_ret = 1 << 13;
inline constexpr std::uint32_t ret_untrusted = 1 << 23;  // kfuncs: nothing keeps the object that the result points to
// Arguments of kfuncs, whose types come from BTF
inline constexpr std::uint32_t trusted_args = 1 << 3;    // 7.x: the default for every kfunc; kept for older releases
inline constexpr std::uint32_t rcu = 1 << 6;             // they may be RCU pointers
inline constexpr std::uint32_t implicit_args = 1 << 12;  // the last one (bpf_prog_aux) is supplied by the verifier
inline constexpr std::uint32_t arena_arg1 = 1 << 14, arena_arg2 = 1 << 15;
inline constexpr std::uint32_t iter_new = 1 << 7, iter_next = 1 << 8, iter_destroy = 1 << 9;
// Where it may be called
inline constexpr std::uint32_t sleepable = 1 << 4;  // where the program may sleep: it may
inline constexpr std::uint32_t faults_if_sleepable = 1
                                                     << 22;  // in sleepable programs it may too, in others it does not
inline constexpr std::uint32_t rcu_protected = 1 << 10;      // in an RCU critical section
inline constexpr std::uint32_t spin_lock_ok = 1 << 17;       // while a lock is held as well
inline constexpr std::uint32_t lock_required = 1 << 18;      // while the lock of its object is held only
inline constexpr std::uint32_t gpl_only = 1 << 20;           // helpers: in programs with a GPL-compatible license
inline constexpr std::uint32_t destructive = 1 << 5;         // with CAP_SYS_BOOT
inline constexpr std::uint32_t needs_device = 1 << 24;       // in programs that are bound to a network device
// In a signal handler (skep/runner.hpp): it waits for nothing, and locks and allocates nothing that an interrupted call
// may hold or be about to.
inline constexpr std::uint32_t in_signal_handlers = 1 << 26;
// Packets
inline constexpr std::uint32_t changes_packet = 1 << 19;  // pointers into the packet are of no use afterwards
inline constexpr std::uint32_t packet_args = 1 << 21;     // helpers: memory arguments may be in the packet
// For engines
inline constexpr std::uint32_t fastcall = 1 << 11;
inline constexpr std::uint32_t forbid_fault = 1 << 16;
inline constexpr std::uint32_t any_address = 1 << 25;  // it copies by addresses that nobody vouches for
}  // namespace call_flag

// What the verifier knows of a call by its own rules, beyond what flags and types say. It is named here so that a call
// is recognized by its entry and never by comparing names in the verifier.
enum class Special : std::uint8_t {
  none,
  map_lookup,
  map_update,
  map_delete,
  map_push,
  map_pop,
  map_peek,
  map_lookup_percpu,
  for_each_map_elem,
  redirect_map,
  tail_call,
  loop,
  timer_init,
  timer_set_callback,
  timer_start,
  timer_cancel,
  find_vma,
  user_ringbuf_drain,
  spin_lock,
  spin_unlock,
  ringbuf_output,
  ringbuf_reserve,
  ringbuf_submit,
  ringbuf_discard,
  ringbuf_query,
  ringbuf_reserve_dynptr,
  ringbuf_submit_dynptr,
  ringbuf_discard_dynptr,
  dynptr_from_mem,
  dynptr_read,
  dynptr_write,
  dynptr_data,
  kptr_xchg,
  per_cpu_ptr,
  this_cpu_ptr,
  get_local_storage,
  set_retval,
  get_func_arg,
  get_func_ret,
  snprintf,
  trace_printk,
  trace_vprintk,
  seq_printf,
  sk_release,
  skc_to,  // another view of the socket that is passed
  task_storage_get,
  copy_from_user,
  current_task_btf,
  skb_change,
  get_func_ip,
  perf_event_output,
  get_stackid,
  sk_redirect,
  other_map_call,
  // kfuncs
  wq_init,
  wq_set_callback,
  wq_start,
  obj_new,
  obj_drop,
  percpu_obj_new,
  percpu_obj_drop,
  refcount_acquire,
  list_push_front,
  list_push_back,
  list_pop_front,
  list_pop_back,
  list_front,
  list_back,
  list_add,
  list_del,
  rbtree_add,
  rbtree_remove,
  rbtree_first,
  rbtree_root,
  rbtree_left,
  rbtree_right,
  cast_to_kern_ctx,
  rdonly_cast,
  rcu_read_lock,
  rcu_read_unlock,
  preempt_disable,
  preempt_enable,
  local_irq_save,
  local_irq_restore,
  res_spin_lock,
  res_spin_unlock,
  res_spin_lock_irqsave,
  res_spin_unlock_irqrestore,
  throw_,
  iter_num_new,
  dynptr_from_skb,
  dynptr_from_xdp,
  dynptr_from_skb_meta,
  dynptr_from_file,
  dynptr_file_discard,
  dynptr_slice,
  dynptr_slice_rdwr,
  dynptr_clone,
  dynptr_adjust,
  dynptr_is_null,
  dynptr_is_rdonly,
  dynptr_size,
  task_work_schedule,
  arena_alloc_pages,
  arena_free_pages,
  session_cookie,
  set_exception_callback,
  iter_css_task_new,
  trap,
};

// ---- the entry -----------------------------------------------------------------------------------------------------

// One result code and what causes it, for the documentation.
struct ResultDoc {
  std::string_view code;  // "0", "-EBUSY"
  std::string_view cause;
};
struct Doc {
  std::string_view summary;                // one line
  std::span<const std::string_view> args;  // one line an argument: "wq: the work item, in a map's value"
  std::span<const ResultDoc> results;
  std::string_view details;  // further paragraphs
  std::string_view example;  // the name of a program in examples/, compiled and run by the tests
};

struct Helper {
  std::uint32_t id = 0;   // the number that a call instruction names
  std::string_view name;  // "bpf_map_lookup_elem"
  RetKind ret = RetKind::integer;
  std::uint16_t ret_flags = 0;
  std::uint32_t ret_size = 0;
  std::string_view ret_btf_type = {};
  std::array<ArgSpec, 5> args = {};
  std::uint32_t flags = 0;                        // call_flag::
  std::uint32_t map_use = maps::map_use::values;  // what it needs of the map that it is given
  Special special = Special::none;
  Release since = {};
  CallFn fn = nullptr;              // null: no_behavior
  std::string_view signature = {};  // C prototype, for the documentation
  Doc doc = {};
  bool has(std::uint32_t flag) const { return (flags & flag) != 0; }
};

// Sets of program types that share an allowance, as one bit a type.
using ProgTypes = std::uint64_t;
constexpr ProgTypes bit(ProgType t) {
  return ProgTypes{1} << static_cast<unsigned>(t);
}
inline constexpr ProgTypes all_prog_types = ~ProgTypes{0};

// A kernel type that a kfunc lets go of, so that a map may keep referenced pointers to it.
struct Destroys {
  std::string_view type = {};               // "task_struct"; empty: none
  void (*destroy)(void* object) = nullptr;  // what runs when a map gives one up; null: nothing, its owner keeps it
};

// What a host application has registered behind a kfunc: see include/skep/host.hpp.
class HostCallee {
 public:
  virtual ~HostCallee() = default;
  // No exception leaves it.
  virtual std::uint64_t call(const std::array<std::uint64_t, 5>& args) const = 0;
};

struct Kfunc {
  std::string_view name;
  std::uint32_t flags = 0;   // call_flag::
  ProgTypes prog_types = 0;  // who may call it
  Special special = Special::none;
  // The C prototype. `provided`: Skep's own module BTF defines the call from it (and hides a kernel function of the
  // same name); otherwise the kernel's BTF has the types, and this is for the documentation (may be empty).
  std::string_view prototype = {};
  bool provided = false;
  Release since = {};
  Release until = Release::never();  // the first release that no longer has it
  CallFn fn = nullptr;
  const HostCallee* host_fn = nullptr;  // a host application's, instead of fn; outlives the entry
  const Kfunc* released_by = nullptr;   // a host's that acquires: what lets go of its result; null: nothing is known to
  Doc doc = {};
  // Programs that may call it although their type is not in `prog_types`, by struct_ops or hook; empty: none.
  // They are separated by spaces, each a table ("sched_ext_ops") or a member ("sched_ext_ops.dispatch").
  std::string_view struct_ops = {};
  // Attach types to which the call is limited; empty: no limit.
  std::span<const AttachType> attach_types = {};
  // A function at which programs may not call it although they may elsewhere; empty: none.
  std::string_view not_at = {};
  Destroys destroys = {};
  std::uint32_t result_bytes = 0;  // a host's: of what its result points to; 0: it does not, or nobody knows
  bool has(std::uint32_t flag) const { return (flags & flag) != 0; }
};

// The tables. Both are sorted and hold the calls of every release; a lookup of an unknown call gives null.
const Helper* find_helper(std::uint32_t id);
const Helper* find_helper(std::string_view name);
// The entry, if the release has it; and as programs of one type see it: some helpers take other arguments in some
// types.
const Helper* find_helper(const Rules& rules, std::uint32_t id);
const Helper* find_helper(const Rules& rules, std::uint32_t id, ProgType type);
std::span<const Helper> helpers();
const Kfunc* find_kfunc(std::string_view name);
// The kfunc that lets go of a kernel type; null: the type may not be kept by reference.
const Kfunc* find_destructor(std::string_view type);
std::span<const Kfunc> kfuncs();

// Whether the release has a kfunc and a program may call it: by type, attach type and, for struct_ops, the table and
// member it implements.
bool may_call(const Rules& rules, const Kfunc& kfunc, ProgType type, AttachType attach_type,
              std::string_view struct_ops_type = {}, std::string_view struct_ops_member = {});

// The kfuncs that one Kernel offers: the table above, and those that a host application has added.
class KfuncRegistry {
 public:
  virtual ~KfuncRegistry() = default;
  virtual const Kfunc* find(std::string_view name) const = 0;
  virtual const Kfunc* destructor(std::string_view type) const { return find_destructor(type); }
};

// What a call of a program runs: of the entry, or of what the host has put in its place. Null: a kfunc of the host's,
// or nothing.
CallFn function_of(const runtime::InsnFacts& facts);

}  // namespace skep::calls
