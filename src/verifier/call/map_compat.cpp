// Which helpers work on which maps: `cannot pass map_type N into func bpf_x#N`.
//
// A helper says what it needs of a map and a map type what it offers; both are in their entries. Tested by
// tests/verifier/call/calls_test.cpp.
#include "maps/map_types.hpp"
#include "verifier/call/internal.hpp"

namespace skep::verifier {

using calls::Special;

int check_map_for_helper(Env& env, const Call& call) {
  if (call.map == nullptr) return 0;
  const maps::MapTypeDef& type = maps::map_type(call.map->type);
  bool ok = type.offers(call.helper->map_use);
  const bool changes = call.special == Special::map_update || call.special == Special::map_delete;
  if (ok && changes && type.holds == maps::Holds::sockets) {
    const auto allowed = env.type().may_change_sockets;
    ok = allowed != nullptr && allowed(call.special == Special::map_delete, env.input.traits);
    if (!ok) env.note("cannot update sockmap in this context");
  }
  if (ok) return 0;
  return env.refuse(-EINVAL, "cannot pass map_type {} into func {}", static_cast<std::uint32_t>(call.map->type),
                    helper_label(*call.helper));
}

}  // namespace skep::verifier
