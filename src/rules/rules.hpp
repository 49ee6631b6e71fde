// The rules of a release: every fact in which Linux releases differ and on which an answer of Skep's depends.
//
// There are two kinds. What exists since some release (a helper, a kfunc, a map or program type, a special field) says
// so itself, on its own entry; Rules answers whether the release has it. Everything else (a limit, a size, a flag, a
// habit) is a field here, with the value that it has in the release. The verifier, the maps, bpf(2)'s attributes and
// the calls read these where they decide, and nobody compares releases elsewhere. What is the same in all releases is
// no rule: it is a constant beside the code that needs it.
//
// A table of rules is one file (linux_7_3.cpp) and one line in rules.cpp; CONTRIBUTING.md has the list. There is none
// for a release whose answers were not compared with that kernel's. Tested by tests/rules/, and where they are asked
// by tests/verifier/program/rules_test.cpp, tests/maps/create_test.cpp and tests/kernel/rules_test.cpp.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>

#include "skep/release.hpp"

namespace skep {

// Where the last field ends that the release knows of each command's structure: what a caller passes behind it must be
// zero. The structures are those of src/kernel/attr.hpp, each of which names its own size here.
struct AttributeSizes {
  std::uint16_t largest;  // of the union of all: what is behind this gives -E2BIG, not -EINVAL
  std::uint16_t map_create, map_elem, map_batch, map_freeze;
  std::uint16_t prog_load, prog_attach, prog_test_run, prog_stream_read, prog_bind_map, enable_stats;
  std::uint16_t obj, get_id, info, btf_load;
  std::uint16_t raw_tracepoint, link_create, link_update, link_detach;
  std::uint16_t common;  // of the fourth argument of bpf(2); 0: there is none
  // What OBJ_GET_INFO_BY_FD writes.
  std::uint16_t prog_info, map_info, btf_info;
};

struct Rules {
  Release release;

  // Whether the release has what exists from `since` until before `until`.
  constexpr bool has(Release since, Release until = Release::never()) const {
    return since <= release && release < until;
  }

  // ---- asked by the verifier ----
  struct Limits {
    std::uint32_t insns;             // of a program as it is loaded
    std::uint32_t insns_walked;      // on all paths together
    std::uint32_t branches_waiting;  // ends of paths that are still to be walked
    std::uint32_t call_frames;       // of functions that are in each other; at most max_call_frames (isa/insn.hpp)
  } limits;
  // When a state is kept for later paths to be compared with, and when that is given up. This decides which programs
  // reach the limits above, and what the log says.
  struct Pruning {
    std::uint32_t min_jumps, min_insns;                  // since the last state was kept
    std::uint32_t min_jumps_in_loop, min_insns_in_loop;  // and where a path comes by its own unfinished state
    std::uint32_t max_history;                           // jumps noted since; with more, a state is kept in any case
    std::uint32_t patience, patience_of_forced;          // misses for each hit, before a state is dropped
  } pruning;
  struct Instructions {
    bool sign_extension;      // signed loads, moves and divisions, byte swaps, the long goto (-mcpu=v4)
    bool may_goto;            // a jump out of a loop that has gone on for too long
    bool address_space_cast;  // between the addresses that programs and user space have for an arena
    bool ordered_access;      // load-acquire and store-release
    bool indirect_jump;       // to the address in a register
  } instructions;
  bool explains_refusals;        // "Verification failed:", with a reason and a suggestion, in the log and the report
  bool private_stacks;           // a function of a program that may interrupt itself can have a stack of its own
  bool work_in_tracing;          // programs at kprobes and tracepoints may use maps whose values have a bpf_wq
  std::uint32_t may_goto_stack;  // bytes that may_goto takes of the stack of the function that it is in

  // ---- asked by the maps ----
  std::uint32_t map_flags;         // of MAP_CREATE
  bool elements_of_a_cpu_by_flag;  // BPF_F_CPU and BPF_F_ALL_CPUS

  // ---- asked where bpf(2) takes attributes ----
  std::uint32_t commands;      // how many there are: they are numbered from 0
  std::uint32_t attach_types;  // likewise
  std::uint32_t prog_flags;    // of PROG_LOAD
  std::uint32_t log_levels;    // bits that a program's or type's log_level may have
  AttributeSizes sizes;
};

// The rules of a release. Null when there are none for it, and `problem` is then one line that names the release, says
// which have rules and what to do.
const Rules* rules_for(Release release, std::string& problem);
// Those of `reference_release`.
const Rules& reference_rules();
// Every release that has rules, oldest first.
std::span<const Rules* const> all_rules();

}  // namespace skep
