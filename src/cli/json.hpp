// JSON objects on one line, field by field, as `--json` prints them.
#pragma once

#include <fmt/format.h>

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace skep::cli {

// Two digits a byte.
std::string hex(const std::vector<std::uint8_t>& bytes);
// Text with quotes, control characters and bytes that are not UTF-8 made safe.
std::string json_string(std::string_view text);

class JsonObject {
 public:
  JsonObject& add(std::string_view name, std::string_view value) { return raw(name, json_string(value)); }
  JsonObject& add(std::string_view name, const char* value) { return add(name, std::string_view(value)); }
  JsonObject& add(std::string_view name, bool value) { return raw(name, value ? "true" : "false"); }
  template <typename Number>
    requires std::is_arithmetic_v<Number>
  JsonObject& add(std::string_view name, Number value) {
    return raw(name, fmt::format("{}", value));
  }
  JsonObject& add(std::string_view name, const std::vector<std::uint64_t>& numbers) {
    return raw(name, fmt::format("[{}]", fmt::join(numbers, ",")));
  }
  JsonObject& add(std::string_view name, const JsonObject& value) { return raw(name, value.text()); }
  JsonObject& add(std::string_view name, const std::vector<std::string>& values);
  JsonObject& add(std::string_view name, const std::vector<JsonObject>& values);
  // `value` is JSON.
  JsonObject& raw(std::string_view name, std::string_view value);
  std::string text() const { return "{" + fields_ + "}"; }

 private:
  std::string fields_;
};

}  // namespace skep::cli
