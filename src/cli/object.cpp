// See cli/object.hpp. Tested by tests/conformance/.
#include "cli/object.hpp"

#include <bpf/btf.h>
#include <fmt/format.h>

#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <optional>
#include <set>
#include <string_view>

#include "cli/options.hpp"
#include "cli/suggest.hpp"
#include "loader/types.hpp"
#include "progtypes/progtype.hpp"
#include "skep/abi.hpp"

namespace skep::cli {
namespace {

constexpr unsigned default_entries = 4096;

// A tag's name and value, and its place among the program's tags.
struct Tag {
  long order = 0;
  std::string name, value;
};

std::optional<Tag> parse_tag(std::string_view text) {
  if (!text.starts_with("comment:")) return std::nullopt;
  text.remove_prefix(8);
  Tag tag;
  if (!text.empty() && text[0] >= '0' && text[0] <= '9') {
    const auto colon = text.find(':');
    if (colon == std::string_view::npos) return std::nullopt;
    tag.order = std::strtol(std::string(text.substr(0, colon)).c_str(), nullptr, 10);
    text.remove_prefix(colon + 1);
  }
  if (!text.starts_with("test_")) return std::nullopt;
  const auto equals = text.find('=');
  tag.name = text.substr(0, equals);
  if (equals != std::string_view::npos) tag.value = text.substr(equals + 1);
  // Before 7.0 the number followed the name: test_expect_msg=3=text.
  if (tag.name.starts_with("test_expect_") && tag.order == 0) {
    char* end = nullptr;
    const long number = std::strtol(tag.value.c_str(), &end, 10);
    if (end != tag.value.c_str() && *end == '=') {
      tag.order = number;
      tag.value = end + 1;
    }
  }
  return tag;
}

std::vector<Tag> tags_of(const bpf_object* object, const char* program) {
  std::vector<Tag> tags;
  const ::btf* types = bpf_object__btf(object);
  const int function = types != nullptr ? btf__find_by_name_kind(types, program, BTF_KIND_FUNC) : -1;
  if (function <= 0) return tags;
  for (__u32 id = 1; id < btf__type_cnt(types); ++id) {
    const btf_type* type = btf__type_by_id(types, id);
    if (!btf_is_decl_tag(type) || static_cast<int>(type->type) != function || btf_decl_tag(type)->component_idx != -1)
      continue;
    if (auto tag = parse_tag(btf__name_by_offset(types, type->name_off))) tags.push_back(std::move(*tag));
  }
  std::stable_sort(tags.begin(), tags.end(), [](const Tag& a, const Tag& b) { return a.order < b.order; });
  return tags;
}

unsigned flag_named(const std::string& name) {
  struct Flag {
    const char* name;
    unsigned value;
  };
  constexpr Flag flags[] = {{"BPF_F_STRICT_ALIGNMENT", prog_flag::strict_alignment},
                            {"BPF_F_ANY_ALIGNMENT", prog_flag::any_alignment},
                            {"BPF_F_TEST_RND_HI32", prog_flag::test_rnd_hi32},
                            {"BPF_F_TEST_STATE_FREQ", prog_flag::test_state_freq},
                            {"BPF_F_SLEEPABLE", prog_flag::sleepable},
                            {"BPF_F_XDP_HAS_FRAGS", prog_flag::xdp_has_frags},
                            {"BPF_F_TEST_REG_INVARIANTS", prog_flag::test_reg_invariants}};
  for (const Flag& flag : flags)
    if (name == flag.name) return flag.value;
  return static_cast<unsigned>(std::strtoul(name.c_str(), nullptr, 0));
}

}  // namespace

std::string type_name(bpf_prog_type type) {
  const auto* definition = progtypes::find(static_cast<ProgType>(type));
  return definition != nullptr ? std::string(definition->name) : fmt::format("{}", static_cast<unsigned>(type));
}

std::string base_name(const std::string& path) {
  return path.substr(path.find_last_of('/') + 1);
}

void prepare_maps(bpf_object* object, bool complete) {
  bpf_map* map = nullptr;
  bpf_object__for_each_map(map, object) {
    switch (bpf_map__type(map)) {
      case BPF_MAP_TYPE_STRUCT_OPS:
        bpf_map__set_autocreate(map, true);
        break;
      case BPF_MAP_TYPE_SK_STORAGE:
      case BPF_MAP_TYPE_INODE_STORAGE:
      case BPF_MAP_TYPE_TASK_STORAGE:
      case BPF_MAP_TYPE_CGROUP_STORAGE:
      case BPF_MAP_TYPE_PERCPU_CGROUP_STORAGE:
        break;  // these must say 0
      default:
        if (!complete || static_cast<unsigned>(bpf_map__type(map)) == static_cast<unsigned>(MapType::cgrp_storage))
          break;
        if (bpf_map__max_entries(map) == 0) bpf_map__set_max_entries(map, default_entries);
    }
  }
}

namespace {

// Takes programs that are not loaded out of the tables of functions: libbpf would load them after all. It shows a
// table's members as pointers to its programs.
void clear_tables(bpf_object* object) {
  bpf_map* map = nullptr;
  bpf_object__for_each_map(map, object) {
    if (bpf_map__type(map) != BPF_MAP_TYPE_STRUCT_OPS) continue;
    std::size_t size = 0;
    auto* words = static_cast<char*>(const_cast<void*>(bpf_map__initial_value(map, &size)));
    for (std::size_t at = 0; words != nullptr && at + sizeof(void*) <= size; at += sizeof(void*)) {
      const void* member = nullptr;
      std::memcpy(&member, words + at, sizeof member);
      if (member == nullptr) continue;
      bpf_program* program = nullptr;
      bpf_object__for_each_program(program, object) if (program == member && !bpf_program__autoload(program))
          std::memset(words + at, 0, sizeof member);
    }
  }
}

bool set_globals(bpf_object* object, const std::vector<std::string>& globals, std::string& why) {
  if (globals.empty()) return true;
  const auto types = loader::types_of(object);
  if (types == nullptr) return why = "has no types, by which variables are found", false;
  return std::ranges::all_of(globals, [&](const std::string& global) {
    const auto equals = global.find('=');
    return loader::set_global(object, *types, global.substr(0, equals), global.substr(equals + 1), why);
  });
}

// The program that libbpf's warning is about.
std::string program_in(std::string_view warning) {
  constexpr std::string_view begin = "prog '";
  if (!warning.starts_with(begin)) return {};
  warning.remove_prefix(begin.size());
  return std::string(warning.substr(0, warning.find('\'')));
}

}  // namespace

bool has_prog_array(const bpf_object* object) {
  const bpf_map* map = nullptr;
  bpf_object__for_each_map(map, object) if (bpf_map__type(map) == BPF_MAP_TYPE_PROG_ARRAY) return true;
  return false;
}

bpf_program* select_program(bpf_object* object, const std::string& name, bool complete_maps) {
  bpf_program* found = nullptr;
  bpf_program* program = nullptr;
  bpf_object__for_each_program(program, object) {
    const bool wanted = name == bpf_program__name(program);
    if (wanted) found = program;
    bpf_program__set_autoload(program, wanted || expectations_of(object, bpf_program__name(program)).auxiliary);
  }
  clear_tables(object);
  prepare_maps(object, complete_maps);
  return found;
}

std::vector<std::string> programs_of(const bpf_object* object) {
  std::vector<std::string> names;
  bpf_program* program = nullptr;
  bpf_object__for_each_program(program, object) names.emplace_back(bpf_program__name(program));
  return names;
}

std::string no_program(const std::string& path, const std::string& name, const std::vector<std::string>& programs) {
  return fmt::format("{}: has no program '{}'{}", path, name, did_you_mean(name, programs));
}

Loaded load_programs(Kernel& kernel, const std::string& path, const std::string& name, bool complete_maps,
                     const std::vector<std::string>& globals) {
  Loaded result;
  std::set<std::string> left_out;
  for (;;) {
    result.object = open_object(path, result.error);
    result.status = exit_usage;
    if (!result.object) return result;
    bpf_object* object = result.object.get();
    const std::vector<std::string> programs = programs_of(object);
    const auto give_up = [&](std::string why, int status) {
      result.object.reset();
      result.error = std::move(why);
      result.status = status;
    };
    if (!name.empty() && std::find(programs.begin(), programs.end(), name) == programs.end()) {
      give_up(no_program(path, name, programs), exit_usage);
      return result;
    }
    if (std::string why; !set_globals(object, globals, why)) {
      give_up(fmt::format("{}: {}", path, why), exit_usage);
      return result;
    }
    adapt(kernel, object);
    const bool neighbors = name.empty() || has_prog_array(object);
    bpf_program* program = nullptr;
    bpf_object__for_each_program(program, object) {
      const char* its_name = bpf_program__name(program);
      const bool wanted = name == its_name || (neighbors && bpf_program__autoload(program));
      bpf_program__set_autoload(
          program, (wanted || expectations_of(object, its_name).auxiliary) && !left_out.contains(its_name));
    }
    clear_tables(object);
    prepare_maps(object, complete_maps);
    take_first_warning();
    loader::take_unresolved();
    kernel.forget_last_load();
    const LeaveGaps gaps;
    const int failed = bpf_object__load(object);
    if (failed == 0) return result;
    const std::string warning = take_first_warning();
    const std::string refused = program_in(warning);
    Refusal refusal{base_name(path), refused, {}, -failed, kernel.last_load(refused), warning};
    explain_unresolved(kernel, loader::take_unresolved(), refusal.report);
    bpf_object__for_each_program(program, object) if (refused == bpf_program__name(program)) refusal.type =
        type_name(bpf_program__type(program));
    // What is not one program's fault is everybody's; and the one that was asked for is what counts.
    if (refused.empty() || refused == name || !left_out.insert(refused).second) {
      const std::string said = refusal_line(refusal);
      give_up(refused.empty() ? fmt::format("{}: {}", path, said)
                              : fmt::format("{}: program '{}': {}", path, refused, said),
              exit_failed);
      if (!refused.empty()) result.why = std::move(refusal);
      return result;
    }
    if (name.empty()) result.refused.push_back(std::move(refusal));
  }
}

Expectations expectations_of(const bpf_object* object, const char* program) {
  Expectations found;
  for (const Tag& tag : tags_of(object, program)) {
    found.tagged = true;
    if (tag.name == "test_expect_success")
      found.verdict = Expectations::Verdict::success;
    else if (tag.name == "test_expect_failure")
      found.verdict = Expectations::Verdict::failure;
    else if (tag.name == "test_expect_msg")
      found.messages.push_back(tag.value);
    else if (tag.name == "test_expect_not_msg")
      found.not_messages.push_back(tag.value);
    else if (tag.name == "test_retval")
      found.retval = tag.value;
    else if (tag.name == "test_prog_flags")
      found.flags |= flag_named(tag.value);
    else if (tag.name == "test_log_level")
      found.log_level = static_cast<unsigned>(std::strtoul(tag.value.c_str(), nullptr, 0));
    else if (tag.name == "test_auxiliary")
      found.auxiliary = true;
    else if (tag.name != "test_description" &&
             std::find(found.skipped.begin(), found.skipped.end(), tag.name) == found.skipped.end())
      found.skipped.push_back(tag.name);
  }
  return found;
}

}  // namespace skep::cli
