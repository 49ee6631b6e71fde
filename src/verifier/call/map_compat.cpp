// Which helpers work on which maps: `cannot pass map_type N into func bpf_x#N`.
//
// Some map types only serve certain helpers, and some helpers only certain map types; a pair must satisfy both tables.
// Tested by tests/verifier/call/calls_test.cpp.
#include <algorithm>
#include <span>

#include "verifier/call/internal.hpp"

namespace skep::verifier {
namespace {

using Id = calls::HelperId;
using enum calls::HelperId;

struct ByMap {
  MapType type;
  std::initializer_list<Id> helpers;
};
struct ByHelper {
  Id helper;
  std::initializer_list<MapType> types;
};

// Map types that are not here take every helper that takes their kind of argument.
const std::initializer_list<ByMap>& by_map() {
  static const std::initializer_list<ByMap> table = {
      {MapType::prog_array, {tail_call}},
      {MapType::perf_event_array, {perf_event_read, perf_event_output, skb_output, perf_event_read_value, xdp_output}},
      {MapType::ringbuf,
       {ringbuf_output, ringbuf_reserve, ringbuf_query, ringbuf_reserve_dynptr, ringbuf_submit_dynptr,
        ringbuf_discard_dynptr}},
      {MapType::user_ringbuf, {user_ringbuf_drain}},
      {MapType::stack_trace, {get_stackid}},
      {MapType::cgroup_array, {skb_under_cgroup, current_task_under_cgroup}},
      {MapType::cgroup_storage, {get_local_storage}},
      {MapType::percpu_cgroup_storage, {get_local_storage}},
      {MapType::devmap, {redirect_map, map_lookup_elem}},
      {MapType::devmap_hash, {redirect_map, map_lookup_elem}},
      {MapType::cpumap, {redirect_map}},
      {MapType::xskmap, {redirect_map, map_lookup_elem}},
      {MapType::array_of_maps, {map_lookup_elem}},
      {MapType::hash_of_maps, {map_lookup_elem}},
      {MapType::sockmap,
       {sk_redirect_map, sock_map_update, msg_redirect_map, sk_select_reuseport, map_lookup_elem, map_delete_elem,
        map_update_elem}},
      {MapType::sockhash,
       {sk_redirect_hash, sock_hash_update, msg_redirect_hash, sk_select_reuseport, map_lookup_elem, map_delete_elem,
        map_update_elem}},
      {MapType::reuseport_sockarray, {sk_select_reuseport}},
      {MapType::queue, {map_peek_elem, map_pop_elem, map_push_elem}},
      {MapType::stack, {map_peek_elem, map_pop_elem, map_push_elem}},
      {MapType::sk_storage, {sk_storage_get, sk_storage_delete, kptr_xchg}},
      {MapType::inode_storage, {inode_storage_get, inode_storage_delete, kptr_xchg}},
      {MapType::task_storage, {task_storage_get, task_storage_delete, kptr_xchg}},
      {MapType::cgrp_storage, {cgrp_storage_get, cgrp_storage_delete, kptr_xchg}},
      {MapType::bloom_filter, {map_peek_elem, map_push_elem}},
      {MapType::insn_array, {}},
      {MapType::arena, {}},
      {MapType::struct_ops, {}},
  };
  return table;
}

const std::initializer_list<ByHelper>& by_helper() {
  static const std::initializer_list<ByHelper> table = {
      {tail_call, {MapType::prog_array}},
      {perf_event_read, {MapType::perf_event_array}},
      {perf_event_output, {MapType::perf_event_array}},
      {perf_event_read_value, {MapType::perf_event_array}},
      {skb_output, {MapType::perf_event_array}},
      {xdp_output, {MapType::perf_event_array}},
      {ringbuf_output, {MapType::ringbuf}},
      {ringbuf_reserve, {MapType::ringbuf}},
      {ringbuf_query, {MapType::ringbuf}},
      {ringbuf_reserve_dynptr, {MapType::ringbuf}},
      {ringbuf_submit_dynptr, {MapType::ringbuf}},
      {ringbuf_discard_dynptr, {MapType::ringbuf}},
      {user_ringbuf_drain, {MapType::user_ringbuf}},
      {get_stackid, {MapType::stack_trace}},
      {current_task_under_cgroup, {MapType::cgroup_array}},
      {skb_under_cgroup, {MapType::cgroup_array}},
      {redirect_map, {MapType::devmap, MapType::devmap_hash, MapType::cpumap, MapType::xskmap}},
      {sk_redirect_map, {MapType::sockmap}},
      {msg_redirect_map, {MapType::sockmap}},
      {sock_map_update, {MapType::sockmap}},
      {sk_redirect_hash, {MapType::sockhash}},
      {msg_redirect_hash, {MapType::sockhash}},
      {sock_hash_update, {MapType::sockhash}},
      {get_local_storage, {MapType::cgroup_storage, MapType::percpu_cgroup_storage}},
      {sk_select_reuseport, {MapType::reuseport_sockarray, MapType::sockmap, MapType::sockhash}},
      {map_pop_elem, {MapType::queue, MapType::stack}},
      {map_peek_elem, {MapType::queue, MapType::stack, MapType::bloom_filter}},
      {map_push_elem, {MapType::queue, MapType::stack, MapType::bloom_filter}},
      {map_lookup_percpu_elem, {MapType::percpu_array, MapType::percpu_hash, MapType::lru_percpu_hash}},
      {sk_storage_get, {MapType::sk_storage}},
      {sk_storage_delete, {MapType::sk_storage}},
      {inode_storage_get, {MapType::inode_storage}},
      {inode_storage_delete, {MapType::inode_storage}},
      {task_storage_get, {MapType::task_storage}},
      {task_storage_delete, {MapType::task_storage}},
      {cgrp_storage_get, {MapType::cgrp_storage}},
      {cgrp_storage_delete, {MapType::cgrp_storage}},
  };
  return table;
}

// Sockets may be put into a sockmap, or taken out, only where no socket lock can be waited for.
bool may_change_sockmap(const Env& env, Id helper) {
  const bool deletes = helper == map_delete_elem;
  switch (env.type().type) {
    case ProgType::sock_ops:
      return deletes;
    case ProgType::tracing:
      return env.input.traits.attach_type == AttachType::trace_iter;
    case ProgType::sk_reuseport:
    case ProgType::sk_lookup:
      return true;
    default:
      return false;
  }
}

}  // namespace

int check_map_for_helper(Env& env, const calls::Helper& helper, const maps::MapInfo* map) {
  if (map == nullptr) return 0;
  const Id id{helper.id};
  bool ok = true;
  for (const ByMap& row : by_map())
    if (row.type == map->type) ok = std::find(row.helpers.begin(), row.helpers.end(), id) != row.helpers.end();
  for (const ByHelper& row : by_helper())
    if (row.helper == id && ok) ok = std::find(row.types.begin(), row.types.end(), map->type) != row.types.end();
  if (ok && (map->type == MapType::sockmap || map->type == MapType::sockhash) &&
      (id == map_update_elem || id == map_delete_elem)) {
    if (!may_change_sockmap(env, id)) {
      env.note("cannot update sockmap in this context");
      ok = false;
    }
  }
  if (ok) return 0;
  return env.refuse(-EINVAL, "cannot pass map_type {} into func {}", static_cast<std::uint32_t>(map->type),
                    helper_label(helper));
}

}  // namespace skep::verifier
