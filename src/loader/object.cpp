// See loader/object.hpp.
#include "loader/object.hpp"

#include <bpf/btf.h>
#include <fmt/format.h>

#include <algorithm>
#include <cerrno>
#include <cstdarg>
#include <cstdio>
#include <cstring>
#include <string_view>
#include <utility>

#include "kernel/read_file.hpp"

namespace skep::loader {
namespace {

constexpr std::size_t largest_object = std::size_t{256} << 20;  // as the stand-ins are made for

struct Kept {
  unsigned keepers = 0;
  std::string first, unresolved;
};
Kept& kept() {
  thread_local Kept warnings;
  return warnings;
}

int keep(enum libbpf_print_level level, const char* format, va_list arguments);

// Where libbpf's messages went before the first KeepWarnings.
libbpf_print_fn_t printer_before() {
  static const libbpf_print_fn_t before = libbpf_set_print(keep);
  return before;
}

int keep(enum libbpf_print_level level, const char* format, va_list arguments) {
  if (kept().keepers == 0) {
    const libbpf_print_fn_t before = printer_before();
    return before != nullptr ? before(level, format, arguments) : 0;
  }
  if (level != LIBBPF_WARN) return 0;
  va_list again;
  va_copy(again, arguments);
  const int length = vsnprintf(nullptr, 0, format, arguments);
  std::string text(static_cast<std::size_t>(std::max(length, 0)), '\0');
  vsnprintf(text.data(), text.size() + 1, format, again);
  va_end(again);
  if (std::string found = unresolved_in(text); !found.empty()) kept().unresolved = std::move(found);
  if (!kept().first.empty()) return 0;
  std::string_view line(text);
  if (line.starts_with("libbpf: ")) line.remove_prefix(8);
  while (!line.empty() && line.back() == '\n') line.remove_suffix(1);
  kept().first = line;
  return 0;
}

unsigned& gap_leavers() {
  thread_local unsigned count = 0;
  return count;
}

ObjectPtr opened(bpf_object* object, const std::string& name, std::string& error) {
  const int code = errno;
  if (object != nullptr) return ObjectPtr(object);
  const std::string warned = take_first_warning();
  error =
      fmt::format("{}: not a BPF object that libbpf can open: {}", name, warned.empty() ? std::strerror(code) : warned);
  errno = code;
  return nullptr;
}

}  // namespace

KeepWarnings::KeepWarnings() {
  static_cast<void>(printer_before());
  ++kept().keepers;
}
KeepWarnings::~KeepWarnings() {
  if (--kept().keepers == 0) kept() = {};
}

LeaveGaps::LeaveGaps() {
  ++gap_leavers();
}
LeaveGaps::~LeaveGaps() {
  --gap_leavers();
}
bool LeaveGaps::wanted() {
  return gap_leavers() != 0;
}

std::string take_first_warning() {
  return std::exchange(kept().first, {});
}

std::string unresolved_in(std::string_view log) {
  // Each of libbpf's sentences is a line that begins and ends so.
  constexpr std::pair<std::string_view, std::string_view> sentences[] = {
      {"failed to resolve CO-RE relocation ", ""},
      {"kfunc '", "' is referenced but wasn't resolved"},
      {"BPF map '", "' is referenced but wasn't created"},
  };
  for (const auto& [begin, end] : sentences) {
    for (auto at = log.rfind(begin); at != std::string_view::npos && at != 0; at = log.rfind(begin, at - 1)) {
      const std::string_view line = log.substr(at, log.find('\n', at) - at);
      if (log[at - 1] == '\n' && line.ends_with(end)) return std::string(line);
    }
  }
  return {};
}

std::string take_unresolved() {
  return std::exchange(kept().unresolved, {});
}

ObjectPtr open_object(const std::string& path, std::string& error) {
  std::string why;
  if (!is_whole_file(path, largest_object, why)) {
    const int code = errno != 0 ? errno : EINVAL;
    error = fmt::format("{}: {}", path, why);
    errno = code;
    return nullptr;
  }
  return opened(bpf_object__open_file(path.c_str(), nullptr), path, error);
}

ObjectPtr open_object(std::span<const std::uint8_t> bytes, const std::string& name, std::string& error) {
  LIBBPF_OPTS(bpf_object_open_opts, options, .object_name = name.c_str());
  return opened(bpf_object__open_mem(bytes.data(), bytes.size(), &options), name, error);
}

void adapt(Kernel& kernel, const bpf_object* object) {
  const btf* types = bpf_object__btf(object);
  if (types == nullptr) return;
  __u32 size = 0;
  const auto* raw = static_cast<const std::uint8_t*>(btf__raw_data(types, &size));
  if (raw == nullptr) return;
  kernel.adapt_to_object({raw, size});
  // Of types that it has added to, libbpf keeps the copy that it just made, and then shows that one to the kernel
  // although it changes types in place until it loads the object (hidden functions become static): it must forget it.
  const auto* type = reinterpret_cast<const std::uint8_t*>(btf__type_by_id(types, 1));
  if (type < raw || type >= raw + size) btf__add_str(const_cast<btf*>(types), "");
}

}  // namespace skep::loader
