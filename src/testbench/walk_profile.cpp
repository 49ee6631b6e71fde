// See testbench/walk_profile.hpp. The log tells a line of C when it changes, and the walk comes back to lines that it
// has told before: which instruction belongs to which line is remembered. An instruction at which a path joins another
// counts, as it does for the verifier; the log only says "safe" there.
#include "testbench/walk_profile.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <cstdlib>
#include <fstream>
#include <functional>

namespace skep::testbench {
namespace {

// The number that a line begins with, which is taken away; -1: none.
long take_number(std::string_view& line) {
  long number = 0;
  std::size_t digits = 0;
  while (digits < line.size() && digits < 9 && std::isdigit(static_cast<unsigned char>(line[digits])) != 0)
    number = number * 10 + (line[digits++] - '0');
  if (digits == 0) return -1;
  line.remove_prefix(digits);
  return number;
}

class Folder {
 public:
  explicit Folder(const std::string& program) : program_(program) {}

  void read(std::string_view line) {
    if (!walking_) return read_beginning(line);
    if (line.starts_with("; ")) {
      source_ = line.substr(2);
      return;
    }
    // "from 3 to 12: safe"
    if (line.starts_with("from ") && line.ends_with(": safe"))
      if (const auto to = line.find(" to "); to != std::string_view::npos) line.remove_prefix(to + 4);
    const long insn = take_number(line);
    // "12: safe": it was come to, and nothing is new there. "12: (85) call …"
    const bool is_known = insn >= 0 && line == ": safe";
    if (!is_known && (insn < 0 || line.size() < 7 || !line.starts_with(": (") || line[5] != ')')) return;
    if (!source_.empty()) line_ = place_of(source_);
    source_ = {};
    std::string& its = lines_[insn];
    if (its.empty()) its = line_;
    line_ = its;
    const std::string frame = frame_of(function_at(insn), its.empty() ? fmt::format("instruction {}", insn) : its);
    ++stacks_[frame];
    note_call(line, insn, frame);
  }
  std::map<std::string, std::uint64_t> take() { return std::move(stacks_); }

 private:
  void read_beginning(std::string_view line) {
    if (line.starts_with("func#")) {
      line.remove_prefix(5);
      const long number = take_number(line);
      if (line.starts_with(" @")) {
        line.remove_prefix(2);
        starts_[take_number(line)] = number;
      }
    } else if (line.starts_with("stack use/def subprog#")) {
      line.remove_prefix(22);
      const long number = take_number(line);
      line.remove_prefix(std::min<std::size_t>(1, line.size()));
      names_[number] = line.substr(0, line.find(' '));
    } else if (line.starts_with("0: R1")) {
      walking_ = true;
    }
  }

  // "; text @ file.c:12" as "file.c:12 text".
  static std::string place_of(std::string_view source) {
    const auto at = source.rfind(" @ ");
    std::string text(at == std::string_view::npos ? source : source.substr(0, at));
    std::ranges::replace(text, ';', ',');
    return at == std::string_view::npos ? text : fmt::format("{} {}", source.substr(at + 3), text);
  }

  long function_at(long insn) const {
    const auto after = starts_.upper_bound(insn);
    return after == starts_.begin() ? 0 : std::prev(after)->second;
  }
  std::string name_of(long function) const {
    const auto found = names_.find(function);
    return found != names_.end() ? found->second : function == 0 ? program_ : fmt::format("func#{}", function);
  }

  std::string frame_of(long function, const std::string& line) const {
    const auto caller = callers_.find(function);
    return fmt::format("{};{};{}", caller != callers_.end() ? caller->second : program_, name_of(function), line);
  }
  // "(85) call pc+12": of which function, from where.
  void note_call(std::string_view line, long insn, const std::string& frame) {
    const auto at = line.find("call pc");
    if (at == std::string_view::npos || starts_.empty()) return;
    const long target = insn + 1 + std::strtol(std::string(line.substr(at + 7)).c_str(), nullptr, 10);
    if (const auto start = starts_.find(target); start != starts_.end() && start->second != function_at(insn))
      callers_[start->second] = frame;
  }

  const std::string& program_;
  bool walking_ = false;
  std::string_view source_;              // told just now
  std::string line_;                     // of the instruction before
  std::map<long, long> starts_;          // functions by their first instructions
  std::map<long, std::string> names_;    // of functions
  std::map<long, std::string> lines_;    // of instructions
  std::map<long, std::string> callers_;  // of functions: the stack below
  std::map<std::string, std::uint64_t> stacks_;
};

}  // namespace

std::map<std::string, std::uint64_t> fold_walk(const std::string& program, std::string_view log) {
  Folder folder(program);
  for (std::size_t at = 0; at < log.size();) {
    const auto end = std::min(log.find('\n', at), log.size());
    folder.read(log.substr(at, end - at));
    at = end + 1;
  }
  return folder.take();
}

std::uint64_t walked(const std::map<std::string, std::uint64_t>& stacks) {
  std::uint64_t sum = 0;
  for (const auto& [stack, count] : stacks) sum += count;
  return sum;
}

std::vector<std::pair<std::string, std::uint64_t>> by_line(const std::map<std::string, std::uint64_t>& stacks) {
  std::map<std::string, std::uint64_t> counts;
  for (const auto& [stack, count] : stacks) counts[stack.substr(stack.rfind(';') + 1)] += count;
  std::vector<std::pair<std::string, std::uint64_t>> lines(counts.begin(), counts.end());
  std::ranges::stable_sort(lines, std::greater(), [](const auto& line) { return line.second; });
  return lines;
}

bool write_stacks(const std::string& path, const std::map<std::string, std::uint64_t>& stacks) {
  std::ofstream out(path, std::ios::binary | std::ios::trunc);
  for (const auto& [stack, count] : stacks) out << stack << ' ' << count << '\n';
  out.close();
  return static_cast<bool>(out);
}

}  // namespace skep::testbench
