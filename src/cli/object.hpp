// Objects as the commands open them: through libbpf, one program at a time, as the conformance suite's oracle does.
#pragma once

#include <bpf/libbpf.h>

#include <memory>
#include <string>
#include <vector>

#include "skep/kernel.hpp"

namespace skep::cli {

struct ObjectCloser {
  void operator()(bpf_object* object) const { bpf_object__close(object); }
};
using ObjectPtr = std::unique_ptr<bpf_object, ObjectCloser>;

// Opens a file and checks it as libbpf does; null, and `error` in one line, when it cannot be read or is malformed.
// Libbpf's own warnings are kept, not printed: see first_warning().
ObjectPtr open_object(const std::string& path, std::string& error);
// Lets the Kernel offer its calls with the types that the object declares.
void adapt(Kernel& kernel, const bpf_object* object);
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

// The first thing that libbpf warned of since the last call; without its "libbpf: " and newline.
std::string take_first_warning();
// Captures libbpf's messages instead of printing them.
void quiet_libbpf();

std::string base_name(const std::string& path);

}  // namespace skep::cli
