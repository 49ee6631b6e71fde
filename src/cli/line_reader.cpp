// See cli/line_reader.hpp.
#include "cli/line_reader.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <iostream>
#include <memory>
#include <utility>

#ifdef SKEP_EDITLINE
#include <histedit.h>
#endif

namespace skep::cli {

#ifdef SKEP_EDITLINE

struct LineReader::Editor {
  Editor(const std::string& prompt, Complete complete) : prompt(prompt), complete(std::move(complete)) {
    line = el_init("skep", stdin, stdout, stderr);
    past = history_init();
    HistEvent event;
    history(past, &event, H_SETSIZE, 1000);
    el_set(line, EL_CLIENTDATA, this);
    el_set(line, EL_PROMPT, &Editor::show_prompt);
    el_set(line, EL_EDITOR, "emacs");
    el_set(line, EL_SIGNAL, 0);
    el_set(line, EL_HIST, history, past);
    el_set(line, EL_ADDFN, "skep-complete", "completes a command", &Editor::complete_word);
    el_set(line, EL_BIND, "^I", "skep-complete", nullptr);
    el_source(line, nullptr);
  }
  ~Editor() {
    history_end(past);
    el_end(line);
  }
  Editor(const Editor&) = delete;
  Editor& operator=(const Editor&) = delete;

  static Editor* of(EditLine* line) {
    Editor* self = nullptr;
    el_get(line, EL_CLIENTDATA, &self);
    return self;
  }
  static char* show_prompt(EditLine* line) { return of(line)->prompt.data(); }
  static unsigned char complete_word(EditLine* line, int) {
    const LineInfo* const info = el_line(line);
    const std::string word(info->buffer, info->cursor);
    const auto found = of(line)->complete(word);
    if (found.empty() || word.find(' ') != std::string::npos) return CC_ERROR;
    std::string common = found.front();
    for (const std::string& one : found) {
      std::size_t same = 0;
      while (same < common.size() && same < one.size() && common[same] == one[same]) ++same;
      common.resize(same);
    }
    if (found.size() == 1) common += ' ';
    if (common.size() <= word.size()) return CC_ERROR;
    el_insertstr(line, common.substr(word.size()).c_str());
    return CC_REFRESH;
  }
  std::optional<std::string> next() {
    int size = 0;
    const char* const text = el_gets(line, &size);
    if (text == nullptr || size <= 0) return std::nullopt;
    std::string read(text, static_cast<std::size_t>(size));
    if (read.find_first_not_of(" \n") != std::string::npos) {
      HistEvent event;
      history(past, &event, H_ENTER, read.c_str());
    }
    if (read.ends_with('\n')) read.pop_back();
    return read;
  }

  std::string prompt;
  Complete complete;
  EditLine* line = nullptr;
  History* past = nullptr;
};

#else

struct LineReader::Editor {
  Editor(const std::string&, const Complete&) {}
  std::optional<std::string> next() { return std::nullopt; }
};

#endif

LineReader::LineReader(std::string prompt, Complete complete)
    : prompt_(std::move(prompt)),
#ifdef SKEP_EDITLINE
      edits_(isatty(STDIN_FILENO) != 0 && isatty(STDOUT_FILENO) != 0) {
#else
      edits_(false) {
#endif
  if (edits_) editor_ = std::make_unique<Editor>(prompt_, std::move(complete));
}

LineReader::~LineReader() = default;

std::optional<std::string> LineReader::next() {
  if (edits_) return editor_->next();
  fmt::print("{}", prompt_);
  std::fflush(stdout);
  std::string line;
  const bool got = static_cast<bool>(std::getline(std::cin, line));
  if (isatty(STDIN_FILENO) == 0) fmt::print("{}\n", line);
  return got ? std::optional(line) : std::nullopt;
}

}  // namespace skep::cli
