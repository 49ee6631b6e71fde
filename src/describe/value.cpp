// See describe/value.hpp. The library reads, this builds; nothing else in the tree sees the library.
#include "describe/value.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>

namespace skep::describe {
namespace {

constexpr std::size_t deepest = 100;

// What the reader meets, as it meets it: each value goes to where it belongs.
class Builder final : public nlohmann::json_sax<nlohmann::json> {
 public:
  bool null() override { return add({}); }
  bool boolean(bool value) override { return add({.kind = Value::Kind::number, .number = value ? 1U : 0U}); }
  bool number_integer(std::int64_t value) override {
    return add({.kind = Value::Kind::number, .number = static_cast<std::uint64_t>(value), .negative = value < 0});
  }
  bool number_unsigned(std::uint64_t value) override { return add({.kind = Value::Kind::number, .number = value}); }
  bool number_float(double, const std::string& text) override {
    return fail(fmt::format("{} is no whole number of 64 bits", text));
  }
  bool string(std::string& value) override { return add({.kind = Value::Kind::text, .text = std::move(value)}); }
  bool binary(nlohmann::json::binary_t&) override { return false; }
  bool start_object(std::size_t) override { return open(Value::Kind::fields); }
  bool start_array(std::size_t) override { return open(Value::Kind::list); }
  bool end_object() override { return close(); }
  bool end_array() override { return close(); }
  bool key(std::string& name) override {
    auto& names = open_.back()->names;
    if (std::ranges::find(names, name) != names.end()) return fail(fmt::format("\"{}\" is given twice", name));
    names.push_back(std::move(name));
    return true;
  }
  bool parse_error(std::size_t position, const std::string& token, const nlohmann::json::exception&) override {
    return fail(fmt::format("it is no JSON at byte {}, '{}'", position, token));
  }

  Value root;
  std::string error;

 private:
  bool add(Value value) {
    if (open_.empty())
      root = std::move(value);
    else
      open_.back()->items.push_back(std::move(value));
    return true;
  }
  bool open(Value::Kind kind) {
    if (open_.size() == deepest) return fail("it is too deep");
    add({.kind = kind});
    // Only the innermost open value grows, so that those around it stay where they are.
    open_.push_back(open_.empty() ? &root : &open_.back()->items.back());
    return true;
  }
  bool close() {
    open_.pop_back();
    return true;
  }
  bool fail(std::string why) {
    error = std::move(why);
    return false;
  }

  std::vector<Value*> open_;
};

}  // namespace

const Value* Value::field(std::string_view name) const {
  const auto found = std::ranges::find(names, name);
  return found == names.end() ? nullptr : &items[static_cast<std::size_t>(found - names.begin())];
}

std::optional<Value> parse(std::string_view text, std::string& error) {
  Builder builder;
  if (nlohmann::json::sax_parse(text, &builder)) return std::move(builder.root);
  error = std::move(builder.error);
  return std::nullopt;
}

}  // namespace skep::describe
