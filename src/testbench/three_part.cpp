// See testbench/three_part.hpp.
#include "testbench/three_part.hpp"

#include <bpf/btf.h>
#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <chrono>
#include <cstring>
#include <span>

#include "loader/object.hpp"
#include "skep/limits.hpp"
#include "skep/testing.hpp"

namespace skep::testbench {
namespace {

using Bytes = std::span<const std::uint8_t>;

// As many bytes as a frame may have with room in front and behind.
constexpr std::size_t frame = 4096 - 256 - 320;
constexpr std::size_t context_bytes = 256;  // more than the struct has, and zero beyond it
constexpr const char* report_map = "suite_result_map";
constexpr const char* wiped_maps[] = {report_map, "mock_skb_meta_map"};  // after each test

enum class Status : std::uint32_t { error = 0, passed = 1, failed = 2, skipped = 3 };
constexpr std::uint32_t later_statuses = 100;  // the same numbers, so that results of programs are none of them

Status status_of(std::uint64_t number) {
  if (number >= later_statuses) number -= later_statuses;
  return number > 3 ? Status::error : static_cast<Status>(number);
}
constexpr std::uint32_t next_row = 104;  // of a check that goes through a table: all parts are to be run again
constexpr unsigned most_rows = 100'000;
// What ends a test before its check: a plain result of a program does not.
bool is_failure_before(std::uint32_t number) {
  return number == later_statuses || number == later_statuses + 2;
}

// One field after the other of a message.
class Message {
 public:
  explicit Message(Bytes bytes) : bytes_(bytes) {}
  struct Field {
    std::uint32_t number = 0;
    std::uint64_t value = 0;
    Bytes content;
  };
  // Nothing at the end, which zeros are, too, and at what is none.
  std::optional<Field> next() {
    const auto key = varint();
    if (!key || *key == 0) return std::nullopt;
    Field field{.number = static_cast<std::uint32_t>(*key >> 3)};
    switch (*key & 7) {
      case 0: {
        const auto value = varint();
        if (!value) return std::nullopt;
        field.value = *value;
        return field;
      }
      case 1:
        if (bytes_.size() < 8) return std::nullopt;
        std::memcpy(&field.value, bytes_.data(), 8);
        bytes_ = bytes_.subspan(8);
        return field;
      case 2: {
        const auto size = varint();
        if (!size || *size > bytes_.size()) return std::nullopt;
        field.content = bytes_.first(*size);
        bytes_ = bytes_.subspan(*size);
        return field;
      }
      default:
        return std::nullopt;
    }
  }

 private:
  std::optional<std::uint64_t> varint() {
    std::uint64_t value = 0;
    for (unsigned shift = 0; shift < 64 && !bytes_.empty(); shift += 7) {
      const std::uint8_t byte = bytes_.front();
      bytes_ = bytes_.subspan(1);
      value |= std::uint64_t{byte & 0x7fU} << shift;
      if ((byte & 0x80) == 0) return value;
    }
    return std::nullopt;
  }
  Bytes bytes_;
};

std::string text_of(Bytes bytes) {
  const auto end = std::ranges::find(bytes, 0);
  return {bytes.begin(), end};
}

// A line in printk's words.
std::string log_line(Bytes bytes) {
  std::string format;
  std::vector<std::uint64_t> args;
  for (Message message(bytes); const auto field = message.next();) {
    if (field->number == 1) format = text_of(field->content);
    if (field->number == 2) args.push_back(field->value);
  }
  std::string line;
  std::size_t used = 0;
  for (std::size_t i = 0; i < format.size(); ++i) {
    if (format[i] != '%' || i + 1 == format.size()) {
      line += format[i];
      continue;
    }
    if (format[i + 1] == '%') {
      line += format[++i];
      continue;
    }
    unsigned longs = 0;
    while (i + 1 < format.size() && format[i + 1] == 'l') ++longs, ++i;
    const char kind = i + 1 < format.size() ? format[++i] : '?';
    const std::uint64_t given = used < args.size() ? args[used] : 0;
    ++used;
    const bool wide = longs != 0;
    if (kind == 'd' || kind == 'i')
      line += fmt::format("{}", wide ? static_cast<std::int64_t>(given) : static_cast<std::int32_t>(given));
    else if (kind == 'x' || kind == 'p')
      line += fmt::format("{:x}", wide || kind == 'p' ? given : static_cast<std::uint32_t>(given));
    else
      line += fmt::format("{}", wide ? given : static_cast<std::uint32_t>(given));
  }
  return line;
}

void note(CaseResult& result, Status status, const std::string& what) {
  if (status == Status::passed) return;
  if (status == Status::skipped) {
    if (result.kind == CaseResult::Kind::passed) result.kind = CaseResult::Kind::skipped;
    if (result.why.empty()) result.why = what;
    return;
  }
  result.kind = CaseResult::Kind::failed;
  result.why += (result.why.empty() ? "" : "; ") + what;
}

}  // namespace

namespace {

// What functions of an object are tagged with, behind a beginning.
struct Tag {
  std::string function, text;
};
std::vector<Tag> tags_of(const bpf_object* object, std::string_view beginning) {
  std::vector<Tag> all;
  const btf* const types = bpf_object__btf(object);
  for (std::uint32_t id = 1; types != nullptr && id < btf__type_cnt(types); ++id) {
    const btf_type* const type = btf__type_by_id(types, id);
    if (!btf_is_decl_tag(type)) continue;
    const std::string_view text = btf__name_by_offset(types, type->name_off);
    const btf_type* const function = btf__type_by_id(types, type->type);
    if (text.starts_with(beginning) && btf_is_func(function))
      all.push_back({btf__name_by_offset(types, function->name_off), std::string(text.substr(beginning.size()))});
  }
  return all;
}

// Programs that are tagged with `tail:MAP/INDEX` are put there.
bool fill_tail_calls(bpf_object* object, std::string& error) {
  for (const Tag& tag : tags_of(object, "tail:")) {
    const auto slash = tag.text.find('/');
    const bpf_program* const program = bpf_object__find_program_by_name(object, tag.function.c_str());
    if (slash == std::string::npos || program == nullptr || bpf_program__fd(program) < 0) continue;
    const bpf_map* const map = bpf_object__find_map_by_name(object, tag.text.substr(0, slash).c_str());
    std::uint32_t index = 0;
    const char* const end = tag.text.data() + tag.text.size();
    if (map == nullptr || bpf_map__type(map) != BPF_MAP_TYPE_PROG_ARRAY ||
        std::from_chars(tag.text.data() + slash + 1, end, index).ptr != end) {
      error = fmt::format("{}() is tagged 'tail:{}', which is no place in a program array", tag.function, tag.text);
      return false;
    }
    const int fd = bpf_program__fd(program);
    if (const int failed = bpf_map__update_elem(map, &index, sizeof index, &fd, sizeof fd, 0); failed != 0) {
      error = fmt::format("{}() cannot be put into {}: {}", tag.function, tag.text, std::strerror(-failed));
      return false;
    }
  }
  return true;
}

// The calls that functions of an object are tagged to stand in for, as long as it is loaded.
class TaggedMocks {
 public:
  TaggedMocks(Kernel& kernel, const bpf_object* object, std::string& error) : kernel_(kernel) {
    for (const Tag& tag : tags_of(object, "skep:mock=")) {
      if (mock_call_by(kernel, tag.text, tag.function) != 0) {
        error = fmt::format("{}() cannot stand in for {}: {}", tag.function, tag.text, Kernel::refusal());
        return;
      }
      calls_.push_back(tag.text);
    }
  }
  ~TaggedMocks() {
    for (const std::string& call : calls_) mock_call_by(kernel_, call, "");
  }
  TaggedMocks(const TaggedMocks&) = delete;
  TaggedMocks& operator=(const TaggedMocks&) = delete;
  bool any() const { return !calls_.empty(); }

 private:
  Kernel& kernel_;
  std::vector<std::string> calls_;
};

}  // namespace

std::optional<ThreePartSection> three_part_section(const std::string& section) {
  const auto test = section.find("/test/");
  const auto last = section.rfind('/');
  if (test == std::string::npos || test == 0 || last <= test + 6) return std::nullopt;
  ThreePartSection found{section.substr(test + 6, last - test - 6), section.substr(last + 1)};
  if (found.name.find('/') != std::string::npos) return std::nullopt;
  if (found.part != "pktgen" && found.part != "setup" && found.part != "check") return std::nullopt;
  return found;
}

std::vector<std::string> ThreePartTests::names(const bpf_object* object) {
  std::vector<std::string> names;
  bpf_program* program = nullptr;
  bpf_object__for_each_program(program,
                               object) if (const auto section = three_part_section(bpf_program__section_name(program));
                                           section && section->part == "check") names.push_back(section->name);
  std::ranges::sort(names);
  names.erase(std::ranges::unique(names).begin(), names.end());
  return names;
}

std::unique_ptr<ThreePartTests> ThreePartTests::load(std::shared_ptr<Kernel> kernel, const std::string& path,
                                                     std::string& error) {
  const KernelBinding binding(*kernel);
  const loader::KeepWarnings quiet;
  loader::ObjectPtr object = loader::open_object(path, error);
  if (!object) return nullptr;
  const TaggedMocks mocks(*kernel, object.get(), error);
  if (!error.empty()) return nullptr;
  // Calls are replaced when the file is opened.
  if (mocks.any()) object = loader::open_object(path, error);
  if (!object) return nullptr;
  loader::adapt(*kernel, object.get());
  std::map<std::string, Parts> tests;
  bpf_program* program = nullptr;
  bpf_object__for_each_program(program, object.get()) {
    const std::string section = bpf_program__section_name(program);
    // The type is what the section begins with, whatever follows.
    if (bpf_program__type(program) == BPF_PROG_TYPE_UNSPEC) {
      const std::string type = section.substr(0, section.find('/'));
      if (type == "xdp") {
        bpf_program__set_type(program, BPF_PROG_TYPE_XDP);
        bpf_program__set_expected_attach_type(program, BPF_XDP);
      }
      if (type == "tc" || type == "classifier") bpf_program__set_type(program, BPF_PROG_TYPE_SCHED_CLS);
      if (type == "action") bpf_program__set_type(program, BPF_PROG_TYPE_SCHED_ACT);
    }
    const auto type = bpf_program__type(program);
    if (type != BPF_PROG_TYPE_XDP && type != BPF_PROG_TYPE_SCHED_CLS && type != BPF_PROG_TYPE_SCHED_ACT)
      bpf_program__set_autoload(program, false);
    const auto its = three_part_section(section);
    if (!its) continue;
    Parts& parts = tests[its->name];
    (its->part == "pktgen"  ? parts.pktgen
     : its->part == "setup" ? parts.setup
                            : parts.check) = bpf_program__name(program);
  }
  bpf_map* map = nullptr;
  bpf_object__for_each_map(map, object.get()) bpf_map__set_pin_path(map, nullptr);
  loader::take_first_warning();
  kernel->forget_last_load();
  const loader::LeaveGaps gaps;
  if (const int failed = bpf_object__load(object.get()); failed != 0) {
    const auto report = kernel->last_load();
    error = fmt::format("cannot be loaded: {}", report.error != 0 ? report.message
                                                                  : fmt::format("{}: {}", std::strerror(-failed),
                                                                                loader::take_first_warning()));
    return nullptr;
  }
  if (!fill_tail_calls(object.get(), error)) return nullptr;
  auto made = api::object_of(kernel, object.release(), {.name = path});
  if (!made) {
    error = made.message();
    return nullptr;
  }
  std::unique_ptr<ThreePartTests> loaded(new ThreePartTests(std::move(*made)));  // NOLINT: the constructor is private
  loaded->tests_ = std::move(tests);
  return loaded;
}

CaseResult ThreePartTests::run(const std::string& name) {
  const auto begin = std::chrono::steady_clock::now();
  CaseResult result;
  const RunCpuScope same(0);  // what one part counts on its CPU, another finds
  const Parts& parts = tests_[name];
  unsigned row = 0;
  while (run_row(parts, result)) {
    if (++row < most_rows) continue;
    result.fail("its table has no end");
    break;
  }
  if (row != 0 && result.kind == CaseResult::Kind::failed) result.why = fmt::format("row {}: {}", row, result.why);
  result.seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
  return result;
}

bool ThreePartTests::run_row(const Parts& parts, CaseResult& result) {
  std::vector<std::uint8_t> packet(frame), context;
  std::uint32_t status = 0;
  for (const auto& [part, program_name] :
       {std::pair{"pktgen", &parts.pktgen}, {"setup", &parts.setup}, {"check", &parts.check}}) {
    if (program_name->empty()) continue;
    const auto program = object_.program(*program_name);
    if (!program) {
      result.fail(program.message());
      break;
    }
    if (program->type() == ProgType::sched_cls && context.empty()) context.resize(context_bytes);
    const auto ran = program->run({.packet = packet, .context = context});
    if (!ran) {
      result.fail(fmt::format("{}: {}", part, ran.message()));
      break;
    }
    packet = ran->packet;
    if (!ran->context.empty()) std::ranges::copy(ran->context, context.begin());
    status = ran->verdict;
    if (part == std::string_view("check")) {
      if (status == next_row) return true;
      read_report(part, status, result);
      break;
    }
    if (is_failure_before(status)) {
      read_report(part, status, result);
      break;
    }
    if (part == std::string_view("setup")) {
      std::vector<std::uint8_t> with_status(sizeof status);
      std::memcpy(with_status.data(), &status, sizeof status);
      packet.insert(packet.begin(), with_status.begin(), with_status.end());
    }
  }
  return false;
}

// What the programs have written, which is wiped for the next test.
void ThreePartTests::read_report(const char* part, std::uint32_t status, CaseResult& result) const {
  std::vector<std::string> log;
  if (const auto map = object_.map(report_map); map) {
    const std::uint32_t zero = 0;
    std::vector<std::uint8_t> bytes(map->value_size());
    if (const auto there = map->read(&zero, sizeof zero, bytes.data(), bytes.size()); there && *there) {
      for (Message message(bytes); const auto field = message.next();) {
        if (field->number == 2) log.push_back(log_line(field->content));
        if (field->number != 1) continue;
        std::string name, said;
        Status its = Status::error;
        for (Message inner(field->content); const auto one = inner.next();) {
          if (one->number == 1) name = text_of(one->content);
          if (one->number == 2) its = status_of(one->value);
          if (one->number == 3) said += ": " + log_line(one->content);
        }
        note(result, its, name + said);
      }
    }
  }
  for (const char* name : wiped_maps)
    if (const auto map = object_.map(name); map) {
      const std::uint32_t zero = 0;
      const std::vector<std::uint8_t> nothing(map->value_size());
      static_cast<void>(map->write(&zero, sizeof zero, nothing.data(), nothing.size(), Update::any));
    }
  std::string lines;
  for (const std::string& line : log) lines += (lines.empty() ? "" : "; ") + line;
  const Status whole = status_of(status);
  if (whole != Status::passed)
    note(result, whole,
         !lines.empty()             ? lines
         : whole == Status::skipped ? "it skipped itself"
                                    : fmt::format("{} returned {}", part, status));
}

}  // namespace skep::testbench
