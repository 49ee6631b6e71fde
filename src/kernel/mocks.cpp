// See kernel/mocks.hpp. A program was verified with the real call, so what the mock answers is held to what the
// verifier has concluded of the result.
#include "kernel/mocks.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <utility>

#include "calls/call.hpp"
#include "kernel/host_calls.hpp"
#include "maps/map.hpp"
#include "runtime/facts.hpp"
#include "runtime/program.hpp"

namespace skep {
namespace {

using calls::ArgKind;
using calls::RetKind;
using calls::Special;

constexpr std::int64_t lowest_errno = -4095;

bool returns_pointer(std::string_view prototype) {
  return prototype.substr(0, prototype.find('(')).find('*') != std::string_view::npos;
}

const maps::Map* map_in(const calls::Helper& helper, const std::array<std::uint64_t, 5>& args) {
  for (std::size_t i = 0; i < args.size(); ++i)
    if (helper.args[i].kind == ArgKind::const_map)
      return reinterpret_cast<const maps::Map*>(args[i]);  // NOLINT(performance-no-int-to-ptr)
  return nullptr;
}

bool is_size(ArgKind kind) {
  return kind == ArgKind::const_size || kind == ArgKind::const_size_or_zero;
}

std::array<std::uint64_t, 5> sizes_of(const calls::Helper& helper, const std::array<std::uint64_t, 5>& args) {
  std::array<std::uint64_t, 5> sizes = {};
  const maps::Map* const map = map_in(helper, args);
  for (std::size_t i = 0; i < args.size(); ++i) {
    const calls::ArgSpec& spec = helper.args[i];
    if (args[i] == 0) continue;
    if (spec.kind == ArgKind::map_key && map != nullptr) sizes[i] = map->info().key_size;
    if (spec.kind == ArgKind::map_value && map != nullptr) sizes[i] = map->info().value_size;
    if (spec.kind != ArgKind::mem) continue;
    if ((spec.flags & calls::arg_flag::fixed_size) != 0)
      sizes[i] = spec.size;
    else if (i + 1 < args.size() && is_size(helper.args[i + 1].kind))
      sizes[i] = static_cast<std::uint32_t>(args[i + 1]);
  }
  return sizes;
}

// What the call can return at all.
std::pair<std::int64_t, std::int64_t> range_of(const calls::Helper& helper, const std::array<std::uint64_t, 5>& args,
                                               unsigned cpus) {
  switch (helper.ret) {
    case RetKind::length: {
      std::int64_t most = 0;
      for (std::size_t i = 0; i < args.size(); ++i)
        if (is_size(helper.args[i].kind)) most = static_cast<std::uint32_t>(args[i]);
      return {lowest_errno, most};
    }
    case RetKind::errno_:
      return {lowest_errno, 0};
    case RetKind::cpu:
      return {0, std::int64_t{cpus} - 1};
    case RetKind::integer:
      return {INT64_MIN, INT64_MAX};
    default:
      return {0, 0};
  }
}

}  // namespace

std::string_view Mocks::refused(const calls::Helper& helper) {
  switch (helper.special) {
    case Special::none:
    case Special::map_update:
    case Special::map_delete:
    case Special::map_push:
    case Special::map_pop:
    case Special::map_peek:
    case Special::redirect_map:
    case Special::get_func_ip:
    case Special::perf_event_output:
    case Special::get_stackid:
    case Special::ringbuf_output:
    case Special::ringbuf_query:
    case Special::trace_printk:
    case Special::trace_vprintk:
    case Special::seq_printf:
    case Special::snprintf:
    case Special::set_retval:
    case Special::skb_change:
    case Special::sk_redirect:
    case Special::copy_from_user:
      break;
    default:
      return "it is part of how programs work";
  }
  const bool number = helper.ret == RetKind::integer || helper.ret == RetKind::length ||
                      helper.ret == RetKind::errno_ || helper.ret == RetKind::cpu || helper.ret == RetKind::void_;
  if (!number && (helper.ret_flags & calls::ret_flag::maybe_null) == 0)
    return "it returns an object that is always there";
  if (helper.has(calls::call_flag::changes_packet)) return "it changes the packet under the program";
  return {};
}

std::string_view Mocks::refused(const calls::Kfunc& kfunc) {
  if (kfunc.special != Special::none) return "it is part of how programs work";
  if (kfunc.has(calls::call_flag::release) || kfunc.has(calls::call_flag::iter_new) ||
      kfunc.has(calls::call_flag::iter_next) || kfunc.has(calls::call_flag::iter_destroy))
    return "objects would be left behind";
  if (returns_pointer(kfunc.prototype) && !kfunc.has(calls::call_flag::ret_null))
    return "it returns an object that is always there";
  return {};
}

void Mocks::set(std::string_view call, MockFunction function) {
  const std::lock_guard guard(lock_);
  if (function)
    functions_.insert_or_assign(std::string(call), std::make_shared<const MockFunction>(std::move(function)));
  else
    functions_.erase(std::string(call));
}

std::shared_ptr<const MockFunction> Mocks::find(std::string_view call) const {
  const std::lock_guard guard(lock_);
  const auto found = functions_.find(call);
  return found == functions_.end() ? nullptr : found->second;
}

runtime::CallResult Mocks::call(runtime::CallEnv& env, const std::array<std::uint64_t, 5>& arguments,
                                std::string& told) const {
  const runtime::InsnFacts& facts = env.call_site();
  MockedCall call;
  call.program = env.program().name();
  call.cpu = env.cpu();
  call.args = arguments;
  std::pair<std::int64_t, std::int64_t> range = {INT64_MIN, INT64_MAX};
  if (facts.helper != nullptr) {
    call.call = facts.helper->name;
    call.sizes = sizes_of(*facts.helper, arguments);
    range = range_of(*facts.helper, arguments, env.services().cpu_count());
    // What the real call fills is defined afterwards, whatever the mock leaves out.
    for (std::size_t i = 0; i < arguments.size(); ++i)
      if ((facts.helper->args[i].flags & calls::arg_flag::uninit) != 0 && call.sizes[i] != 0)
        std::memset(reinterpret_cast<void*>(arguments[i]), 0, call.sizes[i]);  // NOLINT(performance-no-int-to-ptr)
  } else {
    call.call = facts.kfunc->name;
    const auto places = size_arguments(facts.kfunc->prototype);
    for (std::size_t i = 0; i < arguments.size(); ++i)
      if (places[i] >= 0 && arguments[i] != 0)
        call.sizes[i] = static_cast<std::uint32_t>(arguments[static_cast<std::size_t>(places[i])]);
    if (returns_pointer(facts.kfunc->prototype)) range = {0, 0};
  }
  const auto function = find(call.call);
  const std::int64_t answer = function != nullptr ? (*function)(call) : 0;
  const std::int64_t given = std::clamp(answer, range.first, range.second);
  if (given != answer)
    told = fmt::format("the mock of {} answered {}, which the call cannot return: the program got {}", call.call,
                       answer, given);
  return runtime::CallResult::of(static_cast<std::uint64_t>(given));
}

}  // namespace skep
