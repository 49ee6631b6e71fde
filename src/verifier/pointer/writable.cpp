// Stores into kernel objects: the few fields that some program types own, by name.
//
// Where a field lies is looked up in the kernel's BTF, so that the list holds for any release. Tested by
// tests/verifier/call/helper_rules_test.cpp.
#include <algorithm>
#include <cerrno>

#include "verifier/pointer/btf_object.hpp"

namespace skep::verifier {
namespace {

using btf::Kind;

struct Range {
  std::uint64_t begin = 0, end = 0;
};

// The bytes of "a.b.c" in a struct, searching anonymous members; nullopt: there is no such field.
std::optional<Range> find_path(const btf::Btf& btf, btf::TypeId id, std::string_view path) {
  const std::string_view head = path.substr(0, path.find('.'));
  const std::string_view rest = head.size() == path.size() ? std::string_view{} : path.substr(head.size() + 1);
  const btf::Type& type = btf.resolved(id);
  if (!type.is_struct_or_union()) return std::nullopt;
  for (const btf::Member& member : btf.members(type)) {
    if (member.name.empty()) {
      if (auto inner = find_path(btf, member.type, path))
        return Range{inner->begin + member.byte_offset(), inner->end + member.byte_offset()};
      continue;
    }
    if (member.name != head) continue;
    if (!rest.empty()) {
      auto inner = find_path(btf, member.type, rest);
      if (inner) return Range{inner->begin + member.byte_offset(), inner->end + member.byte_offset()};
      continue;
    }
    return Range{member.byte_offset(), member.byte_offset() + std::uint64_t{btf.size_of(member.type).value_or(0)}};
  }
  return std::nullopt;
}

// Most fields are stored whole, or their first bytes; some by parts.
enum class Store : std::uint8_t { from_start, any_part };
struct Writable {
  std::string_view struct_ops;
  std::string_view object;
  std::string_view field;  // empty: all of it
  Store store = Store::from_start;
  std::uint32_t skipped = 0, length = 0;  // the part of the field that is the program's; length 0: to its end
};
constexpr Writable writable_fields[] = {
    {"tcp_congestion_ops", "tcp_sock", "inet_conn.icsk_inet.sk.sk_pacing_rate"},
    {"tcp_congestion_ops", "tcp_sock", "inet_conn.icsk_inet.sk.sk_pacing_status"},
    {"tcp_congestion_ops", "tcp_sock", "inet_conn.icsk_ca_priv", Store::any_part},
    {"tcp_congestion_ops", "tcp_sock", "inet_conn.icsk_ack.pending"},
    {"tcp_congestion_ops", "tcp_sock", "snd_cwnd"},
    {"tcp_congestion_ops", "tcp_sock", "snd_cwnd_cnt"},
    {"tcp_congestion_ops", "tcp_sock", "snd_cwnd_stamp"},
    {"tcp_congestion_ops", "tcp_sock", "snd_ssthresh"},
    {"tcp_congestion_ops", "tcp_sock", "ecn_flags"},
    {"tcp_congestion_ops", "tcp_sock", "app_limited"},
    {"Qdisc_ops", "sk_buff", "tstamp"},
    {"Qdisc_ops", "sk_buff", "cb", Store::any_part, 8, 20},
    {"Qdisc_ops", "Qdisc", "limit"},
    {"Qdisc_ops", "Qdisc", "q.qlen"},
    {"Qdisc_ops", "Qdisc", "qstats", Store::any_part},
    {"sched_ext_ops", "task_struct", "scx.slice"},
    {"sched_ext_ops", "task_struct", "scx.dsq_vtime"},
    {"sched_ext_ops", "task_struct", "scx.disallow"},
    {"hid_bpf_ops", "hid_bpf_ctx", "retval"},
    {"hid_bpf_ops", "hid_bpf_ctx", "size"},
    {"hid_bpf_ops", "hid_device", "name", Store::any_part},
    {"hid_bpf_ops", "hid_device", "uniq", Store::any_part},
    {"hid_bpf_ops", "hid_device", "phys", Store::any_part},
    {"hid_bpf_ops", "hid_device", "quirks"},
    {"bpf_dummy_ops", "bpf_dummy_ops_state", "", Store::any_part},
    {"bpf_testmod_st_ops", "st_ops_args", "", Store::any_part},
};

// The part of `object` that a row opens.
Range range_of(const btf::Btf& btf, btf::TypeId object, const Writable& row) {
  if (row.field.empty()) return Range{0, btf.size_of(object).value_or(0)};
  auto range = find_path(btf, object, row.field).value_or(Range{});
  range.begin += row.skipped;
  if (row.length != 0) range.end = std::min(range.end, range.begin + row.length);
  return range;
}

// Why a program whose table opens some objects may not make this store; empty: nothing is said.
std::string reason(std::string_view table, std::string_view object, bool known, std::int64_t off, unsigned size) {
  if (table == "sched_ext_ops") return {};
  if (!known) return "only read is supported";
  if (table == "hid_bpf_ops")
    return fmt::format("write access for struct {} at offset {} with size {} is not supported", object, off, size);
  return fmt::format("no write support to {} at off {}", object, off);
}

}  // namespace

int check_kernel_object_write(Env& env, const MemAccess& access, std::int64_t off) {
  const RegState& reg = access.reg;
  const std::string_view name = reg.btf->type(reg.btf_id).name;
  const bool struct_ops = env.attached_to() == progtypes::AttachedTo::operation;
  const std::string_view table = struct_ops ? env.input.traits.struct_ops_type : std::string_view{};
  bool opens_any = env.type().writes_packet_objects, known = false;
  std::string why;
  const auto begin = static_cast<std::uint64_t>(off);
  // A store through a pointer that may fault could not be caught.
  if ((struct_ops || opens_any) && (is_trusted(reg) || is_rcu_protected(reg))) {
    for (const Writable& row : writable_fields) {
      if (!struct_ops || row.struct_ops != table) continue;
      opens_any = true;
      if (row.object != name) continue;
      known = true;
      const Range range = range_of(*reg.btf, reg.btf_id, row);
      if (row.store == Store::from_start ? begin != range.begin : begin < range.begin || begin >= range.end) continue;
      if (begin + access.size <= range.end) return 0;
      why = fmt::format("access beyond {} at off {} size {} ends at {}", name, off, access.size, range.end);
    }
  } else {
    opens_any = false;
  }
  if (!opens_any) return env.refuse(-EACCES, "only read is supported");
  if (why.empty()) why = reason(table, name, known, off, access.size);
  if (!why.empty()) env.note("{}", why);
  return env.refuse(-EACCES, "R{} cannot write into ptr_{} at off={} size={}", access.regno, name, off, access.size);
}

}  // namespace skep::verifier
