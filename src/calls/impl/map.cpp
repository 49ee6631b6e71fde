// Maps as programs use them, and the calls that run a function over something: bpf_loop, bpf_for_each_map_elem, tail
// calls. Tested by tests/calls/runtime_test.cpp.
#include "maps/map.hpp"

#include "calls/impl/support.hpp"
#include "runtime/program.hpp"

namespace skep::calls::impl {
namespace {

constexpr std::uint64_t max_loops = 8 * 1024 * 1024;

// state: next index, how many, function, its context
CallResult next_iteration(CallEnv& env, Continuation& self, std::uint64_t stop) {
  auto& [index, count, fn, context, u0, u1, u2, u3] = self.state;
  ++index;
  if (stop != 0 || index >= count) return CallResult::of(index);
  return env.invoke(*pointer<const runtime::Subprogram>(fn), {index, context}, self);
}

// state: cursor, map, function, its context, elements visited
CallResult next_element(CallEnv& env, Continuation& self, std::uint64_t stop) {
  auto& [cursor, map, fn, context, visited, u1, u2, u3] = self.state;
  maps::Element element;
  if (stop != 0 || !map_at(map).next_element(cursor, element)) return CallResult::of(visited);
  ++visited;
  return env.invoke(*pointer<const runtime::Subprogram>(fn),
                    {map, address(element.key), address(element.value), context}, self);
}

}  // namespace

SKEP_CALL(bpf_map_lookup_elem) {
  return result_of(map_at(r1).lookup(pointer<const void>(r2), env.cpu()));
}
SKEP_CALL(bpf_map_update_elem) {
  return CallResult::error(map_at(r1).update(pointer<const void>(r2), pointer<const void>(r3), r4, env.cpu()));
}
SKEP_CALL(bpf_map_delete_elem) {
  return CallResult::error(map_at(r1).erase(pointer<const void>(r2)));
}
SKEP_CALL(bpf_map_push_elem) {
  return CallResult::error(map_at(r1).push(pointer<const void>(r2), r3));
}
SKEP_CALL(bpf_map_pop_elem) {
  return CallResult::error(map_at(r1).pop(pointer<void>(r2)));
}
SKEP_CALL(bpf_map_peek_elem) {
  return CallResult::error(map_at(r1).peek(pointer<void>(r2)));
}
SKEP_CALL(bpf_map_lookup_percpu_elem) {
  if (u32(r3) >= env.services().cpu_count()) return CallResult::of(0);
  return result_of(map_at(r1).lookup_percpu(pointer<const void>(r2), u32(r3)));
}

SKEP_CALL(bpf_for_each_map_elem) {
  if (r4 != 0) return CallResult::error(-EINVAL);
  Continuation first{next_element, {0, r1, r2, r3, 0}};
  return next_element(env, first, 0);
}

SKEP_CALL(bpf_loop) {
  if (r4 != 0) return CallResult::error(-EINVAL);
  const std::uint64_t count = u32(r1);
  if (count > max_loops) return CallResult::error(-E2BIG);
  if (count == 0) return CallResult::of(0);
  return env.invoke(*pointer<const runtime::Subprogram>(r2), {0, r3}, Continuation{next_iteration, {0, count, r2, r3}});
}

SKEP_CALL(bpf_tail_call) {
  const std::uint32_t index = u32(r3);
  const auto* target = static_cast<const runtime::Program*>(map_at(r2).lookup(&index, env.cpu()));
  return target == nullptr ? CallResult::error(-ENOENT) : env.tail_call(*target);
}

SKEP_CALL(bpf_redirect_map) {
  constexpr std::uint64_t xdp_aborted = 0, xdp_redirect = 4, action_mask = 3;
  const std::uint32_t index = u32(r2);
  constexpr std::uint64_t broadcast = 8, not_where_it_came_from = 16;
  const MapType type = map_at(r1).info().type;
  const bool devices = type == MapType::devmap || type == MapType::devmap_hash;
  const std::uint64_t known = action_mask | (devices ? broadcast | not_where_it_came_from : 0);
  if ((r3 & ~known) != 0) return CallResult::of(xdp_aborted);
  const bool found = (r3 & broadcast) != 0 || map_at(r1).lookup(&index, env.cpu()) != nullptr;
  if (!found) return CallResult::of(r3 & action_mask);
  note_redirect(env, {.to = runtime::Redirect::To::map, .map = &map_at(r1), .key = index, .flags = r3});
  return CallResult::of(xdp_redirect);
}

// Never null: programs do not ask.
SKEP_CALL(bpf_get_local_storage) {
  return result_of(map_at(r1).lookup(nullptr, env.cpu()));
}

}  // namespace skep::calls::impl
