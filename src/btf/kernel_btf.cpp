// The kernel's types as loaders are shown them: with some functions hidden, or a small set of our own when there are
// none. Tested by tests/btf/module_builder_test.cpp.
#include <algorithm>
#include <cstring>

#include "btf/kernel_index.hpp"
#include "btf/module_builder.hpp"

namespace skep::btf {

std::vector<std::uint8_t> hide_functions(const Btf& kernel, std::span<const std::string_view> names) {
  std::vector<std::uint8_t> raw(kernel.raw().begin(), kernel.raw().end());
  std::vector<std::string_view> sorted(names.begin(), names.end());
  std::sort(sorted.begin(), sorted.end());
  const auto read = [&raw](std::size_t at) {
    std::uint32_t value;
    std::memcpy(&value, &raw[at], 4);
    return value;
  };
  std::size_t at = read(4) + read(8);
  for (TypeId id = 1; id < kernel.type_count(); ++id) {
    const std::uint32_t info = read(at + 4);
    const auto kind = static_cast<Kind>(info >> 24 & 0x7f);
    // The strings stay as they are, because module types count their own from the end of these: a hidden function goes
    // by its name without the first letter.
    if (kind == Kind::func) {
      const std::string_view name = kernel.name_of(id);
      if (name.size() > 1 && std::binary_search(sorted.begin(), sorted.end(), name)) {
        const std::uint32_t offset = read(at) + 1;
        std::memcpy(&raw[at], &offset, 4);
      }
    }
    at += 12 + size_of_parts(kind, info & 0xffffff);
  }
  return raw;
}

std::vector<std::uint8_t> small_kernel_btf() {
  static constexpr std::string_view structs[] = {
      "struct bpf_wq { __u64 __opaque[2]; }",
      "struct bpf_timer { __u64 __opaque[2]; }",
      "struct bpf_task_work { __u64 __opaque; }",
      "struct bpf_spin_lock { __u32 val; }",
      "struct bpf_res_spin_lock { u32 val; }",
      "struct bpf_dynptr { __u64 __opaque[2]; }",
      "struct bpf_list_head { __u64 __opaque[2]; }",
      "struct bpf_list_node { __u64 __opaque[3]; }",
      "struct bpf_rb_root { __u64 __opaque[2]; }",
      "struct bpf_rb_node { __u64 __opaque[4]; }",
      "struct bpf_refcount { __u32 __opaque[1]; }",
      "struct bpf_iter_num { __u64 __opaque[1]; }",
      "struct bpf_cpumask { u64 bits[128]; int usage; }",
      "struct task_struct { int pid; int tgid; struct task_struct *group_leader; char comm[16]; }",
      "struct cgroup { int level; }",
      "struct bpf_struct_ops_common_value { int refcnt; u32 state; }",
      "struct bpf_map { u32 key_size; u32 value_size; u32 max_entries; u32 id; char name[16]; }",
      "struct bpf_prog { u32 len; u32 type; }",
      "struct file { unsigned int f_flags; }",
      "struct sk_buff { unsigned int len; unsigned int data_len; }",
      "struct xdp_buff { void *data; void *data_end; void *data_meta; void *data_hard_start; }",
      "struct xdp_md { __u32 data; __u32 data_end; __u32 data_meta; __u32 ingress_ifindex; __u32 rx_queue_index;"
      " __u32 egress_ifindex; }",
      "struct pt_regs { unsigned long r15; unsigned long r14; unsigned long r13; unsigned long r12; unsigned long bp;"
      " unsigned long bx; unsigned long r11; unsigned long r10; unsigned long r9; unsigned long r8; unsigned long ax;"
      " unsigned long cx; unsigned long dx; unsigned long si; unsigned long di; unsigned long orig_ax; unsigned long "
      "ip;"
      " unsigned long cs; unsigned long flags; unsigned long sp; unsigned long ss; }",
      "struct __sk_buff { __u32 len; __u32 pkt_type; __u32 mark; __u32 queue_mapping; __u32 protocol; __u32 "
      "vlan_present;"
      " __u32 vlan_tci; __u32 vlan_proto; __u32 priority; __u32 ingress_ifindex; __u32 ifindex; __u32 tc_index;"
      " __u32 cb[5]; __u32 hash; __u32 tc_classid; __u32 data; __u32 data_end; __u32 napi_id; __u32 family;"
      " __u32 remote_ip4; __u32 local_ip4; __u32 remote_ip6[4]; __u32 local_ip6[4]; __u32 remote_port; __u32 "
      "local_port;"
      " __u32 data_meta; __u64 flow_keys; __u64 tstamp; __u32 wire_len; __u32 gso_segs; __u64 sk; __u32 gso_size;"
      " __u8 tstamp_type; __u64 hwtstamp; }",
  };
  ModuleBuilder builder(nullptr);
  std::string error;
  for (const std::string_view text : structs)
    if (!builder.add_struct(text, error)) return {};
  return builder.finish();
}

}  // namespace skep::btf
