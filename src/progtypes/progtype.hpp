// A program type: its context as programs see it, what it may call, what it may return, where it may be attached.
//
// One definition a program type, each in a file of its own (progtypes/xdp.cpp, …); the verifier asks these functions,
// the kernel layer runs its programs by them (invocation.hpp), `skep doc` prints them. Nothing here knows register
// states. Tested by tests/progtypes/.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string_view>

#include "calls/call.hpp"
#include "progtypes/invocation.hpp"
#include "skep/abi.hpp"

namespace skep::progtypes {

// What reading a context field gives.
enum class CtxField : std::uint8_t {
  scalar,
  packet,          // data
  packet_meta,     // data_meta
  packet_end,      // data_end
  socket_or_null,  // __sk_buff.sk (sock_common_or_null)
  socket,          // bpf_sock of cgroup programs (ctx->sk)
  sock_common_or_null,
  flow_keys,
  btf_pointer,    // tracing arguments: `btf_type` says to what
  buffer_rdonly,  // bpf_iter map key and value
  buffer,
  tp_buffer,  // the buffer of a writable tracepoint
};

struct CtxAccess {
  bool allowed = false;
  CtxField field = CtxField::scalar;
  bool maybe_null = false;
  bool trusted = false;
  bool sign_extend = false;
  std::uint32_t narrow_field_size = 0;  // the field's full size when a narrower load of it is converted
  std::string_view btf_type = {};       // btf_pointer: struct name in the kernel's BTF
  // scalar results with a known range (return value of an LSM hook and the like)
  std::optional<std::int64_t> min, max;
};

// What the checks of one program depend on besides its type.
struct ProgramTraits {
  AttachType attach_type{};
  bool sleepable = false;
  bool gpl = true;
  bool dev_bound = false;
  std::string_view attach_function = {};  // tracing, lsm: the function that it is attached to
  std::string_view struct_ops_type = {};  // struct_ops: "tcp_congestion_ops"
  std::string_view struct_ops_member = {};
};

// What the BTF id names with which a program is loaded (attach_btf_id), and so what is checked of it.
enum class AttachedTo : std::uint8_t {
  nothing,     // there is none: a link says where, once the program is loaded
  function,    // of the kernel or of another program: fentry, fexit, fmod_ret, fsession
  tracepoint,  // its arguments with their types
  iterator,
  hook,         // of security
  cgroup_hook,  // the same, for the processes of a cgroup
  operation,    // a member of a table of operations (struct_ops)
  program,      // a function of another program, which it replaces (freplace)
};
// It is called as a kernel function is, its context the function's arguments.
constexpr bool traces(AttachedTo target) {
  return target == AttachedTo::function || target == AttachedTo::tracepoint || target == AttachedTo::iterator;
}

// An attach type at which LINK_CREATE attaches programs of a type, and what it makes.
struct LinkedAt {
  AttachType at;
  LinkType link;
};

// As what a global subprogram may declare its context if it marks it with the tag "arg:ctx", beside `context_type`.
struct TaggedContext {
  std::span<const std::string_view> names = {};
  bool words = false;      // u64 *, struct bpf_raw_tracepoint_args *
  bool iterators = false;  // struct bpf_iter__… *
  bool anything = false;
};

// What bpf_get_func_ip answers.
enum class FunctionAddress : std::uint8_t {
  none,
  of_probe,     // where the probe is
  of_function,  // the function that the program is attached to, if it is attached to one
};

struct ReturnRange {
  bool checked = false;  // false: anything may be returned
  std::int64_t min = 0, max = 0;
  bool is_64bit = false;
  bool null_or_pointer = false;  // struct_ops members that return kernel pointers
};

// A result of programs that has a name.
struct Verdict {
  std::int64_t value = 0;
  std::string_view name;  // "XDP_DROP"
};

struct ProgTypeDef {
  ProgType type = ProgType::unspec;
  std::string_view name;                     // "sched_cls"
  std::string_view context_type;             // "__sk_buff": the struct that global subprograms declare as their context
  std::string_view other_context_type = {};  // another name for it
  TaggedContext tagged_context = {};
  std::string_view kernel_context_type = {};  // "sk_buff": bpf_cast_to_kern_ctx gives this
  std::uint32_t context_size = 0;             // bytes; for messages such as `invalid access to context, ctx_size=…`
  bool packet_access = false;                 // direct packet reads
  bool classic_packet_loads = false;          // the loads that are left from classic BPF
  bool writes_packet_objects = false;         // may write what packets lead to (the mark of a connection)
  bool interrupts_anything = false;           // runs wherever the kernel is: no locks, lists, trees
  bool may_lock = true;
  bool context_is_memory = false;  // plain memory of the caller's, whose size is known when the program is run
  bool writes_arguments = false;   // may write its context, if that is arguments described by BTF
  bool must_sleep = false;
  FunctionAddress function_address = FunctionAddress::none;
  Release since = {};
  std::string_view summary;
  std::span<const Verdict> verdicts = {};  // what its results are called; see common/verdicts.hpp

  // The access of `size` bytes at `offset` of the context.
  CtxAccess (*context_access)(std::int32_t offset, std::uint32_t size, bool write, const ProgramTraits&) = nullptr;
  // Whether helper `id` (which exists) is one of the type's: else "program of this type cannot use helper".
  bool (*helper_allowed)(std::uint32_t id, const ProgramTraits&) = nullptr;
  // The message when a helper that the type has may not be called here ("helper call is not allowed in probe"); empty:
  // it may.
  std::string_view (*helper_refused)(std::uint32_t id, const ProgramTraits&) = nullptr;
  // What `attach_btf_id` names. Null: nothing, it is not looked at. See attached_to().
  AttachedTo (*attached_to)(const ProgramTraits&) = nullptr;
  // Whether it may be loaded to sleep (BPF_F_SLEEPABLE). Null: no.
  bool (*may_sleep)(const ProgramTraits&) = nullptr;
  // Whether objects among the arguments in its context are known to live as long as it runs. Null: no.
  bool (*arguments_trusted)(const ProgramTraits&) = nullptr;
  // Whether it may walk a cgroup's tasks, for which a lock is waited for, without being one that sleeps. Null: no.
  bool (*may_walk_cgroup_tasks)(const ProgramTraits&) = nullptr;
  // Whether what it makes the result of the hook (bpf_set_retval) may be any number, not an error alone. Null: no.
  bool (*sets_any_result)(const ProgramTraits&) = nullptr;
  // Whether sockets may be put into a map of sockets, or (`erase`) taken out: only where no socket lock can be waited
  // for. Null: neither.
  bool (*may_change_sockets)(bool erase, const ProgramTraits&) = nullptr;
  // Whether it may interrupt another run of itself, and so gets a stack of its own. Null: no.
  bool (*may_interrupt_itself)(const ProgramTraits&) = nullptr;
  // Whether it may run in an NMI, where nothing can be waited for. Null: no.
  bool (*may_run_in_nmi)(const ProgramTraits&) = nullptr;
  // Direct packet writes.
  bool (*packet_write_allowed)(const ProgramTraits&) = nullptr;
  ReturnRange (*return_range)(const ProgramTraits&) = nullptr;
  // Whether PROG_LOAD takes this expected_attach_type: 0 or -EINVAL.
  int (*check_attach_type)(AttachType) = nullptr;
  std::span<const LinkedAt> links = {};  // by LINK_CREATE and PROG_ATTACH; what is attached by its BTF id needs none
  bool opened_by_name = false;           // RAW_TRACEPOINT_OPEN names the tracepoint

  // How its programs are run on a packet or bytes: by test runs if `test_run`, by runners, as described, when a link is
  // fired. Null: they are not, by themselves (tracing programs are run by the functions that they are attached to).
  std::unique_ptr<Invocation> (*make_invocation)() = nullptr;
  bool test_run = false;           // PROG_TEST_RUN takes it
  bool invoked_on_packet = false;  // the input is a packet, and the context made of it
};

AttachedTo attached_to(const ProgTypeDef& type, const ProgramTraits& traits);
// What links it is attached by, whether LINK_CREATE makes them or another command.
LinkType link_type(const ProgTypeDef& type, const ProgramTraits& traits, AttachType at);

// What a result of a program of the type is called; empty: it is a number.
std::string_view verdict_name(const ProgTypeDef& type, std::int64_t result);
const Verdict* find_verdict(const ProgTypeDef& type, std::string_view name);

const ProgTypeDef* find(ProgType type);
const ProgTypeDef* find(std::string_view name);
std::span<const ProgTypeDef* const> all();

}  // namespace skep::progtypes
