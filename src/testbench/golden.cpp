// See testbench/golden.hpp.
#include "testbench/golden.hpp"

#include <fmt/format.h>

#include <filesystem>
#include <fstream>

#include "kernel/read_file.hpp"
#include "testbench/map_content.hpp"
#include "testbench/packet_text.hpp"
#include "testbench/verdict.hpp"

namespace skep::testbench {
namespace {

constexpr std::size_t largest = std::size_t{16} << 20;

}  // namespace

std::string golden_text(const StepOutcome& outcome) {
  std::string text;
  const auto line = [&text](std::string_view what, std::string_view value) {
    text += fmt::format("{}: {}\n", what, value);
  };
  if (outcome.ran && !outcome.status) line("error", outcome.status.message());
  if (outcome.ran && outcome.status) {
    line("verdict", verdict_with_number(outcome.type, outcome.result.verdict));
    if (const std::string to = outcome.result.redirection.text(); !to.empty()) line("redirected to", to);
    if (!outcome.packet.empty()) {
      const bool same = outcome.packet == outcome.result.packet;
      line("packet", same ? "unchanged" : packet_summary(outcome.result.packet));
      for (const std::string& one : same ? std::vector<std::string>() : hexdump(outcome.result.packet))
        text += "  " + one + "\n";
    }
    if (!outcome.result.output.empty()) line("output", outcome.result.output);
  }
  for (const TraceLine& one : outcome.seen.lines) line(fmt::format("{} says", one.program), one.text);
  for (const Record& one : outcome.seen.records) line("record of " + one.map, one.text);
  for (const MapChanges& one : outcome.seen.maps)
    for (const std::string& change : change_lines(one.map, one.changes)) line("map " + shown_name(one.map), change);
  for (const WorkRun& run : outcome.work)
    line("work", fmt::format("{} (map {}, cpu {}{})", run.callback, run.map, run.cpu, run.timer ? ", a timer" : ""));
  if (!outcome.armed.empty()) line("timers armed", fmt::format("{}", outcome.armed.size()));
  if (outcome.counts.cancelled != 0) line("starts cancelled", fmt::format("{}", outcome.counts.cancelled));
  return text;
}

void check_golden(const std::string& file, const StepOutcome& outcome, const std::string& where, CaseResult& result) {
  const std::string path = std::filesystem::path(outcome.directory) / file;
  const std::string now = golden_text(outcome);
  std::string error;
  const auto kept = read_whole_file(path, largest, error);
  const std::string before = kept ? std::string(kept->begin(), kept->end()) : std::string();
  if (kept && before == now) return;
  if (!outcome.update) {
    if (!kept) return result.fail(fmt::format("{}: golden: {}: {}; --update writes it", where, path, error));
    return result.add({fmt::format("{}: {}", where, file), before, now});
  }
  std::ofstream out(path, std::ios::binary | std::ios::trunc);
  out << now;
  out.close();
  if (!out) result.fail(fmt::format("{}: golden: {}: cannot be written", where, path));
}

}  // namespace skep::testbench
