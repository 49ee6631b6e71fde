// A refusal as people read it: the place in the source as compilers print it, the kernel's message, why, and what to
// do.
#pragma once

#include <string>
#include <string_view>

#include "cli/json.hpp"
#include "skep/kernel.hpp"

namespace skep::cli {

struct Refusal {
  std::string object, program, type;  // "filter.bpf.o", "in_loop", "sched_cls"
  int error = 0;                      // positive errno
  Kernel::LoadReport report;          // of the verifier, if it was the verifier that refused
  std::string loader;                 // else what libbpf said
};

// Several lines, the last with its newline; `color`: for a terminal.
std::string refusal_text(const Refusal& refusal, bool color);
// The same in one line, without a newline: the errno's name in words, and the message.
std::string refusal_line(const Refusal& refusal);

// Where it is, for --json: instruction, file, line, column and source, as far as they are known.
void add_place(JsonObject& line, const Kernel::LoadReport& report);

// Libbpf leaves an instruction that every verifier refuses where it could not resolve a name, and says so in a sentence
// of its own (loader::unresolved_in). Puts that in place of the verifier's message, and says by the Kernel's types what
// is missing, what is called nearly so, and what to do.
void explain_unresolved(Kernel& kernel, std::string_view sentence, Kernel::LoadReport& report);

}  // namespace skep::cli
