// See kernel/mocks.hpp. A program was verified with the real call, so what the mock answers is held to what the
// verifier has concluded of the result.
#include "kernel/mocks.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <utility>

#include "calls/call.hpp"
#include "kernel/host_calls.hpp"
#include "kernel/impl.hpp"
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
  own_functions_.erase(std::string(call));
  if (function)
    functions_.insert_or_assign(std::string(call), std::make_shared<const MockFunction>(std::move(function)));
  else
    functions_.erase(std::string(call));
}

void Mocks::set_function(std::string_view call, std::uint32_t number, std::string_view function) {
  const std::lock_guard guard(lock_);
  functions_.erase(std::string(call));
  own_functions_.erase(std::string(call));
  if (function.empty()) return;
  own_functions_[std::string(call)] = {std::string(function), number, std::make_shared<std::atomic<std::uint64_t>>(0)};
}

std::string Mocks::function_of(std::string_view call) const {
  const std::lock_guard guard(lock_);
  const auto found = own_functions_.find(call);
  return found == own_functions_.end() ? std::string() : found->second.function;
}

std::uint64_t Mocks::calls(std::string_view call) const {
  const std::lock_guard guard(lock_);
  const auto found = own_functions_.find(call);
  return found == own_functions_.end() ? 0 : found->second.calls->load();
}

std::vector<ReplacedCall> Mocks::replaced() const {
  const std::lock_guard guard(lock_);
  std::vector<ReplacedCall> all;
  for (const auto& [call, own] : own_functions_) all.push_back({call, own.function, own.number});
  return all;
}

void Mocks::set_places(std::vector<ReplacedPlace> places) {
  const std::lock_guard guard(lock_);
  places_ = std::move(places);
}

std::vector<verifier::StandIn> Mocks::link(std::span<Insn> insns, std::span<const verifier::FuncInfo> functions,
                                           const btf::Btf& types, const btf::Btf& kernel_types) const {
  const std::lock_guard guard(lock_);
  std::vector<verifier::StandIn> linked;
  const auto name_of = [&](const verifier::FuncInfo& function) { return types.type(function.type).name; };
  for (const ReplacedPlace& place : places_) {
    const auto own = own_functions_.find(place.call);
    const auto caller = std::ranges::find_if(functions, [&](const auto& one) { return name_of(one) == place.caller; });
    if (own == own_functions_.end() || caller == functions.end()) continue;
    const std::uint32_t at = caller->insn_off + place.offset;
    if (at >= insns.size() || insns[at].code != (insn_class::jmp | jmp_op::call) ||
        insns[at].src != call_kind::subprogram)
      continue;
    const std::int64_t target = std::int64_t{at} + insns[at].imm + 1;
    const auto callee = std::ranges::find_if(
        functions, [&](const auto& one) { return one.insn_off == target && name_of(one) == own->second.function; });
    if (target <= 0 || callee == functions.end()) continue;
    const std::uint32_t number = own->second.number;
    linked.push_back({at, callee->insn_off});
    insns[at].src = number != 0 ? call_kind::helper : call_kind::kfunc;
    insns[at].imm = static_cast<std::int32_t>(number != 0 ? number : kernel_types.find(place.call, btf::Kind::func));
  }
  return linked;
}

std::shared_ptr<const MockFunction> Mocks::find(std::string_view call) const {
  const std::lock_guard guard(lock_);
  const auto found = functions_.find(call);
  return found == functions_.end() ? nullptr : found->second;
}

namespace {

// What a call is given, as whoever stands in for it sees it, and what it can return. What the real call fills is
// defined afterwards, whatever the mock leaves out.
struct Prepared {
  MockedCall call;
  std::pair<std::int64_t, std::int64_t> range = {INT64_MIN, INT64_MAX};
};
Prepared prepare(runtime::CallEnv& env, const std::array<std::uint64_t, 5>& arguments) {
  const runtime::InsnFacts& facts = env.call_site();
  Prepared prepared;
  MockedCall& call = prepared.call;
  call.program = env.program().name();
  call.cpu = env.cpu();
  call.args = arguments;
  if (facts.helper != nullptr) {
    call.call = facts.helper->name;
    call.sizes = sizes_of(*facts.helper, arguments);
    prepared.range = range_of(*facts.helper, arguments, env.services().cpu_count());
    for (std::size_t i = 0; i < arguments.size(); ++i)
      if ((facts.helper->args[i].flags & calls::arg_flag::uninit) != 0 && call.sizes[i] != 0)
        std::memset(reinterpret_cast<void*>(arguments[i]), 0, call.sizes[i]);  // NOLINT(performance-no-int-to-ptr)
  } else {
    call.call = facts.kfunc->name;
    const auto places = size_arguments(facts.kfunc->prototype);
    for (std::size_t i = 0; i < arguments.size(); ++i)
      if (places[i] >= 0 && arguments[i] != 0)
        call.sizes[i] = static_cast<std::uint32_t>(arguments[static_cast<std::size_t>(places[i])]);
    if (returns_pointer(facts.kfunc->prototype)) prepared.range = {0, 0};
  }
  return prepared;
}

runtime::CallResult answered(std::string_view call, std::int64_t answer, std::pair<std::int64_t, std::int64_t> range,
                             std::string& told) {
  const std::int64_t given = std::clamp(answer, range.first, range.second);
  if (given != answer)
    told = fmt::format("the mock of {} answered {}, which the call cannot return: the program got {}", call, answer,
                       given);
  return runtime::CallResult::of(static_cast<std::uint64_t>(given));
}

// As C sees a number of so few bytes; what stands above them is anything.
std::int64_t widened(std::uint64_t value, int bytes) {
  const unsigned unused = 64 - 8 * static_cast<unsigned>(std::abs(bytes));
  const std::uint64_t top = value << unused;
  return bytes < 0 ? static_cast<std::int64_t>(top) >> unused : static_cast<std::int64_t>(top >> unused);
}

// A function of the program has come to its end: its result is the call's.
runtime::CallResult end_of_function(runtime::CallEnv& env, runtime::Continuation& self, std::uint64_t result) {
  const runtime::InsnFacts& facts = env.call_site();
  auto* const kernel = reinterpret_cast<Kernel*>(self.state[0]);  // NOLINT(performance-no-int-to-ptr)
  const std::pair range(static_cast<std::int64_t>(self.state[1]), static_cast<std::int64_t>(self.state[2]));
  std::string told;
  const auto answer = answered(facts.helper != nullptr ? facts.helper->name : facts.kfunc->name,
                               widened(result, facts.stand_in_bytes), range, told);
  if (!told.empty()) kernel->impl().log(told);
  return answer;
}

}  // namespace

runtime::CallResult Mocks::call(runtime::CallEnv& env, const std::array<std::uint64_t, 5>& arguments,
                                std::string& told) const {
  const Prepared prepared = prepare(env, arguments);
  const auto function = find(prepared.call.call);
  return answered(prepared.call.call, function != nullptr ? (*function)(prepared.call) : 0, prepared.range, told);
}

runtime::CallResult Mocks::call_function(runtime::CallEnv& env, const std::array<std::uint64_t, 5>& arguments,
                                         Kernel& kernel) const {
  const Prepared prepared = prepare(env, arguments);
  {
    const std::lock_guard guard(lock_);
    if (const auto found = own_functions_.find(prepared.call.call); found != own_functions_.end())
      found->second.calls->fetch_add(1, std::memory_order_relaxed);
  }
  runtime::Continuation next{.resume = end_of_function};
  next.state[0] = reinterpret_cast<std::uint64_t>(&kernel);
  next.state[1] = static_cast<std::uint64_t>(prepared.range.first);
  next.state[2] = static_cast<std::uint64_t>(prepared.range.second);
  const auto index = static_cast<std::size_t>(env.call_site().stand_in);
  return env.invoke(env.program().code().subprograms[index], arguments, next);
}

}  // namespace skep
