// See testbench/map_content.hpp.
#include "testbench/map_content.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "describe/show.hpp"
#include "maps/map_types.hpp"

namespace skep::testbench {
namespace {

using describe::Value;

constexpr std::size_t most_elements = 100'000;

std::size_t stride_of(const Map& map) {
  return (map.value_size() + 7) / 8 * 8;
}
std::size_t whole_value(const Map& map) {
  return map.per_cpu() ? stride_of(map) * map.cpus() : map.value_size();
}

// Numbers come in the order of their size: the last byte counts most.
bool comes_before(const std::vector<std::uint8_t>& a, const std::vector<std::uint8_t>& b) {
  return std::lexicographical_compare(a.rbegin(), a.rend(), b.rbegin(), b.rend());
}

bool is_array(const Map& map) {
  return map.type() == MapType::array || map.type() == MapType::percpu_array;
}
bool is_zero(const std::vector<std::uint8_t>& bytes) {
  return std::ranges::all_of(bytes, [](std::uint8_t byte) { return byte == 0; });
}

std::span<const std::uint8_t> of_cpu(const Map& map, const Element& element, std::size_t cpu) {
  return std::span(element.value).subspan(cpu * stride_of(map), map.value_size());
}

std::string values_text(const Map& map, const Element& element) {
  std::string text = "[";
  for (std::size_t cpu = 0; cpu < map.cpus(); ++cpu)
    text += fmt::format("{}{{\"cpu\": {}, \"value\": {}}}", cpu == 0 ? "" : ", ", cpu,
                        map.show(MapPart::value, of_cpu(map, element, cpu)));
  return text + "]";
}

Status wrong(const Map& map, std::string_view why) {
  return {EINVAL, fmt::format("map '{}': {}", shown_name(map), why)};
}

// `values`: a list of {"cpu", "value"}, or one value for every CPU.
Status lay_each_cpu(const Map& map, const Value& values, bool listed, std::vector<std::uint8_t>& bytes) {
  const auto put = [&](const Value& value, std::size_t cpu) -> Status {
    const auto place = std::span(bytes).subspan(cpu * stride_of(map), map.value_size());
    const auto laid = map.lay(MapPart::value, json_of(value), place);
    if (!laid) return laid.status();
    std::ranges::copy(*laid, place.begin());
    return {};
  };
  if (!listed) {
    for (std::size_t cpu = 0; cpu < map.cpus(); ++cpu)
      if (Status status = put(values, cpu); !status) return status;
    return {};
  }
  for (const Value& one : values.items) {
    const Value* const cpu = one.field("cpu");
    const Value* const value = one.field("value");
    if (cpu == nullptr || value == nullptr || cpu->number >= map.cpus())
      return wrong(map, fmt::format("values are wanted as {{\"cpu\": 0, \"value\": …}}, for {} CPUs", map.cpus()));
    if (Status status = put(*value, cpu->number); !status) return status;
  }
  return {};
}

Status put_element(const Map& map, const Value& key, const Value& value, bool by_cpu) {
  const auto laid_key = map.lay(MapPart::key, json_of(key));
  if (!laid_key) return laid_key.status();
  std::vector<std::uint8_t> bytes(whole_value(map));
  static_cast<void>(map.read(laid_key->data(), laid_key->size(), bytes.data(), bytes.size()));
  if (map.per_cpu()) {
    if (Status status = lay_each_cpu(map, value, by_cpu, bytes); !status) return status;
  } else {
    auto laid = map.lay(MapPart::value, json_of(value), bytes);
    if (!laid) return laid.status();
    bytes = std::move(*laid);
  }
  return map.write(laid_key->data(), laid_key->size(), bytes.data(), bytes.size(), Update::any);
}

// A name in front of a colon is always a text: a number or a list where it reads so.
Value key_of_name(const std::string& name) {
  std::string error;
  if (auto value = describe::parse(name, error)) return *value;
  return {.kind = Value::Kind::text, .text = name};
}

}  // namespace

std::string json_of(const Value& value) {
  switch (value.kind) {
    case Value::Kind::null:
      return "null";
    case Value::Kind::number:
      return value.negative ? fmt::format("{}", static_cast<std::int64_t>(value.number))
                            : fmt::format("{}", value.number);
    case Value::Kind::text:
      return describe::quoted(value.text);
    case Value::Kind::list: {
      std::string text = "[";
      for (std::size_t i = 0; i < value.items.size(); ++i) text += (i == 0 ? "" : ", ") + json_of(value.items[i]);
      return text + "]";
    }
    case Value::Kind::fields:
      break;
  }
  std::string text = "{";
  for (std::size_t i = 0; i < value.items.size(); ++i)
    text += fmt::format("{}{}: {}", i == 0 ? "" : ", ", describe::quoted(value.names[i]), json_of(value.items[i]));
  return text + "}";
}

bool can_be_listed(const Map& map) {
  const maps::MapTypeDef& type = maps::map_type(map.type());
  constexpr std::uint32_t of_objects =
      maps::map_use::of_socket | maps::map_use::of_inode | maps::map_use::of_task | maps::map_use::of_cgroup;
  return type.holds == maps::Holds::values && !type.is_keyless() && map.key_size() != 0 &&
         map.type() != MapType::ringbuf && map.type() != MapType::user_ringbuf && map.type() != MapType::arena &&
         (type.uses & (of_objects | maps::map_use::cgroup_storage)) == 0;
}
bool is_section(const Map& map) {
  return map.name().find('.') != std::string::npos;
}
std::string shown_name(const Map& map) {
  const auto dot = map.name().find('.');
  return dot == std::string::npos ? map.name() : map.name().substr(dot);
}

Content content_of(const Map& map) {
  Content content;
  if (!can_be_listed(map) || (is_array(map) && map.max_entries() > most_elements)) return content;
  Element element{std::vector<std::uint8_t>(map.key_size()), std::vector<std::uint8_t>(whole_value(map))};
  std::vector<std::uint8_t> next(map.key_size());
  for (bool first = true;; first = false) {
    const auto more = map.next_key(first ? nullptr : element.key.data(), next.data(), next.size());
    if (!more) return content;
    if (!*more) break;
    element.key = next;
    const auto there = map.read(element.key.data(), element.key.size(), element.value.data(), element.value.size());
    if (!there) return content;
    if (*there) content.elements.push_back(element);
    if (content.elements.size() > most_elements) return {};
  }
  if (!is_array(map))
    std::ranges::sort(content.elements, [](const Element& a, const Element& b) { return comes_before(a.key, b.key); });
  content.listed = true;
  return content;
}

std::vector<Change> changes(const Content& before, const Content& after) {
  std::vector<Change> found;
  auto old = before.elements.begin();
  for (const Element& now : after.elements) {
    for (; old != before.elements.end() && comes_before(old->key, now.key); ++old) found.push_back({*old, {}});
    if (old != before.elements.end() && old->key == now.key) {
      if (old->value != now.value) found.push_back({*old, now});
      ++old;
    } else {
      found.push_back({{}, now});
    }
  }
  for (; old != before.elements.end(); ++old) found.push_back({*old, {}});
  return found;
}

std::string key_text(const Map& map, const Element& element) {
  return map.show(MapPart::key, element.key);
}
std::string value_text(const Map& map, const Element& element) {
  return map.per_cpu() ? values_text(map, element) : map.show(MapPart::value, element.value);
}
std::string element_text(const Map& map, const Element& element) {
  return fmt::format("{{\"key\": {}, \"{}\": {}}}", key_text(map, element), map.per_cpu() ? "values" : "value",
                     value_text(map, element));
}

std::string content_text(const Map& map, const Content& content) {
  if (is_section(map)) return content.elements.empty() ? "{}" : value_text(map, content.elements.front());
  std::string text = "[";
  for (const Element& element : content.elements) {
    if (is_array(map) && is_zero(element.value)) continue;
    text += fmt::format("{}{}", text.size() > 1 ? ",\n " : "", element_text(map, element));
  }
  return text + "]";
}

std::vector<std::string> change_lines(const Map& map, const std::vector<Change>& changes) {
  std::vector<std::string> lines;
  for (const Change& change : changes) {
    if (is_section(map) && change.before && change.after) {
      std::string error;
      const auto before = describe::parse(value_text(map, *change.before), error);
      const auto after = describe::parse(value_text(map, *change.after), error);
      if (before && after && before->is(Value::Kind::fields)) {
        for (std::size_t i = 0; i < after->items.size(); ++i) {
          const std::string was = json_of(before->items[i]), is = json_of(after->items[i]);
          if (was != is) lines.push_back(fmt::format("{}: {} -> {}", after->names[i], was, is));
        }
        continue;
      }
    }
    const std::string key = key_text(map, change.before ? *change.before : *change.after);
    if (!change.before)
      lines.push_back(fmt::format("{}: added {}", key, value_text(map, *change.after)));
    else if (!change.after)
      lines.push_back(fmt::format("{}: removed {}", key, value_text(map, *change.before)));
    else
      lines.push_back(
          fmt::format("{}: {} -> {}", key, value_text(map, *change.before), value_text(map, *change.after)));
  }
  return lines;
}

std::string changes_json(const Map& map, const std::vector<Change>& changes) {
  std::string text = "[";
  for (const Change& change : changes) {
    text += fmt::format("{}{{\"key\":{}", text.size() > 1 ? "," : "",
                        key_text(map, change.before ? *change.before : *change.after));
    if (change.before) text += fmt::format(",\"before\":{}", value_text(map, *change.before));
    if (change.after) text += fmt::format(",\"after\":{}", value_text(map, *change.after));
    text += '}';
  }
  return text + "]";
}

Status fill(const Map& map, const Value& described) {
  if (!can_be_listed(map)) return wrong(map, "elements of such a map cannot be set from here");
  if (is_section(map) && described.is(Value::Kind::fields))
    return put_element(map, {.kind = Value::Kind::number, .number = 0}, described, false);
  if (described.is(Value::Kind::fields)) {
    for (std::size_t i = 0; i < described.items.size(); ++i)
      if (Status status = put_element(map, key_of_name(described.names[i]), described.items[i], false); !status)
        return status;
    return {};
  }
  if (!described.is(Value::Kind::list)) return wrong(map, "a list of {\"key\": …, \"value\": …} is wanted");
  for (const Value& one : described.items) {
    const Value* const key = one.field("key");
    const Value* const value = one.field("value");
    const Value* const values = one.field("values");
    if (key == nullptr || (value == nullptr && values == nullptr))
      return wrong(map, "an element is wanted as {\"key\": …, \"value\": …}");
    if (Status status = put_element(map, *key, value != nullptr ? *value : *values, value == nullptr); !status)
      return status;
  }
  return {};
}

}  // namespace skep::testbench
