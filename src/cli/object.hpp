// Objects as the commands open them: through libbpf, one program at a time, as the conformance suite's oracle does.
#pragma once

#include <bpf/libbpf.h>

#include <memory>
#include <string>
#include <vector>

#include "loader/object.hpp"
#include "skep/kernel.hpp"

namespace skep::cli {

using loader::adapt;
using loader::KeepWarnings;
using loader::ObjectPtr;
using loader::open_object;
using loader::take_first_warning;

// Leaves only `name` (and the programs tagged auxiliary) to be loaded, and gives maps what they lack; null: no such
// program.
bpf_program* select_program(bpf_object* object, const std::string& name);
// What all programs need whichever is loaded: sizes of maps that have none, struct_ops maps.
void complete_maps(bpf_object* object);

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

std::string base_name(const std::string& path);

}  // namespace skep::cli
