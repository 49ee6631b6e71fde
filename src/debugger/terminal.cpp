// See debugger/terminal.hpp.
#include "debugger/terminal.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cstdlib>

#include "debugger/places.hpp"
#include "testbench/packet_text.hpp"

namespace skep::debugger {
namespace {

constexpr std::uint32_t around = 5;  // lines that are listed before and behind

unsigned long number_in(const std::string& text, unsigned long otherwise) {
  char* end = nullptr;
  const unsigned long number = std::strtoul(text.c_str(), &end, 0);
  return text.empty() || *end != '\0' ? otherwise : number;
}

}  // namespace

// A command, the short word for it, and what it does.
struct Terminal::Command {
  std::string_view name, brief, help;
  void (*run)(Terminal& terminal, Words words);
  bool repeats = false;  // by an empty line
};

const std::vector<Terminal::Command>& Terminal::commands() {
  using Kind = Motion::Kind;
  static const std::vector<Command> all = {
      {"step", "s", "to the next line, into functions; a number: so often",
       [](Terminal& t, Words w) { t.go(Kind::line, false, w); }, true},
      {"next", "n", "to the next line of this function", [](Terminal& t, Words w) { t.go(Kind::over_line, false, w); },
       true},
      {"stepi", "si", "one instruction", [](Terminal& t, Words w) { t.go(Kind::instruction, false, w); }, true},
      {"nexti", "ni", "one instruction, not into functions",
       [](Terminal& t, Words w) { t.go(Kind::over_instruction, false, w); }, true},
      {"finish", "fin", "until this function has returned", [](Terminal& t, Words w) { t.go(Kind::out, false, w); },
       true},
      {"continue", "c", "to the next breakpoint, or the end",
       [](Terminal& t, Words w) { t.go(Kind::resume, false, w); }, true},
      {"reverse-step", "rs", "to the line before", [](Terminal& t, Words w) { t.go(Kind::line, true, w); }, true},
      {"reverse-next", "rn", "to the line before of this function, or its call",
       [](Terminal& t, Words w) { t.go(Kind::over_line, true, w); }, true},
      {"reverse-stepi", "rsi", "one instruction back", [](Terminal& t, Words w) { t.go(Kind::instruction, true, w); },
       true},
      {"reverse-nexti", "rni", "one instruction back, not into functions",
       [](Terminal& t, Words w) { t.go(Kind::over_instruction, true, w); }, true},
      {"reverse-finish", "rfin", "to the call of this function", [](Terminal& t, Words w) { t.go(Kind::out, true, w); },
       true},
      {"reverse-continue", "rc", "to the breakpoint before, or the beginning",
       [](Terminal& t, Words w) { t.go(Kind::resume, true, w); }, true},
      {"run", "r", "from the beginning once more",
       [](Terminal& t, Words) {
         t.session_.restart();
         t.show_stop();
       }},
      {"break", "b", "LINE, FILE:LINE, FUNCTION, *INSTRUCTION, call NAME, map NAME; without one: what there is",
       [](Terminal& t, Words w) { t.set_breakpoint(w); }},
      {"watch", "w", "VARIABLE: a global one, when it has changed",
       [](Terminal& t, Words w) { t.set_breakpoint("watch " + w); }},
      {"delete", "d", "NUMBER of a breakpoint; without one: all", [](Terminal& t, Words w) { t.delete_breakpoint(w); }},
      {"print", "p", "VARIABLE, with members (flow->packets), elements and *; registers; a map as map NAME",
       [](Terminal& t, Words w) { t.print_value(w); }},
      {"registers", "regs", "and what they hold", [](Terminal& t, Words) { t.show_registers(false); }},
      {"beliefs", "bel", "registers, and what the verifier believes of each here",
       [](Terminal& t, Words) { t.show_registers(true); }},
      {"locals", "lo", "variables of this function, and of those inlined into it",
       [](Terminal& t, Words) { t.show_locals(); }},
      {"globals", "gl", "global variables",
       [](Terminal& t, Words) {
         for (const Item& one : t.variables_.globals()) t.print_(fmt::format("{} = {}", one.name, one.text));
       }},
      {"maps", "ma", "which there are", [](Terminal& t, Words) { t.info("maps"); }},
      {"map", "m", "NAME: what it holds", [](Terminal& t, Words w) { t.show_map(w); }},
      {"packet", "pk", "as it is now", [](Terminal& t, Words) { t.info("packet"); }},
      {"backtrace", "bt", "the functions that are under way", [](Terminal& t, Words) { t.show_stack(); }},
      {"frame", "f", "NUMBER: look at that function", [](Terminal& t, Words w) { t.choose_frame(w); }},
      {"list", "l", "source lines around here, around a LINE, or further on", [](Terminal& t, Words w) { t.list(w); }},
      {"disassemble", "dis", "the function's instructions", [](Terminal& t, Words) { t.show_code(); }},
      {"x", "x", "ADDRESS [BYTES]: memory; a variable's name, or a register, stands for an address",
       [](Terminal& t, Words w) { t.examine(w); }},
      {"info", "i", "registers, locals, breakpoints, maps, packet, frame", [](Terminal& t, Words w) { t.info(w); }},
      {"help", "h", "this", [](Terminal& t, Words) { t.help(); }},
      {"quit", "q", "end", [](Terminal& t, Words) { t.over_ = true; }},
  };
  return all;
}

std::vector<std::string> Terminal::commands_like(std::string_view beginning) {
  std::vector<std::string> found;
  for (const Command& one : commands())
    if (one.name.starts_with(beginning)) found.emplace_back(one.name);
  return found;
}

Terminal::Terminal(Session& session, TerminalOptions options, std::function<void(const std::string&)> print)
    : session_(session),
      options_(std::move(options)),
      print_(std::move(print)),
      variables_(session, options_.object_path) {}

void Terminal::greet() {
  show_stop();
  if (!variables_.why_not().empty()) print_(variables_.why_not());
}

bool Terminal::execute(const std::string& line) {
  std::string words = line;
  const auto first = words.find_first_not_of(" \t");
  words.erase(0, first == std::string::npos ? words.size() : first);
  while (!words.empty() && (words.back() == ' ' || words.back() == '\t' || words.back() == '\r')) words.pop_back();
  if (words.empty()) words = last_;
  if (words.empty() || words[0] == '#') return true;
  const auto space = words.find(' ');
  const std::string name = words.substr(0, space);
  std::string rest = space == std::string::npos ? std::string() : words.substr(space + 1);
  rest.erase(0, std::min(rest.find_first_not_of(' '), rest.size()));
  const Command* found = nullptr;
  for (const Command& one : commands())
    if (one.brief == name || one.name == name) found = &one;
  if (found == nullptr) {
    const auto like = commands_like(name);
    if (like.size() > 1) return print_(fmt::format("'{}' may be {}", name, fmt::join(like, ", "))), true;
    for (const Command& one : commands())
      if (!like.empty() && one.name == like.front()) found = &one;
  }
  if (found == nullptr) return print_(fmt::format("there is no command '{}'; see help", name)), true;
  last_ = found->repeats ? words : std::string();
  found->run(*this, rest);
  return !over_;
}

void Terminal::go(Motion::Kind kind, bool back, Words words) {
  if (!back && !session_.held()) return print_("it has ended: reverse-step goes back, run begins anew");
  for (unsigned long times = std::max(1UL, number_in(words, 1)); times > 0; --times) {
    const std::uint64_t before = session_.stop().tick;
    session_.go({kind, back});
    if (session_.stop().breakpoint != 0 || session_.stop().tick == before || (!back && !session_.held())) break;
  }
  show_stop();
}

void Terminal::look() {
  frames_ = session_.frames();
  frame_ = 0;
  listed_ = 0;
}

void Terminal::show_stop() {
  look();
  const Stop& stop = session_.stop();
  if (stop.state == Playback::State::failed) return print_("it could not begin: " + stop.reason);
  if (stop.state == Playback::State::ended) return print_("ended: " + stop.reason);
  const Frame& frame = frames_.front();
  std::string head;
  for (const Breakpoint& one : session_.breakpoints())
    if (one.number == stop.breakpoint) head = fmt::format("breakpoint {}, {}: ", one.number, one.text());
  if (stop.breakpoint == 0 && stop.reason != "step" && stop.reason != "the first instruction")
    head = stop.reason + ": ";
  std::string where = frame_text(session_, frame);
  if (const auto inlined = variables_.inlined_at(frame); !inlined.empty())
    where = fmt::format("{} in {}", fmt::join(inlined, " in "), where);
  print_(head + where);
  const SourcePlace place = session_.place(frame);
  if (place.known()) show_line(place);
  // Where stepping goes by instructions, that is what is looked at.
  const Lines& lines = session_.lines().of(*frame.program);
  if (!place.known() || !lines.begins(frame.pc))
    print_(fmt::format("  {:>4}: {}", frame.program->code().facts[frame.pc].original, lines.disassembly(frame.pc)));
}

void Terminal::show_line(const SourcePlace& place) {
  print_(fmt::format("{:<6}{}", place.line, place.text));
}

const Frame* Terminal::chosen() {
  if (!frames_.empty()) return &frames_[frame_];
  print_("it has ended: no function is under way");
  return nullptr;
}

void Terminal::list(Words words) {
  const Frame* const frame = chosen();
  if (frame == nullptr) return;
  const SourcePlace place = session_.place(*frame);
  if (!place.known()) return print_("there is no line here: the object says nothing of lines");
  const auto source = source_lines(place.file, options_.source_root);
  const auto asked = static_cast<std::uint32_t>(number_in(words, 0));
  std::uint32_t first = asked != 0     ? asked - std::min(asked - 1, around)
                        : listed_ != 0 ? listed_
                                       : place.line - std::min(place.line - 1, around);
  if (source.empty()) {
    print_(fmt::format("{} is not there: give --source-root", place.file));
    return show_line(place);
  }
  const std::uint32_t end =
      std::min<std::uint32_t>(first + 2 * around + 1, static_cast<std::uint32_t>(source.size()) + 1);
  for (; first < end; ++first)
    print_(fmt::format("{} {:<6}{}", first == place.line ? "=>" : "  ", first, source[first - 1]));
  listed_ = end;
}

void Terminal::set_breakpoint(Words words) {
  if (words.empty()) return info("breakpoints");
  std::string error;
  const int number = session_.add_breakpoint(words, error);
  if (number == 0) return print_(error);
  print_(fmt::format("breakpoint {}, {}", number, session_.breakpoints().back().text()));
}

void Terminal::delete_breakpoint(Words words) {
  if (words.empty()) {
    while (!session_.breakpoints().empty()) session_.remove_breakpoint(session_.breakpoints().back().number);
    return;
  }
  if (!session_.remove_breakpoint(static_cast<int>(number_in(words, 0))))
    print_(fmt::format("there is no breakpoint {}", words));
}

void Terminal::print_value(Words words) {
  if (words.starts_with("map ")) return show_map(words.substr(4));
  std::string error;
  const auto item = variables_.evaluate(words, frames_.empty() ? nullptr : &frames_[frame_], error);
  if (!item) return print_(error);
  print_(fmt::format("{} = {}", words, item->known ? item->text : "<" + item->text + ">"));
}

void Terminal::examine(Words words) {
  const auto space = words.rfind(' ');
  const std::string what = words.substr(0, space);
  const std::size_t size = space == std::string::npos ? 64 : std::min(number_in(words.substr(space + 1), 64), 4096UL);
  std::uint64_t address = number_in(what, 0);
  std::string error;
  if (address == 0) {
    const auto item = variables_.evaluate(what, frames_.empty() ? nullptr : &frames_[frame_], error);
    if (!item) return print_(error);
    // A pointer's, or a register's, is where it leads to; another's is where it is.
    if (item->address && !(item->type.ends_with("*")))
      address = *item->address;
    else if (item->bytes.size() == 8)
      std::copy_n(item->bytes.begin(), 8, reinterpret_cast<std::uint8_t*>(&address));
  }
  const auto bytes = read_memory(address, size);
  if (!bytes) return print_(fmt::format("{:#x} cannot be read", address));
  print_(value_text(session_, address) + ":");
  for (const std::string& line : testbench::hexdump(*bytes)) print_(line);
}

void Terminal::info(Words words) {
  if (words == "registers") return show_registers(false);
  if (words == "locals") return show_locals();
  if (words == "frame") return show_stop();
  if (words == "breakpoints") {
    if (session_.breakpoints().empty()) print_("there is no breakpoint");
    for (const Breakpoint& one : session_.breakpoints()) print_(fmt::format("{}: {}", one.number, one.text()));
    return;
  }
  if (words == "maps") {
    for (const MapView& map : maps_of(session_))
      print_(map.listed ? fmt::format("{} ({}): {} elements", map.name, map.type, map.elements)
                        : fmt::format("{} ({})", map.name, map.type));
    return;
  }
  if (words != "packet") return print_("info: registers, locals, breakpoints, maps, packet, frame");
  const auto packet = packet_of(session_.all_frames());
  if (!packet) return print_("there is no packet here");
  print_(fmt::format("{}", testbench::packet_summary(*packet)));
  for (const std::string& line : testbench::hexdump(*packet)) print_(line);
}

const Beliefs& Terminal::beliefs() {
  if (beliefs_ == nullptr) {
    session_.aside([this] { beliefs_ = std::make_unique<Beliefs>(session_.play()); });
    frames_ = session_.frames();
  }
  return *beliefs_;
}

void Terminal::show_registers(bool with_beliefs) {
  if (chosen() == nullptr) return;
  const Beliefs* const believed = with_beliefs ? &beliefs() : nullptr;
  for (const RegisterView& one : registers_of(session_, *chosen(), believed)) {
    if (!with_beliefs) {
      print_(fmt::format("{:<4}{}", one.name, one.text));
      continue;
    }
    // What nothing is believed of cannot be used here.
    if (!one.believed.empty())
      print_(fmt::format("{:<4}{:<36} {}", one.name, one.text, fmt::join(one.believed, ", or ")));
  }
  if (with_beliefs && !beliefs().why().empty()) print_(beliefs().why());
}

void Terminal::show_locals() {
  const Frame* const frame = chosen();
  if (frame == nullptr) return;
  if (!variables_.why_not().empty()) return print_(variables_.why_not());
  std::string scope;
  for (const Item& one : variables_.locals(*frame)) {
    if (one.scope != scope) print_(one.scope + ":");
    scope = one.scope;
    print_(fmt::format("  {} {} = {}", one.type, one.name, one.known ? one.text : "<" + one.text + ">"));
  }
}

void Terminal::show_stack() {
  if (chosen() == nullptr) return;
  for (std::size_t i = 0; i < frames_.size(); ++i)
    print_(fmt::format("{}{:<3} {}", i == frame_ ? "*" : " ", i, frame_text(session_, frames_[i])));
}

void Terminal::choose_frame(Words words) {
  const std::size_t number = number_in(words, frame_);
  if (chosen() == nullptr) return;
  if (number >= frames_.size()) return print_(fmt::format("there is no frame {}", number));
  frame_ = number;
  listed_ = 0;
  print_(fmt::format("{:<3} {}", number, frame_text(session_, frames_[frame_])));
}

void Terminal::show_code() {
  const Frame* const frame = chosen();
  if (frame == nullptr) return;
  SourcePlace shown;
  for (const CodeLine& one : code_of_function(session_, *frame)) {
    if (one.begins && one.place.known() && (one.place.line != shown.line || one.place.file != shown.file)) {
      shown = one.place;
      print_(fmt::format("; {}:{} {}", shown.short_file(), shown.line, shown.text));
    }
    print_(fmt::format("{} {:>4}: {}", one.pc == frame->pc ? "=>" : "  ", one.original, one.text));
  }
}

void Terminal::show_map(Words words) {
  std::string error;
  const auto text = map_text(session_, words, error);
  print_(text ? *text : error);
}

void Terminal::help() {
  for (const Command& one : commands()) print_(fmt::format("  {:<17} {:<5} {}", one.name, one.brief, one.help));
}

}  // namespace skep::debugger
