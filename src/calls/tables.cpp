// Joins the tables of helpers and kfuncs of all themes and indexes them: helpers by number, kfuncs by name.
//
// The tables are constant; the joined, sorted copies are made once, on first use. Tested by tests/calls/.
#include <algorithm>
#include <cerrno>
#include <iterator>
#include <optional>
#include <string_view>
#include <vector>

#include "calls/call.hpp"
#include "calls/helpers/helpers.hpp"
#include "calls/kfuncs/kfuncs.hpp"
#include "calls/without_behavior.hpp"
#include "runtime/facts.hpp"

namespace skep::calls {
namespace {

using runtime::CallEnv;
using runtime::CallResult;

std::vector<Helper> join_helpers() {
  std::vector<Helper> all;
  for (auto theme : helper_tables::themes) std::ranges::copy(theme(), std::back_inserter(all));
  std::ranges::sort(all, {}, &Helper::id);
  return all;
}

std::vector<Kfunc> join_kfuncs() {
  std::vector<Kfunc> all;
  for (auto theme : kfunc_tables::themes) std::ranges::copy(theme(), std::back_inserter(all));
  std::ranges::sort(all, {}, &Kfunc::name);
  return all;
}

std::vector<const Helper*> sort_helpers_by_name() {
  std::vector<const Helper*> index;
  for (const Helper& helper : helpers()) index.push_back(&helper);
  std::ranges::sort(index, {}, [](const Helper* helper) { return helper->name; });
  return index;
}

CallResult replaced(CallEnv& env, std::uint64_t r1, std::uint64_t r2, std::uint64_t r3, std::uint64_t r4,
                    std::uint64_t r5) {
  return env.services().mocked_call(env, {r1, r2, r3, r4, r5});
}

}  // namespace

runtime::CallResult no_behavior(runtime::CallEnv& env, std::uint64_t, std::uint64_t, std::uint64_t, std::uint64_t,
                                std::uint64_t) {
  const Kfunc* const kfunc = env.call_site().kfunc;
  if (const auto answer = kfunc != nullptr ? answer_without_behavior(*kfunc) : std::nullopt) {
    env.services().answered_without_behavior(env, kfunc->name, *answer);
    return runtime::CallResult::error(*answer);
  }
  env.leash.end(StopReason::no_behavior);
  return {runtime::CallResult::Kind::retry, 0};
}

std::optional<int> answer_without_behavior(const Kfunc& kfunc) {
  if (kfunc.has(call_flag::ret_null | call_flag::iter_next | call_flag::iter_destroy)) return 0;
  for (const std::string_view number : {"int ", "s32 ", "s64 ", "long ", "__s32 ", "__s64 "})
    if (kfunc.prototype.starts_with(number)) return -EOPNOTSUPP;
  return std::nullopt;
}

CallFn function_of(const runtime::InsnFacts& facts) {
  if (facts.mocked) return replaced;
  if (facts.kfunc != nullptr && facts.kfunc->host_fn != nullptr) return nullptr;
  const CallFn fn = facts.helper != nullptr ? facts.helper->fn : facts.kfunc != nullptr ? facts.kfunc->fn : nullptr;
  return fn != nullptr ? fn : no_behavior;
}

std::span<const Helper> helpers() {
  static const std::vector<Helper> table = join_helpers();
  return table;
}

const Helper* find_helper(std::uint32_t id) {
  const auto table = helpers();
  // The numbers are dense and start at 1, which tests/calls/helpers_test.cpp holds.
  return id == 0 || id > table.size() ? nullptr : &table[id - 1];
}

const Helper* find_helper(std::string_view name) {
  static const std::vector<const Helper*> index = sort_helpers_by_name();
  const auto by_name = [](const Helper* helper) { return helper->name; };
  const auto found = std::ranges::lower_bound(index, name, {}, by_name);
  return found == index.end() || (*found)->name != name ? nullptr : *found;
}

const Helper* find_helper(const Rules& rules, std::uint32_t id) {
  const Helper* found = find_helper(id);
  return found != nullptr && rules.has(found->since) ? found : nullptr;
}

const Helper* find_helper(const Rules& rules, std::uint32_t id, ProgType type) {
  const Helper* found = find_helper(rules, id);
  if (found == nullptr) return nullptr;
  for (const helper_tables::Variant& variant : helper_tables::variants()) {
    if (variant.helper.id == id && (variant.prog_types & bit(type)) != 0) return &variant.helper;
  }
  return found;
}

std::span<const Kfunc> kfuncs() {
  static const std::vector<Kfunc> table = join_kfuncs();
  return table;
}

const Kfunc* find_kfunc(std::string_view name) {
  const auto table = kfuncs();
  const auto found = std::ranges::lower_bound(table, name, {}, &Kfunc::name);
  return found == table.end() || found->name != name ? nullptr : &*found;
}

const Kfunc* find_destructor(std::string_view type) {
  const auto table = kfuncs();
  const auto found = std::ranges::find_if(table, [type](const Kfunc& kfunc) { return kfunc.destroys.type == type; });
  return type.empty() || found == table.end() ? nullptr : &*found;
}

bool may_call(const Rules& rules, const Kfunc& kfunc, ProgType type, AttachType attach_type,
              std::string_view struct_ops_type, std::string_view struct_ops_member) {
  if (!rules.has(kfunc.since, kfunc.until)) return false;
  if (type == ProgType::struct_ops) {
    std::string_view rest = kfunc.struct_ops;
    while (!rest.empty()) {
      const auto end = rest.find(' ');
      const std::string_view item = rest.substr(0, end);
      rest = end == std::string_view::npos ? std::string_view{} : rest.substr(end + 1);
      const auto dot = item.find('.');
      if (item.substr(0, dot) != struct_ops_type) continue;
      if (dot == std::string_view::npos || item.substr(dot + 1) == struct_ops_member) return true;
    }
  }
  if ((kfunc.prog_types & bit(type)) == 0) return false;
  return kfunc.attach_types.empty() || std::ranges::find(kfunc.attach_types, attach_type) != kfunc.attach_types.end();
}

}  // namespace skep::calls
