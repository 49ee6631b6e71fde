// What programs that load others ask for: bpf(2) itself, the numbers of types, addresses of symbols. Tested by
// tests/loader/call_oracle_test.cpp.
#include "calls/impl/support.hpp"
#include "skep/abi.hpp"

namespace skep::calls::impl {
namespace {

// A name as programs pass it: its size counts the zero at its end.
bool is_name(std::uint64_t text, std::uint32_t size) {
  return size > 1 && pointer<const char>(text)[size - 1] == 0;
}

// Commands whose attributes lead to memory, which may be anybody's.
bool names_memory(std::uint32_t command) {
  switch (static_cast<Command>(command)) {
    case Command::map_update_elem:
    case Command::map_delete_elem:
    case Command::prog_load:
    case Command::btf_load:
    case Command::link_create:
    case Command::raw_tracepoint_open:
      return true;
    default:
      return false;
  }
}

}  // namespace

SKEP_CALL(bpf_btf_find_by_name_kind) {
  if (r4 != 0 || !is_name(r1, u32(r2))) return CallResult::error(-EINVAL);
  return CallResult::of(static_cast<std::uint64_t>(env.services().find_type(pointer<const char>(r1), u32(r3))));
}
// What a program passes on is read as the host's own commands are: for that the host's memory must be open.
SKEP_CALL(bpf_sys_bpf) {
  if (names_memory(u32(r1)) && !env.services().open_memory.all()) return CallResult::error(-EPERM);
  return CallResult::of(static_cast<std::uint64_t>(env.services().bpf(u32(r1), pointer<void>(r2), u32(r3))));
}
SKEP_CALL(bpf_sys_close) {
  return CallResult::error(env.services().close(u32(r1)));
}
SKEP_CALL(bpf_kallsyms_lookup_name) {
  *pointer<std::uint64_t>(r4) = 0;
  if (u32(r3) != 0 || !is_name(r1, u32(r2))) return CallResult::error(-EINVAL);
  return CallResult::error(-ENOENT);
}

}  // namespace skep::calls::impl
