// Stores into kernel objects: the few fields that some program types own, by name.
//
// Where a field lies is looked up in the kernel's BTF, so that the list holds for any release. Tested by
// tests/conformance/.
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

struct Writable {
  std::string_view struct_ops;  // empty: program types that work on packets
  std::string_view object;
  std::string_view field;  // empty: all of it
};
constexpr Writable writable_fields[] = {
    {"tcp_congestion_ops", "tcp_sock", "inet_conn.icsk_inet.sk.sk_pacing_rate"},
    {"tcp_congestion_ops", "tcp_sock", "inet_conn.icsk_inet.sk.sk_pacing_status"},
    {"tcp_congestion_ops", "tcp_sock", "inet_conn.icsk_ca_priv"},
    {"tcp_congestion_ops", "tcp_sock", "inet_conn.icsk_ack.pending"},
    {"tcp_congestion_ops", "tcp_sock", "snd_cwnd"},
    {"tcp_congestion_ops", "tcp_sock", "snd_cwnd_cnt"},
    {"tcp_congestion_ops", "tcp_sock", "snd_cwnd_stamp"},
    {"tcp_congestion_ops", "tcp_sock", "snd_ssthresh"},
    {"tcp_congestion_ops", "tcp_sock", "ecn_flags"},
    {"tcp_congestion_ops", "tcp_sock", "app_limited"},
    {"Qdisc_ops", "sk_buff", "tstamp"},
    {"Qdisc_ops", "sk_buff", "cb"},
    {"Qdisc_ops", "Qdisc", "limit"},
    {"Qdisc_ops", "Qdisc", "q.qlen"},
    {"Qdisc_ops", "Qdisc", "qstats"},
    {"sched_ext_ops", "task_struct", "scx.slice"},
    {"sched_ext_ops", "task_struct", "scx.dsq_vtime"},
    {"sched_ext_ops", "task_struct", "scx.disallow"},
    {"hid_bpf_ops", "hid_bpf_ctx", "retval"},
    {"hid_bpf_ops", "hid_bpf_ctx", "size"},
    {"hid_bpf_ops", "hid_device", "name"},
    {"hid_bpf_ops", "hid_device", "uniq"},
    {"hid_bpf_ops", "hid_device", "phys"},
    {"hid_bpf_ops", "hid_device", "quirks"},
    {"bpf_dummy_ops", "bpf_dummy_ops_state", ""},
    {"bpf_testmod_st_ops", "st_ops_args", ""},
};

bool works_on_packets(ProgType type) {
  return type == ProgType::sched_cls || type == ProgType::sched_act || type == ProgType::xdp;
}

// A struct that only stands for another one ("nf_conn___init") has its fields.
btf::TypeId layout_of(const btf::Btf& btf, btf::TypeId id, std::string_view name) {
  const auto suffix = name.find("___");
  if (suffix == name.npos) return id;
  const btf::TypeId base = btf.find(name.substr(0, suffix), Kind::struct_);
  return base != 0 ? base : id;
}

}  // namespace

int check_kernel_object_write(Env& env, const MemAccess& access, std::int64_t off) {
  const RegState& reg = access.reg;
  const std::string_view name = reg.btf->type(reg.btf_id).name;
  const bool struct_ops = env.type().type == ProgType::struct_ops;
  const bool packets = works_on_packets(env.type().type);
  // A store through a pointer that may fault could not be caught.
  if ((!struct_ops && !packets) || !is_trusted(reg)) return env.refuse(-EACCES, "only read is supported");
  bool known_object = false;
  const auto begin = static_cast<std::uint64_t>(off);
  for (const Writable& field : writable_fields) {
    if (field.object != name) continue;
    if (struct_ops ? field.struct_ops != env.input.traits.struct_ops_type : !field.struct_ops.empty()) continue;
    known_object = true;
    const btf::TypeId layout = layout_of(*reg.btf, reg.btf_id, name);
    const auto range = field.field.empty() ? Range{0, reg.btf->size_of(layout).value_or(0)}
                                           : find_path(*reg.btf, layout, field.field).value_or(Range{});
    if (begin >= range.begin && begin + access.size <= range.end) return 0;
    if (begin >= range.begin && begin < range.end)
      return env.refuse(-EACCES, "access beyond {} at off {} size {} ends at {}", name, off, access.size, range.end);
  }
  if (packets) {
    env.note("only read is supported");
    return env.refuse(-EACCES, "R{} cannot write into ptr_{} at off={} size={}", access.regno, name, off, access.size);
  }
  if (known_object && env.input.traits.struct_ops_type == "hid_bpf_ops")
    return env.refuse(-EACCES, "write access for struct {} at offset {} with size {} is not supported", name, off,
                      access.size);
  if (known_object) return env.refuse(-EACCES, "no write support to {} at off {}", name, off);
  return env.refuse(-EACCES, "only read is supported");
}

}  // namespace skep::verifier
