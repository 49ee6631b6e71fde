// See testbench/toml.hpp. The library reads, this builds; nothing else in the tree sees the library.
#include "testbench/toml.hpp"

#include <fmt/format.h>

#define TOML_EXCEPTIONS 0
#define TOML_ENABLE_FORMATTERS 0
#include <toml++/toml.h>

namespace skep::testbench {
namespace {

using describe::Value;

class Builder {
 public:
  explicit Builder(const std::string& file) : file_(file) {}

  std::optional<Value> build(const toml::node& node) {
    if (const auto* const table = node.as_table()) {
      Value value{.kind = Value::Kind::fields};
      for (const auto& [key, inner] : *table) {
        auto built = build(inner);
        if (!built) return std::nullopt;
        value.names.emplace_back(key.str());
        value.items.push_back(std::move(*built));
      }
      return value;
    }
    if (const auto* const array = node.as_array()) {
      Value value{.kind = Value::Kind::list};
      for (const auto& inner : *array) {
        auto built = build(inner);
        if (!built) return std::nullopt;
        value.items.push_back(std::move(*built));
      }
      return value;
    }
    if (const auto* const text = node.as_string()) return Value{.kind = Value::Kind::text, .text = text->get()};
    if (const auto* const number = node.as_integer())
      return Value{.kind = Value::Kind::number,
                   .number = static_cast<std::uint64_t>(number->get()),
                   .negative = number->get() < 0};
    if (const auto* const flag = node.as_boolean())
      return Value{.kind = Value::Kind::number, .number = flag->get() ? 1U : 0U};
    error = fmt::format("{}:{}: a number without a fraction, a text, true, false, a list or a table is wanted", file_,
                        node.source().begin.line);
    return std::nullopt;
  }
  std::string error;

 private:
  const std::string& file_;
};

}  // namespace

std::optional<Value> parse_toml(std::string_view text, const std::string& file, std::string& error) {
  const toml::parse_result parsed = toml::parse(text, file);
  if (!parsed) {
    error = fmt::format("{}:{}: {}", file, parsed.error().source().begin.line, parsed.error().description());
    return std::nullopt;
  }
  Builder builder(file);
  auto value = builder.build(parsed.table());
  error = std::move(builder.error);
  return value;
}

}  // namespace skep::testbench
