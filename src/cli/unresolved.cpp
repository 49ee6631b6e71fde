// What is behind a name that libbpf could not resolve against the kernel's types. See explain_unresolved() in
// cli/refusal.hpp; tested by tests/cli/refusal_test.cpp.
#include <fmt/format.h>

#include <algorithm>
#include <optional>
#include <vector>

#include "btf/btf.hpp"
#include "cli/refusal.hpp"
#include "cli/suggest.hpp"
#include "kernel/impl.hpp"

namespace skep::cli {
namespace {

constexpr std::string_view relocation = "failed to resolve CO-RE relocation ";

// "<byte_off> [8] struct task_struct___old.state (0:0 @ offset 0)"
struct Relocation {
  std::string_view what;    // byte_off, type_exists, enumval_value, …
  std::string_view kind;    // struct, union, enum, typedef, …
  std::string type;         // without its flavor: task_struct
  std::string_view member;  // state, or the first of a path; an enumerator; empty: the type itself
};

std::string_view take_until(std::string_view& text, std::string_view end) {
  const std::string_view taken = text.substr(0, text.find_first_of(end));
  text.remove_prefix(taken.size());
  return taken;
}

std::optional<Relocation> parse(std::string_view text) {
  Relocation found;
  if (!text.starts_with('<')) return std::nullopt;
  text.remove_prefix(1);
  found.what = take_until(text, ">");
  take_until(text, "]");
  if (text.size() < 2) return std::nullopt;
  text.remove_prefix(2);
  found.kind = take_until(text, " ");
  if (text.empty()) return std::nullopt;
  text.remove_prefix(1);
  const std::string_view type = take_until(text, ". :(");
  found.type = type.substr(0, type.find("___"));
  if (text.starts_with('.') || text.starts_with("::")) {
    text.remove_prefix(text.find_first_not_of(".:"));
    found.member = take_until(text, ".[ =(");
  }
  return found.type.empty() ? std::nullopt : std::optional(found);
}

std::optional<btf::Kind> kind_named(std::string_view name) {
  if (name == "struct") return btf::Kind::struct_;
  if (name == "union") return btf::Kind::union_;
  if (name == "enum") return btf::Kind::enum_;
  if (name == "enum64") return btf::Kind::enum64;
  if (name == "typedef") return btf::Kind::typedef_;
  return std::nullopt;
}

// What may be written after the dot: members of anonymous members too.
void add_members(const btf::Btf& types, const btf::Type& type, std::vector<std::string>& names, int depth = 0) {
  if (!type.is_struct_or_union() || depth > 8) return;
  for (const btf::Member& member : types.members(type)) {
    if (member.name.empty())
      add_members(types, types.resolved(member.type), names, depth + 1);
    else
      names.emplace_back(member.name);
  }
}

// What is called like it: a little misspelled, or with something before or behind it ("__state").
std::string alike(std::string_view word, const std::vector<std::string>& names) {
  const auto extended = std::ranges::find_if(names, [&](const std::string& name) {
    constexpr std::size_t shortest = 3;
    return word.size() >= shortest && (name.ends_with(word) || name.starts_with(word));
  });
  return extended != names.end() ? *extended : closest(word, names);
}

std::vector<std::string> types_like(const btf::Btf& types, btf::Kind kind) {
  std::vector<std::string> names;
  for (btf::TypeId id = 1; types.valid(id); ++id)
    if (types.type(id).kind == kind && !types.type(id).name.empty()) names.emplace_back(types.type(id).name);
  return names;
}

std::string or_one_alike(const std::string& name) {
  return name.empty() ? std::string() : fmt::format("; there is '{}'", name);
}

void explain_relocation(const btf::Btf& types, std::string_view called, const Relocation& wanted,
                        Kernel::LoadReport& report) {
  const auto kind = kind_named(wanted.kind);
  const btf::TypeId id = kind ? types.find(wanted.type, *kind) : 0;
  const std::string type = fmt::format("{} {}", wanted.kind, wanted.type);
  if (id == 0) {
    const std::string other = kind ? closest(wanted.type, types_like(types, *kind)) : std::string();
    report.reason = fmt::format("{} have no '{}'{}", called, type, or_one_alike(other));
    report.suggestion = fmt::format(
        "Ask bpf_core_type_exists(struct {}) before it is used, or give the types of a release that has it with "
        "--btf FILE.",
        wanted.type);
    return;
  }
  std::vector<std::string> members;
  add_members(types, types.type(id), members);
  const bool there = std::ranges::find(members, wanted.member) != members.end();
  if (!wanted.member.empty() && types.type(id).is_struct_or_union() && !there) {
    report.reason = fmt::format("'{}' of {} has no member '{}'{}", type, called, wanted.member,
                                or_one_alike(alike(wanted.member, members)));
  } else {
    report.reason = fmt::format("'{}' of {} does not fit what the program reads of it", type, called);
  }
  report.suggestion = fmt::format(
      "Ask bpf_core_field_exists() before it is used and read what a release calls it otherwise by a flavor "
      "(struct {}___other), or give the types of a release that has it with --btf FILE.",
      wanted.type);
}

}  // namespace

void explain_unresolved(Kernel& kernel, std::string_view sentence, Kernel::LoadReport& report) {
  if (sentence.empty()) return;
  const std::string types = fmt::format("the types of {}", kernel.types_name());
  report.message = sentence;
  report.messages = sentence;
  report.category = "Loading";
  report.title = "A name without an answer";
  const std::size_t quote = sentence.find('\'') + 1;
  const std::string_view name = sentence.substr(quote, sentence.find('\'', quote) - quote);
  if (sentence.starts_with("BPF map")) {
    report.reason = fmt::format("the program uses the map '{}', and the object was opened without it", name);
    report.suggestion = "Let the map be created (bpf_map__set_autocreate), or leave the program out.";
    return;
  }
  if (!sentence.starts_with(relocation)) {
    report.reason = fmt::format("{} and Skep have no function '{}'", types, name);
    report.suggestion = fmt::format(
        "Ask bpf_ksym_exists({}) before it is called, give the types of a release that has it with --btf FILE, or a "
        "plugin that offers it with --host FILE.",
        name);
    return;
  }
  const auto wanted = parse(sentence.substr(relocation.size()));
  const auto& kernel_types = kernel.impl().vmlinux;
  if (wanted && kernel_types) explain_relocation(*kernel_types->btf, types, *wanted, report);
}

}  // namespace skep::cli
