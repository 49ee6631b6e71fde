// `skep disasm`: what the verifier has left of each program, beside the C that it was made from; with --native the
// machine code that this becomes as well. Tested by
// tests/debugger/disasm_test.py.
#include <fmt/format.h>

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "cli/json.hpp"
#include "cli/object.hpp"
#include "cli/options.hpp"
#include "cli/refusal.hpp"
#include "debugger/lines.hpp"
#include "engine/native_code.hpp"

namespace skep::cli {
namespace {

using debugger::Lines;
using debugger::SourcePlace;

// Instruction for instruction; the second halves of 64-bit loads belong to the first.
template <typename Show>
void for_each_instruction(const runtime::Code& code, Show&& show) {
  for (std::uint32_t pc = 0; pc < code.insns.size(); pc += code.insns[pc].is_wide_load() ? 2 : 1) show(pc);
}

const runtime::Subprogram& function_at(const runtime::Code& code, std::uint32_t pc) {
  const runtime::Subprogram* found = code.subprograms.data();
  for (const runtime::Subprogram& one : code.subprograms)
    if (one.start <= pc && one.start >= found->start) found = &one;
  return *found;
}

void print_text(const std::string& name, const std::string& type, const Lines& lines, bool color) {
  const runtime::Code& code = lines.program().code();
  const char* const faint = color ? "\x1b[2m" : "";
  const char* const strong = color ? "\x1b[1m" : "";
  const char* const plain = color ? "\x1b[0m" : "";
  fmt::print("{}{}{} ({}): {} instructions\n", strong, name, plain, type, code.insns.size());
  std::string shown;  // the line of C that was printed last
  for_each_instruction(code, [&](std::uint32_t pc) {
    const runtime::Subprogram& function = function_at(code, pc);
    if (function.start == pc) {
      fmt::print("\n{}{}:{}\n", strong, lines.function_name(function.index), plain);
      shown.clear();
    }
    if (const SourcePlace place = lines.at(pc); place.known()) {
      std::string line = fmt::format("; {}:{}: {}", place.short_file(), place.line, place.text);
      if (line != shown) fmt::print("{}{}{}\n", faint, line, plain);
      shown = std::move(line);
    }
    fmt::print("{:6}: {}\n", pc, lines.disassembly(pc));
  });
}

// The same beside the machine code, in its order: a line of C or an instruction comes again where the compiler went
// back to it, and instructions that became nothing do not come.
bool print_native(const std::string& name, const std::string& type, const Lines& lines, bool color) {
  std::string why;
  const std::vector<engine::NativeFunction> functions = engine::native_code(lines.program(), why);
  if (functions.empty()) {
    complain(fmt::format("'{}' has no machine code: {}", name, why));
    return false;
  }
  const char* const faint = color ? "\x1b[2m" : "";
  const char* const strong = color ? "\x1b[1m" : "";
  const char* const plain = color ? "\x1b[0m" : "";
  std::uint64_t count = 0;
  for (const engine::NativeFunction& function : functions) count += function.insns.size();
  fmt::print("{}{}{} ({}): {} instructions, {} of the machine\n", strong, name, plain, type,
             lines.program().code().insns.size(), count);
  for (const engine::NativeFunction& function : functions) {
    fmt::print("\n{}{}:{}\n", strong, function.name, plain);
    std::string shown;
    std::optional<std::uint32_t> of;
    for (const engine::NativeInsn& insn : function.insns) {
      if (insn.pc && insn.pc != of) {
        of = insn.pc;
        if (const SourcePlace place = lines.at(*of); place.known()) {
          std::string line = fmt::format("; {}:{}: {}", place.short_file(), place.line, place.text);
          if (line != shown) fmt::print("{}{}{}\n", faint, line, plain);
          shown = std::move(line);
        }
        fmt::print("{:6}: {}\n", *of, lines.disassembly(*of));
      }
      fmt::print("  {:>8x}: {}\n", insn.offset, insn.text);
    }
  }
  return true;
}

void print_json(const std::string& object, const std::string& name, const std::string& type, const Lines& lines) {
  const runtime::Code& code = lines.program().code();
  for_each_instruction(code, [&](std::uint32_t pc) {
    const SourcePlace place = lines.at(pc);
    JsonObject line;
    line.add("object", object).add("program", name).add("type", type);
    line.add("function", lines.function_name(function_at(code, pc).index)).add("instruction", pc);
    line.add("loaded_at", code.facts[pc].original).add("text", lines.disassembly(pc));
    if (place.known())
      line.add("file", place.file).add("line", place.line).add("column", place.column).add("source", place.text);
    fmt::print("{}\n", line.text());
  });
}

}  // namespace

int disasm(const Options& options) {
  const KeepWarnings quiet;
  const std::shared_ptr<Kernel> kernel = make_kernel(options);
  if (!kernel) return exit_usage;
  const KernelBinding binding(*kernel);
  const bool color = in_color(STDOUT_FILENO);
  int status = exit_ok;
  bool first = true;
  for (const std::string& path : options.files) {
    const Loaded loaded = load_programs(*kernel, path, options.program, options.complete_maps);
    if (!loaded.object) {
      if (loaded.why)
        fmt::print(stderr, "{}", refusal_text(*loaded.why, in_color(STDERR_FILENO)));
      else
        complain(loaded.error);
      status = std::max(status, loaded.status);
      continue;
    }
    for (const Refusal& refusal : loaded.refused) {
      fmt::print(stderr, "{}", refusal_text(refusal, in_color(STDERR_FILENO)));
      status = std::max(status, exit_failed);
    }
    bpf_program* program = nullptr;
    bpf_object__for_each_program(program, loaded.object.get()) {
      const std::string name = bpf_program__name(program);
      auto code = code_of(*kernel, bpf_program__fd(program));
      if (!code || code->code == nullptr || (!options.program.empty() && name != options.program)) continue;
      const Lines lines(std::move(*code));
      const std::string type = type_name(bpf_program__type(program));
      if (options.native) {
        if (!std::exchange(first, false)) fmt::print("\n");
        if (!print_native(name, type, lines, color)) status = std::max(status, exit_failed);
      } else if (options.json) {
        print_json(base_name(path), name, type, lines);
      } else {
        if (!std::exchange(first, false)) fmt::print("\n");
        print_text(name, type, lines, color);
      }
    }
  }
  return status;
}

}  // namespace skep::cli
