// See debugger/lines.hpp.
#include "debugger/lines.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "calls/call.hpp"
#include "maps/map.hpp"
#include "verifier/report/disasm.hpp"

namespace skep::debugger {
namespace {

std::string without_indentation(std::string_view text) {
  const auto first = text.find_first_not_of(" \t");
  return std::string(first == std::string_view::npos ? std::string_view() : text.substr(first));
}

}  // namespace

bool is_file(const std::string& path, const std::string& asked) {
  if (asked.empty() || path == asked) return true;
  return path.size() > asked.size() && path.ends_with(asked) && path[path.size() - asked.size() - 1] == '/';
}

Lines::Lines(LoadedCode loaded) : loaded_(std::move(loaded)) {
  for (const LoadedCode::Line& line : loaded_.lines) {
    if (loaded_.types == nullptr) break;
    places_.push_back({std::string(loaded_.types->string(line.file)), line.line_column >> 10, line.line_column & 0x3ff,
                       without_indentation(loaded_.types->string(line.text))});
    first_.push_back(line.insn);
  }
  index();
}

Lines::Lines(std::shared_ptr<const runtime::Program> program) {
  loaded_.code = std::move(program);
  if (const auto& source = loaded_.code->code().source; source != nullptr)
    for (const runtime::SourceLine& line : source->lines) {
      places_.push_back({std::string(line.file), line.line, line.column, without_indentation(line.text)});
      first_.push_back(line.insn);
    }
  index();
}

void Lines::index() {
  const runtime::Code& code = loaded_.code->code();
  if (places_.empty()) return;
  records_.resize(code.insns.size());
  begins_.resize(code.insns.size());
  for (std::uint32_t pc = 0; pc < code.insns.size(); ++pc) {
    const auto after = std::ranges::upper_bound(first_, code.facts[pc].original);
    records_[pc] = static_cast<std::uint32_t>(after - first_.begin()) - (after == first_.begin() ? 0U : 1U);
  }
  for (std::uint32_t pc = 0; pc < code.insns.size(); ++pc) begins_[pc] = pc == 0 || records_[pc] != records_[pc - 1];
  for (const runtime::Subprogram& function : code.subprograms)
    if (function.start < begins_.size()) begins_[function.start] = true;
}

SourcePlace Lines::at(std::uint32_t pc) const {
  return records_.empty() || pc >= records_.size() ? SourcePlace() : places_[records_[pc]];
}

std::uint32_t Lines::first_line_from(const std::string& file, std::uint32_t line) const {
  std::uint32_t first = 0;
  for (const std::uint32_t record : records_) {
    const SourcePlace& place = places_[record];
    if (place.line >= line && (first == 0 || place.line < first) && is_file(place.file, file)) first = place.line;
  }
  return first;
}

bool Lines::in_file(std::uint32_t pc, const std::string& file) const {
  return !records_.empty() && is_file(places_[records_[pc]].file, file);
}

bool Lines::is_removed(const std::string& file, std::uint32_t line) const {
  bool written = false;
  for (std::uint32_t record = 0; record < places_.size(); ++record) {
    if (places_[record].line != line || !is_file(places_[record].file, file)) continue;
    written = true;
    if (std::ranges::find(records_, record) != records_.end()) return false;
  }
  return written;
}

const std::string& Lines::function_name(std::uint32_t function) const {
  const runtime::Code& code = loaded_.code->code();
  const std::string& name = code.subprograms[function].name;
  return name.empty() ? code.name : name;
}

std::string Lines::disassembly(std::uint32_t pc) const {
  const runtime::Code& code = loaded_.code->code();
  const Insn& insn = code.insns[pc];
  const runtime::InsnFacts& facts = code.facts[pc];
  std::string callee;
  if (facts.helper != nullptr)
    callee = fmt::format("{}#{}", facts.helper->name, facts.helper->id);
  else if (facts.kfunc != nullptr)
    callee = facts.kfunc->name;
  else if (facts.callee >= 0)
    callee = function_name(static_cast<std::uint32_t>(facts.callee));
  // By name: an address is another in each process.
  if (insn.is_wide_load() && facts.map != nullptr) {
    const maps::MapInfo& map = facts.map->info();
    const std::uint32_t in_value = static_cast<std::uint32_t>(insn.imm) - static_cast<std::uint32_t>(map.value_address);
    const bool of_value = insn.src == pseudo::map_value || insn.src == pseudo::map_idx_value;
    return fmt::format("(18) r{} = map[{}]{}", unsigned{insn.dst}, map.name,
                       of_value ? fmt::format("[0]+{}", in_value) : std::string());
  }
  std::uint64_t wide = 0;
  if (insn.is_wide_load() && pc + 1 < code.insns.size())
    wide = static_cast<std::uint32_t>(insn.imm) | static_cast<std::uint64_t>(code.insns[pc + 1].imm) << 32;
  return verifier::disassemble(insn, wide, callee);
}

void AllLines::add(Kernel& kernel, const Object& object) {
  for (const Program& program : object.programs())
    if (auto loaded = code_of(kernel, program.fd()); loaded && loaded->code != nullptr) {
      const runtime::Program* const key = loaded->code.get();
      lines_.try_emplace(key, std::move(*loaded));
    }
}

const Lines& AllLines::of(const runtime::Program& program) {
  const auto known = lines_.find(&program);
  return known != lines_.end() ? known->second : lines_.try_emplace(&program, program.shared_from_this()).first->second;
}

}  // namespace skep::debugger
