// Maps themselves: their kernel structure may be read by its BTF, and never written.
//
// Tested by tests/verifier/pointer/arithmetic_test.cpp.
#include <cerrno>

#include "verifier/pointer/btf_object.hpp"

namespace skep::verifier {
namespace {

std::string_view kernel_struct(MapType type) {
  switch (type) {
    case MapType::array:
    case MapType::percpu_array:
    case MapType::prog_array:
    case MapType::perf_event_array:
    case MapType::cgroup_array:
    case MapType::array_of_maps:
      return "bpf_array";
    case MapType::hash:
    case MapType::percpu_hash:
    case MapType::lru_hash:
    case MapType::lru_percpu_hash:
    case MapType::hash_of_maps:
      return "bpf_htab";
    case MapType::stack_trace:
      return "bpf_stack_map";
    case MapType::lpm_trie:
      return "lpm_trie";
    case MapType::devmap:
    case MapType::devmap_hash:
      return "bpf_dtab";
    case MapType::sockmap:
      return "bpf_stab";
    case MapType::sockhash:
      return "bpf_shtab";
    case MapType::cpumap:
      return "bpf_cpu_map";
    case MapType::xskmap:
      return "xsk_map";
    case MapType::cgroup_storage:
    case MapType::percpu_cgroup_storage:
      return "bpf_cgroup_storage_map";
    case MapType::reuseport_sockarray:
      return "reuseport_array";
    case MapType::queue:
    case MapType::stack:
      return "bpf_queue_stack";
    case MapType::sk_storage:
    case MapType::inode_storage:
    case MapType::task_storage:
    case MapType::cgrp_storage:
      return "bpf_local_storage_map";
    case MapType::struct_ops:
      return "bpf_struct_ops_map";
    case MapType::ringbuf:
    case MapType::user_ringbuf:
      return "bpf_ringbuf_map";
    case MapType::bloom_filter:
      return "bpf_bloom_filter";
    case MapType::arena:
      return "bpf_arena";
    case MapType::insn_array:
      return "bpf_insn_array";
    case MapType::rhash:
      return "bpf_rhtab";
    default:
      return "bpf_map";
  }
}

}  // namespace

int access_map_ptr(Env& env, const MemAccess& access) {
  constexpr int not_supported = -524;  // -ENOTSUPP
  if (!env.kernel_btf) return env.refuse(not_supported, "map_ptr access not supported without CONFIG_DEBUG_INFO_BTF");
  const std::string_view name = kernel_struct(access.reg.map->type);
  const btf::TypeId id = env.kernel_btf->find(name, btf::Kind::struct_);
  if (id == 0)
    return env.refuse(not_supported, "map_ptr access not supported for map type {}",
                      static_cast<unsigned>(access.reg.map->type));
  if (access.off < 0)
    return env.refuse(-EACCES, "R{} is {} invalid negative access: off={}", access.regno, name, access.off);
  if (access.is_write()) return env.refuse(-EACCES, "only read from {} is supported", name);
  const BtfField field = walk_struct(env, *env.kernel_btf, id, access.off, access.size);
  if (field.error != 0) return env.refuse_text(field.error, field.message);
  if (access.value_reg >= 0)
    mark_btf_field(env, env.reg(static_cast<unsigned>(access.value_reg)), *env.kernel_btf, field, field.flags);
  return 0;
}

}  // namespace skep::verifier
