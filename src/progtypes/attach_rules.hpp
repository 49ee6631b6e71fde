// Which functions, tracepoints, iterators and struct_ops members programs may be attached to, and in what way.
//
// BTF does not say this; it was asked of the reference release for everything that its BTF names
// (tests/conformance/attach-*-7.3.txt). Names are those of BTF ("__x64_sys_getpgid"); security hooks are in
// lsm_hooks.hpp. Tested by tests/kernel/attach_tables_test.cpp and tests/progtypes/progtypes_test.cpp.
#pragma once

#include <string_view>

#include "skep/abi.hpp"

namespace skep::progtypes {

// Whether programs that are attached so are told what the function returns: they run where it does.
constexpr bool knows_result(AttachType type) {
  switch (type) {
    case AttachType::trace_fexit:
    case AttachType::trace_fexit_multi:
    case AttachType::trace_fsession:
    case AttachType::trace_fsession_multi:
    case AttachType::modify_return:
      return true;
    default:
      return false;
  }
}

struct ProgramTraits;

// ---- functions
// The machinery around a traced function uses it itself: no program may be attached.
bool is_untraceable(std::string_view function);
// Nothing can run behind it.
bool never_returns(std::string_view function);
// The kernel's own types name it, but it was inlined away or renamed by the compiler.
bool has_no_address(std::string_view function);
// An fentry, fexit or fmod_ret program at this function may sleep.
bool tracing_may_sleep(std::string_view function);
// fmod_ret may be attached.
bool fmod_ret_allowed(std::string_view function);
// bpf_d_path may be called from tracing programs at this function.
bool d_path_allowed(std::string_view function);

// ---- iterators and tracepoints
bool is_iterator(std::string_view function);
// The event is raised where a page fault is no harm, so that programs may sleep ("sys_enter").
bool is_faultable_tracepoint(std::string_view event);

// ---- members of tables of operations ("tcp_congestion_ops", "get_info")
// 0, or the errno with which a program for this member is refused.
int unsupported_member(std::string_view table, std::string_view member, bool sleepable);
// Members that are shown an argument as another struct than their prototype declares ("sock", or empty where it leads
// to no struct): that struct; empty: they are not.
std::string_view shown_argument(const ProgramTraits& traits, unsigned argument, std::string_view declared);

}  // namespace skep::progtypes
