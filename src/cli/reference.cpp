// See cli/reference.hpp. Tested by tests/cli/reference_test.cpp.
#include "cli/reference.hpp"

#include <fmt/format.h>

#include <sstream>
#include <utility>
#include <vector>

#include "calls/call.hpp"
#include "calls/without_behavior.hpp"
#include "cli/json.hpp"
#include "maps/answers.hpp"
#include "maps/map_types.hpp"
#include "progtypes/progtype.hpp"

namespace skep::cli {
namespace {

std::string since_text(Release since) {
  return since == Release{} ? "" : fmt::format("Since Linux {}.{}. ", since.major, since.minor);
}

std::string wrapped_list(const std::vector<std::string>& words) {
  std::string text;
  std::size_t column = 0;
  for (std::size_t i = 0; i < words.size(); ++i) {
    const std::string word = words[i] + (i + 1 < words.size() ? "," : "");
    if (column != 0 && column + 1 + word.size() > 110) {
      text += '\n';
      column = 0;
    } else if (column != 0) {
      text += ' ';
      ++column;
    }
    text += word;
    column += word.size();
  }
  return text;
}

std::vector<std::string> words_of(std::string_view text) {
  std::vector<std::string> words;
  std::istringstream in{std::string(text)};
  for (std::string word; in >> word;) words.push_back(word);
  return words;
}

std::vector<std::string> program_types_of(const calls::Kfunc& kfunc) {
  std::vector<std::string> names;
  for (const auto* type : progtypes::all())
    if ((kfunc.prog_types & calls::bit(type->type)) != 0) names.emplace_back(type->name);
  return names;
}

std::vector<std::string> program_types_of(const calls::Helper& helper) {
  std::vector<std::string> names;
  for (const auto* type : progtypes::all()) {
    if (type->helper_allowed == nullptr) continue;
    progtypes::ProgramTraits plain, sleepable;
    sleepable.sleepable = true;
    if (type->helper_allowed(helper.id, plain) || type->helper_allowed(helper.id, sleepable))
      names.emplace_back(type->name);
  }
  return names;
}

// What a call's flags mean for who calls it.
std::vector<std::string> remarks_of(const calls::Kfunc& kfunc) {
  struct Remark {
    std::uint32_t flag;
    const char* text;
  };
  constexpr Remark remarks[] = {
      {calls::call_flag::acquire, "The result is a reference; it has to be released."},
      {calls::call_flag::release, "It gives up the reference that it is passed."},
      {calls::call_flag::ret_null, "The result may be NULL."},
      {calls::call_flag::sleepable, "It may sleep: only sleepable programs and callbacks may call it."},
      {calls::call_flag::destructive, "It needs the capability to reboot the machine."},
      {calls::call_flag::rcu, "It takes pointers that RCU protects."},
      {calls::call_flag::rcu_protected, "It has to be called inside an RCU read section."},
  };
  std::vector<std::string> texts;
  for (const Remark& remark : remarks)
    if ((kfunc.flags & remark.flag) != 0) texts.emplace_back(remark.text);
  return texts;
}

// What a call answers of which no codes are listed, as its C prototype and its entry say.
std::string_view answer_of(std::string_view prototype, bool maybe_null) {
  const std::string_view type = prototype.substr(0, prototype.find('('));
  if (type.find('*') != std::string_view::npos) return maybe_null ? "An address, or NULL." : "An address, never NULL.";
  if (type.starts_with("void ")) return "Nothing.";
  if (type.starts_with("bool ")) return "Whether it is so.";
  if (type.starts_with("u") || type.starts_with("__u") || type.starts_with("unsigned")) return "A number.";
  return "0 or more, or a negative errno.";
}

void add_documentation(std::string& page, const calls::Doc& doc, std::string_view answer) {
  if (!doc.args.empty()) {
    page += "\n## Arguments\n\n";
    for (const std::string_view argument : doc.args) {
      const auto colon = argument.find(':');
      page += colon == std::string_view::npos
                  ? fmt::format("- {}\n", argument)
                  : fmt::format("- `{}`{}\n", argument.substr(0, colon), argument.substr(colon));
    }
  }
  if (doc.results.empty()) page += fmt::format("\n## Result\n\n{}\n", answer);
  if (!doc.results.empty()) {
    page += "\n## Result\n\n| result | when |\n| --- | --- |\n";
    for (const calls::ResultDoc& result : doc.results)
      page += fmt::format("| `{}` | {} |\n", result.code, result.cause);
  }
  if (!doc.details.empty()) page += fmt::format("\n{}\n", doc.details);
}

void add_example(std::string& page, std::string_view example) {
  if (!example.empty())
    page += fmt::format("\n## Example\n\n[`examples/{0}`](../../examples/{0}), which the tests compile and run.\n",
                        example);
}

std::string page_of(const calls::Kfunc& kfunc) {
  std::string page = fmt::format("# {}\n", kfunc.name);
  if (!kfunc.doc.summary.empty()) page += fmt::format("\n{}\n", kfunc.doc.summary);
  page += "\nA kfunc. " + since_text(kfunc.since);
  if (kfunc.until != Release::never()) page += fmt::format("Until Linux {}.{}. ", kfunc.until.major, kfunc.until.minor);
  if (kfunc.fn == nullptr && kfunc.host_fn == nullptr) {
    const auto answer = calls::answer_without_behavior(kfunc);
    page += "It has no behavior here: ";
    page += !answer ? "a run that calls it ends there." : *answer != 0 ? "it answers -EOPNOTSUPP." : "it answers NULL.";
  }
  while (page.back() == ' ') page.pop_back();
  page += '\n';
  if (!kfunc.prototype.empty()) page += fmt::format("\n```c\n{};\n```\n", kfunc.prototype);
  for (const std::string& remark : remarks_of(kfunc)) page += fmt::format("\n{}\n", remark);
  add_documentation(page, kfunc.doc, answer_of(kfunc.prototype, (kfunc.flags & calls::call_flag::ret_null) != 0));
  const auto types = program_types_of(kfunc);
  if (!types.empty()) page += fmt::format("\n## Program types\n\n{}\n", wrapped_list(types));
  if (!kfunc.struct_ops.empty())
    page += fmt::format("\n## Tables of operations\n\n{}\n", wrapped_list(words_of(kfunc.struct_ops)));
  add_example(page, kfunc.doc.example);
  return page;
}

std::string page_of(const calls::Helper& helper) {
  std::string page = fmt::format("# {}\n", helper.name);
  if (!helper.doc.summary.empty()) page += fmt::format("\n{}\n", helper.doc.summary);
  page += fmt::format("\nHelper {}. {}", helper.id, since_text(helper.since));
  if (helper.has(calls::call_flag::gpl_only)) page += "Only for programs with a GPL-compatible license. ";
  if (helper.has(calls::call_flag::sleepable)) page += "It may sleep. ";
  if (helper.fn == nullptr) page += "It has no behavior here: a run that calls it ends there.";
  while (page.back() == ' ') page.pop_back();
  page += '\n';
  if (!helper.signature.empty()) page += fmt::format("\n```c\n{};\n```\n", helper.signature);
  add_documentation(page, helper.doc,
                    answer_of(helper.signature, (helper.ret_flags & calls::ret_flag::maybe_null) != 0));
  page += fmt::format("\n## Program types\n\n{}\n", wrapped_list(program_types_of(helper)));
  add_example(page, helper.doc.example);
  return page;
}

std::string page_of(const maps::MapTypeDef& type) {
  std::string page = fmt::format("# {}\n\nMap type {}: {}. {}\n", type.name, static_cast<unsigned>(type.type),
                                 type.summary, since_text(type.since));
  page += type.may_hold_work() ? "\nIts value may hold a `bpf_wq`.\n" : "\nIts value may not hold a `bpf_wq`.\n";
  if (!type.holds_elements)
    page +=
        "\nSuch a map can be created, so that programs that name it are verified; its elements are not kept here.\n";
  const auto answers = maps::documented_answers(type.type);
  if (answers.empty()) return page;
  page +=
      "\n## Results\n\nOf user space's operations; programs' calls answer the same of keys and flags.\n"
      "\n| operation | result | when |\n| --- | --- | --- |\n";
  constexpr std::pair<std::string_view, std::string_view> operations[] = {{"lookup", "lookup"},
                                                                          {"update", "update"},
                                                                          {"delete", "delete"},
                                                                          {"take", "lookup and delete"},
                                                                          {"next", "next key"}};
  for (const auto& [operation, shown] : operations)
    for (const maps::Answer& answer : answers)
      if (answer.operation == operation) page += fmt::format("| {} | `{}` | {} |\n", shown, answer.code, answer.cause);
  page +=
      "\nAnd of every operation: `-EBADF` for what is no descriptor of a map, `-EFAULT` for memory that is not the "
      "caller's,\n`-EPERM` where the descriptor does not allow it, or the map is frozen and it would be changed.\n";
  return page;
}

std::string page_of(const progtypes::ProgTypeDef& type) {
  std::string page = fmt::format("# {}\n\nProgram type {}", type.name, static_cast<unsigned>(type.type));
  page += type.summary.empty() ? ".\n" : fmt::format(": {}\n", type.summary);
  if (!type.context_type.empty())
    page += fmt::format("\nContext: `struct {}`, {} bytes.\n", type.context_type, type.context_size);
  std::vector<std::string> helpers, kfuncs;
  for (const calls::Helper& helper : calls::helpers())
    if (type.helper_allowed != nullptr && type.helper_allowed(helper.id, {})) helpers.emplace_back(helper.name);
  for (const calls::Kfunc& kfunc : calls::kfuncs())
    if ((kfunc.prog_types & calls::bit(type.type)) != 0) kfuncs.emplace_back(kfunc.name);
  if (!helpers.empty()) page += fmt::format("\n## Helpers\n\n{}\n", wrapped_list(helpers));
  if (!kfuncs.empty()) page += fmt::format("\n## Kfuncs\n\n{}\n", wrapped_list(kfuncs));
  return page;
}

}  // namespace

std::vector<std::string> reference_names() {
  std::vector<std::string> names;
  for (const auto& kfunc : calls::kfuncs()) names.emplace_back(kfunc.name);
  for (const auto& helper : calls::helpers()) names.emplace_back(helper.name);
  for (const auto* map : maps::map_types()) names.emplace_back(map->name);
  for (const auto* type : progtypes::all()) names.emplace_back(type->name);
  return names;
}

std::string reference_index() {
  std::string page =
      "# Reference\n\nMade by `skep doc --markdown` from the entries that the verifier and the engines read.\n";
  const auto list = [&page](std::string_view title, auto&& entries, auto&& name_of, auto&& summary_of) {
    page += fmt::format("\n## {}\n\n", title);
    for (const auto& entry : entries) page += fmt::format("- [{0}]({0}.md): {1}\n", name_of(entry), summary_of(entry));
  };
  const auto name = [](const auto& entry) { return entry.name; };
  const auto documented = [](const auto& entry) { return entry.doc.summary; };
  const auto name_of_type = [](const auto* type) { return type->name; };
  const auto summary_of_type = [](const auto* type) { return type->summary; };
  list("Helpers", calls::helpers(), name, documented);
  list("Kfuncs", calls::kfuncs(), name, documented);
  list("Map types", maps::map_types(), name_of_type, summary_of_type);
  list("Program types", progtypes::all(), name_of_type, summary_of_type);
  return page;
}

std::optional<std::string> reference_page(std::string_view name) {
  if (const auto* kfunc = calls::find_kfunc(name)) return page_of(*kfunc);
  if (const auto* helper = calls::find_helper(name)) return page_of(*helper);
  const auto* const map = maps::find_map_type(name);
  const auto* const type = progtypes::find(name);
  if (map == nullptr && type == nullptr) return std::nullopt;
  std::string page = map != nullptr ? page_of(*map) : page_of(*type);
  if (map != nullptr && type != nullptr) page += '\n' + page_of(*type);  // struct_ops is both
  return page;
}

}  // namespace skep::cli
