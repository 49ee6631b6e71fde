// See cli/test_report.hpp.
#include "cli/test_report.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <fstream>
#include <map>

#include "cli/json.hpp"
#include "describe/value.hpp"

namespace skep::cli {
namespace {

using testbench::CaseResult;
using testbench::Mismatch;
using Kind = CaseResult::Kind;

const char* word_of(Kind kind) {
  return kind == Kind::passed ? "passed" : kind == Kind::failed ? "failed" : "skipped";
}

std::vector<std::string> lines_of(const std::string& text) {
  std::vector<std::string> lines;
  std::size_t at = 0;
  while (at <= text.size()) {
    const auto end = std::min(text.find('\n', at), text.size());
    lines.push_back(text.substr(at, end - at));
    at = end + 1;
  }
  return lines;
}

// Two columns, with a mark between lines that differ.
std::vector<std::string> side_by_side(const std::string& expected, const std::string& actual) {
  std::vector<std::string> left = lines_of(expected), right = lines_of(actual);
  std::size_t width = 8;
  for (const std::string& line : left) width = std::max(width, line.size());
  std::vector<std::string> lines = {fmt::format("{:{}}   {}", "expected", width, "actual")};
  left.resize(std::max(left.size(), right.size()));
  right.resize(left.size());
  for (std::size_t i = 0; i < left.size(); ++i)
    lines.push_back(fmt::format("{:{}} {} {}", left[i], width, left[i] == right[i] ? ' ' : '|', right[i]));
  return lines;
}

std::string xml(std::string_view text) {
  std::string out;
  for (const char c : text) {
    switch (c) {
      case '&':
        out += "&amp;";
        break;
      case '<':
        out += "&lt;";
        break;
      case '>':
        out += "&gt;";
        break;
      case '"':
        out += "&quot;";
        break;
      default:
        out += static_cast<unsigned char>(c) >= 0x20 || c == '\n' || c == '\t' ? c : '?';
    }
  }
  return out;
}

std::string details(const TestResult& result) {
  std::string text;
  for (const Mismatch& mismatch : result.outcome.mismatches) {
    text += mismatch.what + "\n";
    for (const std::string& line : side_by_side(mismatch.expected, mismatch.actual)) text += "  " + line + "\n";
  }
  return text;
}

}  // namespace

void TestReport::begin(std::size_t cases) {
  if (options_.tap) fmt::print("TAP version 13\n1..{}\n", cases);
}

void TestReport::tell_in_words(const TestResult& result) const {
  const Kind kind = result.outcome.kind;
  const bool color = in_color(STDOUT_FILENO);
  const char* const begin = !color                 ? ""
                            : kind == Kind::passed ? "\033[32m"
                            : kind == Kind::failed ? "\033[31m"
                                                   : "\033[33m";
  fmt::print("{}{:8}{} {} {}", begin, kind == Kind::failed ? "FAILED" : word_of(kind), color ? "\033[0m" : "",
             result.file, result.name);
  if (!result.outcome.why.empty()) fmt::print(": {}", result.outcome.why);
  if (!result.not_checked.empty()) fmt::print(" (not checked: {})", fmt::join(result.not_checked, ", "));
  fmt::print("\n");
  for (const std::string& line : lines_of(details(result)))
    if (!line.empty()) fmt::print("         {}\n", line);
  if (kind == Kind::failed && options_.log_level != 0) fmt::print("{}", result.log);
}

void TestReport::tell(const TestResult& result) {
  const Kind kind = result.outcome.kind;
  (kind == Kind::passed ? passed_ : kind == Kind::failed ? failed_ : skipped_) += 1;
  if (options_.json) {
    fmt::print("{}\n", json_line(result, options_.log_level != 0));
  } else if (options_.tap) {
    fmt::print("{} {} - {} {}{}\n", kind == Kind::failed ? "not ok" : "ok", passed_ + failed_ + skipped_, result.file,
               result.name, kind == Kind::skipped ? " # SKIP " + result.outcome.why : "");
    if (kind == Kind::failed) {
      fmt::print("# {}\n", result.outcome.why);
      for (const std::string& line : lines_of(details(result)))
        if (!line.empty()) fmt::print("# {}\n", line);
    }
  } else {
    tell_in_words(result);
  }
  std::fflush(stdout);
  if (!options_.junit.empty()) all_.push_back(result);
}

bool TestReport::write_junit() const {
  std::map<std::string, std::vector<const TestResult*>> suites;
  for (const TestResult& result : all_) suites[result.file].push_back(&result);
  std::string text = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n";
  text += fmt::format("<testsuites tests=\"{}\" failures=\"{}\" skipped=\"{}\">\n", all_.size(), failed_, skipped_);
  for (const auto& [file, results] : suites) {
    const auto count = [&](Kind kind) {
      return std::ranges::count_if(results, [kind](const TestResult* one) { return one->outcome.kind == kind; });
    };
    double seconds = 0;
    for (const TestResult* result : results) seconds += result->outcome.seconds;
    text += fmt::format("  <testsuite name=\"{}\" tests=\"{}\" failures=\"{}\" skipped=\"{}\" time=\"{:.6f}\">\n",
                        xml(file), results.size(), count(Kind::failed), count(Kind::skipped), seconds);
    for (const TestResult* result : results) {
      text += fmt::format("    <testcase classname=\"{}\" name=\"{}\" time=\"{:.6f}\"", xml(file), xml(result->name),
                          result->outcome.seconds);
      if (result->outcome.kind == Kind::passed)
        text += "/>\n";
      else if (result->outcome.kind == Kind::skipped)
        text += fmt::format(">\n      <skipped message=\"{}\"/>\n    </testcase>\n", xml(result->outcome.why));
      else
        text += fmt::format(">\n      <failure message=\"{}\">{}{}</failure>\n    </testcase>\n",
                            xml(result->outcome.why), xml(details(*result)), xml(result->log));
    }
    text += "  </testsuite>\n";
  }
  std::ofstream file(options_.junit, std::ios::binary | std::ios::trunc);
  file << text << "</testsuites>\n";
  file.close();
  return static_cast<bool>(file);
}

int TestReport::finish() {
  if (!options_.json && !options_.tap) fmt::print("{} passed, {} failed, {} skipped\n", passed_, failed_, skipped_);
  if (!options_.junit.empty() && !write_junit()) {
    complain(fmt::format("{}: cannot be written", options_.junit));
    return exit_failed;
  }
  if (passed_ == 0 && failed_ == 0) complain("nothing was tested: no program expects anything that could be checked");
  return passed_ != 0 && failed_ == 0 ? exit_ok : exit_failed;
}

std::string json_line(const TestResult& result, bool with_log) {
  std::vector<JsonObject> mismatches;
  for (const Mismatch& mismatch : result.outcome.mismatches)
    mismatches.emplace_back()
        .add("what", mismatch.what)
        .add("expected", mismatch.expected)
        .add("actual", mismatch.actual);
  JsonObject line;
  line.add("number", result.number).add("object", result.file).add("program", result.name);
  line.add("result", word_of(result.outcome.kind)).add("why", result.outcome.why);
  line.add("not_checked", result.not_checked);
  if (result.retval) line.add("retval", *result.retval);
  line.add("us", static_cast<std::uint64_t>(result.outcome.seconds * 1e6)).add("mismatches", mismatches);
  if (with_log && result.outcome.kind == Kind::failed) line.add("log", result.log);
  return line.text();
}

std::optional<TestResult> parse_json_line(const std::string& line) {
  std::string error;
  const auto value = describe::parse(line, error);
  if (!value || value->field("result") == nullptr) return std::nullopt;
  const auto text = [](const describe::Value& in, std::string_view name) {
    const describe::Value* const field = in.field(name);
    return field != nullptr ? field->text : std::string();
  };
  const auto number = [&](std::string_view name) {
    const describe::Value* const field = value->field(name);
    return field != nullptr ? field->number : 0;
  };
  TestResult result;
  result.number = number("number");
  result.file = text(*value, "object");
  result.name = text(*value, "program");
  const std::string word = text(*value, "result");
  result.outcome.kind = word == "passed" ? Kind::passed : word == "failed" ? Kind::failed : Kind::skipped;
  result.outcome.why = text(*value, "why");
  result.outcome.seconds = static_cast<double>(number("us")) / 1e6;
  result.log = text(*value, "log");
  if (value->field("retval") != nullptr) result.retval = static_cast<std::int32_t>(number("retval"));
  if (const auto* const list = value->field("not_checked"); list != nullptr)
    for (const describe::Value& one : list->items) result.not_checked.push_back(one.text);
  if (const auto* const list = value->field("mismatches"); list != nullptr)
    for (const describe::Value& one : list->items)
      result.outcome.mismatches.push_back({text(one, "what"), text(one, "expected"), text(one, "actual")});
  return result;
}

}  // namespace skep::cli
