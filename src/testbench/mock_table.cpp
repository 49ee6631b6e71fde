// See testbench/mock_table.hpp.
#include "testbench/mock_table.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <mutex>
#include <optional>

#include "skep/testing.hpp"
#include "testbench/packet_build.hpp"

namespace skep::testbench {
namespace {

using describe::Value;

std::optional<std::int64_t> number_of(const Value* value) {
  return value != nullptr && value->is(Value::Kind::number) ? std::optional(static_cast<std::int64_t>(value->number))
                                                            : std::nullopt;
}

struct Write {
  std::size_t arg = 0;
  std::vector<std::uint8_t> bytes;
};
struct Row {
  std::vector<std::optional<std::uint64_t>> args;  // nothing: any
  std::int64_t returns = 0;
  std::optional<Write> write;
};

bool only_known(const Value& table, std::initializer_list<std::string_view> names, std::string& error) {
  for (const std::string& name : table.names)
    if (std::ranges::find(names, name) == names.end()) {
      error = fmt::format("there is no '{}' here", name);
      return false;
    }
  return true;
}

bool read_write(const Value* given, std::optional<Write>& write, std::string& error) {
  if (given == nullptr) return true;
  const auto arg = number_of(given->field("arg"));
  const Value* const hex = given->field("hex");
  const Value* const text = given->field("text");
  if (!only_known(*given, {"arg", "hex", "text"}, error)) return false;
  if (!arg || *arg < 0 || *arg > 4 || (hex == nullptr) == (text == nullptr)) {
    error = "write: {arg = 0…4, hex = \"…\"} is wanted, or text = \"…\"";
    return false;
  }
  write = Write{static_cast<std::size_t>(*arg), {}};
  if (text != nullptr) write->bytes.assign(text->text.begin(), text->text.end());
  const auto bytes = hex != nullptr ? bytes_of_hex(hex->text) : std::optional(write->bytes);
  if (!bytes) {
    error = "write.hex: hexadecimal digits are wanted";
    return false;
  }
  write->bytes = *bytes;
  return true;
}

bool read_row(const Value& given, Row& row, std::string& error) {
  if (!only_known(given, {"args", "returns", "write"}, error)) return false;
  if (const Value* const args = given.field("args"); args != nullptr)
    for (const Value& arg : args->items) {
      if (!arg.is(Value::Kind::number) && arg.text != "*") {
        error = "args: numbers are wanted, or \"*\" for any";
        return false;
      }
      row.args.push_back(arg.is(Value::Kind::number) ? std::optional(arg.number) : std::nullopt);
    }
  row.returns = number_of(given.field("returns")).value_or(0);
  return read_write(given.field("write"), row.write, error);
}

}  // namespace

struct MockTable::Mock {
  std::string function;                // of the object, that answers; empty: what follows does
  std::vector<std::int64_t> sequence;  // one value a call, if it is one
  std::vector<Row> rows;
  Row otherwise;
  std::optional<std::uint64_t> wanted_calls;

  std::mutex lock;  // of what follows
  std::uint64_t calls = 0;
  std::vector<std::string> complaints;

  std::int64_t answer(const MockedCall& call) {
    const std::lock_guard guard(lock);
    ++calls;
    if (!sequence.empty()) {
      if (calls > sequence.size())
        complain(fmt::format("{} was called {} times, and {} results are given", call.call, calls, sequence.size()));
      return sequence[std::min<std::size_t>(calls, sequence.size()) - 1];
    }
    const auto row = std::ranges::find_if(rows, [&](const Row& one) {
      for (std::size_t i = 0; i < std::min(one.args.size(), call.args.size()); ++i)
        if (one.args[i] && *one.args[i] != call.args[i]) return false;
      return true;
    });
    const Row& chosen = row != rows.end() ? *row : otherwise;
    if (chosen.write) write(*chosen.write, call);
    return chosen.returns;
  }
  void write(const Write& wanted, const MockedCall& call) {
    if (wanted.bytes.size() > call.sizes[wanted.arg])
      return complain(fmt::format("{}: {} bytes are to be written, and argument {} has room for {}", call.call,
                                  wanted.bytes.size(), wanted.arg, call.sizes[wanted.arg]));
    std::memcpy(reinterpret_cast<void*>(call.args[wanted.arg]),
                wanted.bytes.data(),  // NOLINT(performance-no-int-to-ptr)
                wanted.bytes.size());
  }
  void complain(std::string what) {
    if (complaints.size() < 10) complaints.push_back(std::move(what));
  }
};

MockTable::~MockTable() {
  for (const auto& [name, mock] : mocks_) mock_call(kernel_, name, nullptr);
}

// The calls by which programs ask who runs them, as numbers and a text say who does.
Status MockTable::add_current_task(const Value& given) {
  std::string error;
  if (!given.is(Value::Kind::fields) || !only_known(given, {"pid", "tgid", "uid", "gid", "comm"}, error))
    return {EINVAL, fmt::format("mocks.current_task: {}", error.empty() ? "a table is wanted" : error)};
  const auto both = [&](const char* high, const char* low, std::int64_t otherwise) {
    const auto of = [&](const char* name, std::int64_t none) { return number_of(given.field(name)).value_or(none); };
    const std::int64_t lower = of(low, otherwise);
    return static_cast<std::uint64_t>(of(high, lower)) << 32 | static_cast<std::uint32_t>(lower);
  };
  Value calls{.kind = Value::Kind::fields};
  const auto add_call = [&](const char* call, Value answer) {
    calls.names.emplace_back(call);
    calls.items.push_back(std::move(answer));
  };
  if (given.field("pid") != nullptr || given.field("tgid") != nullptr) {
    const auto tgid = number_of(given.field("tgid")).value_or(0);
    add_call("bpf_get_current_pid_tgid", {.kind = Value::Kind::number, .number = both("tgid", "pid", tgid)});
  }
  if (given.field("uid") != nullptr || given.field("gid") != nullptr)
    add_call("bpf_get_current_uid_gid", {.kind = Value::Kind::number, .number = both("gid", "uid", 0)});
  if (const Value* const comm = given.field("comm"); comm != nullptr) {
    if (comm->text.empty() || comm->text.size() > 15)
      return {EINVAL, "mocks.current_task.comm: a text of at most 15 characters is wanted"};
    const Value zero{.kind = Value::Kind::number};
    const Value write{.kind = Value::Kind::fields, .items = {zero, *comm}, .names = {"arg", "text"}};
    add_call("bpf_get_current_comm", {.kind = Value::Kind::fields, .items = {write}, .names = {"write"}});
  }
  return add(calls);
}

Status MockTable::add(const Value& described) {
  for (std::size_t i = 0; i < described.items.size(); ++i) {
    const std::string& name = described.names[i];
    const Value& given = described.items[i];
    if (name == "current_task") {
      if (const Status status = add_current_task(given); !status) return status;
      continue;
    }
    auto mock = std::make_shared<Mock>();
    std::string error;
    if (const auto number = number_of(&given)) {
      mock->otherwise.returns = *number;
    } else if (given.is(Value::Kind::list) && !given.items.empty()) {
      for (const Value& one : given.items) mock->sequence.push_back(number_of(&one).value_or(0));
    } else if (given.is(Value::Kind::fields)) {
      if (const Value* const function = given.field("function"); function != nullptr) {
        if (!only_known(given, {"function", "calls"}, error)) {
        } else if (!function->is(Value::Kind::text) || function->text.empty()) {
          error = "function: the name of a global function of the object is wanted";
        } else {
          mock->function = function->text;
          if (const auto calls = number_of(given.field("calls")))
            mock->wanted_calls = static_cast<std::uint64_t>(*calls);
        }
      } else if (only_known(given, {"when", "returns", "write", "calls"}, error)) {
        mock->otherwise.returns = number_of(given.field("returns")).value_or(0);
        if (const auto calls = number_of(given.field("calls"))) mock->wanted_calls = static_cast<std::uint64_t>(*calls);
        if (read_write(given.field("write"), mock->otherwise.write, error))
          if (const Value* const rows = given.field("when"); rows != nullptr)
            for (const Value& row : rows->items)
              if (!read_row(row, mock->rows.emplace_back(), error)) break;
      }
    } else {
      error = "a number, a list of numbers or a table is wanted";
    }
    if (!error.empty()) return {EINVAL, fmt::format("mocks.{}: {}", name, error)};
    const int failed = mock->function.empty()
                           ? mock_call(kernel_, name, [mock](const MockedCall& call) { return mock->answer(call); })
                           : mock_call_by(kernel_, name, mock->function);
    if (failed != 0) return {-failed, fmt::format("mocks.{}: {}", name, Kernel::refusal())};
    std::erase_if(mocks_, [&](const auto& other) { return other.first == name; });
    mocks_.emplace_back(name, std::move(mock));
  }
  return {};
}

void MockTable::check(CaseResult& result) const {
  for (const auto& [name, mock] : mocks_) {
    const std::lock_guard guard(mock->lock);
    for (const std::string& complaint : mock->complaints) result.fail("mocks: " + complaint);
    const std::uint64_t calls = mock->function.empty() ? mock->calls : mocked_calls(kernel_, name);
    if (mock->wanted_calls && *mock->wanted_calls != calls)
      result.add({fmt::format("calls of {}", name), fmt::format("{}", *mock->wanted_calls), fmt::format("{}", calls)});
  }
}

}  // namespace skep::testbench
