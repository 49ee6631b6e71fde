// Objects as the commands open them: through libbpf, one program at a time, as the conformance suite's oracle does.
#pragma once

#include <bpf/libbpf.h>

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "cli/refusal.hpp"
#include "loader/object.hpp"
#include "skep/kernel.hpp"

namespace skep::cli {

using loader::adapt;
using loader::KeepWarnings;
using loader::LeaveGaps;
using loader::ObjectPtr;
using loader::open_object;
using loader::take_first_warning;

// Leaves only `name` (and the programs tagged auxiliary) to be loaded,
// and prepares maps (prepare_maps); null: no such program. What prog arrays name is left out by a LeaveGaps.
bpf_program* select_program(bpf_object* object, const std::string& name, bool complete_maps);
// An object with as many of its programs loaded as can be, and of each other why not.
struct Loaded {
  ObjectPtr object;  // null: `error` says why in one line
  std::vector<Refusal> refused;
  std::string error;
  std::optional<Refusal> why;  // there is no object because the program that was asked for is refused
  int status = 0;              // the exit status where there is no object
};
// Loads `name` alone (empty: all programs), with those besides it that a prog array of the object names and that load.
// One program's refusal is no other's. `complete_maps`: see prepare_maps. `globals`: variables that are set first, as
// NAME=VALUE.
Loaded load_programs(Kernel& kernel, const std::string& path, const std::string& name, bool complete_maps,
                     const std::vector<std::string>& globals = {});

bool has_prog_array(const bpf_object* object);

// The names of its programs, for messages.
std::vector<std::string> programs_of(const bpf_object* object);
// "FILE: has no program 'X'; did you mean 'Y'?"
std::string no_program(const std::string& path, const std::string& name, const std::vector<std::string>& programs);

// What all programs need whichever is loaded: struct_ops maps, and, if asked for, a number of elements for maps that
// say none and that the kernel would refuse.
void prepare_maps(bpf_object* object, bool complete);

// The tags that the kernel's own suite puts on a program, in either of its spellings ("comment:test_x",
// "comment:12:test_x"), in the order of their numbers.
struct Expectations {
  enum class Verdict { none, success, failure } verdict = Verdict::none;
  std::vector<std::string> messages, not_messages;
  std::string retval;                // empty: none
  std::vector<std::string> skipped;  // tags that are not checked here: unprivileged, xlated, jited, … expectations
  unsigned flags = 0;
  unsigned log_level = 0;
  bool auxiliary = false;
  bool tagged = false;
};
Expectations expectations_of(const bpf_object* object, const char* program);

// "sched_cls", or the number of a type that is not known.
std::string type_name(bpf_prog_type type);
std::string base_name(const std::string& path);

}  // namespace skep::cli
