// What a map holds, what changed in it from one moment to another, and the same in words and in JSON.
//
// JSON is what `bpftool map dump` prints: [{"key": 1, "value": 2}, …], of per-CPU maps {"key": 1, "values": [{"cpu": 0,
// "value": 2}, …]}; global variables are one object, {"hits": 3}. Tested by tests/testbench/map_content_test.cpp.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "describe/value.hpp"
#include "skep/skep.hpp"

namespace skep::testbench {

struct Element {
  std::vector<std::uint8_t> key, value;  // of a per-CPU map: every CPU's value
};
struct Content {
  bool listed = false;            // false: elements of such maps cannot be listed, or there are too many
  std::vector<Element> elements;  // in the order of their keys
};
struct Change {
  std::optional<Element> before, after;  // one of them at least
};

// Whether user space can list the elements, and they are plain values.
bool can_be_listed(const Map& map);
// The global variables of a section (.data, .bss, .rodata …).
bool is_section(const Map& map);
// "counts", ".bss": without the object's name in front.
std::string shown_name(const Map& map);

Content content_of(const Map& map);
std::vector<Change> changes(const Content& before, const Content& after);

std::string key_text(const Map& map, const Element& element);
std::string value_text(const Map& map, const Element& element);
// {"key": …, "value": …}
std::string element_text(const Map& map, const Element& element);
// All of it. Elements of arrays that are zero are left out.
std::string content_text(const Map& map, const Content& content);
// One line a change; of global variables those that changed.
std::vector<std::string> change_lines(const Map& map, const std::vector<Change>& changes);
// [{"key": …, "before": …, "after": …}, …]
std::string changes_json(const Map& map, const std::vector<Change>& changes);

// Puts in what is described: as content_text() has it, or {"key": value, …}, or the variables of a section. What a map
// holds beside it stays.
Status fill(const Map& map, const describe::Value& described);

// JSON of a value that was parsed.
std::string json_of(const describe::Value& value);

}  // namespace skep::testbench
