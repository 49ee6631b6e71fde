// See cli/refusal.hpp. Tested by tests/cli/refusal_test.cpp.
#include "cli/refusal.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cstring>

namespace skep::cli {
namespace {

constexpr std::size_t widest_source = 160;  // what follows says nothing of the place, or is cut to begin nearer to it

struct Paint {
  std::string_view bold, red, green, plain;
};
constexpr Paint colors = {"\x1b[1m", "\x1b[1;31m", "\x1b[1;32m", "\x1b[0m"};

// The line with tabs as single spaces, so that the caret stands under its column, and the indentation taken off.
void append_source(std::string& out, const Kernel::LoadReport& report, const Paint& paint) {
  std::string text = report.source;
  std::ranges::replace_if(text, [](char c) { return static_cast<unsigned char>(c) < ' '; }, ' ');
  std::size_t column = std::min<std::size_t>(report.column != 0 ? report.column - 1 : 0, text.size());
  const std::size_t indent = std::min(text.find_first_not_of(' '), std::min(text.size(), column));
  const std::size_t begin = column - indent > widest_source ? column - widest_source / 2 : indent;
  text = text.substr(begin, widest_source);
  column -= begin;
  out += fmt::format("{:>6} | {}\n", report.line, text);
  out += fmt::format("{:>6} | {:{}}{}^{}{}{}\n", "", "", column, paint.green, report.annotation.empty() ? "" : " ",
                     report.annotation, paint.plain);
}

std::string_view message_of(const Refusal& refusal) {
  return refusal.report.error != 0 ? refusal.report.message : refusal.loader;
}

}  // namespace

void add_place(JsonObject& line, const Kernel::LoadReport& report) {
  if (report.error == 0) return;
  if (report.instruction >= 0) line.add("instruction", report.instruction);
  if (report.file.empty()) return;
  line.add("file", report.file).add("line", report.line).add("column", report.column).add("source", report.source);
}

std::string refusal_line(const Refusal& refusal) {
  const std::string_view message = message_of(refusal);
  return fmt::format("{}{}{}", std::strerror(refusal.error), message.empty() ? "" : ": ", message);
}

std::string refusal_text(const Refusal& refusal, bool color) {
  const Paint paint = color ? colors : Paint{};
  const Kernel::LoadReport& report = refusal.report;
  const std::string_view message = message_of(refusal);
  const bool has_source = !report.file.empty();
  const std::string place =
      has_source ? fmt::format("{}:{}:{}", report.file, report.line, report.column) : refusal.object;
  std::string out = fmt::format("{}{}:{} {}error:{} {}{}{}\n", paint.bold, place, paint.plain, paint.red, paint.plain,
                                paint.bold, message.empty() ? std::strerror(refusal.error) : message, paint.plain);
  if (has_source) append_source(out, report, paint);
  out += fmt::format("  program {} ({}) of {} is refused: {}\n", refusal.program, refusal.type, refusal.object,
                     std::strerror(refusal.error));
  if (report.instruction >= 0 && report.error != 0)
    out += fmt::format("  at instruction {}{}: {}\n", report.instruction,
                       report.function.empty() || report.function == refusal.program
                           ? std::string()
                           : fmt::format(", in {}", report.function),
                       report.instruction_text);
  if (!report.category.empty()) out += fmt::format("  {}: {}\n", report.category, report.title);
  if (!report.reason.empty()) out += fmt::format("  why: {}\n", report.reason);
  if (!report.suggestion.empty()) out += fmt::format("  do:  {}\n", report.suggestion);
  return out;
}

}  // namespace skep::cli
