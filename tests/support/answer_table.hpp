// The tables of answers in tests/conformance/: under each question the usual answer ("  * ANSWER"), and each other one
// ("  - ANSWER") with what it was given about.
#pragma once

#include <fstream>
#include <map>
#include <sstream>
#include <string>

namespace skep::test {

struct Answers {
  std::string usual;
  std::map<std::string, std::string, std::less<>> others;  // by what was asked about, a word of the table

  const std::string& about(std::string_view target) const {
    const auto other = others.find(target);
    return other == others.end() ? usual : other->second;
  }
};
using AnswerTable = std::map<std::string, Answers, std::less<>>;  // by question

inline AnswerTable read_answer_table(const std::string& path) {
  std::ifstream file(path);
  AnswerTable table;
  Answers* question = nullptr;
  std::string answer;
  for (std::string line; std::getline(file, line);) {
    if (line.starts_with('#')) continue;
    if (!line.starts_with(' ')) {
      question = &table[line];
    } else if (line.starts_with("  * ")) {
      question->usual = line.substr(4);
    } else if (line.starts_with("  - ")) {
      answer = line.substr(4);
    } else {
      std::istringstream targets(line);
      for (std::string target; targets >> target;) question->others[target] = answer;
    }
  }
  return table;
}

}  // namespace skep::test
