// See testbench/scenario.hpp. What a step expects is expect.cpp's.
#include "testbench/scenario.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <chrono>
#include <filesystem>
#include <functional>
#include <mutex>

#include "kernel/read_file.hpp"
#include "progtypes/progtype.hpp"
#include "skep/testing.hpp"
#include "testbench/duration.hpp"
#include "testbench/expect.hpp"
#include "testbench/map_content.hpp"
#include "testbench/mock_table.hpp"
#include "testbench/packet_build.hpp"
#include "testbench/toml.hpp"
#include "testbench/watch.hpp"

namespace skep::testbench {
namespace {

using describe::Value;

constexpr std::size_t largest = std::size_t{16} << 20;
constexpr std::uint64_t patience_ns = 10'000'000'000;

// What one step may say.
constexpr std::string_view step_words[] = {"run",     "packet", "packet_file", "context", "target", "cpu",   "repeat",
                                           "advance", "drain",  "update",      "delete",  "expect", "bytes", "limit"};
constexpr std::string_view test_words[] = {"name", "globals", "maps", "mocks", "records", "refused", "step", "skip"};
constexpr std::string_view actions[] = {"run", "advance", "drain", "update", "delete"};

bool is_one_of(std::span<const std::string_view> words, std::string_view word) {
  return std::ranges::find(words, word) != words.end();
}

std::string text_of(const Value* value) {
  if (value == nullptr) return {};
  return value->is(Value::Kind::text) ? value->text : json_of(*value);
}

// As a global or a mock's value is written for the loader.
std::vector<std::pair<std::string, std::string>> assignments(const Value* table) {
  std::vector<std::pair<std::string, std::string>> all;
  for (std::size_t i = 0; table != nullptr && i < table->items.size(); ++i)
    all.emplace_back(table->names[i], json_of(table->items[i]));
  return all;
}

class Run {
 public:
  Run(std::shared_ptr<Kernel> kernel, const std::string& file, const std::string& object_path, const Value& root,
      const Value& test, bool update)
      : kernel_(std::move(kernel)),
        file_(file),
        object_path_(object_path),
        root_(root),
        test_(test),
        update_(update),
        mocks_(*kernel_) {}
  ~Run() {
    kernel_->on_work_run(nullptr);
    kernel_->on_log(nullptr);
  }
  Run(const Run&) = delete;
  Run& operator=(const Run&) = delete;

  CaseResult run(const std::function<void(const Object&)>& on_loaded) {
    if (const Value* const skip = test_.field("skip"); skip != nullptr) {
      result_.kind = CaseResult::Kind::skipped;
      result_.why = skip->text;
      return std::move(result_);
    }
    kernel_->on_log([this](std::string_view line) {
      const std::lock_guard guard(lock_);
      if (line.starts_with("the mock of ")) mock_complaints_.emplace_back(line);
    });
    for (const Value* from : {root_.field("mocks"), test_.field("mocks")})
      if (from != nullptr)
        if (const Status status = mocks_.add(*from); !status) return failed(status.message());
    if (!load()) return std::move(result_);
    for (const Value* from : {root_.field("maps"), test_.field("maps")})
      if (!fill_maps(from, "maps")) return std::move(result_);
    kernel_->on_work_run([this](const WorkRun& run) {
      const std::lock_guard guard(lock_);
      work_.push_back(run);
    });
    {
      Watch watch(kernel_, object_);
      watch_ = &watch;
      watch.begin();
      take_steps();
      watch_ = nullptr;
    }
    mocks_.check(result_);
    for (const std::string& complaint : mock_complaints_) result_.fail(complaint);
    if (on_loaded) on_loaded(object_);
    return std::move(result_);
  }

 private:
  CaseResult failed(std::string why) {
    result_.fail(std::move(why));
    return std::move(result_);
  }

  bool load() {
    LoadOptions options;
    for (const Value* from : {root_.field("globals"), test_.field("globals")})
      for (auto& one : assignments(from)) {
        std::erase_if(options.globals, [&](const auto& other) { return other.first == one.first; });
        options.globals.push_back(std::move(one));
      }
    for (const Value* from : {root_.field("records"), test_.field("records")})
      for (std::size_t i = 0; from != nullptr && i < from->items.size(); ++i)
        options.records.emplace_back(from->names[i], from->items[i].text);
    auto loaded = Object::load(kernel_, object_path_, options);
    const Value* const refused = test_.field("refused");
    if (refused != nullptr) {
      if (loaded)
        result_.add({"loading", "a refusal: " + refused->text, "the object was loaded"});
      else if (loaded.message().find(refused->text) == std::string::npos)
        result_.add({"the refusal", refused->text, loaded.message()});
      return false;
    }
    if (!loaded) {
      result_.fail(loaded.message());
      return false;
    }
    object_ = std::move(*loaded);
    return true;
  }

  std::optional<Map> find_map(const std::string& name, const std::string& where) {
    for (const Map& map : object_.maps())
      if (map.name() == name || shown_name(map) == name) return map;
    result_.fail(fmt::format("{}: there is no map {}", where, name));
    return std::nullopt;
  }
  bool fill_maps(const Value* table, const std::string& where) {
    for (std::size_t i = 0; table != nullptr && i < table->items.size(); ++i) {
      const auto map = find_map(table->names[i], where);
      if (!map) return false;
      if (const Status status = fill(*map, table->items[i]); !status) {
        result_.fail(fmt::format("{}: {}", where, status.message()));
        return false;
      }
    }
    return true;
  }
  void erase(const Value& table, const std::string& where) {
    for (std::size_t i = 0; i < table.items.size(); ++i) {
      const auto map = find_map(table.names[i], where);
      for (const Value& key : table.items[i].items) {
        if (!map) return;
        const auto laid = map->lay(MapPart::key, json_of(key));
        const auto gone = laid ? map->remove(laid->data(), laid->size()) : Result<bool>(laid.status());
        if (!gone) return result_.fail(fmt::format("{}: {}", where, gone.message()));
        if (!*gone) result_.fail(fmt::format("{}: map {} has no key {}", where, table.names[i], json_of(key)));
      }
    }
  }

  void take_steps() {
    const Value* const steps = test_.field("step");
    const bool is_step_itself =
        std::ranges::any_of(step_words, [&](std::string_view word) { return test_.field(word) != nullptr; });
    if (steps != nullptr && is_step_itself) return result_.fail("a test has steps, or is one: not both");
    for (const std::string& name : test_.names)
      if (!is_one_of(test_words, name) && !is_one_of(step_words, name))
        result_.fail(fmt::format("a test has no '{}'", name));
    if (steps == nullptr) return step(test_, "");
    for (std::size_t i = 0; i < steps->items.size(); ++i) {
      for (const std::string& name : steps->items[i].names)
        if (!is_one_of(step_words, name)) result_.fail(fmt::format("step {}: a step has no '{}'", i + 1, name));
      step(steps->items[i], fmt::format("step {}", i + 1));
    }
  }

  void step(const Value& step, const std::string& number) {
    const auto action =
        std::ranges::find_if(actions, [&](std::string_view word) { return step.field(word) != nullptr; });
    const bool acts = action != std::end(actions);
    std::string where = number;
    if (acts) {
      const Value& given = *step.field(*action);
      const std::string what =
          given.is(Value::Kind::text) ? fmt::format("{} {}", *action, given.text) : std::string(*action);
      where = number.empty() ? what : fmt::format("{} ({})", number, what);
    }
    if (where.empty()) where = "the test";
    if (std::ranges::count_if(actions, [&](std::string_view word) { return step.field(word) != nullptr; }) > 1)
      return result_.fail(where + ": a step does one thing");
    const WorkStatistics before = kernel_->work();
    StepOutcome outcome;
    outcome.directory = std::filesystem::path(file_).parent_path();
    outcome.update = update_;
    if (acts && !act(*action, step, where, outcome)) return;
    outcome.seen = watch_->end();
    {
      const std::lock_guard guard(lock_);
      outcome.work = std::exchange(work_, {});
    }
    outcome.armed = kernel_->armed_timers();
    outcome.counts.cancelled = kernel_->work().cancelled - before.cancelled;
    const Value nothing{.kind = Value::Kind::fields};
    const Value* const expected = step.field("expect");
    expect(expected != nullptr ? *expected : nothing, *kernel_, object_, outcome, where, result_);
  }

  bool act(std::string_view action, const Value& step, const std::string& where, StepOutcome& outcome) {
    const Value& given = *step.field(action);
    if (action == "run") return run_program(given, step, where, outcome);
    if (action == "advance") {
      const auto time = parse_duration(given.is(Value::Kind::text) ? given.text : json_of(given));
      if (!time) return result_.fail(fmt::format("{}: a length of time is wanted, such as \"3s\"", where)), false;
      if (!advance_clock(*kernel_, *time)) result_.fail(where + ": work restarts itself and never ends");
    } else if (action == "drain") {
      if (!kernel_->drain(patience_ns)) result_.fail(where + ": work restarts itself and never ends");
    } else if (action == "update") {
      return fill_maps(&given, where);
    } else {
      erase(given, where);
    }
    return true;
  }

  bool run_program(const Value& name, const Value& step, const std::string& where, StepOutcome& outcome) {
    const auto program = object_.program(name.text);
    if (!program) return result_.fail(program.message()), false;
    outcome.ran = true;
    outcome.type = program->type();
    RunInput input;
    if (!read_packet(step, where, outcome)) return false;
    const auto* const definition = progtypes::find(outcome.type);
    if (outcome.packet.empty() && definition != nullptr && definition->invoked_on_packet) outcome.packet.resize(64);
    input.packet = outcome.packet;
    std::string described;
    const Value* const expected = step.field("expect");
    if (const Value* const context = step.field("context"); context != nullptr)
      described = json_of(*context);
    else if (expected != nullptr && expected->field("context") != nullptr)
      described = "{}";  // so that it is given back
    input.described = described;
    std::optional<std::vector<std::uint8_t>> bytes;
    if (const Value* const hex = step.field("bytes"); hex != nullptr) {
      bytes = bytes_of_hex(hex->text);
      if (!bytes) return result_.fail(where + ": bytes: hexadecimal digits are wanted"), false;
      input.context = *bytes;
    }
    const std::string target = text_of(step.field("target"));
    input.target = target;
    if (const Value* const repeat = step.field("repeat"); repeat != nullptr)
      input.repeat = static_cast<std::uint32_t>(repeat->number);
    if (const Value* const limit = step.field("limit"); limit != nullptr) input.limits = RunLimits{limit->number, 0};
    std::optional<RunCpuScope> cpu;
    if (const Value* const number = step.field("cpu"); number != nullptr) {
      if (number->number >= kernel_->cpus())
        return result_.fail(fmt::format("{}: there is no CPU {}: say kernel.cpus", where, number->number)), false;
      cpu.emplace(static_cast<unsigned>(number->number));
    }
    auto ran = program->run(input);
    outcome.status = ran.status();
    if (ran) outcome.result = std::move(*ran);
    if (ran && outcome.result.packet.empty()) outcome.result.packet = outcome.packet;
    return true;
  }

  bool read_packet(const Value& step, const std::string& where, StepOutcome& outcome) {
    std::string error;
    if (const Value* const packet = step.field("packet"); packet != nullptr) {
      auto built = build_packet(*packet, error);
      if (!built) return result_.fail(fmt::format("{}: packet: {}", where, error)), false;
      outcome.packet = std::move(*built);
    } else if (const Value* const file = step.field("packet_file"); file != nullptr) {
      const std::string path = std::filesystem::path(file_).parent_path() / file->text;
      auto bytes = read_whole_file(path, largest, error);
      if (!bytes) return result_.fail(fmt::format("{}: {}: {}", where, path, error)), false;
      outcome.packet = std::move(*bytes);
    }
    return true;
  }

  std::shared_ptr<Kernel> kernel_;
  const std::string& file_;
  const std::string& object_path_;
  const Value& root_;
  const Value& test_;
  const bool update_;
  Object object_;
  MockTable mocks_;
  Watch* watch_ = nullptr;
  std::mutex lock_;  // of the two below
  std::vector<WorkRun> work_;
  std::vector<std::string> mock_complaints_;
  CaseResult result_;
};

}  // namespace

std::optional<ScenarioFile> ScenarioFile::load(const std::string& path, std::string& error) {
  const auto bytes = read_whole_file(path, largest, error);
  if (!bytes) {
    error = fmt::format("{}: {}", path, error);
    return std::nullopt;
  }
  auto root = parse_toml({reinterpret_cast<const char*>(bytes->data()), bytes->size()}, path, error);
  if (!root) return std::nullopt;
  const auto refuse = [&](std::string_view why) {
    error = fmt::format("{}: {}", path, why);
    return std::nullopt;
  };
  constexpr std::string_view words[] = {"object", "kernel", "globals", "maps", "mocks", "records", "test"};
  for (const std::string& name : root->names)
    if (!is_one_of(words, name))
      return refuse(fmt::format("there is no '{}'; there are {}", name, fmt::join(words, ", ")));
  ScenarioFile file;
  file.path_ = path;
  const Value* const object = root->field("object");
  if (object == nullptr || !object->is(Value::Kind::text)) return refuse("it names no object: object = \"FILE.bpf.o\"");
  file.object_path_ = std::filesystem::path(path).parent_path() / object->text;
  if (const Value* const kernel = root->field("kernel"); kernel != nullptr) {
    for (const std::string& name : kernel->names)
      if (name != "cpus" && name != "now" && name != "seed") return refuse(fmt::format("kernel has no '{}'", name));
    if (const Value* const cpus = kernel->field("cpus"); cpus != nullptr)
      file.cpus_ = static_cast<unsigned>(cpus->number);
    if (const Value* const seed = kernel->field("seed"); seed != nullptr) file.seed_ = seed->number;
    if (const Value* const now = kernel->field("now"); now != nullptr) {
      const auto clock = parse_clock(text_of(now));
      if (!clock) return refuse("kernel.now: a time since the start is wanted, or a date as a text");
      file.clock_ns_ = clock->monotonic_ns;
      file.realtime_ns_ = clock->realtime_ns;
    }
  }
  if (file.realtime_ns_ == 0) file.realtime_ns_ = KernelOptions{}.realtime_ns;
  if (const Value* const tests = root->field("test"); tests != nullptr) file.tests_ = tests->items;
  for (const Value& test : file.tests_)
    if (test.field("name") == nullptr || test.field("name")->text.empty()) return refuse("a test has no name");
  file.root_ = std::move(*root);
  return file;
}

std::vector<std::string> ScenarioFile::names() const {
  std::vector<std::string> names;
  for (const Value& test : tests_) names.push_back(test.field("name")->text);
  return names;
}

void ScenarioFile::apply(KernelOptions& options) const {
  if (cpus_) options.cpus = cpus_;
  options.clock_ns = clock_ns_;
  options.realtime_ns = realtime_ns_;
  options.random_seed = seed_;
}

CaseResult ScenarioFile::run(const std::shared_ptr<Kernel>& kernel, std::size_t test,
                             const std::function<void(const Object&)>& done, bool update) const {
  const auto begin = std::chrono::steady_clock::now();
  set_clock(*kernel, clock_ns_, realtime_ns_);
  seed_random(*kernel, seed_);
  CaseResult result = Run(kernel, path_, object_path_, root_, tests_[test], update).run(done);
  result.seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
  return result;
}

}  // namespace skep::testbench
