// See engine/native_code.hpp.
#include "engine/native_code.hpp"

#include <algorithm>

#include "engine/llvm/body.hpp"
#include "engine/llvm/compiled.hpp"
#include "engine/llvm/generator.hpp"
#include "engine/llvm/library.hpp"
#include "engine/llvm/line_table.hpp"
#include "engine/llvm/object.hpp"

namespace skep::engine {
namespace {

// "p00000000_1" is function 1.
std::optional<std::size_t> function_number(std::string_view name) {
  if (!name.starts_with(native::unnumbered)) return {};
  std::size_t number = 0;
  for (const char digit : name.substr(native::unnumbered.size())) {
    if (digit < '0' || digit > '9') return {};
    number = number * 10 + static_cast<std::size_t>(digit - '0');
  }
  return number;
}

native::Generator::Made make(native::Generator& generator, const runtime::Program& program, bool say_instructions,
                             std::string& why) {
  const native::Bodies bodies = native::find_bodies(program, native::find_constants(program));
  return generator.make(program, bodies,
                        {.state_offset = native::CompiledRun::state_offset(), .say_instructions = say_instructions},
                        native::Tier::full, why);
}

}  // namespace

std::vector<NativeFunction> native_code(const runtime::Program& program, std::string& why) {
  const native::LibraryUse use;
  const native::Library* const library = native::Library::get(why);
  if (library == nullptr) return {};
  native::Generator generator(*library);
  const native::Generator::Made made = make(generator, program, true, why);
  if (made.object == nullptr) return {};
  const std::string& object = *made.object;
  const std::vector<native::Line> lines = native::line_table(native::section_named(object, ".debug_line"));
  const std::string_view text = native::section_named(object, ".text");
  LLVMDisasmContextRef disassembler = library->CreateDisasmCPUFeatures(
      generator.triple().c_str(), generator.cpu().c_str(), generator.features().c_str(), nullptr, 0, nullptr, nullptr);
  if (disassembler == nullptr) {
    why = "LLVM has no disassembler for this machine";
    return {};
  }
  constexpr std::uint64_t hexadecimal = 2;
  library->SetDisasmOptions(disassembler, hexadecimal);
  std::vector<NativeFunction> functions;
  for (const native::NamedCode& code : native::functions_of(object)) {
    const auto number = function_number(code.name);
    if (!number || *number >= program.code().subprograms.size() || code.address > text.size()) continue;
    NativeFunction function{program.code().subprograms[*number].name, {}};
    const std::uint64_t end = std::min<std::uint64_t>(code.address + code.bytes, text.size());
    for (std::uint64_t at = code.address; at < end;) {
      char words[200] = "";
      std::string bytes(text.substr(at, end - at));
      const std::size_t taken = library->DisasmInstruction(disassembler, reinterpret_cast<std::uint8_t*>(bytes.data()),
                                                           bytes.size(), at, words, sizeof words);
      if (taken == 0) break;
      NativeInsn insn{at - code.address, {}, words};
      insn.text.erase(0, insn.text.find_first_not_of("\t "));
      std::ranges::replace(insn.text, '\t', ' ');
      const auto after = std::ranges::upper_bound(lines, at, {}, &native::Line::address);
      if (after != lines.begin() && std::prev(after)->line != 0) insn.pc = std::prev(after)->line - 1;
      function.insns.push_back(std::move(insn));
      at += taken;
    }
    functions.push_back(std::move(function));
  }
  library->DisasmDispose(disassembler);
  if (functions.empty()) why = "the code that LLVM has made is not understood";
  return functions;
}

std::string object_for(const std::string& triple, const std::string& target, const runtime::Program& program,
                       std::string& why) {
  const native::LibraryUse use;
  const native::Library* const library = native::Library::get(why);
  if (library == nullptr) return {};
  if (!native::Library::know_target(target)) {
    why = "LLVM was built without " + target;
    return {};
  }
  native::Generator generator(*library, triple);
  const native::Generator::Made made = make(generator, program, false, why);
  return made.object != nullptr ? *made.object : std::string();
}

}  // namespace skep::engine
