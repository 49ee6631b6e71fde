// See debugger/dap.hpp.
#include "debugger/dap.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cstdlib>
#include <map>
#include <nlohmann/json.hpp>
#include <vector>

#include "api/source_file.hpp"
#include "debugger/channel.hpp"
#include "debugger/inspect.hpp"
#include "debugger/places.hpp"
#include "debugger/variables.hpp"

namespace skep::debugger {
namespace {

using Json = nlohmann::json;

constexpr std::size_t largest = std::size_t{16} << 20;  // of a message
constexpr int thread_id = 1;                            // there is one

std::string text_of(const Json& object, const char* name) {
  const auto found = object.find(name);
  return found != object.end() && found->is_string() ? found->get<std::string>() : std::string();
}
std::int64_t number_of(const Json& object, const char* name, std::int64_t otherwise = 0) {
  const auto found = object.find(name);
  return found != object.end() && found->is_number_integer() ? found->get<std::int64_t>() : otherwise;
}
const Json& part_of(const Json& object, const char* name) {
  static const Json nothing = Json::object();
  const auto found = object.find(name);
  return found != object.end() && found->is_object() ? *found : nothing;
}

class Adapter {
 public:
  Adapter(const Play& play, const DapOptions& options, int input, int output)
      : play_(play), options_(options), channel_(input, output, dap_take, [this](const std::string& message) {
          // A run that goes on is held while its answer is waited for.
          const Json request = Json::parse(message, nullptr, false);
          const std::string command = request.is_object() ? text_of(request, "command") : std::string();
          if (command != "pause" && command != "disconnect" && command != "terminate") return;
          const std::lock_guard guard(session_lock_);
          if (session_ != nullptr) session_->interrupt();
        }) {}
  ~Adapter() { end_session(); }
  Adapter(const Adapter&) = delete;
  Adapter& operator=(const Adapter&) = delete;

  int serve() {
    while (!over_) {
      const auto message = channel_.next();
      if (!message) return channel_.broken() ? 1 : 0;
      const Json request = Json::parse(*message, nullptr, false);
      if (!request.is_object() || text_of(request, "type") != "request") return 1;
      answer(request);
    }
    return 0;
  }

 private:
  void send(Json message) {
    message["seq"] = ++sequence_;
    channel_.send(dap_framed(message.dump(-1, ' ', false, Json::error_handler_t::replace)));
  }
  void event(const char* name, Json body = Json::object()) {
    send({{"type", "event"}, {"event", name}, {"body", std::move(body)}});
  }
  void respond(const Json& request, Json body = Json::object()) {
    send({{"type", "response"},
          {"request_seq", number_of(request, "seq")},
          {"success", true},
          {"command", text_of(request, "command")},
          {"body", std::move(body)}});
  }
  void refuse(const Json& request, const std::string& why) {
    send({{"type", "response"},
          {"request_seq", number_of(request, "seq")},
          {"success", false},
          {"command", text_of(request, "command")},
          {"message", why}});
  }

  void answer(const Json& request) {
    struct Handler {
      std::string_view command;
      void (Adapter::*run)(const Json& request, const Json& arguments);
      bool needs_session = true;
    };
    static const Handler handlers[] = {
        {"initialize", &Adapter::initialize, false},
        {"launch", &Adapter::launch, false},
        {"attach", &Adapter::launch, false},
        {"disconnect", &Adapter::disconnect, false},
        {"terminate", &Adapter::disconnect, false},
        {"setBreakpoints", &Adapter::set_breakpoints},
        {"setFunctionBreakpoints", &Adapter::set_function_breakpoints},
        {"setDataBreakpoints", &Adapter::set_data_breakpoints},
        {"dataBreakpointInfo", &Adapter::data_breakpoint_info},
        {"setInstructionBreakpoints", &Adapter::set_instruction_breakpoints},
        {"setExceptionBreakpoints", &Adapter::ignore},
        {"configurationDone", &Adapter::configured},
        {"threads", &Adapter::threads},
        {"stackTrace", &Adapter::stack_trace},
        {"scopes", &Adapter::scopes},
        {"variables", &Adapter::variables},
        {"evaluate", &Adapter::evaluate},
        {"source", &Adapter::source},
        {"disassemble", &Adapter::disassemble},
        {"readMemory", &Adapter::read_memory_of},
        {"restart", &Adapter::restart},
        {"pause", &Adapter::ignore},
        {"continue", &Adapter::resume},
        {"next", &Adapter::next},
        {"stepIn", &Adapter::step_in},
        {"stepOut", &Adapter::step_out},
        {"stepBack", &Adapter::step_back},
        {"reverseContinue", &Adapter::reverse},
    };
    const std::string command = text_of(request, "command");
    for (const Handler& one : handlers) {
      if (one.command != command) continue;
      if (one.needs_session && session_ == nullptr) return refuse(request, "nothing is debugged: launch comes first");
      return (this->*one.run)(request, part_of(request, "arguments"));
    }
    refuse(request, fmt::format("there is no {}", command));
  }

  void initialize(const Json& request, const Json& arguments) {
    const auto lines_from_one = arguments.find("linesStartAt1");
    first_line_ =
        lines_from_one != arguments.end() && lines_from_one->is_boolean() && !lines_from_one->get<bool>() ? 0 : 1;
    respond(request, {{"supportsConfigurationDoneRequest", true},
                      {"supportsFunctionBreakpoints", true},
                      {"supportsDataBreakpoints", true},
                      {"supportsInstructionBreakpoints", true},
                      {"supportsStepBack", true},
                      {"supportsSteppingGranularity", true},
                      {"supportsRestartRequest", true},
                      {"supportsTerminateRequest", true},
                      {"supportsDisassembleRequest", true},
                      {"supportsReadMemoryRequest", true},
                      {"supportsEvaluateForHovers", true}});
  }

  void launch(const Json& request, const Json& arguments) {
    end_session();
    const auto entry = arguments.find("stopOnEntry");
    stop_on_entry_ = entry != arguments.end() && entry->is_boolean() && entry->get<bool>();
    auto session = std::make_unique<Session>(
        play_, [this](const std::string& line) { event("output", {{"category", "stdout"}, {"output", line + "\n"}}); });
    if (session->stop().state == Playback::State::failed) return refuse(request, session->stop().reason);
    {
      const std::lock_guard guard(session_lock_);
      session_ = std::move(session);
    }
    variables_ = std::make_unique<Variables>(*session_, options_.object_path);
    respond(request);
    event("initialized");
  }
  void end_session() {
    variables_.reset();
    beliefs_.reset();
    const std::lock_guard guard(session_lock_);
    session_.reset();
  }

  void disconnect(const Json& request, const Json&) {
    respond(request);
    if (text_of(request, "command") == "terminate") return event("terminated");
    over_ = true;
  }
  void ignore(const Json& request, const Json&) { respond(request); }

  void configured(const Json& request, const Json&) {
    respond(request);
    if (stop_on_entry_) return tell_stop("entry");
    // The first instruction may have a breakpoint, too: a run that has not begun has not passed it.
    Tripwires wires(session_->breakpoints(), session_->lines(), session_->cpus());
    LineWalk walk;
    const Frames& frames = session_->all_frames();
    if (session_->held()) {
      walk.at(frames, session_->lines().of(*frames.innermost().program));
      if (wires.at({Event::Kind::instruction, 1, frames, nullptr}, walk) != 0) return tell_stop("breakpoint");
    }
    move({Motion::Kind::resume});
  }

  void move(Motion motion) {
    references_.clear();
    session_->go(motion);
    tell_stop(session_->stop().breakpoint != 0            ? "breakpoint"
              : session_->stop().reason == "interrupted"  ? "pause"
              : motion.back && session_->stop().tick <= 1 ? "entry"
                                                          : "step");
  }
  void tell_stop(const char* reason) {
    const Stop& stop = session_->stop();
    if (session_->held()) {
      Json body = {
          {"reason", reason}, {"threadId", thread_id}, {"allThreadsStopped", true}, {"description", stop.reason}};
      if (stop.breakpoint != 0) body["hitBreakpointIds"] = {stop.breakpoint};
      return event("stopped", std::move(body));
    }
    // It can still be gone back from: only who has enough of it disconnects.
    event("output", {{"category", "console"}, {"output", stop.reason + "\n"}});
    event("stopped",
          {{"reason", "exited"}, {"description", stop.reason}, {"threadId", thread_id}, {"allThreadsStopped", true}});
  }
  void start_moving(const Json& request, Motion::Kind by_line, Motion::Kind by_instruction, bool back) {
    const bool instruction = text_of(part_of(request, "arguments"), "granularity") == "instruction";
    respond(request);
    // Where it has ended there is nothing further: that is the end of it.
    if (!back && !session_->held()) return event("terminated");
    move({instruction ? by_instruction : by_line, back});
  }
  using Kind = Motion::Kind;
  void next(const Json& request, const Json&) { start_moving(request, Kind::over_line, Kind::over_instruction, false); }
  void step_in(const Json& request, const Json&) { start_moving(request, Kind::line, Kind::instruction, false); }
  void step_out(const Json& request, const Json&) { start_moving(request, Kind::out, Kind::out, false); }
  void step_back(const Json& request, const Json&) {
    start_moving(request, Kind::over_line, Kind::over_instruction, true);
  }
  void resume(const Json& request, const Json&) { start_moving(request, Kind::resume, Kind::resume, false); }
  void reverse(const Json& request, const Json&) { start_moving(request, Kind::resume, Kind::resume, true); }
  void restart(const Json& request, const Json&) {
    references_.clear();
    session_->restart();
    respond(request);
    tell_stop("entry");
  }

  // Replaces the breakpoints of one kind (and file).
  Json replace(const std::function<bool(const Breakpoint&)>& old, const std::vector<std::string>& wanted) {
    std::vector<int> gone;
    for (const Breakpoint& one : session_->breakpoints())
      if (old(one)) gone.push_back(one.number);
    for (const int number : gone) session_->remove_breakpoint(number);
    Json told = Json::array();
    for (const std::string& words : wanted) {
      std::string error;
      const int number = session_->add_breakpoint(words, error);
      if (number == 0) {
        told.push_back({{"verified", false}, {"message", error}});
        continue;
      }
      const Breakpoint& made = session_->breakpoints().back();
      Json one = {{"id", number}, {"verified", true}};
      if (made.kind == Breakpoint::Kind::line) one["line"] = made.line - (1 - first_line_);
      told.push_back(std::move(one));
    }
    return {{"breakpoints", std::move(told)}};
  }
  static std::vector<std::string> texts(const Json& arguments, const char* name, std::string_view prefix) {
    std::vector<std::string> all;
    const auto list = arguments.find("breakpoints");
    if (list == arguments.end() || !list->is_array()) return all;
    for (const Json& one : *list)
      if (one.is_object()) all.push_back(fmt::format("{}{}", prefix, text_of(one, name)));
    return all;
  }

  void set_breakpoints(const Json& request, const Json& arguments) {
    const Json& source = part_of(arguments, "source");
    const std::string path = text_of(source, "path").empty() ? text_of(source, "name") : text_of(source, "path");
    const std::string file = as_compiled(path);
    std::vector<std::string> wanted;
    if (const auto list = arguments.find("breakpoints"); list != arguments.end() && list->is_array())
      for (const Json& one : *list)
        if (one.is_object()) wanted.push_back(fmt::format("{}:{}", file, number_of(one, "line") + (1 - first_line_)));
    respond(
        request,
        replace([&](const Breakpoint& one) { return one.kind == Breakpoint::Kind::line && one.name == file; }, wanted));
  }
  void set_function_breakpoints(const Json& request, const Json& arguments) {
    respond(request, replace(
                         [](const Breakpoint& one) {
                           return one.kind == Breakpoint::Kind::function || one.kind == Breakpoint::Kind::call ||
                                  one.kind == Breakpoint::Kind::map;
                         },
                         texts(arguments, "name", "")));
  }
  void set_data_breakpoints(const Json& request, const Json& arguments) {
    respond(request, replace([](const Breakpoint& one) { return one.kind == Breakpoint::Kind::watch; },
                             texts(arguments, "dataId", "watch ")));
  }
  void data_breakpoint_info(const Json& request, const Json& arguments) {
    const std::string name = text_of(arguments, "name");
    GlobalVariable variable;
    if (!find_global(session_->lines(), name, variable))
      return respond(request, {{"dataId", nullptr}, {"description", name + " is no global variable"}});
    respond(request, {{"dataId", name}, {"description", name}, {"accessTypes", {"write"}}});
  }
  // References are "INSTRUCTION" or "PROGRAM INSTRUCTION", as stackTrace and disassemble give them.
  void set_instruction_breakpoints(const Json& request, const Json& arguments) {
    std::vector<std::string> wanted;
    for (const std::string& reference : texts(arguments, "instructionReference", ""))
      wanted.push_back(fmt::format("*{}", std::strtoul(reference.c_str(), nullptr, 0) / sizeof(Insn)));
    respond(request, replace([](const Breakpoint& one) { return one.kind == Breakpoint::Kind::instruction; }, wanted));
  }

  // The compiler's name of a file that an editor has opened: the one whose end is the longest.
  std::string as_compiled(const std::string& path) {
    std::string best = path;
    std::size_t longest = 0;
    for (const auto& [program, lines] : session_->lines().all())
      for (const SourcePlace& place : lines.places()) {
        if (place.file == path) return path;
        std::size_t same = 0;
        while (same < place.file.size() && same < path.size() &&
               place.file[place.file.size() - 1 - same] == path[path.size() - 1 - same])
          ++same;
        // At least the name itself.
        const std::string name = path.substr(path.rfind('/') + 1);
        if (same >= name.size() && place.short_file() == name && same > longest) {
          longest = same;
          best = place.file;
        }
      }
    return best;
  }
  Json source_of(const SourcePlace& place) const {
    return {{"name", place.short_file()}, {"path", api::find_source(place.file, options_.source_root)}};
  }

  void threads(const Json& request, const Json&) {
    respond(request, {{"threads", {{{"id", thread_id}, {"name", options_.program}}}}});
  }

  // An instruction's address, as editors want one: its number in the program as it was loaded, in bytes.
  static std::string reference_of(std::uint32_t original) { return fmt::format("{:#x}", original * sizeof(Insn)); }

  void stack_trace(const Json& request, const Json&) {
    Json all = Json::array();
    const auto frames = session_->frames();
    for (std::size_t i = 0; i < frames.size(); ++i) {
      const Frame& frame = frames[i];
      const SourcePlace place = session_->place(frame);
      std::string name = session_->function(frame);
      if (const auto inlined = variables_->inlined_at(frame); !inlined.empty())
        name = fmt::format("{} in {}", fmt::join(inlined, " in "), name);
      Json one = {{"id", i + 1},
                  {"name", name},
                  {"line", place.known() ? place.line - (1 - first_line_) : 0},
                  {"column", std::max(place.column, 1U)},
                  {"instructionPointerReference", reference_of(frame.program->code().facts[frame.pc].original)}};
      if (place.known()) one["source"] = source_of(place);
      all.push_back(std::move(one));
    }
    respond(request, {{"totalFrames", all.size()}, {"stackFrames", std::move(all)}});
  }

  struct Reference {
    enum class What : std::uint8_t { locals, globals, registers, beliefs, maps, parts };
    What what = What::locals;
    std::size_t frame = 0;
    Item item;
  };
  std::size_t refer(Reference reference) {
    references_.push_back(std::move(reference));
    return references_.size();
  }

  void scopes(const Json& request, const Json& arguments) {
    const auto frame = static_cast<std::size_t>(number_of(arguments, "frameId", 1)) - 1;
    if (frame >= session_->frames().size()) return refuse(request, "there is no such frame");
    Json all = Json::array();
    const auto add = [&](const char* name, const char* hint, Reference::What what, bool expensive) {
      Json one = {{"name", name}, {"variablesReference", refer({what, frame, {}})}, {"expensive", expensive}};
      if (*hint != '\0') one["presentationHint"] = hint;
      all.push_back(std::move(one));
    };
    if (variables_->why_not().empty()) add("Locals", "locals", Reference::What::locals, false);
    add("Globals", "", Reference::What::globals, false);
    add("Registers", "registers", Reference::What::registers, false);
    add("What the verifier believes", "", Reference::What::beliefs, true);
    add("Maps", "", Reference::What::maps, true);
    respond(request, {{"scopes", std::move(all)}});
  }

  Json told(const Item& item) {
    return {{"name", item.name},
            {"value", item.known ? item.text : fmt::format("<{}>", item.text)},
            {"type", item.type},
            {"variablesReference", item.has_parts ? refer({Reference::What::parts, 0, item}) : 0}};
  }

  void variables(const Json& request, const Json& arguments) {
    const auto number = static_cast<std::size_t>(number_of(arguments, "variablesReference"));
    if (number == 0 || number > references_.size()) return refuse(request, "there are no such variables any more");
    const Reference reference = references_[number - 1];
    if (reference.what == Reference::What::beliefs && beliefs_ == nullptr)
      session_->aside([this] { beliefs_ = std::make_unique<Beliefs>(play_); });
    const auto frames = session_->frames();
    Json all = Json::array();
    const auto plain = [&](const std::string& name, const std::string& value) {
      all.push_back({{"name", name}, {"value", value}, {"variablesReference", 0}});
    };
    using What = Reference::What;
    if (reference.what == What::parts)
      for (const Item& item : variables_->parts(reference.item)) all.push_back(told(item));
    else if (reference.what == What::globals)
      for (const Item& item : variables_->globals()) all.push_back(told(item));
    else if (reference.what == What::maps)
      for (const MapView& map : maps_of(*session_)) {
        std::string error;
        plain(map.name, map_text(*session_, map.name, error).value_or(map.type));
      }
    else if (reference.frame >= frames.size())
      return refuse(request, "there is no such frame");
    else if (reference.what == What::locals)
      for (const Item& item : variables_->locals(frames[reference.frame])) all.push_back(told(item));
    else {
      const bool believed = reference.what == What::beliefs;
      for (const RegisterView& one :
           registers_of(*session_, frames[reference.frame], believed ? beliefs_.get() : nullptr))
        if (!believed)
          plain(one.name, one.text);
        else if (!one.believed.empty())
          plain(one.name, fmt::format("{}", fmt::join(one.believed, ", or ")));
    }
    respond(request, {{"variables", std::move(all)}});
  }

  void evaluate(const Json& request, const Json& arguments) {
    const std::string expression = text_of(arguments, "expression");
    const auto frames = session_->frames();
    const auto frame = static_cast<std::size_t>(number_of(arguments, "frameId", 1)) - 1;
    std::string error;
    if (expression.starts_with("map ")) {
      const auto text = map_text(*session_, expression.substr(4), error);
      if (!text) return refuse(request, error);
      return respond(request, {{"result", *text}, {"variablesReference", 0}});
    }
    const auto item = variables_->evaluate(expression, frame < frames.size() ? &frames[frame] : nullptr, error);
    if (!item) return refuse(request, error);
    Json one = told(*item);
    one["result"] = one["value"];
    one.erase("value");
    one.erase("name");
    respond(request, std::move(one));
  }

  void source(const Json& request, const Json& arguments) {
    std::string text;
    for (const std::string& line : source_lines(text_of(part_of(arguments, "source"), "path"), options_.source_root))
      text += line + "\n";
    if (text.empty()) return refuse(request, "the source is not there: give --source-root");
    respond(request, {{"content", text}});
  }

  // Instructions around an address; what is beyond the function is said to be nothing.
  void disassemble(const Json& request, const Json& arguments) {
    const auto frames = session_->frames();
    if (frames.empty()) return refuse(request, "it has ended");
    const auto address = std::strtoll(text_of(arguments, "memoryReference").c_str(), nullptr, 0);
    const std::int64_t count = std::clamp<std::int64_t>(number_of(arguments, "instructionCount"), 0, 4096);
    const auto code = code_of_function(*session_, frames.front());
    const auto at = std::ranges::find_if(
        code, [&](const CodeLine& one) { return static_cast<long long>(one.original * sizeof(Insn)) >= address; });
    const std::int64_t first = (at - code.begin()) + number_of(arguments, "instructionOffset");
    Json all = Json::array();
    for (std::int64_t i = first; i < first + count; ++i) {
      if (i < 0 || i >= static_cast<std::int64_t>(code.size())) {
        all.push_back({{"address", fmt::format("{:#x}", 0x40000000 + (i - first))},
                       {"instruction", "nothing"},
                       {"presentationHint", "invalid"}});
        continue;
      }
      const CodeLine& one = code[static_cast<std::size_t>(i)];
      Json line = {{"address", reference_of(one.original)}, {"instruction", one.text}};
      if (one.begins && one.place.known()) {
        line["location"] = source_of(one.place);
        line["line"] = one.place.line - (1 - first_line_);
      }
      all.push_back(std::move(line));
    }
    respond(request, {{"instructions", std::move(all)}});
  }

  void read_memory_of(const Json& request, const Json& arguments) {
    const std::string reference = text_of(arguments, "memoryReference");
    const std::uint64_t address =
        std::strtoull(reference.c_str(), nullptr, 0) + static_cast<std::uint64_t>(number_of(arguments, "offset"));
    const auto count = static_cast<std::size_t>(std::clamp<std::int64_t>(number_of(arguments, "count"), 0, 65'536));
    const auto bytes = read_memory(address, count);
    if (!bytes) return respond(request, {{"address", fmt::format("{:#x}", address)}, {"unreadableBytes", count}});
    respond(request, {{"address", fmt::format("{:#x}", address)}, {"data", base64(*bytes)}});
  }
  static std::string base64(const std::vector<std::uint8_t>& bytes) {
    constexpr std::string_view digits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    std::string text;
    for (std::size_t i = 0; i < bytes.size(); i += 3) {
      std::uint32_t word = 0;
      const std::size_t have = std::min<std::size_t>(3, bytes.size() - i);
      for (std::size_t j = 0; j < 3; ++j) word = word << 8 | (j < have ? bytes[i + j] : 0U);
      for (std::size_t j = 0; j < 4; ++j) text += j <= have ? digits[word >> (18 - 6 * j) & 63] : '=';
    }
    return text;
  }

  const Play& play_;
  const DapOptions& options_;
  std::mutex session_lock_;
  std::unique_ptr<Session> session_;
  std::unique_ptr<Variables> variables_;
  std::unique_ptr<Beliefs> beliefs_;
  std::vector<Reference> references_;  // of the moment
  int sequence_ = 0;
  std::uint32_t first_line_ = 1;  // of a file, as the client counts
  bool stop_on_entry_ = false, over_ = false;
  Channel channel_;  // last: its thread uses the others
};

}  // namespace

std::string dap_framed(const std::string& message) {
  return fmt::format("Content-Length: {}\r\n\r\n{}", message.size(), message);
}

std::optional<std::string> dap_take(std::string& buffer, bool& broken) {
  const auto end = buffer.find("\r\n\r\n");
  if (end == std::string::npos) {
    broken = buffer.size() > 4096;
    return std::nullopt;
  }
  constexpr std::string_view name = "Content-Length:";
  const auto field = buffer.find(name);
  char* rest = nullptr;
  const unsigned long size = field < end ? std::strtoul(buffer.c_str() + field + name.size(), &rest, 10) : largest + 1;
  if (size > largest || rest == buffer.c_str() + field + name.size()) {
    broken = true;
    return std::nullopt;
  }
  if (buffer.size() - end - 4 < size) return std::nullopt;
  std::string message = buffer.substr(end + 4, size);
  buffer.erase(0, end + 4 + size);
  return message;
}

int serve_dap(const Play& play, const DapOptions& options, int input, int output) {
  return Adapter(play, options, input, output).serve();
}

}  // namespace skep::debugger
