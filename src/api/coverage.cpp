// See api/coverage.hpp.
#include "api/coverage.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cstdio>
#include <optional>

#include "api/source_file.hpp"

namespace skep::api {
namespace {

constexpr std::string_view impossible_mark = "# the verifier proved that this cannot happen: ";

// "3, 7-9"
std::string ranges(const std::vector<std::uint32_t>& lines) {
  std::string text;
  for (std::size_t i = 0; i < lines.size();) {
    std::size_t end = i;
    while (end + 1 < lines.size() && lines[end + 1] == lines[end] + 1) ++end;
    text += fmt::format("{}{}", text.empty() ? "" : ", ",
                        end == i ? fmt::format("{}", lines[i]) : fmt::format("{}-{}", lines[i], lines[end]));
    i = end + 1;
  }
  return text;
}

bool is_branch(const Insn& insn) {
  return (insn.insn_class() == insn_class::jmp || insn.insn_class() == insn_class::jmp32) && insn.op() != jmp_op::ja &&
         insn.op() != jmp_op::call && insn.op() != jmp_op::exit;
}

double percent(std::size_t part, std::size_t whole) {
  return whole == 0 ? 100.0 : 100.0 * static_cast<double>(part) / static_cast<double>(whole);
}

}  // namespace

Coverage::Counts& Coverage::counts_of(const runtime::Program& program) {
  Counts& counts = counts_[&program];
  if (counts.keep == nullptr) {
    counts.keep = program.shared_from_this();
    counts.ran.resize(program.code().insns.size());
    counts.taken.resize(counts.ran.size());
  }
  return counts;
}

void Coverage::instruction(const runtime::Program& program, std::uint32_t pc, std::span<const std::uint64_t>) {
  const std::lock_guard guard(lock_);
  ++counts_of(program).ran[pc];
}
void Coverage::branch(const runtime::Program& program, std::uint32_t pc, bool taken) {
  const std::lock_guard guard(lock_);
  Counts& counts = counts_of(program);
  counts.taken[pc] += taken ? 1U : 0U;
}

void Coverage::note(Kernel& kernel, int program_fd) {
  auto loaded = code_of(kernel, program_fd);
  if (!loaded) return;
  const std::lock_guard guard(lock_);
  noted_.push_back(std::move(*loaded));
}
void Coverage::note(Kernel& kernel, const Object& object) {
  for (const Program& program : object.programs()) note(kernel, program.fd());
}

void Coverage::collect() {
  const std::lock_guard guard(lock_);
  for (const LoadedCode& loaded : noted_) {
    const auto counts = counts_.find(loaded.code.get());
    add_program(loaded, counts != counts_.end() ? &counts->second : nullptr);
  }
  noted_.clear();
  counts_.clear();
}

void Coverage::add_program(const LoadedCode& loaded, const Counts* counts) {
  if (loaded.types == nullptr || loaded.lines.empty()) return;
  const runtime::Code& code = loaded.code->code();
  // The record that an instruction, as it was loaded, belongs to.
  const auto record_of = [&](std::uint32_t original) {
    const auto after =
        std::upper_bound(loaded.lines.begin(), loaded.lines.end(), original,
                         [](std::uint32_t insn, const LoadedCode::Line& line) { return insn < line.insn; });
    return static_cast<std::size_t>(after - loaded.lines.begin()) - (after == loaded.lines.begin() ? 0 : 1);
  };
  const auto line_of = [](const LoadedCode::Line& record) { return record.line_column >> 10; };
  const auto file_of = [&](const LoadedCode::Line& record) -> FileCoverage& {
    return files_[std::string(loaded.types->string(record.file))];
  };
  // How often each record ran; nothing: no instruction of it is left.
  std::vector<std::optional<std::uint64_t>> ran(loaded.lines.size());
  for (std::uint32_t pc = 0; pc < code.insns.size(); ++pc) {
    const std::size_t record = record_of(code.facts[pc].original);
    ran[record] = std::max(ran[record].value_or(0), counts != nullptr ? counts->ran[pc] : 0);
    if (!is_branch(code.insns[pc])) continue;
    const LoadedCode::Line& place = loaded.lines[record];
    auto& branch = file_of(place).branches[{line_of(place), fmt::format("{}:{}", code.name, code.facts[pc].original)}];
    if (counts == nullptr) continue;
    branch.taken += counts->taken[pc];
    branch.not_taken += counts->ran[pc] - counts->taken[pc];
  }
  // A line may have several records in a program; it ran as often as the one that ran most.
  std::map<std::pair<std::uint32_t, std::uint32_t>, std::optional<std::uint64_t>> lines;
  for (std::size_t i = 0; i < ran.size(); ++i) {
    if (line_of(loaded.lines[i]) == 0) continue;
    auto& line = lines[{loaded.lines[i].file, line_of(loaded.lines[i])}];
    if (ran[i]) line = std::max(line.value_or(0), *ran[i]);
  }
  for (const auto& [place, count] : lines) {
    FileCoverage& file = files_[std::string(loaded.types->string(place.first))];
    if (count) {
      file.lines[place.second] += *count;
      file.impossible.erase(place.second);
    } else if (!file.lines.contains(place.second)) {
      file.impossible.insert(place.second);
    }
  }
  for (const runtime::Subprogram& function : code.subprograms) {
    const LoadedCode::Line& place = loaded.lines[record_of(code.facts[function.start].original)];
    auto& known = file_of(place).functions[function.name.empty() ? code.name : function.name];
    known.line = line_of(place);
    known.calls += counts != nullptr ? counts->ran[function.start] : 0;
  }
}

std::string Coverage::lcov(const std::string& source_root) const {
  std::string text = "TN:\n";
  for (const auto& [name, file] : files_) {
    text += fmt::format("SF:{}\n", find_source(name, source_root));
    for (const auto& [function, its] : file.functions) text += fmt::format("FN:{},{}\n", its.line, function);
    std::size_t called = 0;
    for (const auto& [function, its] : file.functions) {
      text += fmt::format("FNDA:{},{}\n", its.calls, function);
      called += its.calls != 0 ? 1U : 0U;
    }
    text += fmt::format("FNF:{}\nFNH:{}\n", file.functions.size(), called);
    std::uint32_t line_before = 0, block = 0;
    std::size_t taken = 0;
    for (const auto& [place, branch] : file.branches) {
      block = place.first == line_before ? block + 1 : 0;
      line_before = place.first;
      text += fmt::format("BRDA:{},{},0,{}\nBRDA:{},{},1,{}\n", place.first, block, branch.taken, place.first, block,
                          branch.not_taken);
      taken += (branch.taken != 0 ? 1U : 0U) + (branch.not_taken != 0 ? 1U : 0U);
    }
    text += fmt::format("BRF:{}\nBRH:{}\n", 2 * file.branches.size(), taken);
    std::size_t hit = 0;
    for (const auto& [line, count] : file.lines) {
      text += fmt::format("DA:{},{}\n", line, count);
      hit += count != 0 ? 1U : 0U;
    }
    for (const std::uint32_t line : file.impossible) text += fmt::format("{}{}\n", impossible_mark, line);
    text += fmt::format("LF:{}\nLH:{}\nend_of_record\n", file.lines.size(), hit);
  }
  return text;
}

bool Coverage::add_lcov(const std::string& text) {
  FileCoverage* file = nullptr;
  for (std::size_t at = 0; at < text.size();) {
    const auto end = std::min(text.find('\n', at), text.size());
    const std::string line = text.substr(at, end - at);
    at = end + 1;
    unsigned long long first = 0, second = 0, third = 0, fourth = 0;
    int name = 0;
    if (line.starts_with("SF:")) {
      file = &files_[line.substr(3)];
    } else if (line.starts_with("TN:") || line == "end_of_record") {
      continue;
    } else if (file == nullptr) {
      return false;
    } else if (std::sscanf(line.c_str(), "DA:%llu,%llu", &first, &second) == 2) {
      file->lines[static_cast<std::uint32_t>(first)] += second;
      file->impossible.erase(static_cast<std::uint32_t>(first));
    } else if (std::sscanf(line.c_str(), "FNDA:%llu,%n", &first, &name) == 1 && name != 0) {
      file->functions[line.substr(static_cast<std::size_t>(name))].calls += first;
    } else if (std::sscanf(line.c_str(), "FN:%llu,%n", &first, &name) == 1 && name != 0) {
      file->functions[line.substr(static_cast<std::size_t>(name))].line = static_cast<std::uint32_t>(first);
    } else if (std::sscanf(line.c_str(), "BRDA:%llu,%llu,%llu,%llu", &first, &second, &third, &fourth) == 4) {
      auto& branch = file->branches[{static_cast<std::uint32_t>(first), fmt::format("{:06}", second)}];
      (third == 0 ? branch.taken : branch.not_taken) += fourth;
    } else if (line.starts_with(impossible_mark)) {
      std::sscanf(line.c_str() + impossible_mark.size(), "%llu", &first);
      if (!file->lines.contains(static_cast<std::uint32_t>(first)))
        file->impossible.insert(static_cast<std::uint32_t>(first));
    }
  }
  return true;
}

std::vector<std::string> Coverage::summary() const {
  std::vector<std::string> text = {
      fmt::format("{:44} {:>16} {:>16} {:>14} {:>11}", "file", "lines", "branches", "functions", "impossible")};
  for (const auto& [name, file] : files_) {
    std::vector<std::uint32_t> missing;
    for (const auto& [line, count] : file.lines)
      if (count == 0) missing.push_back(line);
    std::size_t branches = 0, called = 0;
    for (const auto& [place, branch] : file.branches)
      branches += (branch.taken != 0 ? 1U : 0U) + (branch.not_taken != 0 ? 1U : 0U);
    for (const auto& [function, its] : file.functions) called += its.calls != 0 ? 1U : 0U;
    const std::size_t hit = file.lines.size() - missing.size();
    const std::string shown = name.size() > 44 ? "…" + name.substr(name.size() - 41) : name;
    text.push_back(fmt::format(
        "{:44} {:>16} {:>16} {:>14} {:>11}", shown,
        fmt::format("{}/{} {:.1f}%", hit, file.lines.size(), percent(hit, file.lines.size())),
        fmt::format("{}/{} {:.0f}%", branches, 2 * file.branches.size(), percent(branches, 2 * file.branches.size())),
        fmt::format("{}/{}", called, file.functions.size()), file.impossible.size()));
    if (!missing.empty()) text.push_back(fmt::format("  not run: {}", ranges(missing)));
    if (!file.impossible.empty())
      text.push_back(fmt::format("  the verifier proved that this cannot happen: {}",
                                 ranges({file.impossible.begin(), file.impossible.end()})));
  }
  return text;
}

}  // namespace skep::api
