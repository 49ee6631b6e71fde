// See print_explanation.hpp. Tested by tests/verifier/report/explanations_test.cpp.
#include "verifier/report/print_explanation.hpp"

#include <algorithm>
#include <vector>

#include "verifier/report/events.hpp"
#include "verifier/report/log.hpp"
#include "verifier/report/source.hpp"

namespace skep::verifier {

namespace {

constexpr std::size_t page_width = 100;
constexpr std::size_t longest_source = 79;
constexpr std::uint32_t around = 2;  // lines and instructions shown before and after

// Appends `text`, broken between words so that no line is wider than the page: `first` before the first line, `rest`
// before the others.
void append_wrapped(std::string& out, std::string_view text, const std::string& first, const std::string& rest) {
  std::string line = first;
  bool empty = true;
  while (!text.empty()) {
    const std::size_t end = std::min(text.find(' '), text.size());
    const std::string_view word = text.substr(0, end);
    text.remove_prefix(std::min(end + 1, text.size()));
    if (!empty && line.size() + 1 + word.size() > page_width) {
      out += line + '\n';
      line = rest;
      empty = true;
    }
    if (!empty) line += ' ';
    line += word;
    empty = false;
  }
  out += line + '\n';
}

std::size_t digits(std::size_t number) {
  return fmt::formatted_size("{}", number);
}

std::string untabbed(std::string_view text) {
  constexpr std::size_t tab = 8;
  std::string out;
  for (const char c : text) {
    if (c == '\t')
      out.append(tab - out.size() % tab, ' ');
    else if (c != '\n' && c != '\r')
      out += c;
  }
  return out;
}

std::string clipped(std::string text) {
  if (text.size() <= longest_source) return text;
  text.resize(longest_source - 3);
  text.resize(text.find_last_not_of(' ') + 1);
  return text + "...";
}

// What the program knows of this line of the same file.
std::string line_text(const Env& env, std::uint32_t file, std::uint32_t line) {
  if (!env.input.btf) return "...";
  for (const LineInfo& info : env.input.line_info) {
    if (info.file_name_off != file || info.line_col >> 10 != line) continue;
    const SourceLine source = source_line(*env.input.btf, info);
    if (source.text.find_first_not_of(" \t") != std::string_view::npos) return clipped(untabbed(source.text));
  }
  return "...";
}

void append_annotation(std::string& out, std::size_t number_width, std::size_t indent, std::string_view text) {
  const std::string margin = std::string(6 + number_width + 1, ' ') + "| " + std::string(indent, ' ');
  append_wrapped(out, text, margin + "^-- ", margin + "    ");
}

void append_source(std::string& out, const Env& env, const SourceLine& source, std::string_view annotation) {
  out += "  Source context:\n";
  const std::uint32_t first = source.line > around ? source.line - around : 1;
  const std::size_t width = digits(source.line + around);
  for (std::uint32_t line = first; line <= source.line + around; ++line) {
    const bool here = line == source.line;
    const std::string text = line_text(env, source.info->file_name_off, line);
    out += fmt::format("  {} {:>{}} | {}\n", here ? ">>>" : "   ", line, width, text);
    if (!here) continue;
    const std::size_t indent = std::min(text.find_first_not_of(' '), text.size());
    append_annotation(out, width, indent, annotation);
  }
}

void append_instructions(std::string& out, const Env& env, std::uint32_t at) {
  out += "  Instruction context:\n";
  const std::uint32_t first = at > around ? at - around : 0;
  const std::uint32_t end = std::min<std::uint32_t>(at + around + 1, static_cast<std::uint32_t>(env.insns.size()));
  const auto is_second_half = [&](std::uint32_t insn) { return insn > 0 && env.insns[insn - 1].is_wide_load(); };
  const std::size_t width = digits(env.insns.size() - 1);
  for (std::uint32_t insn = first; insn < end; ++insn) {
    if (is_second_half(insn)) continue;
    out += fmt::format("  {} {:>{}} | {}\n", insn == at ? ">>>" : "   ", insn, width, insn_text(env, insn));
  }
}

void append_place(std::string& out, const Env& env, std::uint32_t insn, std::string_view annotation,
                  bool with_source = true) {
  out += fmt::format("  {}\n", with_source ? place_text(env, insn) : fmt::format("insn {}", insn));
  const SourceLine source = with_source ? source_of(env.input, insn) : SourceLine{};
  if (source.info != nullptr)
    append_source(out, env, source, annotation);
  else
    append_annotation(out, 0, 0, annotation);
  append_instructions(out, env, insn);
}

using Events = std::vector<const PathEvent*>;  // the latest first

Events events_of(const State& state) {
  Events events;
  for (const PathEvent* event = state.events.get(); event != nullptr; event = event->previous.get()) {
    events.push_back(event);
  }
  return events;
}

// How the register got what it holds: the updates of it, back through copies of registers.
Events updates_of(const Events& all, std::uint32_t frame, std::uint32_t reg) {
  Events chosen;
  for (const PathEvent* event : all) {
    if (event->kind != PathEvent::Kind::update || event->frame != frame || event->id != reg) continue;
    chosen.push_back(event);
    if (event->copied_from < 0) break;
    reg = static_cast<std::uint32_t>(event->copied_from);
  }
  return chosen;
}

Events told_by(const Events& all, const State& state, const Cause& cause) {
  Events chosen;
  switch (cause.kind) {
    case Cause::Kind::none:
      break;
    case Cause::Kind::reg:
      return updates_of(all, static_cast<std::uint32_t>(state.frames.size() - 1), cause.id);
    case Cause::Kind::resource:
    case Cause::Kind::region: {
      const auto kind = cause.kind == Cause::Kind::region ? PathEvent::Kind::region : PathEvent::Kind::acquired;
      for (const PathEvent* event : all) {
        if (event->kind == kind && event->id == cause.id) chosen.push_back(event);
      }
    }
  }
  return chosen;
}

// What is told, with the branches taken since it began; the earliest first.
Events causal_path(const State& state, const Cause& cause) {
  const Events all = events_of(state);
  const Events told = told_by(all, state, cause);
  Events path;
  if (told.empty()) return path;
  for (const PathEvent* event : all) {
    const bool is_told = std::find(told.begin(), told.end(), event) != told.end();
    if (is_told || event->kind == PathEvent::Kind::branch) path.push_back(event);
    if (event == told.back()) break;
  }
  std::reverse(path.begin(), path.end());
  return path;
}

void append_causal_path(std::string& out, Env& env, const Cause& cause) {
  out += "\nCausal path:\n";
  const Events path = causal_path(*env.state, cause);
  if (path.empty()) out += "  no retained diagnostic events on this path\n";
  for (std::size_t i = 0; i < path.size(); ++i) {
    if (i != 0) out += '\n';
    append_place(out, env, path[i]->insn, path[i]->text);
  }
}

std::string_view function_at(const Env& env, std::uint32_t insn) {
  for (const Subprogram& subprogram : env.subprograms) {
    if (insn < subprogram.start || insn >= subprogram.end) continue;
    if (!subprogram.name.empty()) return subprogram.name;
    if (subprogram.btf_func != 0 && env.input.btf)
      return env.input.btf->type(static_cast<btf::TypeId>(subprogram.btf_func)).name;
  }
  return env.input.name;
}

}  // namespace

std::string place_text(const Env& env, std::uint32_t insn) {
  const SourceLine source = source_of(env.input, insn);
  if (source.info == nullptr) return fmt::format("insn {}", insn);
  return fmt::format("{} @ {}:{}:{}", function_at(env, insn), source.file, source.line, source.column);
}

void note_place(const Env& env, Refusal& refusal) {
  if (refusal.insn < 0 || static_cast<std::size_t>(refusal.insn) >= env.insns.size()) return;
  const auto insn = static_cast<std::uint32_t>(refusal.insn);
  Refusal::Place& place = refusal.place;
  place.instruction = insn_text(env, insn);
  if (!env.subprograms.empty()) place.function = function_at(env, insn);
  const SourceLine source = source_of(env.input, insn);
  if (source.info == nullptr) return;
  place.file = source.file;
  place.text = source.text;
  place.line = source.line;
  place.column = source.column;
}

std::string print_explanation(Env& env, const Explanation& why) {
  const auto insn = why.insn >= 0 ? static_cast<std::uint32_t>(why.insn) : env.insn_idx;
  std::string out = fmt::format("\nVerification failed: {}: {}\n\nReason:\n", why.category, why.title);
  append_wrapped(out, why.reason, "  ", "  ");
  out += "\nAt:\n";
  append_place(out, env, insn, "error: " + why.annotation, !why.before_source);
  if (why.cause.kind != Cause::Kind::none && env.state) append_causal_path(out, env, why.cause);
  out += "\nSuggestion:\n";
  append_wrapped(out, why.suggestion, "  ", "  ");
  out += '\n';
  return out;
}

}  // namespace skep::verifier
