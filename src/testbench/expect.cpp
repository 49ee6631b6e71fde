// See testbench/expect.hpp. A value is compared by laying what is expected over what is there: if that changes nothing,
// it is as expected. So texts, names of enumerators and addresses mean what they mean when maps are filled.
#include "testbench/expect.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <functional>

#include "describe/show.hpp"
#include "kernel/testing.hpp"
#include "progtypes/progtype.hpp"
#include "testbench/golden.hpp"
#include "testbench/map_content.hpp"
#include "testbench/packet_build.hpp"
#include "testbench/packet_text.hpp"
#include "testbench/tcpdump.hpp"
#include "testbench/verdict.hpp"

namespace skep::testbench {
namespace {

using describe::Value;

std::string lines_of(const std::vector<std::string>& lines) {
  return lines.empty() ? "nothing" : fmt::format("{}", fmt::join(lines, "\n"));
}

class Check {
 public:
  Check(Kernel& kernel, const Object& object, const StepOutcome& outcome, const std::string& where, CaseResult& result)
      : kernel_(kernel), object_(object), outcome_(outcome), where_(where), result_(result) {}

  void all(const Value& expected) {
    using Handler = void (Check::*)(const Value&);
    constexpr std::pair<std::string_view, Handler> handlers[] = {
        {"verdict", &Check::verdict}, {"error", &Check::error},         {"packet", &Check::packet},
        {"context", &Check::context}, {"output", &Check::output},       {"maps", &Check::maps},
        {"absent", &Check::absent},   {"count", &Check::count},         {"globals", &Check::globals},
        {"records", &Check::records}, {"printk", &Check::printk},       {"work", &Check::work},
        {"armed", &Check::armed},     {"cancelled", &Check::cancelled}, {"golden", &Check::golden}};
    if (!expected.is(Value::Kind::fields)) return mistake("expect", "a table is wanted");
    const bool about_a_run = expected.field("error") == nullptr;
    if (outcome_.ran && about_a_run && !outcome_.status)
      return result_.add({where_ + ": the run", "no error", outcome_.status.message()});
    for (std::size_t i = 0; i < expected.items.size(); ++i) {
      const auto handler =
          std::ranges::find_if(handlers, [&](const auto& one) { return one.first == expected.names[i]; });
      if (handler == std::end(handlers)) {
        mistake("expect", fmt::format("there is no '{}'", expected.names[i]));
        continue;
      }
      if ((handler->first == "verdict" || handler->first == "packet" || handler->first == "context") && !outcome_.ran) {
        mistake(handler->first, "no program runs in this step");
        continue;
      }
      (this->*handler->second)(expected.items[i]);
    }
  }

 private:
  void mistake(std::string_view what, std::string_view why) {
    result_.fail(fmt::format("{}: {}: {}", where_, what, why));
  }
  void differs(std::string_view what, std::string expected, std::string actual) {
    result_.add({fmt::format("{}: {}", where_, what), std::move(expected), std::move(actual)});
  }

  void verdict(const Value& expected) {
    const std::string text = expected.is(Value::Kind::number) ? json_of(expected) : expected.text;
    const auto wanted = verdict_of(outcome_.type, text);
    if (!wanted) return mistake("verdict", fmt::format("'{}' is none of such programs, and no number", text));
    if (*wanted != outcome_.result.verdict)
      differs("verdict", verdict_with_number(outcome_.type, *wanted),
              verdict_with_number(outcome_.type, outcome_.result.verdict));
  }

  void error(const Value& expected) {
    if (outcome_.status) return differs("the run", "an error: " + expected.text, "none");
    const std::string& said = outcome_.status.message();
    if (said.find(expected.text) == std::string::npos) differs("the error", expected.text, said);
  }

  void packet(const Value& expected) {
    std::string error;
    std::vector<std::uint8_t> wanted = outcome_.packet;
    if (!(expected.is(Value::Kind::text) && expected.text == "unchanged")) {
      const auto built = build_packet(expected, error);
      if (!built) return mistake("packet", error);
      wanted = *built;
    }
    if (wanted == outcome_.result.packet) return;
    const auto both = [](const std::vector<std::uint8_t>& packet) {
      return packet_words(packet) + "\n" + lines_of(hexdump(packet));
    };
    differs("packet", both(wanted), both(outcome_.result.packet));
  }

  // Bytes by a type of the kernel's.
  void context(const Value& expected) {
    const auto* const definition = progtypes::find(outcome_.type);
    const btf::Btf& types = types_of_kernel(kernel_);
    const btf::TypeId type = definition != nullptr ? types.find(definition->context_type, btf::Kind::struct_) : 0;
    if (type == 0 || outcome_.result.context.empty())
      return mistake("context", "programs of this type leave none behind, or the types do not have it");
    compare("context", &types, type, outcome_.result.context, expected);
  }

  void output(const Value& expected) {
    if (outcome_.result.output != expected.text) differs("output", expected.text, outcome_.result.output);
  }

  // What is expected, laid over the bytes, must be the bytes.
  void compare(std::string_view what, const btf::Btf* types, btf::TypeId type, const std::vector<std::uint8_t>& bytes,
               const Value& expected) {
    std::vector<std::uint8_t> laid = bytes;
    std::string error;
    if (!describe::lay(types, type, expected, laid, error)) return mistake(what, error);
    if (laid != bytes) differs(what, json_of(expected), describe::show(types, type, bytes));
  }

  const Map* map_named(const std::string& name) {
    if (all_maps_.empty()) all_maps_ = object_.maps();
    for (const Map& map : all_maps_)
      if (map.name() == name || shown_name(map) == name) return &map;
    mistake("maps", fmt::format("there is no map {}", name));
    return nullptr;
  }

  // Calls `check` for each element that is described: {key = …, value = …} of a list, or {key: value}.
  void each_element(const Map& map, const Value& described,
                    const std::function<void(const std::string& key, const Value& value)>& check) {
    if (described.is(Value::Kind::fields)) {
      for (std::size_t i = 0; i < described.items.size(); ++i) {
        std::string error;
        const auto key = describe::parse(described.names[i], error);
        check(key ? described.names[i] : describe::quoted(described.names[i]), described.items[i]);
      }
      return;
    }
    for (const Value& one : described.items) {
      const Value* const key = one.field("key");
      const Value* const value = one.field("value") != nullptr ? one.field("value") : one.field("values");
      if (key == nullptr || value == nullptr)
        return mistake("maps." + shown_name(map), "an element is {key = …, value = …}");
      check(json_of(*key), *value);
    }
  }

  std::optional<std::vector<std::uint8_t>> read(const Map& map, const std::string& key, bool& there) {
    const auto laid = map.lay(MapPart::key, key);
    if (!laid) return mistake("maps", laid.message()), std::nullopt;
    std::vector<std::uint8_t> bytes(map.per_cpu() ? (map.value_size() + 7) / 8 * 8 * map.cpus() : map.value_size());
    const auto found = map.read(laid->data(), laid->size(), bytes.data(), bytes.size());
    if (!found) return mistake("maps", found.message()), std::nullopt;
    there = *found;
    return bytes;
  }

  void maps(const Value& expected) {
    for (std::size_t i = 0; i < expected.items.size(); ++i) {
      const Map* const map = map_named(expected.names[i]);
      if (map == nullptr) continue;
      if (is_section(*map)) {
        globals(expected.items[i]);
        continue;
      }
      each_element(*map, expected.items[i], [&](const std::string& key, const Value& value) {
        const std::string what = fmt::format("map {}, key {}", shown_name(*map), key);
        bool there = false;
        const auto bytes = read(*map, key, there);
        if (!bytes) return;
        if (!there) return differs(what, json_of(value), "no such key");
        if (map->per_cpu()) return compare_cpus(*map, what, *bytes, value);
        const auto laid = map->lay(MapPart::value, json_of(value), *bytes);
        if (!laid) return mistake(what, laid.message());
        if (*laid != *bytes) differs(what, json_of(value), map->show(MapPart::value, *bytes));
      });
    }
  }

  // Of a per-CPU map: {"cpu", "value"} for some CPUs, or a number: the sum over all.
  void compare_cpus(const Map& map, const std::string& what, const std::vector<std::uint8_t>& bytes,
                    const Value& expected) {
    const std::size_t stride = (map.value_size() + 7) / 8 * 8;
    if (expected.is(Value::Kind::number)) {
      std::uint64_t sum = 0;
      for (std::size_t cpu = 0; cpu < map.cpus(); ++cpu) {
        std::uint64_t one = 0;
        std::memcpy(&one, bytes.data() + cpu * stride, std::min<std::size_t>(map.value_size(), sizeof one));
        sum += one;
      }
      if (sum != expected.number) differs(what + ", of all CPUs", json_of(expected), fmt::format("{}", sum));
      return;
    }
    for (const Value& one : expected.items) {
      const Value* const cpu = one.field("cpu");
      const Value* const value = one.field("value");
      if (cpu == nullptr || value == nullptr || cpu->number >= map.cpus())
        return mistake(what, "a number (the sum) is wanted, or [{cpu = 0, value = …}]");
      const std::vector<std::uint8_t> its(
          bytes.begin() + static_cast<std::ptrdiff_t>(cpu->number * stride),
          bytes.begin() + static_cast<std::ptrdiff_t>(cpu->number * stride + map.value_size()));
      const auto laid = map.lay(MapPart::value, json_of(*value), its);
      if (!laid) return mistake(what, laid.message());
      if (*laid != its)
        differs(fmt::format("{}, cpu {}", what, cpu->number), json_of(*value), map.show(MapPart::value, its));
    }
  }

  void absent(const Value& expected) {
    for (std::size_t i = 0; i < expected.items.size(); ++i) {
      const Map* const map = map_named(expected.names[i]);
      if (map == nullptr) continue;
      for (const Value& key : expected.items[i].items) {
        bool there = false;
        const auto bytes = read(*map, json_of(key), there);
        if (bytes && there)
          differs(fmt::format("map {}, key {}", shown_name(*map), json_of(key)), "no such key",
                  map->per_cpu() ? "there" : map->show(MapPart::value, *bytes));
      }
    }
  }

  void count(const Value& expected) {
    for (std::size_t i = 0; i < expected.items.size(); ++i) {
      const Map* const map = map_named(expected.names[i]);
      if (map == nullptr) continue;
      const Content content = content_of(*map);
      if (!content.listed) return mistake("count", fmt::format("elements of {} cannot be listed", expected.names[i]));
      if (content.elements.size() != expected.items[i].number)
        differs(fmt::format("elements of {}", expected.names[i]), json_of(expected.items[i]),
                fmt::format("{}: {}", content.elements.size(), content_text(*map, content)));
    }
  }

  void globals(const Value& expected) {
    if (all_maps_.empty()) all_maps_ = object_.maps();
    for (std::size_t i = 0; i < expected.items.size(); ++i) {
      Value one{.kind = Value::Kind::fields, .items = {expected.items[i]}, .names = {expected.names[i]}};
      bool known = false;
      for (const Map& map : all_maps_) {
        if (!is_section(map)) continue;
        std::vector<std::uint8_t> bytes(map.value_size());
        const std::uint32_t zero = 0;
        const auto there = map.read(&zero, sizeof zero, bytes.data(), bytes.size());
        if (!there || !*there) continue;
        std::string error;
        const auto shown = describe::parse(map.show(MapPart::value, bytes), error);
        const Value* const now = shown ? shown->field(expected.names[i]) : nullptr;
        if (now == nullptr) continue;
        known = true;
        const auto laid = map.lay(MapPart::value, json_of(one), bytes);
        if (!laid)
          mistake("globals", laid.message());
        else if (*laid != bytes)
          differs("variable " + expected.names[i], json_of(expected.items[i]), json_of(*now));
      }
      if (!known) mistake("globals", fmt::format("there is no variable {}", expected.names[i]));
    }
  }

  void records(const Value& expected) {
    for (std::size_t i = 0; i < expected.items.size(); ++i) {
      const Map* const map = map_named(expected.names[i]);
      if (map == nullptr) continue;
      std::vector<const Record*> found;
      for (const Record& record : outcome_.seen.records)
        if (record.map == map->name()) found.push_back(&record);
      const auto& wanted = expected.items[i].items;
      bool same = found.size() == wanted.size();
      for (std::size_t r = 0; same && r < wanted.size(); ++r) {
        const auto laid = map->lay(MapPart::record, json_of(wanted[r]), found[r]->bytes);
        if (!laid) return mistake("records." + expected.names[i], laid.message());
        same = *laid == found[r]->bytes;
      }
      if (same) continue;
      std::vector<std::string> left, right;
      for (const Value& one : wanted) left.push_back(json_of(one));
      for (const Record* record : found) right.push_back(record->text);
      differs("records of " + expected.names[i], lines_of(left), lines_of(right));
    }
  }

  void printk(const Value& expected) {
    std::vector<std::string> left, right;
    for (const Value& line : expected.items) left.push_back(line.text);
    for (const TraceLine& line : outcome_.seen.lines) right.push_back(line.text);
    if (left != right) differs("printk", lines_of(left), lines_of(right));
  }

  // Callbacks in the order in which they ran: names, or tables {callback, map, cpu, timer}.
  void work(const Value& expected) {
    std::vector<std::string> left, right;
    bool same = expected.items.size() == outcome_.work.size();
    for (std::size_t i = 0; i < expected.items.size(); ++i) {
      const Value& wanted = expected.items[i];
      left.push_back(wanted.is(Value::Kind::text) ? wanted.text : json_of(wanted));
      if (!same) continue;
      const WorkRun& run = outcome_.work[i];
      const auto is = [&](const char* name, const std::string& actual) {
        const Value* const field = wanted.field(name);
        return field == nullptr || (field->is(Value::Kind::text) ? field->text : json_of(*field)) == actual;
      };
      same = wanted.is(Value::Kind::text)
                 ? wanted.text == run.callback
                 : is("callback", run.callback) && is("map", run.map) && is("program", run.program) &&
                       is("cpu", fmt::format("{}", run.cpu)) && is("timer", run.timer ? "1" : "0");
    }
    if (same) return;
    for (const WorkRun& run : outcome_.work)
      right.push_back(
          fmt::format("{} (map {}, cpu {}{})", run.callback, run.map, run.cpu, run.timer ? ", a timer" : ""));
    differs("work that ran", lines_of(left), lines_of(right));
  }

  void armed(const Value& expected) {
    if (outcome_.armed.size() != expected.number)
      differs("timers that are armed", json_of(expected), fmt::format("{}", outcome_.armed.size()));
  }
  void cancelled(const Value& expected) {
    if (outcome_.counts.cancelled != expected.number)
      differs("starts that were cancelled", json_of(expected), fmt::format("{}", outcome_.counts.cancelled));
  }

  void golden(const Value& expected) {
    if (!expected.is(Value::Kind::text) || expected.text.empty())
      return mistake("golden", "the name of a file is wanted");
    check_golden(expected.text, outcome_, where_, result_);
  }

  Kernel& kernel_;
  const Object& object_;
  const StepOutcome& outcome_;
  const std::string& where_;
  CaseResult& result_;
  std::vector<Map> all_maps_;
};

}  // namespace

void expect(const Value& expected, Kernel& kernel, const Object& object, const StepOutcome& outcome,
            const std::string& where, CaseResult& result) {
  Check(kernel, object, outcome, where, result).all(expected);
}

}  // namespace skep::testbench
