// See debugger/breakpoints.hpp.
#include "debugger/breakpoints.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cstring>
#include <utility>

#include "calls/call.hpp"
#include "debugger/places.hpp"
#include "maps/map.hpp"

namespace skep::debugger {
namespace {

std::uint32_t number_in(const std::string& text) {
  return text.empty() || text.size() > 9 || text.find_first_not_of("0123456789") != std::string::npos
             ? 0
             : static_cast<std::uint32_t>(std::stoul(text));
}

std::string_view call_at(const runtime::InsnFacts& facts) {
  return facts.helper != nullptr ? facts.helper->name : facts.kfunc != nullptr ? facts.kfunc->name : std::string_view();
}

bool has_function(const AllLines& lines, const std::string& name) {
  return std::ranges::any_of(lines.all(), [&](const auto& one) {
    const auto& functions = one.second.program().code().subprograms;
    for (std::uint32_t i = 0; i < functions.size(); ++i)
      if (one.second.function_name(i) == name) return true;
    return false;
  });
}
bool has_call(const AllLines& lines, const std::string& name) {
  return std::ranges::any_of(lines.all(), [&](const auto& one) {
    return std::ranges::any_of(one.second.program().code().facts,
                               [&](const runtime::InsnFacts& facts) { return call_at(facts) == name; });
  });
}
// A map's name as the Kernel has it is cut.
bool is_map(const maps::Map& map, const std::string& name) {
  return map.info().name == name.substr(0, object_name_len - 1);
}
bool has_map(const AllLines& lines, const std::string& name) {
  return std::ranges::any_of(lines.all(), [&](const auto& one) {
    return std::ranges::any_of(one.second.program().code().maps, [&](const auto& map) { return is_map(*map, name); });
  });
}

}  // namespace

std::string Breakpoint::text() const {
  switch (kind) {
    case Kind::line:
      return fmt::format("{}:{}", name.substr(name.rfind('/') + 1), line);
    case Kind::function:
      return name;
    case Kind::instruction:
      return fmt::format("*{} of {}", line, name);
    case Kind::call:
      return "call " + name;
    case Kind::map:
      return "map " + name;
    case Kind::watch:
      return "watch " + name;
  }
  return {};
}

bool find_global(const AllLines& lines, const std::string& name, GlobalVariable& found) {
  for (const auto& [program, its] : lines.all()) {
    for (const auto& map : program->code().maps) {
      const maps::MapInfo& info = map->info();
      auto* const area = static_cast<std::uint8_t*>(map->value_area());
      if (area == nullptr || info.btf == nullptr || info.value_type == 0) continue;
      const btf::Type& section = info.btf->type(info.value_type);
      if (section.kind != btf::Kind::datasec) continue;
      for (const btf::SectionVar& var : info.btf->section_vars(section)) {
        if (info.btf->type(var.type).name != name || var.offset + var.size > info.value_size) continue;
        found = {area + var.offset, var.size, info.btf->type(var.type).type, info.btf};
        return true;
      }
    }
  }
  return false;
}

bool parse_breakpoint(const std::string& words, AllLines& lines, const std::string& file, const std::string& program,
                      Breakpoint& breakpoint, std::string& error) {
  using Kind = Breakpoint::Kind;
  const auto space = words.find(' ');
  const std::string first = words.substr(0, space);
  const std::string rest = space == std::string::npos ? std::string() : words.substr(space + 1);
  const auto named = [&](Kind kind, bool is_there, const std::string& name, std::string_view what) {
    breakpoint.kind = kind;
    breakpoint.name = name;
    if (!is_there) error = fmt::format("there is no {} {}", what, name);
    return is_there;
  };
  GlobalVariable variable;
  if (first == "call" && !rest.empty()) return named(Kind::call, has_call(lines, rest), rest, "call of");
  if (first == "map" && !rest.empty()) return named(Kind::map, has_map(lines, rest), rest, "map");
  if (first == "watch" && !rest.empty())
    return named(Kind::watch, find_global(lines, rest, variable), rest, "global variable");
  if (words.empty() || space != std::string::npos) return error = fmt::format("'{}' is no place", words), false;
  if (words[0] == '*') {
    breakpoint.kind = Kind::instruction;
    breakpoint.name = program;
    breakpoint.line = number_in(words.substr(1));
    if (breakpoint.line == 0 && words != "*0") return error = fmt::format("'{}' is no instruction", words), false;
    for (const auto& [its, of] : lines.all())
      if (its->name() == program)
        for (const runtime::InsnFacts& facts : its->code().facts)
          if (facts.original == breakpoint.line) return true;
    return error =
               fmt::format("program {} has no instruction {}, or the verifier removed it", program, breakpoint.line),
           false;
  }
  const auto colon = words.rfind(':');
  const std::uint32_t line = number_in(colon == std::string::npos ? words : words.substr(colon + 1));
  if (line == 0) return named(Kind::function, has_function(lines, words), words, "function");
  breakpoint.kind = Kind::line;
  breakpoint.name = colon == std::string::npos ? file : words.substr(0, colon);
  std::uint32_t found = 0;
  bool removed = false;
  for (const auto& [its, of] : lines.all()) {
    const std::uint32_t next = of.first_line_from(breakpoint.name, line);
    if (next != 0 && (found == 0 || next < found)) found = next;
    removed = removed || of.is_removed(breakpoint.name, line);
  }
  breakpoint.line = found;
  if (removed && found != line) {
    error = fmt::format("the verifier proved that line {} cannot be reached: no instruction of it is left", line);
    return false;
  }
  if (found == 0) error = fmt::format("there is no line {} with instructions in {}", line, breakpoint.name);
  return found != 0;
}

Tripwires::Tripwires(const std::vector<Breakpoint>& breakpoints, AllLines& lines, unsigned cpus)
    : breakpoints_(breakpoints), lines_(lines), cpus_(cpus) {
  using Kind = Breakpoint::Kind;
  for (const Breakpoint& one : breakpoints) {
    if (!one.enabled) continue;
    has_lines_ = has_lines_ || one.kind == Kind::line;
    has_functions_ = has_functions_ || one.kind == Kind::function;
    has_instructions_ = has_instructions_ || one.kind == Kind::instruction;
    has_calls_ = has_calls_ || one.kind == Kind::call;
    has_maps_ = has_maps_ || one.kind == Kind::map;
    if (one.kind != Kind::watch) continue;
    Watched watched{one.number, {}, {}};
    if (!find_global(lines, one.name, watched.variable)) continue;
    watched.before.assign(watched.variable.at, watched.variable.at + watched.variable.size);
    watched_.push_back(std::move(watched));
  }
}

const Tripwires::InProgram& Tripwires::in(const Lines& lines) {
  const auto [place, fresh] = programs_.try_emplace(&lines.program());
  InProgram& found = place->second;
  if (!fresh) return found;
  const runtime::Code& code = lines.program().code();
  for (const Breakpoint& one : breakpoints_) {
    if (!one.enabled) continue;
    if (one.kind == Breakpoint::Kind::function) {
      for (std::uint32_t i = 0; i < code.subprograms.size(); ++i)
        if (lines.function_name(i) == one.name) found.functions.emplace_back(code.subprograms[i].start, one.number);
    } else if (one.kind == Breakpoint::Kind::instruction && code.name == one.name) {
      for (std::uint32_t pc = 0; pc < code.insns.size(); ++pc)
        if (code.facts[pc].original == one.line) {
          found.instructions.emplace_back(pc, one.number);
          break;
        }
    } else if (one.kind == Breakpoint::Kind::line) {
      found.files.emplace_back(&one, lines.first_line_from(one.name, one.line) == one.line);
    }
  }
  return found;
}

bool Tripwires::is_of(const Breakpoint& breakpoint, const runtime::Program& program, std::uint64_t address,
                      std::uint32_t size) const {
  const bool uses =
      std::ranges::any_of(program.code().maps, [&](const auto& map) { return is_map(*map, breakpoint.name); });
  if (!uses || size == 0) return false;
  const auto in = find_in_maps(program, address, cpus_);
  return in && is_map(*in->map, breakpoint.name);
}

int Tripwires::at(const Event& event, const LineWalk& walk) {
  using Kind = Breakpoint::Kind;
  const Frame& frame = event.frames.innermost();
  const runtime::InsnFacts& facts = frame.program->code().facts[frame.pc];
  if (event.kind == Event::Kind::call && (has_calls_ || has_maps_)) {
    const std::string_view call = call_at(facts);
    for (const Breakpoint& one : breakpoints_) {
      if (!one.enabled) continue;
      if (one.kind == Kind::call && call == one.name) return one.number;
      if (one.kind != Kind::map) continue;
      for (const auto& map : frame.program->code().maps)
        if (is_map(*map, one.name) &&
            (facts.map == map.get() ||
             std::ranges::find(frame.registers.begin() + 1, frame.registers.begin() + 6,
                               reinterpret_cast<std::uint64_t>(map.get())) != frame.registers.begin() + 6))
          return one.number;
    }
  }
  if (event.kind == Event::Kind::access && has_maps_) {
    const std::uint64_t top = frame.registers[frame_pointer];
    const bool on_stack = event.access->address < top && top - event.access->address <= max_stack;
    for (const Breakpoint& one : breakpoints_)
      if (one.enabled && one.kind == Kind::map && !on_stack &&
          is_of(one, *frame.program, event.access->address, event.access->size))
        return one.number;
  }
  if (event.kind != Event::Kind::instruction) return 0;
  for (Watched& one : watched_)
    if (std::memcmp(one.variable.at, one.before.data(), one.before.size()) != 0) {
      one.before.assign(one.variable.at, one.variable.at + one.variable.size);
      return one.number;
    }
  if (!has_lines_ && !has_functions_ && !has_instructions_) return 0;
  const Lines& lines = lines_.of(*frame.program);
  const InProgram& wires = in(lines);
  for (const auto& [pc, number] : wires.instructions)
    if (pc == frame.pc) return number;
  for (const auto& [pc, number] : wires.functions)
    if (pc == frame.pc) return number;
  if (walk.begins() || walk.repeats())
    for (const auto& [one, has] : wires.files)
      if (has && one->line == walk.line() && lines.in_file(frame.pc, one->name)) return one->number;
  return 0;
}

}  // namespace skep::debugger
