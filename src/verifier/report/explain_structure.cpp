// Program Structure. See explain.hpp.
#include "verifier/report/explain.hpp"

namespace skep::verifier::explain {

namespace {

Explanation of_structure(std::uint32_t insn, std::string_view title, std::string_view annotation, std::string reason,
                         std::string_view suggestion) {
  return {.category = "Program Structure",
          .title = std::string(title),
          .reason = std::move(reason),
          .annotation = std::string(annotation),
          .suggestion = std::string(suggestion),
          .insn = insn};
}

}  // namespace

Explanation unreachable(std::uint32_t insn) {
  return of_structure(insn, "Unreachable instruction", "unreachable instruction",
                      fmt::format("Instruction {} is not reachable from the program entry point.", insn),
                      "Remove the unreachable instruction or add valid control flow that reaches it.");
}

Explanation jump_out_of_range(std::uint32_t insn, std::int64_t target, std::uint32_t subprogram, std::uint32_t start,
                              std::uint32_t end) {
  Explanation why = of_structure(
      insn, "Jump out of range", "jump out of range",
      fmt::format("Instruction {} jumps to instruction {}, but subprogram {} only contains instructions {} through {}. "
                  "A branch target must stay inside the same subprogram.",
                  insn, target, subprogram, start, end - 1),
      "Keep branch targets within the same subprogram, or use an explicit subprogram call.");
  why.before_source = true;
  return why;
}

Explanation falls_through(std::uint32_t subprogram, std::uint32_t last) {
  Explanation why = of_structure(
      last, "Subprogram can fall through", "subprogram can fall through",
      fmt::format("Subprogram {} reaches its last instruction {} without an exit or jump, so control could continue "
                  "into the next subprogram.",
                  subprogram, last),
      "End each subprogram with an exit or an explicit jump that keeps control flow inside the subprogram.");
  why.before_source = true;
  return why;
}

Explanation missing_jump_table(std::uint32_t insn, std::uint32_t start) {
  return of_structure(
      insn, "Missing jump table", "missing jump table",
      fmt::format("No jump table was found for the subprogram that starts at instruction {}.", start),
      "Make sure subprograms containing gotox instructions are accompanied by jump tables referencing these "
      "subprograms.");
}

Explanation jump_table_out_of_range(std::uint32_t insn, std::uint32_t start, std::uint32_t end) {
  return of_structure(
      insn, "Jump table target out of range", "jump table target out of range",
      fmt::format("The jump table for instruction {} points outside subprogram range [{},{}).", insn, start, end),
      "Keep every jump-table target inside the same subprogram.");
}

Explanation recursion(std::uint32_t insn) {
  return of_structure(
      insn, "Recursive subprogram call", "recursive subprogram call",
      "This bpf2bpf call would make the subprogram call graph recursive. The verifier requires a finite, acyclic call "
      "graph so it can bound stack depth and analysis.",
      "Rewrite the recursion as an explicit bounded loop, or split the logic so subprogram calls do not form a cycle.");
}

}  // namespace skep::verifier::explain
