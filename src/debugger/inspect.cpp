// See debugger/inspect.hpp.
#include "debugger/inspect.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <fstream>

#include "api/source_file.hpp"
#include "debugger/places.hpp"
#include "describe/show.hpp"
#include "maps/map_types.hpp"
#include "testbench/map_content.hpp"

namespace skep::debugger {

std::string value_text(const Session& session, std::uint64_t value) {
  if (value < 4096) return fmt::format("{}", value);
  if (const std::string place = place_of(session.all_frames(), value, session.cpus()); !place.empty())
    return fmt::format("{:#x} ({})", value, place);
  const auto number = static_cast<std::int64_t>(value);
  if (number < 0 && number > -65536) return fmt::format("{} ({:#x})", number, value);
  return value <= 0xffffffff ? fmt::format("{} ({:#x})", value, value) : fmt::format("{:#x}", value);
}

std::vector<RegisterView> registers_of(const Session& session, const Frame& frame, const Beliefs* beliefs) {
  std::vector<RegisterView> all;
  for (unsigned i = 0; i < reg_count; ++i) {
    const std::uint64_t value = frame.registers[i];
    RegisterView one{fmt::format("r{}", i), value, value_text(session, value), {}};
    if (beliefs != nullptr) one.believed = beliefs->of(*frame.program, frame.pc, i);
    all.push_back(std::move(one));
  }
  return all;
}

std::string frame_text(Session& session, const Frame& frame) {
  const SourcePlace place = session.place(frame);
  const std::string& function = session.function(frame);
  if (!place.known())
    return fmt::format("{}, instruction {}", function, frame.program->code().facts[frame.pc].original);
  return fmt::format("{} at {}:{}", function, place.short_file(), place.line);
}

std::vector<CodeLine> code_of_function(Session& session, const Frame& frame) {
  std::vector<CodeLine> code;
  const Lines& lines = session.lines().of(*frame.program);
  const runtime::Code& its = frame.program->code();
  const runtime::Subprogram& function = its.subprograms[frame.function];
  for (std::uint32_t pc = function.start; pc < function.end; ++pc) {
    code.push_back({pc, its.facts[pc].original, lines.disassembly(pc), lines.at(pc), lines.begins(pc)});
    if (its.insns[pc].is_wide_load()) ++pc;
  }
  return code;
}

std::vector<MapView> maps_of(const Session& session) {
  std::vector<MapView> all;
  for (const Map& map : session.object().maps()) {
    MapView one{testbench::shown_name(map), std::string(maps::map_type(map.type()).name), 0, false};
    if (testbench::can_be_listed(map)) {
      const testbench::Content content = testbench::content_of(map);
      one.listed = content.listed;
      one.elements = content.elements.size();
    }
    all.push_back(std::move(one));
  }
  return all;
}

std::optional<std::string> map_text(const Session& session, const std::string& name, std::string& error) {
  for (const Map& map : session.object().maps()) {
    if (map.name() != name && testbench::shown_name(map) != name) continue;
    const testbench::Content content = testbench::content_of(map);
    if (content.listed) return testbench::content_text(map, content);
    error = fmt::format("the elements of map {} cannot be listed", name);
    return std::nullopt;
  }
  error = fmt::format("there is no map {}", name);
  return std::nullopt;
}

std::optional<std::string> global_text(Session& session, const std::string& name) {
  GlobalVariable variable;
  if (!find_global(session.lines(), name, variable)) return std::nullopt;
  return describe::show(variable.types.get(), variable.type, {variable.at, variable.size});
}

std::vector<std::string> global_names(Session& session) {
  std::vector<std::string> names;
  for (const auto& [program, lines] : session.lines().all())
    for (const auto& map : program->code().maps) {
      const maps::MapInfo& info = map->info();
      if (info.btf == nullptr || info.value_type == 0 || map->value_area() == nullptr) continue;
      const btf::Type& section = info.btf->type(info.value_type);
      if (section.kind != btf::Kind::datasec) continue;
      for (const btf::SectionVar& var : info.btf->section_vars(section)) {
        std::string name(info.btf->type(var.type).name);
        if (std::ranges::find(names, name) == names.end()) names.push_back(std::move(name));
      }
    }
  return names;
}

std::vector<std::string> source_lines(const std::string& path, const std::string& root) {
  std::ifstream in(api::find_source(path, root));
  std::vector<std::string> lines;
  for (std::string line; std::getline(in, line);) lines.push_back(line);
  return lines;
}

}  // namespace skep::debugger
