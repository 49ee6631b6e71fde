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

struct ReturnRange {
  bool checked = false;  // false: anything may be returned
  std::int64_t min = 0, max = 0;
  bool is_64bit = false;
  bool null_or_pointer = false;  // struct_ops members that return kernel pointers
};

struct ProgTypeDef {
  ProgType type = ProgType::unspec;
  std::string_view name;          // "sched_cls"
  std::string_view context_type;  // "__sk_buff": the struct that global subprograms declare as their context
  std::string_view kernel_context_type = {};  // "sk_buff": bpf_cast_to_kern_ctx gives this
  std::uint32_t context_size = 0;             // bytes; for messages such as `invalid access to context, ctx_size=…`
  bool packet_access = false;                 // direct packet reads
  bool classic_packet_loads = false;          // the loads that are left from classic BPF
  bool writes_packet_objects = false;         // may write what packets lead to (the mark of a connection)
  bool interrupts_anything = false;           // runs wherever the kernel is: no locks, lists, trees
  bool may_lock = true;
  Release since = {};
  std::string_view summary;

  // The access of `size` bytes at `offset` of the context.
  CtxAccess (*context_access)(std::int32_t offset, std::uint32_t size, bool write, const ProgramTraits&) = nullptr;
  // Whether helper `id` (which exists) is one of the type's: else "program of this type cannot use helper".
  bool (*helper_allowed)(std::uint32_t id, const ProgramTraits&) = nullptr;
  // The message when a helper that the type has may not be called here ("helper call is not allowed in probe"); empty:
  // it may.
  std::string_view (*helper_refused)(std::uint32_t id, const ProgramTraits&) = nullptr;
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

  // How its programs are run: from test runs if `test_run`, and when the host fires a link. Null: they are not, by
  // themselves (programs of tracing are run by the functions that they are attached to).
  std::unique_ptr<Invocation> (*make_invocation)() = nullptr;
  bool test_run = false;           // PROG_TEST_RUN takes it
  bool invoked_on_packet = false;  // the input is a packet, and the context made of it
};

const ProgTypeDef* find(ProgType type);
const ProgTypeDef* find(std::string_view name);
std::span<const ProgTypeDef* const> all();

}  // namespace skep::progtypes
